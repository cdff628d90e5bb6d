"""Between which bounds the values of a graph lie, whatever the free inputs are.

Interval arithmetic (Moore 1966), with one more fact about each value: whether it keeps ``apart``
from 0 in exact arithmetic, as e^x does although its interval begins at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...engine.graph import Node

INF = math.inf


class Range(NamedTuple):
    """All values lie from ``low`` to ``high``; ``apart`` says that none is 0."""

    low: float = -INF
    high: float = INF
    apart: bool = False

    @property
    def meets_zero(self) -> bool:
        """Whether 0 is possible."""
        return self.low <= 0 <= self.high and not self.apart

    @property
    def is_zero(self) -> bool:
        """Whether nothing else is."""
        return self.low == 0 == self.high


ANY = Range()
Rule = Callable[[Node, Sequence[Range]], Range]


def range_of(array: Any) -> Range:
    """The bounds of an array's values."""
    array = np.asarray(array)
    if not array.size or array.dtype.kind not in "fiub":
        return ANY
    low, high = float(array.min()), float(array.max())
    if math.isnan(low):
        return ANY
    return Range(low, high, bool(array.all()))


def ranges(nodes: Iterable[Node], given: Mapping[Node, Range]) -> dict[Node, Range]:
    """The range of each node, in topological order, from those of the leaves."""
    found = dict(given)
    for node in nodes:
        if node not in found:
            found[node] = _range_of_node(node, found)
    return found


def _range_of_node(node: Node, found: Mapping[Node, Range]) -> Range:
    if not node.inputs:
        return ANY if node.known is None else range_of(node.known)
    assert node.primitive is not None
    name = node.primitive.name
    rule = _RULES.get(name)
    operands = [found.get(x, ANY) for x in node.inputs]
    if rule is not None:
        return rule(node, operands)
    if name in _SAME:
        return operands[0]
    if name == "select":
        return _select(node, found)
    kinds = node.type if isinstance(node.type, tuple) else (node.type,)
    return Range(0, 1) if kinds[0].dtype.kind == "b" else ANY


def name_of(node: Node) -> str:
    """The name of its primitive; empty for a leaf."""
    return "" if node.primitive is None else node.primitive.name


def source_of(node: Node) -> Node:
    """What a node repeats, reshapes or converts."""
    while name_of(node) in _SAME_VALUES:
        node = node.inputs[0]
    return node


_SAME_VALUES = {"broadcast", "reshape", "transpose", "convert", "stop_gradient", "flip"}
_SAME = _SAME_VALUES | {"slice", "gather", "max", "min", "sort"}

# -- arithmetic --------------------------------------------------------------------------------


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _add(node: Node, operands: Sequence[Range]) -> Range:
    a, b = operands
    low, high = a.low + b.low, a.high + b.high
    low, high = (-INF if math.isnan(low) else low), (INF if math.isnan(high) else high)
    same_sign = a.low >= 0 <= b.low or a.high <= 0 >= b.high
    return Range(low, high, low > 0 or high < 0 or (same_sign and (a.apart or b.apart)))


def _negative(node: Node, operands: Sequence[Range]) -> Range:
    (a,) = operands
    return Range(-a.high, -a.low, a.apart)


def _subtract(node: Node, operands: Sequence[Range]) -> Range:
    left, right = node.inputs
    if _is_greatest_of(right, left):
        return Range(-INF, 0)
    return _add(node, [operands[0], _negative(node, operands[1:])])


def _is_greatest_of(top: Node, values: Node) -> bool:
    """Whether ``top`` is max(values), repeated; or that, made finite by a select."""
    top = source_of(top)
    if name_of(top) == "select":
        top = source_of(top.inputs[1])
    return name_of(top) == "max" and source_of(top.inputs[0]) is source_of(values)


def _product(a: Range, b: Range) -> Range:
    corners = [_times(x, y) for x in a[:2] for y in b[:2]]
    return Range(min(corners), max(corners), a.apart and b.apart)


