"""From raw inputs to the model's tensors, by preprocessing.json: data that serving reads too."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from model_pipeline.contract import ProgramError

Tensors = dict[str, NDArray[Any]]
Encoder = Callable[[Sequence[Any]], NDArray[Any]]


class Preprocessing:
    """Encodes raw inputs; shapes are in docs/reference/formats.md."""

    def __init__(self, encoders: Mapping[str, tuple[str, Encoder]], labels: Sequence[str]) -> None:
        self._encoders = encoders
        self.labels = labels

    @classmethod
    def load(cls, directory: Path) -> "Preprocessing":
        """Reads preprocessing.json; raises ProgramError when it is missing or malformed."""
        path = directory / "preprocessing.json"
        try:
            spec = json.loads(path.read_text(encoding="utf-8"))
            encoders = {
                name: (str(entry["field"]), _encoder(directory, entry))
                for name, entry in spec["inputs"].items()
            }
            return cls(encoders, [str(label) for label in spec.get("labels", [])])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ProgramError(f"{path}: {type(error).__name__}: {error}") from error

    def encode(self, inputs: Sequence[Mapping[str, Any]]) -> Tensors:
        """One tensor per model input, batch first."""
        return {
            name: encoder([_field(value, field) for value in inputs])
            for name, (field, encoder) in self._encoders.items()
        }


def _field(value: Mapping[str, Any], field: str) -> Any:
    if field not in value:
        raise ProgramError(f"an input has no field {field}; it has {', '.join(sorted(value)) or 'none'}")
    return value[field]


def _encoder(directory: Path, entry: Mapping[str, Any]) -> Encoder:
    if entry["kind"] == "text":
        return _text_encoder(directory, entry)
    if entry["kind"] == "numbers":
        return _number_encoder(entry)
    raise ValueError(f"kind {entry['kind']!r} is neither text nor numbers")


def _text_encoder(directory: Path, entry: Mapping[str, Any]) -> Encoder:
    tokenizer = Tokenizer.from_file(str(directory / entry["tokenizer"]))
    # Truncation and padding are preprocessing.json's, whatever the tokenizer was saved with.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    length, pad_id = int(entry["length"]), int(entry["padId"])
    keep_first, pad_left = entry["truncate"] == "right", entry["pad"] == "left"

    def encode(texts: Sequence[Any]) -> NDArray[np.int64]:
        for text in texts:
            if not isinstance(text, str):
                raise ProgramError(f"{entry['field']} must be a text, got {text!r}")
        tensor = np.full((len(texts), length), pad_id, dtype=np.int64)
        for row, encoding in enumerate(tokenizer.encode_batch(list(texts))):
            ids = encoding.ids[:length] if keep_first else encoding.ids[-length:]
            if ids and pad_left:
                tensor[row, -len(ids) :] = ids
            elif ids:
                tensor[row, : len(ids)] = ids
        return tensor

    return encode


def _number_encoder(entry: Mapping[str, Any]) -> Encoder:
    shape = tuple(int(size) for size in entry["shape"])
    mean = np.asarray(entry.get("mean", 0), dtype=np.float64)
    scale = np.asarray(entry.get("scale", 1), dtype=np.float64)

    def encode(values: Sequence[Any]) -> NDArray[np.float32]:
        try:
            tensor = np.asarray(values, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise ProgramError(f"an input of shape {list(shape)} holds no numbers: {error}") from error
        if tensor.shape != (len(values), *shape):
            raise ProgramError(f"inputs have shape {list(tensor.shape[1:])}, wanted {list(shape)}")
        return ((tensor - mean) / scale).astype(np.float32)

    return encode
