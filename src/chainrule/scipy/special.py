"""Special functions, by the names of ``scipy.special``.

Each takes arrays, numbers or tensors of any shape, works place by place with broadcasting, and has
derivatives.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..engine.primitives import elementwise as ew
from ..engine.primitives import gaussian
from ..engine.primitives import logic as lg
from ..engine.primitives import reductions as red
from ..engine.primitives.calls import stop_gradient
from ..engine.tensor import Tensor
from . import gamma_rows as gm

__all__ = [
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "expit",
    "gammaln",
    "log_ndtr",
    "log_softmax",
    "logit",
    "logsumexp",
    "ndtr",
    "ndtri",
    "polygamma",
    "softmax",
    "xlog1py",
    "xlogy",
]


def real(*values: Any) -> Any:
    """Arguments in their common floating-point type: integers become float64.

    Python's numbers follow the arrays, so that float32 stays float32.
    """
    arrays = [x if isinstance(x, Tensor | np.ndarray | np.generic) else _given(x) for x in values]
    dtype = np.result_type(0.0, *[x if isinstance(x, float) else x.dtype for x in arrays])
    found = [lg.astype(x if hasattr(x, "dtype") else np.asarray(x), dtype) for x in arrays]
    return found[0] if len(found) == 1 else found


def _given(x: Any) -> Any:
    return float(x) if isinstance(x, int | float) else np.asarray(x)


# -- the error function and the normal distribution --------------------------------------------


def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ e^-t² dt.

    >>> round(float(erf(0.5)), 6)
    0.5205
    """
    return gaussian.erf(real(x))


def erfcx(x: Any) -> Any:
    """e^x² (1 - erf x): the tail without its decay.

    >>> round(float(erfcx(100.0)), 8)
    0.00564161
    """
    return gaussian.erfcx(real(x))


def erfc(x: Any) -> Any:
    """1 - erf(x), exact in the tail too.

    >>> f"{float(erfc(10.0)):.6e}"
    '2.088488e-45'
    """
    x = real(x)
    tail = ew.exp(-x * x) * gaussian.erfcx(lg.maximum(x, 0.0))
    return lg.where(lg.less(x, 0.5), 1 - gaussian.erf(x), tail)


def erfinv(y: Any) -> Any:
    """The x in whose place erf is y; infinite at -1 and 1.

    >>> round(float(erfinv(0.5)), 6)
    0.476936
    """
    return gaussian.erfinv(real(y))


def ndtr(x: Any) -> Any:
    """The distribution function Φ of the standard normal distribution.

    >>> round(float(ndtr(1.0)), 6)
    0.841345
    """
    return 0.5 * erfc(-real(x) / math.sqrt(2))


def log_ndtr(x: Any) -> Any:
    """ln Φ(x), exact in the lower tail too, where Φ(x) itself is 0.

    >>> round(float(log_ndtr(-50.0)), 4)
    -1254.8314
    """
    x = real(x)
    size = lg.maximum(-x, 0.0) / math.sqrt(2)
    with np.errstate(divide="ignore"):
        tail = ew.log(0.5 * gaussian.erfcx(size)) - 0.5 * x * x
    return lg.where(lg.less(x, -1), tail, ew.log1p(-ndtr(-lg.maximum(x, -2.0))))


def ndtri(p: Any) -> Any:
    """The inverse of Φ: √2 erf⁻¹(2p - 1). For p below 1e-6 it loses digits, below 1e-17 all.

    >>> round(float(ndtri(0.975)), 6)
    1.959964
    """
    return math.sqrt(2) * gaussian.erfinv(2 * real(p) - 1)


# -- the gamma function ------------------------------------------------------------------------


def gammaln(x: Any) -> Any:
    """ln |Γ(x)|.

    >>> round(float(gammaln(5)), 6)
    3.178054
    """
    return gm.lgamma(real(x))


