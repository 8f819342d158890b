"""Models whose Loops, Scans and Ifs take values from outside their bodies."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx.numpy_helper import from_array

from model_pipeline.golden import write_golden
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.programs import run_program
from tests.conftest import Make, read_metrics

# Nothing but the branches uses `columns`.
TAKES_FROM_OUTSIDE = """
<ir_version: 8, opset_import: ["" : 18]>
outside (int64[batch, 4] tokens) => (float[batch, 1] probability)
  <bool yes = {1}, int64 zero = {0}, int64 three = {3}>
{
  rows = Gather(table, tokens)
  columns = Transpose<perm = [1, 0, 2]>(rows)
  hidden = If(yes) <
    then_branch = then () => (float[batch, 256] first) { first = Gather(columns, zero) },
    else_branch = else () => (float[batch, 256] last) { last = Gather(columns, three) }
  >
  dense = MatMul(hidden, weights)
  probability = Sigmoid(dense)
}
"""


@pytest.mark.parametrize("method", ["dynamic", "static"])
def test_what_a_body_takes_from_outside_stays_there(request_for: Make, tmp_path: Path, method: str) -> None:
    run_program(request_for("preprocess"))
    rng = np.random.default_rng(0)
    model = onnx.parser.parse_model(TAKES_FROM_OUTSIDE)
    weights = {"table": rng.normal(size=(6, 256)), "weights": rng.normal(size=(256, 1)) / 16}
    model.graph.initializer.extend(
        from_array(value.astype(np.float32), name) for name, value in weights.items()
    )
    for name in ("onnx", "golden"):
        (tmp_path / name).mkdir()
    onnx.save(model, tmp_path / "onnx" / "model.onnx")
    tensors = {"tokens": np.array([[2, 3, 0, 0], [4, 5, 0, 0]])}
    answers = OnnxModel(tmp_path / "onnx" / "model.onnx").run(tensors)
    samples = [{"id": str(number), "input": {}} for number in range(2)]
    write_golden(tmp_path / "golden", "test", samples, tensors, answers)

    request = request_for("quantize", method=method)
    run_program(request)
    assert read_metrics(request)["max_abs_difference"] < 0.05
    quantized = onnx.load(request.output("onnx") / "model.onnx")
    assert [output.name for output in quantized.graph.output] == ["probability"]
