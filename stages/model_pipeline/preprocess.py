"""Raw data to splits and preprocessing, by the user's `preprocess(input_dir, output_dir, parameters)`."""

import shutil

from model_pipeline.contract import ProgramError, Request, write_metrics
from model_pipeline.data import check_splits, read_split
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
    sizes = check_splits(data)
    Preprocessing.load(preprocessing).encode([read_split(data, "test")[0].input])
    write_metrics(request, {f"{split}_samples": size for split, size in sizes.items()})
