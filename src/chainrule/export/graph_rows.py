"""Which primitives a file may name, what parameters each has, and which of those are sound.

Compiled code trusts a graph: a slice beyond its array would read other memory. So what comes from a
file must pass the check of its row here, and then the primitive's own rule of types.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..engine.errors import DtypeError
from ..engine.graph import Graph
from ..engine.primitives import (
    activation,
    arithmetic,
    calls,
    closures,
    contraction,
    control,
    elementwise,
    gaussian,
    indexing,
    logic,
    reductions,
    scan,
    views,
)
from ..engine.primitives import random as bits
from ..engine.primitives.families import Primitive
from ..engine.trace import placeholder
from ..engine.types import TensorType
from ..scipy import gamma_rows
from .batch_size import Size

DTYPES = {
    "bool": "bool",
    **{f"f{n}": f"float{n}" for n in (16, 32, 64)},
    **{f"i{n}": f"int{n}" for n in (8, 16, 32, 64)},
    **{f"u{n}": f"uint{n}" for n in (8, 16, 32, 64)},
}
WORDS = {np.dtype(name): word for word, name in DTYPES.items()}
LARGEST = 2**40  # elements of one array
_TYPE = re.compile(r"([a-z]+\d*)\[(\d{0,13}(?:,\d{1,13}){0,31})\]")
_SPEC = re.compile(r"([A-Za-z]*(?:,[A-Za-z]*)*)->([A-Za-z]*)")


class Kind(NamedTuple):
    """How a parameter stands in JSON: ``write`` gives it, ``read`` takes it or raises ValueError.

    Both also get the graphs of the file: a number for each, or each by its number.
    """

    write: Callable[[Any, Any], Any]
    read: Callable[[Any, Any], Any]


class Row(NamedTuple):
    """A primitive, its parameters, and ``fits(*types, **params)``: whether they are sound."""

    primitive: Primitive
    params: Mapping[str, Kind]
    fits: Callable[..., Any]


# -- types as text -----------------------------------------------------------------------------


def type_text(dtype: Any, shape: Sequence[int]) -> str:
    """``f32[2,3]``; ``DtypeError`` for a dtype that files do not have."""
    if dtype not in WORDS:
        raise DtypeError(f"a file cannot hold an array of dtype {dtype}")
    return f"{WORDS[dtype]}[{','.join(map(str, shape))}]"


def read_type(text: Any) -> TensorType:
    """The type in this text; ``ValueError`` where it is none.

    >>> read_type("f32[2,3]")
    f32[2,3]
    """
    found = _TYPE.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[1] not in DTYPES:
        raise ValueError(f"{str(text)[:40]!r} is no type of an array")
    lengths = tuple([int(n) for n in found[2].split(",")]) if found[2] else ()
    check_size(lengths)
    return TensorType.of(lengths, DTYPES[found[1]])


def check_size(lengths: tuple[int, ...]) -> None:
    """``ValueError`` for a shape that no array can have."""
    if len(lengths) > 32 or math.prod([n or 1 for n in lengths]) > LARGEST:
        raise ValueError(f"an array of shape {str(lengths)[:60]} is too large")


# -- kinds of parameters -----------------------------------------------------------------------


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < LARGEST


def _plain(test: Callable[[Any], bool], what: str) -> Kind:
    """A value that is the same in JSON."""

    def read(value: Any, graphs: Any) -> Any:
        if not test(value):
            raise ValueError(f"{str(value)[:40]!r} is no {what}")
        return value

    return Kind(lambda value, graphs: value, read)


def write_count(value: Any, graphs: Any = None) -> int | str:
    """A number; as text where it depends on the batch size n."""
    return str(value) if isinstance(value, Size) else int(value)


def _read_counts(value: Any, graphs: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(map(_is_count, value)):
        raise ValueError(f"{str(value)[:40]!r} is no list of whole numbers")
    return tuple(value)


def _read_dtype(value: Any, graphs: Any) -> np.dtype[Any]:
    if not isinstance(value, str) or value not in DTYPES:
        raise ValueError(f"{str(value)[:40]!r} is no dtype")
    return np.dtype(DTYPES[value])


def _read_graph(value: Any, graphs: Any) -> Graph:
    if not _is_count(value) or value >= len(graphs):
        raise ValueError(f"there is no graph {str(value)[:40]} before it")
    return graphs[value]


def _read_graphs(value: Any, graphs: Any) -> tuple[Graph, ...]:
    return tuple([_read_graph(number, graphs) for number in _read_counts(value, graphs)])


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**63)


COUNT = _plain(_is_count, "whole number from 0 on")._replace(write=write_count)
FLAG = _plain(lambda value: type(value) is bool, "truth value")
NUMBER = _plain(_is_number, "number")
TEXT = _plain(lambda value: isinstance(value, str) and len(value) < 1000, "text")
COUNTS = Kind(lambda value, graphs: list(map(write_count, value)), _read_counts)
DTYPE = Kind(lambda value, graphs: WORDS[np.dtype(value)], _read_dtype)
GRAPH = Kind(lambda value, graphs: graphs(value), _read_graph)
GRAPHS = Kind(lambda value, graphs: [graphs(graph) for graph in value], _read_graphs)

# -- soundness ---------------------------------------------------------------------------------


def _is_axis(x: TensorType, axis: int) -> bool:
    return axis < x.ndim


def _are_axes(axes: tuple[int, ...], ndim: int) -> bool:
    """Whether these are axes in their order, none twice."""
    return all(a < b for a, b in pairwise((*axes, ndim)))


def _elementwise_fits(primitive: Primitive) -> Callable[..., bool]:
    def fits(*types: TensorType) -> bool:
        """Whether the operands have met already: nothing to convert or to repeat."""
        if len(types) != len(primitive.derivatives):
            return False
        operands = tuple([placeholder(kind) for kind in types])
        made = primitive(*operands)
        return made.primitive is primitive and made.inputs == operands

    return fits


def _broadcast_fits(x: TensorType, shape: Any, axes: Any) -> bool:
    return len(axes) == x.ndim and _are_axes(axes, len(shape))


def _slice_fits(x: TensorType, start: Any, stop: Any, step: Any) -> bool:
    bounds = zip(start, stop, step, x.shape, strict=True)
    return all(low <= high <= n and stride for low, high, stride, n in bounds)


def _einsum_fits(*types: TensorType, spec: str) -> bool:
    """The normal form of ``einsum``: no letter twice in a term, none that stands alone."""
    found = _SPEC.fullmatch(spec)
    if found is None or len({kind.dtype for kind in types}) != 1:
        return False
    terms = found[1].split(",")
    if any(len(set(term)) != len(term) for term in (*terms, found[2])):
        return False
    return all(
        letter in "".join([*terms[:i], *terms[i + 1 :], found[2]])
        for i, term in enumerate(terms)
        for letter in term
    )


def _gather_fits(x: TensorType, *indices: TensorType, axes: Any) -> bool:
    first = indices[0]
    reads_nothing = first.size and 0 in [x.shape[axis] for axis in axes]
    same = all(kind is first for kind in indices) and first.dtype == np.intp
    return _are_axes(axes, x.ndim) and len(axes) == len(indices) and same and not reads_nothing


def _scatter_fits(x: TensorType, updates: TensorType, *indices: TensorType, axes: Any) -> bool:
    return _gather_fits(x, *indices, axes=axes)


def _bitcast_fits(x: TensorType, dtype: Any) -> bool:
    return x.dtype.itemsize == dtype.itemsize and "b" not in (x.dtype.kind, dtype.kind)


def _bits_fit(key: TensorType, shape: Any, width: int) -> bool:
    return width in (8, 16, 32, 64)


def _derive_fits(key: TensorType, number: TensorType) -> bool:
    return number.dtype.kind in "iu"


def _two_floats(x: TensorType, y: TensorType) -> bool:
    return x is y and x.is_float


def types_of(nodes: Any) -> tuple[Any, ...]:
    """The types of a graph's inputs or outputs."""
    return tuple([node.type for node in nodes])


