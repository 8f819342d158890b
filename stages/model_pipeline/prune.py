"""A model with weights removed: single ones set to 0, or whole units (rows, channels, hidden states).

The model directory keeps the form that `train` gave it. Units whose removal one following layer can
mirror are cut out of the file where the user's `load` reads layer sizes from the file; everywhere else
they stay as zeros, and the file keeps its size.
"""

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model_pipeline.contract import ProgramError, Request, progress, write_metrics
from model_pipeline.data import read_split
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.prune_units import cut_units, zero_units
from model_pipeline.train import check_model, train
from model_pipeline.user_code import UserCode

Weights = dict[str, torch.Tensor]


def run(request: Request) -> None:
    """Prunes what the user's `load(model_dir)` returns, and trains it again where the plan says so."""
    code = UserCode.load(request)
    before, pruned = (load_module(code, request.input("model")) for _ in range(2))
    report = _prune(request, pruned)
    kept = _kept(before.state_dict(), pruned.state_dict())
    model = request.output("model")
    write_weights(request.input("model"), model, pruned.state_dict())
    if "fineTune" in request.parameters:
        _fine_tune(request, code, kept)
    cut = _cut(code, model) if request.parameter("kind") == "structured" else 0
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
        tensors = load_file(path)
        missing -= tensors.keys()
        save_file(
            {name: weights.get(name, tensor).contiguous().clone() for name, tensor in tensors.items()},
            path,
            metadata,
        )
    if missing:
        raise ProgramError(
            f"no safetensors file of the model has {', '.join(sorted(missing))}: "
            "save the state_dict of what load returns"
        )


def _prune(request: Request, module: torch.nn.Module) -> dict[str, float]:
    kind, sparsity = request.parameter("kind"), request.parameter("sparsity")
    if kind == "unstructured":
        zero_weights(module, sparsity)
        return {}
    if kind != "structured":
        raise ProgramError(f"kind {kind!r} is neither structured nor unstructured")
    samples = read_split(request.input("data"), "test")[:1]
    encoded = Preprocessing.load(request.input("preprocessing")).encode([sample.input for sample in samples])
    names = request.parameter("signature")["inputs"]
    return zero_units(module, [torch.from_numpy(encoded[name]) for name in names], sparsity)


def _kept(before: Mapping[str, torch.Tensor], pruned: Mapping[str, torch.Tensor]) -> Weights:
    """Where values may change again. A bias that was 0 by itself may; a matrix keeps all of its zeros."""
    return {name: (value != 0) | ((before[name] == 0) & (value.dim() <= 1)) for name, value in pruned.items()}


@torch.no_grad()
def zero_weights(module: torch.nn.Module, sparsity: float) -> None:
    """Sets the smallest weights of all layers together to 0, in place; biases and norms stay."""
    weights = _weights(module)
    if not weights:
        raise ProgramError("the model has no weights of two or more dimensions to prune")
    sizes = torch.cat([weight.abs().flatten() for weight in weights])
    smallest = sizes.topk(round(sparsity * len(sizes)), largest=False).indices
    kept = torch.ones_like(sizes).index_fill(0, smallest, 0)
    for weight, mask in zip(weights, torch.split(kept, [weight.numel() for weight in weights]), strict=True):
        weight.mul_(mask.view_as(weight))


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
        write_weights(trained, model, {name: value * kept[name] for name, value in state.items()})


def _cut(code: UserCode, model: Path) -> int:
    """Cuts zeroed units out of the file; returns how many, 0 where `load` wants the sizes it had."""
    module = load_module(code, model)
    cut = cut_units(module)
    if cut == 0:
        return 0
    with tempfile.TemporaryDirectory() as directory:
        smaller = Path(directory)
        write_weights(model, smaller, module.state_dict())
        try:
            load_module(code, smaller)
        except ProgramError as error:
            progress(f"the file keeps its size: load does not take smaller layers ({error})")
            return 0
        shutil.copytree(smaller, model, dirs_exist_ok=True)
    return cut


def _weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [weight for weight in module.parameters() if weight.dim() > 1]


def _size(tensors: Iterable[torch.Tensor]) -> int:
    return sum(tensor.numel() for tensor in tensors)


def _bytes(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*.safetensors"))
