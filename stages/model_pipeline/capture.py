"""Requests and responses as an endpoint records them, as JSON lines.

A line has the form of SageMaker's data capture, or is a row of the table that Vertex AI logs to:
`{"time": "…", "request_payload": ["…"], "response_payload": ["…"]}`.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_pipeline.contract import ProgramError
from model_pipeline.preprocessing import Preprocessing, Tensors

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """One request and its answer. Tensors are batch first."""

    time: datetime
    inputs: Tensors
    outputs: Tensors

    @property
    def samples(self) -> int:
        return max(len(tensor) for tensor in self.outputs.values())


def read_capture(directory: Path, preprocessing: Preprocessing) -> tuple[list[Record], int]:
    """All records below a directory, and how many lines are none; in the order of files and lines."""
    records: list[Record] = []
    malformed = 0
    for line in _lines(directory):
        try:
            records.append(_parse(json.loads(line), preprocessing))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, ProgramError):
            malformed += 1
    return records, malformed


def _lines(directory: Path) -> Iterator[bytes]:
    for path in sorted(directory.rglob("*.jsonl")):
        with path.open("rb") as file:
            yield from (line for line in file if line.strip())


def _parse(line: Mapping[str, Any], preprocessing: Preprocessing) -> Record:
    read = _logged if "request_payload" in line else _captured
    written, request, response = read(line)
    time = datetime.fromisoformat(written)
    if time.tzinfo is None:
        raise ValueError("the time has no time zone")
    if "instances" in request:
        inputs = preprocessing.encode(request["instances"])
        outputs = _predictions(response["predictions"])
    else:
        inputs, outputs = _tensors(request["inputs"]), _tensors(response["outputs"])
    if len({len(tensor) for tensor in (*inputs.values(), *outputs.values())}) != 1:
        raise ValueError("requests and answers differ in number")
    return Record(time, inputs, outputs)


def _captured(line: Mapping[str, Any]) -> tuple[str, Body, Body]:
    captured = line["captureData"]
    time: str = line["eventMetadata"]["inferenceTime"]
    return time, _body(captured["endpointInput"]), _body(captured["endpointOutput"])


def _body(captured: Mapping[str, str]) -> Body:
    data = captured["data"]
    body = json.loads(base64.b64decode(data, validate=True) if captured["encoding"] == "BASE64" else data)
    if not isinstance(body, dict):
        raise TypeError("a body is no object")
    return body


def _logged(row: Mapping[str, Any]) -> tuple[str, Body, Body]:
    """A row holds the bodies, or the instances and predictions that were in them, each as a text."""
    request = _payload(row["request_payload"], ("instances", "inputs"))
    response = _payload(row["response_payload"], ("predictions", "outputs"))
    return row["time"], request, response


def _payload(texts: list[str], names: tuple[str, str]) -> Body:
    parts = [json.loads(text) for text in texts]
    if len(parts) == 1 and any(_holds_maps(parts[0], name) for name in names):
        body: Body = parts[0]
        return body
    return {names[0]: parts}


def _holds_maps(body: Any, name: str) -> bool:
    listed = body.get(name) if isinstance(body, dict) else None
    return isinstance(listed, list) and all(isinstance(item, dict) for item in listed)


def _predictions(predictions: list[Mapping[str, Any]]) -> Tensors:
    """The model's outputs; `label`, where it is a text, is their name for people."""
    names = [name for name, value in predictions[0].items() if not isinstance(value, str)]
    return {name: _numbers([prediction[name] for prediction in predictions]) for name in names}


def _tensors(tensors: list[Mapping[str, Any]]) -> Tensors:
    return {tensor["name"]: _numbers(tensor["data"]).reshape(tensor["shape"]) for tensor in tensors}


def _numbers(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "iufb":
        raise ValueError("a tensor holds no numbers")
    return array
