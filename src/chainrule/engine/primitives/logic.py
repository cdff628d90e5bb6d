"""Operations that choose and compare: min and max, rounding, logic, bits, where, dtypes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import trace
from ..errors import DtypeError
from ..tensor import Tensor
from ..types import TensorType
from .families import Primitive, align, batch_elementwise, elementwise

# -- minimum, maximum, rounding ----------------------------------------------------------------


def _share_of(y: Any, mine: Any, other: Any) -> Any:
    """1 where this input is the result, half where both are."""
    return convert_to(equal(mine, y), y) - 0.5 * convert_to(equal(mine, other), y)


maximum = elementwise(
    "maximum",
    numpy=np.maximum,
    derivatives=(lambda y, a, b: _share_of(y, a, b), lambda y, a, b: _share_of(y, b, a)),
    latex=r"\max({}, {})",
    llvm=lambda emit, a, b: emit.maximum(a, b),
)
minimum = elementwise(
    "minimum",
    numpy=np.minimum,
    derivatives=(lambda y, a, b: _share_of(y, a, b), lambda y, a, b: _share_of(y, b, a)),
    latex=r"\min({}, {})",
    llvm=lambda emit, a, b: emit.minimum(a, b),
)
sign = elementwise(
    "sign", numpy=np.sign, arity=1, latex=r"\mathrm{{sign}}\,{}", llvm=lambda emit, x: emit.sign(x)
)
floor = elementwise(
    "floor",
    numpy=np.floor,
    arity=1,
    latex=r"\lfloor {} \rfloor",
    llvm=lambda emit, x: emit.floor(x),
)
ceil = elementwise(
    "ceil", numpy=np.ceil, arity=1, latex=r"\lceil {} \rceil", llvm=lambda emit, x: emit.ceil(x)
)
trunc = elementwise("trunc", numpy=np.trunc, arity=1, llvm=lambda emit, x: emit.trunc(x))
rint = elementwise(
    "rint",
    numpy=np.round,
    arity=1,
    latex=r"\mathrm{{round}}({})",
    llvm=lambda emit, x: emit.rint(x),
)
copysign: Primitive = elementwise(
    "copysign",
    numpy=np.copysign,
    derivatives=(lambda y, a, b: copysign(ones_like(a), b) * sign(a), None),
    dtypes="float",
    domain=(0.2, 2.0),
    llvm=lambda emit, a, b: emit.copysign(a, b),
)
nextafter = elementwise(
    "nextafter",
    numpy=np.nextafter,
    derivatives=(lambda y, a, b: 1, None),
    dtypes="float",
    llvm=lambda emit, a, b: emit.nextafter(a, b),
)

# -- comparison and logic ----------------------------------------------------------------------

equal = elementwise(
    "equal",
    numpy=np.equal,
    arity=2,
    result="bool",
    latex=r"{} = {}",
    llvm=lambda emit, a, b: emit.equal(a, b),
)
not_equal = elementwise(
    "not_equal",
    numpy=np.not_equal,
    arity=2,
    result="bool",
    latex=r"{} \ne {}",
    llvm=lambda emit, a, b: emit.not_equal(a, b),
)
less = elementwise(
    "less", numpy=np.less, arity=2, result="bool", latex=r"{} < {}", llvm=lambda emit, a, b: a < b
)
less_equal = elementwise(
    "less_equal",
    numpy=np.less_equal,
    arity=2,
    result="bool",
    latex=r"{} \le {}",
    llvm=lambda emit, a, b: a <= b,
)
greater = elementwise(
    "greater",
    numpy=np.greater,
    arity=2,
    result="bool",
    latex=r"{} > {}",
    llvm=lambda emit, a, b: a > b,
)
greater_equal = elementwise(
    "greater_equal",
    numpy=np.greater_equal,
    arity=2,
    result="bool",
    latex=r"{} \ge {}",
    llvm=lambda emit, a, b: a >= b,
)
isnan = elementwise(
    "isnan", numpy=np.isnan, arity=1, result="bool", llvm=lambda emit, x: emit.isnan(x)
)
isinf = elementwise(
    "isinf", numpy=np.isinf, arity=1, result="bool", llvm=lambda emit, x: emit.isinf(x)
)
isfinite = elementwise(
    "isfinite", numpy=np.isfinite, arity=1, result="bool", llvm=lambda emit, x: emit.isfinite(x)
)
signbit = elementwise(
    "signbit",
    numpy=np.signbit,
    arity=1,
    result="bool",
    dtypes="float",
    llvm=lambda emit, x: emit.signbit(x),
)
logical_and = elementwise(
    "logical_and", numpy=np.logical_and, arity=2, dtypes="bool", llvm=lambda emit, a, b: a & b
)
logical_or = elementwise(
    "logical_or", numpy=np.logical_or, arity=2, dtypes="bool", llvm=lambda emit, a, b: a | b
)
logical_xor = elementwise(
    "logical_xor", numpy=np.logical_xor, arity=2, dtypes="bool", llvm=lambda emit, a, b: a ^ b
)
logical_not = elementwise(
    "logical_not", numpy=np.logical_not, arity=1, dtypes="bool", llvm=lambda emit, x: ~x
)

# -- bits --------------------------------------------------------------------------------------

bitwise_and = elementwise(
    "bitwise_and", numpy=np.bitwise_and, arity=2, dtypes="int", llvm=lambda emit, a, b: a & b
)
bitwise_or = elementwise(
    "bitwise_or", numpy=np.bitwise_or, arity=2, dtypes="int", llvm=lambda emit, a, b: a | b
)
bitwise_xor = elementwise(
    "bitwise_xor", numpy=np.bitwise_xor, arity=2, dtypes="int", llvm=lambda emit, a, b: a ^ b
)
invert = elementwise("invert", numpy=np.invert, arity=1, dtypes="int", llvm=lambda emit, x: ~x)
left_shift = elementwise(
    "left_shift",
    numpy=np.left_shift,
    arity=2,
    dtypes="number",
    llvm=lambda emit, a, b: emit.left_shift(a, b),
)
right_shift = elementwise(
    "right_shift",
    numpy=np.right_shift,
    arity=2,
    dtypes="number",
    llvm=lambda emit, a, b: emit.right_shift(a, b),
)

# -- rows with parameters, or with inputs of several dtypes ------------------------------------


def _infer_convert(x: TensorType, dtype: Any) -> TensorType:
    return TensorType.of(x.shape, dtype)


def _convert_vjp(cotangent: Any, y: Any, x: Any, dtype: Any) -> Sequence[Any]:
    return [convert(cotangent, dtype=x.dtype) if np.dtype(x.dtype).kind == "f" else None]


def _numpy_convert(x: Any, dtype: Any) -> Any:
    return np.asarray(x).astype(dtype)[()]


convert = Primitive(
    "convert",
    "elementwise",
    _infer_convert,
    _numpy_convert,
    _convert_vjp,
    batch_elementwise,
    llvm=lambda emit, x, dtype: emit.astype(x, dtype),
)


def _numpy_bitcast(x: Any, dtype: Any) -> Any:
    return np.asarray(x).view(dtype)[()]


# The same bits read as another dtype of the same width.
bitcast = Primitive(
    "bitcast",
    "view",
    _infer_convert,
    _numpy_bitcast,
    None,
    batch_elementwise,
    llvm=lambda emit, x, dtype: emit.reinterpret(x, dtype),
)


def _infer_select(condition: TensorType, x: TensorType, y: TensorType) -> TensorType:
    if condition.dtype != np.bool_ or not condition.shape == x.shape == y.shape or x is not y:
        raise DtypeError(f"select: want bool, and two of one type; got {condition}, {x}, {y}")
    return x


def _numpy_select(condition: Any, x: Any, y: Any) -> Any:
    chosen: Any = np.where(condition, x, y)
    return chosen[()]


def _select_vjp(cotangent: Any, out: Any, condition: Any, x: Any, y: Any) -> Sequence[Any]:
    zero = zeros_like(cotangent)
    return [None, select(condition, cotangent, zero), select(condition, zero, cotangent)]


select = Primitive(
    "select",
    "elementwise",
    _infer_select,
    _numpy_select,
    _select_vjp,
    batch_elementwise,
    latex=r"{} \,?\, {} : {}",
    llvm=lambda emit, condition, x, y: emit.select(condition, x, y),
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
