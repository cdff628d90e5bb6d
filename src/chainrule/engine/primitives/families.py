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

from ...hints import shapes
from .. import trace
from ..errors import DtypeError, ShapeError
from ..tensor import Parameter, Tensor
from ..types import TensorType, promote, type_of

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
        _prepare_elementwise(name, dtypes, infer, count),
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
    name: str, dtypes: str, infer: Callable[..., TensorType], count: int
) -> Callable[..., Any]:
    @functools.lru_cache(1024)
    def meeting(kinds: tuple[Any, ...]) -> tuple[TensorType, list[Any], TensorType]:
        """How operands of these kinds meet, and the type of their result."""
        target, ways = _alignment(name, dtypes, kinds)
        return target, ways, infer(*[target] * count)

    def prepare(primitive: Primitive, *values: Any) -> Any:
        if len(values) != count:
            raise TypeError(f"{name} takes {count} arrays, got {len(values)}")
        for value in values:
            if isinstance(value, Tensor):
                break
        else:
            return primitive.numpy(*values)
        if not trace.state.recording:
            values = tuple([v.data if isinstance(v, Parameter) else v for v in values])
            if not any([isinstance(v, Tensor) for v in values]):
                return primitive.numpy(*values)
        place = trace.current_place(3)  # who called the primitive, which called this
        operands, kinds = _operands(name, values)
        try:
            target, ways, kind = meeting(kinds)
        except ShapeError as error:
            raise error.about(
                name, [trace.node_of(x) for x in operands], shapes.broadcast
            ) from None
        return Tensor(primitive, _meet(operands, target, ways, place), {}, kind, place)

    return prepare


def align(name: str, dtypes: str, values: Sequence[Any], place: Any = None) -> tuple[Tensor, ...]:
    """Values as nodes of one shape and dtype, by NumPy's rules of broadcasting and promotion."""
    operands, kinds = _operands(name, values)
    try:
        return _meet(operands, *_alignment(name, dtypes, kinds), place)
    except ShapeError as error:
        raise error.about(name, [trace.node_of(x) for x in operands], shapes.broadcast) from None


def _operands(name: str, values: Sequence[Any]) -> tuple[list[Any], tuple[Any, ...]]:
    """Values as numbers, arrays and plain Tensors; and their types, of a number the Python type."""
    operands = []
    kinds = []
    for value in values:
        if type(value) not in _OPERANDS:
            value = _as_operand(name, value)
        kind = type(value)
        operands.append(value)
        if kind is Tensor:
            kinds.append(value.type)
        else:
            kinds.append(kind if kind in _NUMBERS else type_of(value))
    return operands, tuple(kinds)


def _meet(
    operands: list[Any], target: TensorType, ways: list[Any], place: Any
) -> tuple[Tensor, ...]:
    """Operands brought to their common type, each in its way."""
    for i, (converted, repeat) in enumerate(ways):
        node = operands[i]
        if type(node) is not Tensor:
            array = np.asarray(node, converted.dtype)[()]
            node = Tensor(constant_row, (), {}, converted, None, array)
        elif node.type is not converted:
            node = Tensor(logic.convert, (node,), {"dtype": converted.dtype}, converted, place)
        if repeat is not None:
            node = Tensor(views.broadcast, (node,), repeat, target, place)
        operands[i] = node
    return tuple(operands)


@functools.lru_cache(4096)
def _alignment(name: str, dtypes: str, kinds: tuple[Any, ...]) -> tuple[TensorType, list[Any]]:
    """The common type; and of each operand, its type after conversion and how it is repeated.

    ``kinds`` are types, or the Python type of a number.
    """
    elements = [k if k in _NUMBERS else k.dtype for k in kinds]
    for dtype in elements:
        if dtype not in _NUMBERS and dtype.kind not in "fiub":
            raise DtypeError(f"{name}: expected real numbers, got an array of dtype {dtype}")
    try:
        dtype = promote(dtypes, tuple(elements))
    except TypeError as error:
        raise DtypeError(f"{name}: {error}") from None
    shapes = [() if k in _NUMBERS else k.shape for k in kinds]
    target = TensorType.of(_common_shape(name, shapes), dtype)
    return target, [(TensorType.of(s, dtype), _repeat(s, target.shape)) for s in shapes]


def _repeat(shape: tuple[int, ...], target: tuple[int, ...]) -> dict[str, Any] | None:
    """Parameters of the broadcast from one shape to another; None if they are the same."""
    if shape == target:
        return None
    return {"shape": target, "axes": tuple(range(len(target) - len(shape), len(target)))}


_NUMBERS = frozenset([bool, int, float])
_OPERANDS = _NUMBERS | {Tensor, np.ndarray}


def _as_operand(name: str, value: Any) -> Any:
    """What is no plain Tensor, array or number, as a node or an array."""
    if isinstance(value, Parameter):
        return value.snapshot()
    if isinstance(value, list | tuple):
        return views.array(value)
    array = np.asarray(value)
    if array.dtype == object:
        raise DtypeError(f"{name}: expected real numbers, got {value!r:.60}")
    return array


def _common_shape(name: str, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        listed = " and ".join(str(shape) for shape in shapes)
        raise ShapeError(
            f"{name}: shapes {listed} do not broadcast: "
            "lengths must be equal, or 1, axis by axis from the right."
        ) from None


# The constructors above come first: the rows in these files are made by them.
from . import elementwise as elementwise_rows  # noqa: E402
from . import logic, views  # noqa: E402
