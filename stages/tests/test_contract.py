"""Requests, metrics and the command line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_pipeline.__main__ import main
from model_pipeline.contract import ProgramError, Request, progress, read_request, write_metrics
from tests.conftest import Make, read_metrics


def write_request(request: Request, path: Path, **changes: Any) -> Path:
    fields = {
        "schemaVersion": 1,
        "program": request.program,
        "step": request.step,
        "parameters": request.parameters,
        "source": str(request.source),
        "inputs": {name: str(directory) for name, directory in request.inputs.items()},
        "outputs": {name: str(directory) for name, directory in request.outputs.items()},
        **changes,
    }
    path.write_text(json.dumps(fields))
    return path


def test_a_request_file_is_read_back(request_for: Make, tmp_path: Path) -> None:
    request = request_for("preprocess")
    assert read_request(write_request(request, tmp_path / "request.json")) == request


def test_a_file_that_is_no_request_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    path.write_text("{}")
    with pytest.raises(ProgramError, match=r"request.json is no program request: KeyError: 'program'"):
        read_request(path)


def test_every_directory_that_is_missing_is_named(request_for: Make, tmp_path: Path) -> None:
    path = write_request(
        request_for("preprocess"), tmp_path / "r.json", inputs={"dataset": "/no", "x": "/none"}
    )
    with pytest.raises(ProgramError, match=r"not a directory: dataset \(/no\), x \(/none\)"):
        read_request(path)


def test_what_a_request_lacks_is_named(request_for: Make) -> None:
    with pytest.raises(ProgramError, match="the request has no input model; it has dataset"):
        request_for("preprocess").input("model")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "high", None, True])
def test_metrics_are_finite_numbers(request_for: Make, value: object) -> None:
    with pytest.raises(ProgramError, match="metrics must be finite numbers: loss is"):
        write_metrics(request_for("train"), {"loss": value})  # type: ignore[dict-item]


def test_numbers_of_numpy_are_numbers(request_for: Make) -> None:
    request = request_for("train")
    metrics: dict[str, Any] = {"loss": np.float32(0.5), "epochs": 3}
    write_metrics(request, metrics)
    assert read_metrics(request) == {"loss": 0.5, "epochs": 3}


def test_progress_is_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress("epoch 1/2", 0.5, {"loss": 0.25})
    assert json.loads(capsys.readouterr().out) == {
        "event": "progress",
        "message": "epoch 1/2",
        "fraction": 0.5,
        "metrics": {"loss": 0.25},
    }


def test_the_command_line_exits_0_when_the_program_succeeds(request_for: Make, tmp_path: Path) -> None:
    request = write_request(request_for("preprocess"), tmp_path / "request.json")
    assert main(["preprocess", "--request", str(request)]) == 0


def test_the_command_line_ends_with_the_cause_in_one_line(
    request_for: Make, tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (source / "preprocess.py").write_text("def preprocess(a, b, c):\n    raise OSError('disk\\nfull')\n")
    request = write_request(request_for("preprocess"), tmp_path / "request.json")
    assert main(["preprocess", "--request", str(request)]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "error: preprocess.py:2: OSError: disk full"


def test_a_request_for_another_program_is_refused(
    request_for: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = write_request(request_for("preprocess"), tmp_path / "request.json")
    assert main(["train", "--request", str(request)]) == 1
    assert capsys.readouterr().err == "error: the request is for preprocess, not for train\n"
