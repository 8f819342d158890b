"""What a program is told, and what it tells: docs/reference/formats.md."""

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

Metrics = Mapping[str, float]
T = TypeVar("T")


class ProgramError(Exception):
    """Why a program cannot go on, in one line."""


@dataclass(frozen=True)
class Cluster:
    """The machines that run one job together, by the names they reach one another by."""

    hosts: tuple[str, ...]
    host: str

    @property
    def rank(self) -> int:
        """Place of this machine; the machine at 0 leads."""
        return self.hosts.index(self.host)


ALONE = Cluster(("localhost",), "localhost")


@dataclass(frozen=True)
class Request:
    """A program request. Input directories exist, output directories exist and are empty."""

    program: str
    step: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, Path]
    outputs: Mapping[str, Path]
    source: Path | None = None
    checkpoints: Path | None = None
    """Outlives an interrupted try: the next one finds here what this one saved."""
    cluster: Cluster = ALONE

    def input(self, name: str) -> Path:
        """The directory of an input; raises ProgramError when the request names none."""
        return _named(self.inputs, name, "input")

    def output(self, name: str) -> Path:
        """The directory of an output; raises ProgramError when the request names none."""
        return _named(self.outputs, name, "output")

    def parameter(self, name: str) -> Any:
        """The value of a parameter; raises ProgramError when the request has none."""
        return _named(self.parameters, name, "parameter")


def read_request(path: Path) -> Request:
    """Reads a request file; raises ProgramError with everything that is wrong with it."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        request = Request(
            program=str(fields["program"]),
            step=str(fields["step"]),
            parameters=dict(fields["parameters"]),
            inputs={name: Path(value) for name, value in fields["inputs"].items()},
            outputs={name: Path(value) for name, value in fields["outputs"].items()},
            source=Path(fields["source"]) if "source" in fields else None,
            checkpoints=Path(fields["checkpoints"]) if "checkpoints" in fields else None,
            cluster=_cluster(fields["cluster"]) if "cluster" in fields else ALONE,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProgramError(f"{path} is no program request: {type(error).__name__}: {error}") from error
    directories = {**request.inputs, **request.outputs}
    if request.checkpoints is not None:
        directories["checkpoints"] = request.checkpoints
    missing = [f"{name} ({path})" for name, path in directories.items() if not path.is_dir()]
    if missing:
        raise ProgramError(f"not a directory: {', '.join(missing)}")
    return request


def render_request(request: Request) -> dict[str, Any]:
    """The request as the JSON that `read_request` reads."""
    optional: dict[str, Any] = {}
    if request.source is not None:
        optional["source"] = str(request.source)
    if request.checkpoints is not None:
        optional["checkpoints"] = str(request.checkpoints)
    if request.cluster != ALONE:
        optional["cluster"] = {"hosts": list(request.cluster.hosts), "host": request.cluster.host}
    return {
        "schemaVersion": 1,
        "program": request.program,
        "step": request.step,
        "parameters": dict(request.parameters),
        "inputs": {name: str(path) for name, path in request.inputs.items()},
        "outputs": {name: str(path) for name, path in request.outputs.items()},
        **optional,
    }


def write_metrics(request: Request, metrics: Metrics) -> None:
    """Writes metrics.json; raises ProgramError when a metric is not a finite number."""
    write_json(request.output("metrics") / "metrics.json", plain_metrics(metrics))


def plain_metrics(metrics: Metrics) -> dict[str, float]:
    """Python's own numbers; raises ProgramError when a metric is not a finite number."""
    bad = [f"{name} is {value!r}" for name, value in metrics.items() if not is_finite_number(value)]
    if bad:
        raise ProgramError(f"metrics must be finite numbers: {', '.join(bad)}")
    # numpy's numbers are numbers as well.
    return {name: value if isinstance(value, int) else float(value) for name, value in metrics.items()}


def write_json(path: Path, value: Any) -> None:
    """Writes JSON as every file between programs is written: two spaces, a newline at the end."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def progress(message: str, fraction: float | None = None, metrics: Metrics | None = None) -> None:
    """Tells how far the program is, as one line of standard output."""
    event: dict[str, Any] = {"event": "progress", "message": message}
    if fraction is not None:
        event["fraction"] = fraction
    if metrics is not None:
        event["metrics"] = dict(metrics)
    sys.stdout.write(f"{json.dumps(event)}\n")
    sys.stdout.flush()


def is_finite_number(value: object) -> bool:
    """Whether a value is a number that JSON can carry; booleans are not."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def _cluster(fields: Mapping[str, Any]) -> Cluster:
    cluster = Cluster(tuple(str(host) for host in fields["hosts"]), str(fields["host"]))
    if cluster.host not in cluster.hosts:
        raise ValueError(f"the cluster of {', '.join(cluster.hosts)} has no host {cluster.host}")
    return cluster


def _named(values: Mapping[str, T], name: str, what: str) -> T:
    if name not in values:
        raise ProgramError(f"the request has no {what} {name}; it has {', '.join(sorted(values)) or 'none'}")
    return values[name]
