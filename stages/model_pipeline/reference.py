"""How the inputs and answers of a model spread over features: what drift is measured by.

Numbers fall into bins between quantiles of the reference, ids of tokens into the most frequent ones and
the rest. Shapes are in docs/reference/formats.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Tensors

Values = NDArray[Any]

REFERENCE = "reference.json"
TOKENS = ".tokens"
BINS = 10
CATEGORIES = 20
# Each element of a tensor up to this size is a feature of its own; larger ones are told by mean and spread.
MAX_ELEMENTS = 64


@dataclass(frozen=True)
class Feature:
    """One feature of the reference. `counts` has a place for each bin, or for each category and the rest."""

    name: str
    of: str
    edges: list[float] | None
    """Upper edges of all bins but the last, which has none. The first bin lies below all of the reference."""
    categories: list[int] | None
    counts: list[int]

    def count(self, values: Values) -> list[int]:
        """How many values fall into each bin or category."""
        if self.edges is not None:
            places = np.searchsorted(np.asarray(self.edges), values, side="left")
        else:
            categories = {category: place for place, category in enumerate(self.categories or ())}
            rest = len(categories)
            places = np.array([categories.get(value, rest) for value in values.tolist()], dtype=np.int64)
        counts: list[int] = np.bincount(places, minlength=len(self.counts)).tolist()
        return counts


def describe(preprocessing: Path, inputs: Tensors, outputs: Tensors) -> dict[str, Any]:
    """The reference that evaluation data gives, as it stands in reference.json."""
    values = feature_values(preprocessing, inputs, outputs)
    samples = max(len(tensor) for tensor in outputs.values())
    return {
        "samples": samples,
        "features": [
            {"name": name, "of": of, **(_categories(found) if name.endswith(TOKENS) else _bins(found))}
            for (of, name), found in values.items()
        ],
    }


def read_features(reference: Mapping[str, Any]) -> list[Feature]:
    """The features of a reference; raises ProgramError when it is malformed."""
    try:
        return [
            Feature(
                str(fields["name"]),
                str(fields["of"]),
                fields.get("edges"),
                fields.get("categories"),
                list(fields["counts"]),
            )
            for fields in reference["features"]
        ]
    except (KeyError, TypeError) as error:
        raise ProgramError(
            f"the baseline's reference is malformed: {type(error).__name__}: {error}"
        ) from error


def feature_values(preprocessing: Path, inputs: Tensors, outputs: Tensors) -> dict[tuple[str, str], Values]:
    """Values by kind (`input`, `output`) and name of the feature. All tensors are batch first."""
    specs = json.loads((preprocessing / "preprocessing.json").read_text(encoding="utf-8"))["inputs"]
    values: dict[tuple[str, str], Values] = {}
    for name, tensor in inputs.items():
        spec = specs[name]
        parts = _of_text(tensor, spec["padId"]) if spec["kind"] == "text" else _of_numbers(tensor)
        values.update({("input", f"{name}{suffix}"): found for suffix, found in parts.items()})
    for name, tensor in outputs.items():
        values.update({("output", f"{name}{suffix}"): found for suffix, found in _of_numbers(tensor).items()})
    return values


def _of_text(tokens: Values, pad: int) -> dict[str, Values]:
    present = tokens != pad
    return {".length": present.reshape(len(tokens), -1).sum(axis=1), TOKENS: tokens[present]}


def _of_numbers(tensor: Values) -> dict[str, Values]:
    rows = tensor.reshape(len(tensor), -1).astype(np.float64)
    if rows.shape[1] == 1:
        return {"": rows[:, 0]}
    if rows.shape[1] <= MAX_ELEMENTS:
        return {f"[{element}]": rows[:, element] for element in range(rows.shape[1])}
    return {".mean": rows.mean(axis=1), ".std": rows.std(axis=1)}


def _categories(values: Values) -> dict[str, Any]:
    found, counts = np.unique(values, return_counts=True)
    order = np.lexsort((found, -counts))[:CATEGORIES]
    rest = int(counts.sum() - counts[order].sum())
    return {"categories": found[order].tolist(), "counts": [*counts[order].tolist(), rest]}


def _bins(values: Values) -> dict[str, Any]:
    values = values.astype(np.float64)
    shares = np.quantile(values, np.arange(1, BINS + 1) / BINS, method="inverted_cdf")
    below_all = np.nextafter(values.min(), -np.inf)
    edges = np.unique([below_all, *shares])
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "counts": counts.tolist()}