def _multiply(node: Node, operands: Sequence[Range]) -> Range:
    if node.inputs[0] is node.inputs[1]:
        return _square(node, operands[:1])
    return _product(*operands)


def _square(node: Node, operands: Sequence[Range]) -> Range:
    low, high, apart = _abs(node, operands)
    return Range(low * low, high * high, apart)


def _abs(node: Node, operands: Sequence[Range]) -> Range:
    (a,) = operands
    low = 0.0 if a.low <= 0 <= a.high else min(abs(a.low), abs(a.high))
    return Range(low, max(abs(a.low), abs(a.high)), a.apart)


def _divide(node: Node, operands: Sequence[Range]) -> Range:
    a, b = operands
    if b.low < 0 < b.high or b.is_zero:
        return ANY
    return _product(a, _inverse(b))


def _inverse(b: Range) -> Range:
    low = -INF if b.high == 0 else 1 / b.high
    return Range(low, INF if b.low == 0 else 1 / b.low, apart=True)


def _reciprocal(node: Node, operands: Sequence[Range]) -> Range:
    (b,) = operands
    return ANY if b.low < 0 < b.high or b.is_zero else _inverse(b)


def _constant_power(node: Node, operands: Sequence[Range]) -> Range:
    (a,) = operands
    exponent = node.params["exponent"]
    if a.low >= 0:
        corners = [_raise(x, exponent) for x in a[:2]]
        return Range(min(corners), max(corners), a.apart)
    is_even = float(exponent).is_integer() and exponent % 2 == 0
    return Range(0, INF, a.apart) if is_even else ANY


def _raise(x: float, exponent: float) -> float:
    if x == 0 and exponent < 0:
        return INF
    try:
        return float(x**exponent)
    except OverflowError:
        return INF


def _power(node: Node, operands: Sequence[Range]) -> Range:
    a, _ = operands
    return Range(0, INF, a.apart) if a.low >= 0 else ANY


def _maximum(node: Node, operands: Sequence[Range]) -> Range:
    a, b = operands
    apart = (a.apart and b.apart) or max(a.low, b.low) > 0
    return Range(max(a.low, b.low), max(a.high, b.high), apart)


def _minimum(node: Node, operands: Sequence[Range]) -> Range:
    return _negative(node, [_maximum(node, [_negative(node, [x]) for x in operands])])


# -- sums --------------------------------------------------------------------------------------


def _sum(node: Node, operands: Sequence[Range]) -> Range:
    (a,) = operands
    (x,) = node.inputs
    assert not isinstance(x.type, tuple) and not isinstance(node.type, tuple)
    count = x.type.size // max(node.type.size, 1)
    low, high = _times(a.low, count), _times(a.high, count)
    if _is_shifted(x):
        low = max(low, 1.0)  # e^(x - max x) is 1 somewhere
    one_sign = a.low >= 0 or a.high <= 0
    return Range(low, high, (a.apart and one_sign and count > 0) or low > 0)


def _is_shifted(x: Node) -> bool:
    x = source_of(x)
    if name_of(x) != "exp":
        return False
    inner = source_of(x.inputs[0])
    return name_of(inner) == "subtract" and _is_greatest_of(inner.inputs[1], inner.inputs[0])


def _einsum(node: Node, operands: Sequence[Range]) -> Range:
    if any(x.is_zero for x in operands):
        return Range(0, 0)
    terms = node.params["spec"].split("->")[0].split(",")
    is_square = len(terms) == 2 and node.inputs[0] is node.inputs[1] and terms[0] == terms[1]
    if is_square or all(x.low >= 0 for x in operands):
        return Range(0, INF)
    return ANY


# -- functions of one number -------------------------------------------------------------------


def _rising(apart: bool | None = None) -> Rule:
    """For a function that never falls; ``apart`` None: its result is 0 exactly where x is."""

    def rule(node: Node, operands: Sequence[Range]) -> Range:
        (a,) = operands
        assert node.primitive is not None
        with np.errstate(all="ignore"):
            low, high = (float(node.primitive.numpy(np.float64(x))) for x in a[:2])
        keeps_apart = a.apart if apart is None else apart
        return Range(-INF if math.isnan(low) else low, high, keeps_apart)

    return rule


