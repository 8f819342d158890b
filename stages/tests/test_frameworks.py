"""Whoever has one framework need not have the other."""

import subprocess
import sys

import pytest

from model_pipeline.contract import ProgramError
from model_pipeline.programs import run_program
from tests.conftest import Make

NEUTRAL = ("sagemaker", "preprocess", "train", "tune", "export", "evaluate", "distill", "quantize", "drift")


def test_what_runs_for_every_framework_imports_none() -> None:
    imports = ", ".join(f"model_pipeline.{name}" for name in NEUTRAL)
    code = f"import sys, {imports}; print({{'torch', 'tensorflow', 'keras'}} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603
    assert found.stdout == "set()\n"


MISSING = {
    "pytorch": ("torch", "torch is not installed: install the stage programs"),
    "tensorflow": ("keras", "keras is not installed: install the stage programs with their extra tensorflow"),
}


@pytest.mark.parametrize("framework", MISSING)
def test_a_framework_that_is_not_installed_is_told(
    request_for: Make, monkeypatch: pytest.MonkeyPatch, framework: str
) -> None:
    module, message = MISSING[framework]
    for program in ("preprocess", "train"):
        run_program(request_for(program))
    for name in ("torch_model", "keras_model"):
        monkeypatch.delitem(sys.modules, f"model_pipeline.{name}", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ProgramError) as error:
        run_program(request_for("export", framework=framework))
    assert str(error.value) == message


def test_a_framework_that_is_not_known_is_told(request_for: Make) -> None:
    for program in ("preprocess", "train"):
        run_program(request_for(program))
    with pytest.raises(ProgramError, match="there is no framework jax; there are pytorch, tensorflow"):
        run_program(request_for("export", framework="jax"))
