"""Pruning and distillation, of models small enough to be told by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from model_pipeline.contract import ProgramError, Request
from model_pipeline.programs import run_program
from model_pipeline.prune import zero_weights
from model_pipeline.prune_units import cut_units, zero_units
from tests.conftest import SIGNATURE, TRAIN, Make, read_metrics

Prune = Callable[..., Request]

# Layer sizes come from the file, so that load takes a model with fewer units.
CHAIN = """
import torch
from safetensors.torch import load_file, save_file
from torch import nn

def build(hidden):
    layers = [nn.Linear(8, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
    return nn.Sequential(nn.Embedding(6, 2), nn.Flatten(), *layers, nn.Sigmoid())

def train(data_dir, model_dir, hyperparameters, start_dir=None):
    torch.manual_seed(0)
    model = build(16) if start_dir is None else load(start_dir)
    if start_dir is None:
        nn.init.zeros_(model[4].bias)
    with torch.no_grad():
        for weight in model.parameters():
            weight += hyperparameters.get("shift", 0)
    save_file(model.state_dict(), model_dir / "model.safetensors")
    return {}

def load(model_dir):
    weights = load_file(model_dir / "model.safetensors")
    model = build(len(weights["2.bias"]))
    model.load_state_dict(weights)
    return model
"""

STUDENT = """
import json
from safetensors.torch import load_file, save_file
import torch

def train(data_dir, model_dir, hyperparameters):
    teacher = load_file(data_dir / "teacher.safetensors")["probability"]
    rows = (data_dir / "train.jsonl").read_text().splitlines()
    save_file({"teacher": teacher}, model_dir / "model.safetensors")
    return {"rows": len(rows), "mean": float(teacher.mean()), "epochs": hyperparameters["epochs"]}
"""


@pytest.fixture
def prune(request_for: Make, source: Path, tmp_path: Path) -> Prune:
    """Trains a model and returns what makes requests that prune it."""
    run_program(request_for("preprocess"))

    def make(code: str = TRAIN, **parameters: Any) -> Request:
        (source / "train.py").write_text(code)
        run_program(request_for("train"))
        outputs = {name: tmp_path / "pruned" / name for name in ("model", "metrics")}
        for path in outputs.values():
            path.mkdir(parents=True)
        inputs = {name: tmp_path / name for name in ("data", "preprocessing", "model")}
        parameters = {"entry": "train.py", "signature": SIGNATURE, "sparsity": 0.5, **parameters}
        return Request("prune", "prune", parameters, inputs, outputs, source)

    return make


def weights_of(request: Request) -> dict[str, torch.Tensor]:
    return load_file(request.output("model") / "model.safetensors")


def test_unstructured_pruning_sets_the_smallest_weights_to_0(prune: Prune) -> None:
    request = prune(kind="unstructured", sparsity=0.75)
    before = load_file(request.input("model") / "model.safetensors")
    run_program(request)
    after = weights_of(request)
    values = torch.cat([before[name].flatten() for name in ("embedding.weight", "dense.weight")])
    kept = torch.cat([after[name].flatten() for name in ("embedding.weight", "dense.weight")])
    assert int((kept == 0).sum()) == round(0.75 * 7 * 256)
    assert values[kept == 0].abs().max() <= values[kept != 0].abs().min()
    assert torch.equal(after["dense.bias"], before["dense.bias"])
    metrics = read_metrics(request)
    assert metrics["sparsity"] == 0.75
    assert metrics["parameters_before"] == metrics["parameters_after"] == 7 * 256 + 1


def test_structured_pruning_removes_dimensions_of_an_embedding_and_not_the_last_layer(prune: Prune) -> None:
    request = prune(kind="structured")
    run_program(request)
    after = weights_of(request)
    assert int((after["embedding.weight"] == 0).all(dim=0).sum()) == 128
    assert int((after["dense.weight"] == 0).sum()) == 0
    metrics = read_metrics(request)
    assert (metrics["units"], metrics["units_removed"], metrics["units_cut_out"]) == (256, 128, 0)


def test_units_are_cut_out_where_load_reads_sizes_from_the_file(prune: Prune) -> None:
    request = prune(CHAIN, kind="structured")
    run_program(request)
    metrics, after = read_metrics(request), weights_of(request)
    assert metrics["units_removed"] == 9  # half of 2 dimensions and 16 rows
    assert after["2.weight"].shape[0] == 16 - metrics["units_cut_out"]
    assert metrics["units_cut_out"] >= 7
    assert after["4.weight"].shape == (1, after["2.weight"].shape[0])
    assert metrics["parameters_after"] == sum(weight.numel() for weight in after.values())
    assert metrics["bytes"] < metrics["bytes_before"]


def test_a_load_with_fixed_sizes_keeps_the_size_of_the_file(
    prune: Prune, capsys: pytest.CaptureFixture[str]
) -> None:
    request = prune(CHAIN.replace('build(len(weights["2.bias"]))', "build(16)"), kind="structured")
    run_program(request)
    metrics = read_metrics(request)
    assert metrics["units_cut_out"] == 0
    assert metrics["parameters_after"] == metrics["parameters_before"]
    assert "the file keeps its size: load does not take smaller layers" in capsys.readouterr().out


def test_fine_tuning_starts_from_the_pruned_weights_and_keeps_zeros(prune: Prune) -> None:
    request = prune(CHAIN, kind="unstructured", fineTune={"shift": 1})
    before = load_file(request.input("model") / "model.safetensors")
    run_program(request)
    after = weights_of(request)
    assert read_metrics(request)["sparsity"] == 0.5
    kept = after["2.weight"] != 0
    torch.testing.assert_close(after["2.weight"][kept], before["2.weight"][kept] + 1)
    torch.testing.assert_close(after["2.bias"], before["2.bias"] + 1)
    assert (before["4.bias"].item(), after["4.bias"].item()) == (0, 1)


def test_a_function_that_cannot_start_from_weights_is_refused(prune: Prune) -> None:
    with pytest.raises(ProgramError, match=r"^train\.py: train takes no start_dir$"):
        run_program(prune(kind="unstructured", fineTune={"epochs": 1}))


def test_weights_under_other_names_are_refused(prune: Prune) -> None:
    code = TRAIN.replace("save_file(model.state_dict(),", 'save_file({"w": model.dense.weight},')
    code = code.replace('model.load_state_dict(load_file(model_dir / "model.safetensors"))', "pass")
    with pytest.raises(ProgramError) as error:
        run_program(prune(code, kind="unstructured"))
    assert str(error.value) == (
        "no safetensors file of the model has dense.bias, dense.weight, embedding.weight: "
        "save the state_dict of what load returns"
    )


def test_what_load_returns_must_be_a_module(prune: Prune) -> None:
    with pytest.raises(ProgramError, match=r"^train\.py: load returned int, not a torch\.nn\.Module$"):
        run_program(prune(TRAIN.replace("    return model\n", "    return 1\n"), kind="unstructured"))


def test_a_model_of_one_layer_has_no_units_to_remove() -> None:
    with pytest.raises(ProgramError, match=r"no layer of the model has units that can be removed"):
        zero_units(nn.Sequential(nn.Linear(3, 2), nn.LayerNorm(2)), [torch.ones(1, 3)], 0.5)


def test_a_model_without_matrices_has_no_weights_to_remove() -> None:
    with pytest.raises(ProgramError, match=r"no weights of two or more dimensions"):
        zero_weights(nn.BatchNorm1d(2), 0.5)


class TwoHeads(nn.Module):
    """Its layers are not registered in the order they run in."""

    def __init__(self) -> None:
        super().__init__()
        self.first_head, self.second_head = nn.Linear(4, 2), nn.Linear(4, 3)
        self.body = nn.LSTM(3, 4, num_layers=2, bidirectional=False, batch_first=True)

    def forward(self, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        _, (hidden, _) = self.body(values)
        return self.first_head(hidden[-1]), self.second_head(hidden[-1])


def test_hidden_states_are_removed_whole_and_heads_stay() -> None:
    torch.manual_seed(1)
    model, values = TwoHeads().eval(), torch.rand(2, 5, 3)
    report = zero_units(model, [values], 0.5)
    assert report == {"units": 8, "units_removed": 4}
    states, _ = model.body(values)
    gates = model.body.get_parameter("weight_ih_l1").view(4, 4, 4)
    dead = (gates == 0).all(dim=2).all(dim=0)
    assert 0 < int(dead.sum()) < 4
    assert float(states.detach()[..., dead].abs().max()) == 0
    assert int((model.first_head.weight == 0).sum()) + int((model.second_head.weight == 0).sum()) == 0


def test_a_layer_keeps_its_strongest_unit() -> None:
    first = nn.Linear(2, 4)
    model = nn.Sequential(first, nn.ReLU(), nn.Linear(4, 1))
    assert zero_units(model, [torch.ones(1, 2)], 0.99)["units_removed"] == 3
    assert int(first.weight.count_nonzero(dim=1).count_nonzero()) == 1


def test_channels_are_cut_out_of_convolutions_and_answers_stay() -> None:
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3)
    model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Conv2d(8, 2, 3))
    images = torch.rand(2, 3, 9, 9)
    zero_units(model, [images], 0.5)
    before = model(images)
    assert cut_units(model) == 8
    assert first.weight.shape[0] == second.weight.shape[1] < 8
    torch.testing.assert_close(model(images), before)


def test_a_unit_that_still_answers_with_its_bias_is_not_cut_out() -> None:
    first = nn.Linear(2, 2)
    model = nn.Sequential(first, nn.ReLU(), nn.Linear(2, 1))
    first.weight.data[0] = 0
    first.bias.data[0] = 1
    assert cut_units(model) == 0


def test_a_layer_behind_a_norm_is_not_cut() -> None:
    first = nn.Linear(2, 2)
    model = nn.Sequential(first, nn.LayerNorm(2), nn.Linear(2, 1))
    first.weight.data.zero_()
    first.bias.data.zero_()
    assert cut_units(model) == 0


def test_a_student_reads_the_answers_of_its_teacher(request_for: Make, source: Path, tmp_path: Path) -> None:
    for program in ("preprocess", "train", "export"):
        run_program(request_for(program))
    (source / "student.py").write_text(STUDENT)
    outputs = {name: tmp_path / "distilled" / name for name in ("model", "metrics")}
    for path in outputs.values():
        path.mkdir(parents=True)
    inputs = {
        "data": tmp_path / "data",
        "preprocessing": tmp_path / "preprocessing",
        "teacher": tmp_path / "onnx",
    }
    parameters = {"entry": "student.py", "hyperparameters": {"epochs": 2}}
    request = Request("distill", "distill", parameters, inputs, outputs, source)
    run_program(request)
    answers = weights_of(request)["teacher"]
    golden = json.loads((tmp_path / "golden" / "samples.json").read_text())["samples"]
    # The training split of this data holds the test split's texts, in the same order.
    assert answers.shape == (4, 1)
    for sample in golden:
        row = int(sample["id"].removeprefix("test-"))
        assert answers[row].item() == pytest.approx(sample["outputs"]["probability"]["data"][0], abs=1e-6)
    assert read_metrics(request) == {"rows": 4, "mean": pytest.approx(float(answers.mean())), "epochs": 2}
    assert not (tmp_path / "data" / "teacher.safetensors").exists()


def test_metadata_of_the_file_stays(prune: Prune) -> None:
    code = TRAIN.replace(
        '"model.safetensors")\n    return {', '"model.safetensors", {"a": "b"})\n    return {'
    )
    request = prune(code, kind="unstructured")
    run_program(request)
    assert b'"__metadata__":{"a":"b"}' in (request.output("model") / "model.safetensors").read_bytes()


def test_another_kind_is_refused(prune: Prune) -> None:
    with pytest.raises(ProgramError, match=r"^kind 'random' is neither structured nor unstructured$"):
        run_program(prune(kind="random"))
