"""Entry of a job's code: `python3 <this directory, or its zip> --step <id> …`.

Unpacks the code, installs what the container lacks, and becomes the stage programs' adapter: SageMaker's
for `--kind processing|training`, otherwise the one of a mounted store.
"""

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
FRAMEWORKS = {"torch", "tensorflow", "keras"}


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
    pinned = tomllib.loads((code / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    requirements = [pin for pin in pinned if re.split(r"[^\w-]", pin)[0] not in FRAMEWORKS]
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


main()
