"""The exponential distribution on x ≥ 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import real
from .support import log_density, within


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """-x, and -∞ below 0.

    >>> float(logpdf(2.0))
    -2.0
    """
    x, loc, scale = real(x, loc, scale)
    y = (x - loc) / scale
    return log_density(within(y, 0, np.inf), -y - ew.log(scale))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The density.

    >>> float(pdf(0.0))
    1.0
    """
    return ew.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """1 - e^-x.

    >>> round(float(cdf(1.0)), 6)
    0.632121
    """
    x, loc, scale = real(x, loc, scale)
    return -ew.expm1(-lg.maximum((x - loc) / scale, 0.0))
