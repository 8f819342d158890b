"""python -m model_pipeline PROGRAM --request request.json"""

import argparse
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from model_pipeline.contract import ProgramError, Request, read_request

PROGRAMS = ("preprocess", "train", "export", "evaluate", "quantize")


def main(arguments: list[str] | None = None) -> int:
    """Runs one program. Returns 0, or 1 after a last line `error: <cause>` on standard error."""
    parser = argparse.ArgumentParser(prog="python -m model_pipeline", description=__doc__)
    parser.add_argument("program", choices=PROGRAMS)
    parser.add_argument("--request", type=Path, required=True, help="JSON file: docs/reference/formats.md")
    options = parser.parse_args(arguments)
    try:
        # Loaded by name: evaluate must not wait for a framework that only train needs.
        run: Callable[[Request], None] = import_module(f"model_pipeline.{options.program}").run
        run(read_request(options.request))
    except ProgramError as error:
        return _fail(str(error))
    except Exception as error:
        traceback.print_exc()
        return _fail(f"{type(error).__name__}: {error}")
    return 0


def _fail(cause: str) -> int:
    sys.stderr.write(f"error: {' '.join(cause.split())}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
