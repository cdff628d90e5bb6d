"""The Dirichlet distribution of shares that sum to 1."""

from __future__ import annotations

from typing import Any

from ...engine.primitives import elementwise as ew
from ...engine.primitives import logic as lg
from ...engine.primitives import reductions as red
from ...engine.primitives.views import concatenate, reshape, shape_of
from ..special import gammaln, real, xlogy
from .support import log_density

_ROUNDING = 1e-5  # by how much shares in float32 may miss the sum of 1


def logpdf(x: Any, alpha: Any) -> Any:
    """Σ (αᵢ - 1) ln xᵢ + ln Γ(Σ αᵢ) - Σ ln Γ(αᵢ), -∞ where x are no shares.

    ``alpha`` has shape (k,), ``x`` (k, ...) as in SciPy: the shares are along the first axis, and
    the last one may be left out.

    >>> round(float(logpdf([0.2, 0.3, 0.5], [1.0, 1.0, 1.0])), 6)  # ln 2
    0.693147
    """
    x, alpha = real(x, alpha)
    if len(alpha.shape) != 1:
        raise ValueError(f"dirichlet: alpha has one axis, the classes; got shape {alpha.shape}")
    classes = alpha.shape[0]
    if shape_of(x)[:1] == (classes - 1,):
        x = concatenate([x, 1 - red.sum(x, axis=0, keepdims=True)])
    if shape_of(x)[:1] != (classes,):
        raise ValueError(
            f"dirichlet: x has the {classes} shares along its first axis; got shape {x.shape}"
        )
    total = red.sum(x, axis=0)
    positive = red.all(lg.greater_equal(x, 0), axis=0)
    inside = lg.logical_and(positive, lg.less(ew.abs(total - 1), _ROUNDING))
    safe = lg.where(inside, x, 0.5)
    column = reshape(alpha, (classes,) + (1,) * (len(x.shape) - 1))
    constant = gammaln(red.sum(alpha)) - red.sum(gammaln(alpha))
    return log_density(inside, red.sum(xlogy(column - 1, safe), axis=0) + constant)


def pdf(x: Any, alpha: Any) -> Any:
    """The density.

    >>> round(float(pdf([0.2, 0.3, 0.5], [1.0, 1.0, 1.0])), 6)
    2.0
    """
    return ew.exp(logpdf(x, alpha))
