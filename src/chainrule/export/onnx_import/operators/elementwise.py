"""Arithmetic, functions, comparisons, logic and bits: an element at a time, shapes broadcast."""

from __future__ import annotations

import functools

from .... import numpy as cnp
from ....numpy import astype
from ....scipy import special
from .common import by_name


def Div(a, b):
    """a / b; integers are cut towards zero."""
    return a / b if a.dtype.kind == "f" else (a - cnp.fmod(a, b)) // b


def Mod(a, b, *, fmod=0):
    """a - b ⌊a / b⌋, with b's sign; with ``fmod`` the remainder of C, with a's."""
    return cnp.fmod(a, b) if fmod else cnp.remainder(a, b)


def Pow(a, b):
    """aᵇ, in the dtype of a."""
    return astype(cnp.power(a, b), a.dtype)


def Max(*values):
    """The largest at each place."""
    return functools.reduce(cnp.maximum, values)


def Min(*values):
    """The smallest at each place."""
    return functools.reduce(cnp.minimum, values)


def Sum(*values):
    """Σ values."""
    return functools.reduce(cnp.add, values)


def Mean(*values):
    """Σ values / count."""
    return Sum(*values) / len(values)


def Clip(x, min=None, max=None):
    """min(max(x, low), high), each bound where it is given."""
    low, high = (None if end is None else astype(end, x.dtype) for end in (min, max))
    x = x if low is None else cnp.maximum(x, low)
    return x if high is None else cnp.minimum(x, high)


def IsInf(x, *, detect_negative=1, detect_positive=1):
    """Whether x is infinite, of the signs that are asked for."""
    negative, positive = bool(detect_negative), bool(detect_positive)
    return cnp.isneginf(x) & negative | cnp.isposinf(x) & positive


def BitShift(x, by, *, direction):
    """x · 2ᵇʸ (LEFT) or ⌊x / 2ᵇʸ⌋ (RIGHT)."""
    return cnp.left_shift(x, by) if direction == "LEFT" else cnp.right_shift(x, by)


def Round(x):
    """The nearest integer; halves go to the even one."""
    return cnp.rint(x)


OPERATORS = {
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
    **by_name(
        BitShift,
        Clip,
        Div,
        IsInf,
        Max,
        Mean,
        Min,
        Mod,
        Pow,
        Round,
        Sum,
    ),
}
