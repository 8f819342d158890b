"""The user's plain functions: loaded from their files, their exceptions told in one line."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from model_pipeline.contract import ProgramError, Request


class UserCode:
    """One Python file of the user's."""

    def __init__(self, path: Path, module: ModuleType) -> None:
        self.path = path
        self._module = module

    @classmethod
    def load(cls, request: Request) -> "UserCode":
        """Runs the file that the parameter `entry` names; files beside it can be imported."""
        if request.source is None:
            raise ProgramError(f"the request has no source for {request.program}")
        path = request.source / request.parameter("entry")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise ProgramError(f"{path} is not there")
        module = importlib.util.module_from_spec(spec)
        sys.path.insert(0, str(request.source))
        # Dataclasses and the like look their module up by name.
        sys.modules.setdefault(spec.name, module)
        with _told_in_one_line(path):
            spec.loader.exec_module(module)
        return cls(path, module)

    def takes(self, name: str, option: str) -> bool:
        """Whether the file has a function of this name that takes the option by name."""
        function: Callable[..., Any] | None = getattr(self._module, name, None)
        return callable(function) and _takes(function, option)

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Calls one of the file's functions; raises ProgramError with file, line and cause when it raises.

        `options` are what only some functions take; one that the function does not take is refused.
        """
        function: Callable[..., Any] | None = getattr(self._module, name, None)
        if not callable(function):
            raise ProgramError(f"{self.path.name} has no function {name}")
        refused = [option for option in options if not _takes(function, option)]
        if refused:
            raise ProgramError(f"{self.path.name}: {name} takes no {', '.join(refused)}")
        with _told_in_one_line(self.path):
            return function(*arguments, **options)


def _takes(function: Callable[..., Any], option: str) -> bool:
    parameters = inspect.signature(function).parameters
    by_name = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    return option in parameters and parameters[option].kind in by_name


@contextmanager
def _told_in_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    except ProgramError:
        raise
    except (Exception, SystemExit) as error:
        traceback.print_exc()
        raise ProgramError(f"{_place(path, error)}: {cause_of(error)}") from error


def cause_of(error: BaseException) -> str:
    """An exception in one line; of a missing package also where it is missed."""
    cause = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, ModuleNotFoundError):
        return f"{cause}; {sys.executable} needs this package's stages, and your requirements.txt"
    return cause


def _place(path: Path, error: BaseException) -> str:
    """The last line of the user's own code on the way to the error."""
    if isinstance(error, SyntaxError) and error.filename is not None:
        return f"{Path(error.filename).name}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).parent == path.parent]
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else path.name
