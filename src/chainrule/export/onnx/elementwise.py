"""Elementwise primitives as ONNX operators, a row each; what takes several stands below."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .writer import Writer

Row = Callable[..., Any]


def named(kind: str, **settings: Any) -> Row:
    """The ONNX operator of this name."""
    return lambda w, node, *xs: w.typed(kind, node, *xs, **settings)


def by_kind(real: str, **others: str | None) -> Row:
    """One operator for real numbers, others for kinds of whole ones; None: they stay as they are.

    Kinds as NumPy's letters: ``i`` signed, ``u`` unsigned, ``b`` boolean.
    """

    def row(w: Writer, node: Any, *xs: str) -> Any:
        kind = others.get(node.inputs[0].type.dtype.kind, real)
        return w.op("Identity", xs[0]) if kind is None else w.typed(kind, node, *xs)

    return row


def _chain_product(w: Writer, node: Any, a: str, b: str) -> str:
    """The chain rule's product, in which 0 times anything is 0."""
    if any(_is_plain(x) for x in node.inputs):
        return w.op("Mul", a, b)
    zero = w.constant(0, node.dtype)
    nothing = w.op("Or", w.op("Equal", a, zero), w.op("Equal", b, zero))
    return w.op("Where", nothing, zero, w.op("Mul", a, b))


def _is_plain(node: Any) -> bool:
    """Whether it is known to be neither 0 nor infinite, so that its products need no care."""
    while node.primitive is not None and node.primitive.name in ("broadcast", "convert"):
        (node,) = node.inputs
    known = node.known if not node.inputs and node.primitive is not None else None
    return known is not None and bool(np.isfinite(known).all() and np.all(known != 0))


def _constant_power(w: Writer, node: Any, x: str) -> str:
    exponent = node.params["exponent"]
    if exponent == 3:
        return w.op("Mul", w.op("Mul", x, x), x)
    return w.op("Pow", x, w.constant(exponent, node.dtype))


def _select(w: Writer, node: Any, condition: str, x: str, y: str) -> str:
    return w.typed("Where", node, condition, x, y, data=(1, 2))


def _times(factor: float) -> Row:
    """A logarithm to another base."""
    return lambda w, node, x: w.op("Mul", w.op("Log", x), w.constant(factor, node.dtype))


def _negative(w: Writer, node: Any, x: str) -> str:
    if node.dtype.kind == "u":
        return w.op("Sub", w.constant(0, node.dtype), x)
    return w.typed("Neg", node, x)


def _is_nan(w: Writer, node: Any, x: str) -> str:
    return w.op("IsNaN", _as_real(w, node, x))


def _is_inf(w: Writer, node: Any, x: str) -> str:
    return w.op("IsInf", _as_real(w, node, x))


def _is_finite(w: Writer, node: Any, x: str) -> str:
    return w.op("Not", w.op("Or", _is_nan(w, node, x), _is_inf(w, node, x)))


def _as_real(w: Writer, node: Any, x: str) -> str:
    return x if node.inputs[0].type.is_float else w.cast(x, np.float64)


def _sign_bit(w: Writer, node: Any, x: str) -> str:
    """Below 0, or the 0 whose reciprocal is."""
    dtype = node.inputs[0].dtype
    zero, one = w.constant(0, dtype), w.constant(1, dtype)
    is_zero = w.op("Equal", x, zero)
    reciprocal = w.op("Div", one, x)
    return w.op("Less", w.op("Where", is_zero, reciprocal, x), zero)


def _copysign(w: Writer, node: Any, x: str, y: str) -> str:
    size = w.op("Abs", x)
    return w.op("Where", _sign_bit(w, node, y), w.op("Neg", size), size)


def _truncated(w: Writer, node: Any, x: str) -> str:
    if not node.type.is_float:
        return w.op("Identity", x)
    below = w.op("Less", x, w.constant(0, node.dtype))
    return w.op("Where", below, w.op("Ceil", x), w.op("Floor", x))


def _step(w: Writer, node: Any, x: str) -> str:
    kind = node.inputs[0]
    x = w.cast(x, np.int64) if kind.dtype == np.bool_ else x
    zero = w.constant(0, np.int64 if kind.dtype == np.bool_ else kind.dtype)
    return w.cast(w.op("Greater", x, zero), node.dtype)


def _relu(w: Writer, node: Any, x: str) -> str:
    if node.type.is_float:
        return w.op("Relu", x)
    return w.typed("Max", node, x, w.constant(0, node.dtype))


def _remainder(w: Writer, node: Any, a: str, b: str) -> str:
    """With the sign of the divisor."""
    if not node.type.is_float:
        return w.typed("Mod", node, a, b)
    zero = w.constant(0, node.dtype)
    rest = w.op("Mod", a, b, fmod=1)
    is_whole = w.op("Equal", rest, zero)
    differs = w.op("Xor", w.op("Less", rest, zero), w.op("Less", b, zero))
    moves = w.op("And", differs, w.op("Not", is_whole))
    moved = w.op("Add", rest, b)
    return w.op("Where", moves, moved, rest)


