"""Curves of predictions for charts: plain numbers, thinned so that a page stays small."""

from __future__ import annotations

from typing import Any

import numpy as np

from .evaluation import wilson
from .scores import BINS, bins_of

MOST_POINTS = 400


def roc(label: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False positive rates and true positive rates, from the highest score down.

    >>> roc(np.array([0, 1, 1]), np.array([0.1, 0.9, 0.4]))[1].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    hits, alarms = _counts(label, score)
    return _thin(np.r_[0, alarms / max(alarms[-1], 1)], np.r_[0, hits / max(hits[-1], 1)])


def precision_recall(label: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Recalls and precisions, from the highest score down.

    >>> precision_recall(np.array([0, 1, 1]), np.array([0.1, 0.9, 0.4]))[0].tolist()
    [0.0, 0.5, 1.0, 1.0]
    """
    hits, alarms = _counts(label, score)
    precision = hits / (hits + alarms)
    return _thin(np.r_[0, hits / max(hits[-1], 1)], np.r_[precision[0], precision])


def confusion(truth: np.ndarray, chosen: np.ndarray, count: int) -> np.ndarray:
    """Numbers of rows, (classes, classes): a row for the true class, a column for the predicted.

    >>> confusion(np.array([0, 1, 1]), np.array([0, 1, 0]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    found = np.zeros((count, count), np.int64)
    np.add.at(found, (truth, chosen), 1)
    return found


def calibration(label: np.ndarray, p: np.ndarray) -> list[dict[str, Any]]:
    """For each tenth of [0, 1] with rows: the mean p, the share of class 1 with Wilson's interval.

    >>> found = calibration(np.array([0, 1, 1]), np.array([0.15, 0.9, 0.94]))
    >>> [(row["rows"], round(row["p"], 2), row["share"]) for row in found]
    [(1, 0.15, 0.0), (2, 0.92, 1.0)]
    """
    label, p = np.ravel(label), np.ravel(p)
    bins = bins_of(p)
    found = []
    for each in range(BINS):
        inside = bins == each
        rows = int(inside.sum())
        if rows:
            share = float(label[inside].mean())
            low, high = wilson(share, rows)
            row = {"rows": rows, "p": float(p[inside].mean()), "share": share}
            found.append({**row, "low": low, "high": high})
    return found


def _counts(label: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """At each different score, the rows of class 1 and of the rest that score as high or higher."""
    order = np.argsort(-score, kind="stable")
    label, score = label[order].astype(np.int64), score[order]
    last = np.append(np.flatnonzero(np.diff(score)), len(score) - 1)
    hits = np.cumsum(label)[last]
    return hits, last + 1 - hits


def _thin(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(x) <= MOST_POINTS:
        return x, y
    kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    return x[kept], y[kept]
