"""A Keras model on TensorFlow: its own answers, and its ONNX file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Tensors
from model_pipeline.user_code import UserCode


class KerasModel:
    """What the user's `load` returns, called with its one input, or with a dict of its inputs by name.

    It answers with its one output, with a list in the signature's order, or with a dict by name.
    """

    producer = f"keras {keras.__version__}, tensorflow {tf.__version__}"

    def __init__(self, code: UserCode, directory: Path, signature: Mapping[str, Any]) -> None:
        model = code.call("load", directory)
        if not isinstance(model, keras.Model):
            raise ProgramError(f"{code.path.name}: load returned {type(model).__name__}, not a keras.Model")
        self._model = model
        self._signature = signature

    @property
    def parameters(self) -> int:
        return int(self._model.count_params())

    def answer(self, tensors: Tensors) -> Tensors:
        with tf.device("/cpu:0"):
            outputs = self._call([tf.constant(tensor) for tensor in tensors.values()])
        return {name: np.asarray(value) for name, value in outputs.items()}

    def write_onnx(self, tensors: Tensors, opset: int, path: Path) -> None:
        """Writes the graph with the signature's names; sizes that the signature names stay variable."""
        specs = [_spec(name, tensor) for name, tensor in self._signature["inputs"].items()]
        function = tf.function(self._named, autograph=False)
        model, _ = tf2onnx.convert.from_function(function, specs, opset=opset)
        # What tf2onnx cannot translate it leaves as it is.
        foreign = sorted({node.op_type for node in model.graph.node if not onnx.defs.has(node.op_type)})
        if foreign:
            raise ProgramError(f"ONNX has nothing for the model's operators {', '.join(foreign)}")
        for tensor in (*model.graph.input, *model.graph.output):
            sizes = {**self._signature["inputs"], **self._signature["outputs"]}[tensor.name]["shape"]
            for dimension, size in zip(tensor.type.tensor_type.shape.dim, sizes, strict=False):
                if isinstance(size, str):
                    dimension.dim_param = size
        onnx.save(model, path)

    def _named(self, *inputs: Any) -> dict[str, Any]:
        # An output that is an input as it came has no name of its own otherwise.
        return {name: tf.identity(value) for name, value in self._call(inputs).items()}

    def _call(self, inputs: Sequence[Any]) -> dict[str, Any]:
        names = list(self._signature["inputs"])
        argument = inputs[0] if len(names) == 1 else dict(zip(names, inputs, strict=True))
        return _by_name(self._model(argument, training=False), list(self._signature["outputs"]))


def _spec(name: str, tensor: Mapping[str, Any]) -> Any:
    shape = [None if isinstance(size, str) else size for size in tensor["shape"]]
    return tf.TensorSpec(shape, tensor["dtype"], name)


def _by_name(outputs: Any, names: list[str]) -> dict[str, Any]:
    if isinstance(outputs, dict):
        if set(outputs) != set(names):
            found = ", ".join(sorted(outputs))
            raise ProgramError(f"the model's outputs are {found}, the signature's {', '.join(names)}")
        return {name: outputs[name] for name in names}
    values = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    if len(values) != len(names):
        raise ProgramError(f"the model has {len(values)} outputs, the signature {len(names)}")
    return dict(zip(names, values, strict=True))
