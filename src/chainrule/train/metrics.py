"""Metrics of a prediction: ``f(target, prediction)``, in scikit-learn's order and with its meaning.

Classification takes labels as they are, probabilities or logits of two classes (``threshold`` says
where class 1 begins), or scores (N, C) of several, of which the largest wins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.errors import ShapeError


def accuracy(target: Any, prediction: Any, threshold: float = 0.5) -> float:
    """The fraction of examples whose predicted label is right.

    A floating-point prediction of one column counts as class 1 above ``threshold``: 0.5 for
    probabilities, 0 for logits and for labels ±1 (predicted −1 or +1 there).

    >>> accuracy([0, 1, 1], [0.2, 0.9, 0.4])
    0.6666666666666666
    >>> accuracy([2, 0], [[0.1, 0.2, 0.7], [0.1, 0.9, 0.0]])
    0.5
    """
    truth, guess = _labels(target, prediction, threshold)
    return float(np.mean(truth == guess))


def confusion_matrix(target: Any, prediction: Any, threshold: float = 0.5) -> Any:
    """Counts, shape (C, C): row for the true class, column for the predicted; classes in order.

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[1, 0],
           [1, 1]])
    """
    truth, guess = _labels(target, prediction, threshold)
    classes = np.unique(np.concatenate([truth, guess]))
    counts = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(counts, (np.searchsorted(classes, truth), np.searchsorted(classes, guess)), 1)
    return counts


def precision(target: Any, prediction: Any, threshold: float = 0.5) -> float:
    """Of the examples predicted as class 1, the fraction that is; 0 where none was.

    >>> precision([0, 1, 1], [1, 1, 0])
    0.5
    """
    truth, guess = _two_classes(target, prediction, threshold)
    return float(np.sum(truth & guess) / max(np.sum(guess), 1))


def recall(target: Any, prediction: Any, threshold: float = 0.5) -> float:
    """Of the examples of class 1, the fraction that was found; 0 where there is none.

    >>> recall([0, 1, 1], [1, 1, 0])
    0.5
    """
    truth, guess = _two_classes(target, prediction, threshold)
    return float(np.sum(truth & guess) / max(np.sum(truth), 1))


def f1(target: Any, prediction: Any, threshold: float = 0.5) -> float:
    """2 · precision · recall / (precision + recall), the harmonic mean; 0 where both are.

    >>> f1([0, 1, 1], [0, 1, 0])
    0.6666666666666666
    """
    truth, guess = _two_classes(target, prediction, threshold)
    return float(2 * np.sum(truth & guess) / max(np.sum(truth) + np.sum(guess), 1))


def roc_curve(target: Any, score: Any) -> tuple[Any, Any, Any]:
    """False-positive rates, true-positive rates and the thresholds (score ≥ t) that give them.

    Targets are 0 and 1 (or −1 and 1), scores of any scale. The first point is (0, 0), at t = ∞;
    then one point for each distinct score.

    >>> roc_curve([0, 1, 1], [0.1, 0.9, 0.4])[:2]
    (array([0., 0., 0., 1.]), array([0. , 0.5, 1. , 1. ]))
    """
    truth, score = _truth_and_score("roc_curve", target, score)
    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.cumsum(truth)[last]
    alarms = last + 1 - hits
    false_rate = np.concatenate([[0.0], alarms / (len(truth) - truth.sum())])
    true_rate = np.concatenate([[0.0], hits / truth.sum()])
    return false_rate, true_rate, np.concatenate([[np.inf], score[last]])


def roc_auc(target: Any, score: Any) -> float:
    """The area under the ROC curve: how often a positive example scores above a negative one.

    >>> roc_auc([0, 1, 1, 0], [0.1, 0.9, 0.4, 0.6])
    0.75
    """
    truth, score = _truth_and_score("roc_auc", target, score)
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    # Equal scores share their mean rank: a tie counts as half (Mann and Whitney 1947).
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    positives = int(truth.sum())
    negatives = len(truth) - positives
    excess = ranks[truth == 1].sum() - positives * (positives + 1) / 2
    return float(excess / (positives * negatives))


def log_loss(target: Any, probability: Any) -> float:
    """−mean ln p of the true class; p of class 1, shape (N,) or (N, 1), or of all classes, (N, C).

    p is kept away from 0 and 1 by the precision of its dtype.

    >>> round(log_loss([0, 1], [0.1, 0.8]), 6)
    0.164252
    """
    p = np.asarray(probability)
    p = p if p.dtype.kind == "f" else p.astype(np.float64)
    truth = np.ravel(np.asarray(target))
    if p.ndim == 1 or p.shape[1:] == (1,):
        p = np.ravel(p)
        p = np.stack([1 - p, p], axis=1)
    if len(p) != len(truth):
        raise ShapeError(f"log_loss: {len(truth)} targets, probabilities of shape {p.shape}")
    tiny = np.finfo(p.dtype).eps
    p = np.clip(p / p.sum(axis=1, keepdims=True), tiny, 1 - tiny)
    return float(-np.log(p[np.arange(len(p)), truth.astype(int)]).mean())


def mse(target: Any, prediction: Any) -> float:
    """Mean squared error.

    >>> mse([1.0, 2.0], [1.0, 4.0])
    2.0
    """
    truth, guess = _same_shape("mse", target, prediction)
    return float(np.mean((truth - guess) ** 2))


def mae(target: Any, prediction: Any) -> float:
    """Mean absolute error.

    >>> mae([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    truth, guess = _same_shape("mae", target, prediction)
    return float(np.mean(np.abs(truth - guess)))


def r2(target: Any, prediction: Any) -> float:
    """1 − Σ(y − ŷ)² / Σ(y − ȳ)², the mean over columns: 1 is perfect, 0 as good as the mean.

    A column that does not vary counts 1 where it is met, else 0.

    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
    0.5
    """
    truth, guess = _same_shape("r2", target, prediction)
    left = ((truth - guess) ** 2).sum(axis=0)
    spread = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    flat = spread == 0
    score = np.where(flat, np.where(left == 0, 1.0, 0.0), 1 - left / np.where(flat, 1.0, spread))
    return float(np.mean(score))


# -- labels and shapes -------------------------------------------------------------------------


def _labels(target: Any, prediction: Any, threshold: float) -> tuple[Any, Any]:
    """True and predicted labels, both of shape (N,)."""
    truth, guess = np.asarray(target), np.asarray(prediction)
    if guess.ndim == 2 and guess.shape[1] > 1:
        guess = guess.argmax(axis=1)
        if truth.ndim == 2 and truth.shape[1] > 1:  # one-hot
            truth = truth.argmax(axis=1)
    truth, guess = np.ravel(truth), np.ravel(guess)
    if len(truth) != len(guess) or not len(truth):
        raise ShapeError(
            f"metrics: one label each, got target {np.shape(target)} and prediction "
            f"{np.shape(prediction)}"
        )
    if (truth != np.round(truth)).any():
        raise ValueError("this metric compares labels, the target has values between whole numbers")
    if guess.dtype.kind == "f" and np.isin(truth, (-1, 0, 1)).all():
        low = -1 if (truth == -1).any() else 0
        guess = np.where(guess > threshold, 1, low)
    return truth.astype(np.int64), guess.astype(np.int64)


def _two_classes(target: Any, prediction: Any, threshold: float) -> tuple[Any, Any]:
    truth, guess = _labels(target, prediction, threshold)
    if not set(np.unique(truth)) <= {-1, 0, 1}:
        raise ValueError(
            f"this metric is for classes 0 and 1 (or -1 and 1), got {np.unique(truth)}"
        )
    return truth == 1, guess == 1


def _truth_and_score(name: str, target: Any, score: Any) -> tuple[Any, Any]:
    truth, score = np.ravel(np.asarray(target)), np.ravel(np.asarray(score))
    if len(truth) != len(score):
        raise ShapeError(f"{name}: {len(truth)} targets, {len(score)} scores of class 1")
    truth = (truth == 1).astype(np.int64)
    if truth.all() or not truth.any():
        raise ValueError(f"{name}: needs examples of both classes, 0 (or -1) and 1")
    return truth, score


def _same_shape(name: str, target: Any, prediction: Any) -> tuple[Any, Any]:
    truth, guess = np.asarray(target), np.asarray(prediction)
    if truth.shape != guess.shape:
        raise ShapeError(
            f"{name}: target {truth.shape} and prediction {guess.shape} must have one shape; "
            "reshape one of them, as in y.reshape(-1, 1)"
        )
    if not truth.size:
        raise ValueError(f"{name}: there are no examples")
    return truth, guess
