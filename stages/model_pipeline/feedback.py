"""Labelled samples that came back from production: JSON lines `{"input": {…}, "label": number}`."""

import hashlib
import json
from pathlib import Path

from model_pipeline.contract import is_finite_number
from model_pipeline.data import Sample, write_split


def collect_feedback(directory: Path, target: Path) -> tuple[int, int]:
    """Writes `feedback.jsonl`, each input once, with the last label it was given, in the order of files.

    Ids come from the input, so that a sample keeps its id from run to run. Returns how many samples there
    are, and how many lines were none.
    """
    samples: dict[str, Sample] = {}
    malformed = 0
    for path in sorted(directory.rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            if not line.strip():
                continue
            sample = _parse(line)
            if sample is None:
                malformed += 1
            else:
                samples[sample.id] = sample
    write_split(target, "feedback", samples.values())
    return len(samples), malformed


def _parse(line: bytes) -> Sample | None:
    try:
        fields = json.loads(line)
        given, label = fields["input"], fields["label"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(given, dict) or not is_finite_number(label):
        return None
    content = json.dumps(given, sort_keys=True, separators=(",", ":")).encode()
    return Sample(f"feedback-{hashlib.sha256(content).hexdigest()[:16]}", given, label)
