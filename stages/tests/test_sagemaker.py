"""The adapter in a directory that stands for /opt/ml, with the programs run for real."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from model_pipeline.adapter import run_program
from model_pipeline.contract import ProgramError
from model_pipeline.sagemaker import build_request, main, report_failure

PREPROCESS = """
import json

def preprocess(input_dir, output_dir, parameters):
    if parameters.get("fail"):
        raise ValueError("no such column")
    for split in ("train", "validation", "test"):
        sample = {"id": split, "input": {"x": [1, 2]}, "label": 0}
        (output_dir / f"{split}.jsonl").write_text(json.dumps(sample))
    numbers = {"kind": "numbers", "field": "x", "shape": [2], "mean": 0, "scale": 1}
    (output_dir / "preprocessing").mkdir()
    document = {"schemaVersion": 1, "inputs": {"x": numbers}}
    (output_dir / "preprocessing" / "preprocessing.json").write_text(json.dumps(document))
"""

TRAIN = """
import os, signal

def train(data_dir, model_dir, hyperparameters):
    if hyperparameters.get("killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    if hyperparameters.get("silent"):
        os._exit(3)
    (model_dir / "weights.safetensors").write_text("weights")
    return {"files": len(list(data_dir.iterdir()))}
"""


def job(program: str, parameters: dict[str, Any], inputs: list[str], outputs: list[str]) -> dict[str, Any]:
    return {
        "id": program,
        "kind": "job",
        "program": program,
        "parameters": parameters,
        "inputs": {name: {"from": "dataset"} for name in inputs},
        "outputs": outputs,
    }


def write_plan(directory: Path, hyperparameters: dict[str, Any] | None = None, *, fail: bool = False) -> Path:
    code = directory / "code"
    (code / "source").mkdir(parents=True)
    (code / "source" / "preprocess.py").write_text(PREPROCESS)
    (code / "source" / "train.py").write_text(TRAIN)
    preprocess = {"entry": "preprocess.py", "parameters": {"fail": fail}}
    train = {"entry": "train.py", "hyperparameters": hyperparameters or {}}
    steps = [
        job("preprocess", preprocess, ["dataset"], ["data", "preprocessing", "metrics"]),
        job("train", train, ["data", "preprocessing"], ["model", "metrics"]),
        {"id": "gate", "kind": "gate"},
    ]
    plan = code / "plan.json"
    plan.write_text(json.dumps({"schemaVersion": 1, "steps": steps}))
    return plan


def run(plan: Path, step: str, kind: str, root: Path) -> int:
    return main(["--plan", str(plan), "--step", step, "--kind", kind, "--root", str(root)])


def make_channels(root: Path) -> None:
    for name in ("data", "preprocessing"):
        (root / "input" / "data" / name).mkdir(parents=True)
    (root / "input" / "data" / "data" / "train.jsonl").write_text("{}\n")


def test_processing_job_reads_and_writes_the_directories_of_processing(tmp_path: Path) -> None:
    root = tmp_path / "ml"
    (root / "processing" / "input" / "dataset").mkdir(parents=True)
    assert run(write_plan(tmp_path), "preprocess", "processing", root) == 0
    output = root / "processing" / "output"
    assert (output / "data" / "test.jsonl").is_file()
    assert (output / "preprocessing" / "preprocessing.json").is_file()
    assert (output / "metrics" / "metrics.json").is_file()
    assert not (root / "output").exists()


def test_training_job_leaves_its_model_and_its_metrics_where_training_jobs_do(tmp_path: Path) -> None:
    root = tmp_path / "ml"
    make_channels(root)
    assert run(write_plan(tmp_path), "train", "training", root) == 0
    assert (root / "model" / "weights.safetensors").is_file()
    assert json.loads((root / "output" / "data" / "metrics" / "metrics.json").read_text()) == {"files": 2}


def test_cause_of_a_failed_processing_job_is_its_exit_message(tmp_path: Path) -> None:
    root = tmp_path / "ml"
    (root / "processing" / "input" / "dataset").mkdir(parents=True)
    assert run(write_plan(tmp_path, fail=True), "preprocess", "processing", root) == 1
    assert (root / "output" / "message").read_text() == "preprocess.py:6: ValueError: no such column"


def test_cause_of_a_failed_training_job_is_its_failure_file(tmp_path: Path) -> None:
    root = tmp_path / "ml"
    make_channels(root)
    assert run(write_plan(tmp_path, {"killed": True}), "train", "training", root) == 1
    cause = "train was ended by SIGKILL: the machine may be short of memory"
    assert (root / "output" / "failure").read_text() == cause


def test_program_that_ends_without_a_word_is_told_by_its_exit_code(tmp_path: Path) -> None:
    root = tmp_path / "ml"
    make_channels(root)
    request = build_request(write_plan(tmp_path, {"silent": True}), "train", "training", root)
    assert run_program(request) == "train ended with exit code 3"


TUNED_TRAIN = """
def train(data_dir, model_dir, hyperparameters, checkpoint_dir):
    assert (checkpoint_dir / "step").read_text() == "12"
    (model_dir / "weights.safetensors").write_text("weights")
    return {name: value for name, value in hyperparameters.items() if name != "optimizer"}
"""


def write_tuning_plan(directory: Path) -> Path:
    """The plan with a tuning in the place of the training."""
    plan = write_plan(directory, {"epochs": 3, "rate": 0.5})
    (plan.parent / "source" / "train.py").write_text(TUNED_TRAIN)
    fields = json.loads(plan.read_text())
    step = fields["steps"][1]
    kinds = {"layers": "integer", "rate": "continuous", "optimizer": "categorical"}
    ranges = {name: {"kind": kind} for name, kind in kinds.items()}
    step.update(
        program="tune", checkpoints=True, parameters={**step["parameters"], "tuning": {"ranges": ranges}}
    )
    plan.write_text(json.dumps(fields))
    return plan


def write_config(root: Path, name: str, value: dict[str, Any]) -> None:
    (root / "input" / "config").mkdir(parents=True, exist_ok=True)
    (root / "input" / "config" / f"{name}.json").write_text(json.dumps(value))


def test_job_of_a_tuning_trains_with_what_was_chosen_for_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "ml"
    make_channels(root)
    (root / "checkpoints").mkdir()
    (root / "checkpoints" / "step").write_text("12")
    chosen = {"layers": "4", "rate": "0.25", "optimizer": '"adam"', "sagemaker_program": "launch.py"}
    write_config(root, "hyperparameters", chosen)
    plan = write_tuning_plan(tmp_path)
    parameters = build_request(plan, "train", "training", root)["parameters"]
    assert parameters == {
        "entry": "train.py",
        "hyperparameters": {"epochs": 3, "layers": 4, "optimizer": "adam", "rate": 0.25},
    }
    assert run(plan, "train", "training", root) == 0
    # The line that SageMaker reads the objective from.
    metrics = '{"epochs": 3, "rate": 0.25, "layers": 4}'
    line = f'{{"event": "progress", "message": "trained", "fraction": 1.0, "metrics": {metrics}}}'
    assert line in capfd.readouterr().out.splitlines()


def test_machines_of_a_training_job_know_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NCCL_SOCKET_IFNAME", raising=False)
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    root, plan = tmp_path / "ml", write_plan(tmp_path)
    hosts = {"current_host": "algo-10", "hosts": ["algo-10", "algo-2", "algo-1"]}
    write_config(root, "resourceconfig", {**hosts, "network_interface_name": "eth0"})
    request = build_request(plan, "train", "training", root)
    assert request["cluster"] == {"hosts": ["algo-1", "algo-2", "algo-10"], "host": "algo-10"}
    assert (os.environ["NCCL_SOCKET_IFNAME"], os.environ["GLOO_SOCKET_IFNAME"]) == ("eth0", "lo")
    write_config(root, "resourceconfig", {"current_host": "algo-1", "hosts": ["algo-1"]})
    assert "cluster" not in build_request(plan, "train", "training", root)


@pytest.mark.parametrize("step", ["gate", "deploy"])
def test_step_that_is_no_job_is_refused(tmp_path: Path, step: str) -> None:
    root = tmp_path / "ml"
    assert run(write_plan(tmp_path), step, "processing", root) == 1
    assert (root / "output" / "message").read_text() == f'the plan has no job "{step}"'


def test_training_job_has_no_output_but_model_and_metrics(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match='a training job has no output "data", only model and metrics'):
        build_request(write_plan(tmp_path), "preprocess", "training", tmp_path / "ml")


def test_long_cause_is_cut_between_characters(tmp_path: Path) -> None:
    report_failure(tmp_path, "training", "é" * 600)
    assert (tmp_path / "output" / "failure").read_text(encoding="utf-8") == "é" * 500
    report_failure(tmp_path, "training", "x" + "é" * 600)
    assert (tmp_path / "output" / "failure").read_text(encoding="utf-8") == "x" + "é" * 499
