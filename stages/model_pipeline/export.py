"""The framework's model as an ONNX file, held to the framework's own answers."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import onnx

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import read_split
from model_pipeline.golden import choose_samples, exceeds, max_difference, write_golden
from model_pipeline.onnx_model import OnnxModel, check_signature
from model_pipeline.preprocessing import Preprocessing, Tensors
from model_pipeline.user_code import UserCode

# Loaded by name: whoever has one framework need not have the other.
FRAMEWORKS = {"pytorch": ("torch_model", "TorchModel"), "tensorflow": ("keras_model", "KerasModel")}


class FrameworkModel(Protocol):
    """The model that the user's `load(model_dir)` returns. Tensors are in the signature's order."""

    producer: str
    """The framework and its version."""

    @property
    def parameters(self) -> int:
        """How many numbers the model has learnt or keeps; of Keras, known once it has answered."""

    def answer(self, tensors: Tensors) -> Tensors:
        """The framework's own answers, by the signature's names."""

    def write_onnx(self, tensors: Tensors, opset: int, path: Path) -> None:
        """Writes the ONNX file; the tensors are an example of what it is given."""


def run(request: Request) -> None:
    """Exports the model that the user's `load(model_dir)` returns, and records golden samples."""
    signature = request.parameter("signature")
    samples = choose_samples(read_split(request.input("data"), "test"), request.parameter("goldenSamples"))
    encoded = Preprocessing.load(request.input("preprocessing")).encode([sample.input for sample in samples])
    tensors = _in_signature_order(encoded, signature)

    framework_model = _load(request)
    answers = framework_model.answer(tensors)

    path = request.output("onnx") / "model.onnx"
    framework_model.write_onnx(tensors, request.parameter("opset"), path)
    onnx.checker.check_model(str(path), full_check=True)
    model = OnnxModel(path)
    check_signature(model, signature)
    found = model.run(tensors)
    difference, tolerance = max_difference(found, answers), request.parameter("tolerance")
    if exceeds(found, answers, tolerance["absolute"], tolerance["relative"]):
        raise ProgramError(
            f"the ONNX model differs from the framework's by {difference:.3g}, "
            f"above the tolerance of {tolerance['absolute']:g} + {tolerance['relative']:g} * |answer|"
        )
    rows = [{"id": sample.id, "input": sample.input} for sample in samples]
    write_golden(request.output("golden"), framework_model.producer, rows, tensors, answers)
    write_metrics(
        request,
        {
            "max_abs_difference": difference,
            "golden_samples": len(samples),
            "bytes": path.stat().st_size,
            "parameters": framework_model.parameters,
        },
    )


def _load(request: Request) -> FrameworkModel:
    framework = request.parameter("framework")
    if framework not in FRAMEWORKS:
        raise ProgramError(f"there is no framework {framework}; there are {', '.join(FRAMEWORKS)}")
    module, name = FRAMEWORKS[framework]
    try:
        kind = getattr(import_module(f"model_pipeline.{module}"), name)
    except ModuleNotFoundError as error:
        extra = " with their extra tensorflow" if framework == "tensorflow" else ""
        raise ProgramError(f"{error.name} is not installed: install the stage programs{extra}") from error
    code = UserCode.load(request)
    model: FrameworkModel = kind(code, request.input("model"), request.parameter("signature"))
    return model


def _in_signature_order(tensors: Tensors, signature: Mapping[str, Any]) -> Tensors:
    names = list(signature["inputs"])
    if set(names) != set(tensors):
        raise ProgramError(
            f"preprocessing.json yields {', '.join(sorted(tensors))}, the signature wants {', '.join(names)}"
        )
    return {name: tensors[name] for name in names}
