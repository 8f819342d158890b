"""Golden samples."""

import json
from pathlib import Path

import numpy as np

from model_pipeline.data import Sample
from model_pipeline.golden import choose_samples, exceeds, max_difference, read_golden, write_golden


def test_every_label_is_among_the_chosen() -> None:
    samples = [Sample(str(number), {}, label) for number, label in enumerate([0, 0, 0, 0, 1, 2])]
    assert [sample.label for sample in choose_samples(samples, 4)] == [0, 1, 2, 0]
    assert len(choose_samples(samples, 100)) == 6


def test_values_that_json_lacks_are_strings(tmp_path: Path) -> None:
    tensors = {"ids": np.array([[2**60], [-1]]), "flags": np.array([[True], [False]])}
    outputs = {"y": np.array([[np.nan, np.inf], [-np.inf, 0.5]], dtype=np.float32)}
    write_golden(tmp_path, "test", [{"id": "a", "input": 1}, {"id": "b", "input": 2}], tensors, outputs)
    first, second = json.loads((tmp_path / "samples.json").read_text())["samples"]
    assert first["tensors"]["ids"] == {"dtype": "int64", "shape": [1, 1], "data": ["1152921504606846976"]}
    assert first["tensors"]["flags"]["data"] == [1]
    assert first["outputs"]["y"]["data"] == ["NaN", "Infinity"]
    assert second["outputs"]["y"]["data"] == ["-Infinity", 0.5]

    _, read_tensors, read_outputs = read_golden(tmp_path)
    np.testing.assert_array_equal(read_tensors["ids"], tensors["ids"])
    np.testing.assert_array_equal(read_outputs["y"], outputs["y"])


def test_differences_and_tolerance() -> None:
    a, b = {"y": np.array([1.0, 2.0])}, {"y": np.array([1.0, 2.1])}
    assert max_difference(a, b) == np.float64(2.1) - 2
    assert exceeds(a, b, absolute=0.09, relative=0)
    assert not exceeds(a, b, absolute=0.11, relative=0)
    assert not exceeds(a, b, absolute=0, relative=0.05)
    assert exceeds({"y": np.array([np.nan, 2.0])}, b, absolute=9, relative=0)
