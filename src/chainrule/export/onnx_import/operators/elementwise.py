"""Arithmetic, functions, comparisons, logic and bits: an element at a time, shapes broadcast."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from ....scipy import special
from .common import by_name


def Div(a: Any, b: Any) -> Any:
    """a / b; integers are cut towards zero."""
    a, b = as_operand(a), as_operand(b)
    return a / b if a.dtype.kind == "f" else (a - cnp.fmod(a, b)) // b


def Mod(a: Any, b: Any, *, fmod: int = 0) -> Any:
    """a - b ⌊a / b⌋, with b's sign; with ``fmod`` the remainder of C, with a's."""
    return cnp.fmod(a, b) if fmod else cnp.remainder(a, b)


def Pow(a: Any, b: Any) -> Any:
    """aᵇ, in the dtype of a."""
    return cnp.astype(cnp.power(a, b), as_operand(a).dtype)


def Max(*values: Any) -> Any:
    """The largest at each place."""
    return functools.reduce(cnp.maximum, values)


def Min(*values: Any) -> Any:
    """The smallest at each place."""
    return functools.reduce(cnp.minimum, values)


def Sum(*values: Any) -> Any:
    """Σ values."""
    return functools.reduce(cnp.add, values)


def Mean(*values: Any) -> Any:
    """Σ values / count."""
    return Sum(*values) / len(values)


def Clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """min(max(x, low), high), each bound where it is given."""
    x = as_operand(x)
    x = x if min is None else cnp.maximum(x, cnp.astype(as_operand(min), x.dtype))
    return x if max is None else cnp.minimum(x, cnp.astype(as_operand(max), x.dtype))


def IsInf(x: Any, *, detect_negative: int = 1, detect_positive: int = 1) -> Any:
    """Whether x is infinite, of the signs that are asked for."""
    negative, positive = bool(detect_negative), bool(detect_positive)
    return cnp.isneginf(x) & negative | cnp.isposinf(x) & positive


def BitShift(x: Any, by: Any, *, direction: str) -> Any:
    """x · 2ᵇʸ (LEFT) or ⌊x / 2ᵇʸ⌋ (RIGHT)."""
    return cnp.left_shift(x, by) if direction == "LEFT" else cnp.right_shift(x, by)


def Round(x: Any) -> Any:
    """The nearest integer; halves go to the even one."""
    return cnp.rint(x)


OPERATORS: dict[str, Callable[..., Any]] = {
    "Abs": cnp.abs,
    "Acos": cnp.arccos,
    "Acosh": cnp.arccosh,
    "Add": cnp.add,
    "And": cnp.logical_and,
    "Asin": cnp.arcsin,
    "Asinh": cnp.arcsinh,
    "Atan": cnp.arctan,
    "Atanh": cnp.arctanh,
    "BitwiseAnd": cnp.bitwise_and,
    "BitwiseNot": cnp.invert,
    "BitwiseOr": cnp.bitwise_or,
    "BitwiseXor": cnp.bitwise_xor,
    "Ceil": cnp.ceil,
    "Cos": cnp.cos,
    "Cosh": cnp.cosh,
    "Equal": cnp.equal,
    "Erf": special.erf,
    "Exp": cnp.exp,
    "Floor": cnp.floor,
    "Greater": cnp.greater,
    "GreaterOrEqual": cnp.greater_equal,
    "IsNaN": cnp.isnan,
    "Less": cnp.less,
    "LessOrEqual": cnp.less_equal,
    "Log": cnp.log,
    "Mul": cnp.multiply,
    "Neg": cnp.negative,
    "Not": cnp.logical_not,
    "Or": cnp.logical_or,
    "Reciprocal": cnp.reciprocal,
    "Sign": cnp.sign,
    "Sin": cnp.sin,
    "Sinh": cnp.sinh,
    "Sqrt": cnp.sqrt,
    "Sub": cnp.subtract,
    "Tan": cnp.tan,
    "Tanh": cnp.tanh,
    "Where": cnp.where,
    "Xor": cnp.logical_xor,
    **by_name(BitShift, Clip, Div, IsInf, Max, Mean, Min, Mod, Pow, Round, Sum),
}
