"""Entry of a job: `python3 launch.py --step <id> …`, beside the archive of its code.

Unpacks the code into a directory of its own and becomes what the archive holds.
"""

import os
import pathlib
import sys
import tarfile
import tempfile

archive = pathlib.Path(__file__).with_name("code.tar")
code = tempfile.mkdtemp(prefix="model-pipeline-")
with tarfile.open(archive) as packed:
    packed.extractall(code, filter="data")
os.execv(sys.executable, [sys.executable, code, *sys.argv[1:]])
