"""The programs one after the other, as a plan has them, on a tiny model."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from model_pipeline.contract import ProgramError
from model_pipeline.golden import read_golden
from model_pipeline.onnx_model import OnnxModel
from model_pipeline.programs import run_program
from tests.conftest import Make, read_metrics


def run(make: Make, *programs: str) -> None:
    for program in programs:
        run_program(make(program))


def test_the_whole_path_from_rows_to_a_quantised_model(request_for: Make, tmp_path: Path) -> None:
    run(request_for, "preprocess", "train", "export", "evaluate", "quantize")
    assert read_metrics(request_for("preprocess"))["test_samples"] == 4
    assert not (tmp_path / "data" / "preprocessing").exists()
    exported = read_metrics(request_for("export"))
    assert exported["max_abs_difference"] < 1e-6
    assert exported["golden_samples"] == 3
    assert read_metrics(request_for("evaluate"))["majority_baseline"] == 0.5
    assert read_metrics(request_for("quantize"))["size_ratio"] < 0.6


def test_an_exported_model_answers_any_batch(request_for: Make, tmp_path: Path) -> None:
    run(request_for, "preprocess", "train", "export")
    model = OnnxModel(tmp_path / "onnx" / "model.onnx")
    answers = model.run({"tokens": np.zeros((600, 4), dtype=np.int64)})
    assert answers["probability"].shape == (600, 1)
    assert np.ptp(answers["probability"]) == 0


def test_golden_samples_hold_every_label_from_the_raw_input_on(request_for: Make, tmp_path: Path) -> None:
    run(request_for, "preprocess", "train", "export")
    golden = json.loads((tmp_path / "golden" / "samples.json").read_text())
    assert [sample["id"] for sample in golden["samples"]] == ["test-1", "test-0", "test-3"]
    first = golden["samples"][0]
    assert first["input"] == {"text": "hello you"}
    assert first["tensors"]["tokens"] == {"dtype": "int64", "shape": [1, 4], "data": [4, 5, 0, 0]}
    assert first["outputs"]["probability"]["shape"] == [1, 1]


def test_quantisation_reaches_the_embedding_and_records_its_own_answers(
    request_for: Make, tmp_path: Path
) -> None:
    run(request_for, "preprocess", "train", "export", "quantize")
    quantized = onnx.load(tmp_path / "quantized-onnx" / "model.onnx")
    assert onnx.TensorProto.INT8 in {tensor.data_type for tensor in quantized.graph.initializer}
    _, tensors, answers = read_golden(tmp_path / "quantized-golden")
    found = OnnxModel(tmp_path / "quantized-onnx" / "model.onnx").run(tensors)
    np.testing.assert_array_equal(found["probability"], answers["probability"])


def test_static_quantisation_calibrates_on_the_training_split(request_for: Make, tmp_path: Path) -> None:
    run(request_for, "preprocess", "train", "export")
    run_program(request_for("quantize", method="static"))
    operators = {node.op_type for node in onnx.load(tmp_path / "quantized-onnx" / "model.onnx").graph.node}
    assert "QuantizeLinear" in operators
    assert read_metrics(request_for("quantize"))["max_abs_difference"] < 0.1
    assert not (tmp_path / "quantized-onnx" / "model.prepared.onnx").exists()


WRONG_PREPROCESS = {
    "def clean(): ...": "preprocess.py has no function preprocess",
    "def preprocess(a, b, c):\n    1 / 0": "preprocess.py:2: ZeroDivisionError: division by zero",
    "def preprocess(:": "preprocess.py:1: SyntaxError: invalid syntax (preprocess.py, line 1)",
    "def preprocess(a, b, c): ...": "preprocess.py wrote no preprocessing/ into its output directory",
}

LEAVES_A_FILE = "def train(a, b, c):\n    (b / 'x').touch()\n    return "
WRONG_TRAIN = {
    "def train(a, b, c): return {}": "train.py wrote nothing into its model directory",
    f"{LEAVES_A_FILE}None": "train.py: train returned NoneType, not a dict of metrics",
    f"{LEAVES_A_FILE}{{'loss': float('nan')}}": "metrics must be finite numbers: loss is nan",
    f"{LEAVES_A_FILE}{{'loss': True}}": "metrics must be finite numbers: loss is True",
    "def train(a, b, c):\n    (b / 'm.pt').touch()": (
        "m.pt: pickles run code when they are read; save safetensors instead"
    ),
    "import sys\nsys.exit(0)": "train.py:2: SystemExit: 0",
    "import no_such_module": (
        "train.py:1: ModuleNotFoundError: No module named 'no_such_module'; "
        f"{sys.executable} needs this package's stages, and your requirements.txt"
    ),
}


@pytest.mark.parametrize("code", WRONG_PREPROCESS)
def test_what_is_wrong_with_preprocess_is_one_line(request_for: Make, source: Path, code: str) -> None:
    (source / "preprocess.py").write_text(code)
    with pytest.raises(ProgramError) as error:
        run(request_for, "preprocess")
    assert str(error.value) == WRONG_PREPROCESS[code]


@pytest.mark.parametrize("code", WRONG_TRAIN)
def test_what_is_wrong_with_train_is_one_line(request_for: Make, source: Path, code: str) -> None:
    run(request_for, "preprocess")
    (source / "train.py").write_text(code)
    with pytest.raises(ProgramError) as error:
        run(request_for, "train")
    assert str(error.value) == WRONG_TRAIN[code]


def test_a_model_that_the_signature_does_not_describe_is_refused(request_for: Make) -> None:
    run(request_for, "preprocess", "train")
    signature = {
        "inputs": {"tokens": {"dtype": "int64", "shape": ["batch", 4]}},
        "outputs": {"probability": {"dtype": "float32", "shape": ["batch", 2]}},
    }
    with pytest.raises(ProgramError, match=r"outputs probability: has shape \['batch', 1\], declared"):
        run_program(request_for("export", signature=signature))


def test_an_output_of_another_type_is_refused(request_for: Make) -> None:
    run(request_for, "preprocess", "train")
    outputs = {"probability": {"dtype": "float64", "shape": ["batch", 1]}}
    signature = {"inputs": {"tokens": {"dtype": "int64", "shape": ["batch", 4]}}, "outputs": outputs}
    with pytest.raises(ProgramError, match=r"probability: is a tensor\(float\), declared float64"):
        run_program(request_for("export", signature=signature))


def test_an_export_that_differs_from_the_framework_is_refused(request_for: Make, source: Path) -> None:
    run(request_for, "preprocess", "train")
    # What depends on the tracer alone is in the file and not in the framework's answers.
    code = (source / "train.py").read_text()
    drifting = "(1.1 if torch.onnx.is_in_onnx_export() else 1.0) * torch.sigmoid("
    (source / "train.py").write_text(code.replace("torch.sigmoid(", drifting))
    with pytest.raises(ProgramError, match=r"the ONNX model differs from the framework's by 0\.0"):
        run_program(request_for("export"))


def test_a_split_that_shares_a_sample_with_another_is_refused(request_for: Make, source: Path) -> None:
    code = (source / "preprocess.py").read_text()
    (source / "preprocess.py").write_text(code.replace('f"{split}-{number}"', 'f"mail-{number}"'))
    with pytest.raises(ProgramError, match=r"sample mail-0 is in train\.jsonl and in validation\.jsonl"):
        run(request_for, "preprocess")
