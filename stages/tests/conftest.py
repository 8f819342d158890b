"""A tiny text classifier of the user's, and requests for the programs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_pipeline.contract import Request

SIGNATURE = {
    "inputs": {"tokens": {"dtype": "int64", "shape": ["batch", 4]}},
    "outputs": {"probability": {"dtype": "float32", "shape": ["batch", 1]}},
}

PREPROCESS = """
import json
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = ["[PAD]", "[UNK]", "buy", "now", "hello", "you"]

def preprocess(input_dir, output_dir, parameters):
    rows = [line.split(",") for line in (input_dir / "rows.csv").read_text().split()]
    for index, split in enumerate(("train", "validation", "test")):
        with (output_dir / f"{split}.jsonl").open("w") as file:
            for number, (text, label) in enumerate(rows):
                sample = {"id": f"{split}-{number}", "input": {"text": text.replace("-", " ")}}
                file.write(json.dumps({**sample, "label": int(label)}) + "\\n")
    directory = output_dir / "preprocessing"
    directory.mkdir()
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(directory / "tokenizer.json"))
    tokens = {"kind": "text", "field": "text", "tokenizer": "tokenizer.json", "length": 4,
              "pad": "right", "padId": 0, "truncate": "right"}
    document = {"schemaVersion": 1, "inputs": {"tokens": tokens}}
    (directory / "preprocessing.json").write_text(json.dumps(document))
"""

TRAIN = """
import torch
from safetensors.torch import load_file, save_file

class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(6, 256)
        self.dense = torch.nn.Linear(256, 1)

    def forward(self, tokens):
        return torch.sigmoid(self.dense(self.embedding(tokens).mean(dim=1)))

def train(data_dir, model_dir, hyperparameters):
    torch.manual_seed(0)
    assert (data_dir / "train.jsonl").is_file() and (data_dir / "preprocessing").is_dir()
    model = Classifier()
    save_file(model.state_dict(), model_dir / "model.safetensors")
    return {"epochs": hyperparameters["epochs"]}

def load(model_dir):
    model = Classifier()
    model.load_state_dict(load_file(model_dir / "model.safetensors"))
    return model
"""

PARAMETERS: dict[str, dict[str, Any]] = {
    "preprocess": {"entry": "preprocess.py", "parameters": {}},
    "train": {"entry": "train.py", "hyperparameters": {"epochs": 1}},
    "tune": {
        "entry": "train.py",
        "hyperparameters": {"epochs": 1},
        "tuning": {
            "objective": "score",
            "goal": "maximize",
            "ranges": {"rate": {"kind": "continuous", "min": 0.001, "max": 0.1, "scale": "log"}},
            "trials": 3,
        },
    },
    "export": {
        "entry": "train.py",
        "opset": 18,
        "signature": SIGNATURE,
        "goldenSamples": 3,
        "tolerance": {"absolute": 1e-4, "relative": 0},
    },
    "evaluate": {"task": "binary-classification", "threshold": 0.5, "signature": SIGNATURE},
    "quantize": {"precision": "int8", "method": "dynamic", "signature": SIGNATURE},
}

OUTPUTS = {
    "preprocess": ["data", "preprocessing"],
    "train": ["model"],
    "tune": ["model"],
    "export": ["onnx", "golden"],
    "evaluate": [],
    "quantize": ["onnx", "golden"],
}

INPUTS = {
    "preprocess": ["dataset"],
    "train": ["data", "preprocessing"],
    "tune": ["data", "preprocessing"],
    "export": ["data", "preprocessing", "model"],
    "evaluate": ["data", "preprocessing", "onnx"],
    "quantize": ["data", "preprocessing", "onnx", "golden"],
}

Make = Callable[..., Request]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The user's code."""
    directory = tmp_path / "source"
    directory.mkdir()
    (directory / "preprocess.py").write_text(PREPROCESS)
    (directory / "train.py").write_text(TRAIN)
    return directory


@pytest.fixture
def request_for(tmp_path: Path, source: Path) -> Make:
    """A request whose inputs are what earlier programs wrote below the same directory."""
    dataset = tmp_path / "dataset"
    dataset.mkdir()
    (dataset / "rows.csv").write_text("buy-now,1\nhello-you,0\nbuy-you,1\nhello-hello-now,0\n")

    def make(program: str, **parameters: Any) -> Request:
        outputs = {name: tmp_path / name for name in OUTPUTS[program]}
        outputs["metrics"] = tmp_path / f"metrics-{program}"
        if program == "quantize":
            outputs = {name: tmp_path / f"quantized-{name}" for name in outputs}
        for path in outputs.values():
            path.mkdir(exist_ok=True)
        inputs = {name: tmp_path / name for name in INPUTS[program]}
        return Request(program, program, {**PARAMETERS[program], **parameters}, inputs, outputs, source)

    return make


def read_metrics(request: Request) -> dict[str, float]:
    """What the program measured."""
    metrics: dict[str, float] = json.loads((request.output("metrics") / "metrics.json").read_text())
    return metrics
