"""The ONNX model with 8-bit integers, by onnxruntime.quantization."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
from onnx.helper import make_empty_tensor_value_info
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import read_split
from model_pipeline.golden import choose_samples, max_difference, read_golden, write_golden
from model_pipeline.onnx_model import OnnxModel, check_signature
from model_pipeline.preprocessing import Preprocessing, Tensors

CALIBRATION_SAMPLES = 256


def run(request: Request) -> None:
    """Quantises the model and records its golden samples anew: its quality is the gate's to judge."""
    before = request.input("onnx") / "model.onnx"
    after = request.output("onnx") / "model.onnx"
    if request.parameter("method") == "static":
        _quantize_static(request, before, after)
    else:
        _quantize_dynamic(before, after)
    model = OnnxModel(after)
    check_signature(model, request.parameter("signature"))
    samples, tensors, answers = read_golden(request.input("golden"))
    found = model.run(tensors)
    producer = f"onnxruntime {onnxruntime.__version__}, {request.parameter('precision')}"
    write_golden(request.output("golden"), producer, samples, tensors, found)
    sizes = before.stat().st_size, after.stat().st_size
    if sizes[1] >= sizes[0]:
        raise ProgramError(f"the quantised model is no smaller: {sizes[1]} bytes, {sizes[0]} before")
    write_metrics(
        request,
        {
            "bytes_before": sizes[0],
            "bytes_after": sizes[1],
            "size_ratio": sizes[1] / sizes[0],
            "max_abs_difference": max_difference(found, answers),
        },
    )


def _quantize_dynamic(before: Path, after: Path) -> None:
    model = onnx.load(before)
    outputs = [output.name for output in model.graph.output]
    # The quantiser keeps no value for the sake of a body that takes it from outside; an output, it does.
    kept = [name for name in _taken_by_bodies(model.graph) if name not in outputs]
    model.graph.output.extend(map(make_empty_tensor_value_info, kept))
    # The embedding is a Gather, the largest part of a text model.
    quantize_dynamic(model, after, weight_type=QuantType.QInt8, per_channel=False)
    quantized = onnx.load(after)
    del quantized.graph.output[len(outputs) :]
    onnx.save(quantized, after)


def _quantize_static(request: Request, before: Path, after: Path) -> None:
    samples = choose_samples(read_split(request.input("data"), "train"), CALIBRATION_SAMPLES)
    tensors = Preprocessing.load(request.input("preprocessing")).encode([sample.input for sample in samples])
    prepared = after.with_suffix(".prepared.onnx")
    quant_pre_process(before, prepared)
    quantize_static(prepared, after, _Calibration(tensors), quant_format=QuantFormat.QDQ)
    prepared.unlink()


def _taken_by_bodies(graph: onnx.GraphProto) -> list[str]:
    """Values of the graph's nodes that the bodies of Loop, Scan and If take without being given them."""
    taken = {name for node in graph.node for body in _bodies(node) for name in _used_in(body)}
    return [name for node in graph.node for name in node.output if name and name in taken]


def _used_in(graph: onnx.GraphProto) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for body in _bodies(node):
            yield from _used_in(body)
    yield from (output.name for output in graph.output)


def _bodies(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    return [attribute.g for attribute in node.attribute if attribute.type == onnx.AttributeProto.GRAPH]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """Hands the calibration samples to onnxruntime one by one."""

    def __init__(self, tensors: Tensors) -> None:
        self._rows: Iterator[dict[str, Any]] = iter(
            {name: tensor[index : index + 1] for name, tensor in tensors.items()}
            for index in range(min(len(tensor) for tensor in tensors.values()))
        )

    def get_next(self) -> dict[str, Any] | None:
        return next(self._rows, None)
