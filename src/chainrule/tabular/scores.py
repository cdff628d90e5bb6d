"""Scores of predictions as functions of how much each row counts, so that rows can be drawn anew.

``scores_of(task, truth, prediction, classes)`` gives for each score a function of weights
(draws, rows) whose values are (draws,): a row of ones is the score itself, other whole numbers
are a bootstrap's resamples. A class without rows has no part in a mean over classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 10
TINY = float(np.finfo(np.float32).eps)

Function = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Score:
    """A score: its name, its name in words, its function of weights, and which way is better."""

    name: str
    title: str
    function: Function
    is_higher_better: bool = True
    of: str = ""  # the class or the output that it speaks of

    def __call__(self, weights: np.ndarray | None = None, rows: int = 0) -> Any:
        """The value for each row of weights; by itself the score of all ``rows``."""
        if weights is None:
            return float(self.function(np.ones((1, rows)))[0])
        return self.function(weights)


def scores_of(
    task: str, truth: np.ndarray, prediction: np.ndarray, names: tuple[str, ...]
) -> list[Score]:
    """All scores of a task.

    ``truth`` holds class numbers (n,), labels 0 and 1 (n, k), or values (n,) or (n, k);
    ``prediction`` probabilities (n, k), or values. ``names`` are of the classes, labels or outputs.

    >>> truth, p = np.array([0, 1, 1]), np.array([[0.8, 0.2], [0.1, 0.9], [0.6, 0.4]])
    >>> found = scores_of("binary", truth, p, ("no", "yes"))
    >>> {score.name: round(score(rows=3), 3) for score in found[:3]}
    {'accuracy': 0.667, 'balanced_accuracy': 0.75, 'auc': 1.0}
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction, np.float64)
    return _TASKS[task](truth, prediction, names)


def one_hot(truth: np.ndarray, count: int) -> np.ndarray:
    """A column for each class, 1 where a row is of it."""
    return (truth[:, None] == np.arange(count)).astype(np.float64)


# -- tasks -------------------------------------------------------------------------------------


def _binary(truth: np.ndarray, p: np.ndarray, names: tuple[str, ...]) -> list[Score]:
    labels = one_hot(truth, 2)
    chosen = one_hot(p.argmax(axis=1), 2)
    return [
        *_hits(labels, chosen),
        Score("auc", "ROC AUC", _auc(labels[:, 1], p[:, 1])),
        Score("average_precision", "average precision", _precision(labels[:, 1], p[:, 1])),
        *_losses(
            _mean(_cross_entropy(labels, p)),
            _mean((p[:, 1] - labels[:, 1]) ** 2),
            _calibration(p[:, 1], labels[:, 1]),
        ),
        *_f1_scores(labels, chosen, names),
    ]


def _multiclass(truth: np.ndarray, p: np.ndarray, names: tuple[str, ...]) -> list[Score]:
    labels = one_hot(truth, len(names))
    chosen = one_hot(p.argmax(axis=1), len(names))
    hit = (labels * chosen).sum(axis=1)
    return [
        *_hits(labels, chosen),
        Score("auc", "ROC AUC, one class against the rest", _over(_auc, labels, p)),
        Score("average_precision", "average precision, mean", _over(_precision, labels, p)),
        *_losses(
            _mean(_cross_entropy(labels, p)),
            _mean(((p - labels) ** 2).sum(axis=1)),
            _calibration(p.max(axis=1), hit),
        ),
        Score("f1_macro", "F1, mean over classes", _over(_f1, labels, chosen)),
        *_f1_scores(labels, chosen, names),
    ]


def _multilabel(truth: np.ndarray, p: np.ndarray, names: tuple[str, ...]) -> list[Score]:
    labels = truth.astype(np.float64)
    chosen = (p > 0.5).astype(np.float64)
    right = labels == chosen
    two = np.stack([1 - labels, labels], 2), np.stack([1 - p, p], 2)
    entropy = np.stack([_cross_entropy(two[0][:, j], two[1][:, j]) for j in range(len(names))], 1)
    return [
        Score("accuracy", "accuracy, mean over labels", _mean(right.mean(axis=1))),
        Score("subset_accuracy", "rows with all labels right", _mean(right.all(axis=1))),
        Score("auc", "ROC AUC, mean over labels", _over(_auc, labels, p)),
        Score("average_precision", "average precision, mean", _over(_precision, labels, p)),
        *_losses(
            _mean(entropy.mean(axis=1)),
            _mean(((p - labels) ** 2).mean(axis=1)),
            _calibration(p, labels),
        ),
        Score("f1_macro", "F1, mean over labels", _over(_f1, labels, chosen)),
        *_f1_scores(labels, chosen, names),
    ]


def _regression(truth: np.ndarray, value: np.ndarray, names: tuple[str, ...]) -> list[Score]:
    y, guess = truth.reshape(len(truth), -1).astype(np.float64), value.reshape(len(value), -1)
    error = guess - y
    found = []
    if len(names) > 1:
        found = [Score("r2", "R², mean over outputs", _over(_r2, y, guess))]
    for j, name in enumerate(names):
        of = name if len(names) > 1 else ""
        end = f":{name}" if of else ""
        lower = {"is_higher_better": False, "of": of}
        rmse, mae = _root(_mean(error[:, j] ** 2)), _mean(np.abs(error[:, j]))
        found.append(Score(f"r2{end}", "R²", _r2(y[:, j], guess[:, j]), of=of))
        found.append(Score(f"rmse{end}", "root mean squared error", rmse, **lower))
        found.append(Score(f"mae{end}", "mean absolute error", mae, **lower))
    return found


_TASKS = {
    "binary": _binary,
    "multiclass": _multiclass,
    "multilabel": _multilabel,
    "regression": _regression,
}


