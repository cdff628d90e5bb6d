"""The beta distribution on (0, 1)."""

from __future__ import annotations

from typing import Any

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ..special import betaln, real, xlog1py, xlogy
from .support import log_density, within


def logpdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """(a - 1) ln x + (b - 1) ln(1 - x) - ln B(a, b), -∞ outside [0, 1].

    >>> round(float(logpdf(0.5, 2.0, 2.0)), 6)  # ln 1.5
    0.405465
    """
    x, a, b, loc, scale = real(x, a, b, loc, scale)
    y = (x - loc) / scale
    inside = within(y, 0, 1)
    safe = lg.where(inside, y, 0.5)
    value = xlogy(a - 1, safe) + xlog1py(b - 1, -safe) - betaln(a, b) - ew.log(scale)
    return log_density(inside, value)


def pdf(x: Any, a: Any, b: Any, loc: Any = 0, scale: Any = 1) -> Any:
    """The density.

    >>> round(float(pdf(0.5, 2.0, 2.0)), 6)
    1.5
    """
    return ew.exp(logpdf(x, a, b, loc, scale))
