"""Points made by a formula and noise: the same for the same key."""

from __future__ import annotations

import numpy as np

from .. import random

Points = tuple[np.ndarray, np.ndarray]


def noisy_line(
    key: np.ndarray, n: int = 50, slope: float = 2.5, intercept: float = 1.0, noise: float = 0.5
) -> Points:
    """Points of y = slope · x + intercept + noise · N(0, 1), with x uniform in [-2, 2].

    Both have shape (n,).

    >>> from chainrule import random
    >>> x, y = noisy_line(random.key(0), n=3, noise=0.0)
    >>> bool(abs(y - (2.5 * x + 1)).max() < 1e-12)
    True
    """
    for_x, for_noise = random.split(key)
    x = _uniform(for_x, (n,), -2.0, 2.0)
    return x, slope * x + intercept + noise * _normal(for_noise, (n,))


def parabola(key: np.ndarray, n: int = 100, noise: float = 0.05) -> Points:
    """Points of y = x² + noise · N(0, 1), with x uniform in [-1, 1]; both of shape (n, 1).

    >>> from chainrule import random
    >>> [a.shape for a in parabola(random.key(0), n=7)]
    [(7, 1), (7, 1)]
    """
    for_x, for_noise = random.split(key)
    x = _uniform(for_x, (n, 1), -1.0, 1.0)
    return x, x**2 + noise * _normal(for_noise, (n, 1))


def two_clouds(key: np.ndarray, n: int = 200, distance: float = 2.5) -> Points:
    """Two normal clouds of n / 2 points, their centres ``distance`` apart; classes 0 and 1.

    Shapes (n, 2) and (n,).

    >>> from chainrule import random
    >>> x, y = two_clouds(random.key(0), n=10)
    >>> x.shape, int(y.sum())
    ((10, 2), 5)
    """
    y = (np.arange(n) % 2).astype(np.float64)
    towards = distance / 2 * np.array([0.8, 0.6])
    return _normal(key, (n, 2)) + np.outer(2 * y - 1, towards), y


def signs(key: np.ndarray, n: int = 200, noise: float = 0.0) -> Points:
    """Points of the square [-1, 1]²; class 1 where x · y is positive, else 0 (XOR of the signs).

    Shapes (n, 2) and (n,). ``noise`` is the standard deviation of a shift after that.

    >>> from chainrule import random
    >>> points, label = signs(random.key(0), n=10)
    >>> bool(((points[:, 0] * points[:, 1] > 0) == (label == 1)).all())
    True
    """
    points = _uniform(key, (n, 2), -1.0, 1.0)
    label = (points[:, 0] * points[:, 1] > 0).astype(np.float64)
    return points + noise * _normal(random.fold_in(key, 1), (n, 2)), label


def _uniform(key: np.ndarray, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    return np.asarray(random.uniform(key, shape, minval=low, maxval=high), dtype=np.float64)


def _normal(key: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(random.normal(key, shape), dtype=np.float64)
