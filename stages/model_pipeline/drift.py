"""Compares what an endpoint was asked and answered with what its model knew: population stability.

The index of a feature is the sum of (actual - expected) * ln(actual / expected) over its bins, of shares
in which every bin counts half a sample more than it has, so that an empty one stays finite.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_pipeline.capture import Record, read_capture
from model_pipeline.contract import ProgramError, Request, write_json, write_metrics
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.reference import Feature, feature_values, read_features

Key = tuple[str, str]


def run(request: Request) -> None:
    """Judges the last `hours` of a capture, counted back from its newest record."""
    reference = _read_reference(request.input("baseline"))
    features = read_features(reference)
    preprocessing = request.input("preprocessing")
    records, malformed = read_capture(request.input("capture"), Preprocessing.load(preprocessing))
    records = in_window(records, request.parameters.get("hours"))
    counts = {(feature.of, feature.name): np.zeros(len(feature.counts), np.int64) for feature in features}
    samples = 0
    for record in records:
        counted = _count(features, record, preprocessing)
        if counted is None:
            malformed += 1
            continue
        samples += record.samples
        for key, found in counted.items():
            counts[key] += found
    judged = [_judge(feature, counts[feature.of, feature.name]) for feature in features]
    enough = samples >= request.parameter("minSamples")
    verdict = _verdict(judged, request.parameter("populationStability")) if enough else "too few samples"
    times = [record.time for record in records]
    report = {
        "schemaVersion": 1,
        "verdict": verdict,
        "samples": samples,
        "malformed": malformed,
        "window": {"from": min(times).isoformat(), "to": max(times).isoformat()} if times else None,
        "reference": {"samples": reference["samples"]},
        "features": judged if enough else [],
    }
    write_json(request.output("report") / "drift.json", report)
    write_metrics(
        request, {"samples": samples, "malformed": malformed, **(_largest(judged) if enough else {})}
    )


def population_stability(expected: Sequence[int], actual: Sequence[int]) -> float:
    """The index of two histograms with the same bins: 0 where their shares are equal."""
    before, after = _shares(expected), _shares(actual)
    return float(np.sum((after - before) * np.log(after / before)))


def in_window(records: Sequence[Record], hours: float | None) -> list[Record]:
    """The records of the last hours before the newest one; all where `hours` is None."""
    if hours is None or not records:
        return list(records)
    newest: datetime = max(record.time for record in records)
    return [record for record in records if record.time > newest - timedelta(hours=hours)]


def _count(features: Sequence[Feature], record: Record, preprocessing: Path) -> dict[Key, list[int]] | None:
    """Counts by feature; None where the record is not of this model."""
    try:
        values = feature_values(preprocessing, record.inputs, record.outputs)
        if not all(np.isfinite(found).all() for found in values.values()):
            return None
        keys = ((feature, (feature.of, feature.name)) for feature in features)
        return {key: feature.count(values[key]) for feature, key in keys}
    except (KeyError, ValueError, TypeError):
        return None


def _judge(feature: Feature, counts: NDArray[np.int64]) -> dict[str, Any]:
    bins = {"edges": feature.edges} if feature.edges is not None else {"categories": feature.categories}
    psi = population_stability(feature.counts, counts.tolist())
    shared = {"expected": feature.counts, "actual": counts.tolist()}
    return {"name": feature.name, "of": feature.of, "psi": psi, **bins, **shared}


def _verdict(judged: Sequence[Mapping[str, Any]], levels: Mapping[str, float]) -> str:
    largest = max(feature["psi"] for feature in judged)
    reached = [level for level in ("critical", "warning") if largest > levels.get(level, np.inf)]
    return reached[0] if reached else "stable"


def _largest(judged: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    def of(kind: str) -> list[float]:
        return [feature["psi"] for feature in judged if feature["of"] == kind]

    return {
        "psi_max": max(feature["psi"] for feature in judged),
        "psi_input": max(of("input"), default=0.0),
        "psi_prediction": max(of("output"), default=0.0),
    }


def _shares(counts: Sequence[int]) -> NDArray[np.float64]:
    smoothed = np.asarray(counts, dtype=np.float64) + 0.5
    shares: NDArray[np.float64] = smoothed / smoothed.sum()
    return shares


def _read_reference(directory: Path) -> Mapping[str, Any]:
    path = directory / "baseline.json"
    try:
        baseline = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProgramError(f"{path}: {type(error).__name__}: {error}") from error
    reference: Mapping[str, Any] | None = baseline.get("reference")
    if reference is None:
        raise ProgramError("the baseline has no reference to compare with; release the version again")
    return reference
