"""Measures an ONNX file on the test split: what is measured is what is deployed.

Beside the metrics stands `reference.json`, how inputs and answers spread: what drift is compared with.
"""

import numpy as np

from model_pipeline.contract import ProgramError, Request, write_json, write_metrics
from model_pipeline.data import read_split
from model_pipeline.metrics import measure
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.reference import REFERENCE, describe


def run(request: Request) -> None:
    """Runs the model over every test sample, from the raw input on, and writes the task's metrics."""
    samples = read_split(request.input("data"), "test")
    preprocessing = request.input("preprocessing")
    tensors = Preprocessing.load(preprocessing).encode([sample.input for sample in samples])
    outputs = OnnxModel(request.input("onnx") / "model.onnx").run(tensors)
    if len(outputs) != 1:
        raise ProgramError(f"evaluate judges a model with one output; this one has {', '.join(outputs)}")
    labels = np.array([sample.label for sample in samples])
    (scores,) = outputs.values()
    reference = describe(preprocessing, tensors, outputs)
    write_json(request.output("metrics") / REFERENCE, {"schemaVersion": 1, **reference})
    write_metrics(request, measure(request.parameter("task"), labels, scores, request.parameter("threshold")))
