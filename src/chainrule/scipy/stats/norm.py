"""The normal distribution."""

from __future__ import annotations

import math
from typing import Any

from ...engine.primitives import elementwise as ew
from ..special import log_ndtr, ndtr, ndtri, real


def logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """-((x - loc) / scale)² / 2 - ln(scale √2π).

    >>> round(float(logpdf(0.0)), 6)
    -0.918939
    """
    x, loc, scale = real(x, loc, scale)
    z = (x - loc) / scale
    return -0.5 * z * z - ew.log(scale) - 0.5 * math.log(2 * math.pi)


def pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The density.

    >>> round(float(pdf(0.0)), 6)
    0.398942
    """
    return ew.exp(logpdf(x, loc, scale))


def cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The probability of a number up to x.

    >>> float(cdf(3.0, loc=3.0))
    0.5
    """
    return ndtr(_standard(x, loc, scale))


def logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """ln cdf(x), exact in the lower tail too.

    >>> round(float(logcdf(-40.0)), 4)
    -804.6084
    """
    return log_ndtr(_standard(x, loc, scale))


def sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The probability of a number above x, 1 - cdf(x).

    >>> float(sf(0.0))
    0.5
    """
    return ndtr(-_standard(x, loc, scale))


def logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """ln sf(x), exact in the upper tail too.

    >>> round(float(logsf(40.0)), 4)
    -804.6084
    """
    return log_ndtr(-_standard(x, loc, scale))


def ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The number below which a share q lies: the inverse of cdf.

    >>> round(float(ppf(0.975)), 6)
    1.959964
    """
    q, loc, scale = real(q, loc, scale)
    return loc + scale * ndtri(q)


def _standard(x: Any, loc: Any, scale: Any) -> Any:
    x, loc, scale = real(x, loc, scale)
    return (x - loc) / scale
