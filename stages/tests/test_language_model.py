"""What the programs do for text generation: the user's files go through as they are."""

from pathlib import Path

import pytest

from model_pipeline.contract import ProgramError, Request
from model_pipeline.programs import run_program
from tests.conftest import read_metrics

PREPROCESS = """
def preprocess(input_dir, output_dir, parameters):
    text = (input_dir / "poem.txt").read_text()
    (output_dir / "train").mkdir()
    (output_dir / "train" / "all.txt").write_text(text * parameters["times"])
    (output_dir / "tokenizer.json").write_text("{}")
"""

TRAIN = """
def train(data_dir, model_dir, hyperparameters):
    assert not (data_dir / "preprocessing").exists()
    (model_dir / "config.json").write_text((data_dir / "train" / "all.txt").read_text())
    return {"loss": 1.5}
"""

EVALUATE = """
def evaluate(model_dir, data_dir, parameters):
    same = (model_dir / "config.json").read_text() == (data_dir / "train" / "all.txt").read_text()
    return {"same": int(same), "perplexity": parameters["perplexity"]}
"""


def make(tmp_path: Path, program: str, outputs: list[str], inputs: list[str], **more: object) -> Request:
    source = tmp_path / "source"
    if not source.exists():
        source.mkdir()
        (tmp_path / "dataset").mkdir()
        (tmp_path / "dataset" / "poem.txt").write_text("Roses are red. ")
        for name, code in (("preprocess", PREPROCESS), ("train", TRAIN), ("evaluate", EVALUATE)):
            (source / f"{name}.py").write_text(code)
    paths = {name: tmp_path / name for name in outputs} | {"metrics": tmp_path / f"metrics-{program}"}
    for path in paths.values():
        path.mkdir()
    entry = {"entry": f"{program}.py", **more}
    return Request(program, program, entry, {name: tmp_path / name for name in inputs}, paths, source)


def preprocess(tmp_path: Path) -> Request:
    task = "text-generation"
    return make(tmp_path, "preprocess", ["data"], ["dataset"], parameters={"times": 2}, task=task)


def evaluate(tmp_path: Path, perplexity: float = 2.5) -> Request:
    parameters = {"perplexity": perplexity}
    task = "text-generation"
    return make(tmp_path, "evaluate", [], ["data", "model"], parameters=parameters, task=task)


def prepare(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "model").mkdir()


def test_data_model_and_metrics_are_the_users_own(tmp_path: Path) -> None:
    requests = [preprocess(tmp_path)]
    run_program(requests[-1])
    requests.append(make(tmp_path, "train", ["model"], ["data"], hyperparameters={}))
    run_program(requests[-1])
    requests.append(evaluate(tmp_path))
    run_program(requests[-1])
    assert [read_metrics(request) for request in requests] == [
        {"data_files": 2, "data_bytes": 32},
        {"loss": 1.5},
        {"same": 1, "perplexity": 2.5},
    ]


def test_a_preprocess_that_writes_nothing_is_refused(tmp_path: Path) -> None:
    request = preprocess(tmp_path)
    (tmp_path / "source" / "preprocess.py").write_text("def preprocess(a, b, c): (b / 'x').mkdir()")
    with pytest.raises(ProgramError, match=r"^preprocess.py wrote nothing into its output directory$"):
        run_program(request)


WRONG_EVALUATE = {
    "def measure(): ...": "evaluate.py has no function evaluate",
    "def evaluate(a, b, c): ...": "evaluate.py: evaluate returned NoneType, not a dict of metrics",
    "def evaluate(a, b, c): return {}": "evaluate.py: evaluate returned an empty dict, not a dict of metrics",
    "def evaluate(a, b, c): return {'loss': float('inf')}": "metrics must be finite numbers: loss is inf",
    "def evaluate(a, b, c):\n    1 / 0": "evaluate.py:2: ZeroDivisionError: division by zero",
}


@pytest.mark.parametrize("code", WRONG_EVALUATE)
def test_what_is_wrong_with_evaluate_is_one_line(tmp_path: Path, code: str) -> None:
    prepare(tmp_path)
    request = evaluate(tmp_path)
    (tmp_path / "source" / "evaluate.py").write_text(code)
    with pytest.raises(ProgramError) as error:
        run_program(request)
    assert str(error.value) == WRONG_EVALUATE[code]
