"""Hyperparameter search on one machine: the same points in the same order, whoever runs it."""

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.quasirandom import SobolEngine

from model_pipeline.contract import (
    ProgramError,
    Request,
    progress,
    render_request,
    write_json,
    write_metrics,
)

Trial = dict[str, Any]


def run(request: Request) -> None:
    """Trains once per trial, each a process of its own; the best trial's model is the model.

    `metrics/trials.json` lists every trial: hyperparameters, and metrics or what it failed with. A trial
    that fails does not end the search; it fails when all of them do.
    """
    tuning = request.parameter("tuning")
    objective, goal = tuning["objective"], tuning["goal"]
    points = sample(tuning["ranges"], tuning["trials"])
    work = request.output("model") / ".trials"

    def try_point(number: int) -> Trial:
        trial = _train(request, work / f"{number:04d}", points[number])
        result = trial.get("error") or f"{objective} {trial['metrics'][objective]:g}"
        progress(f"trial {number + 1}/{len(points)}  {_tell(points[number])}  {result}")
        return trial

    with ThreadPoolExecutor(tuning.get("parallelTrials", 1)) as pool:
        trials = list(pool.map(try_point, range(len(points))))
    write_json(request.output("metrics") / "trials.json", {"schemaVersion": 1, "trials": trials})
    done = [number for number, trial in enumerate(trials) if "metrics" in trial]
    if not done:
        raise ProgramError(f"all {len(trials)} trials failed; the first one: {trials[0]['error']}")

    def score(number: int) -> float:
        value: float = trials[number]["metrics"][objective]
        return value if goal == "maximize" else -value

    best = max(done, key=score)
    for path in (work / f"{best:04d}" / "model").iterdir():
        shutil.move(path, request.output("model") / path.name)
    shutil.rmtree(work)
    write_metrics(request, {**trials[best]["metrics"], "trials": len(trials), "best_trial": best + 1})


def sample(ranges: Mapping[str, Mapping[str, Any]], count: int) -> list[dict[str, Any]]:
    """Points of a scrambled Sobol sequence, which fills the space evenly; the seed is fixed."""
    names = sorted(ranges)
    # In double precision: in single a share may round up to 1, beyond the last value.
    sobol = SobolEngine(len(names), scramble=True, seed=0)  # type: ignore[no-untyped-call]
    draws = sobol.draw(count, dtype=torch.float64).tolist()
    return [
        {name: pick(ranges[name], share) for name, share in zip(names, draw, strict=True)} for draw in draws
    ]


def pick(space: Mapping[str, Any], share: float) -> Any:
    """The value at a share, 0 up to but not 1, of a range."""
    if space["kind"] == "categorical":
        return space["values"][int(share * len(space["values"]))]
    low, high = space["min"], space["max"]
    if space["kind"] == "integer":
        # As wide for the last whole number as for the others.
        return min(high, math.floor(_between(low, high + 1, share, space.get("scale"))))
    return _between(low, high, share, space.get("scale"))


def _between(low: float, high: float, share: float, scale: str | None) -> float:
    if scale == "log":
        return float(math.exp(math.log(low) + share * (math.log(high) - math.log(low))))
    return low + share * (high - low)


def _train(request: Request, directory: Path, point: dict[str, Any]) -> Trial:
    outputs = {name: directory / name for name in ("model", "metrics")}
    parameters = {name: value for name, value in request.parameters.items() if name != "tuning"}
    hyperparameters = {**request.parameter("hyperparameters"), **point}
    checkpoints = request.checkpoints and request.checkpoints / directory.name
    for path in (*outputs.values(), *([checkpoints] if checkpoints else [])):
        path.mkdir(parents=True, exist_ok=True)
    trial = replace(
        request,
        program="train",
        parameters={**parameters, "hyperparameters": hyperparameters},
        outputs=outputs,
        checkpoints=checkpoints,
    )
    error = _run_program(trial, directory / "request.json")
    if error is not None:
        return {"hyperparameters": point, "error": error}
    metrics = json.loads((outputs["metrics"] / "metrics.json").read_text(encoding="utf-8"))
    objective = request.parameter("tuning")["objective"]
    if objective not in metrics:
        error = f"train measured no {objective}; it measured {', '.join(sorted(metrics)) or 'nothing'}"
        return {"hyperparameters": point, "error": error}
    return {"hyperparameters": point, "metrics": metrics}


def _run_program(request: Request, file: Path) -> str | None:
    """Runs a program as a process of its own; returns the one-line cause of its failure."""
    write_json(file, render_request(request))
    command = [sys.executable, "-m", "model_pipeline", request.program, "--request", str(file)]
    process = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True, errors="replace")  # noqa: S603
    sys.stderr.write(process.stderr)
    if process.returncode == 0:
        return None
    causes = [line for line in process.stderr.splitlines() if line.startswith("error: ")]
    return causes[-1].removeprefix("error: ") if causes else f"ended with {process.returncode}"


def _tell(point: Mapping[str, Any]) -> str:
    return " ".join(
        f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in point.items()
    )
