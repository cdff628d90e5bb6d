"""Where a density is not zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitives import logic as lg


def within(x: Any, low: Any, high: Any) -> Any:
    """Whether low ≤ x ≤ high."""
    return lg.logical_and(lg.greater_equal(x, low), lg.less_equal(x, high))


def whole(k: Any, low: Any, high: Any) -> Any:
    """Whether k is an integer from low to high."""
    return lg.logical_and(within(k, low, high), lg.equal(k, lg.floor(k)))


def log_density(inside: Any, value: Any) -> Any:
    """The value where x can be, -∞ elsewhere."""
    return lg.where(inside, value, -np.inf)
