"""What `train` is given beyond data and hyperparameters: checkpoints, start weights, augmented data."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from model_pipeline.contract import ProgramError, Request, read_request, render_request, write_json
from model_pipeline.data import read_split
from model_pipeline.programs import run_program
from tests.conftest import Make, read_metrics

RESUMES = """
def train(data_dir, model_dir, hyperparameters, checkpoint_dir=None):
    done = checkpoint_dir / "epochs"
    first = int(done.read_text()) if done.exists() else 0
    for epoch in range(first, 4):
        done.write_text(str(epoch + 1))
        if epoch + 1 == hyperparameters["dies_after"]:
            raise RuntimeError("the machine was taken away")
    (model_dir / "model.safetensors").write_text("weights")
    return {"epochs_of_this_try": 4 - first}
"""

FINE_TUNES = """
from safetensors.numpy import load_file, save_file

def train(data_dir, model_dir, hyperparameters, *, start_dir=None, frozen_layers=()):
    start = load_file(start_dir / "model.safetensors")
    save_file({name: value if name in frozen_layers else value + 1 for name, value in start.items()},
              model_dir / "model.safetensors")
    return {"start_tensors": len(start)}
"""

PLAIN = "def train(data_dir, model_dir, hyperparameters): ..."


@pytest.fixture
def preprocessed(request_for: Make) -> Make:
    run_program(request_for("preprocess"))
    return request_for


def test_a_second_try_goes_on_where_the_first_was_interrupted(
    preprocessed: Make, source: Path, tmp_path: Path
) -> None:
    (source / "train.py").write_text(RESUMES)
    (tmp_path / "checkpoints").mkdir()
    first = replace(
        preprocessed("train", hyperparameters={"dies_after": 3}), checkpoints=tmp_path / "checkpoints"
    )
    with pytest.raises(ProgramError, match=r"^train\.py:8: RuntimeError: the machine was taken away$"):
        run_program(first)
    second = replace(first, parameters={**first.parameters, "hyperparameters": {"dies_after": 0}})
    run_program(second)
    assert read_metrics(second) == {"epochs_of_this_try": 1}


def test_a_train_that_cannot_resume_is_refused(preprocessed: Make, source: Path, tmp_path: Path) -> None:
    (source / "train.py").write_text(PLAIN)
    with pytest.raises(ProgramError, match=r"^train\.py: train takes no checkpoint_dir$"):
        run_program(replace(preprocessed("train"), checkpoints=tmp_path))


def with_start(make: Make, start: Path, **parameters: object) -> Request:
    start.mkdir()
    request = make("train", **parameters)
    return replace(request, inputs={**request.inputs, "start": start})


def test_training_starts_from_weights_and_leaves_frozen_layers_alone(
    preprocessed: Make, source: Path, tmp_path: Path
) -> None:
    (source / "train.py").write_text(FINE_TUNES)
    request = with_start(preprocessed, tmp_path / "start", frozenLayers=["embedding"])
    tensors = {"embedding": np.zeros(2, dtype=np.float32), "dense": np.zeros(2, dtype=np.float32)}
    save_file(tensors, tmp_path / "start" / "model.safetensors")
    run_program(request)
    trained = load_file(tmp_path / "model" / "model.safetensors")
    assert {name: value.tolist() for name, value in trained.items()} == {
        "embedding": [0, 0],
        "dense": [1, 1],
    }


WRONG_START = {
    "pytorch_model.bin": (
        "pytorch_model.bin: pickles run code when they are read; start from safetensors instead"
    ),
    "": "there are no start weights: the place that transferLearning names is empty",
    "model.safetensors": "train.py: train takes no start_dir, frozen_layers",
}


@pytest.mark.parametrize("name", WRONG_START)
def test_start_weights_that_cannot_be_used_are_refused(
    preprocessed: Make, source: Path, tmp_path: Path, name: str
) -> None:
    (source / "train.py").write_text(PLAIN)
    request = with_start(preprocessed, tmp_path / "start", frozenLayers=["embedding"])
    if name:
        (tmp_path / "start" / name).touch()
    with pytest.raises(ProgramError) as error:
        run_program(request)
    assert str(error.value) == WRONG_START[name]


AUGMENT = """
def augment(input, seed, parameters):
    return {"text": f"{parameters['word']} {seed} {input['text']}"}
"""


def test_augmentation_adds_to_the_training_split_alone(request_for: Make, source: Path) -> None:
    (source / "preprocess.py").write_text((source / "preprocess.py").read_text() + AUGMENT)
    request = request_for("preprocess", augmentation={"copies": 2, "parameters": {"word": "well"}})
    run_program(request)
    assert read_metrics(request) == {"train_samples": 12, "validation_samples": 4, "test_samples": 4}
    samples = read_split(request.output("data"), "train")
    assert [(sample.id, sample.input["text"], sample.label) for sample in samples[3:7]] == [
        ("train-3", "hello hello now", 0),
        ("train-0~1", "well 0 buy now", 1),
        ("train-0~2", "well 1 buy now", 1),
        ("train-1~1", "well 2 hello you", 0),
    ]


def test_an_augmentation_that_returns_no_input_is_refused(request_for: Make, source: Path) -> None:
    code = (source / "preprocess.py").read_text()
    (source / "preprocess.py").write_text(code + "\ndef augment(input, seed, parameters): ...")
    with pytest.raises(ProgramError, match=r"^preprocess\.py: augment returned NoneType, not an input$"):
        run_program(request_for("preprocess", augmentation={"copies": 1, "parameters": {}}))


def test_a_request_is_read_as_it_was_written(preprocessed: Make, tmp_path: Path) -> None:
    fields = {
        **render_request(replace(preprocessed("train"), checkpoints=tmp_path)),
        "cluster": {"hosts": ["algo-1", "algo-2"], "host": "algo-2"},
    }
    write_json(tmp_path / "request.json", fields)
    request = read_request(tmp_path / "request.json")
    assert request.cluster.rank == 1
    assert render_request(request) == fields


def test_a_machine_outside_its_cluster_is_refused(preprocessed: Make, tmp_path: Path) -> None:
    cluster = {"hosts": ["algo-1"], "host": "algo-3"}
    write_json(tmp_path / "request.json", {**render_request(preprocessed("train")), "cluster": cluster})
    with pytest.raises(ProgramError, match="the cluster of algo-1 has no host algo-3"):
        read_request(tmp_path / "request.json")
