"""Each primitive as NumPy text: one row an operation, as a reader would write it.

What has no row here is a NumPy function of one name (``np.tanh``), or its own NumPy rule, whose
source is copied out (``helpers.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import Node
from ...engine.types import TensorType


class Text(NamedTuple):
    """An expression, and how tightly its outermost operator binds: ATOM for names and calls."""

    text: str
    level: int = 10

    def within(self, level: int) -> str:
        """Itself where an operand must bind at least so tightly; else in parentheses."""
        return self.text if self.level >= level else f"({self.text})"


ATOM = 10
POWER, UNARY, TIMES, PLUS, SHIFT, AND, XOR, OR, COMPARE = range(9, 0, -1)
Row = Callable[..., Text]

# -- elementwise -------------------------------------------------------------------------------


def _infix(symbol: str, level: int) -> Row:
    """Operators are read from the left; of powers and comparisons neither side may be one."""
    first = level if level in (PLUS, TIMES) else level + 1

    def row(node: Node, a: Text, b: Text) -> Text:
        return Text(f"{a.within(first)} {symbol} {b.within(level + 1)}", level)

    return row


def _prefix(symbol: str) -> Row:
    return lambda node, a: Text(symbol + a.within(UNARY), UNARY)


def _call(template: str) -> Row:
    return lambda node, *operands: Text(template.format(*[x.text for x in operands]))


def _method(template: str) -> Row:
    """A method of the first operand, which must be a name or a call."""
    return lambda node, x: Text(template.format(x.within(ATOM), dtype=dtype_text(node.type)))


def _constant_power(node: Node, x: Text) -> Text:
    exponent = node.params["exponent"]
    shown = f"({exponent!r})" if exponent < 0 else f"{exponent!r}"
    return Text(f"{x.within(ATOM)} ** {shown}", POWER)


ELEMENTWISE: dict[str, Row] = {
    "add": _infix("+", PLUS),
    "subtract": _infix("-", PLUS),
    "multiply": _infix("*", TIMES),
    "divide": _infix("/", TIMES),
    "floor_divide": _infix("//", TIMES),
    "remainder": _infix("%", TIMES),
    "power": _infix("**", POWER),
    "left_shift": _infix("<<", SHIFT),
    "right_shift": _infix(">>", SHIFT),
    "bitwise_and": _infix("&", AND),
    "bitwise_xor": _infix("^", XOR),
    "bitwise_or": _infix("|", OR),
    "equal": _infix("==", COMPARE),
    "not_equal": _infix("!=", COMPARE),
    "less": _infix("<", COMPARE),
    "less_equal": _infix("<=", COMPARE),
    "greater": _infix(">", COMPARE),
    "greater_equal": _infix(">=", COMPARE),
    "negative": _prefix("-"),
    "square": lambda node, x: Text(f"{x.within(ATOM)} ** 2", POWER),
    "constant_power": _constant_power,
    "abs": _call("np.abs({})"),
    "rint": _call("np.round({})"),
    "select": _call("np.where({}, {}, {})"),
    "relu": _call("np.maximum({}, 0)"),
    "softplus": _call("np.logaddexp({}, 0)"),
    "step": lambda node, x: Text(f"({x.within(COMPARE + 1)} > 0).astype({dtype_text(node.type)})"),
    "convert": _method("{}.astype({dtype})"),
    "bitcast": _method("{}.view({dtype})"),
    "stop_gradient": lambda node, x: x,
    "gamma_sample": lambda node, sample, a: sample,
}

# -- views -------------------------------------------------------------------------------------


def dtype_text(kind: Any) -> str:
    """A dtype as NumPy's users write it: ``np.float32``, ``bool``."""
    dtype = np.dtype(getattr(kind, "dtype", kind))
    return "bool" if dtype == np.bool_ else f"np.{dtype.name}"


def new_axes(old: Sequence[int], new: Sequence[int]) -> str | None:
    """The index that adds axes of length 1, such as ``:, None``; None if that does not do it."""
    parts, rest = [], list(old)
    for length in new:
        if rest and rest[0] == length:
            parts.append(":")
            rest.pop(0)
        elif length == 1:
            parts.append("None")
        else:
            return None
    return None if rest or not parts else ", ".join(parts)


def _reshape(node: Node, x: Text) -> Text:
    index = new_axes(node.inputs[0].type.shape, node.params["shape"])
    if index:
        return Text(f"{x.within(ATOM)}[{index}]")
    return Text(f"{x.within(ATOM)}.reshape({node.params['shape']})")


def _transpose(node: Node, x: Text) -> Text:
    axes = node.params["axes"]
    return Text(f"{x.within(ATOM)}.T" if axes == (1, 0) else f"np.transpose({x.text}, {axes})")


def _broadcast(node: Node, x: Text) -> Text:
    shape, axes = node.params["shape"], node.params["axes"]
    lengths = dict(zip(axes, node.inputs[0].type.shape, strict=True))
    aligned = [lengths.get(a, 1) for a in range(min(axes, default=0), len(shape))]
    index = new_axes(node.inputs[0].type.shape, aligned) if axes else None
    if index and "None" in index:
        x = Text(f"{x.within(ATOM)}[{index}]")
    return Text(f"np.broadcast_to({x.text}, {shape})")