def _between(low: float, high: float) -> Rule:
    return lambda node, operands: Range(low, high)


def _union(node: Node, operands: Sequence[Range]) -> Range:
    lows, highs, apart = zip(*operands, strict=True)
    return Range(min(lows), max(highs), all(apart))


def _pad(node: Node, operands: Sequence[Range]) -> Range:
    return _union(node, [operands[0], Range(0, 0)])


_RULES: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "negative": _negative,
    "multiply": _multiply,
    "chain_product": _multiply,
    "square": _square,
    "abs": _abs,
    "divide": _divide,
    "reciprocal": _reciprocal,
    "constant_power": _constant_power,
    "power": _power,
    "maximum": _maximum,
    "minimum": _minimum,
    "sum": _sum,
    "einsum": _einsum,
    "concatenate": _union,
    "pad": _pad,
    "sin": _between(-1, 1),
    "cos": _between(-1, 1),
    "logaddexp": lambda node, operands: _maximum(node, operands)._replace(high=INF, apart=False),
    "hypot": _between(0, INF),
    **dict.fromkeys(("exp", "exp2", "sigmoid", "softplus"), _rising(apart=True)),
    **dict.fromkeys(("log", "log2", "log10", "floor", "ceil", "rint", "trunc"), _rising(False)),
    **dict.fromkeys(("sqrt", "cbrt", "expm1", "log1p", "tanh", "sinh", "erf"), _rising()),
    **dict.fromkeys(("arctan", "arcsinh", "sign"), _rising()),
    **dict.fromkeys(("relu", "step"), _rising(False)),
}

# -- select: what its condition says of a branch -----------------------------------------------


def _select(node: Node, found: Mapping[Node, Range]) -> Range:
    condition, *branches = node.inputs
    parts = []
    for number, branch in enumerate(branches):
        known = found.get(branch, ANY)
        parts.append(_narrowed(known, condition, branch, found, holds=number == 0))
    return _union(node, parts)


def _narrowed(
    known: Range, condition: Node, branch: Node, found: Mapping[Node, Range], holds: bool
) -> Range:
    """The range of ``branch`` at the places where the condition holds (or does not)."""
    test = source_of(condition)
    name = name_of(test)
    if name not in _TESTS:
        return known
    left, right = (source_of(x) for x in test.inputs)
    if source_of(branch) is right:
        left, right, name = right, left, _MIRRORED.get(name, name)
    if source_of(branch) is not left:
        return known
    bound = found.get(right, ANY)
    return _TESTS[name if holds else _OPPOSITE[name]](known, bound)


def _above(a: Range, b: Range) -> Range:
    return Range(max(a.low, b.low), a.high, a.apart or b.low >= 0)


def _from(a: Range, b: Range) -> Range:
    return Range(max(a.low, b.low), a.high, a.apart or b.low > 0)


def _below(a: Range, b: Range) -> Range:
    return Range(a.low, min(a.high, b.high), a.apart or b.high <= 0)


def _until(a: Range, b: Range) -> Range:
    return Range(a.low, min(a.high, b.high), a.apart or b.high < 0)


_TESTS: dict[str, Callable[[Range, Range], Range]] = {
    "greater": _above,
    "greater_equal": _from,
    "less": _below,
    "less_equal": _until,
    "equal": lambda a, b: b,
    "not_equal": lambda a, b: a._replace(apart=a.apart or b.is_zero),
}
_MIRRORED = {
    "greater": "less",
    "less": "greater",
    "greater_equal": "less_equal",
    "less_equal": "greater_equal",
}
_OPPOSITE = {
    "greater": "less_equal",
    "less_equal": "greater",
    "less": "greater_equal",
    "greater_equal": "less",
    "equal": "not_equal",
    "not_equal": "equal",
}
