"""Runs one step of a plan where the artifact store is a directory: `python -m model_pipeline.mounted`.

    --input data=/gcs/store/…     copied to the disk of the machine before the program starts
    --newer-than capture=13       of this input, only what was written in the last 13 hours
    --output model=/gcs/store/…   written after it has ended well, each file once; `metrics` comes last
    --checkpoints /gcs/store/…    used in place, between tries

Nothing in the store is replaced, renamed or deleted. A step whose metrics are there already is done: the
answer of an earlier try was lost.

Vertex AI tells the machines of a job in CLUSTER_SPEC, and there the trial of a tuning, whose name its
directories end with. What was chosen for a trial comes as `--<hyperparameter>=<value>`, and its objective
is read from the file that CLOUD_ML_HP_METRIC_FILE names.
"""

import argparse
import filecmp
import json
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from model_pipeline.adapter import find_job, render_job, run_program
from model_pipeline.contract import ProgramError

METRICS_FILE = "metrics.json"
OBJECTIVE_FILE = "/var/hypertune/output.metrics"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m model_pipeline.mounted", allow_abbrev=False)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--step", required=True)
    parser.add_argument("--input", type=_directory, action="append", default=[], metavar="NAME=DIRECTORY")
    parser.add_argument("--output", type=_directory, action="append", default=[], metavar="NAME=DIRECTORY")
    parser.add_argument("--newer-than", type=_hours, action="append", default=[], metavar="NAME=HOURS")
    parser.add_argument("--checkpoints", type=Path)
    options, others = parser.parse_known_args(arguments)
    try:
        cause = _run(options, _chosen(others))
    except ProgramError as error:
        cause = str(error)
    if cause is None:
        return 0
    # As Cloud Logging reads it: one entry of severity ERROR.
    entry = {"severity": "ERROR", "message": f"{options.step}: {cause}", "step": options.step}
    sys.stderr.write(f"{json.dumps(entry, ensure_ascii=False)}\n")
    return 1


def _run(options: argparse.Namespace, chosen: dict[str, str]) -> str | None:
    step = find_job(options.plan, options.step)
    specification = json.loads(os.environ.get("CLUSTER_SPEC", "{}"))
    trial = _trial(specification) if step["program"] == "tune" else ""
    inputs = _matching(options.input, list(step["inputs"]), "input")
    outputs = {
        name: path / trial for name, path in _matching(options.output, step["outputs"], "output").items()
    }
    if (outputs["metrics"] / METRICS_FILE).exists():
        if trial:
            raise ProgramError(f"an earlier tuning of this run has written trial {trial}; start a new run")
        sys.stdout.write(f"{options.step} was done by an earlier try\n")
        return None
    hours = dict(options.newer_than)
    cluster = _cluster(specification)
    with tempfile.TemporaryDirectory(prefix="step-") as directory:
        local = Path(directory)
        request = {
            **render_job(options.plan, step, chosen),
            "inputs": {
                name: str(_fetch(name, path, local / "inputs", step["inputs"][name], hours.get(name)))
                for name, path in inputs.items()
            },
            "outputs": {name: str(_made(local / "outputs" / name)) for name in outputs},
            **_checkpoints(step, options.checkpoints, trial),
            **cluster,
        }
        cause = run_program(request, _objective(step, trial))
        if cause is None and _leads(cluster):
            for name in sorted(outputs, key=lambda name: name == "metrics"):
                _write_once(local / "outputs" / name, outputs[name])
    return cause


def _matching(given: Sequence[tuple[str, Path]], wanted: Sequence[str], what: str) -> dict[str, Path]:
    directories = dict(given)
    if sorted(directories) != sorted(wanted):
        raise ProgramError(
            f"the step's {what}s are {', '.join(sorted(wanted)) or 'none'}; "
            f"directories were given for {', '.join(sorted(directories)) or 'none'}"
        )
    return directories


