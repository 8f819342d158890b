"""Measures the model: what is measured is what is deployed.

An ONNX file is measured on the test split; beside the metrics stands `reference.json`, how inputs and
answers spread: what drift is compared with. A language model is measured by the user's
`evaluate(model_dir, data_dir, parameters) -> metrics`.
"""

import numpy as np

from model_pipeline.contract import ProgramError, Request, write_json, write_metrics
from model_pipeline.data import read_split
from model_pipeline.metrics import measure
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.reference import REFERENCE, describe
from model_pipeline.user_code import UserCode


def run(request: Request) -> None:
    """Writes the metrics of the request's task."""
    if request.parameter("task") == "text-generation":
        evaluate_language_model(request)
    else:
        evaluate_tensor_model(request)


def evaluate_language_model(request: Request) -> None:
    """Calls the user's function, and writes the finite numbers it returns."""
    code = UserCode.load(request)
    directories = request.input("model"), request.input("data")
    metrics = code.call("evaluate", *directories, dict(request.parameter("parameters")))
    if not isinstance(metrics, dict) or not metrics:
        kind = "an empty dict" if metrics == {} else type(metrics).__name__
        raise ProgramError(f"{code.path.name}: evaluate returned {kind}, not a dict of metrics")
    write_metrics(request, metrics)


def evaluate_tensor_model(request: Request) -> None:
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
