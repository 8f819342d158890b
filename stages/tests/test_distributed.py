"""Two processes that talk over gloo, started as a job starts them, with one train.py for all strategies."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from model_pipeline.contract import Cluster, ProgramError, render_request, write_json
from model_pipeline.distributed import join, mean, share, world_size
from model_pipeline.launch import command_of
from model_pipeline.programs import run_program
from tests.conftest import Make, read_metrics

TRAIN = """
import torch
from safetensors.torch import save_file
from model_pipeline import distributed

def train(data_dir, model_dir, hyperparameters):
    torch.manual_seed(distributed.rank())
    if hyperparameters.get("fails_on") == distributed.rank():
        raise ValueError("no such column")
    layers = [torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)]
    model = distributed.prepare(torch.nn.Sequential(*layers))
    held = sum(parameter.to_local().numel() if hasattr(parameter, "to_local") else parameter.numel()
               for parameter in model.parameters())
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    inputs = torch.arange(32, dtype=torch.float32).reshape(8, 4) / 32
    for _ in range(5):
        mine = inputs[distributed.share(range(8))]
        loss = (model(mine) - mine.sum(dim=1, keepdim=True)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    save_file(distributed.weights(model), model_dir / "model.safetensors")
    return {"loss": distributed.mean(loss.item()), "processes": distributed.world_size(), "held": held}
"""


@pytest.fixture
def prepared(request_for: Make, source: Path, tmp_path: Path) -> Make:
    for name in ("data", "preprocessing"):
        (tmp_path / name).mkdir()
    (source / "train.py").write_text(TRAIN)
    return request_for


def two(strategy: str) -> dict[str, object]:
    return {"strategy": strategy, "machines": 1, "processes": 2}


def test_the_same_script_gives_the_same_weights_alone_data_parallel_and_model_parallel(
    prepared: Make, tmp_path: Path
) -> None:
    results = {}
    for strategy in ("alone", "data-parallel", "model-parallel"):
        distribution = {} if strategy == "alone" else {"distribution": two(strategy)}
        request = prepared("train", hyperparameters={}, **distribution)
        run_program(request)
        weights = load_file(tmp_path / "model" / "model.safetensors")
        results[strategy] = (read_metrics(request), weights)
    alone, replicated, sharded = results.values()
    assert [metrics["processes"] for metrics, _ in results.values()] == [1, 2, 2]
    # Shared out by rows: half of 40 in the first layer; of the last one's single row all 9 are with rank 0.
    assert [metrics["held"] for metrics, _ in results.values()] == [49, 49, 29]
    assert {name: tensor.shape for name, tensor in alone[1].items()} == {
        "0.weight": (8, 4),
        "0.bias": (8,),
        "2.weight": (1, 8),
        "2.bias": (1,),
    }
    for metrics, weights in (replicated, sharded):
        assert metrics["loss"] == pytest.approx(alone[0]["loss"], rel=1e-5)
        for name, tensor in weights.items():
            assert tensor == pytest.approx(alone[1][name], abs=1e-6)


def test_two_machines_train_together_and_the_first_one_has_the_model(prepared: Make, tmp_path: Path) -> None:
    distribution = {"strategy": "data-parallel", "machines": 2, "processes": 1}
    hosts = ("127.0.0.1", "localhost")
    commands = []
    for rank, host in enumerate(hosts):
        request = prepared("train", hyperparameters={}, distribution=distribution)
        outputs = {name: tmp_path / f"{name}-{rank}" for name in request.outputs}
        for path in outputs.values():
            path.mkdir()
        request = replace(request, outputs=outputs, cluster=Cluster(hosts, host))
        file = tmp_path / f"request-{rank}.json"
        write_json(file, render_request(request))
        commands.append([sys.executable, "-m", "model_pipeline", "train", "--request", str(file)])
    machines = [subprocess.Popen(command) for command in commands]  # noqa: S603
    assert [machine.wait(timeout=120) for machine in machines] == [0, 0]
    metrics = json.loads((tmp_path / "metrics-0" / "metrics.json").read_text())
    assert metrics["processes"] == 2
    assert [path.name for path in (tmp_path / "model-0").iterdir()] == ["model.safetensors"]
    assert [*(tmp_path / "model-1").iterdir(), *(tmp_path / "metrics-1").iterdir()] == []


def test_the_cause_is_that_of_the_process_that_failed(prepared: Make) -> None:
    request = prepared("train", hyperparameters={"fails_on": 1}, distribution=two("data-parallel"))
    with pytest.raises(ProgramError) as error:
        run_program(request)
    assert str(error.value) == "train.py:9: ValueError: no such column"


def test_a_process_that_is_killed_is_told(prepared: Make, source: Path) -> None:
    (source / "train.py").write_text("import os\ndef train(a, b, c): os._exit(9)\n")
    request = prepared("train", distribution={**two("data-parallel"), "processes": 1})
    with pytest.raises(ProgramError, match=r"^a training process ended without a word; torchrun's"):
        run_program(request)


def test_machines_of_a_cluster_meet_at_the_first_one(prepared: Make) -> None:
    distribution = {"strategy": "data-parallel", "machines": 2, "processes": 1}
    cluster = Cluster(("algo-1", "algo-2"), "algo-2")
    command = command_of(replace(prepared("train", distribution=distribution), cluster=cluster))
    assert command[3:] == [
        *("--nnodes", "2", "--nproc-per-node", "1", "--node-rank", "1", "--rdzv-backend", "static"),
        *("--master-addr", "algo-1", "--master-port", "29400"),
    ]


def test_without_distribution_one_process_has_it_all() -> None:
    assert world_size() == 1
    assert share([1, 2, 3]) == [1, 2, 3]
    assert share([]) == []
    assert mean(0.5) == 0.5


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ProgramError, match="'pipeline' is neither data-parallel nor model-parallel"):
        join("pipeline")
