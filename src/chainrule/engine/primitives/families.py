"""Primitive, the row that says everything about an operation, and the families that build rows.

A family's constructor derives what the family knows (type rule, batching, the derivative's
plumbing), so that a row states only what is the operation's own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import trace
from ..errors import DtypeError, ShapeError
from ..tensor import Parameter, Tensor
from ..types import TensorType, promote

Cotangents = Sequence[Any]
Derivative = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Primitive:
    """An operation with rules; everything true of it stands here.

    Attributes
    ----------
    name, family
        As its users call it, and which constructor made it.
    infer(*types, **params)
        Its result's type; raises ShapeError or DtypeError.
    numpy(*arrays, **params)
        Its meaning.
    vjp(cotangent, y, *inputs, **params)
        Cotangents of the inputs, None where there is none; linear in the cotangent.
    batch(primitive, size, batched, inputs, params)
        The same for a stack of ``size`` inputs along axis 0, where ``batched`` says which inputs
        are stacked: the result, and whether it is stacked.
    prepare(primitive, *values)
        What calling it does before ``apply``: broadcasting and promotion, for instance.
    flat
        Its derivative is zero wherever it exists (floor, sign): none flows through it.
    finite
        Finite for all finite inputs, overflow of sums and products aside. (log is not.)
    bind(types, **params)
        A quicker function of the arrays alone, for inputs of these types; ``numpy`` where None.
    llvm(emit, *values, **params)
        The same in compiled code: writes instructions for values of any number of lanes, and
        returns the result. Where None, compiled code calls ``numpy``.
    """

    name: str
    family: str
    infer: Callable[..., Any]
    numpy: Callable[..., Any]
    vjp: Callable[..., Cotangents] | None
    batch: Callable[..., tuple[Any, bool]]
    prepare: Callable[..., Any] | None = None
    latex: str = ""
    domain: tuple[float, float] = (-2.0, 2.0)
    derivatives: tuple[Derivative | None, ...] = field(default=(), repr=False)
    flat: bool = False
    finite: bool = True
    bind: Callable[..., Callable[..., Any]] | None = None
    llvm: Callable[..., Any] | None = None

    def __call__(self, *inputs: Any, **params: Any) -> Any:
        """The result for arrays, numbers and tensors, broadcast and promoted as NumPy does."""
        if self.prepare is not None:
            return self.prepare(self, *inputs, **params)
        return trace.apply(self, *inputs, **params)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


def _constant_value(**params: Any) -> Any:
    raise AssertionError("a constant has its value already")


constant_row = Primitive(
    "constant", "leaf", _constant_value, _constant_value, None, _constant_value
)

# -- elementwise -------------------------------------------------------------------------------


def elementwise(
    name: str,
    *,
    numpy: Callable[..., Any],
    derivative: Derivative | None = None,
    derivatives: tuple[Derivative | None, ...] = (),
    arity: int = 0,
    dtypes: str = "numeric",
    result: str = "same",
    latex: str = "",
    domain: tuple[float, float] = (-2.0, 2.0),
    flat: bool | None = None,
    finite: bool = True,
    llvm: Callable[..., Any] | None = None,
) -> Primitive:
    """A row whose result at each place depends on the inputs at that place.

    Parameters
    ----------
    derivative, derivatives
        ``(y, *inputs) -> dy/dx``, one for each input; None where the derivative is zero. A
        number is fine: 1 costs nothing.
    dtypes
        How inputs are promoted, see ``types.promote``.
    result
        ``same`` dtype as the promoted inputs, or ``bool``.
    domain
        Interval in which the function is smooth: for tests and plots.
    llvm
        ``(emit, *values) -> value``, see Primitive.
    """
    partials = derivatives or ((derivative,) if derivative or not arity else ())
    count = arity or len(partials)

    def infer(*types: TensorType) -> TensorType:
        first = types[0]
        for other in types[1:]:
            if other is not first:
                if other.shape != first.shape:
                    raise ShapeError(f"{name}: shapes {first.shape} and {other.shape} differ")
                raise DtypeError(f"{name}: dtypes {first.dtype} and {other.dtype} differ")
        return first if result == "same" else TensorType.of(first.shape, np.bool_)

    def vjp(cotangent: Any, y: Any, *inputs: Any) -> Cotangents:
        return [
            None if partial is None else _times(cotangent, partial(y, *inputs))
            for partial in partials
        ]

    return Primitive(
        name,
        "elementwise",
        infer,
        numpy,
        vjp if any(partials) else None,
        batch_elementwise,
        _prepare_elementwise(dtypes, infer, count),
        latex or rf"\mathrm{{{name}}}",
        domain,
        tuple(partials) or (None,) * count,
        not any(partials) if flat is None else flat,
        finite,
        llvm=llvm,
    )


def _times(cotangent: Any, factor: Any) -> Any:
    """The chain rule's product; a factor of 1 or -1 is no multiplication.

    Where a side may be Inf or NaN, the product is ``chain_product``: 0 times it is 0.
    """
    if isinstance(factor, int | float):
        if factor == 1:
            return cotangent
        sign = elementwise_rows.negative
        return sign(cotangent) if factor == -1 else elementwise_rows.multiply(cotangent, factor)
    for side in (cotangent, factor):
        if not isinstance(side, Tensor) or may_blow_up(side):
            return elementwise_rows.chain_product(cotangent, factor)
    return elementwise_rows.multiply(cotangent, factor)


def may_blow_up(root: Tensor) -> bool:
    """Whether finite inputs can make this node Inf or NaN: a property of the graph's structure."""
    pending = [root]
    while pending:
        node = pending[-1]
        if node.risky is None:
            unknown = [x for x in node.inputs if x.risky is None]
            if unknown:
                pending += unknown
                continue
            node.risky = _is_risky(node)
        pending.pop()
    return bool(root.risky)


