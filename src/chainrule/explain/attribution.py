"""Integrated gradients: how much each input contributed to one prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.trace import no_grad
from ..engine.transforms import vjp

MOST = 1024  # points of the path


@dataclass(frozen=True)
class Attribution:
    """What ``integrated_gradients`` found, for n examples of d inputs.

    ``values`` (n, d) adds up, for each example, to ``outputs − start`` (both (n,)): the function
    there and at the baseline. ``gap`` (n,) is what is missing from that; it shrinks with more
    points on the path. ``baseline`` is (d,) or (n, d).
    """

    values: Any
    outputs: Any
    start: Any
    gap: Any
    baseline: Any

    def __repr__(self) -> str:
        count, inputs = self.values.shape
        return f"Attribution({count} x {inputs}, largest gap {np.abs(self.gap).max():.1g})"


def integrated_gradients(
    function: Callable[[Any], Any],
    x: Any,
    baseline: Any = None,
    *,
    output: Any = None,
    points: int = 32,
    tolerance: float = 1e-3,
) -> Attribution:
    """(xᵢ − bᵢ) · ∫₀¹ ∂f/∂xᵢ (b + a(x − b)) da, the gradient along the straight way from b to x.

    Sundararajan, Taly and Yan 2017. The contributions add up to f(x) − f(b), *completeness*. The
    integral is taken by Gauss and Legendre's rule, with twice as many points until the sum is right
    to the tolerance (as a share of |f(x) − f(b)| where that is above 1), or there are 1,024.

    Parameters
    ----------
    function
        Of (n, d), giving (n,) or (n, k), each row for itself; traced.
    x
        Examples (n, d).
    baseline
        Where the way begins, (d,) or (n, d): what an example without information looks like; None:
        zeros, which are the means of standardised inputs.
    output
        Which of k outputs: a number, or one for each example.
    points, tolerance
        At first so many points; the largest gap that is let be.

    >>> x = np.array([[1.0, 2.0, 3.0]])
    >>> integrated_gradients(lambda x: x[:, 0] * x[:, 1] + x[:, 2], x).values.round(6)
    array([[1., 1., 3.]])
    """
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    if x.ndim != 2:
        raise ValueError(f"integrated_gradients: x is (examples, inputs), got shape {x.shape}")
    start = np.zeros(x.shape[1], x.dtype) if baseline is None else np.asarray(baseline, x.dtype)
    if start.shape not in (x.shape, x.shape[1:]):
        raise ValueError(
            f"integrated_gradients: the baseline has shape {start.shape}, an example "
            f"{x.shape[1:]}: give one baseline for all, or one for each"
        )
    base = np.broadcast_to(start, x.shape)
    picks = _picks(output, len(x))
    first, last = (_values(function, at, picks) for at in (base, x))
    found = [
        _one(function, x[i], base[i], picks[i : i + 1], last[i] - first[i], points, tolerance)
        for i in range(len(x))
    ]
    values = np.stack(found) if found else np.zeros(x.shape)
    gap = last - first - values.sum(axis=1)
    return Attribution(values, last, first, gap, start)


def _picks(output: Any, count: int) -> Any:
    """Which output for each example; -1 where there is one only."""
    return np.broadcast_to(np.asarray(-1 if output is None else output), count)


def _chosen(z: Any, picks: Any) -> Any:
    """Of what the function gave, the chosen outputs; what else there is is an error."""
    if z.ndim == 1:
        return z
    if (np.asarray(picks) < 0).any() and z.shape[1] > 1:
        raise ValueError(
            f"integrated_gradients: the function has {z.shape[1]} outputs: say which, output=..."
        )
    return z[np.arange(len(z)), np.maximum(picks, 0)]


def _values(function: Callable[[Any], Any], x: Any, picks: Any) -> Any:
    with no_grad():
        found = np.asarray(function(np.ascontiguousarray(x)))
    return np.asarray(_chosen(found, picks), np.float64)


def _one(
    function: Callable[[Any], Any],
    x: Any,
    base: Any,
    pick: Any,
    change: float,
    points: int,
    tolerance: float,
) -> Any:
    """The contributions of one example, with as many points as it needs."""
    while True:
        places, weights = np.polynomial.legendre.leggauss(points)
        path = base + ((places[:, None] + 1) / 2).astype(x.dtype) * (x - base)
        gradients = _gradients(function, path, np.broadcast_to(pick, points))
        values = (x - base) * (weights / 2 @ gradients)
        gap = abs(values.sum() - change)
        if gap <= tolerance * max(1.0, abs(change)) / 2 or 2 * points > MOST:
            return values
        points *= 2


def _gradients(function: Callable[[Any], Any], path: Any, picks: Any) -> Any:
    """∂f/∂x at each point of the path, (points, d)."""
    _, pull = vjp(lambda points: _chosen(function(points), picks), path)
    (found,) = pull(np.ones(len(path), path.dtype))
    return np.asarray(found, np.float64)
