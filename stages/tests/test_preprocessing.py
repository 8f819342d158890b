"""From raw inputs to tensors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Preprocessing


def load(directory: Path, **entry: Any) -> Preprocessing:
    tokenizer = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "b": 2, "c": 3}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(1)
    tokenizer.enable_padding(length=9)
    tokenizer.save(str(directory / "tokenizer.json"))
    (directory / "preprocessing.json").write_text(json.dumps({"schemaVersion": 1, "inputs": {"x": entry}}))
    return Preprocessing.load(directory)


TEXT = {"kind": "text", "field": "text", "tokenizer": "tokenizer.json", "length": 2, "padId": 9}


@pytest.mark.parametrize(
    ("pad", "truncate", "expected"),
    [
        ("right", "right", [[1, 2], [3, 9], [9, 9]]),
        ("left", "right", [[1, 2], [9, 3], [9, 9]]),
        ("right", "left", [[2, 3], [3, 9], [9, 9]]),
    ],
)
def test_text_is_cut_and_padded_as_preprocessing_json_says(
    tmp_path: Path, pad: str, truncate: str, expected: list[list[int]]
) -> None:
    preprocessing = load(tmp_path, **TEXT, pad=pad, truncate=truncate)
    encoded = preprocessing.encode([{"text": "a b c"}, {"text": "c"}, {"text": ""}])
    assert encoded["x"].tolist() == expected
    assert encoded["x"].dtype == np.int64


def test_numbers_are_normalised(tmp_path: Path) -> None:
    preprocessing = load(tmp_path, kind="numbers", field="n", shape=[2], mean=[1, 2], scale=2)
    encoded = preprocessing.encode([{"n": [3, 2]}])
    assert encoded["x"].tolist() == [[1, 0]]
    assert encoded["x"].dtype == np.float32


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    preprocessing = load(tmp_path, **TEXT, pad="right", truncate="right")
    with pytest.raises(ProgramError, match="an input has no field text; it has body"):
        preprocessing.encode([{"body": "a"}])


def test_a_text_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="text must be a text, got 3"):
        load(tmp_path, **TEXT, pad="right", truncate="right").encode([{"text": 3}])


@pytest.mark.parametrize("value", [[1], [[1, 2]], ["a", "b"], [[1], [2, 3]]])
def test_numbers_of_another_shape_are_refused(tmp_path: Path, value: object) -> None:
    preprocessing = load(tmp_path, kind="numbers", field="n", shape=[2])
    with pytest.raises(ProgramError, match=r"shape \[2\]|wanted \[2\]"):
        preprocessing.encode([{"n": value}])


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="kind 'image' is neither text nor numbers"):
        load(tmp_path, kind="image", field="x")
