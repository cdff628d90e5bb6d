"""The Bernoulli distribution: 1 with probability p, else 0."""

from __future__ import annotations

from typing import Any

from ...engine.primitives import elementwise as ew
from ..special import real, xlog1py, xlogy
from .support import log_density, whole


def logpmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """k ln p + (1 - k) ln(1 - p), and -∞ where k is neither 0 nor 1.

    >>> round(float(logpmf(1, 0.25)), 6)
    -1.386294
    """
    k, p, loc = real(k, p, loc)
    k = k - loc
    return log_density(whole(k, 0, 1), xlogy(k, p) + xlog1py(1 - k, -p))


def pmf(k: Any, p: Any, loc: Any = 0) -> Any:
    """The probability of k.

    >>> float(pmf(0, 0.25))
    0.75
    """
    return ew.exp(logpmf(k, p, loc))
