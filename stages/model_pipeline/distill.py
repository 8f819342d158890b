"""A smaller model that learns from a larger one, by the user's `train` of the student.

Beside the splits and `preprocessing/`, the student's `data_dir` holds `teacher.safetensors`: for each
output of the teacher a tensor of its name, whose rows are its answers to the samples of `train.jsonl`,
in their order.
"""

import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from model_pipeline.contract import Request
from model_pipeline.data import read_split
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.train import finish, train

TEACHER = "teacher.safetensors"


def run(request: Request) -> None:
    """Asks the teacher for every training sample, then trains the student."""
    samples = read_split(request.input("data"), "train")
    tensors = Preprocessing.load(request.input("preprocessing")).encode([sample.input for sample in samples])
    answers = OnnxModel(request.input("teacher") / "model.onnx").run(tensors)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / TEACHER
        save_file({name: np.ascontiguousarray(answer) for name, answer in answers.items()}, path)
        finish(request, train(request, request.output("model"), path))
