"""Operations at each element alone: arithmetic, powers, exponentials, trigonometry, comparison, bits.

A row's ``derivative`` takes the result ``y`` and the inputs. Where a function has a kink, the value
taken there is the one in ``docs/conventions.md``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import trace
from ..errors import DtypeError
from ..tensor import Tensor
from ..types import TensorType
from . import special
from .families import Primitive, align, batch_elementwise, elementwise

# -- arithmetic --------------------------------------------------------------------------------

add = elementwise(
    "add",
    numpy=np.add,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: 1),
    latex=r"{} + {}",
)
subtract = elementwise(
    "subtract",
    numpy=np.subtract,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -1),
    latex=r"{} - {}",
)
multiply = elementwise(
    "multiply",
    numpy=np.multiply,
    derivatives=(lambda y, a, b: b, lambda y, a, b: a),
    latex=r"{} \cdot {}",
)
divide = elementwise(
    "divide",
    finite=False,
    numpy=np.divide,
    derivatives=(lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    dtypes="divide",
    latex=r"\frac{{{}}}{{{}}}",
    domain=(0.5, 2.0),
)
floor_divide = elementwise("floor_divide", finite=False, numpy=np.floor_divide, arity=2, domain=(0.5, 2.0))
remainder = elementwise(
    "remainder",
    finite=False,
    numpy=np.remainder,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -floor(a / b)),
    latex=r"{} \bmod {}",
    domain=(1.1, 1.9),
)
fmod = elementwise(
    "fmod",
    finite=False,
    numpy=np.fmod,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -trunc(a / b)),
    domain=(1.1, 1.9),
)
negative = elementwise(
    "negative", numpy=np.negative, derivative=lambda y, x: -1, latex=r"-{}"
)
abs = elementwise("abs", numpy=np.abs, derivative=lambda y, x: sign(x), latex=r"|{}|")
sign = elementwise("sign", numpy=np.sign, arity=1, latex=r"\mathrm{{sign}}\,{}")
square = elementwise(
    "square", numpy=np.square, derivative=lambda y, x: 2 * x, latex=r"{}^2"
)
reciprocal = elementwise(
    "reciprocal",
    finite=False,
    numpy=np.reciprocal,
    derivative=lambda y, x: -y * y,
    latex=r"1/{}",
    domain=(0.5, 2.0),
)


def _chain_product(cotangent: Any, factor: Any) -> Any:
    product = np.multiply(cotangent, factor)
    if np.isnan(product).any():
        product = np.where(np.equal(cotangent, 0), np.zeros_like(product), product)
    return product


# The product of the chain rule. A cotangent of 0 means "the loss does not depend on this", so it
# stays 0 whatever the local derivative is: where(x > 0, log(x), 0) has derivative 0 at x = 0.
chain_product = elementwise(
    "chain_product",
    numpy=_chain_product,
    derivatives=(lambda y, c, d: d, lambda y, c, d: c),
    latex=r"{} \cdot {}",
)

# -- powers, exponentials, logarithms ----------------------------------------------------------

sqrt = elementwise(
    "sqrt",
    finite=False,
    numpy=np.sqrt,
    derivative=lambda y, x: 0.5 / y,
    dtypes="float",
    latex=r"\sqrt{{{}}}",
    domain=(0.1, 3.0),
)
cbrt = elementwise(
    "cbrt",
    numpy=np.cbrt,
    derivative=lambda y, x: 1 / (3 * y * y),
    dtypes="float",
    latex=r"\sqrt[3]{{{}}}",
    domain=(0.1, 3.0),
)
exp = elementwise(
    "exp", finite=False, numpy=np.exp, derivative=lambda y, x: y, dtypes="float", latex=r"e^{{{}}}"
)
exp2 = elementwise(
    "exp2", finite=False, numpy=np.exp2, derivative=lambda y, x: y * math.log(2), dtypes="float", latex=r"2^{{{}}}"
)
expm1 = elementwise(
    "expm1",
    finite=False,
    numpy=np.expm1,
    derivative=lambda y, x: y + 1,
    dtypes="float",
    latex=r"e^{{{}}} - 1",
)
log = elementwise(
    "log",
    finite=False,
    numpy=np.log,
    derivative=lambda y, x: 1 / x,
    dtypes="float",
    latex=r"\ln {}",
    domain=(0.1, 3.0),
)
log2 = elementwise(
    "log2",
    finite=False,
    numpy=np.log2,
    derivative=lambda y, x: 1 / (x * math.log(2)),
    dtypes="float",
    latex=r"\log_2 {}",
    domain=(0.1, 3.0),
)
log10 = elementwise(
    "log10",
    finite=False,
    numpy=np.log10,
    derivative=lambda y, x: 1 / (x * math.log(10)),
    dtypes="float",
    latex=r"\log_{{10}} {}",
    domain=(0.1, 3.0),
)
log1p = elementwise(
    "log1p",
    finite=False,
    numpy=np.log1p,
    derivative=lambda y, x: 1 / (1 + x),
    dtypes="float",
    latex=r"\ln(1 + {})",
    domain=(-0.9, 3.0),
)
logaddexp = elementwise(
    "logaddexp",
    numpy=np.logaddexp,
    derivatives=(lambda y, a, b: sigmoid(a - b), lambda y, a, b: sigmoid(b - a)),
    dtypes="float",
    latex=r"\ln(e^{{{}}} + e^{{{}}})",
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
)


def _power_base(y: Any, x: Any, p: Any) -> Any:
    return select(p == 0, zeros_like(x), p * power(x, select(p == 0, ones_like(p), p - 1)))


def _power_exponent(y: Any, x: Any, p: Any) -> Any:
    return y * log(select(x == 0, ones_like(x), x))


general_power = elementwise(
    "power",
    finite=False,
    numpy=np.power,
    derivatives=(_power_base, _power_exponent),
    latex=r"{}^{{{}}}",
    domain=(0.2, 2.0),
)


def power(x: Any, p: Any) -> Any:
    """x to the power p; whole and half powers written in the program become cheaper primitives."""
    if isinstance(x, Tensor) and isinstance(p, int | float) and not isinstance(p, bool | np.generic):
        if p == 2:
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
)

# -- trigonometric and hyperbolic functions ----------------------------------------------------

sin = elementwise(
    "sin", numpy=np.sin, derivative=lambda y, x: cos(x), dtypes="float", latex=r"\sin {}"
)
cos = elementwise(
    "cos", numpy=np.cos, derivative=lambda y, x: -sin(x), dtypes="float", latex=r"\cos {}"
)
tan = elementwise(
    "tan",
    finite=False,
    numpy=np.tan,
    derivative=lambda y, x: 1 + y * y,
    dtypes="float",
    latex=r"\tan {}",
    domain=(-1.2, 1.2),
)
arcsin = elementwise(
    "arcsin",
    finite=False,
    numpy=np.arcsin,
    derivative=lambda y, x: 1 / sqrt(1 - x * x),
    dtypes="float",
    latex=r"\arcsin {}",
    domain=(-0.9, 0.9),
)
arccos = elementwise(
    "arccos",
    finite=False,
    numpy=np.arccos,
    derivative=lambda y, x: -1 / sqrt(1 - x * x),
    dtypes="float",
    latex=r"\arccos {}",
    domain=(-0.9, 0.9),
)
arctan = elementwise(
    "arctan",
    numpy=np.arctan,
    derivative=lambda y, x: 1 / (1 + x * x),
    dtypes="float",
    latex=r"\arctan {}",
)
arctan2 = elementwise(
    "arctan2",
    finite=False,
    numpy=np.arctan2,
    derivatives=(lambda y, a, b: b / (a * a + b * b), lambda y, a, b: -a / (a * a + b * b)),
    dtypes="float",
    latex=r"\mathrm{{atan2}}({}, {})",
    domain=(0.2, 2.0),
)
sinh = elementwise(
    "sinh", finite=False, numpy=np.sinh, derivative=lambda y, x: cosh(x), dtypes="float", latex=r"\sinh {}"
)
cosh = elementwise(
    "cosh", finite=False, numpy=np.cosh, derivative=lambda y, x: sinh(x), dtypes="float", latex=r"\cosh {}"
)
tanh = elementwise(
    "tanh",
    numpy=np.tanh,
    derivative=lambda y, x: 1 - y * y,
    dtypes="float",
    latex=r"\tanh {}",
)
arcsinh = elementwise(
    "arcsinh",
    numpy=np.arcsinh,
    derivative=lambda y, x: 1 / sqrt(x * x + 1),
    dtypes="float",
    latex=r"\mathrm{{arsinh}}\,{}",
)
arccosh = elementwise(
    "arccosh",
    finite=False,
    numpy=np.arccosh,
    derivative=lambda y, x: 1 / sqrt(x * x - 1),
    dtypes="float",
    latex=r"\mathrm{{arcosh}}\,{}",
    domain=(1.2, 3.0),
)
arctanh = elementwise(
    "arctanh",
    finite=False,
    numpy=np.arctanh,
    derivative=lambda y, x: 1 / (1 - x * x),
    dtypes="float",
    latex=r"\mathrm{{artanh}}\,{}",
    domain=(-0.9, 0.9),
)

# -- functions of statistics and of neural networks --------------------------------------------

sigmoid = elementwise(
    "sigmoid",
    numpy=special.sigmoid,
    derivative=lambda y, x: y * (1 - y),
    dtypes="float",
    latex=r"\sigma({})",
)
erf = elementwise(
    "erf",
    numpy=special.erf,
    derivative=lambda y, x: 2 / math.sqrt(math.pi) * exp(-x * x),
    dtypes="float",
    latex=r"\mathrm{{erf}}\,{}",
)
erfinv = elementwise(
    "erfinv",
    finite=False,
    numpy=special.erfinv,
    derivative=lambda y, x: math.sqrt(math.pi) / 2 * exp(y * y),
    dtypes="float",
    latex=r"\mathrm{{erf}}^{{-1}} {}",
    domain=(-0.9, 0.9),
)
lgamma = elementwise(
    "lgamma",
    finite=False,
    numpy=special.lgamma,
    derivative=lambda y, x: digamma(x),
    dtypes="float",
    latex=r"\ln\Gamma({})",
    domain=(0.2, 4.0),
)
digamma = elementwise(
    "digamma",
    finite=False,
    numpy=special.digamma,
    derivative=lambda y, x: trigamma(x),
    dtypes="float",
    latex=r"\psi({})",
    domain=(0.2, 4.0),
)
trigamma = elementwise(
    "trigamma",
    finite=False,
    numpy=special.trigamma,
    derivative=lambda y, x: polygamma2(x),
    dtypes="float",
    latex=r"\psi'({})",
    domain=(0.2, 4.0),
)
polygamma2 = elementwise(
    "polygamma2",
    finite=False,
    numpy=special.polygamma2,
    arity=1,
    flat=False,
    dtypes="float",
    latex=r"\psi''({})",
    domain=(0.2, 4.0),
)

# -- minimum, maximum, rounding ----------------------------------------------------------------


def _share_of(y: Any, mine: Any, other: Any) -> Any:
    """1 where this input is the result, half where both are."""
    chosen = convert_to(equal(mine, y), y)
    return chosen / (1 + convert_to(equal(mine, other), y))


maximum = elementwise(
    "maximum",
    numpy=np.maximum,
    derivatives=(lambda y, a, b: _share_of(y, a, b), lambda y, a, b: _share_of(y, b, a)),
    latex=r"\max({}, {})",
)
minimum = elementwise(
    "minimum",
    numpy=np.minimum,
    derivatives=(lambda y, a, b: _share_of(y, a, b), lambda y, a, b: _share_of(y, b, a)),
    latex=r"\min({}, {})",
)
floor = elementwise("floor", numpy=np.floor, arity=1, latex=r"\lfloor {} \rfloor")
ceil = elementwise("ceil", numpy=np.ceil, arity=1, latex=r"\lceil {} \rceil")
trunc = elementwise("trunc", numpy=np.trunc, arity=1)
rint = elementwise("rint", numpy=np.round, arity=1, latex=r"\mathrm{{round}}({})")
copysign = elementwise(
    "copysign",
    numpy=np.copysign,
    derivatives=(lambda y, a, b: copysign(ones_like(a), b) * sign(a), None),
    dtypes="float",
    domain=(0.2, 2.0),
)
nextafter = elementwise("nextafter", numpy=np.nextafter, arity=2, dtypes="float")

# -- comparison and logic ----------------------------------------------------------------------

equal = elementwise("equal", numpy=np.equal, arity=2, result="bool", latex=r"{} = {}")
not_equal = elementwise("not_equal", numpy=np.not_equal, arity=2, result="bool", latex=r"{} \ne {}")
less = elementwise("less", numpy=np.less, arity=2, result="bool", latex=r"{} < {}")
less_equal = elementwise(
    "less_equal", numpy=np.less_equal, arity=2, result="bool", latex=r"{} \le {}"
)
greater = elementwise("greater", numpy=np.greater, arity=2, result="bool", latex=r"{} > {}")
greater_equal = elementwise(
    "greater_equal", numpy=np.greater_equal, arity=2, result="bool", latex=r"{} \ge {}"
)
isnan = elementwise("isnan", numpy=np.isnan, arity=1, result="bool")
isinf = elementwise("isinf", numpy=np.isinf, arity=1, result="bool")
isfinite = elementwise("isfinite", numpy=np.isfinite, arity=1, result="bool")
signbit = elementwise("signbit", numpy=np.signbit, arity=1, result="bool", dtypes="float")
logical_and = elementwise("logical_and", numpy=np.logical_and, arity=2, dtypes="bool")
logical_or = elementwise("logical_or", numpy=np.logical_or, arity=2, dtypes="bool")
logical_xor = elementwise("logical_xor", numpy=np.logical_xor, arity=2, dtypes="bool")
logical_not = elementwise("logical_not", numpy=np.logical_not, arity=1, dtypes="bool")

# -- bits --------------------------------------------------------------------------------------

bitwise_and = elementwise("bitwise_and", numpy=np.bitwise_and, arity=2, dtypes="int")
bitwise_or = elementwise("bitwise_or", numpy=np.bitwise_or, arity=2, dtypes="int")
bitwise_xor = elementwise("bitwise_xor", numpy=np.bitwise_xor, arity=2, dtypes="int")
invert = elementwise("invert", numpy=np.invert, arity=1, dtypes="int")
left_shift = elementwise("left_shift", numpy=np.left_shift, arity=2, dtypes="int")
right_shift = elementwise("right_shift", numpy=np.right_shift, arity=2, dtypes="int")

# -- rows with parameters, or with inputs of several dtypes ------------------------------------


def _infer_convert(x: TensorType, dtype: Any) -> TensorType:
    return TensorType.of(x.shape, dtype)


def _convert_vjp(cotangent: Any, y: Any, x: Any, dtype: Any) -> Sequence[Any]:
    return [convert(cotangent, dtype=x.dtype) if np.dtype(x.dtype).kind == "f" else None]


def _numpy_convert(x: Any, dtype: Any) -> Any:
    return np.asarray(x).astype(dtype)[()]


convert = Primitive(
    "convert", "elementwise", _infer_convert, _numpy_convert, _convert_vjp, batch_elementwise
)


def _numpy_bitcast(x: Any, dtype: Any) -> Any:
    return np.asarray(x).view(dtype)[()]


# The same bits read as another dtype of the same width.
bitcast = Primitive(
    "bitcast", "elementwise", _infer_convert, _numpy_bitcast, None, batch_elementwise
)


def _infer_select(condition: TensorType, x: TensorType, y: TensorType) -> TensorType:
    if condition.dtype != np.bool_ or not condition.shape == x.shape == y.shape or x is not y:
        raise DtypeError(f"select: want bool, and two of one type; got {condition}, {x}, {y}")
    return x


def _select_vjp(cotangent: Any, out: Any, condition: Any, x: Any, y: Any) -> Sequence[Any]:
    zero = zeros_like(cotangent)
    return [None, select(condition, cotangent, zero), select(condition, zero, cotangent)]


select = Primitive(
    "select",
    "elementwise",
    _infer_select,
    lambda condition, x, y: np.where(condition, x, y)[()],
    _select_vjp,
    batch_elementwise,
    latex=r"{} \,?\, {} : {}",
)


def where(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where the condition is true, else ``y``; with broadcasting.

    No derivative reaches the branch that is not taken, so NaN and Inf in it do no harm.
    """
    if not any(isinstance(value, Tensor) for value in (condition, x, y)):
        return np.where(condition, x, y)[()]
    place = trace.current_place()
    x, y = align("where", "numeric", (x, y), place)
    (condition,) = align("where", "bool", (condition,), place)
    shape = np.broadcast_shapes(condition.shape, x.shape)
    from .views import broadcast_to

    return trace.apply(
        select, broadcast_to(condition, shape), broadcast_to(x, shape), broadcast_to(y, shape)
    )


def convert_to(x: Any, like: Any) -> Any:
    """``x`` in the dtype of ``like``."""
    return astype(x, like.dtype)


def astype(x: Any, dtype: Any) -> Any:
    """``x`` in another dtype; itself if it has it already."""
    dtype = np.dtype(dtype)
    if getattr(x, "dtype", None) == dtype:
        return x
    return convert(x, dtype=dtype)


def zeros_like(x: Any) -> Any:
    """Zeros with the shape and dtype of ``x``."""
    return _full_like(x, 0)


def ones_like(x: Any) -> Any:
    """Ones with the shape and dtype of ``x``."""
    return _full_like(x, 1)


def _full_like(x: Any, value: float) -> Any:
    if not isinstance(x, Tensor):
        return np.full_like(x, value)
    from .views import broadcast

    scalar = trace.constant(value, x.dtype)
    return trace.apply(broadcast, scalar, shape=x.shape, axes=())


