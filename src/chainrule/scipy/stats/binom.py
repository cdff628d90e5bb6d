"""The binomial distribution: how many of n trials succeed, each with probability p."""

from __future__ import annotations

from typing import Any

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import gammaln, real, xlog1py, xlogy
from .support import log_density, whole


def logpmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """ln C(n, k) + k ln p + (n - k) ln(1 - p), and -∞ where k is no integer from 0 to n.

    >>> round(float(logpmf(1, 2, 0.5)), 6)  # ln 1/2
    -0.693147
    """
    k, n, p, loc = real(k, n, p, loc)
    k = k - loc
    inside = whole(k, 0, n)
    k = lg.where(inside, k, 0.0)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return log_density(inside, ways + xlogy(k, p) + xlog1py(n - k, -p))


def pmf(k: Any, n: Any, p: Any, loc: Any = 0) -> Any:
    """The probability of k.

    >>> round(float(pmf(1, 2, 0.5)), 6)
    0.5
    """
    return ew.exp(logpmf(k, n, p, loc))