def _fetch(
    name: str, source: Path, inputs: Path, planned: Mapping[str, Any], hours: float | None = None
) -> Path:
    if not source.is_dir() or not any(source.iterdir()):
        if planned.get("optional"):
            return _made(inputs / name)
        raise ProgramError(f'there is nothing at {source} for the input "{name}"')
    oldest = -math.inf if hours is None else time.time() - hours * 3600

    def old(directory: str, names: list[str]) -> set[str]:
        paths = {name: Path(directory, name) for name in names}
        return {name for name, path in paths.items() if path.is_file() and path.stat().st_mtime < oldest}

    # Without modes and times, which the store has none of.
    return shutil.copytree(source, inputs / name, copy_function=shutil.copyfile, ignore=old)


def _write_once(source: Path, target: Path) -> None:
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for file in sorted(files, key=lambda path: path == source / METRICS_FILE):
        place = target / file.relative_to(source)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            # An earlier try may have been cut short while it wrote.
            if place.exists() and not filecmp.cmp(file, place, shallow=False):
                raise ProgramError(
                    f"{place} is there already with other content, and nothing is replaced; start a new run"
                )
            if not place.exists():
                with file.open("rb") as content, place.open("xb") as written:
                    shutil.copyfileobj(content, written, 1 << 20)
        except OSError as error:
            raise ProgramError(f"{place} cannot be written: {error.strerror}") from error


def _checkpoints(step: dict[str, Any], directory: Path | None, trial: str) -> dict[str, Any]:
    if not step.get("checkpoints"):
        return {}
    if directory is None:
        raise ProgramError("the step keeps checkpoints, and --checkpoints is missing")
    return {"checkpoints": str(_made(directory / trial))}


def _trial(specification: dict[str, Any]) -> str:
    trial = os.environ.get("CLOUD_ML_TRIAL_ID") or specification.get("task", {}).get("trial")
    if not trial:
        raise ProgramError("a tuning runs as trials of Vertex AI, and CLUSTER_SPEC names none")
    return str(trial)


def _cluster(specification: dict[str, Any]) -> dict[str, Any]:
    """The job's machines, where there are several: worker pool by worker pool, the leading machine first."""
    pools: dict[str, list[str]] = specification.get("cluster", {})
    names = {pool: [address.rpartition(":")[0] or address for address in pools[pool]] for pool in pools}
    hosts = [name for pool in sorted(names) for name in names[pool]]
    if len(hosts) <= 1:
        return {}
    task = specification["task"]
    return {"cluster": {"hosts": hosts, "host": names[task["type"]][int(task["index"])]}}


def _leads(cluster: dict[str, Any]) -> bool:
    return not cluster or cluster["cluster"]["host"] == cluster["cluster"]["hosts"][0]


def _objective(step: dict[str, Any], trial: str) -> Callable[[str], None] | None:
    """Tells Vertex AI the objective whenever the program does, in the lines of its progress."""
    if not trial:
        return None
    metric = step["parameters"]["tuning"]["objective"]
    file = Path(os.environ.get("CLOUD_ML_HP_METRIC_FILE", OBJECTIVE_FILE))
    file.parent.mkdir(parents=True, exist_ok=True)
    told = 0

    def listen(line: str) -> None:
        nonlocal told
        value = _metrics_of(line).get(metric)
        if value is None:
            return
        told += 1
        entry = {"timestamp": time.time(), "trial": trial, metric: str(value), "global_step": str(told)}
        with file.open("a", encoding="utf-8") as entries:
            entries.write(f"{json.dumps(entry)}\n")

    return listen


def _metrics_of(line: str) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    metrics = event.get("metrics") if isinstance(event, dict) else None
    return metrics if isinstance(metrics, dict) else {}


def _chosen(arguments: Sequence[str]) -> dict[str, str]:
    pairs = [argument.removeprefix("--").partition("=") for argument in arguments]
    return {name: value for name, separator, value in pairs if separator}


def _directory(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not Path(path).is_absolute():
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=DIRECTORY with an absolute path")
    return name, Path(path)


def _hours(text: str) -> tuple[str, float]:
    name, _, hours = text.partition("=")
    return name, float(hours)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


if __name__ == "__main__":
    sys.exit(main())
