"""Gamma, beta and Dirichlet distributions, with derivatives with respect to their parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine import trace
from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
from ..engine.primitives.calls import stop_gradient
from ..engine.primitives.control import while_loop
from ..engine.primitives.reductions import any as any_of
from ..engine.primitives.reductions import max as largest
from ..engine.primitives.reductions import sum as sum_of
from ..engine.primitives.views import broadcast_to, shape_of
from ..scipy.gamma_rows import gamma_sample
from .continuous import as_dtype, exponential, normal, uniform
from .keys import Shape, checked_key, finished, float_dtype, joint_shape, split


def gamma(key: Any, a: Any, shape: Shape | None = None, dtype: Any = np.float32) -> Any:
    """Numbers with density x^(a-1) e^-x / Γ(a) on x > 0; NaN where a is not positive.

    By rejection: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). A
    derivative with respect to ``a`` keeps the sample at its quantile: dx/da = -(∂F/∂a) / f for
    distribution function F and density f (Figurnov, Mohamed and Mnih 2018).

    >>> from chainrule import random
    >>> x = random.gamma(random.key(0), 3.0, (2000,))
    >>> abs(float(x.mean()) - 3) < 0.1
    True
    """
    return finished(ew.exp(_loggamma("gamma", key, a, shape, dtype)))


def loggamma(key: Any, a: Any, shape: Shape | None = None, dtype: Any = np.float32) -> Any:
    """The logarithm of what ``gamma`` draws; exact also for small ``a``, where that would be 0.

    >>> from chainrule import random
    >>> bool(random.loggamma(random.key(0), 1e-5) < -50)
    True
    """
    return finished(_loggamma("loggamma", key, a, shape, dtype))


def _loggamma(name: str, key: Any, a: Any, shape: Shape | None, dtype: Any) -> Any:
    key, dtype = checked_key(name, key), float_dtype(name, dtype)
    shape = joint_shape(name, shape, a)
    work = np.result_type(dtype, np.float32)
    a = broadcast_to(as_dtype(a, work), shape)
    boosted = lg.where(lg.less(a, 1), a + 1, a)
    first, second = split(key)
    sample = _rejection(first, stop_gradient(boosted), shape, work)
    log_sample = ew.log(trace.apply(gamma_sample, sample, boosted))
    # If X has parameter a + 1 and U is uniform, then X U^(1/a) has parameter a.
    wait = exponential(second, shape, work)
    shrink = lg.where(lg.less(a, 1), wait / lg.where(lg.equal(a, 0), 1, a), 0)
    return lg.astype(lg.where(lg.equal(a, 0), -np.inf, log_sample - shrink), dtype)


def _rejection(key: Any, a: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Gamma numbers for a ≥ 1; each turn a place is accepted with probability 0.95 or more."""
    d = a - 1 / 3
    c = 1 / ew.sqrt(9 * lg.maximum(d, 0.5))
    possible = lg.logical_and(lg.greater_equal(a, 1), lg.less(a, np.inf))
    start = lg.where(lg.greater_equal(a, 1), a, np.nan)

    def waiting(state: Any) -> Any:
        return any_of(state[1])

    def turn(state: Any) -> Any:
        key, unfinished, value = state
        key, for_normal, for_uniform = split(key, 3)
        z = normal(for_normal, shape, dtype)
        root = 1 + c * z
        v = lg.maximum(root * root * root, np.finfo(dtype).tiny)
        log_u = ew.log1p(-uniform(for_uniform, shape, dtype))
        fits = lg.less(log_u, 0.5 * z * z + d * (1 - v + ew.log(v)))
        accepted = lg.logical_and(unfinished, lg.logical_and(fits, lg.greater(root, 0)))
        value = lg.where(accepted, d * v, value)
        return key, lg.logical_and(unfinished, lg.logical_not(accepted)), value

    return while_loop(waiting, turn, (key, possible, start))[2]


def beta(key: Any, a: Any, b: Any, shape: Shape | None = None, dtype: Any = np.float32) -> Any:
    """Numbers with density proportional to x^(a-1) (1-x)^(b-1) on (0, 1).

    X / (X + Y) for gamma numbers X and Y with parameters a and b.

    >>> from chainrule import random
    >>> x = random.beta(random.key(0), 2.0, 2.0, (2000,))
    >>> abs(float(x.mean()) - 0.5) < 0.02
    True
    """
    key = checked_key("beta", key)
    shape = joint_shape("beta", shape, a, b)
    first, second = split(key)
    log_x = _loggamma("beta", first, a, shape, dtype)
    log_y = _loggamma("beta", second, b, shape, dtype)
    return finished(ew.sigmoid(log_x - log_y))


def dirichlet(key: Any, alpha: Any, shape: Shape | None = None, dtype: Any = np.float32) -> Any:
    """Vectors on the simplex with density proportional to Π xᵢ^(αᵢ-1), of shape ``(*shape, k)``.

    Gamma numbers divided by their sum.

    >>> from chainrule import random
    >>> random.dirichlet(random.key(0), np.ones(3), (5,)).shape
    (5, 3)
    """
    key = checked_key("dirichlet", key)
    if not shape_of(alpha):
        raise ValueError("dirichlet: alpha is a vector, one number for each class; got one number")
    *lead, classes = shape_of(alpha)
    shape = joint_shape("dirichlet", shape, np.empty(lead))
    logs = _loggamma("dirichlet", key, alpha, (*shape, classes), dtype)
    weights = ew.exp(logs - stop_gradient(largest(logs, axis=-1, keepdims=True)))
    return finished(weights / sum_of(weights, axis=-1, keepdims=True))
