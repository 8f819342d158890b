"""Whole units of layers: output rows of Linear, channels of convolutions, hidden states of recurrent
layers, dimensions of embeddings."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model_pipeline.contract import ProgramError

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
# They act on each element alone and keep 0 at 0, so that a unit of zeros stays one.
KEEPS_ZERO = (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.GELU, nn.SiLU, nn.ELU, nn.Hardswish, nn.Dropout, nn.Identity)


@dataclass(frozen=True)
class Units:
    """The units of one layer. `weights` and `biases` have the unit as their first dimension."""

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]

    def strengths(self) -> Tensor:
        """Root mean square of each unit's weights, relative to the layer's: layers differ in scale."""
        flat = torch.cat([weight.flatten(1) for weight in self.weights], dim=1)
        norms = flat.square().mean(dim=1).sqrt()
        return norms / norms.mean().clamp(min=torch.finfo(norms.dtype).tiny)


@torch.no_grad()
def zero_units(module: nn.Module, sparsity: float) -> dict[str, float]:
    """Sets the weakest units of all layers to 0, but never all of one layer; the last layer stays whole."""
    layers = [units for layer in _inner_layers(module) for units in _units(layer)]
    if not layers:
        raise ProgramError(
            'no layer of the model has units that can be removed; choose kind "unstructured"'
        )
    strengths = [units.strengths() for units in layers]
    count = int(sparsity * sum(len(strength) for strength in strengths))
    # The strongest unit of a layer is never removed.
    ranked = torch.cat([strength.index_fill(0, strength.argmax(), torch.inf) for strength in strengths])
    weakest = torch.zeros_like(ranked, dtype=torch.bool)
    weakest[ranked.argsort(stable=True)[:count]] = True
    weakest &= ranked.isfinite()
    for units, mask in zip(layers, weakest.split([len(s) for s in strengths]), strict=True):
        for tensor in (*units.weights, *units.biases):
            tensor[mask] = 0
    return {"units": len(ranked), "units_removed": int(weakest.sum())}


@torch.no_grad()
def cut_units(module: nn.Module) -> int:
    """Cuts zeroed units out of layers whose only reader is the next layer of the same nn.Sequential."""
    cut = 0
    for sequence in module.modules():
        if isinstance(sequence, nn.Sequential):
            layers = [layer for layer in sequence if not isinstance(layer, KEEPS_ZERO)]
            cut += sum(_cut(first, second) for first, second in zip(layers, layers[1:], strict=False))
    return cut


def _cut(first: nn.Module, second: nn.Module) -> int:
    linear = isinstance(first, nn.Linear) and isinstance(second, nn.Linear)
    convolution = (
        isinstance(first, CONVOLUTIONS) and isinstance(second, type(first)) and first.groups == second.groups == 1
    )
    if not linear and not convolution:
        return 0
    assert isinstance(first.weight, Tensor) and isinstance(second.weight, Tensor)  # noqa: S101
    dead = first.weight.flatten(1).abs().sum(dim=1) == 0
    if isinstance(first.bias, Tensor):
        dead &= first.bias == 0
    alive = ~dead
    first.weight = nn.Parameter(first.weight[alive])
    second.weight = nn.Parameter(second.weight[:, alive])
    if isinstance(first.bias, Tensor):
        first.bias = nn.Parameter(first.bias[alive])
    return int(dead.sum())


def _inner_layers(module: nn.Module) -> list[nn.Module]:
    """Layers with units, without the last one: its units are the model's answers."""
    layers = [layer for layer in module.modules() if any(True for _ in _units(layer))]
    return layers[:-1]


def _units(layer: nn.Module) -> Iterator[Units]:
    if isinstance(layer, (nn.Linear, *CONVOLUTIONS)):
        yield Units((layer.weight.data,), () if layer.bias is None else (layer.bias.data,))
    elif isinstance(layer, nn.Embedding):
        yield Units((layer.weight.data.T,), ())
    elif isinstance(layer, nn.RNNBase) and layer.proj_size == 0:
        # A hidden state starts at 0, and stays there when all of its gates have zero weights.
        for names in layer._all_weights:
            weights = [_by_state(layer.get_parameter(name).data, layer.hidden_size) for name in names]
            yield Units(tuple(weights[:2]), tuple(weights[2:]))


def _by_state(weight: Tensor, states: int) -> Tensor:
    """[gates x states, ...] as [states, gates, ...], a view."""
    return weight.unflatten(0, (-1, states)).transpose(0, 1)
