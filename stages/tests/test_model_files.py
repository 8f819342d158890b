"""Model directories with files that run code when they are read."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from model_pipeline.contract import ProgramError
from model_pipeline.model_files import refuse_code


def write_keras(path: Path, config: object) -> None:
    with ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))


LAMBDA = {"layers": [{"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}]}


def test_safetensors_weights_and_archives_without_code_pass(tmp_path: Path) -> None:
    for name in ("model.safetensors", "model.weights.h5", "labels.json"):
        (tmp_path / name).touch()
    (tmp_path / "logs.bin").mkdir()
    write_keras(tmp_path / "model.keras", {"layers": [{"class_name": "Dense", "config": {"units": 1}}]})
    refuse_code(tmp_path, "save safetensors instead")


def test_pickles_are_refused_with_their_remedy(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    for name in ("model.pt", "parts/optimizer.pkl"):
        (tmp_path / name).touch()
    with pytest.raises(ProgramError) as error:
        refuse_code(tmp_path, "save safetensors instead")
    assert str(error.value) == (
        "model.pt, optimizer.pkl: pickles run code when they are read; save safetensors instead"
    )


@pytest.mark.parametrize("name", ["model.h5", "model.hdf5", "weights.h5"])
def test_a_whole_model_in_hdf5_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ProgramError) as error:
        refuse_code(tmp_path, "save safetensors instead")
    assert str(error.value) == (
        f"{name}: models in HDF5 may run code when they are read; save .keras or .weights.h5"
    )


def test_a_keras_archive_with_a_lambda_is_refused(tmp_path: Path) -> None:
    write_keras(tmp_path / "model.keras", LAMBDA)
    with pytest.raises(ProgramError) as error:
        refuse_code(tmp_path, "save safetensors instead")
    assert str(error.value) == (
        "model.keras: Python lambdas are stored as code; use a registered function or a layer"
    )


def test_what_is_no_keras_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"PK")
    with pytest.raises(ProgramError) as error:
        refuse_code(tmp_path, "save safetensors instead")
    assert str(error.value) == "model.keras is no Keras archive: File is not a zip file"
