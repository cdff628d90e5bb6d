"""What depends on the batch size in a graph, found by tracing a function for several sizes.

A graph's shapes are numbers. Traced for four batch sizes, a function that treats each batch alike
gives four graphs that differ only in numbers, and each of those numbers must be a·n + b for the
batch size n (three sizes determine a and b and one of them checks; the fourth checks again). Where
one is not, the batch size is fixed, and ``Fixed`` says which line of the program is to blame.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node, short_line
from ..engine.primitives.families import constant_row


class Fixed(ValueError):
    """Why a graph holds for one batch size only."""


class FixedBatchWarning(UserWarning):
    """An exported model takes one batch size only; the message says why."""


def warn_if_fixed(reason: str) -> None:
    """Tell the caller's caller why the batch size is fixed, if it is."""
    if reason:
        text = f"the exported model takes batches of this one size, because {reason}"
        warnings.warn(text, FixedBatchWarning, stacklevel=3)


class Size(int):
    """A length ``scale · n + offset``, for the batch size n; as a number, that of the trace.

    >>> Size.of(134, 2, 0), (Size.of(67, 1, 0), 3)
    (2 * n, (n, 3))
    """

    scale: int
    offset: int

    @staticmethod
    def of(value: int, scale: int, offset: int) -> Size:
        """The length that was ``value`` in the trace."""
        size = Size(value)
        size.scale, size.offset = scale, offset
        return size

    def __repr__(self) -> str:
        text = "n" if self.scale == 1 else f"{self.scale} * n"
        if self.offset:
            text += f" {'+' if self.offset > 0 else '-'} {abs(self.offset)}"
        return text

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)


@dataclass(frozen=True)
class Quotient:
    """A number that depends on the batch size: ``top / bottom``."""

    top: int
    bottom: int


@dataclass(frozen=True)
class Counting:
    """The array of this shape whose elements are their places along one axis: 0, 1, 2, ..."""

    shape: tuple[int, ...]
    axis: int


@dataclass(frozen=True)
class Filled:
    """The array of this shape with the same number everywhere, which may depend on n too."""

    shape: tuple[int, ...]
    value: Quotient | Any


@dataclass(frozen=True, eq=False)
class Repeated:
    """The array of this shape that repeats another, whose axes have length 1 where it does."""

    shape: tuple[int, ...]
    base: Any


Form = Quotient | Counting | Filled | Repeated


@dataclass
class Sizes:
    """Of the nodes of a graph, what depends on the batch size; of the others, what they are."""

    shapes: dict[Node, Any] = field(default_factory=dict)
    settings: dict[Node, dict[str, Any]] = field(default_factory=dict)
    constants: dict[Node, Form] = field(default_factory=dict)

    def shape(self, node: Any) -> tuple[int, ...]:
        """A node's shape, in which a ``Size`` depends on n."""
        return self.shapes.get(node, node.type.shape)

    def params(self, node: Any) -> dict[str, Any]:
        """A node's parameters, in which a ``Size`` depends on n."""
        return self.settings.get(node, node.params)


def trial_sizes(taken: Sequence[int]) -> list[int]:
    """Four primes that are no length in the graph: above 64, so that no constant is folded."""
    primes = [p for p in range(67, 1000) if all(p % d for d in range(2, 32) if d < p)]
    return [p for p in primes if p not in taken][:4]


def compare(graphs: Sequence[Graph], sizes: Sequence[int]) -> Sizes:
    """What depends on the size in the first of these graphs; ``Fixed`` where that cannot be said.

    ``graphs`` are one function's, traced for batches of these sizes.
    """
    found = Sizes()
    _compare(graphs, sizes, found)
    return found


def _compare(graphs: Sequence[Graph], sizes: Sequence[int], found: Sizes) -> None:
    if len({len(graph.nodes) for graph in graphs}) > 1:
        raise Fixed("the function does something else for each size, in a loop over rows perhaps")
    columns = [[*graph.inputs, *graph.nodes] for graph in graphs]
    numbers = [{node: i for i, node in enumerate(column)} for column in columns]
    for nodes in zip(*columns, strict=True):
        first = nodes[0]
        pairs = zip(numbers, nodes, strict=True)
        operands = {tuple([number[x] for x in node.inputs]) for number, node in pairs}
        if len({node.primitive for node in nodes}) > 1 or len(operands) > 1:
            raise Fixed(f"it does something else for each size at {short_line(first)}")
        _compare_nodes(nodes, sizes, found)
    ends = zip(numbers, graphs, strict=True)
    if len({tuple([number[x] for x in graph.outputs]) for number, graph in ends}) > 1:
        raise Fixed("it returns something else for each size")


