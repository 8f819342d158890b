"""Raw data to splits and preprocessing, by the user's `preprocess(input_dir, output_dir, parameters)`."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import check_splits, read_split, write_split
from model_pipeline.preprocessing import Preprocessing
from model_pipeline.user_code import UserCode


def run(request: Request) -> None:
    """Calls the user's function, then checks all that it wrote: three splits and `preprocessing/`."""
    data, preprocessing = request.output("data"), request.output("preprocessing")
    code = UserCode.load(request)
    code.call("preprocess", request.input("dataset"), data, request.parameters.get("parameters", {}))
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
    write_metrics(request, {f"{split}_samples": size for split, size in sizes.items()})


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
