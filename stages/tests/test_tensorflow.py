"""The path of a Keras model: trained, exported and held to its own answers, evaluated, quantised."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from model_pipeline.contract import ProgramError, Request
from model_pipeline.golden import read_golden
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.programs import run_program
from tests.conftest import Make, read_metrics

pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")

from model_pipeline.keras_model import KerasModel  # noqa: E402
from model_pipeline.user_code import UserCode  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")

TRAIN = """
import json
import keras
import numpy as np
from model_pipeline.preprocessing import Preprocessing

def train(data_dir, model_dir, hyperparameters):
    keras.utils.set_random_seed(0)
    samples = [json.loads(line) for line in (data_dir / "train.jsonl").read_text().splitlines()]
    encoded = Preprocessing.load(data_dir / "preprocessing").encode([sample["input"] for sample in samples])
    labels = np.array([[sample["label"]] for sample in samples], dtype="float32")
    tokens = keras.Input((4,), dtype="int64", name="tokens")
    embedded = keras.layers.Embedding(6, 64)(tokens)
    hidden = keras.layers.Dropout(0.2)(keras.layers.LSTM(32)(embedded))
    model = keras.Model(tokens, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(encoded["tokens"], labels, epochs=hyperparameters["epochs"], verbose=0).history
    model.save(model_dir / "model.keras")
    return {"loss": history["loss"][-1]}

def load(model_dir):
    return keras.saving.load_model(model_dir / "model.keras")
"""


@pytest.fixture
def keras_request(request_for: Make, source: Path) -> Make:
    """Requests for a model that Keras trains."""
    (source / "train.py").write_text(TRAIN)

    def make(program: str, **parameters: Any) -> Request:
        framework = {"framework": "tensorflow"} if program == "export" else {}
        return request_for(program, **framework, **parameters)

    return make


def run(make: Make, *programs: str) -> None:
    for program in programs:
        run_program(make(program))


def test_the_whole_path_from_rows_to_a_quantised_model(keras_request: Make, tmp_path: Path) -> None:
    run(keras_request, "preprocess")
    run_program(keras_request("train", hyperparameters={"epochs": 20}))
    run(keras_request, "export", "evaluate", "quantize")
    assert read_metrics(keras_request("train"))["loss"] < 0.1
    exported = read_metrics(keras_request("export"))
    assert exported["max_abs_difference"] < 1e-4
    assert exported["golden_samples"] == 3
    assert exported["parameters"] == 6 * 64 + 4 * 32 * (64 + 32 + 1) + 33
    assert read_metrics(keras_request("evaluate"))["accuracy"] == 1
    assert read_metrics(keras_request("quantize"))["size_ratio"] < 0.6

    model = onnx.load(tmp_path / "onnx" / "model.onnx")
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == 18
    assert "LSTM" in {node.op_type for node in model.graph.node}
    _, tensors, _ = read_golden(tmp_path / "golden")
    golden = json.loads((tmp_path / "golden" / "samples.json").read_text())
    assert golden["producer"].startswith("keras 3.")
    loaded = keras.saving.load_model(tmp_path / "model" / "model.keras")
    recorded = [sample["outputs"]["probability"]["data"] for sample in golden["samples"]]
    np.testing.assert_allclose(np.asarray(loaded(tensors["tokens"])), recorded, atol=1e-6)


def test_an_exported_model_answers_any_batch_and_keeps_the_signatures_names(
    keras_request: Make, tmp_path: Path
) -> None:
    run(keras_request, "preprocess", "train", "export")
    model = OnnxModel(tmp_path / "onnx" / "model.onnx")
    assert (model.inputs["tokens"].shape, model.outputs["probability"].shape) == (["batch", 4], ["batch", 1])
    answers = model.run({"tokens": np.zeros((600, 4), dtype=np.int64)})
    assert answers["probability"].shape == (600, 1)
    assert np.ptp(answers["probability"]) == 0


LOADS = "import keras\n\ndef load(model_dir):\n    "
WRONG_LOAD = {
    "return {}": "train.py: load returned dict, not a keras.Model",
    "x = keras.Input((4,), dtype='int64')\n    return keras.Model(x, [x, x])": (
        "the model has 2 outputs, the signature 1"
    ),
    "x = keras.Input((4,), dtype='int64')\n    return keras.Model(x, {'score': x})": (
        "the model's outputs are score, the signature's probability"
    ),
    "x = keras.Input((4,), dtype='int64')\n    return keras.Model(x, keras.ops.bitwise_invert(x))": (
        "the exported model is not what the signature declares: outputs probability: is a tensor(int64), "
        "declared float32; outputs probability: has shape ['batch', 4], declared ['batch', 1]"
    ),
    "x = keras.Input((4,), dtype='int64')\n"
    "    return keras.Model(x, keras.ops.qr(keras.ops.cast(x[:, None], 'float32'))[1][:, 0, :1])": (
        "ONNX has nothing for the model's operators Qr"
    ),
}


@pytest.mark.parametrize("code", WRONG_LOAD)
def test_what_is_wrong_with_a_model_is_one_line(
    keras_request: Make, source: Path, tmp_path: Path, code: str
) -> None:
    run(keras_request, "preprocess")
    (tmp_path / "model").mkdir()
    (source / "train.py").write_text(LOADS + code)
    with pytest.raises(ProgramError) as error:
        run(keras_request, "export")
    assert str(error.value) == WRONG_LOAD[code]


TWO = """
import keras

def load(model_dir):
    left, right = (keras.Input((3,), name=name) for name in ("left", "right"))
    total, first = keras.layers.Add()([left, right]), keras.layers.Identity()(left)
    outputs = {"first": first, "total": total} if (model_dir / "by-name").exists() else [total, first]
    return keras.Model([right, left], outputs)
"""


@pytest.mark.parametrize("named", [True, False])
def test_inputs_go_by_name_and_outputs_by_name_or_in_order(
    keras_request: Make, source: Path, tmp_path: Path, named: bool
) -> None:
    (source / "train.py").write_text(TWO)
    if named:
        (tmp_path / "by-name").touch()
    vector = {"dtype": "float32", "shape": ["rows", 3]}
    signature = {"inputs": {"left": vector, "right": vector}, "outputs": {"total": vector, "first": vector}}
    model = KerasModel(UserCode.load(keras_request("train")), tmp_path, signature)
    tensors = {"left": np.ones((2, 3), np.float32), "right": np.full((2, 3), 4, np.float32)}
    model.write_onnx(tensors, 18, tmp_path / "model.onnx")
    for answers in (model.answer(tensors), OnnxModel(tmp_path / "model.onnx").run(tensors)):
        assert {name: value.tolist() for name, value in answers.items()} == {
            "total": [[5, 5, 5]] * 2,
            "first": [[1, 1, 1]] * 2,
        }


def test_a_lambda_that_keras_stores_as_code_is_refused(keras_request: Make, source: Path) -> None:
    double = "keras.layers.Lambda(lambda x: x * 2)"
    (source / "train.py").write_text(TRAIN.replace("keras.layers.Dropout(0.2)", double))
    run(keras_request, "preprocess")
    with pytest.raises(ProgramError) as error:
        run(keras_request, "train")
    assert str(error.value) == (
        "model.keras: Python lambdas are stored as code; use a registered function or a layer"
    )