def _call_fits(*types: TensorType, body: Graph) -> bool:
    return types_of(body.inputs) == types


def _cond_fits(index: TensorType, *types: TensorType, branches: Any) -> bool:
    results = {types_of(branch.outputs) for branch in branches}
    number = TensorType.of((), np.intp)
    takes = all(types_of(branch.inputs) == types for branch in branches)
    return index is number and takes and len(results) == 1


def _while_fits(*types: TensorType, test: Graph, body: Graph, constants: Any) -> bool:
    first, second = constants
    carry = types[first + second :]
    return (
        len(carry) + first + second == len(types)
        and types_of(test.inputs) == types[:first] + carry
        and types_of(test.outputs) == (TensorType.of((), np.bool_),)
        and types_of(body.inputs) == types[first:]
        and types_of(body.outputs) == carry
    )


def _scan_fits(
    *types: TensorType, body: Graph, carries: int, constants: int, length: int, **flags: bool
) -> bool:
    fixed = constants + carries
    rows = tuple([TensorType.of(x.shape[1:], x.dtype) for x in types[fixed:]])
    return (
        len(types) >= fixed
        and all(x.shape[:1] == (length,) for x in types[fixed:])
        and types_of(body.inputs) == types[:fixed] + rows
        and types_of(body.outputs[:carries]) == types[constants:fixed]
    )


