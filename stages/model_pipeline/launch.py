"""Starts training as several processes, on this machine and those beside it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from model_pipeline.contract import ProgramError, Request, render_request, write_json

PORT = 29400


def launch(request: Request) -> None:
    """Runs `model_pipeline.worker` once per process; raises ProgramError with the first cause."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "request.json"
        write_json(file, render_request(request))
        command = [*command_of(request), "-m", "model_pipeline.worker", str(file), directory]
        code = subprocess.run(command, check=False).returncode  # noqa: S603
        causes = sorted(Path(directory).glob("cause-*"), key=lambda path: path.stat().st_mtime_ns)
        if causes:
            raise ProgramError(causes[0].read_text(encoding="utf-8"))
    if code != 0:
        raise ProgramError(f"a training process ended without a word; torchrun's exit code is {code}")


def command_of(request: Request) -> list[str]:
    """torchrun with the places of this machine and of the one that leads."""
    cluster = request.cluster
    machines = len(cluster.hosts)
    place = (
        ["--standalone"]
        if machines == 1
        else [
            *("--node-rank", str(cluster.rank), "--rdzv-backend", "static"),
            *("--master-addr", cluster.hosts[0], "--master-port", str(PORT)),
        ]
    )
    processes = ["--nnodes", str(machines), "--nproc-per-node", str(processes_of(request))]
    return [sys.executable, "-m", "torch.distributed.run", *processes, *place]


def processes_of(request: Request) -> int:
    """One per GPU of this machine. Without one, as many as the definition asks for in all, shared out."""
    distribution = request.parameter("distribution")
    wanted = distribution["machines"] * distribution["processes"]
    return int(torch.cuda.device_count() or max(1, wanted // len(request.cluster.hosts)))
