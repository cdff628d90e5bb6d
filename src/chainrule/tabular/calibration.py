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
    z = np.asarray(z, np.float64)
    weight = np.ones(len(z)) if weight is None else np.asarray(weight, np.float64)
    of_classes = np.ndim(y) < z.ndim
    truth = np.eye(z.shape[1])[y] if of_classes else np.asarray(y)
    truth = (truth * len(z) + 1) / (len(z) + (z.shape[1] if of_classes else 2))

    def slope(s: float) -> float:
        p = _softmax(s * z) if of_classes else 1 / (1 + np.exp(-np.clip(s * z, -500, 500)))
        return float(weight @ ((p - truth) * z).sum(axis=1))

    low, high = math.log(1 / HIGH), math.log(1 / LOW)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(math.exp(middle)) > 0 else (middle, high)
    return math.exp(-(low + high) / 2)


def _softmax(z: Any) -> Any:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
