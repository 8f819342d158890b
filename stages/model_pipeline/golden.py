"""Golden samples: what the model answered where it was made, from the raw input on."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_pipeline.contract import ProgramError, write_json
from model_pipeline.data import Sample
from model_pipeline.preprocessing import Tensors

_LARGEST_EXACT = 2**53
_DTYPES = {"bool": np.bool_, "string": np.str_}


def choose_samples(samples: Sequence[Sample], count: int) -> list[Sample]:
    """The first samples of every label in turn, so that each label is seen."""
    by_label: dict[float, list[Sample]] = defaultdict(list)
    for sample in samples:
        by_label[sample.label].append(sample)
    queues = [by_label[label] for label in sorted(by_label)]
    turns = [queue[turn] for turn in range(len(samples)) for queue in queues if turn < len(queue)]
    return turns[:count]


def write_golden(
    directory: Path, producer: str, samples: Sequence[dict[str, Any]], tensors: Tensors, outputs: Tensors
) -> None:
    """Writes samples.json: `id` and `input` of each sample beside its row of tensors and outputs."""
    rows = [
        {
            "id": sample["id"],
            "input": sample["input"],
            "tensors": _row(tensors, index),
            "outputs": _row(outputs, index),
        }
        for index, sample in enumerate(samples)
    ]
    write_json(directory / "samples.json", {"schemaVersion": 1, "producer": producer, "samples": rows})


def read_golden(directory: Path) -> tuple[list[dict[str, Any]], Tensors, Tensors]:
    """Samples, their tensors and their recorded outputs, batch first."""
    path = directory / "samples.json"
    try:
        samples = json.loads(path.read_text(encoding="utf-8"))["samples"]
        return samples, _stack(samples, "tensors"), _stack(samples, "outputs")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ProgramError(f"{path}: {type(error).__name__}: {error}") from error


def max_difference(actual: Tensors, expected: Tensors) -> float:
    """Largest |a - b| over all outputs."""
    return max(float(np.max(np.abs(actual[name] - expected[name]))) for name in expected)


def exceeds(actual: Tensors, expected: Tensors, absolute: float, relative: float) -> bool:
    """Whether any |a - b| is above absolute + relative x |b|, or is no number."""
    return not all(
        np.allclose(actual[name], expected[name], rtol=relative, atol=absolute) for name in expected
    )


def _row(tensors: Tensors, index: int) -> dict[str, Any]:
    return {name: _to_json(tensor[index : index + 1]) for name, tensor in tensors.items()}


def _to_json(tensor: NDArray[Any]) -> dict[str, Any]:
    data = [_element(value) for value in tensor.reshape(-1).tolist()]
    return {"dtype": str(tensor.dtype), "shape": list(tensor.shape), "data": data}


def _element(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bool):
        return int(value)
    return str(value) if isinstance(value, int) and abs(value) > _LARGEST_EXACT else value


def _stack(samples: Sequence[dict[str, Any]], kind: str) -> Tensors:
    names = samples[0][kind]
    return {name: np.concatenate([_from_json(sample[kind][name]) for sample in samples]) for name in names}


def _from_json(tensor: dict[str, Any]) -> NDArray[Any]:
    dtype = np.dtype(_DTYPES.get(tensor["dtype"], tensor["dtype"]))
    return np.array([dtype.type(value) for value in tensor["data"]], dtype=dtype).reshape(tensor["shape"])
