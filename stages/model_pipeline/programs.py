"""The stage programs by name."""

import traceback
from collections.abc import Callable
from importlib import import_module

from model_pipeline.contract import ProgramError, Request
from model_pipeline.user_code import cause_of

PROGRAMS = ("preprocess", "train", "tune", "export", "evaluate", "prune", "distill", "quantize", "drift")


def run_program(request: Request) -> None:
    """Runs the program that a request names; raises ProgramError with the cause in one line."""
    if request.program not in PROGRAMS:
        raise ProgramError(f"there is no program {request.program}; there are {', '.join(PROGRAMS)}")
    try:
        # Loaded by name: evaluate must not wait for a framework that only train needs.
        run: Callable[[Request], None] = import_module(f"model_pipeline.{request.program}").run
        run(request)
    except ProgramError as error:
        raise ProgramError(" ".join(str(error).split())) from error
    except Exception as error:
        traceback.print_exc()
        raise ProgramError(" ".join(cause_of(error).split())) from error
