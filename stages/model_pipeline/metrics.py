"""Metrics of a task, by scikit-learn."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn

from model_pipeline.contract import ProgramError

Scores = NDArray[Any]


def measure(task: str, labels: Scores, scores: Scores, threshold: float) -> dict[str, float]:
    """Metrics of one split.

    labels: shape [n]. scores: the model's output, [n] or [n, 1] (probability of the positive class, or
    value), or [n, classes]. threshold: probability from which a sample counts as positive.
    """
    tasks: dict[str, Callable[[], dict[str, float]]] = {
        "binary-classification": lambda: _binary(labels, scores.reshape(len(labels), -1), threshold),
        "multiclass-classification": lambda: _multiclass(labels, scores.reshape(len(labels), -1)),
        "regression": lambda: _regression(labels, scores.reshape(-1)),
    }
    if task not in tasks:
        raise ProgramError(f"task {task!r} is none of {', '.join(tasks)}")
    if not np.isfinite(scores).all():
        raise ProgramError("the model's outputs hold NaN or infinity")
    measured = tasks[task]()
    return {**{name: float(value) for name, value in measured.items()}, "samples": len(labels)}


def _binary(labels: Scores, scores: Scores, threshold: float) -> dict[str, float]:
    if not set(np.unique(labels)) <= {0, 1}:
        raise ProgramError("labels of binary classification are 0 and 1")
    if scores.min() < 0 or scores.max() > 1:
        raise ProgramError("outputs of binary classification are probabilities, 0 to 1")
    # Two columns are the probabilities of both classes; one is that of the positive one.
    probability = scores[:, -1].astype(np.float64)
    predicted = (probability >= threshold).astype(np.int64)
    if len(np.unique(labels)) == 1:
        raise ProgramError("the test split holds one class only: nothing can be told of the other")
    return {
        **_classification(labels, predicted, "binary"),
        "roc_auc": sklearn.roc_auc_score(labels, probability),
        "log_loss": sklearn.log_loss(labels, probability, labels=[0, 1]),
        "majority_baseline": _majority(labels),
    }


def _multiclass(labels: Scores, scores: Scores) -> dict[str, float]:
    classes = list(range(scores.shape[1]))
    if not set(np.unique(labels)) <= set(classes):
        raise ProgramError(f"labels lie outside the model's {len(classes)} classes")
    probability = _probabilities(scores.astype(np.float64))
    return {
        **_classification(labels, scores.argmax(axis=1), "macro"),
        "log_loss": sklearn.log_loss(labels, probability, labels=classes),
        "majority_baseline": _majority(labels),
    }


def _regression(labels: Scores, values: Scores) -> dict[str, float]:
    mse = sklearn.mean_squared_error(labels, values)
    return {
        "mse": mse,
        "rmse": mse**0.5,
        "mae": sklearn.mean_absolute_error(labels, values),
        "r2": sklearn.r2_score(labels, values),
    }


def _classification(labels: Scores, predicted: Scores, average: str) -> dict[str, float]:
    return {
        "accuracy": sklearn.accuracy_score(labels, predicted),
        "precision": sklearn.precision_score(labels, predicted, average=average, zero_division=0),
        "recall": sklearn.recall_score(labels, predicted, average=average, zero_division=0),
        "f1": sklearn.f1_score(labels, predicted, average=average, zero_division=0),
    }


def _majority(labels: Scores) -> float:
    """Accuracy of always answering the most frequent label: what any model has to beat."""
    _, counts = np.unique(labels, return_counts=True)
    return float(counts.max() / counts.sum())


def _probabilities(scores: Scores) -> Scores:
    """Rows that sum to 1: as they are, or by softmax where the model answers logits."""
    if scores.min() < 0 or not np.allclose(scores.sum(axis=1), 1, atol=1e-3):
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Scores = scores / scores.sum(axis=1, keepdims=True)
    return probabilities