def _is_risky(node: Tensor) -> bool:
    if node.primitive is None:
        return False
    if not node.primitive.finite and not _divides_by_number(node):
        return True
    return any([operand.risky for operand in node.inputs])


def _divides_by_number(node: Tensor) -> bool:
    if node.primitive is None or node.primitive.name != "divide":
        return False
    below = node.inputs[1]
    while below.primitive is not None and below.primitive.name in ("broadcast", "convert"):
        (below,) = below.inputs
    return below.primitive is constant_row and below.type.shape == ()


def batch_elementwise(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    """Batching for rows that work at each place alone: unstacked inputs are repeated."""
    stacked = [x if b else stack_same(x, size) for x, b in zip(inputs, batched, strict=True)]
    return trace.apply(primitive, *stacked, **params), True


def stack_same(value: Any, size: int) -> Any:
    """A new first axis along which the value is repeated."""
    shape = np.shape(value) if not isinstance(value, Tensor) else value.shape
    return views.broadcast_in_dim(value, (size, *shape), tuple(range(1, len(shape) + 1)))


def _prepare_elementwise(
    dtypes: str, infer: Callable[..., TensorType], count: int
) -> Callable[..., Any]:
    smooth_stays = dtypes in ("numeric", "float", "divide")

    def prepare(primitive: Primitive, *values: Any) -> Any:
        if len(values) != count:
            raise TypeError(f"{primitive.name} takes {count} arrays, got {len(values)}")
        first = values[0]
        if type(first) is Tensor and first.type.is_float and smooth_stays:
            kind = first.type
            for other in values:
                if type(other) is not Tensor or other.type is not kind:
                    break
            else:  # nothing to align
                return Tensor(
                    primitive, values, {}, infer(*([kind] * count)), trace.current_place()
                )
        elif not any([isinstance(value, Tensor) for value in values]):
            return primitive.numpy(*values)
        if not trace.state.recording:
            values = tuple([v.data if isinstance(v, Parameter) else v for v in values])
            if not any([isinstance(v, Tensor) for v in values]):
                return primitive.numpy(*values)
        place = trace.current_place()
        operands = align(primitive.name, dtypes, values, place)
        return Tensor(primitive, operands, {}, infer(*[x.type for x in operands]), place)

    return prepare


def align(name: str, dtypes: str, values: Sequence[Any], place: Any = None) -> tuple[Tensor, ...]:
    """Values as nodes of one shape and dtype, by NumPy's rules of broadcasting and promotion."""
    items: list[Any] = []
    kinds: list[Any] = []
    shapes: list[tuple[int, ...]] = []
    for value in values:
        if type(value) in _NUMBERS:
            kinds.append(type(value))
            shapes.append(())
        else:
            if type(value) is not Tensor:
                value = _as_operand(name, value)
            known = value.type if type(value) is Tensor else value
            kinds.append(known.dtype)
            shapes.append(known.shape)
        items.append(value)
    try:
        dtype = promote(dtypes, tuple(kinds))
    except TypeError as error:
        raise DtypeError(f"{name}: {error}") from None
    shape = shapes[0]
    for other in shapes:
        if other != shape:
            shape = _common_shape(name, shapes)
            break
    target = TensorType.of(shape, dtype)
    return tuple([_fit(item, target, place) for item in items])


_NUMBERS = frozenset([bool, int, float])


def _as_operand(name: str, value: Any) -> Any:
    """What is no plain Tensor or number, as a node or an array."""
    if isinstance(value, Parameter):
        return value.snapshot()
    if isinstance(value, list | tuple):
        return views.array(value)
    if not isinstance(value, np.ndarray):
        value = np.asarray(value)
    if value.dtype.kind not in "fiub":
        what = f"an array of dtype {value.dtype}" if value.dtype != object else f"{value!r:.60}"
        raise DtypeError(f"{name}: expected real numbers, got {what}")
    return value


def _common_shape(name: str, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return _broadcast_shapes(tuple(shapes))
    except ValueError:
        raise ShapeError(_explain_mismatch(name, shapes)) from None


@functools.lru_cache(4096)
def _broadcast_shapes(shapes: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return np.broadcast_shapes(*shapes)


def _explain_mismatch(name: str, shapes: Sequence[tuple[int, ...]]) -> str:
    listed = " and ".join(str(shape) for shape in shapes)
    message = (
        f"{name}: shapes {listed} do not broadcast: "
        "lengths must be equal, or 1, axis by axis from the right."
    )
    left, right = shapes[0], shapes[-1]
    if len(left) == 2 and len(right) == 2 and left == right[::-1]:
        message += "\nThey would meet if one were transposed (.T)."
    elif len(right) == 1 and len(left) == 2 and right[0] == left[0]:
        message += (
            "\nThey would meet with the second as a column: "
            f".reshape(-1, 1), of shape {(*right, 1)}."
        )
    elif len(left) == 1 and len(right) == 2 and left[0] == right[0]:
        message += (
            f"\nThey would meet with the first as a column: .reshape(-1, 1), of shape {(*left, 1)}."
        )
    return message


def _fit(item: Any, target: TensorType, place: Any) -> Tensor:
    """One operand, converted and broadcast to the common type."""
    if not isinstance(item, Tensor):
        node = trace.constant(item, target.dtype)
    elif item.type.dtype is not target.dtype and item.type.dtype != target.dtype:
        kind = TensorType.of(item.type.shape, target.dtype)
        node = Tensor(logic.convert, (item,), {"dtype": target.dtype}, kind, place)
    else:
        node = item
    if node.type is target:
        return node
    params = _repeat_params(node.type.shape, target.shape)
    return Tensor(views.broadcast, (node,), params, target, place)


@functools.lru_cache(4096)
def _repeat_params(shape: tuple[int, ...], target: tuple[int, ...]) -> dict[str, Any]:
    return {"shape": target, "axes": tuple(range(len(target) - len(shape), len(target)))}


# The constructors above come first: the rows in these files are made by them.
from . import elementwise as elementwise_rows  # noqa: E402
from . import logic, views  # noqa: E402
