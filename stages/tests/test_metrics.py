"""Metrics, on worked examples whose values are known."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from model_pipeline.contract import ProgramError
from model_pipeline.metrics import measure

LABELS = np.array([1, 0, 1, 1, 0])
PROBABILITIES = np.array([0.9, 0.1, 0.8, 0.9, 0.1])


def test_mean_squared_error_of_five_houses() -> None:
    prices = np.array([200_000.0, 250_000.0, 300_000.0, 350_000.0, 400_000.0])
    predicted = np.array([220_000.0, 255_000.0, 285_000.0, 360_000.0, 410_000.0])
    measured = measure("regression", prices, predicted, 0.5)
    assert measured["mse"] == 170_000_000
    assert measured["rmse"] == pytest.approx(13_038.40, abs=0.01)
    assert measured["mae"] == 12_000


def test_cross_entropy_of_the_positive_labels_and_of_all() -> None:
    positive = PROBABILITIES[LABELS == 1]
    assert -np.log(positive).sum() == pytest.approx(0.4339, abs=1e-4)
    measured = measure("binary-classification", LABELS, PROBABILITIES, 0.5)
    assert measured["log_loss"] * 5 == pytest.approx(0.6446, abs=1e-4)
    assert measured["log_loss"] == pytest.approx(log_loss(LABELS, PROBABILITIES))


def test_one_step_of_gradient_descent_raises_both_parameters() -> None:
    x = torch.tensor([2.0, 4.0, 6.0, 8.0, 10.0], dtype=torch.float64)
    y = torch.tensor([200e3, 250e3, 300e3, 350e3, 400e3], dtype=torch.float64)
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    loss = ((y - theta[0] - theta[1] * x) ** 2).mean()
    (gradient,) = torch.autograd.grad(loss, theta)
    updated = theta.detach() - 0.01 * gradient
    # -2/n · sum(y - prediction) and -2/n · sum((y - prediction) · x), from predictions of 0
    assert updated.tolist() == pytest.approx([0.01 * 2 / 5 * 1_500_000, 0.01 * 2 / 5 * 10_000_000])
    assert updated.tolist() == pytest.approx([6_000, 40_000])


def test_binary_classification() -> None:
    measured = measure(
        "binary-classification", np.array([1, 0, 1, 0]), np.array([[0.9], [0.6], [0.4], [0.1]]), 0.5
    )
    assert measured == {
        "accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5, "roc_auc": 0.75,
        "log_loss": pytest.approx(0.5108, abs=1e-4), "majority_baseline": 0.5, "samples": 4,
    }  # fmt: skip


def test_the_threshold_itself_counts_as_positive() -> None:
    assert measure("binary-classification", np.array([1, 0]), np.array([0.7, 0.1]), 0.7)["recall"] == 1


def test_multiclass_takes_logits_and_probabilities() -> None:
    labels = np.array([0, 1, 2])
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 2.0, 1.0]])
    exponentials = np.exp(logits)
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    from_logits = measure("multiclass-classification", labels, logits, 0.5)
    assert from_logits == pytest.approx(measure("multiclass-classification", labels, probabilities, 0.5))
    assert from_logits["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("task", "labels", "scores", "cause"),
    [
        ("binary-classification", [0, 2], [0.1, 0.2], "labels of binary classification are 0 and 1"),
        ("binary-classification", [0, 1], [0.1, 1.2], "outputs of binary classification are probabilities"),
        ("binary-classification", [0, 1], [0.1, np.nan], "the model's outputs hold NaN or infinity"),
        ("binary-classification", [1, 1], [0.1, 0.2], "the test split holds one class only"),
        ("multiclass-classification", [0, 3], [[1, 0], [0, 1]], "labels lie outside the model's 2 classes"),
        ("ranking", [0], [1], "task 'ranking' is none of binary-classification, multiclass-"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    task: str, labels: list[int], scores: list[float], cause: str
) -> None:
    with pytest.raises(ProgramError, match=cause):
        measure(task, np.array(labels), np.array(scores, dtype=np.float64), 0.5)
