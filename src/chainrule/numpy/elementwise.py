"""Functions of each element alone: the primitives by their names, and what is composed of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..engine.primitives.elementwise import (
    abs,
    add,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    cbrt,
    cos,
    cosh,
    divide,
    exp,
    exp2,
    expm1,
    floor_divide,
    fmod,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    multiply,
    negative,
    power,
    reciprocal,
    remainder,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
)
from ..engine.primitives.logic import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    ceil,
    copysign,
    equal,
    floor,
    greater,
    greater_equal,
    invert,
    isfinite,
    isinf,
    isnan,
    left_shift,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    nextafter,
    not_equal,
    right_shift,
    rint,
    sign,
    signbit,
    trunc,
    where,
)
from ..engine.primitives.reductions import all, as_operand
from ..engine.tensor import Tensor

# The array API standard's names, and NumPy's second names.
acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
bitwise_invert = bitwise_not = invert
bitwise_left_shift, bitwise_right_shift = left_shift, right_shift
absolute = fabs = abs
fix = trunc
mod = remainder
pow = power
true_divide = divide


def positive(x: Any, /) -> Any:
    """``+x``: the same numbers."""
    return x if isinstance(x, Tensor) else np.positive(x)


def float_power(x: Any, p: Any) -> Any:
    """x to the power p, in float64."""
    return power(as_operand(x) * np.float64(1), p)


def round(x: Any, decimals: int = 0) -> Any:
    """To the nearest whole number (or decimal), halves to the even one; its derivative is 0.

    >>> round(np.array([0.5, 1.5, 2.567]), 1)
    array([0.5, 1.5, 2.6])
    """
    if not isinstance(x, Tensor):
        return np.round(x, decimals)
    if decimals == 0:
        return rint(x)
    if x.dtype.kind != "f" and decimals > 0:
        return x
    scale = 10.0 ** np.abs(decimals)
    if decimals > 0:
        return rint(x * scale) / scale
    from .dtypes import astype

    return astype(rint(x / scale) * scale, x.dtype)


around = round


def clip(
    x: Any, /, min: Any = None, max: Any = None, *, a_min: Any = None, a_max: Any = None
) -> Any:
    """Numbers below ``min`` raised to it, those above ``max`` lowered to it.

    >>> clip(np.array([-2.0, 0.5, 2.0]), -1, 1)
    array([-1. ,  0.5,  1. ])
    """
    lowest = a_min if min is None else min
    highest = a_max if max is None else max
    if lowest is None and highest is None:
        return positive(x)
    x = as_operand(x)
    if lowest is not None:
        x = maximum(x, lowest)
    return x if highest is None else minimum(x, highest)


def nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    """NaN replaced by ``nan``, Inf by the largest finite numbers (or those given).

    >>> nan_to_num(np.array([np.nan, 1.0]))
    array([0., 1.])
    """
    x = as_operand(x)
    if x.dtype.kind != "f":
        return x
    limits = np.finfo(x.dtype)
    x = where(isnan(x), x.dtype.type(nan), x)
    x = where(x == np.inf, x.dtype.type(limits.max if posinf is None else posinf), x)
    return where(x == -np.inf, x.dtype.type(limits.min if neginf is None else neginf), x)


def logaddexp2(a: Any, b: Any) -> Any:
    """log2(2^a + 2^b), without overflow."""
    return logaddexp(a * math.log(2), b * math.log(2)) / math.log(2)


def heaviside(x: Any, middle: Any) -> Any:
    """0 below zero, 1 above, ``middle`` at zero."""
    if not (isinstance(x, Tensor) or isinstance(middle, Tensor)):
        return np.heaviside(x, middle)
    return where(equal(x, 0), middle, 0.5 * (sign(x) + 1.0))


def fmax(a: Any, b: Any) -> Any:
    """The larger one; a NaN only where both are."""
    return where(isnan(a), b, where(isnan(b), a, maximum(a, b)))


def fmin(a: Any, b: Any) -> Any:
    """The smaller one; a NaN only where both are."""
    return where(isnan(a), b, where(isnan(b), a, minimum(a, b)))


def divmod(a: Any, b: Any) -> tuple[Any, Any]:
    """The whole quotient and the remainder."""
    return floor_divide(a, b), remainder(a, b)


def deg2rad(x: Any) -> Any:
    """Degrees to radians."""
    return multiply(x, math.pi / 180)


def rad2deg(x: Any) -> Any:
    """Radians to degrees."""
    return multiply(x, 180 / math.pi)


radians, degrees = deg2rad, rad2deg


def sinc(x: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0.

    >>> sinc(np.array([0.0, 0.5])).round(4)
    array([1.    , 0.6366])
    """
    zero = equal(x, 0)
    angle = multiply(where(zero, 1.0, x), math.pi)
    return where(zero, 1.0, sin(angle) / angle)


def conj(x: Any, /) -> Any:
    """The complex conjugate: real numbers are their own."""
    return x if isinstance(x, Tensor) else np.conj(x)


conjugate = conj


def real(x: Any, /) -> Any:
    """The real part: all of a real number."""
    return x if isinstance(x, Tensor) else np.real(x)


def imag(x: Any, /) -> Any:
    """The imaginary part: 0 for real numbers."""
    return x * 0 if isinstance(x, Tensor) else np.imag(x)


def isneginf(x: Any) -> Any:
    """Whether each element is -Inf."""
    return equal(x, -np.inf)


def isposinf(x: Any) -> Any:
    """Whether each element is +Inf."""
    return equal(x, np.inf)


def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |a - b| <= atol + rtol |b|, element by element."""
    if not (isinstance(a, Tensor) or isinstance(b, Tensor)):
        return np.isclose(a, b, rtol, atol, equal_nan)
    near = less_equal(abs(subtract(a, b)), atol + rtol * abs(b))
    near = logical_or(logical_and(near, isfinite(b)), equal(a, b))
    if equal_nan:
        near = logical_or(near, logical_and(isnan(a), isnan(b)))
    return near


def allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Any:
    """Whether all elements are close, see ``isclose``."""
    return all(isclose(a, b, rtol, atol, equal_nan))


def array_equal(a: Any, b: Any, equal_nan: bool = False) -> Any:
    """Whether two arrays have the same shape and elements.

    >>> bool(array_equal(np.ones(2), np.ones(3)))
    False
    """
    a, b = as_operand(a), as_operand(b)
    if a.shape != b.shape:
        return False
    same = equal(a, b)
    if equal_nan:
        same = logical_or(same, logical_and(isnan(a), isnan(b)))
    return all(same)


def real_if_close(x: Any, tol: float = 100) -> Any:
    """Complex numbers with small imaginary parts as real ones: here, the same numbers."""
    return x if isinstance(x, Tensor) else np.real_if_close(x, tol)


__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "allclose",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "around",
    "array_equal",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "clip",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "divmod",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "fix",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "imag",
    "invert",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "multiply",
    "nan_to_num",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "real",
    "real_if_close",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinc",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
