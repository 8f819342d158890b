"""Entry of a tuning's jobs, which the container's own toolkit starts: it becomes the job's code."""

import os
import pathlib
import sys

(code,) = pathlib.Path(os.environ["SM_CHANNEL_CODE"]).iterdir()
step = os.environ["MODEL_PIPELINE_STEP"]
os.execv(sys.executable, [sys.executable, str(code), "--step", step, "--kind", "training"])
