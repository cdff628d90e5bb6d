"""The gamma distribution on x > 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import gammaln, real, xlogy
from .support import log_density, within


def logpdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """(a - 1) ln x - x - ln Γ(a), -∞ below 0.

    >>> round(float(logpdf(2.0, 1.0)), 6)
    -2.0
    """
    x, a, loc, scale = real(x, a, loc, scale)
    y = (x - loc) / scale
    inside = within(y, 0, np.inf)
    safe = lg.where(inside, y, 1.0)
    value = xlogy(a - 1, safe) - safe - gammaln(a) - ew.log(scale)
    return log_density(inside, value)


def pdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The density.

    >>> round(float(pdf(2.0, 1.0)), 6)
    0.135335
    """
    return ew.exp(logpdf(x, a, loc, scale))