def digamma(x: Any) -> Any:
    """ψ(x), the derivative of ln Γ.

    >>> round(float(digamma(1.0)), 6)
    -0.577216
    """
    return gm.digamma(real(x))


def polygamma(n: int, x: Any) -> Any:
    """The n-th derivative of ψ, for a Python integer n ≥ 0.

    >>> round(float(polygamma(1, 1.0)), 6)
    1.644934
    """
    order = operator.index(n)
    if order < 0:
        raise ValueError(f"polygamma: n is the number of a derivative, 0 or more; got {n}")
    return gm.polygamma(real(x), order=order) if order else digamma(x)


def betaln(a: Any, b: Any) -> Any:
    """ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a + b), for a, b > 0.

    >>> round(float(betaln(2.0, 3.0)), 6)
    -2.484907
    """
    a, b = real(a, b)
    return gammaln(a) + gammaln(b) - gammaln(a + b)


# -- logarithms and exponentials ---------------------------------------------------------------


def expit(x: Any) -> Any:
    """The logistic function 1 / (1 + e^-x).

    >>> float(expit(0.0))
    0.5
    """
    return ew.sigmoid(real(x))


def logit(p: Any) -> Any:
    """ln(p / (1 - p)), the inverse of ``expit``.

    >>> float(logit(0.5))
    0.0
    """
    p = real(p)
    with np.errstate(divide="ignore"):
        return ew.log(p) - ew.log1p(-p)


def xlogy(x: Any, y: Any) -> Any:
    """x ln y, and 0 where x is 0, whatever y is.

    >>> float(xlogy(0.0, 0.0))
    0.0
    """
    return _times_log(ew.log, x, y)


def xlog1py(x: Any, y: Any) -> Any:
    """x ln(1 + y), and 0 where x is 0, whatever y is.

    >>> float(xlog1py(0.0, -1.0))
    0.0
    """
    return _times_log(ew.log1p, x, y)


def _times_log(log: Any, x: Any, y: Any) -> Any:
    x, y = real(x, y)
    none = lg.equal(x, 0)
    with np.errstate(divide="ignore"):
        return lg.where(none, 0.0, x * log(lg.where(none, 1.0, y)))


def entr(x: Any) -> Any:
    """-x ln x, a term of an entropy; 0 at 0, -∞ below.

    >>> round(float(entr(0.5)), 6)
    0.346574
    """
    x = real(x)
    return lg.where(lg.less(x, 0), -np.inf, -xlogy(x, lg.maximum(x, 0.0)))


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    """ln Σ b e^a along axes, without overflow: the largest ``a`` is taken out before.

    -∞ where every term is 0; NaN where the sum is negative.

    >>> round(float(logsumexp([1000.0, 1000.0])), 6)  # 1000 + ln 2
    1000.693147
    """
    a = real(a)
    if b is not None:
        a, b = real(a, b)
        a = lg.where(lg.equal(b, 0), -np.inf, a)
    terms, top = _scaled(a, axis)
    total = red.sum(terms if b is None else b * terms, axis=axis, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = ew.log(total) + top
    return found if keepdims else red.sum(found, axis=axis)


def _scaled(a: Any, axis: Any) -> tuple[Any, Any]:
    """e^(a - top), and the largest a along the axes, 0 where that is infinite."""
    top = stop_gradient(red.max(a, axis=axis, keepdims=True))
    top = lg.where(lg.isfinite(top), top, 0.0)
    with np.errstate(over="ignore"):
        return ew.exp(a - top), top


def softmax(x: Any, axis: Any = None) -> Any:
    """e^x / Σ e^x along axes (all of them when None).

    >>> softmax([0.0, 0.0])
    array([0.5, 0.5])
    """
    terms, _ = _scaled(real(x), axis)
    return terms / red.sum(terms, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """x - ln Σ e^x along axes (all of them when None).

    >>> log_softmax([0.0, 0.0]) == -np.log(2)
    array([ True,  True])
    """
    x = real(x)
    return x - logsumexp(x, axis=axis, keepdims=True)