def _floor_divide(w: Writer, node: Any, a: str, b: str) -> str:
    """(a - a mod b) / b, rounded: a whole number but for the rounding."""
    if node.dtype.kind == "u":
        return w.op("Div", a, b)
    rest = _remainder(w, node, a, b)
    whole = w.op("Div", w.op("Sub", a, rest), b)
    return w.op("Round", whole) if node.type.is_float else whole


def _left_shift(w: Writer, node: Any, a: str, b: str) -> str:
    return _shift(w, node, a, b, "LEFT")


def _shift(w: Writer, node: Any, a: str, b: str, way: str) -> str:
    """BitShift takes unsigned numbers alone."""
    if node.dtype.kind == "u":
        return w.op("BitShift", a, b, direction=way)
    wide = [w.cast(w.cast(x, np.int64), np.uint64) for x in (a, b)]
    moved = w.op("BitShift", *wide, direction=way)
    return w.cast(w.cast(moved, np.int64), node.dtype)


def _right_shift(w: Writer, node: Any, a: str, b: str) -> str:
    """Of a negative number, all bits are turned before and after: ones come in from the left."""
    if node.dtype.kind == "u":
        return _shift(w, node, a, b, "RIGHT")
    below = w.op("Less", a, w.constant(0, node.dtype))
    turned = w.op("Where", below, w.op("BitwiseNot", a), a)
    moved = _shift(w, node, turned, b, "RIGHT")
    return w.op("Where", below, w.op("BitwiseNot", moved), moved)


ELEMENTWISE: dict[str, Row] = {
    "add": by_kind("Add", b="Or"),
    "subtract": named("Sub"),
    "multiply": by_kind("Mul", b="And"),
    "divide": named("Div"),
    "floor_divide": _floor_divide,
    "remainder": _remainder,
    "fmod": named("Mod", fmod=1),
    "negative": _negative,
    "abs": by_kind("Abs", b=None),
    "square": lambda w, node, x: w.op("Mul", x, x),
    "reciprocal": lambda w, node, x: w.op("Div", w.constant(1, node.dtype), x),
    "chain_product": _chain_product,
    "sqrt": named("Sqrt"),
    "exp": named("Exp"),
    "exp2": lambda w, node, x: w.op("Pow", w.constant(2, node.dtype), x),
    "log": named("Log"),
    "log2": _times(1 / np.log(2)),
    "log10": _times(1 / np.log(10)),
    "power": named("Pow"),
    "constant_power": _constant_power,
    "sin": named("Sin"),
    "cos": named("Cos"),
    "tan": named("Tan"),
    "arcsin": named("Asin"),
    "arccos": named("Acos"),
    "arctan": named("Atan"),
    "sinh": named("Sinh"),
    "cosh": named("Cosh"),
    "tanh": named("Tanh"),
    "arcsinh": named("Asinh"),
    "arccosh": named("Acosh"),
    "arctanh": named("Atanh"),
    "sigmoid": named("Sigmoid"),
    "softplus": named("Softplus"),
    "relu": _relu,
    "step": _step,
    "erf": named("Erf"),
    "maximum": by_kind("Max", b="Or"),
    "minimum": by_kind("Min", b="And"),
    "sign": named("Sign"),
    "floor": by_kind("Floor", i=None, u=None, b=None),
    "ceil": by_kind("Ceil", i=None, u=None, b=None),
    "rint": by_kind("Round", i=None, u=None, b=None),
    "trunc": _truncated,
    "copysign": _copysign,
    "signbit": _sign_bit,
    "equal": lambda w, node, a, b: w.op("Equal", a, b),
    "not_equal": lambda w, node, a, b: w.op("Not", w.op("Equal", a, b)),
    "less": named("Less"),
    "less_equal": named("LessOrEqual"),
    "greater": named("Greater"),
    "greater_equal": named("GreaterOrEqual"),
    "isnan": _is_nan,
    "isinf": _is_inf,
    "isfinite": _is_finite,
    "logical_and": named("And"),
    "logical_or": named("Or"),
    "logical_xor": named("Xor"),
    "logical_not": named("Not"),
    "bitwise_and": by_kind("BitwiseAnd", b="And"),
    "bitwise_or": by_kind("BitwiseOr", b="Or"),
    "bitwise_xor": by_kind("BitwiseXor", b="Xor"),
    "invert": by_kind("BitwiseNot", b="Not"),
    "left_shift": _left_shift,
    "right_shift": _right_shift,
    "convert": lambda w, node, x: w.cast(x, node.dtype),
    "select": _select,
    "stop_gradient": lambda w, node, x: w.op("Identity", x),
    "gamma_sample": lambda w, node, sample, a: w.op("Identity", sample),
}
