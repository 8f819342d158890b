"""A model with weights removed: single ones set to 0, or whole units (rows, channels, hidden states).

The model directory keeps the form that `train` gave it. Units whose removal one following layer can
mirror are cut out of the file where the user's `load` reads layer sizes from the file; everywhere else
they stay as zeros, and the file keeps its size.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn.utils import prune as magnitude

from model_pipeline.contract import ProgramError, Request, progress, write_metrics
from model_pipeline.prune_units import cut_units, zero_units
from model_pipeline.train import check_model, train
from model_pipeline.user_code import UserCode

Weights = dict[str, torch.Tensor]


def run(request: Request) -> None:
    """Prunes what the user's `load(model_dir)` returns, and trains it again where the plan says so."""
    code = UserCode.load(request)
    before = load_module(code, request.input("model"))
    pruned, report = _prune(before, request.parameter("kind"), request.parameter("sparsity"))
    kept = {name: weight != 0 for name, weight in pruned.items()}
    model = request.output("model")
    write_weights(request.input("model"), model, pruned)
    if "fineTune" in request.parameters:
        _fine_tune(request, code, kept)
        pruned = dict(load_module(code, model).state_dict())
    cut = _cut(code, request, pruned) if request.parameter("kind") == "structured" else 0
    check_model(request)
    after = load_module(code, model)
    weights = _weights(after)
    write_metrics(
        request,
        {
            "sparsity": 1 - sum(int(weight.count_nonzero()) for weight in weights) / _size(weights),
            **report,
            "units_cut_out": cut,
            "parameters_before": _size(before.parameters()),
            "parameters_after": _size(after.parameters()),
            "bytes_before": _bytes(request.input("model")),
            "bytes": _bytes(model),
        },
    )


def load_module(code: UserCode, directory: Path) -> torch.nn.Module:
    """The user's model; raises ProgramError when `load` returns anything but a module."""
    module = code.call("load", directory)
    if not isinstance(module, torch.nn.Module):
        raise ProgramError(f"{code.path.name}: load returned {type(module).__name__}, not a torch.nn.Module")
    return module.eval()


def write_weights(source: Path, target: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Copies a model directory, with these tensors in its safetensors files in place of those so named."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    missing = set(weights)
    for path in sorted(target.rglob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
        tensors: Weights = load_file(path)
        missing -= tensors.keys()
        save_file(
            {name: weights.get(name, tensor).contiguous() for name, tensor in tensors.items()}, path, metadata
        )
    if missing:
        raise ProgramError(
            f"no safetensors file of the model has {', '.join(sorted(missing))}: "
            "save the state_dict of what load returns"
        )


def _prune(module: torch.nn.Module, kind: str, sparsity: float) -> tuple[Weights, dict[str, float]]:
    """The changed weights, by their names in the state_dict."""
    changed = {
        "unstructured": lambda: _zero_weights(module, sparsity),
        "structured": lambda: zero_units(module, sparsity),
    }
    if kind not in changed:
        raise ProgramError(f"kind {kind!r} is none of {', '.join(changed)}")
    act: Callable[[], dict[str, float]] = changed[kind]
    report = act()
    names = {name for name, weight in module.named_parameters(remove_duplicate=False)}
    return {name: value for name, value in module.state_dict().items() if name in names}, report


def _zero_weights(module: torch.nn.Module, sparsity: float) -> dict[str, float]:
    """The smallest weights of all layers together become 0; biases and norms stay."""
    targets = [
        (owner, name)
        for owner in module.modules()
        for name, weight in owner.named_parameters(recurse=False)
        if weight.dim() > 1
    ]
    if not targets:
        raise ProgramError("the model has no weights of two or more dimensions to prune")
    magnitude.global_unstructured(targets, pruning_method=magnitude.L1Unstructured, amount=sparsity)
    for owner, name in targets:
        magnitude.remove(owner, name)
    return {}


def _fine_tune(request: Request, code: UserCode, kept: Mapping[str, torch.Tensor]) -> None:
    """Trains from the pruned weights; what was removed is removed from the result again."""
    model = request.output("model")
    with tempfile.TemporaryDirectory() as directory:
        start, trained = Path(directory) / "start", Path(directory) / "trained"
        shutil.copytree(model, start)
        trained.mkdir()
        parameters = {**request.parameters, "hyperparameters": request.parameter("fineTune")}
        tuning = replace(request, parameters=parameters, inputs={**request.inputs, "start": start})
        metrics = train(tuning, trained)
        progress("trained the pruned model", metrics=metrics if isinstance(metrics, dict) else None)
        state = load_module(code, trained).state_dict()
        shutil.rmtree(model)
        model.mkdir()
        write_weights(trained, model, {name: state[name] * mask for name, mask in kept.items()})


def _cut(code: UserCode, request: Request, weights: Mapping[str, torch.Tensor]) -> int:
    """Cuts zeroed units out of the file; returns how many, 0 where `load` wants the sizes it had."""
    model = request.output("model")
    module = load_module(code, model)
    cut = cut_units(module)
    if cut == 0:
        return 0
    with tempfile.TemporaryDirectory() as directory:
        smaller = Path(directory)
        state = module.state_dict()
        write_weights(model, smaller, {name: state[name] for name in weights})
        try:
            load_module(code, smaller)
        except ProgramError as error:
            progress(f"the file keeps its size: load does not take smaller layers ({error})")
            return 0
        shutil.copytree(smaller, model, dirs_exist_ok=True)
    return cut


def _weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [weight for weight in module.parameters() if weight.dim() > 1]


def _size(tensors: Any) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*.safetensors"))