def _compare_nodes(nodes: Sequence[Any], sizes: Sequence[int], found: Sizes) -> None:
    first = nodes[0]
    try:
        if any(x.type != first.type for x in nodes):
            found.shapes[first] = _fit([_shapes(x.type) for x in nodes], sizes, found)
        if first.params:
            found.settings[first] = _fit([x.params for x in nodes], sizes, found)
        if first.primitive is constant_row and first.source is None:
            constant = _constant([np.asarray(x.known) for x in nodes], sizes, found)
            if constant is not None:
                found.constants[first] = constant
    except Fixed as error:
        name = first.primitive.name if first.primitive else "an input"
        raise Fixed(f"{error} in {name}, at {short_line(first) or 'no recorded line'}") from None


def _shapes(kind: Any) -> Any:
    return tuple([one.shape for one in kind]) if isinstance(kind, tuple) else kind.shape


def _fit(values: Sequence[Any], sizes: Sequence[int], found: Sizes) -> Any:
    """One value for all: with a ``Size`` for each number that depends on the size."""
    first = values[0]
    if isinstance(first, Graph):
        _compare(values, sizes, found)
        return first
    if isinstance(first, dict):
        return {key: _fit([value[key] for value in values], sizes, found) for key in first}
    if isinstance(first, tuple):
        if len({len(value) for value in values}) > 1:
            raise Fixed("the number of axes changes")
        return tuple([_fit(column, sizes, found) for column in zip(*values, strict=True)])
    if all(value == first for value in values):
        return first
    if isinstance(first, int):
        return line_through(values, sizes)
    raise Fixed(f"{first!r:.40} is {values[1]!r:.40} for another size")


def line_through(values: Sequence[int], sizes: Sequence[int]) -> int:
    """The ``Size`` that has these values for these batch sizes."""
    if all(value == values[0] for value in values):
        return int(values[0])
    slope = Fraction(values[1] - values[0], sizes[1] - sizes[0])
    offset = values[0] - slope * sizes[0]
    expected = [slope * size + offset for size in sizes]
    if slope.denominator != 1 or expected != list(values):
        listed = ", ".join(map(str, values))
        raise Fixed(f"a length goes {listed} for batches of {', '.join(map(str, sizes))}")
    return Size.of(int(values[0]), int(slope), int(offset))


# -- constants ---------------------------------------------------------------------------------


def _constant(arrays: Sequence[Any], sizes: Sequence[int], found: Sizes) -> Any:
    first = arrays[0]
    if all(x.shape == first.shape and np.array_equal(x, first, _may_be_nan(x)) for x in arrays):
        return None
    if not first.ndim:
        return _quotient([x[()].item() for x in arrays], sizes)
    shape = _fit([x.shape for x in arrays], sizes, found)
    for axis in range(first.ndim):
        if all(np.array_equal(x, _counting(x.shape, axis)) for x in arrays):
            return Counting(shape, axis)
    values = [x.flat[0] if x.size else x.dtype.type(0) for x in arrays]
    pairs = zip(arrays, values, strict=True)
    if all(np.array_equal(x, np.full_like(x, value), _may_be_nan(x)) for x, value in pairs):
        if np.array_equal(values, [values[0]] * len(values), _may_be_nan(first)):
            return Filled(shape, values[0])
        return Filled(shape, _quotient([value.item() for value in values], sizes))
    firsts = [_first_of_each(x, shape) for x in arrays]
    pairs = zip(arrays, firsts, strict=True)
    repeats = [np.array_equal(x, np.broadcast_to(y, x.shape), _may_be_nan(x)) for x, y in pairs]
    if all(repeats) and all(np.array_equal(x, firsts[0], _may_be_nan(x)) for x in firsts):
        return Repeated(shape, firsts[0])
    raise Fixed(f"an array of constants of shape {first.shape} is made for one size")


def _first_of_each(array: Any, shape: tuple[int, ...]) -> Any:
    """The part of an array at place 0 of those axes whose length depends on the size."""
    return array[tuple([slice(0, 1 if isinstance(n, Size) else None) for n in shape])]


def _may_be_nan(array: Any) -> bool:
    return array.dtype.kind == "f"


def _counting(shape: tuple[int, ...], axis: int) -> Any:
    line = [1] * len(shape)
    line[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis]).reshape(line), shape)


def _quotient(values: Sequence[Any], sizes: Sequence[int]) -> Quotient:
    """n, 1/n, n/(n-1) and the like, as the ratio of two numbers that are a·n + b."""
    if not all(np.isfinite(values)):
        raise Fixed("a number is infinite for some sizes")
    ratios = [Fraction(v).limit_denominator(16 * s) for v, s in zip(values, sizes, strict=True)]
    for exact, value in zip(ratios, values, strict=True):
        if abs(float(exact) - value) > 1e-6 * abs(value):
            raise Fixed(f"the number {value:.6g} depends on the size in a way of its own")
    tops = line_through([r.numerator for r in ratios], sizes)
    return Quotient(tops, line_through([r.denominator for r in ratios], sizes))