def headline(task: str, truth: np.ndarray, prediction: np.ndarray) -> float:
    """The one score by which columns are compared: area under the ROC curve, accuracy, or R².

    >>> headline("multiclass", np.array([0, 1]), np.eye(2))
    1.0
    """
    outputs = np.asarray(prediction, np.float64).reshape(len(truth), -1)
    if task == "binary":
        function = _auc(truth.astype(np.float64), outputs[:, 1])
    elif task == "multiclass":
        function = _mean(outputs.argmax(axis=1) == truth)
    else:
        make = _r2 if task == "regression" else _auc
        function = _over(make, truth.reshape(len(truth), -1).astype(np.float64), outputs)
    return float(function(np.ones((1, len(truth))))[0])


def _hits(labels: np.ndarray, chosen: np.ndarray) -> list[Score]:
    hit = (labels * chosen).sum(axis=1)
    return [
        Score("accuracy", "accuracy", _mean(hit)),
        Score("balanced_accuracy", "balanced accuracy", _over(_recall, labels, chosen)),
    ]


def _losses(log_loss: Function, brier: Function, calibration: Function) -> list[Score]:
    return [
        Score("log_loss", "log loss", log_loss, False),
        Score("brier", "Brier score", brier, False),
        Score("ece", "expected calibration error", calibration, False),
    ]


def _f1_scores(labels: np.ndarray, chosen: np.ndarray, names: tuple[str, ...]) -> list[Score]:
    return [
        Score(f"f1:{name}", "F1", _f1(labels[:, j], chosen[:, j]), of=name)
        for j, name in enumerate(names)
    ]


# -- one score, as a function of weights ---------------------------------------------------------


def _mean(values: np.ndarray) -> Function:
    values = values.astype(np.float64)
    return lambda w: w @ values / w.sum(axis=1)


def _root(function: Function) -> Function:
    return lambda w: np.sqrt(function(w))


def _over(make: Callable[..., Function], truth: np.ndarray, other: np.ndarray) -> Function:
    """The mean over the columns for which there is a score."""
    functions = [make(truth[:, j], other[:, j]) for j in range(truth.shape[1])]

    def mean(w: np.ndarray) -> np.ndarray:
        values = np.stack([function(w) for function in functions])
        known = ~np.isnan(values)
        return _ratio(np.where(known, values, 0).sum(axis=0), known.sum(axis=0))

    return mean


def _recall(label: np.ndarray, chosen: np.ndarray) -> Function:
    return lambda w: _ratio(w @ (label * chosen), w @ label)


def _f1(label: np.ndarray, chosen: np.ndarray) -> Function:
    """2 · hits / (rows of the class + rows said to be of it)."""
    return lambda w: _ratio(2 * (w @ (label * chosen)), w @ (label + chosen))


def _cross_entropy(labels: np.ndarray, p: np.ndarray) -> np.ndarray:
    return -np.log(np.clip((labels * p).sum(axis=1), TINY, 1.0))


def _calibration(p: np.ndarray, label: np.ndarray) -> Function:
    """Σ over bins of p: |mean p − share of class 1| · the bin's share (Naeini et al. 2015)."""
    p, label = p.reshape(len(p), -1), label.reshape(len(p), -1)
    bins = bins_of(p)
    gap = np.stack([((p - label) * (bins == b)).mean(axis=1) for b in range(BINS)], axis=1)
    return lambda w: np.abs(w @ gap).sum(axis=1) / w.sum(axis=1)


def bins_of(p: np.ndarray) -> np.ndarray:
    """Which of ten equal parts of [0, 1] each probability falls into."""
    return np.minimum((p * BINS).astype(np.int64), BINS - 1)


def _r2(y: np.ndarray, guess: np.ndarray) -> Function:
    """1 − Σ(y − ŷ)² / Σ(y − ȳ)²."""
    squares, y = (y - guess) ** 2, y - y.mean()

    def score(w: np.ndarray) -> np.ndarray:
        spread = w @ y**2 - (w @ y) ** 2 / w.sum(axis=1)
        return 1 - _ratio(w @ squares, np.maximum(spread, 0))

    return score


def _auc(label: np.ndarray, score: np.ndarray) -> Function:
    """How often a row of the class scores above one that is not; a tie counts as half."""
    order, starts = _ties(score)
    label = label[order]

    def area(w: np.ndarray) -> np.ndarray:
        yes = np.add.reduceat(w[:, order] * label, starts, axis=1)
        no = np.add.reduceat(w[:, order] * (1 - label), starts, axis=1)
        below = no.sum(axis=1, keepdims=True) - np.cumsum(no, axis=1)
        return _ratio((yes * (below + no / 2)).sum(axis=1), yes.sum(axis=1) * no.sum(axis=1))

    return area


def _precision(label: np.ndarray, score: np.ndarray) -> Function:
    """Average precision: Σ precision · growth of recall, from the highest score down."""
    order, starts = _ties(score)
    label = label[order]

    def area(w: np.ndarray) -> np.ndarray:
        yes = np.add.reduceat(w[:, order] * label, starts, axis=1)
        all_rows = np.add.reduceat(w[:, order], starts, axis=1)
        reached = np.cumsum(all_rows, axis=1)
        precision = np.cumsum(yes, axis=1) / np.where(reached > 0, reached, 1)
        return _ratio((yes * precision).sum(axis=1), yes.sum(axis=1))

    return area


def _ties(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows from the highest score down, and where each new score begins."""
    order = np.argsort(-score, kind="stable")
    is_new = np.diff(score[order], prepend=np.inf) != 0
    return order, np.flatnonzero(is_new)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """top / bottom, and NaN where there is nothing to divide by."""
    safe = np.where(bottom > 0, bottom, 1)
    return np.where(bottom > 0, top / safe, np.nan)
