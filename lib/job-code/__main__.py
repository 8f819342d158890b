"""Entry of a job's code: `python3 <this directory, or its zip> --step <id> …`.

Unpacks the code, installs what the container lacks, and becomes the stage programs' adapter: SageMaker's
for `--kind processing|training`, otherwise the one of a mounted store.
"""

import importlib.metadata
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile

# The container brings its framework, built for its drivers.
FRAMEWORKS = {"torch", "tensorflow-cpu", "keras"}


def main() -> None:
    packed = pathlib.Path(__file__).parent
    code = pathlib.Path(tempfile.mkdtemp(prefix="model-pipeline-"))
    if packed.is_dir():
        shutil.copytree(packed, code, dirs_exist_ok=True)
    else:
        zipfile.ZipFile(packed).extractall(code)
    install(code)
    os.chdir(code)
    name = "sagemaker" if "--kind" in sys.argv else "mounted"
    adapter = ["-m", f"model_pipeline.{name}", "--plan", str(code / "plan.json")]
    os.environ["PYTHONPATH"] = str(code)
    os.execv(sys.executable, [sys.executable, *adapter, *sys.argv[1:]])


def install(code: pathlib.Path) -> None:
    project = tomllib.loads((code / "pyproject.toml").read_text("utf-8"))["project"]
    steps = json.loads((code / "plan.json").read_text("utf-8"))["steps"]
    # The extra of a framework has its name.
    extras = {step["framework"] for step in steps if step["kind"] == "job"}
    optional = [pins for extra, pins in project.get("optional-dependencies", {}).items() if extra in extras]
    pinned = sum(optional, project["dependencies"])
    requirements = [pin for pin in pinned if re.split(r"[^\w-]", pin)[0] not in FRAMEWORKS]
    requirements += tensorflow_limits() if "tensorflow" in extras else []
    own = code / "source" / "requirements.txt"
    wheels = code / "wheels"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore"),
            *(["--no-index", "--find-links", str(wheels)] if wheels.is_dir() else []),
            *(["--requirement", str(own)] if own.is_file() else []),
            *requirements,
        ],
        check=True,
    )


def tensorflow_limits() -> list[str]:
    """The versions of protobuf that the container's TensorFlow can read; pip does not ask what is there."""
    names = importlib.metadata.packages_distributions().get("tensorflow", [])
    needs = [need for name in names for need in importlib.metadata.requires(name) or []]
    return [need for need in needs if need.startswith("protobuf")]


main()
