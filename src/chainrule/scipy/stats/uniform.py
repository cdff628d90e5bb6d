"""The uniform distribution on [loc, loc + scale]."""

from __future__ import annotations

from typing import Any

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import real
from .support import log_density, within


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """-ln(scale), and -∞ outside.

    >>> float(logpdf(0.3)), float(logpdf(2.0))
    (0.0, -inf)
    """
    x, loc, scale = real(x, loc, scale)
    y = (x - loc) / scale
    return log_density(within(y, 0, 1), 0 * y - ew.log(scale))


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The density.

    >>> float(pdf(1.0, scale=4.0))
    0.25
    """
    return ew.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The share of the interval up to x.

    >>> float(cdf(1.0, scale=4.0))
    0.25
    """
    x, loc, scale = real(x, loc, scale)
    return lg.minimum(lg.maximum((x - loc) / scale, 0.0), 1.0)
