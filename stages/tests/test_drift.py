"""Drift, on captures small enough to count by hand."""

import base64
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_pipeline.contract import ProgramError, Request
from model_pipeline.drift import population_stability
from model_pipeline.programs import run_program
from model_pipeline.reference import describe, read_features
from tests.conftest import Make, read_metrics

SPEC = {
    "schemaVersion": 1,
    "inputs": {"x": {"kind": "numbers", "field": "x", "shape": [1]}},
    "labels": ["low", "high"],
}
# Inputs and answers 1 to 10, one in each bin.
VALUES = np.arange(1, 11, dtype=np.float32).reshape(-1, 1)

Run = Callable[..., Request]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs the program over these lines of a capture."""
    directories = {
        name: tmp_path / name for name in ("capture", "baseline", "preprocessing", "report", "metrics")
    }
    for path in directories.values():
        path.mkdir()
    (directories["preprocessing"] / "preprocessing.json").write_text(json.dumps(SPEC))
    reference = describe(directories["preprocessing"], {"x": VALUES}, {"y": VALUES})
    baseline = {"reference": {"schemaVersion": 1, **reference}}
    (directories["baseline"] / "baseline.json").write_text(json.dumps(baseline))

    def drift(lines: list[str], **parameters: Any) -> Request:
        (directories["capture"] / "2026").mkdir(exist_ok=True)
        (directories["capture"] / "2026" / "a.jsonl").write_text("".join(f"{line}\n" for line in lines))
        parameters = {
            "minSamples": 1,
            "populationStability": {"warning": 0.1, "critical": 0.25},
            **parameters,
        }
        inputs = {name: directories[name] for name in ("capture", "baseline", "preprocessing")}
        outputs = {name: directories[name] for name in ("report", "metrics")}
        request = Request("drift", "drift", parameters, inputs, outputs)
        run_program(request)
        return request

    return drift


def captured(request: Any, response: Any, time: str = "2026-11-23T10:00:00Z", encoding: str = "JSON") -> str:
    """A line as SageMaker writes it."""

    def part(mode: str, body: Any) -> dict[str, str]:
        text = json.dumps(body)
        data = base64.b64encode(text.encode()).decode() if encoding == "BASE64" else text
        return {"observedContentType": "application/json", "mode": mode, "data": data, "encoding": encoding}

    data = {"endpointInput": part("INPUT", request), "endpointOutput": part("OUTPUT", response)}
    metadata = {"eventId": "1", "inferenceTime": time}
    return json.dumps({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"})


def asked(x: float, y: float, time: str = "2026-11-23T10:00:00Z") -> str:
    return captured({"instances": [{"x": [x]}]}, {"predictions": [{"label": "low", "y": y}]}, time)


def report_of(request: Request) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((request.output("report") / "drift.json").read_text())
    return report


def test_the_index_is_what_the_formula_gives() -> None:
    # Shares 0.75, 0.25 and 0.25, 0.75 after half a sample more in each: 2 * 0.5 * ln 3.
    assert population_stability([5, 1], [1, 5]) == pytest.approx(
        (1.5 / 7 - 5.5 / 7) * math.log(1.5 / 5.5) + (5.5 / 7 - 1.5 / 7) * math.log(5.5 / 1.5)
    )
    assert population_stability([7, 2], [1, 2]) == pytest.approx(
        (1.5 / 4 - 7.5 / 10) * math.log((1.5 / 4) / (7.5 / 10)) + (2.5 / 4 - 2.5 / 10) * math.log(2.5)
    )
    assert population_stability([3, 4, 0], [3, 4, 0]) == 0
    assert population_stability([1, 0], [0, 1]) == pytest.approx(math.log(3))


def test_what_the_model_knew_is_stable(run: Run) -> None:
    request = run([asked(value, value) for value in range(1, 11)])
    assert read_metrics(request) == {
        "samples": 10,
        "malformed": 0,
        "psi_max": 0,
        "psi_input": 0,
        "psi_prediction": 0,
    }
    report = report_of(request)
    assert report["verdict"] == "stable"
    assert report["reference"] == {"samples": 10}
    assert report["window"] == {"from": "2026-11-23T10:00:00+00:00", "to": "2026-11-23T10:00:00+00:00"}


def test_inputs_and_predictions_are_judged_apart(run: Run) -> None:
    request = run([asked(value, 11) for value in range(1, 11)])
    metrics = read_metrics(request)
    # 12 bins, that below all included. Ten lose their sample, the last one gains ten.
    lost, gained = (0.5 - 1.5) / 16 * math.log(0.5 / 1.5), (10.5 - 0.5) / 16 * math.log(10.5 / 0.5)
    assert metrics["psi_prediction"] == pytest.approx(10 * lost + gained)
    assert metrics["psi_input"] == 0
    assert metrics["psi_max"] == metrics["psi_prediction"]
    report = report_of(request)
    assert report["verdict"] == "critical"
    feature = next(feature for feature in report["features"] if feature["of"] == "output")
    assert feature["actual"] == [0] * 11 + [10]
    assert feature["expected"] == [0] + [1] * 10 + [0]


def test_a_value_below_all_of_the_reference_has_a_bin(run: Run) -> None:
    feature = report_of(run([asked(0.999, 1)]))["features"][0]
    assert feature["actual"] == [1] + [0] * 11


def test_levels_decide_the_verdict(run: Run) -> None:
    lines = [asked(value, 11) for value in range(1, 11)]
    assert report_of(run(lines, populationStability={"warning": 1}))["verdict"] == "warning"
    assert report_of(run(lines, populationStability={"critical": 100}))["verdict"] == "stable"


def test_lines_that_are_no_record_are_counted(run: Run) -> None:
    good = asked(1, 1)
    wrong = [
        "{",
        "[]",
        "{}",
        good[:-9],
        good.replace("2026-11-23T10:00:00Z", "yesterday"),
        good.replace("2026-11-23T10:00:00Z", "2026-11-23T10:00:00"),
        captured({"instances": [{"x": [1]}, {"x": [2]}]}, {"predictions": [{"y": 1}]}),
        captured({"instances": [{"x": ["a"]}]}, {"predictions": [{"y": 1}]}),
        captured({"instances": [{"x": [1, 2]}]}, {"predictions": [{"y": 1}]}),
        captured({"instances": [{"x": [1]}]}, {"predictions": [{"z": 1}]}),
        captured({"instances": [{"x": [1]}]}, {"predictions": [{"y": float("nan")}]}),
        captured({"instances": [{"x": [1]}]}, {"predictions": []}),
        captured({"instances": [{"x": [1]}]}, {"predictions": [{"y": {}}]}),
        captured([], []),
        good.replace('"encoding": "JSON"', '"encoding": "BASE64"'),
    ]
    request = run([*wrong, good])
    assert read_metrics(request)["malformed"] == len(wrong)
    assert read_metrics(request)["samples"] == 1


def test_tensors_and_base64_are_read_as_well(run: Run) -> None:
    tensor = {"shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    request = {"inputs": [{"name": "x", **tensor}]}
    response = {"outputs": [{"name": "y", **tensor}]}
    lines = [captured(request, response), captured(request, response, encoding="BASE64")]
    assert read_metrics(run(lines))["samples"] == 4


def logged(requests: list[Any], responses: list[Any], time: str = "2026-11-23T10:00:00.000001Z") -> str:
    """A row of the table that Vertex AI logs to."""
    payloads = {"request_payload": requests, "response_payload": responses}
    texts = {name: [json.dumps(part) for part in parts] for name, parts in payloads.items()}
    return json.dumps({"time": time, **texts})


def test_rows_of_a_request_log_are_read_like_a_capture(run: Run) -> None:
    requests = [{"x": [value]} for value in range(1, 11)]
    responses = [{"label": "low", "y": value} for value in range(1, 11)]
    request = run([logged(requests, responses)])
    assert read_metrics(request)["samples"] == 10
    assert read_metrics(request)["malformed"] == 0
    assert read_metrics(request)["psi_max"] == 0
    assert report_of(request)["window"]["from"] == "2026-11-23T10:00:00.000001+00:00"


def test_rows_with_whole_bodies_are_read_as_well(run: Run) -> None:
    tensor = {"shape": [2, 1], "datatype": "FP32", "data": [1, 2]}
    lines = [
        logged([{"instances": [{"x": [1]}]}], [{"predictions": [{"y": 1}]}]),
        logged([{"inputs": [{"name": "x", **tensor}]}], [{"outputs": [{"name": "y", **tensor}]}]),
    ]
    assert read_metrics(run(lines))["samples"] == 3


def test_rows_that_are_no_record_are_counted(run: Run) -> None:
    good = logged([{"x": [1]}], [{"y": 1}])
    wrong = [
        logged([], []),
        logged([{"x": [1]}], []),
        logged([{"x": [1]}, {"x": [2]}], [{"y": 1}]),
        logged([{"inputs": [1]}], [{"y": 1}]),
        logged([{"x": [1]}], [{"predictions": [{"y": 1}]}], time="2026-11-23 10:00:00"),
        json.dumps({"time": "2026-11-23T10:00:00Z", "request_payload": ["{"], "response_payload": ["{}"]}),
        json.dumps({"time": "2026-11-23T10:00:00Z", "request_payload": None, "response_payload": None}),
        json.dumps({"request_payload": ["{}"], "response_payload": ["{}"]}),
    ]
    request = run([*wrong, good])
    assert read_metrics(request)["malformed"] == len(wrong)
    assert read_metrics(request)["samples"] == 1


@pytest.mark.parametrize("lines", [[], ["{"], [asked(1, 1)] * 9])
def test_too_few_samples_are_no_verdict(run: Run, lines: list[str]) -> None:
    request = run(lines, minSamples=10)
    assert report_of(request)["verdict"] == "too few samples"
    assert report_of(request)["features"] == []
    assert set(read_metrics(request)) == {"samples", "malformed"}


def test_the_window_ends_with_the_newest_record(run: Run) -> None:
    times = ["2026-11-23T10:00:00Z", "2026-11-23T04:00:00.000001+00:00", "2026-11-23T05:00:00+01:00"]
    lines = [asked(1, 1, time) for time in times]
    assert read_metrics(run(lines, hours=6))["samples"] == 2
    assert read_metrics(run(lines))["samples"] == 3


def test_the_same_capture_gives_the_same_report(run: Run) -> None:
    lines = [asked(value, value) for value in range(1, 11)]
    first = (run(lines).output("report") / "drift.json").read_bytes()
    assert (run(lines).output("report") / "drift.json").read_bytes() == first


def test_a_baseline_without_a_reference_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "baseline" / "baseline.json").write_text("{}")
    with pytest.raises(ProgramError, match=r"^the baseline has no reference to compare with"):
        run([])
    (tmp_path / "baseline" / "baseline.json").write_text('{"reference": {"features": [{}]}}')
    with pytest.raises(ProgramError, match=r"^the baseline's reference is malformed: KeyError: 'name'$"):
        run([])
    (tmp_path / "baseline" / "baseline.json").unlink()
    with pytest.raises(ProgramError, match=r"baseline\.json: FileNotFoundError"):
        run([])


def test_texts_are_told_by_length_and_tokens(request_for: Make, tmp_path: Path) -> None:
    for program in ("preprocess", "train", "export", "evaluate"):
        run_program(request_for(program))
    reference = json.loads((tmp_path / "metrics-evaluate" / "reference.json").read_text())
    length, tokens, probability = read_features(reference)
    # buy now, hello you, buy you, hello hello now: ids buy 2, now 3, hello 4, you 5.
    assert (length.name, tokens.name, probability.name) == ("tokens.length", "tokens.tokens", "probability")
    assert tokens.categories == [4, 2, 3, 5]
    assert tokens.counts == [3, 2, 2, 2, 0]
    assert tokens.count(np.array([4, 4, 1, 9])) == [2, 0, 0, 0, 2]
    assert length.counts == [0, 3, 1, 0]
    assert sum(probability.counts) == reference["samples"] == 4


def test_wide_tensors_are_told_by_mean_and_spread(tmp_path: Path) -> None:
    (tmp_path / "preprocessing.json").write_text(json.dumps(SPEC))
    wide = np.ones((3, 65), dtype=np.float32)
    reference = describe(tmp_path, {"x": wide}, {"y": np.ones((3, 2))})
    assert [feature["name"] for feature in reference["features"]] == ["x.mean", "x.std", "y[0]", "y[1]"]
