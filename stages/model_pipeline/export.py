"""The framework's model as an ONNX file, held to the framework's own answers."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import read_split
from model_pipeline.golden import choose_samples, exceeds, max_difference, write_golden
from model_pipeline.onnx_model import OnnxModel, check_signature
from model_pipeline.preprocessing import Preprocessing, Tensors
from model_pipeline.user_code import UserCode


def run(request: Request) -> None:
    """Exports the model that the user's `load(model_dir)` returns, and records golden samples."""
    signature = request.parameter("signature")
    samples = choose_samples(read_split(request.input("data"), "test"), request.parameter("goldenSamples"))
    encoded = Preprocessing.load(request.input("preprocessing")).encode([sample.input for sample in samples])
    tensors = _in_signature_order(encoded, signature)

    code = UserCode.load(request)
    module = code.call("load", request.input("model"))
    if not isinstance(module, torch.nn.Module):
        raise ProgramError(f"{code.path.name}: load returned {type(module).__name__}, not a torch.nn.Module")
    module.eval()
    answers = _answers(module, tensors, signature)

    path = request.output("onnx") / "model.onnx"
    export_onnx(module, tensors, signature, request.parameter("opset"), path)
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
    write_golden(request.output("golden"), f"torch {torch.__version__}", rows, tensors, answers)
    write_metrics(
        request,
        {
            "max_abs_difference": difference,
            "golden_samples": len(samples),
            "bytes": path.stat().st_size,
            "parameters": sum(parameter.numel() for parameter in module.parameters()),
        },
    )


def export_onnx(
    module: torch.nn.Module, tensors: Tensors, signature: Mapping[str, Any], opset: int, path: Path
) -> None:
    """Writes the graph with the signature's names; sizes that the signature names stay variable."""
    names = {**signature["inputs"], **signature["outputs"]}
    dynamic = {
        name: {axis: size for axis, size in enumerate(tensor["shape"]) if isinstance(size, str)}
        for name, tensor in names.items()
    }
    with warnings.catch_warnings():
        # The tracing exporter keeps torch.nn.LSTM one LSTM operator with a variable batch; it is what
        # onnxruntime quantises. Its notices are about the newer exporter.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(torch.from_numpy(tensor) for tensor in tensors.values()),
            str(path),
            input_names=list(signature["inputs"]),
            output_names=list(signature["outputs"]),
            dynamic_axes=dynamic,
            opset_version=opset,
            dynamo=False,
        )
    onnx.checker.check_model(str(path), full_check=True)


def _answers(module: torch.nn.Module, tensors: Tensors, signature: Mapping[str, Any]) -> Tensors:
    with torch.no_grad():
        outputs = module(*(torch.from_numpy(tensor) for tensor in tensors.values()))
    values = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
    names = list(signature["outputs"])
    if len(values) != len(names):
        raise ProgramError(f"the model has {len(values)} outputs, the signature {len(names)}")
    return {name: np.asarray(value.numpy()) for name, value in zip(names, values, strict=True)}


def _in_signature_order(tensors: Tensors, signature: Mapping[str, Any]) -> Tensors:
    names = list(signature["inputs"])
    if set(names) != set(tensors):
        raise ProgramError(
            f"preprocessing.json yields {', '.join(sorted(tensors))}, the signature wants {', '.join(names)}"
        )
    return {name: tensors[name] for name in names}
