"""Line searches: how far to go along a direction of descent.

``phi(t)`` evaluates the function at step length t and gives a ``Point``. A good length satisfies
the Wolfe conditions, with 0 < c₁ < c₂ < 1 and φ'(0) < 0:

- enough decrease (Armijo): φ(t) ≤ φ(0) + c₁ t φ'(0)
- a flatter slope (strong Wolfe): |φ'(t)| ≤ c₂ |φ'(0)|

Nocedal and Wright (2006), "Numerical optimization", algorithms 3.1, 3.5 and 3.6.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

C1 = 1e-4
C2 = 0.9


class Point(NamedTuple):
    """Where a line search has looked: step length, value, gradient there, slope along the line."""

    t: float
    value: float
    gradient: Any
    slope: float


Phi = Callable[[float], Point]


def _decreases(point: Point, start: Point) -> bool:
    return point.value <= start.value + C1 * point.t * start.slope  # False for NaN as well


def armijo(phi: Phi, start: Point, t: float, max_evaluations: int = 25) -> Point:
    """Halve the step until the value has decreased enough (backtracking).

    >>> phi = lambda t: Point(t, (t - 1) ** 2, None, 2 * (t - 1))
    >>> armijo(phi, phi(0.0), 8.0).t
    1.0
    """
    for _ in range(max_evaluations):
        point = phi(t)
        if _decreases(point, start):
            return point
        t /= 2
    return start


def strong_wolfe(phi: Phi, start: Point, t: float, max_evaluations: int = 25) -> Point:
    """A length that satisfies both conditions: widen until a good one is bracketed, then zoom in.

    >>> phi = lambda t: Point(t, (t - 1) ** 2, None, 2 * (t - 1))
    >>> strong_wolfe(phi, phi(0.0), 8.0).t
    1.0
    """
    before = start
    for turn in range(max_evaluations):
        point = phi(t)
        left = max_evaluations - turn - 1
        if not _decreases(point, start) or (turn and point.value >= before.value):
            return _zoom(phi, start, before, point, left)
        if abs(point.slope) <= -C2 * start.slope:
            return point
        if point.slope >= 0:
            return _zoom(phi, start, point, before, left)
        # Where the cubic through both points says, but a tenth further at least, tenfold at most.
        t = min(max(_cubic_minimum(before, point), 1.1 * point.t), 10 * point.t)
        before = point
    return before


def _zoom(phi: Phi, start: Point, low: Point, high: Point, evaluations: int) -> Point:
    """Narrow a bracket; ``low`` is the best end that has decreased enough."""
    for _ in range(evaluations):
        width = abs(high.t - low.t)
        if width * abs(low.slope) < 1e-16:
            break
        left = min(low.t, high.t)
        # A tenth from both ends, so that the bracket shrinks.
        t = min(max(_cubic_minimum(low, high), left + 0.1 * width), left + 0.9 * width)
        point = phi(t)
        if not _decreases(point, start) or point.value >= low.value:
            high = point
        elif abs(point.slope) <= -C2 * start.slope:
            return point
        else:
            if point.slope * (high.t - low.t) >= 0:
                high = low
            low = point
    return low


def _cubic_minimum(a: Point, b: Point) -> float:
    """Where the cubic with these two values and slopes is least; the middle if there is no such."""
    middle = (a.t + b.t) / 2
    if not (math.isfinite(b.value) and math.isfinite(b.slope)):
        return middle
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    inside = d1 * d1 - a.slope * b.slope
    if not inside >= 0:
        return middle
    d2 = math.copysign(math.sqrt(inside), b.t - a.t)
    below = b.slope - a.slope + 2 * d2
    return b.t - (b.t - a.t) * (b.slope + d2 - d1) / below if below else middle
