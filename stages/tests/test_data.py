"""Splits as JSON lines."""

from pathlib import Path

import pytest

from model_pipeline.contract import ProgramError
from model_pipeline.data import Sample, read_split, write_split


def test_a_split_is_read_back(tmp_path: Path) -> None:
    samples = [Sample("a", {"text": "grüß\nGott"}, 1), Sample("b", {"text": ""}, 0.5)]
    write_split(tmp_path, "test", samples)
    assert read_split(tmp_path, "test") == samples


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ('{"id": "a", "input": {}, "label": 1}\n{"id": "b"', r"test\.jsonl line 2: JSONDecodeError"),
        ('{"id": "a", "label": 1}', r"test\.jsonl line 1: KeyError: 'input'"),
        ('{"id": "a", "input": "text", "label": 1}', r"test\.jsonl line 1: input must be an object"),
        (
            '{"id": "a", "input": {}, "label": "spam"}',
            r"test\.jsonl line 1: input must be an object, label a",
        ),
        ("", r"test\.jsonl holds no samples"),
    ],
)
def test_a_malformed_split_is_refused_with_its_line(tmp_path: Path, content: str, cause: str) -> None:
    (tmp_path / "test.jsonl").write_text(content)
    with pytest.raises(ProgramError, match=cause):
        read_split(tmp_path, "test")


def test_a_missing_split_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"validation\.jsonl is not there"):
        read_split(tmp_path, "validation")
