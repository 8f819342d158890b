"""python -m model_pipeline PROGRAM --request request.json"""

import argparse
import sys
from pathlib import Path

from model_pipeline.contract import ProgramError, read_request
from model_pipeline.programs import PROGRAMS, run_program


def main(arguments: list[str] | None = None) -> int:
    """Runs one program. Returns 0, or 1 after a last line `error: <cause>` on standard error."""
    parser = argparse.ArgumentParser(prog="python -m model_pipeline", description=__doc__)
    parser.add_argument("program", choices=PROGRAMS)
    parser.add_argument("--request", type=Path, required=True, help="JSON file: docs/reference/formats.md")
    options = parser.parse_args(arguments)
    try:
        request = read_request(options.request)
        if request.program != options.program:
            raise ProgramError(f"the request is for {request.program}, not for {options.program}")
        run_program(request)
    except ProgramError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
