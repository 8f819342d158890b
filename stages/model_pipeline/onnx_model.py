"""An ONNX file, run by onnxruntime on the CPU."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Tensors

BATCH = 256

# Operators that take the scale of their input from the whole batch: an answer depends on its neighbours.
_SCALED_BY_BATCH = {"DynamicQuantizeLinear", "DynamicQuantizeMatMul", "DynamicQuantizeLSTM"}

# onnxruntime's names of the signature's types.
_TYPES = {
    "float32": "tensor(float)",
    "float64": "tensor(double)",
    **{name: f"tensor({name})" for name in ("float16", "int8", "int16", "int32", "int64", "uint8")},
    **{name: f"tensor({name})" for name in ("bool", "string")},
}


class OnnxModel:
    """Runs batches; outputs by name."""

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ProgramError(f"{path.name} cannot be loaded: {error}") from error
        # As a client asks that sends one instance, where that makes a difference.
        self._batch = 1 if _SCALED_BY_BATCH & _operators(path) else BATCH
        self.inputs = {tensor.name: tensor for tensor in self._session.get_inputs()}
        self.outputs = {tensor.name: tensor for tensor in self._session.get_outputs()}

    def run(self, tensors: Tensors) -> Tensors:
        """Answers for one batch of any size, run in parts."""
        parts = [self._session.run(None, part) for part in _parts(tensors, self._batch)]
        return {
            name: np.concatenate([part[index] for part in parts]) for index, name in enumerate(self.outputs)
        }


def check_signature(model: OnnxModel, signature: Mapping[str, Any]) -> None:
    """Raises ProgramError when the file's inputs or outputs are not the declared ones."""
    found = {"inputs": model.inputs, "outputs": model.outputs}
    problems = [
        f"{kind} {name}: {problem}"
        for kind, tensors in found.items()
        for name, problem in _differences(signature[kind], tensors)
    ]
    if problems:
        raise ProgramError(f"the exported model is not what the signature declares: {'; '.join(problems)}")


def _differences(declared: Mapping[str, Any], tensors: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in sorted(declared.keys() - tensors.keys()):
        yield name, f"is missing; the model has {', '.join(tensors)}"
    for name in sorted(tensors.keys() - declared.keys()):
        yield name, "is not declared"
    for name in declared.keys() & tensors.keys():
        if _TYPES.get(declared[name]["dtype"]) != tensors[name].type:
            yield name, f"is a {tensors[name].type}, declared {declared[name]['dtype']}"
        wanted, shape = declared[name]["shape"], tensors[name].shape
        if len(wanted) != len(shape) or any(
            isinstance(size, int) and isinstance(actual, int) and size != actual
            for size, actual in zip(wanted, shape, strict=True)
        ):
            yield name, f"has shape {shape}, declared {wanted}"


def _operators(path: Path) -> set[str]:
    return {node.op_type for node in onnx.load(path, load_external_data=False).graph.node}


def _parts(tensors: Tensors, batch: int) -> Iterator[dict[str, NDArray[Any]]]:
    for start in range(0, max(len(tensor) for tensor in tensors.values()), batch):
        yield {name: tensor[start : start + batch] for name, tensor in tensors.items()}
