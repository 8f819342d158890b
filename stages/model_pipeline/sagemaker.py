"""Runs one step of a plan inside a SageMaker job: `python -m model_pipeline.sagemaker`.

The job's code directory holds `plan.json` and, as `source/`, the user's code. Inputs and outputs are
where SageMaker puts them:

    processing  /opt/ml/processing/input/<name>  /opt/ml/processing/output/<name>
    training    /opt/ml/input/data/<name>        /opt/ml/model, /opt/ml/output/data/metrics

A training job's machines and the hyperparameters that a tuning chose for it are in /opt/ml/input/config;
/opt/ml/checkpoints is kept in S3 while the job runs.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from model_pipeline.adapter import find_job, render_job, run_program
from model_pipeline.contract import ProgramError

# What SageMaker shows of it: 1,024 characters of a training job's, 1 KB of a processing job's.
MAX_CAUSE_BYTES = 1000


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m model_pipeline.sagemaker")
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--step", required=True)
    parser.add_argument("--kind", choices=["processing", "training"], required=True)
    parser.add_argument("--root", type=Path, default=Path("/opt/ml"), help="default: /opt/ml")
    options = parser.parse_args(arguments)
    try:
        request = build_request(options.plan, options.step, options.kind, options.root)
        cause = run_program(request)
    except ProgramError as error:
        cause = str(error)
        sys.stderr.write(f"error: {cause}\n")
    if cause is None:
        return 0
    report_failure(options.root, options.kind, cause)
    return 1


def build_request(plan_file: Path, step_id: str, kind: str, root: Path) -> dict[str, Any]:
    """The program's request, with its output directories made."""
    step = find_job(plan_file, step_id)
    outputs = {name: _output(name, kind, root) for name in step["outputs"]}
    for output in outputs.values():
        output.mkdir(parents=True, exist_ok=True)
    inputs = root / ("input/data" if kind == "training" else "processing/input")
    return {
        **render_job(plan_file, step, _chosen(step, root / "input" / "config")),
        "inputs": {name: str(inputs / name) for name in step["inputs"]},
        "outputs": {name: str(output) for name, output in outputs.items()},
        **_checkpoints(step, root),
        **_cluster(root / "input" / "config" / "resourceconfig.json"),
    }


def report_failure(root: Path, kind: str, cause: str) -> None:
    """Where DescribeTrainingJob's FailureReason and DescribeProcessingJob's ExitMessage come from."""
    file = root / "output" / ("failure" if kind == "training" else "message")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(cause.encode()[:MAX_CAUSE_BYTES].decode(errors="ignore").encode())


def _chosen(step: dict[str, Any], config: Path) -> dict[str, str]:
    if step["program"] != "tune":
        return {}
    chosen: dict[str, str] = json.loads((config / "hyperparameters.json").read_text(encoding="utf-8"))
    return chosen


def _checkpoints(step: dict[str, Any], root: Path) -> dict[str, Any]:
    if not step.get("checkpoints"):
        return {}
    directory = root / "checkpoints"
    directory.mkdir(parents=True, exist_ok=True)
    return {"checkpoints": str(directory)}


def _cluster(file: Path) -> dict[str, Any]:
    """The job's machines, where there are several; NCCL and gloo talk over the interface that joins them."""
    if not file.is_file():
        return {}
    config = json.loads(file.read_text(encoding="utf-8"))
    hosts = sorted(config["hosts"], key=lambda host: int(host.rpartition("-")[2]))
    if len(hosts) == 1:
        return {}
    for variable in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"):
        os.environ.setdefault(variable, config["network_interface_name"])
    return {"cluster": {"hosts": hosts, "host": config["current_host"]}}


def _output(name: str, kind: str, root: Path) -> Path:
    if kind == "processing":
        return root / "processing" / "output" / name
    directories = {"model": root / "model", "metrics": root / "output" / "data" / "metrics"}
    if name not in directories:
        raise ProgramError(f'a training job has no output "{name}", only model and metrics')
    return directories[name]


if __name__ == "__main__":
    sys.exit(main())
