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
    """A number that depends on the batch size: ``factor · top / bottom``."""

    top: int
    bottom: int
    factor: float = 1.0


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
    every: bool = True  # whether constants of every form were let in

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


def compare(graphs: Sequence[Graph], sizes: Sequence[int], every: bool = False) -> Sizes:
    """What depends on the size in the first of these graphs; ``Fixed`` where that cannot be said.

    ``graphs`` are one function's, traced for batches of these sizes. With ``every``, constants may
    be of every form; else they are not ``Repeated``, and have no factor.
    """
    found = Sizes(every=every)
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
    """What the constant is for any size; None where it is the same for all."""
    first = arrays[0]
    if _same(*arrays):
        return None
    if not first.ndim:
        return _quotient([x[()] for x in arrays], sizes, found.every)
    shape = _fit([x.shape for x in arrays], sizes, found)
    for axis in range(first.ndim):
        if all(_same(x, _counting(x.shape, axis)) for x in arrays):
            return Counting(shape, axis)
    values = [x.flat[0] if x.size else x.dtype.type(0) for x in arrays]
    if all(_same(x, np.full_like(x, v)) for x, v in zip(arrays, values, strict=True)):
        is_one = _same(*map(np.asarray, values))
        return Filled(shape, values[0] if is_one else _quotient(values, sizes, found.every))
    firsts = [_first_of_each(x, shape) for x in arrays]
    pairs = zip(arrays, firsts, strict=True)
    repeats = all(_same(x, np.broadcast_to(one, x.shape)) for x, one in pairs)
    if found.every and repeats and _same(*firsts):
        return Repeated(shape, firsts[0])
    raise Fixed(f"an array of constants of shape {first.shape} is made for one size")


def _same(first: Any, *others: Any) -> bool:
    """Whether arrays have the same elements; NaN equals NaN."""
    may_be_nan = first.dtype.kind == "f"
    return all(np.array_equal(first, other, may_be_nan) for other in others)


def _first_of_each(array: Any, shape: tuple[int, ...]) -> Any:
    """The part of an array at place 0 of those axes whose length depends on the size."""
    return array[tuple([slice(0, 1 if isinstance(n, Size) else None) for n in shape])]


def _counting(shape: tuple[int, ...], axis: int) -> Any:
    line = [1] * len(shape)
    line[axis] = shape[axis]
    return np.broadcast_to(np.arange(shape[axis]).reshape(line), shape)


def _quotient(values: Sequence[Any], sizes: Sequence[int], with_factor: bool) -> Quotient:
    """c n, c / n, c n / (n - 1), ...; or the ratio of two whole numbers that are a·n + b."""
    numbers = [float(value) for value in values]
    if not all(np.isfinite(numbers)):
        raise Fixed("a number is infinite for some sizes")
    near = 8 * np.finfo(values[0].dtype).eps if values[0].dtype.kind == "f" else 0.0
    for top, bottom in _FORMS if with_factor else ():
        lengths = [(_at(top, n), _at(bottom, n)) for n in sizes]
        factors = [v * b / t for v, (t, b) in zip(numbers, lengths, strict=True)]
        if np.ptp(factors) <= near * abs(factors[0]):
            lines = [Size.of(_at(one, sizes[0]), *one) if one[0] else 1 for one in (top, bottom)]
            return Quotient(*lines, factors[0])
    ratios = [Fraction(v).limit_denominator(16 * n) for v, n in zip(numbers, sizes, strict=True)]
    for exact, value in zip(ratios, numbers, strict=True):
        if abs(float(exact) - value) > near * abs(value):
            raise Fixed(f"the number {value:.6g} depends on the size in a way of its own")
    tops = line_through([r.numerator for r in ratios], sizes)
    return Quotient(tops, line_through([r.denominator for r in ratios], sizes))


def _at(line: tuple[int, int], n: int) -> int:
    return line[0] * n + line[1]


# Numerator and denominator as (a, b) of a·n + b.
_FORMS = (((0, 1), (1, 0)), ((1, 0), (0, 1)), ((1, 0), (1, -1)), ((0, 1), (1, -1)))
