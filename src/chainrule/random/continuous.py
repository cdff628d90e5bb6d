"""Real random numbers by a formula of uniform ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
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
    return finished(ew.erfinv(u) * dtype.type(math.sqrt(2)))
