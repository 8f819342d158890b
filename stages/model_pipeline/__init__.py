"""The stage programs of cdk-model-pipeline: the same program on every target, knowing no cloud."""
