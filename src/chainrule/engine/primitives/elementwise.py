"""Functions of each element alone: powers, exponentials, trigonometry; with those of arithmetic.

A row's ``derivative`` takes the result ``y`` and the inputs. Where a function has a kink, the value
taken there is the one in ``docs/conventions.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from ..types import TensorType
from . import special
from .arithmetic import (
    abs,
    add,
    chain_product,
    divide,
    floor_divide,
    fmod,
    multiply,
    negative,
    reciprocal,
    remainder,
    square,
    subtract,
)
from .families import Primitive, batch_elementwise, elementwise
from .logic import (
    equal,
    isinf,
    logical_and,
    ones_like,
    select,
    zeros_like,
)

# Arithmetic is at home in a file of its own, and found here too.
__all__ = [
    "abs",
    "add",
    "chain_product",
    "divide",
    "floor_divide",
    "fmod",
    "multiply",
    "negative",
    "reciprocal",
    "remainder",
    "square",
    "subtract",
]

# -- powers, exponentials, logarithms ----------------------------------------------------------

sqrt = elementwise(
    "sqrt",
    finite=False,
    numpy=np.sqrt,
    derivative=lambda y, x: 0.5 / y,
    dtypes="float",
    latex=r"\sqrt{{{}}}",
    domain=(0.1, 3.0),
    llvm=lambda emit, x: emit.sqrt(x),
)
cbrt = elementwise(
    "cbrt",
    numpy=np.cbrt,
    derivative=lambda y, x: 1 / (3 * y * y),
    dtypes="float",
    latex=r"\sqrt[3]{{{}}}",
    domain=(0.1, 3.0),
    llvm=lambda emit, x: emit.cbrt(x),
)
exp = elementwise(
    "exp",
    finite=False,
    numpy=np.exp,
    derivative=lambda y, x: y,
    dtypes="float",
    latex=r"e^{{{}}}",
    llvm=lambda emit, x: emit.exp(x),
)
exp2 = elementwise(
    "exp2",
    finite=False,
    numpy=np.exp2,
    derivative=lambda y, x: y * math.log(2),
    dtypes="float",
    latex=r"2^{{{}}}",
    llvm=lambda emit, x: emit.exp2(x),
)
expm1 = elementwise(
    "expm1",
    finite=False,
    numpy=np.expm1,
    derivative=lambda y, x: y + 1,
    dtypes="float",
    latex=r"e^{{{}}} - 1",
    llvm=lambda emit, x: emit.expm1(x),
)
log = elementwise(
    "log",
    finite=False,
    numpy=np.log,
    derivative=lambda y, x: 1 / x,
    dtypes="float",
    latex=r"\ln {}",
    domain=(0.1, 3.0),
    llvm=lambda emit, x: emit.log(x),
)
log2 = elementwise(
    "log2",
    finite=False,
    numpy=np.log2,
    derivative=lambda y, x: 1 / (x * math.log(2)),
    dtypes="float",
    latex=r"\log_2 {}",
    domain=(0.1, 3.0),
    llvm=lambda emit, x: emit.log2(x),
)
log10 = elementwise(
    "log10",
    finite=False,
    numpy=np.log10,
    derivative=lambda y, x: 1 / (x * math.log(10)),
    dtypes="float",
    latex=r"\log_{{10}} {}",
    domain=(0.1, 3.0),
    llvm=lambda emit, x: emit.log10(x),
)
log1p = elementwise(
    "log1p",
    finite=False,
    numpy=np.log1p,
    derivative=lambda y, x: 1 / (1 + x),
    dtypes="float",
    latex=r"\ln(1 + {})",
    domain=(-0.9, 3.0),
    llvm=lambda emit, x: emit.log1p(x),
)


def _share_of_sum(a: Any, b: Any) -> Any:
    """e^a / (e^a + e^b); half where both are the same infinity, whose difference is NaN."""
    difference = a - b
    alike = logical_and(isinf(a), equal(a, b))
    return sigmoid(select(alike, zeros_like(difference), difference))


logaddexp = elementwise(
    "logaddexp",
    numpy=np.logaddexp,
    derivatives=(lambda y, a, b: _share_of_sum(a, b), lambda y, a, b: _share_of_sum(b, a)),
    dtypes="float",
    latex=r"\ln(e^{{{}}} + e^{{{}}})",
    llvm=lambda emit, a, b: emit.logaddexp(a, b),
)
hypot = elementwise(
    "hypot",
    numpy=np.hypot,
    derivatives=(
        lambda y, a, b: a / select(y == 0, ones_like(y), y),
        lambda y, a, b: b / select(y == 0, ones_like(y), y),
    ),
    dtypes="float",
    latex=r"\sqrt{{{}^2 + {}^2}}",
    domain=(0.2, 2.0),
    llvm=lambda emit, a, b: emit.hypot(a, b),
)


def _power_base(y: Any, x: Any, p: Any) -> Any:
    return select(p == 0, zeros_like(x), p * power(x, select(p == 0, ones_like(p), p - 1)))


def _power_exponent(y: Any, x: Any, p: Any) -> Any:
    return y * log(select(x == 0, ones_like(x), x))


general_power = elementwise(
    "power",
    finite=False,
    dtypes="number",
    numpy=np.power,
    derivatives=(_power_base, _power_exponent),
    latex=r"{}^{{{}}}",
    domain=(0.2, 2.0),
    llvm=lambda emit, a, b: emit.power(a, b),
)


def power(x: Any, p: Any) -> Any:
    """x to the power p; whole and half powers written in the program become cheaper primitives."""
    if (
        isinstance(x, Tensor)
        and isinstance(p, int | float)
        and not isinstance(p, bool | np.generic)
    ):
        if p == 2 and (x.type.is_float or isinstance(p, int)):
            return square(x)
        if p == 1 and isinstance(p, int):
            return x
        if p == 0.5 and x.type.is_float:
            return sqrt(x)
        if x.type.is_float:
            return constant_power(x, exponent=p)
    return general_power(x, p)


def _infer_like(x: TensorType, **params: Any) -> TensorType:
    return x


def _constant_power_vjp(cotangent: Any, y: Any, x: Any, exponent: float) -> Sequence[Any]:
    if exponent == 0:
        return [None]
    return [chain_product(cotangent, exponent * power(x, exponent - 1))]


def _constant_power(x: Any, exponent: float) -> Any:
    if exponent == 3:
        return x * x * x
    return np.power(x, exponent)


constant_power = Primitive(
    "constant_power",
    "elementwise",
    _infer_like,
    _constant_power,
    _constant_power_vjp,
    batch_elementwise,
    finite=False,
    latex=r"{}^{{{exponent}}}",
    domain=(0.3, 2.0),
    llvm=lambda emit, x, exponent: emit.constant_power(x, exponent),
)

# -- trigonometric and hyperbolic functions ----------------------------------------------------

sin = elementwise(
    "sin",
    numpy=np.sin,
    derivative=lambda y, x: cos(x),
    dtypes="float",
    latex=r"\sin {}",
    llvm=lambda emit, x: emit.sin(x),
)
cos: Primitive = elementwise(
    "cos",
    numpy=np.cos,
    derivative=lambda y, x: -sin(x),
    dtypes="float",
    latex=r"\cos {}",
    llvm=lambda emit, x: emit.cos(x),
)
tan = elementwise(
    "tan",
    finite=False,
    numpy=np.tan,
    derivative=lambda y, x: 1 + y * y,
    dtypes="float",
    latex=r"\tan {}",
    domain=(-1.2, 1.2),
    llvm=lambda emit, x: emit.tan(x),
)
arcsin = elementwise(
    "arcsin",
    finite=False,
    numpy=np.arcsin,
    derivative=lambda y, x: 1 / sqrt(1 - x * x),
    dtypes="float",
    latex=r"\arcsin {}",
    domain=(-0.9, 0.9),
    llvm=lambda emit, x: emit.arcsin(x),
)
arccos = elementwise(
    "arccos",
    finite=False,
    numpy=np.arccos,
    derivative=lambda y, x: -1 / sqrt(1 - x * x),
    dtypes="float",
    latex=r"\arccos {}",
    domain=(-0.9, 0.9),
    llvm=lambda emit, x: emit.arccos(x),
)
arctan = elementwise(
    "arctan",
    numpy=np.arctan,
    derivative=lambda y, x: 1 / (1 + x * x),
    dtypes="float",
    latex=r"\arctan {}",
    llvm=lambda emit, x: emit.arctan(x),
)
arctan2 = elementwise(
    "arctan2",
    finite=False,
    numpy=np.arctan2,
    derivatives=(lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
    dtypes="float",
    latex=r"\mathrm{{atan2}}({}, {})",
    domain=(0.2, 2.0),
    llvm=lambda emit, a, b: emit.arctan2(a, b),
)
sinh = elementwise(
    "sinh",
    finite=False,
    numpy=np.sinh,
    derivative=lambda y, x: cosh(x),
    dtypes="float",
    latex=r"\sinh {}",
    llvm=lambda emit, x: emit.sinh(x),
)
cosh: Primitive = elementwise(
    "cosh",
    finite=False,
    numpy=np.cosh,
    derivative=lambda y, x: sinh(x),
    dtypes="float",
    latex=r"\cosh {}",
    llvm=lambda emit, x: emit.cosh(x),
)
tanh = elementwise(
    "tanh",
    numpy=np.tanh,
    derivative=lambda y, x: 1 - y * y,
    dtypes="float",
    latex=r"\tanh {}",
    llvm=lambda emit, x: emit.tanh(x),
)
arcsinh = elementwise(
    "arcsinh",
    numpy=np.arcsinh,
    derivative=lambda y, x: 1 / sqrt(x * x + 1),
    dtypes="float",
    latex=r"\mathrm{{arsinh}}\,{}",
    llvm=lambda emit, x: emit.arcsinh(x),
)
arccosh = elementwise(
    "arccosh",
    finite=False,
    numpy=np.arccosh,
    derivative=lambda y, x: 1 / sqrt(x * x - 1),
    dtypes="float",
    latex=r"\mathrm{{arcosh}}\,{}",
    domain=(1.2, 3.0),
    llvm=lambda emit, x: emit.arccosh(x),
)
arctanh = elementwise(
    "arctanh",
    finite=False,
    numpy=np.arctanh,
    derivative=lambda y, x: 1 / (1 - x * x),
    dtypes="float",
    latex=r"\mathrm{{artanh}}\,{}",
    domain=(-0.9, 0.9),
    llvm=lambda emit, x: emit.arctanh(x),
)

# -- the logistic function ---------------------------------------------------------------------

sigmoid: Primitive = elementwise(
    "sigmoid",
    numpy=special.sigmoid,
    derivative=lambda y, x: y * (1 - y),
    dtypes="float",
    latex=r"\sigma({})",
    llvm=lambda emit, x: emit.sigmoid(x),
)
