"""Training, by the user's `train(data_dir, model_dir, hyperparameters) -> metrics`.

What a definition asks for beyond that is passed by name, and `train` must take it: `checkpoint_dir`
(checkpoints), `start_dir` (transfer learning), `frozen_layers` (its frozen layers).
"""

import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from model_pipeline.contract import ProgramError, Request, plain_metrics, progress, write_metrics
from model_pipeline.model_files import refuse_code
from model_pipeline.user_code import UserCode


def run(request: Request) -> None:
    """Trains in this process, or in as many as the request's distribution says."""
    if "distribution" not in request.parameters:
        finish(request, train(request, request.output("model")))
        return
    # Loaded by name: who trains in one process must not wait for torch here.
    import_module("model_pipeline.launch").launch(request)
    # The machine that leads has written the model.
    if request.cluster.rank == 0:
        check_model(request)


def train(request: Request, model: Path, *files: Path) -> Any:
    """Calls the user's function with what `preprocess` wrote and these files in one directory."""
    code = UserCode.load(request)
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        for path in (*request.input("data").iterdir(), *files):
            (data / path.name).symlink_to(path)
        # A language model has none: it travels with its tokenizer.
        if "preprocessing" in request.inputs:
            (data / "preprocessing").symlink_to(request.input("preprocessing"))
        hyperparameters = dict(request.parameter("hyperparameters"))
        return code.call("train", data, model, hyperparameters, **_options(request))


def finish(request: Request, metrics: Any) -> None:
    """Writes what `train` returned, and tells it in the line that a tuning reads its objective from."""
    check_model(request)
    if not isinstance(metrics, dict):
        entry, kind = Path(request.parameter("entry")).name, type(metrics).__name__
        raise ProgramError(f"{entry}: train returned {kind}, not a dict of metrics")
    write_metrics(request, metrics)
    progress("trained", fraction=1.0, metrics=plain_metrics(metrics))


def check_model(request: Request) -> None:
    """Refuses an empty model and one that holds code."""
    model = request.output("model")
    refuse_code(model, "save safetensors instead")
    if not any(model.iterdir()):
        entry = Path(request.parameter("entry")).name
        raise ProgramError(f"{entry} wrote nothing into its model directory")


def _options(request: Request) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if request.checkpoints is not None:
        options["checkpoint_dir"] = request.checkpoints
    if "start" in request.inputs:
        start = request.input("start")
        refuse_code(start, "start from safetensors instead")
        if not any(start.rglob("*")):
            raise ProgramError("there are no start weights: the place that transferLearning names is empty")
        options["start_dir"] = start
    frozen = request.parameters.get("frozenLayers")
    if frozen:
        options["frozen_layers"] = list(frozen)
    return options
