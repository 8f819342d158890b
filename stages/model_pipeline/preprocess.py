"""Raw data to splits and preprocessing, by the user's `preprocess(input_dir, output_dir, parameters)`.

It writes three splits and `preprocessing/`; for text generation whatever `train` and `evaluate` read.

Where a definition collects feedback, a function that takes `feedback_dir` is given a directory with
`feedback.jsonl`: the labelled samples of production, in the form of a split. It may be empty.
"""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import check_splits, read_split, write_split
from model_pipeline.feedback import collect_feedback
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.user_code import UserCode


def run(request: Request) -> None:
    """Calls the user's function, then checks all that it wrote."""
    data = request.output("data")
    code = UserCode.load(request)
    feedback = _call(request, code, data)
    if request.parameters.get("task") == "text-generation":
        write_metrics(request, _measure_files(data, code))
        return
    preprocessing = request.output("preprocessing")
    written = data / "preprocessing"
    if not written.is_dir():
        raise ProgramError(f"{code.path.name} wrote no preprocessing/ into its output directory")
    shutil.copytree(written, preprocessing, dirs_exist_ok=True)
    shutil.rmtree(written)
    check_splits(data)
    if "augmentation" in request.parameters:
        augment(code, data, **request.parameter("augmentation"))
    sizes = check_splits(data)
    Preprocessing.load(preprocessing).encode([read_split(data, "test")[0].input])
    write_metrics(request, {**{f"{split}_samples": size for split, size in sizes.items()}, **feedback})


def _call(request: Request, code: UserCode, data: Path) -> dict[str, int]:
    """Calls the user's function; returns what to measure of the feedback it was given."""
    arguments = (request.input("dataset"), data, request.parameters.get("parameters", {}))
    if "feedback" not in request.inputs or not code.takes("preprocess", "feedback_dir"):
        code.call("preprocess", *arguments)
        return {}
    with tempfile.TemporaryDirectory() as directory:
        samples, malformed = collect_feedback(request.input("feedback"), Path(directory))
        code.call("preprocess", *arguments, feedback_dir=Path(directory))
    return {"feedback_samples": samples, "feedback_malformed": malformed}


def _measure_files(data: Path, code: UserCode) -> dict[str, int]:
    sizes = [path.stat().st_size for path in data.rglob("*") if path.is_file()]
    if not any(sizes):
        raise ProgramError(f"{code.path.name} wrote nothing into its output directory")
    return {"data_files": len(sizes), "data_bytes": sum(sizes)}


def augment(code: UserCode, data: Path, copies: int, parameters: dict[str, Any]) -> None:
    """Adds copies of every training sample, each changed by the user's `augment(input, seed, parameters)`.

    The label stays. Seeds differ from copy to copy and are the same in every run.
    """
    samples = read_split(data, "train")
    changed = []
    for seed, (sample, copy) in enumerate((sample, copy) for sample in samples for copy in range(copies)):
        answer = code.call("augment", dict(sample.input), seed, parameters)
        if not isinstance(answer, dict):
            raise ProgramError(f"{code.path.name}: augment returned {type(answer).__name__}, not an input")
        changed.append(replace(sample, id=f"{sample.id}~{copy + 1}", input=answer))
    write_split(data, "train", [*samples, *changed])