def _slice(node: Node, x: Text) -> Text:
    pieces = []
    for bounds in zip(
        *[node.params[k] for k in ("start", "stop", "step")],
        node.inputs[0].type.shape,
        strict=True,
    ):
        start, stop, step, length = bounds
        text = f"{start or ''}:{'' if stop == length else stop}"
        pieces.append(text if step == 1 else f"{text}:{step}")
    while len(pieces) > 1 and pieces[-1] == ":":
        pieces.pop()
    return Text(f"{x.within(ATOM)}[{', '.join(pieces) or '()'}]")


def _pad(node: Node, x: Text) -> Text:
    before, after, between = (node.params[k] for k in ("before", "after", "between"))
    if any(between):
        return Text(f"spread_out({x.text}, {before}, {after}, {between})")
    widths = tuple(zip(before, after, strict=True))
    return Text(f"np.pad({x.text}, {widths})") if widths else x


def _listed(function: str) -> Row:
    def row(node: Node, *operands: Text) -> Text:
        items = ", ".join(x.text for x in operands)
        return Text(f"{function}([{items}], axis={node.params['axis']})")

    return row


VIEWS: dict[str, Row] = {
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "slice": _slice,
    "pad": _pad,
    "flip": lambda node, x: Text(f"np.flip({x.text}, {_axes_text(node.params['axes'])})"),
    "concatenate": _listed("np.concatenate"),
}

# -- reductions and products -------------------------------------------------------------------


def _axes_text(axes: Sequence[int]) -> str:
    return str(axes[0] if len(axes) == 1 else tuple(axes))


def _reduction(name: str) -> Row:
    """Sums and products keep their dtype here; NumPy widens short integers unless told not to."""

    def row(node: Node, x: Text) -> Text:
        kind = node.inputs[0].type
        axes = node.params["axes"]
        parts = [x.text]
        if axes != tuple(range(kind.ndim)) or not axes:
            parts.append(f"axis={_axes_text(axes)}")
        if name in ("sum", "prod") and not kind.is_float:
            parts.append(f"dtype={dtype_text(kind)}")
        return Text(f"np.{name}({', '.join(parts)})")

    return row


def _along(template: str) -> Row:
    def row(node: Node, x: Text) -> Text:
        axis = node.params["axis"]
        return Text(template.format(x=x.text, axis=axis, dtype=dtype_text(node.type)))

    return row


def _einsum(node: Node, *operands: Text) -> Text:
    spec = node.params["spec"]
    terms, result = spec.split("->")
    if len(operands) == 2:
        a, b = terms.split(",")
        found = _product(a, b, result, *operands) or _product(b, a, result, *operands[::-1])
        if found:
            return found
    return Text(f'np.einsum("{spec}", {", ".join(x.text for x in operands)})')


def _product(a: str, b: str, result: str, x: Text, y: Text) -> Text | None:
    """``x @ y``, one of them or both transposed; None where the letters do not mean that."""
    if a == "" and b == result:
        return Text(f"{x.within(TIMES)} * {y.within(TIMES + 1)}", TIMES)
    if len(a) == len(b) == 1 and result == a + b and a != b:
        return Text(f"np.outer({x.text}, {y.text})")
    shared = [c for c in a if c in b and c not in result]
    if len(shared) != 1 or not a or not b:
        return None
    (k,) = shared
    stack = "".join(c for c in a if c in b and c in result)
    if stack and (len(a), len(b)) != (len(stack) + 2,) * 2:
        return None
    left, right = a.replace(k, ""), b.replace(k, "")
    if len(left) > len(stack) + 1 or len(right) > len(stack) + 1:
        return None
    if not (left.startswith(stack) and right.startswith(stack)):
        return None
    if result != left + right[len(stack) :]:
        return None
    if stack and (a != left + k or b != stack + k + right[len(stack) :]):
        return None
    first = x.within(ATOM) + ".T" if len(a) == 2 and a[0] == k else x.within(TIMES)
    second = y.within(ATOM) + ".T" if len(b) == 2 and b[1] == k else y.within(TIMES + 1)
    return Text(f"{first} @ {second}", TIMES)


REDUCTIONS: dict[str, Row] = {
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "any", "all")},
    "argmax": _along("np.argmax({x}, axis={axis})"),
    "argmin": _along("np.argmin({x}, axis={axis})"),
    "cumsum": _along("np.cumsum({x}, axis={axis}, dtype={dtype})"),
    "cumprod": _along("np.cumprod({x}, axis={axis}, dtype={dtype})"),
    "einsum": _einsum,
}

# -- indexing ----------------------------------------------------------------------------------


def _indices(indices: Sequence[Text]) -> str:
    return ", ".join(x.text for x in indices)


