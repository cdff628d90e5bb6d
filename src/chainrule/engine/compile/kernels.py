"""Kernels: nested loops over vectors, written from what ``fuse`` put together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..primitives.indexing import scatter_add
from . import access, ir, store, work
from .access import Affine
from .instructions import Value, Variable, kind_of
from .layout import term
from .math import Math
from .merge import merged_lengths
from .reduce import combine, first_value, horizontal
from .tiles import Matrix, vector_lanes
from .transpose import arrange
from .values import Values

BLOCK = 256  # vectors that are summed on their own before they join the total: less rounding
_UNROLLED = 4  # vectors of columns whose sums are kept in registers


class Writer:
    """Writes one kernel of loops."""

    def __init__(
        self,
        emit: Math,
        step: ir.Loops,
        values: Values,
        lanes: int,
        share: work.Share | None = None,
        limits: tuple[Value, Value] | None = None,
    ) -> None:
        self.emit, self.step, self.values = emit, step, values
        self.share, self.limits = share, limits
        self.lanes = lanes if not step.sequential or _may_be_vectors(step) else 1
        self.lengths = merged_lengths(step)
        self.sums = [r for r in step.roots if r.kind not in ("store", "scatter", "scatter_add")]
        self.columns = any([r.columns for r in step.roots])
        self.kept: dict[tuple[int, Any], Variable] = {}
        values.here = {r.made: True for r in step.roots if ir.is_own_value(r)}
        values.variables = [None] * len(self.lengths)

    def write(self) -> None:
        """The whole kernel."""
        if not self.lengths:
            self.values.variables, self.values.width = [], 1
            self._piece(None, 1)
        elif (pair := self._transposed()) is not None:
            lanes = vector_lanes(pair[0].kind, self.lanes)
            arrange(self.emit, self.lengths[0], self.lengths[1], *pair, lanes)
        else:
            self._nest(0)

    def _transposed(self) -> tuple[Matrix, Matrix] | None:
        """Source and target, where the kernel copies a matrix whose columns are contiguous."""
        if len(self.lengths) != 2 or 1 in self.lengths or self.limits is not None:
            return None
        if len(self.step.roots) > 1 or self.sums or self.step.sequential:
            return None
        (root,) = self.step.roots
        node, index = root.node, root.index
        while node not in self.step.storage or node is root.made:
            if not store.only_moves(node):
                return None
            ((node, index),) = access.inputs_at(node, index)
        source, storage = access.linear(node.shape, index), self.step.storage[node]
        if source.coefficient(0) != 1 or root.target.coefficient(1) != 1:
            return None
        return self._matrix(storage, source), self._matrix(root.storage, root.target)

    def _matrix(self, storage: ir.Storage, place: Affine) -> Matrix:
        kind = kind_of(storage.type.dtype)
        kind = "u8" if kind == "bool" or kind is None else kind
        pointer = self.emit.address(self.values.pointers[storage], place.constant, kind)
        return Matrix(pointer, place.coefficient(0), place.coefficient(1), kind)

    # -- loops ---------------------------------------------------------------------------------

    def _nest(self, level: int) -> None:
        last = len(self.lengths) - 1
        if self.columns and level == self._first_reduced():
            self._columns(level)
            return
        self._begin(level)
        if level == last:
            self._pieces(self._split(0, self.lengths[last]), level == self._outermost())
        elif self.values.variables[level] is None and self.lengths[level] == 1:
            self._nest(level + 1)
        else:
            first: Value | int = 0
            stop: Value | int = self.lengths[level]
            if self.limits is not None and level == self._outermost():
                first, stop = self.limits
            with self._loop(level, first, stop) as variable:
                self.values.variables[level] = variable
                self._nest(level + 1)
        if self.sums:
            self.values.begin_piece()
            self._finish(level)

    def _first_reduced(self) -> int:
        return next(r.begin for r in self.step.roots if r.columns)

    def _split(self, start: int, count: int) -> list[tuple[int, int, int]]:
        """(first, number of vectors, lanes): whole vectors, then what is left."""
        whole, rest = divmod(count, self.lanes)
        parts = [(start, whole, self.lanes)] if whole else []
        return parts + ([(start + whole * self.lanes, 1, rest)] if rest else [])

    def _lanes_for(self, valid: int) -> int:
        """Lanes of a vector of so many elements: with masks, those that a register has."""
        if not self.emit.masks:
            return valid
        return 1 << (valid - 1).bit_length()

    def _outermost(self) -> int:
        return next((i for i, n in enumerate(self.lengths) if n > 1), 0)

    def _pieces(self, parts: list[tuple[int, int, int]], shared: bool) -> None:
        for start, count, width in parts:
            first: Value | int = start
            stop: Value | int = start + count * width
            if shared and self.limits is not None:
                is_tail = width < self.lanes
                if is_tail != (self.share is work.TAIL):
                    continue
                first, stop = (first, stop) if is_tail else self.limits
            with self._loop(len(self.lengths) - 1, first, stop, width) as base:
                self._piece(base, width)

    def _columns(self, level: int) -> None:
        """Sums over the loops from ``level`` on, for each column: a block of columns at a time."""
        length = self.lengths[-1]
        block = _UNROLLED * self.lanes
        whole = length // block if length > block else 0
        if whole:
            with self.emit.loop(0, whole * block, block) as first:
                starts = [first + lane for lane in range(0, block, self.lanes)]
                self._column_block(level, [(start, self.lanes) for start in starts])
        rest = [
            (self.emit.constant("i64", start + i * width), width)
            for start, count, width in self._split(whole * block, length - whole * block)
            for i in range(count)
        ]
        if rest:
            self._column_block(level, rest)

    def _column_block(self, level: int, pieces: list[tuple[Value, int]]) -> None:
        for base, width in pieces:
            self._at(base, width)
            for root in self.sums:
                self._keep(root, base.text, width)
        self._rows(level, pieces)
        for base, width in pieces:
            self._at(base, width)
            for number, root in enumerate(self.sums):
                total = self.kept.pop((number, base.text)).get()
                self.values.store(root.storage, root.target, total)

    def _rows(self, level: int, pieces: list[tuple[Value, int]]) -> None:
        if level == len(self.lengths) - 1:
            for base, width in pieces:
                self._piece(base, width)
            return
        with self._loop(level, 0, self.lengths[level]) as variable:
            self.values.variables[level] = variable
            self._rows(level + 1, pieces)

    # -- blocks --------------------------------------------------------------------------------

    @contextmanager
    def _loop(
        self, level: int, first: Value | int, stop: Value | int, step: int = 1
    ) -> Iterator[Value]:
        """A loop; a long one in blocks, whose sums are made apart and then added."""
        emit = self.emit
        block = step * self._block(level) if self.kept else 0
        if not block or (isinstance(first, int) and stop == first + step):
            with emit.loop(first, stop, step) as variable:
                yield variable
            return
        with emit.loop(first, stop, block) as start:
            whole = self.kept
            self.kept = {key: self._afresh(key[0], each) for key, each in whole.items()}
            last = stop if isinstance(stop, Value) else emit.constant("i64", stop)
            with emit.loop(start, emit.intrinsic("umin", start + block, last), step) as variable:
                yield variable
            for key, each in whole.items():
                kind = self.sums[key[0]].kind
                each.set(combine(emit, kind, each.get(), self.kept[key].get()))
            self.kept = whole

    def _afresh(self, number: int, like: Variable) -> Variable:
        nothing = first_value(self.sums[number].kind, like.kind)
        return self.emit.variable(self.emit.constant(like.kind, nothing, like.lanes))

    def _block(self, level: int) -> int:
        """Turns of a loop that make a block of about BLOCK vectors; 0 where it is not cut."""
        if self.step.sequential:
            return 0
        turns = list(self.lengths)
        turns[-1] = 1 if self.columns else -(-turns[-1] // self.lanes)
        inside = math.prod(turns[level + 1 :])
        return max(1, BLOCK // inside) if inside <= BLOCK < inside * turns[level] else 0

    # -- what stands inside --------------------------------------------------------------------

    def _at(self, base: Value | None, valid: int) -> None:
        self.values.begin_piece()
        if self.lengths:
            self.values.variables[-1] = base
        self.values.width, self.values.valid = self._lanes_for(valid), valid

    def _piece(self, base: Value | None, width: int) -> None:
        """One vector of every root: all are computed first, then stored."""
        self._at(base, width)
        values = self.values
        found = [self._factors(root) for root in self.step.roots]
        for root, factors in zip(self.step.roots, found, strict=True):
            if root.kind == "store":
                if root.is_stored:
                    values.store(root.storage, root.target, *factors)
            elif root.kind in ("scatter", "scatter_add"):
                self._scatter(root, *factors)
            else:
                self._collect(root, factors, base)

    def _factors(self, root: ir.Root) -> list[Value]:
        """The value of a root; of a product that is summed, its two factors."""
        places = [(root.node, root.index)]
        if root.node.primitive is term:
            places = access.inputs_at(root.node, root.index)
        return [self.values.of(*place) for place in places]

    def _scatter(self, root: ir.Root, value: Value) -> None:
        values, emit = self.values, self.emit
        indices = root.made.inputs[2:]
        width = len(indices[0].shape)
        axes = root.made.params["axes"]
        strides = access.strides_of(root.made.shape)
        rest = iter(root.index[width:])
        kept = [next(rest).scaled(s) for a, s in enumerate(strides) if a not in axes]
        known = access.total(kept)
        where = [(i, root.index[:width]) for i in indices]
        dynamic = values.dynamic(where, [strides[a] for a in axes])
        first, step = values.offset(known)
        pointer = values.pointers[root.storage]
        address = emit.address(pointer, dynamic + first, value.kind)
        value = emit.splat(value, values.width if step else 1)
        if root.made.primitive is scatter_add:
            before = emit.load(address, value.kind, value.lanes, emit.depth, values.valid)
            value = combine(emit, "sum", before, value)
        emit.store(address, value, values.valid)

    # -- reductions ----------------------------------------------------------------------------

    def _begin(self, level: int) -> None:
        """Sums that the loops from this one on make start from nothing."""
        for root in self.sums:
            if root.begin == level:
                for width in self._widths():
                    self._keep(root, width, width)

    def _widths(self) -> list[int]:
        return [width for _, _, width in self._split(0, self.lengths[-1])]

    def _keep(self, root: ir.Root, key: Any, width: int) -> None:
        kind = kind_of(root.node.dtype)
        assert kind is not None
        number = self.sums.index(root)
        if root.kind in ("argmax", "argmin"):
            self.kept[number, "place"] = self.emit.variable(self.emit.constant("i64", -1))
        start = first_value(root.kind, kind)
        lanes = self._lanes_for(width)
        self.kept[number, key] = self.emit.variable(self.emit.constant(kind, start, lanes))

    def _collect(self, root: ir.Root, factors: list[Value], base: Value | None) -> None:
        number = self.sums.index(root)
        width, valid = self.values.width, self.values.valid
        if root.kind in ("argmax", "argmin"):
            self._look_for(root, *factors)
            return
        key = base.text if root.columns and base is not None else valid
        kept = self.kept[number, key]
        before = kept.get()
        spread = [self.emit.splat(value, width) for value in factors]
        if len(spread) == 2:
            total = self.emit.fma(spread[0], spread[1], before)
        else:
            total = combine(self.emit, root.kind, before, *spread)
        if valid < width and not root.columns:
            total = self.emit.select(self.emit.first_lanes(width, valid), total, before)
        kept.set(total)
        if root.kind in ("cumsum", "cumprod"):
            self.values.store(root.storage, root.target, kept.get())

    def _look_for(self, root: ir.Root, value: Value) -> None:
        """The first largest (smallest) element; NaN counts as such."""
        emit, number = self.emit, self.sums.index(root)
        best, place = self.kept[number, 1], self.kept[number, "place"]
        before = best.get()
        better = emit.compare("gt" if root.kind == "argmax" else "lt", value, before)
        if value.is_float:
            better = better | (emit.is_nan(value) & ~emit.is_nan(before))
        better = better | emit.equal(place.get(), -1)
        here = self.values.variables[-1]
        assert here is not None
        place.set(emit.select(better, here, place.get()))
        best.set(emit.select(better, value, before))

    def _finish(self, level: int) -> None:
        """Sums that ended with this loop go to memory."""
        for number, root in enumerate(self.sums):
            if root.begin != level:
                continue
            kept = [self.kept.pop((number, width)).get() for width in self._widths()]
            if root.kind in ("argmax", "argmin"):
                total = self.kept.pop((number, "place")).get()
            elif root.kind in ("cumsum", "cumprod"):
                continue
            else:
                total = horizontal(self.emit, root.kind, kept)
            self.values.width = self.values.valid = 1
            self.values.store(root.storage, root.target, total)


def _may_be_vectors(step: ir.Loops) -> bool:
    """Scattered rows can be vectors along an axis that is not looked up."""
    (root,) = step.roots
    if not root.kind.startswith("scatter"):
        return False
    width = len(root.made.inputs[2].shape)
    last = len(step.order) - 1
    looked_up = {axis for at in root.index[:width] for axis, _ in at.terms}
    strides = access.strides_of(root.made.shape)
    rest = [s for a, s in enumerate(strides) if a not in root.made.params["axes"]]
    own = access.total([i.scaled(s) for i, s in zip(root.index[width:], rest, strict=True)])
    return last not in looked_up and own.coefficient(last) == 1
