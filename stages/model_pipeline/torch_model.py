"""A PyTorch module: its own answers, and its ONNX file."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Tensors
from model_pipeline.user_code import UserCode


class TorchModel:
    """What the user's `load` returns, in evaluation mode; called with the inputs in the signature's order."""

    producer = f"torch {torch.__version__}"

    def __init__(self, code: UserCode, directory: Path, signature: Mapping[str, Any]) -> None:
        module = code.call("load", directory)
        if not isinstance(module, torch.nn.Module):
            name = type(module).__name__
            raise ProgramError(f"{code.path.name}: load returned {name}, not a torch.nn.Module")
        self._module = module.eval()
        self._signature = signature

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self._module.parameters())

    def answer(self, tensors: Tensors) -> Tensors:
        with torch.no_grad():
            outputs = self._module(*(torch.from_numpy(tensor) for tensor in tensors.values()))
        values = [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)
        names = list(self._signature["outputs"])
        if len(values) != len(names):
            raise ProgramError(f"the model has {len(values)} outputs, the signature {len(names)}")
        return {name: np.asarray(value.numpy()) for name, value in zip(names, values, strict=True)}

    def write_onnx(self, tensors: Tensors, opset: int, path: Path) -> None:
        """Writes the graph with the signature's names; sizes that the signature names stay variable."""
        names = {**self._signature["inputs"], **self._signature["outputs"]}
        dynamic = {
            name: {axis: size for axis, size in enumerate(tensor["shape"]) if isinstance(size, str)}
            for name, tensor in names.items()
        }
        with warnings.catch_warnings():
            # The tracing exporter keeps torch.nn.LSTM one LSTM operator with a variable batch; it is what
            # onnxruntime quantises. Its notices are about the newer exporter.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                self._module,
                tuple(torch.from_numpy(tensor) for tensor in tensors.values()),
                str(path),
                input_names=list(self._signature["inputs"]),
                output_names=list(self._signature["outputs"]),
                dynamic_axes=dynamic,
                opset_version=opset,
                dynamo=False,
            )
