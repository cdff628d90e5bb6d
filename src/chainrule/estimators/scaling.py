"""Scaling of the inputs inside the estimators: fitted on the training part, kept as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

KINDS = ("robust", "standard", "none")
REACH = 3.0  # the robust scaling presses values together that lie farther out


@dataclass(frozen=True)
class Scaling:
    """x ↦ z = (x − center) / scale, column by column; ``robust`` then takes z / √(1 + (z/3)²).

    The latter stays within ±3 and is nearly z for small ones, so that an outlier, at prediction
    too, cannot carry a network away. Holzmüller, Grinsztajn and Steinwart 2024, "Better by
    default".

    >>> scaling = fit_scaling(np.array([[1.0, 7.0], [3.0, 7.0]]), "standard")
    >>> scaling(np.array([[5.0, 7.0]]))
    array([[3., 0.]])
    """

    kind: str
    center: Any
    scale: Any

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"scaling must be one of {', '.join(KINDS)}, not {self.kind!r}")

    def __call__(self, x: Any) -> Any:
        """The rows scaled, float64."""
        if self.kind == "none":
            return x
        z = (x - self.center) / self.scale
        return z if self.kind == "standard" else z / np.sqrt(1 + (z / REACH) ** 2)


def fit_scaling(x: Any, kind: str, weights: Any = None) -> Scaling:
    """The scaling of these rows, by their weights; a constant column becomes 0.

    ``robust``: the median, and the distance of the quartiles; where most values are equal, half the
    distance of the largest and the smallest. ``standard``: mean and standard deviation.

    >>> fit_scaling(np.array([[0.0], [1.0], [2.0], [3.0], [999.0]]), "robust").scale
    array([2.])
    """
    if weights is not None:
        x, weights = x[weights > 0], weights[weights > 0]
    center, scale = (_robust if kind == "robust" else _standard)(x, weights)
    # Rounding leaves a constant column a tiny spread, which must not be blown up to 1.
    floor = 10 * np.finfo(x.dtype).eps * np.abs(center)
    return Scaling(kind, center, np.where(scale > floor, scale, 1.0))


def _standard(x: Any, weights: Any) -> tuple[Any, Any]:
    center = np.average(x, axis=0, weights=weights)
    return center, np.sqrt(np.average((x - center) ** 2, axis=0, weights=weights))


def _robust(x: Any, weights: Any) -> tuple[Any, Any]:
    parts = [0.25, 0.5, 0.75]
    low, center, high = np.quantile(x, parts, axis=0, weights=weights, method="inverted_cdf")
    return center, np.where(high > low, high - low, (x.max(axis=0) - x.min(axis=0)) / 2)
