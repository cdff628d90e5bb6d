"""Points of the plane for watching a network learn: classes of several shapes, and a surface.

All lie in about [-1, 1]²; the classes take turns, so each has its share. ``noise`` is the standard
deviation of a normal shift of every point (of the value, for ``waves``).
"""

from __future__ import annotations

import numpy as np

from .. import random
from .generated import Points


def clouds(key: np.ndarray, n: int = 200, noise: float = 0.2, classes: int = 2) -> Points:
    """Normal clouds around ``classes`` centres on a circle; shapes (n, 2) and (n,).

    >>> x, y = clouds(random.key(0), n=9, classes=3)
    >>> x.shape, np.bincount(y.astype(int)).tolist()
    ((9, 2), [3, 3, 3])
    """
    y = _turns(n, classes)
    angle = 2 * np.pi * y / classes + np.pi / 4
    return _shift(key, 0.6 * _on_circle(angle), noise), y


def circles(key: np.ndarray, n: int = 200, noise: float = 0.05, classes: int = 2) -> Points:
    """Rings around the origin, class 0 the innermost; shapes (n, 2) and (n,).

    >>> x, y = circles(random.key(0), n=10, noise=0.0)
    >>> np.unique(np.hypot(*x.T).round(6)).tolist()
    [0.3, 0.9]
    """
    for_angle, for_noise = random.split(key)
    y = _turns(n, classes)
    angle = random.uniform(for_angle, (n,), np.float64, 0.0, 2 * np.pi)
    radius = np.linspace(0.3, 0.9, classes)[y.astype(int)]
    return _shift(for_noise, radius[:, None] * _on_circle(angle), noise), y


def moons(key: np.ndarray, n: int = 200, noise: float = 0.08) -> Points:
    """Two half circles that reach into each other; shapes (n, 2) and (n,).

    >>> x, y = moons(random.key(0), n=10, noise=0.0)
    >>> bool((x[y == 0, 1] >= -0.2).all() and (x[y == 1, 1] <= 0.2).all())
    True
    """
    for_angle, for_noise = random.split(key)
    y = _turns(n, 2)
    side = 1 - 2 * y
    angle = random.uniform(for_angle, (n,), np.float64, 0.0, np.pi)
    across = 0.6 * np.cos(angle) - 0.3 * side
    up = side * (0.6 * np.sin(angle) - 0.2)
    return _shift(for_noise, np.stack([across, up], axis=1), noise), y


def spiral(key: np.ndarray, n: int = 200, noise: float = 0.02, classes: int = 2) -> Points:
    """Arms that wind out from the origin, one for each class; shapes (n, 2) and (n,).

    >>> x, y = spiral(random.key(0), n=12, noise=0.0, classes=3)
    >>> bool(np.hypot(*x.T).max() <= 1)
    True
    """
    for_place, for_noise = random.split(key)
    y = _turns(n, classes)
    radius = random.uniform(for_place, (n,), np.float64, 0.05, 1.0)
    angle = 2 * np.pi * (radius * 2.5 / classes**0.5 + y / classes)
    return _shift(for_noise, radius[:, None] * _on_circle(angle), noise), y


def waves(key: np.ndarray, n: int = 200, noise: float = 0.05) -> Points:
    """z = sin(3a) cos(3b) + noise, for points (a, b) of the square; shapes (n, 2) and (n,).

    >>> x, z = waves(random.key(0), n=10, noise=0.0)
    >>> bool(np.allclose(z, np.sin(3 * x[:, 0]) * np.cos(3 * x[:, 1])))
    True
    """
    for_place, for_noise = random.split(key)
    x = random.uniform(for_place, (n, 2), np.float64, -1.0, 1.0)
    return x, _shift(for_noise, np.sin(3 * x[:, 0]) * np.cos(3 * x[:, 1]), noise)


def _turns(n: int, classes: int) -> np.ndarray:
    if classes < 2:
        raise ValueError(f"points need 2 classes or more, got classes={classes}")
    return (np.arange(n) % classes).astype(np.float64)


def _on_circle(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _shift(key: np.ndarray, points: np.ndarray, noise: float) -> np.ndarray:
    return points + noise * np.asarray(random.normal(key, points.shape), np.float64)
