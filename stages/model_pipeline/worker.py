"""One process of a distributed training: `torchrun -m model_pipeline.worker request.json directory`."""

import os
import sys
import tempfile
from pathlib import Path

from model_pipeline import distributed
from model_pipeline.contract import ProgramError, read_request
from model_pipeline.train import finish, train


def main(file: Path, causes: Path) -> int:
    """Trains; only what the first process writes and returns is the model and its metrics."""
    request = read_request(file)
    try:
        distributed.join(request.parameter("distribution")["strategy"])
        if distributed.rank() == 0:
            finish(request, train(request, request.output("model")))
        else:
            with tempfile.TemporaryDirectory() as scratch:
                train(request, Path(scratch))
        distributed.leave()
    except ProgramError as error:
        (causes / f"cause-{os.environ['RANK']}").write_text(str(error), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[1]), Path(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    # A process group that others have left already may hang when it is torn down.
    os._exit(code)
