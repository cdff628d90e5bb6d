"""Temperature: one number that makes a network's probabilities as sure as they are right."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LOW, HIGH = 0.05, 20.0


def temperature(z: Any, y: Any, weight: Any = None) -> float:
    """The T for which probabilities of z/T give the smallest log loss. Guo et al. 2017.

    ``z`` are logits (n, k): of several classes with labels ``y`` (n,), or each of two (or of a
    label) with y of the same shape. In s = 1/T the loss is convex: where its slope is 0 is found by
    bisection, between T = 0.05 and 20. Of n examples each counts as if it had been right n + 1
    times of n + 2 (Platt 1999), so that a few that are all right do not make it sure of everything.

    >>> z = np.array([[3.0], [3.0], [3.0], [3.0]])  # too sure: three of four are right
    >>> round(temperature(z, np.array([[1], [1], [1], [0]])), 3)  # 3 / ln(p / (1 - p)), p = 2/3
    4.328
    """
    rows = _Rows(z, y, weight)
    low, high = math.log(1 / HIGH), math.log(1 / LOW)
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if rows.slope(math.exp(middle)) > 0 else (middle, high)
    return math.exp(-(low + high) / 2)


def calibrated_loss(z: Any, y: Any, weight: Any = None) -> float:
    """The mean log loss of z/T, with the best T: what is wrong that calibration cannot mend.

    A network that is trained on grows too sure before it stops getting better at telling the
    classes apart; the epoch where this loss is smallest is the better one to stop at. Berta,
    Holzmüller, Jordan and Bach 2025, "Rethinking early stopping: refine, then calibrate".

    >>> z, y = np.array([[-9.0], [9.0], [9.0], [9.0]]), np.array([[0], [1], [1], [0]])
    >>> round(calibrated_loss(z, y), 3), round(calibrated_loss(z / 9, y), 3)
    (0.637, 0.637)
    """
    return _Rows(z, y, weight).loss(1 / temperature(z, y, weight))


class _Rows:
    """Logits, what is true of them (smoothed), and weights."""

    def __init__(self, z: Any, y: Any, weight: Any) -> None:
        self.z = np.asarray(z, np.float64)
        count, wide = self.z.shape
        self.weight = np.ones(count) if weight is None else np.asarray(weight, np.float64)
        self.of_classes = np.ndim(y) == 1
        truth = np.eye(wide)[y] if self.of_classes else np.asarray(y)
        self.truth = (truth * count + 1) / (count + (wide if self.of_classes else 2))

    def slope(self, s: float) -> float:
        """The derivative of the loss of s·z by s, but for a positive factor."""
        z = s * self.z
        p = _softmax(z) if self.of_classes else 0.5 + 0.5 * np.tanh(z / 2)
        return float(self.weight @ ((p - self.truth) * self.z).sum(axis=1))

    def loss(self, s: float) -> float:
        """The mean log loss of s·z."""
        z = s * self.z
        if self.of_classes:
            losses = -(self.truth * np.log(np.maximum(_softmax(z), 1e-300))).sum(axis=1)
        else:
            losses = (np.logaddexp(0, z) - self.truth * z).sum(axis=1)
        return float(np.average(losses, weights=self.weight))


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
