"""Labelled samples of production, on their way to the user's preprocess."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from model_pipeline.contract import Request
from model_pipeline.data import read_split
from model_pipeline.feedback import collect_feedback
from model_pipeline.programs import run_program
from tests.conftest import PREPROCESS, Make, read_metrics

TAKES_FEEDBACK = PREPROCESS.replace(
    "def preprocess(input_dir, output_dir, parameters):",
    "def preprocess(input_dir, output_dir, parameters, feedback_dir=None):\n"
    "    seen = feedback_dir and (feedback_dir / 'feedback.jsonl').read_text()\n"
    "    (output_dir / 'seen.txt').write_text(str(seen))",
)
GOOD = {"input": {"text": "buy"}, "label": 1}


@pytest.fixture
def request_with_feedback(request_for: Make, source: Path, tmp_path: Path) -> Request:
    (source / "preprocess.py").write_text(TAKES_FEEDBACK)
    feedback = tmp_path / "feedback"
    feedback.mkdir()
    request = request_for("preprocess")
    return replace(request, inputs={**request.inputs, "feedback": feedback})


def test_each_input_comes_once_with_its_last_label(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.jsonl").write_text(
        '{"input": {"a": 1, "b": 2}, "label": 0}\n\n{"input": {"a": 2}, "label": 1}\n'
    )
    (tmp_path / "b" / "c.jsonl").write_text('{"label": 1, "input": {"b": 2, "a": 1}}')
    (tmp_path / "about.txt").write_text("no sample")
    target = tmp_path / "target"
    target.mkdir()
    assert collect_feedback(tmp_path, target) == (2, 0)
    samples = read_split(target, "feedback")
    assert [(sample.input, sample.label) for sample in samples] == [({"a": 1, "b": 2}, 1), ({"a": 2}, 1)]
    assert samples[0].id.startswith("feedback-")
    assert len({sample.id for sample in samples}) == 2


def test_lines_that_are_no_sample_are_counted(tmp_path: Path) -> None:
    wrong = ["{", "[]", '{"label": 1}', '{"input": 1, "label": 1}', '{"input": {}, "label": "spam"}']
    wrong += ['{"input": {}, "label": NaN}', '{"input": {}, "label": true}']
    (tmp_path / "a.jsonl").write_bytes(b"\xff\n" + "\n".join([*wrong, json.dumps(GOOD)]).encode())
    target = tmp_path / "target"
    target.mkdir()
    assert collect_feedback(tmp_path, target) == (1, 8)


def test_a_preprocess_that_takes_feedback_gets_it(request_with_feedback: Request) -> None:
    (request_with_feedback.input("feedback") / "a.jsonl").write_text(f"{json.dumps(GOOD)}\n{{\n")
    run_program(request_with_feedback)
    metrics = read_metrics(request_with_feedback)
    assert (metrics["feedback_samples"], metrics["feedback_malformed"]) == (1, 1)
    seen = json.loads((request_with_feedback.output("data") / "seen.txt").read_text())
    assert {name: seen[name] for name in ("input", "label")} == GOOD


def test_without_feedback_the_file_is_empty(request_with_feedback: Request) -> None:
    run_program(request_with_feedback)
    assert (request_with_feedback.output("data") / "seen.txt").read_text() == ""
    assert read_metrics(request_with_feedback)["feedback_samples"] == 0


def test_a_definition_without_feedback_gives_none(request_for: Make, source: Path) -> None:
    (source / "preprocess.py").write_text(TAKES_FEEDBACK)
    request = request_for("preprocess")
    run_program(request)
    assert (request.output("data") / "seen.txt").read_text() == "None"
    assert "feedback_samples" not in read_metrics(request)


def test_a_preprocess_that_does_not_take_feedback_runs_without(
    request_with_feedback: Request, source: Path
) -> None:
    (source / "preprocess.py").write_text(PREPROCESS)
    run_program(request_with_feedback)
    assert "feedback_samples" not in read_metrics(request_with_feedback)
