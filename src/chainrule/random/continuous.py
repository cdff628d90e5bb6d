"""Real random numbers by a formula of uniform ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.primitives import elementwise as ew
from ..engine.primitives import gaussian
from ..engine.primitives import logic as lg
from ..engine.primitives.calls import stop_gradient
from .keys import Shape, checked_key, draw_bits, finished, float_dtype, joint_shape, shape_tuple


def uniform(
    key: Any, shape: Shape = (), dtype: Any = np.float32, minval: Any = 0.0, maxval: Any = 1.0
) -> Any:
    """Numbers with equal density on [minval, maxval).

    Random bits fill the mantissa of a number in [1, 2), and 1 is taken away; so the numbers lie on
    a grid of 2^-23 (float32) or 2^-52 (float64). The same numbers as JAX's.

    >>> from chainrule import random
    >>> random.uniform(random.key(0), (2,))
    array([0.947667 , 0.9785799], dtype=float32)
    """
    key, dtype = checked_key("uniform", key), float_dtype("uniform", dtype)
    shape = joint_shape("uniform", shape, minval, maxval)
    return finished(_between(_unit(key, shape, dtype), minval, maxval, dtype))


def _unit(key: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Uniform on [0, 1)."""
    info = np.finfo(dtype)
    mantissa = lg.right_shift(draw_bits(key, shape, info.bits), info.bits - info.nmant)
    one = int(np.ones((), dtype).view(f"uint{info.bits}"))
    return lg.bitcast(lg.bitwise_or(mantissa, one), dtype=dtype) - dtype.type(1)


def _between(unit: Any, low: Any, high: Any, dtype: np.dtype[Any]) -> Any:
    if isinstance(low, int | float) and isinstance(high, int | float) and (low, high) == (0, 1):
        return unit
    low, high = as_dtype(low, dtype), as_dtype(high, dtype)
    # Rounding may fall below the lower end.
    return lg.maximum(low, unit * (high - low) + low)


def as_dtype(value: Any, dtype: np.dtype[Any]) -> Any:
    """A parameter in the dtype of the sample; a tensor stays one, so that derivatives reach it."""
    return lg.astype(value if hasattr(value, "dtype") else np.asarray(value), dtype)


def normal(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers with density e^(-x²/2) / √2π.

    x = √2 erf⁻¹(u) for uniform u in (-1, 1); agrees with JAX's to rounding.

    >>> from chainrule import random
    >>> random.normal(random.key(0), (3,)).shape
    (3,)
    """
    key, dtype = checked_key("normal", key), float_dtype("normal", dtype)
    low = np.nextafter(dtype.type(-1), dtype.type(0))
    u = _between(_unit(key, shape_tuple(shape), dtype), low, 1.0, dtype)
    return finished(gaussian.erfinv(u) * dtype.type(math.sqrt(2)))


def truncated_normal(
    key: Any, lower: Any, upper: Any, shape: Shape | None = None, dtype: Any = np.float32
) -> Any:
    """Numbers of the standard normal distribution, given that they lie in (lower, upper).

    x = √2 erf⁻¹(u) for u uniform between erf(lower/√2) and erf(upper/√2), so bounds beyond 5 need
    float64. Derivatives reach the bounds.

    >>> from chainrule import random
    >>> x = random.truncated_normal(random.key(0), -1.0, 2.0, (100,))
    >>> bool((x > -1).all() and (x < 2).all())
    True
    """
    key, dtype = checked_key("truncated_normal", key), float_dtype("truncated_normal", dtype)
    shape = joint_shape("truncated_normal", shape, lower, upper)
    lower, upper = as_dtype(lower, dtype), as_dtype(upper, dtype)
    root = dtype.type(math.sqrt(2))
    u = _between(
        _unit(key, shape, dtype), gaussian.erf(lower / root), gaussian.erf(upper / root), dtype
    )
    # Rounding must not put a number on the bounds or beyond.
    lowest = lg.nextafter(stop_gradient(lower), dtype.type(np.inf))
    highest = lg.nextafter(stop_gradient(upper), dtype.type(-np.inf))
    return finished(lg.minimum(lg.maximum(gaussian.erfinv(u) * root, lowest), highest))


def exponential(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers with density e^-x on x ≥ 0: x = -ln(1 - u).

    >>> from chainrule import random
    >>> bool((random.exponential(random.key(0), (10,)) >= 0).all())
    True
    """
    key, dtype = checked_key("exponential", key), float_dtype("exponential", dtype)
    return finished(-ew.log1p(-_unit(key, shape_tuple(shape), dtype)))


def laplace(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers with density e^-|x| / 2.

    >>> from chainrule import random
    >>> random.laplace(random.key(0), (3,)).dtype
    dtype('float32')
    """
    key, dtype = checked_key("laplace", key), float_dtype("laplace", dtype)
    low = np.finfo(dtype).epsneg - 1
    u = _between(_unit(key, shape_tuple(shape), dtype), low, 1.0, dtype)
    return finished(lg.sign(u) * ew.log1p(-ew.abs(u)))


def gumbel(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers with distribution function e^(-e^-x): x = -ln(-ln u).

    The place of the largest of ``logits + gumbel`` has the probabilities ``softmax(logits)``
    (Gumbel 1954), see ``categorical``.

    >>> from chainrule import random
    >>> random.gumbel(random.key(0), (3,)).dtype
    dtype('float32')
    """
    key, dtype = checked_key("gumbel", key), float_dtype("gumbel", dtype)
    u = _between(_unit(key, shape_tuple(shape), dtype), np.finfo(dtype).tiny, 1.0, dtype)
    return finished(-ew.log(-ew.log(u)))


def logistic(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers whose distribution function is the sigmoid: x = ln(u / (1 - u)).

    >>> from chainrule import random
    >>> random.logistic(random.key(0), (3,)).dtype
    dtype('float32')
    """
    key, dtype = checked_key("logistic", key), float_dtype("logistic", dtype)
    u = _between(_unit(key, shape_tuple(shape), dtype), np.finfo(dtype).tiny, 1.0, dtype)
    return finished(ew.log(u) - ew.log1p(-u))


def cauchy(key: Any, shape: Shape = (), dtype: Any = np.float32) -> Any:
    """Numbers with density 1 / (π (1 + x²)): x = tan(π (u - 1/2)).

    >>> from chainrule import random
    >>> random.cauchy(random.key(0), (3,)).dtype
    dtype('float32')
    """
    key, dtype = checked_key("cauchy", key), float_dtype("cauchy", dtype)
    u = _between(_unit(key, shape_tuple(shape), dtype), np.finfo(dtype).eps, 1.0, dtype)
    return finished(ew.tan((u - 0.5) * math.pi))
