"""Metrics against scikit-learn's."""

import numpy as np
import pytest

from chainrule.train import metrics

reference = pytest.importorskip("sklearn.metrics")

RNG = np.random.default_rng(0)
BINARY = RNG.integers(0, 2, 80)
SCORES = np.clip(np.round(0.5 * BINARY + RNG.normal(0.25, 0.3, 80), 1), 0.05, 0.95)  # with ties
CLASSES = RNG.integers(0, 4, 80)
GUESSES = np.where(RNG.random(80) < 0.6, CLASSES, RNG.integers(0, 4, 80))
PROBABILITIES = RNG.dirichlet(np.ones(4), 80)
TARGETS = RNG.normal(size=(80, 3))
FITS = TARGETS + 0.3 * RNG.normal(size=(80, 3))


@pytest.mark.parametrize(
    ("ours", "theirs", "target", "prediction"),
    [
        ("accuracy", "accuracy_score", CLASSES, GUESSES),
        ("confusion_matrix", "confusion_matrix", CLASSES, GUESSES),
        ("confusion_matrix", "confusion_matrix", BINARY, 1 - BINARY),
        ("precision", "precision_score", BINARY, RNG.integers(0, 2, 80)),
        ("recall", "recall_score", BINARY, RNG.integers(0, 2, 80)),
        ("f1", "f1_score", BINARY, RNG.integers(0, 2, 80)),
        ("roc_auc", "roc_auc_score", BINARY, SCORES),
        ("roc_auc", "roc_auc_score", 2 * BINARY - 1, 7 * SCORES - 3),
        ("log_loss", "log_loss", BINARY, SCORES),
        ("log_loss", "log_loss", CLASSES, PROBABILITIES),
        ("mse", "mean_squared_error", TARGETS, FITS),
        ("mae", "mean_absolute_error", TARGETS, FITS),
        ("r2", "r2_score", TARGETS, FITS),
        ("r2", "r2_score", TARGETS[:, 0], FITS[:, 0]),
    ],
)
def test_agrees_with_scikit_learn(ours, theirs, target, prediction):
    found = getattr(metrics, ours)(target, prediction)
    np.testing.assert_allclose(found, getattr(reference, theirs)(target, prediction), rtol=1e-12)


def test_roc_curve():
    found = metrics.roc_curve(BINARY, SCORES)
    expected = reference.roc_curve(BINARY, SCORES, drop_intermediate=False)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_scores_become_labels():
    largest = PROBABILITIES.argmax(axis=1)
    column = SCORES.reshape(-1, 1)
    assert metrics.accuracy(BINARY, column) == np.mean((SCORES > 0.5) == BINARY)
    logits = np.log(SCORES / (1 - SCORES))
    right = np.mean((logits > 0) == BINARY)
    assert metrics.accuracy(BINARY.reshape(-1, 1), logits, threshold=0.0) == right
    signs = 2 * BINARY - 1
    assert metrics.accuracy(signs, logits, threshold=0.0) == right
    assert metrics.accuracy(CLASSES, PROBABILITIES) == np.mean(largest == CLASSES)
    assert metrics.accuracy(np.eye(4)[CLASSES], PROBABILITIES) == np.mean(largest == CLASSES)
    as_floats = metrics.accuracy(CLASSES.astype(float), GUESSES.astype(float))
    assert as_floats == np.mean(CLASSES == GUESSES)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: metrics.accuracy([0, 1], [0, 1, 1]), "one label each"),
        (lambda: metrics.accuracy([0.3, 1], [0, 1]), "labels"),
        (lambda: metrics.f1([0, 2], [0, 1]), "0 and 1"),
        (lambda: metrics.roc_auc([1, 1], [0.2, 0.3]), "both classes"),
        (lambda: metrics.mse(np.ones(3), np.ones((3, 1))), "one shape"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
