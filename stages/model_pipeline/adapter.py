"""What the adapters of the clouds share: a step of the plan becomes a program of its own process."""

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

from model_pipeline.contract import ProgramError, write_json


def find_job(plan_file: Path, step_id: str) -> dict[str, Any]:
    """The job of the plan with this id; raises ProgramError when there is none."""
    plan = json.loads(plan_file.read_text(encoding="utf-8"))
    steps: dict[str, dict[str, Any]] = {step["id"]: step for step in plan["steps"]}
    step = steps.get(step_id)
    if step is None or step["kind"] != "job":
        raise ProgramError(f'the plan has no job "{step_id}"')
    return step


def render_job(plan_file: Path, step: dict[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """What a request says on every cloud. `chosen` is what a cloud's own tuning chose for this trial."""
    return {
        "schemaVersion": 1,
        **_program(step, chosen),
        "step": step["id"],
        "source": str(plan_file.resolve().parent / "source"),
    }


def run_program(request: dict[str, Any], listen: Callable[[str], None] | None = None) -> str | None:
    """Runs the program as a process of its own; returns the one-line cause of its failure.

    `listen` is told every line of its standard output, which is passed on.
    """
    program = request["program"]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "request.json"
        write_json(file, request)
        command = [sys.executable, "-m", "model_pipeline", program, "--request", str(file)]
        cause: str | None = None
        with subprocess.Popen(  # noqa: S603
            command,
            stdout=None if listen is None else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process:
            # Clouds stop a job with SIGTERM, and kill it a little later.
            signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            passing = Thread(target=_pass_on, args=(process.stdout, listen))
            passing.start()
            for line in process.stderr or ():
                sys.stderr.write(line)
                if line.startswith("error: "):
                    cause = line.removeprefix("error: ").rstrip()
            passing.join()
    if process.returncode == 0:
        return None
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        hint = ": the machine may be short of memory" if name == "SIGKILL" else ""
        return f"{program} was ended by {name}{hint}"
    return cause or f"{program} ended with exit code {process.returncode}"


def _pass_on(lines: TextIO | None, listen: Callable[[str], None] | None) -> None:
    if lines is None or listen is None:
        return
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        listen(line)


def _program(step: dict[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """A tuning is the cloud's own: each of its jobs trains, with the hyperparameters chosen for it."""
    parameters = dict(step["parameters"])
    if step["program"] != "tune":
        return {"program": step["program"], "parameters": parameters}
    ranges = parameters.pop("tuning")["ranges"]
    missing = [name for name in ranges if name not in chosen]
    if missing:
        raise ProgramError(f"the tuning chose no {', '.join(missing)}")
    point = {name: _typed(chosen[name], space["kind"]) for name, space in ranges.items()}
    return {
        "program": "train",
        "parameters": {**parameters, "hyperparameters": {**parameters["hyperparameters"], **point}},
    }


def _typed(value: str, kind: str) -> Any:
    """Hyperparameters are handed over as text, which may be quoted, and whole numbers as 4.0."""
    text = value.strip('"')
    return int(float(text)) if kind == "integer" else float(text) if kind == "continuous" else text
