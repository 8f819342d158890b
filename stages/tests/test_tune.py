"""The search, with trials that train for real."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_pipeline.contract import ProgramError, Request
from model_pipeline.programs import run_program
from model_pipeline.tune import pick, sample
from tests.conftest import PARAMETERS, Make, read_metrics

TRAIN = """
def train(data_dir, model_dir, hyperparameters):
    rate = hyperparameters["rate"]
    if rate > 0.03:
        raise ValueError("the loss became nan")
    (model_dir / "model.safetensors").write_text(str(rate))
    return {"score": rate * hyperparameters["epochs"]}
"""

CHECKPOINTS = """
def train(data_dir, model_dir, hyperparameters, checkpoint_dir):
    for directory in (checkpoint_dir, model_dir):
        (directory / "rate").write_text(str(hyperparameters["rate"]))
    return {"score": 1}
"""

RANGES: dict[str, dict[str, Any]] = {
    "layers": {"kind": "integer", "min": 1, "max": 4},
    "optimizer": {"kind": "categorical", "values": ["adam", "sgd"]},
    "rate": {"kind": "continuous", "min": 0.001, "max": 0.1, "scale": "log"},
}


def trials_of(request: Request) -> list[dict[str, object]]:
    trials: list[dict[str, object]] = json.loads((request.output("metrics") / "trials.json").read_text())[
        "trials"
    ]
    return trials


@pytest.fixture
def tune(request_for: Make, source: Path, tmp_path: Path) -> Make:
    for name in ("data", "preprocessing"):
        (tmp_path / name).mkdir()
    (source / "train.py").write_text(TRAIN)

    def make(program: str, **changes: object) -> Request:
        return request_for(program, tuning={**PARAMETERS["tune"]["tuning"], **changes})

    return make


@pytest.mark.parametrize(("goal", "better", "parallel"), [("maximize", max, 1), ("minimize", min, 2)])
def test_the_best_trial_is_the_model_and_a_failed_one_is_told(
    tune: Make, goal: str, better: Callable[[list[float]], float], parallel: int
) -> None:
    request = tune("tune", goal=goal, parallelTrials=parallel)
    run_program(request)
    trials = trials_of(request)
    rates = [point["rate"] for point in sample({"rate": RANGES["rate"]}, 3)]
    assert [trial["hyperparameters"] for trial in trials] == [{"rate": rate} for rate in rates]
    failed = [trial["error"] for trial in trials if "error" in trial]
    assert failed == ["train.py:5: ValueError: the loss became nan"] * sum(rate > 0.03 for rate in rates)
    best = better([rate for rate in rates if rate <= 0.03])
    assert read_metrics(request) == {"score": best, "trials": 3, "best_trial": rates.index(best) + 1}
    assert {path.name: path.read_text() for path in request.output("model").iterdir()} == {
        "model.safetensors": str(best)
    }


def test_every_trial_has_checkpoints_of_its_own(tune: Make, source: Path, tmp_path: Path) -> None:
    (source / "train.py").write_text(CHECKPOINTS)
    (tmp_path / "checkpoints").mkdir()
    request = replace(tune("tune", trials=2), checkpoints=tmp_path / "checkpoints")
    run_program(request)
    saved = {path.name: (path / "rate").read_text() for path in (tmp_path / "checkpoints").iterdir()}
    rates = [str(point["rate"]) for point in sample({"rate": RANGES["rate"]}, 2)]
    assert saved == {"0000": rates[0], "0001": rates[1]}


def test_a_search_fails_when_every_trial_does(tune: Make) -> None:
    with pytest.raises(ProgramError) as error:
        run_program(tune("tune", objective="f1", trials=1))
    assert str(error.value) == "all 1 trials failed; the first one: train measured no f1; it measured score"


def test_the_points_are_the_same_in_every_run_and_fill_the_space() -> None:
    points = sample(RANGES, 64)
    assert points == sample(RANGES, 64)
    assert points[:8] == sample(RANGES, 8)
    assert {point["layers"] for point in points} == {1, 2, 3, 4}
    assert [sum(point["optimizer"] == name for point in points) for name in ("adam", "sgd")] == [32, 32]
    # On a logarithmic scale half of them lie below the geometric mean.
    assert sum(point["rate"] < 0.01 for point in points) == 32


@pytest.mark.parametrize(
    ("name", "share", "value"),
    [
        ("layers", 0, 1),
        ("layers", 1 - 2**-53, 4),
        ("optimizer", 1 - 2**-53, "sgd"),
        ("rate", 0, 0.001),
        ("rate", 0.5, 0.01),
    ],
)
def test_the_ends_of_a_range_belong_to_it(name: str, share: float, value: object) -> None:
    assert pick(RANGES[name], share) == pytest.approx(value)
