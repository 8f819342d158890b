"""The adapter with a directory that stands for the mounted store, and the programs run for real."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from model_pipeline import mounted
from model_pipeline.mounted import main
from tests.test_sagemaker import TUNED_TRAIN, write_plan, write_tuning_plan

RUN = "runs/r1/training"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("CLUSTER_SPEC", "CLOUD_ML_TRIAL_ID", "CLOUD_ML_HP_METRIC_FILE"):
        monkeypatch.delenv(variable, raising=False)
    directory = tmp_path / "gcs"
    put(directory / "datasets/spam/raw.csv", "text,label")
    put(directory / RUN / "preprocess/data/train.jsonl", "{}\n")
    put(directory / RUN / "preprocess/preprocessing/preprocessing.json", "{}")
    return directory


def put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def preprocess(plan: Path, store: Path) -> int:
    directories = [
        f"--input=dataset={store / 'datasets/spam'}",
        *(f"--output={name}={store / 'new' / name}" for name in ("data", "preprocessing", "metrics")),
    ]
    return main(["--plan", str(plan), "--step", "preprocess", *directories])


def train(plan: Path, store: Path, *arguments: str) -> int:
    directories = [
        *(f"--input={name}={store / RUN / 'preprocess' / name}" for name in ("data", "preprocessing")),
        *(f"--output={name}={store / RUN / 'train' / name}" for name in ("model", "metrics")),
    ]
    return main(["--plan", str(plan), "--step", "train", *directories, *arguments])


def causes(capfd: pytest.CaptureFixture[str]) -> list[Any]:
    lines = capfd.readouterr().err.splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"severity"')]


def test_outputs_are_written_under_the_directories_of_the_store(tmp_path: Path, store: Path) -> None:
    assert preprocess(write_plan(tmp_path), store) == 0
    assert (store / "new/data/test.jsonl").is_file()
    assert (store / "new/preprocessing/preprocessing.json").is_file()
    assert (store / "new/metrics/metrics.json").is_file()


def test_step_that_an_earlier_try_has_done_is_not_done_again(tmp_path: Path, store: Path) -> None:
    put(store / RUN / "train/metrics/metrics.json", "{}")
    assert train(write_plan(tmp_path, {"killed": True}), store) == 0
    assert not (store / RUN / "train/model").exists()


def test_what_an_earlier_try_wrote_is_completed_but_never_replaced(
    tmp_path: Path, store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = store / RUN / "train/model/weights.safetensors"
    put(weights, "weights")
    plan = write_plan(tmp_path)
    assert train(plan, store) == 0
    metrics = store / RUN / "train/metrics/metrics.json"
    assert metrics.is_file()
    metrics.unlink()
    put(weights, "other weights")
    assert train(plan, store) == 1
    message = (
        f"train: {weights} is there already with other content, and nothing is replaced; start a new run"
    )
    assert causes(capfd)[-1] == {"severity": "ERROR", "message": message, "step": "train"}
    assert weights.read_text() == "other weights"
    assert not metrics.exists()


def test_cause_of_a_failure_is_an_entry_of_the_log_and_nothing_is_written(
    tmp_path: Path, store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert preprocess(write_plan(tmp_path, fail=True), store) == 1
    message = "preprocess: preprocess.py:6: ValueError: no such column"
    assert causes(capfd) == [{"severity": "ERROR", "message": message, "step": "preprocess"}]
    assert not (store / "new").exists()


def test_place_that_cannot_be_written_is_named(
    tmp_path: Path, store: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put(store / RUN / "train/model", "a file where the directory would be")
    assert train(write_plan(tmp_path), store) == 1
    place = store / RUN / "train/model"
    message = f"train: {place / 'weights.safetensors'} cannot be written: File exists"
    assert [entry["message"] for entry in causes(capfd)] == [message]


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (["--step", "gate"], 'gate: the plan has no job "gate"'),
        (
            ["--step", "train", "--input", "data=/none"],
            "train: the step's inputs are data, preprocessing; directories were given for data",
        ),
        (
            ["--step", "train", "--input=data=/none", "--input=preprocessing=/none"],
            "train: the step's outputs are metrics, model; directories were given for none",
        ),
        (
            [
                *("--step=train", "--input=data=/none", "--input=preprocessing=/none"),
                *("--output=model=/none", "--output=metrics=/none"),
            ],
            'train: there is nothing at /none for the input "data"',
        ),
    ],
)
def test_what_does_not_fit_the_plan_is_refused(
    tmp_path: Path, store: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], cause: str
) -> None:
    assert store.is_dir()
    assert main(["--plan", str(write_plan(tmp_path)), *arguments]) == 1
    assert [entry["message"] for entry in causes(capfd)] == [cause]


@pytest.mark.parametrize("made", [True, False])
def test_input_that_may_be_missing_is_an_empty_directory(tmp_path: Path, store: Path, made: bool) -> None:
    plan = write_plan(tmp_path)
    fields = json.loads(plan.read_text())
    fields["steps"][0]["inputs"]["dataset"] = {"from": "store", "prefix": "datasets/none/", "optional": True}
    plan.write_text(json.dumps(fields))
    if made:
        (store / "datasets/none").mkdir(parents=True)
    directories = [
        f"--input=dataset={store / 'datasets/none'}",
        *(f"--output={name}={store / 'new' / name}" for name in ("data", "preprocessing", "metrics")),
    ]
    assert main(["--plan", str(plan), "--step", "preprocess", *directories]) == 0
    assert (store / "new/metrics/metrics.json").is_file()


def test_of_an_input_only_what_is_new_enough_is_read(tmp_path: Path, store: Path) -> None:
    old = store / RUN / "preprocess/data/old.jsonl"
    put(old, "{}\n")
    os.utime(old, times=(0, 0))
    plan = write_plan(tmp_path)
    assert train(plan, store, "--newer-than", "data=13") == 0
    metrics = store / RUN / "train/metrics/metrics.json"
    # preprocessing/ is the other one.
    assert json.loads(metrics.read_text()) == {"files": 2}
    metrics.unlink()
    assert train(plan, store) == 0
    assert json.loads(metrics.read_text()) == {"files": 3}


def test_directory_needs_a_name_and_an_absolute_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["--plan", str(write_plan(tmp_path)), "--step", "train", "--input", "data=here"])
    assert "'data=here' is no NAME=DIRECTORY with an absolute path" in capsys.readouterr().err


def trial(monkeypatch: pytest.MonkeyPatch, store: Path, number: str) -> Path:
    file = store.parent / "hypertune" / "output.metrics"
    monkeypatch.setenv("CLOUD_ML_HP_METRIC_FILE", str(file))
    cluster = {"workerpool0": ["host-0:2222"]}
    task = {"type": "workerpool0", "index": 0, "trial": number}
    monkeypatch.setenv("CLUSTER_SPEC", json.dumps({"cluster": cluster, "task": task}))
    return file


def test_trial_of_a_tuning_trains_with_what_was_chosen_and_tells_the_objective(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    file = trial(monkeypatch, store, "3")
    plan = write_tuning_plan(tmp_path)
    fields = json.loads(plan.read_text())
    fields["steps"][1]["parameters"]["tuning"]["objective"] = "rate"
    plan.write_text(json.dumps(fields))
    tells = '    progress("epoch", metrics={"rate": 0.75, "loss": 2})\n    print("[]")\n    assert'
    body = TUNED_TRAIN.replace("    assert", tells)
    imports = "from model_pipeline.contract import progress\n"
    (plan.parent / "source" / "train.py").write_text(imports + body)
    checkpoints = store / RUN / "train/checkpoints"
    put(checkpoints / "3/step", "12")
    chosen = ["--layers=4.0", "--rate=0.25", "--optimizer=adam"]
    assert train(plan, store, "--checkpoints", str(checkpoints), *chosen) == 0
    metrics = json.loads((store / RUN / "train/metrics/3/metrics.json").read_text())
    assert metrics == {"epochs": 3, "rate": 0.25, "layers": 4}
    assert (store / RUN / "train/model/3/weights.safetensors").is_file()
    told = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(entry["rate"], entry["global_step"], entry["trial"]) for entry in told] == [
        ("0.75", "1", "3"),
        ("0.25", "2", "3"),
    ]
    assert "[]" in capfd.readouterr().out.splitlines()
    assert train(plan, store, "--checkpoints", str(checkpoints), *chosen) == 1
    message = "train: an earlier tuning of this run has written trial 3; start a new run"
    assert [entry["message"] for entry in causes(capfd)] == [message]


@pytest.mark.parametrize(
    ("number", "chosen", "cause"),
    [
        ("1", ["--layers=4"], "the tuning chose no rate, optimizer"),
        ("", [], "a tuning runs as trials of Vertex AI, and CLUSTER_SPEC names none"),
    ],
)
def test_trial_without_what_it_needs_is_refused(  # noqa: PLR0913, PLR0917
    tmp_path: Path,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    number: str,
    chosen: list[str],
    cause: str,
) -> None:
    trial(monkeypatch, store, number)
    plan = write_tuning_plan(tmp_path)
    fields = json.loads(plan.read_text())
    fields["steps"][1]["parameters"]["tuning"]["objective"] = "rate"
    plan.write_text(json.dumps(fields))
    assert train(plan, store, "--checkpoints", str(store / "kept"), *chosen) == 1
    assert [entry["message"] for entry in causes(capfd)] == [f"train: {cause}"]


def test_checkpoints_need_their_directory(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    trial(monkeypatch, store, "1")
    assert train(write_tuning_plan(tmp_path), store, "--layers=4", "--rate=1", "--optimizer=adam") == 1
    message = "train: the step keeps checkpoints, and --checkpoints is missing"
    assert [entry["message"] for entry in causes(capfd)] == [message]


CLUSTER = {
    "workerpool0": ["job-workerpool0-0:2222"],
    "workerpool1": ["job-workerpool1-0:2222", "job-workerpool1-1:2222"],
}


@pytest.mark.parametrize(
    ("pool", "index", "host"), [("workerpool0", 0, "workerpool0-0"), ("workerpool1", 1, "workerpool1-1")]
)
def test_machines_of_a_job_know_one_another_and_the_first_one_writes(  # noqa: PLR0913, PLR0917
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch, pool: str, index: int, host: str
) -> None:
    requests: list[dict[str, Any]] = []

    def run_program(request: dict[str, Any], listen: object) -> None:
        assert listen is None
        requests.append(request)
        (Path(request["outputs"]["metrics"]) / "metrics.json").write_text("{}")

    monkeypatch.setattr(mounted, "run_program", run_program)
    task = {"type": pool, "index": index}
    monkeypatch.setenv("CLUSTER_SPEC", json.dumps({"cluster": CLUSTER, "task": task}))
    assert train(write_plan(tmp_path), store) == 0
    hosts = ["job-workerpool0-0", "job-workerpool1-0", "job-workerpool1-1"]
    assert requests[0]["cluster"] == {"hosts": hosts, "host": f"job-{host}"}
    assert (store / RUN / "train/metrics/metrics.json").exists() is (pool == "workerpool0")
