"""Integrated gradients: how much each input contributed to one prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..engine.trace import no_grad, trace
from ..engine.transforms import vjp

MOST = 1024  # points on the way
WIDE = 4096  # points at which gradients are taken at once


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
    first, last = (_outputs(function, at) for at in (base, x))
    chosen = _chosen(first, output)
    first, last = ((chosen * z).sum(axis=1, dtype=np.float64) for z in (first, last))
    paths = _Paths(function, x, base, chosen)
    values = np.zeros(x.shape)
    left = np.arange(len(x))
    while len(left):
        values[left] = paths.integrals(left, points)
        gap = last - first - values.sum(axis=1)
        enough = tolerance * np.maximum(1.0, np.abs(last - first)) / 2
        points *= 2
        left = np.flatnonzero(np.abs(gap) > enough) if points <= MOST else left[:0]
    return Attribution(values, last, first, last - first - values.sum(axis=1), start)


def _outputs(function: Callable[[Any], Any], x: Any) -> Any:
    """The function's values, (n, k)."""
    with no_grad():
        z = np.asarray(function(np.ascontiguousarray(x)))
    return z.reshape(len(x), -1) if len(x) else z.reshape(0, 1)


def _chosen(z: Any, output: Any) -> Any:
    """1 at the output that is asked for in each row, else 0, like z."""
    if output is None and z.shape[1] > 1:
        raise ValueError(
            f"integrated_gradients: the function has {z.shape[1]} outputs: say which, output=..."
        )
    picks = np.broadcast_to(0 if output is None else np.asarray(output), len(z))
    if len(z) and (picks.min() < 0 or picks.max() >= z.shape[1]):
        raise ValueError(f"integrated_gradients: there are outputs 0 to {z.shape[1] - 1}")
    return np.eye(z.shape[1], dtype=z.dtype)[picks]


class _Paths:
    """The ways from baselines to examples, walked many at a time by a gradient that is traced
    once."""

    def __init__(self, function: Callable[[Any], Any], x: Any, base: Any, chosen: Any) -> None:
        self._x, self._base, self._chosen = x, base, chosen

        def gradient(points: Any, weights: Any) -> Any:
            values, pull = vjp(function, points)
            return pull(weights if values.ndim == 2 else weights[:, 0])[0]

        self._gradient = gradient
        self._graphs: dict[int, Any] = {}

    def integrals(self, rows: Any, points: int) -> Any:
        """The contributions in these rows, with so many points on each way."""
        places, weights = np.polynomial.legendre.leggauss(points)
        places = ((places + 1) / 2).astype(self._x.dtype)[:, None]
        at_once = max(1, WIDE // points)
        found = []
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            x, base = self._x[part, None], self._base[part, None]
            path = (base + places * (x - base)).reshape(-1, self._x.shape[1])
            gradients = self._at(path, np.repeat(self._chosen[part], points, axis=0))
            gradients = gradients.reshape(len(part), points, -1)
            found.append((x - base)[:, 0] * np.einsum("p,npd->nd", weights / 2, gradients))
        return np.concatenate(found)

    def _at(self, path: Any, chosen: Any) -> Any:
        """Gradients at these points, (points, d)."""
        if len(path) not in self._graphs:
            self._graphs[len(path)] = trace(self._gradient, path, chosen)
        return np.asarray(self._graphs[len(path)](path, chosen), np.float64)
