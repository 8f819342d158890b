"""The stage programs of cdk-model-pipeline: the same program on every target, knowing no cloud."""

import os

# onnxruntime's official builds report to their makers; read when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
