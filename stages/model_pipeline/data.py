"""Splits of labelled samples, as JSON lines."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_pipeline.contract import ProgramError, is_finite_number

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Sample:
    """A raw input, as a client of the endpoint sends it, and its label."""

    id: str
    input: dict[str, Any]
    label: float


def read_split(directory: Path, split: str) -> list[Sample]:
    """Reads one split; raises ProgramError with file and line when it is malformed, or empty."""
    path = directory / f"{split}.jsonl"
    if not path.is_file():
        raise ProgramError(f"{path} is not there")
    samples = list(_parse(path))
    if not samples:
        raise ProgramError(f"{path} holds no samples")
    return samples


def check_splits(directory: Path) -> dict[str, int]:
    """Reads all splits; returns their sizes, and raises ProgramError when a sample is in two of them."""
    seen: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for split in SPLITS:
        samples = read_split(directory, split)
        sizes[split] = len(samples)
        for sample in samples:
            other = seen.setdefault(sample.id, split)
            if other != split:
                raise ProgramError(f"sample {sample.id} is in {other}.jsonl and in {split}.jsonl")
    return sizes


def write_split(directory: Path, split: str, samples: Iterable[Sample]) -> None:
    """Writes one split, a JSON object a line."""
    with (directory / f"{split}.jsonl").open("w", encoding="utf-8") as file:
        for sample in samples:
            line = {"id": sample.id, "input": sample.input, "label": sample.label}
            file.write(f"{json.dumps(line, ensure_ascii=False)}\n")


def _parse(path: Path) -> Iterator[Sample]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                fields = json.loads(line)
                sample = Sample(str(fields["id"]), fields["input"], fields["label"])
            except (ValueError, KeyError, TypeError) as error:
                raise ProgramError(f"{path.name} line {number}: {type(error).__name__}: {error}") from error
            if not isinstance(sample.input, dict) or not is_finite_number(sample.label):
                raise ProgramError(f"{path.name} line {number}: input must be an object, label a number")
            yield sample
