"""Which files may not be in a model's directory: those that run code when they are read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from model_pipeline.contract import ProgramError

PICKLES = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib"}
HDF5 = {".h5", ".hdf5"}


def refuse_code(directory: Path, remedy: str) -> None:
    """Raises ProgramError with the names of files that run code when they are read.

    `remedy` names what to do about pickles: "save safetensors instead".
    """
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    pickles = [path.name for path in files if path.suffix in PICKLES]
    if pickles:
        raise ProgramError(f"{', '.join(pickles)}: pickles run code when they are read; {remedy}")
    # Keras reads such a file without its safe mode.
    whole = [path.name for path in files if path.suffix in HDF5 and not path.stem.endswith(".weights")]
    if whole:
        reason = "models in HDF5 may run code when they are read; save .keras or .weights.h5"
        raise ProgramError(f"{', '.join(whole)}: {reason}")
    lambdas = [path.name for path in files if path.suffix == ".keras" and _has_lambda(path)]
    if lambdas:
        reason = "Python lambdas are stored as code; use a registered function or a layer"
        raise ProgramError(f"{', '.join(lambdas)}: {reason}")


def _has_lambda(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))
    except (BadZipFile, KeyError, ValueError) as error:
        raise ProgramError(f"{path.name} is no Keras archive: {error}") from error
    return any(entry.get("class_name") == "__lambda__" for entry in _objects(config))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for element in value:
            yield from _objects(element)