# -- the table ---------------------------------------------------------------------------------

_AXES = {"axes": COUNTS}
_AXIS = {"axis": COUNT}
_ALONG_AXES = [reductions.sum_row, reductions.prod_row, reductions.max_row, reductions.min_row]
_ALONG_AXES += [reductions.any_row, reductions.all_row]
_ALONG_ONE = [reductions.argmax_row, reductions.argmin_row, reductions.cumsum_row]
_ALONG_ONE += [reductions.cumprod_row, indexing.sort_row, indexing.argsort_row]
_SPECIAL = [
    Row(views.reshape_row, {"shape": COUNTS}, lambda x, shape: math.prod(shape) == x.size),
    Row(views.transpose_row, _AXES, lambda x, axes: sorted(axes) == list(range(x.ndim))),
    Row(views.broadcast, {"shape": COUNTS, "axes": COUNTS}, _broadcast_fits),
    Row(views.slice_row, {"start": COUNTS, "stop": COUNTS, "step": COUNTS}, _slice_fits),
    Row(
        views.pad_row,
        {"before": COUNTS, "after": COUNTS, "between": COUNTS},
        lambda x, **params: all(len(counts) == x.ndim for counts in params.values()),
    ),
    Row(views.flip_row, _AXES, lambda x, axes: _are_axes(axes, x.ndim)),
    Row(views.concatenate_row, _AXIS, lambda *types, axis: _is_axis(types[0], axis)),
    *[Row(row, _AXES, lambda x, axes: _are_axes(axes, x.ndim)) for row in _ALONG_AXES],
    *[Row(row, _AXIS, _is_axis) for row in _ALONG_ONE],
    Row(contraction.einsum_row, {"spec": TEXT}, _einsum_fits),
    Row(indexing.gather, _AXES, _gather_fits),
    Row(indexing.scatter, _AXES, _scatter_fits),
    Row(indexing.scatter_add, _AXES, _scatter_fits),
    Row(logic.convert, {"dtype": DTYPE}, lambda x, dtype: True),
    Row(logic.bitcast, {"dtype": DTYPE}, _bitcast_fits),
    Row(logic.select, {}, lambda condition, x, y: True),
    Row(elementwise.constant_power, {"exponent": NUMBER}, lambda x, exponent: x.is_float),
    Row(gamma_rows.polygamma, {"order": COUNT}, lambda x, order: x.is_float),
    Row(gamma_rows.gamma_sample, {}, _two_floats),
    Row(bits.random_bits, {"shape": COUNTS, "width": COUNT}, _bits_fit),
    Row(bits.derive_keys, {}, _derive_fits),
    Row(calls.stop_gradient_row, {}, lambda x: True),
    Row(calls.checkpoint_row, {"body": GRAPH}, _call_fits),
    Row(closures.pick, {"index": COUNT}, lambda kinds, index: index < len(kinds)),
    Row(control.cond_row, {"branches": GRAPHS}, _cond_fits),
    Row(control.while_row, {"test": GRAPH, "body": GRAPH, "constants": COUNTS}, _while_fits),
    Row(
        scan.scan_row,
        {
            "body": GRAPH,
            "carries": COUNT,
            "constants": COUNT,
            "length": COUNT,
            "reverse": FLAG,
            "history": FLAG,
        },
        _scan_fits,
    ),
]

_HOMES = (activation, arithmetic, elementwise, gaussian, logic, gamma_rows)
_ELEMENTWISE = [
    Row(row, {}, _elementwise_fits(row))
    for home in _HOMES
    for row in vars(home).values()
    if isinstance(row, Primitive) and row.derivatives
]
# Not here: the compiler's own rows, and `custom_vjp`, whose derivative is a Python function.
ROWS = {row.primitive.name: row for row in [*_SPECIAL, *_ELEMENTWISE]}
