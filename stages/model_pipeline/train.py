"""Training, by the user's `train(data_dir, model_dir, hyperparameters) -> metrics`."""

import tempfile
from pathlib import Path

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.user_code import UserCode

PICKLES = {".pt", ".pth", ".bin", ".pkl", ".pickle", ".joblib"}


def run(request: Request) -> None:
    """Calls the user's function with the splits and `preprocessing/` in one directory."""
    model = request.output("model")
    code = UserCode.load(request)
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        for path in request.input("data").iterdir():
            (data / path.name).symlink_to(path)
        (data / "preprocessing").symlink_to(request.input("preprocessing"))
        metrics = code.call("train", data, model, dict(request.parameter("hyperparameters")))
    pickles = sorted(path.name for path in model.rglob("*") if path.suffix in PICKLES)
    if pickles:
        raise ProgramError(
            f"{', '.join(pickles)}: pickles run code when they are read; save safetensors instead"
        )
    if not any(model.iterdir()):
        raise ProgramError(f"{code.path.name} wrote nothing into its model directory")
    if not isinstance(metrics, dict):
        kind = type(metrics).__name__
        raise ProgramError(f"{code.path.name}: train returned {kind}, not a dict of metrics")
    write_metrics(request, metrics)