def _gather(node: Node, x: Text, *indices: Text) -> Text:
    axes = node.params["axes"]
    if axes != tuple(range(len(axes))):
        x = Text(f"np.moveaxis({x.text}, {axes}, {tuple(range(len(axes)))})")
    return Text(f"{x.within(ATOM)}[{_indices(indices)}]")


def _scatter(name: str) -> Row:
    def row(node: Node, x: Text, updates: Text, *indices: Text) -> Text:
        places = _indices(indices)
        return Text(f"{name}({x.text}, {node.params['axes']}, ({places},), {updates.text})")

    return row


INDEXING: dict[str, Row] = {
    "gather": _gather,
    "scatter": _scatter("put_at"),
    "scatter_add": _scatter("add_at"),
    "sort": _along('np.sort({x}, axis={axis}, kind="stable")'),
    "argsort": _along('np.argsort({x}, axis={axis}, kind="stable")'),
    "pick": lambda node, x: Text(f"{x.text}[{node.params['index']}]"),
}

ROWS: dict[str, Row] = {**ELEMENTWISE, **VIEWS, **REDUCTIONS, **INDEXING}

# -- numbers -----------------------------------------------------------------------------------


def number_text(value: Any) -> str:
    """A number as short as it can be read back: ``0.1``, ``2``, ``np.inf``.

    >>> number_text(np.float32(0.1)), number_text(2.0), number_text(-np.inf), number_text(True)
    ('0.1', '2', '-np.inf', 'True')
    """
    item = value.item() if hasattr(value, "item") else value
    if not isinstance(item, float):
        return str(item)
    if not np.isfinite(item):
        return f"{'-' if item < 0 else ''}np.{'nan' if np.isnan(item) else 'inf'}"
    if item.is_integer() and abs(item) < 1e6 and (item or np.copysign(1, item) > 0):
        return str(int(item))
    return str(value) if isinstance(value, np.floating) else repr(item)


def array_text(value: Any) -> str:
    """An array as NumPy text with its dtype.

    >>> array_text(np.float32(0.5)), array_text(np.array([1, 2])), array_text(np.array([1.0]))
    ('np.float32(0.5)', 'np.array([1, 2])', 'np.array([1.0])')
    """
    array = np.asarray(value)
    if not array.ndim:
        dtype = dtype_text(array)
        return f"{dtype if dtype != 'bool' else 'np.bool_'}({number_text(array[()])})"
    if not array.size:
        return f"np.zeros({_shape_text(array.shape)}{_dtype_argument(array.dtype)})"
    dtype = "" if array.dtype.name in ("int64", "bool") else _dtype_argument(array.dtype)
    return f"np.array({_nested(array)}{dtype})"


def _nested(array: Any) -> str:
    if array.ndim:
        return f"[{', '.join(map(_nested, array))}]"
    text = number_text(array[()])
    return f"{text}.0" if array.dtype.kind == "f" and text.lstrip("-").isdigit() else text


def scalar_text(value: Any, dtype: Any) -> str:
    """A number of this dtype, where nothing beside it says which: ``1.0``, ``np.float32(1)``.

    >>> scalar_text(1, np.float64), scalar_text(1, np.float32), scalar_text(1, np.int64)
    ('1.0', 'np.float32(1)', '1')
    """
    array = np.asarray(value, dtype)
    return _nested(array) if array.dtype.name in ("float64", "int64") else array_text(array)


def _shape_text(shape: Sequence[int]) -> str:
    return str(shape[0]) if len(shape) == 1 else str(tuple(shape))


def _dtype_argument(dtype: Any) -> str:
    return "" if dtype == np.float64 else f", {dtype_text(dtype)}"


def range_text(value: Any) -> str:
    """An array that counts 0, 1, 2, ... along one axis; empty text for others.

    >>> range_text(np.arange(9)[:, None])
    'np.arange(9)[:, None]'
    """
    array = np.asarray(value)
    if array.dtype.kind not in "iu" or not np.array_equal(array.ravel(), np.arange(array.size)):
        return ""
    dtype = "" if array.dtype == np.int64 else f", dtype={dtype_text(array)}"
    text = f"np.arange({array.size}{dtype})"
    if array.ndim == 1:
        return text
    index = new_axes((array.size,), array.shape)
    return f"{text}[{index}]" if index else f"{text}.reshape({array.shape})"


def empty_text(kind: TensorType) -> str:
    """An array of this type, to be filled."""
    return f"np.empty({_shape_text(kind.shape)}{_dtype_argument(kind.dtype)})"


def full_text(value: Any, kind: TensorType) -> str:
    """An array of this type that holds one number everywhere."""
    number = np.asarray(value).astype(kind.dtype)[()]
    if not kind.shape:
        return array_text(number)
    rest = f"({_shape_text(kind.shape)}{_dtype_argument(kind.dtype)})"
    if number in (0, 1) and not np.signbit(float(number)):
        return f"np.{'ones' if number else 'zeros'}{rest}"
    return f"np.full({kind.shape}, {number_text(number)}, {dtype_text(kind)})"
