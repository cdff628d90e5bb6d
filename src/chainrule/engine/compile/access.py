"""Access: which element of an operand stands behind an element of a result.

An index is one ``Affine`` for each axis: a constant plus multiples of loop variables. Views only
change indices; so a chain of them costs nothing, and ends in the address of a stored element.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..primitives import contraction as ct
from ..primitives import views
from ..primitives.indexing import gather
from ..tensor import Tensor

Shape = tuple[int, ...]


class Affine(NamedTuple):
    """``constant + Σ coefficient · variable``; terms are sorted by the variable's number."""

    constant: int = 0
    terms: tuple[tuple[int, int], ...] = ()

    def scaled(self, factor: int, offset: int = 0) -> Affine:
        """``self · factor + offset``."""
        if factor == 1 and offset == 0:
            return self
        terms = tuple([(axis, c * factor) for axis, c in self.terms]) if factor else ()
        return Affine(self.constant * factor + offset, terms)

    def coefficient(self, axis: int) -> int:
        """How much it grows with a variable."""
        return dict(self.terms).get(axis, 0)


ZERO = Affine()
Index = tuple[Affine, ...]


def total(parts: Iterable[Affine]) -> Affine:
    """Their sum."""
    constant = 0
    terms: dict[int, int] = {}
    for part in parts:
        constant += part.constant
        for axis, c in part.terms:
            terms[axis] = terms.get(axis, 0) + c
    return Affine(constant, tuple(sorted((a, c) for a, c in terms.items() if c)))


def strides_of(shape: Sequence[int]) -> list[int]:
    """Elements from one to the next along each axis, in row-major order."""
    return [math.prod(shape[i + 1 :]) for i in range(len(shape))]


def linear(shape: Sequence[int], index: Index) -> Affine:
    """The number of an element in row-major order."""
    return total([i.scaled(s) for i, s in zip(index, strides_of(shape), strict=True)])


def domain_of(shape: Sequence[int]) -> Shape:
    """The loops over an array: its axes but for those of length 1."""
    return tuple([n for n in shape if n != 1])


def own_index(shape: Sequence[int], order: Sequence[int] | None = None) -> Index:
    """Each element at its own place: loop variable i runs along the i-th axis longer than 1.

    With ``order``, the loops are in another order: loop i runs along axis ``order[i]`` of those.
    """
    count = len(domain_of(shape))
    numbers = iter(range(count) if order is None else [order.index(i) for i in range(count)])
    return tuple([ZERO if n == 1 else Affine(0, ((next(numbers), 1),)) for n in shape])


def inputs_at(node: Tensor, index: Index) -> list[tuple[Tensor, Index]]:
    """The elements of its operands that determine an element of an inlined node."""
    row = node.primitive
    assert row is not None
    if row is views.broadcast:
        (x,) = node.inputs
        axes = node.params["axes"]
        picked = [ZERO if n == 1 else index[a] for n, a in zip(x.shape, axes, strict=True)]
        return [(x, tuple(picked))]
    if row is views.transpose_row:
        placed = dict(zip(node.params["axes"], index, strict=True))
        return [(node.inputs[0], tuple([placed[a] for a in range(len(index))]))]
    if row is views.slice_row:
        start, step = node.params["start"], node.params["step"]
        moved = [i.scaled(s, low) for i, low, s in zip(index, start, step, strict=True)]
        return [(node.inputs[0], tuple(moved))]
    if row is views.flip_row:
        axes = node.params["axes"]
        turned = [
            i.scaled(-1, n - 1) if a in axes else i
            for a, (i, n) in enumerate(zip(index, node.shape, strict=True))
        ]
        return [(node.inputs[0], tuple(turned))]
    if row is views.reshape_row:
        return [(node.inputs[0], _same_axes(node, index))]
    if row is ct.einsum_row:
        terms, result = node.params["spec"].split("->")
        at = dict(zip(result, index, strict=True))
        letters = terms.split(",")
        return [
            (x, tuple([at.get(c, ZERO) for c in term]))
            for x, term in zip(node.inputs, letters, strict=True)
        ]
    if row is gather:
        width = len(node.inputs[1].shape)
        return [(i, index[:width]) for i in node.inputs[1:]]
    return [(x, index) for x in node.inputs]


def _same_axes(node: Tensor, index: Index) -> Index:
    """The index before a reshape that only adds or drops axes of length 1."""
    (x,) = node.inputs
    kept = iter([i for i, n in zip(index, node.shape, strict=True) if n != 1])
    return tuple([ZERO if n == 1 else next(kept) for n in x.shape])


def keeps_axes(node: Tensor) -> bool:
    """Whether a reshape only adds or drops axes of length 1."""
    return domain_of(node.shape) == domain_of(node.inputs[0].shape)


def gather_address(node: Tensor, index: Index) -> tuple[Affine, list[int]]:
    """For a gather: the part of the address that is known, and the strides of its index arrays."""
    x = node.inputs[0]
    axes = node.params["axes"]
    strides = strides_of(x.shape)
    rest = iter(index[len(node.inputs[1].shape) :])
    known = [next(rest).scaled(strides[a]) for a in range(len(x.shape)) if a not in axes]
    return total(known), [strides[a] for a in axes]
