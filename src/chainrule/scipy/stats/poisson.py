"""The Poisson distribution of counts with mean mu."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import gammaln, real, xlogy
from .support import log_density, whole


def logpmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """k ln mu - mu - ln k!, and -∞ where k is no count.

    >>> round(float(logpmf(0, 1.5)), 6)
    -1.5
    """
    k, mu, loc = real(k, mu, loc)
    k = k - loc
    inside = whole(k, 0, np.inf)
    k = lg.where(inside, k, 0.0)
    return log_density(inside, xlogy(k, mu) - mu - gammaln(k + 1))


def pmf(k: Any, mu: Any, loc: Any = 0) -> Any:
    """The probability of k.

    >>> round(float(pmf(0, 1.5)), 6)
    0.22313
    """
    return ew.exp(logpmf(k, mu, loc))
