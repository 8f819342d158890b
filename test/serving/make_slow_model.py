"""Writes `slow-model/`: an exported model whose run takes as long as its input says.

    python test/serving/make_slow_model.py && npx prettier --write test/serving/slow-model

`count` int64 [batch, 1] to `total` float32 [batch, 1]: the same number, after a loop of as many turns
as the largest of the batch. Needs onnx. Deterministic: a second run changes nothing.
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent / "slow-model"


def scalar(name, dtype):
    return helper.make_tensor_value_info(name, dtype, [])


def main():
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["go_on_out"]),
            helper.make_node("Add", ["turns", "one"], ["turns_out"]),
        ],
        "turn",
        [scalar("turn", TensorProto.INT64), scalar("go_on", TensorProto.BOOL), scalar("turns", TensorProto.FLOAT)],
        [scalar("go_on_out", TensorProto.BOOL), scalar("turns_out", TensorProto.FLOAT)],
        [numpy_helper.from_array(np.array(1, np.float32), "one")],
    )
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMax", ["count"], ["most"], keepdims=0),
            helper.make_node("Loop", ["most", "", "zero"], ["turns"], body=body),
            helper.make_node("Mul", ["turns", "zero"], ["nothing"]),
            helper.make_node("Cast", ["count"], ["same"], to=TensorProto.FLOAT),
            helper.make_node("Add", ["same", "nothing"], ["total"]),
        ],
        "slow",
        [helper.make_tensor_value_info("count", TensorProto.INT64, ["batch", 1])],
        [helper.make_tensor_value_info("total", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(np.array(0, np.float32), "zero")],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9, producer_name="make_slow_model"
    )
    samples = [
        {
            "id": f"count/{count}",
            "tensors": {"count": {"dtype": "int64", "shape": [1, 1], "data": [count]}},
            "outputs": {"total": {"dtype": "float32", "shape": [1, 1], "data": [count]}},
        }
        for count in (0, 3, 7)
    ]
    golden = {"schemaVersion": 1, "producer": "make_slow_model", "samples": samples}
    (HERE / "onnx").mkdir(parents=True, exist_ok=True)
    (HERE / "golden").mkdir(parents=True, exist_ok=True)
    (HERE / "onnx" / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    (HERE / "golden" / "samples.json").write_text(json.dumps(golden) + "\n", encoding="utf-8")


main()
