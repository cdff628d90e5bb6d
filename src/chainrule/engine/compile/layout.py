"""Layout: tall matrices of few columns are computed and kept transposed, so that vectors are full.

A hidden layer of 200 examples and 10 neurons fills 10 of 16 lanes with a neuron in each. With an
example in each it fills them all, and what is summed over the neurons needs no sum of lanes.

How a matrix lies is a function of what it is computed from, never of who reads it: so looking at
a value changes no bit of it.
"""

from __future__ import annotations

import numpy as np

from .. import trace
from ..graph import Graph
from ..primitives import contraction as ct
from ..primitives import views
from ..primitives.families import Primitive
from ..primitives.random import random_bits
from ..primitives.reductions import sum_row
from ..rewrite import rewrite
from ..tensor import Tensor
from ..types import TensorType
from .hoist import base_of, materialise

_FEW = 64  # columns: more fill vectors well enough
_TALL = 8  # rows for each column
_LEAST = 128  # rows
_SMALL = 1 << 18  # elements of an input that is rather copied

# A product of which only a sum is asked for: never stored, and added to the sum as it is made.
term = Primitive(
    "term",
    "elementwise",
    lambda a, b: a,
    np.multiply,
    None,
    lambda *_: (None, True),
    llvm=lambda emit, a, b: a * b,
)


def lay_across(graph: Graph) -> Graph:
    """The graph with its tall matrices as transposed views of flat ones."""
    copies: dict[Tensor, Tensor] = {}

    def turn(node: Tensor) -> Tensor | None:
        row = node.primitive
        if row is None or not isinstance(node.type, TensorType):
            return None
        if not any([is_tall(x.shape) for x in _matrices(node)]):
            return None
        with trace.at_place(node.place):
            if row is ct.einsum_row and _has_sums(node):
                return _product(node, copies)
            if row.family == "reduction" and node.params.get("axes") and is_across(node.inputs[0]):
                axes = tuple(sorted([1 - axis for axis in node.params["axes"]]))
                reduced: Tensor = trace.apply(row, across(node.inputs[0]), axes=axes)
                return reduced
            if is_tall(node.shape) and _can_be_across(node):
                return _elementwise(node, copies)
        return None

    return rewrite(graph, turn)


def is_tall(shape: tuple[int, ...]) -> bool:
    """Whether it is a matrix of many rows and few columns.

    >>> is_tall((200, 10)), is_tall((32, 10)), is_tall((200, 1))
    (True, False, False)
    """
    if len(shape) != 2:
        return False
    rows, columns = shape
    return 1 < columns < _FEW and rows >= max(_LEAST, _TALL * columns)


def is_across(node: Tensor) -> bool:
    """Whether it is the transposed view of a flat matrix."""
    return node.primitive is views.transpose_row and is_tall(node.shape)


def across(node: Tensor) -> Tensor:
    """A matrix transposed; what is repeated remains so."""
    if node.primitive is views.transpose_row:
        return node.inputs[0]
    if node.primitive is views.broadcast:
        (x,), axes = node.inputs, node.params["axes"]
        if len(axes) == 2:
            x, axes = views.transpose(x, (1, 0)), (1, 0)
        axes = tuple([1 - axis for axis in axes])
        return views.broadcast_in_dim(x, node.shape[::-1], axes)  # type: ignore[no-any-return]
    return views.transpose(node, (1, 0))  # type: ignore[no-any-return]


def _matrices(node: Tensor) -> list[Tensor]:
    """A node and its operands, and what transposed ones are views of."""
    plain = [x for x in (node, *node.inputs) if isinstance(x.type, TensorType)]  # not of loops
    return plain + [x.inputs[0] for x in plain if x.primitive is views.transpose_row]


def _has_sums(node: Tensor) -> bool:
    terms, result = node.params["spec"].split("->")
    return bool(set(terms) - set(result) - {","})


# -- elementwise operations --------------------------------------------------------------------


def _can_be_across(node: Tensor) -> bool:
    """Whether an operand lies across, or none lies in any way."""
    row = node.primitive
    if row is not ct.einsum_row and (row is None or row.family != "elementwise"):
        return False
    operands = node.inputs
    return any([is_across(x) for x in operands]) or all([_is_free(x) for x in operands])


def _is_free(x: Tensor) -> bool:
    return x.primitive in (views.broadcast, random_bits) or len(x.shape) < 2


def _elementwise(node: Tensor, copies: dict[Tensor, Tensor]) -> Tensor:
    row = node.primitive
    assert row is not None
    if row is ct.einsum_row:
        terms, result = node.params["spec"].split("->")
        flat = trace.apply(row, *node.inputs, spec=f"{terms}->{result[::-1]}")
    else:
        flat = trace.apply(row, *[_flat(x, copies) for x in node.inputs], **node.params)
    return views.transpose(flat, (1, 0))  # type: ignore[no-any-return]


# -- matrix products ---------------------------------------------------------------------------


def _product(node: Tensor, copies: dict[Tensor, Tensor]) -> Tensor | None:
    """With vectors along the rows of tall matrices, if its operands can lie so."""
    if len(node.inputs) != 2:
        return None
    a, b = node.inputs
    if is_tall(node.shape):
        if node.params["spec"] != "XY,YZ->XZ":
            return None
        if not is_across(a) and not _is_given(a):
            return None
        found = trace.apply(ct.einsum_row, across(b), _flat(a, copies), spec=node.params["spec"])
        return views.transpose(found, (1, 0))  # type: ignore[no-any-return]
    if is_across(b):
        a = _laid(a, copies)
    elif a.type.size == b.shape[0] or (_is_transposed(a) and is_across(a.inputs[0])):
        b = _laid(b, copies)
    if is_across(b) and a.type.size == b.shape[0] and node.type.is_float:
        return _sums_of_rows(a, across(b), node.shape)
    if a is node.inputs[0] and b is node.inputs[1]:
        return None
    return trace.apply(ct.einsum_row, a, b, spec=node.params["spec"])  # type: ignore[no-any-return]


def _sums_of_rows(vector: Tensor, matrix: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A vector times each row: sums beside those of the same loops, and nothing is stored."""
    row = views.reshape(vector, (vector.type.size,))
    spread = views.broadcast_in_dim(row, matrix.shape, (1,))
    total = trace.apply(sum_row, trace.apply(term, matrix, spread), axes=(1,))
    return views.reshape(total, shape)  # type: ignore[no-any-return]


def _laid(x: Tensor, copies: dict[Tensor, Tensor]) -> Tensor:
    """The same matrix; an input that is tall as the view of a flat copy."""
    if is_tall(x.shape) and not is_across(x) and _is_given(x):
        return views.transpose(_flat(x, copies), (1, 0))  # type: ignore[no-any-return]
    if _is_transposed(x) and is_tall(x.inputs[0].shape) and _is_given(x.inputs[0]):
        return _flat(x.inputs[0], copies)
    return x


def _is_transposed(x: Tensor) -> bool:
    return x.primitive is views.transpose_row and len(x.shape) == 2


def _flat(x: Tensor, copies: dict[Tensor, Tensor]) -> Tensor:
    """A matrix transposed; an input as a copy, one for all readers."""
    if is_across(x) or not _is_given(x):
        return across(x)
    if x not in copies:
        copies[x] = trace.apply(materialise, across(x))
    return copies[x]


def _is_given(x: Tensor) -> bool:
    """Whether it is a view of an input, and not large."""
    return x.type.size <= _SMALL and base_of(x).primitive is None
