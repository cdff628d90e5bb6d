"""Matrix products as loops over register tiles.

    C[m, n] = Σₖ A[m, k] B[k, n]

The order in which products are added is a function of m, n, k and the strides alone; neither the
number of threads nor what is fused onto the result changes a bit of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .instructions import SIZES, Instructions, Value
from .tiles import (
    Matrix,
    Tile,
    add,
    add_step,
    load_piece,
    multiply_add,
    split_columns,
    sum_products,
    take_valid,
    vector_lanes,
)
from .transpose import transpose, within

__all__ = ["Matrix", "Plan", "multiply", "plan"]

Finish = Callable[[Value, Value, Value], None]
Range = tuple[Value, Value]

BLOCK = 512  # products summed on their own before they join the total: less rounding


@dataclass(frozen=True)
class Plan:
    """How a product is computed.

    Parts of the result that several threads compute begin at multiples of ``grain`` along
    ``split``. ``scratch`` counts elements. ``order`` says in which order products are added.
    """

    split: str | None
    grain: int
    scratch: int
    order: str
    height: int
    panel: int
    partials: int
    unroll: bool
    pack: bool
    lanes: int


def plan(
    m: int,
    n: int,
    k: int,
    a_strides: tuple[int, int],
    b_strides: tuple[int, int],
    kind: str,
    lanes: int,
) -> Plan:
    """How to compute a product of these shapes and strides (in elements)."""
    width = vector_lanes(kind, lanes)
    vectors = -(-n // width)
    wide = {1: 8, 2: 4, 3: 4}.get(m, 2)
    most = 24 if lanes == 16 else 12  # sums that fit in the registers
    columns = vectors if vectors <= max(3, wide) else wide
    columns = min(columns, most)
    pack = b_strides[1] != 1 and n > 1
    unroll = k * columns <= most // 2 and k <= 8
    height = 1 if unroll else _height(m, min(most // columns, 12))
    partials = 1
    while height * columns * partials < 8 and partials * 4 <= k and not unroll:
        partials *= 2
    panel = min(columns * width, n)
    padded = sum(piece.lanes for piece in split_columns(panel, width))
    return Plan(
        split="rows" if m > height else None,
        grain=height,
        scratch=k * padded if pack else 0,
        order=_describe(k, partials),
        height=height,
        panel=panel,
        partials=partials,
        unroll=unroll,
        pack=pack,
        lanes=width,
    )


def _height(m: int, most: int) -> int:
    """Rows of a tile: a divisor of m, if there is a large one."""
    if m <= most:
        return m
    for height in range(most, most * 2 // 3 - 1, -1):
        if m % height == 0:
            return height
    tiles = -(-m // most)
    return -(-m // tiles)


def _describe(k: int, partials: int) -> str:
    order = "products are added in the order of k"
    if partials > 1:
        order = f"every {partials}th product is added in the order of k, then those {partials} sums"
    return f"{order}, in blocks of {BLOCK}" if k > BLOCK else order


def multiply(
    emit: Instructions,
    m: int,
    n: int,
    k: int,
    a: Matrix,
    b: Matrix,
    lanes: int,
    finish: Finish,
    scratch: Callable[[int, str], Value],
    rows: Range | None = None,
    columns: Range | None = None,
) -> None:
    """Write the code of C[m, n] = Σₖ A[m, k] B[k, n].

    Parameters
    ----------
    finish
        Called with row, column and value while the code is written: ``value`` holds
        C[row, column : column + value.lanes], once for each element that the code computes.
    scratch
        Called with a number of elements and a kind; gives a pointer to memory of this thread.
    rows, columns
        The part to compute, not empty, from one multiple of the plan's grain to another or the end.
    """
    if m == 0 or n == 0:
        return
    how = plan(m, n, k, (a.rows, a.columns), (b.rows, b.columns), a.kind, lanes)
    buffer = None
    if how.pack:
        buffer = scratch(how.scratch, "u8" if a.kind == "bool" else a.kind)
    product = _Product(emit, m, k, a, b, how, finish, buffer, rows)
    full = n - n % how.panel
    with emit.loop(0, full, how.panel) as column:
        product.panel(column, how.panel)
    if full < n:
        product.panel(emit.constant("i64", full), n - full)


@dataclass
class _Product:
    """A product being written, panel of columns by panel."""

    emit: Instructions
    m: int
    k: int
    a: Matrix
    b: Matrix
    how: Plan
    finish: Finish
    buffer: Value | None
    rows: Range | None

    def panel(self, column: Value, width: int) -> None:
        """The columns from ``column`` on."""
        how = self.how
        pieces = split_columns(width, how.lanes)
        tile = Tile(how.height, pieces, how.partials, how.pack)
        b = self._packed(column, tile) if how.pack else self.b.part(0, column)
        first, last = self.rows or (0, self.m)
        if how.unroll:
            self._rows_unrolled(column, tile, b, first, last)
            return
        with self.emit.loop(first, last, how.height) as top:
            self._tile(column, tile, b, top)

    def _packed(self, column: Value, tile: Tile) -> Matrix:
        """The panel's part of B as contiguous rows, for want of them."""
        assert self.buffer is not None
        kind = "u8" if self.b.kind == "bool" else self.b.kind
        here = self.b.part(0, column)
        source = Matrix(here.pointer, here.columns, here.rows, kind)
        target = Matrix(self.buffer, tile.stride, 1, kind)
        if self.k:
            transpose(self.emit, tile.columns, self.k, source, target, self.how.lanes)
        return Matrix(self.buffer, tile.stride, 1, self.b.kind)

    def _rows_unrolled(
        self, column: Value, tile: Tile, b: Matrix, first: Value | int, last: Value | int
    ) -> None:
        """Row by row, with all of the panel in registers: for few k."""
        emit = self.emit
        vectors = [
            [load_piece(emit, b.at(k, p.start), b.kind, p, tile.padded) for p in tile.pieces]
            for k in range(self.k)
        ]
        with emit.loop(first, last) as row:
            sums = [emit.constant(b.kind, 0, piece.lanes) for piece in tile.pieces]
            for k in range(self.k):
                x = emit.load(self.a.at(row, k), b.kind, level=emit.depth)
                pairs = zip(vectors[k], sums, strict=True)
                sums = [multiply_add(emit, emit.splat(x, y.lanes), y, total) for y, total in pairs]
            for piece, value in zip(tile.pieces, sums, strict=True):
                self.finish(row, _plus(column, piece.start), take_valid(emit, value, piece))

    def _tile(self, column: Value, tile: Tile, b: Matrix, top: Value) -> None:
        """The rows from ``top`` on. The last tile begins earlier, so that all have one height."""
        emit, m, height = self.emit, self.m, tile.height
        base = within(emit, top, m, height)
        a = self.a.part(base, 0)
        if height * len(tile.pieces) <= 2 and m % height == 0 and self.k <= BLOCK:
            for number, values in enumerate(self._add_rest(tile, a, b, self._sum(tile, a, b))):
                for piece, value in zip(tile.pieces, values, strict=True):
                    start = _plus(column, piece.start)
                    self.finish(_plus(top, number), start, take_valid(emit, value, piece))
            return
        sums = self._stored_sums(tile, a, b)
        end = top + height
        if m % height:
            end = emit.intrinsic("umin", end, emit.constant("i64", m))
        with emit.loop(top, end) as row:
            line = sums.part(row - base, 0)
            self._finish_row(row, column, tile, line)

    def _sum(self, tile: Tile, a: Matrix, b: Matrix) -> list[list[Value]]:
        whole = self.k - self.k % tile.partials
        return sum_products(self.emit, tile, a, b, 0, whole)

    def _add_rest(
        self, tile: Tile, a: Matrix, b: Matrix, sums: list[list[Value]]
    ) -> list[list[Value]]:
        for k in range(self.k - self.k % tile.partials, self.k):
            sums = add_step(self.emit, tile, a, b, k, sums)
        return sums

    def _stored_sums(self, tile: Tile, a: Matrix, b: Matrix) -> Matrix:
        """The tile's results in a small buffer."""
        emit, kind = self.emit, a.kind
        name = emit.new_name()
        size = tile.height * tile.stride * SIZES[kind]
        emit.entry.append(f"{name} = alloca [{size} x i8], align 64")
        store = Matrix(Value(emit, name, "ptr", 1, 0), tile.stride, 1, kind)
        places = [[store.at(r, p.start) for p in tile.pieces] for r in range(tile.height)]
        sums = self._sum(tile, a, b) if self.k <= BLOCK else self._sum_blocks(tile, a, b, places)
        sums = self._add_rest(tile, a, b, sums)
        for row, values in zip(places, sums, strict=True):
            for place, value in zip(row, values, strict=True):
                emit.store(place, value)
        return store

    def _sum_blocks(
        self, tile: Tile, a: Matrix, b: Matrix, places: list[list[Value]]
    ) -> list[list[Value]]:
        """The sum of the sums over blocks of k, kept at ``places`` meanwhile."""
        emit = self.emit
        for row in places:
            for place, piece in zip(row, tile.pieces, strict=True):
                emit.store(place, emit.constant(a.kind, 0, piece.lanes))

        def total() -> list[list[Value]]:
            pairs = [zip(row, tile.pieces, strict=True) for row in places]
            return [[load_piece(emit, at, a.kind, piece) for at, piece in row] for row in pairs]

        whole = self.k - self.k % tile.partials
        with emit.loop(0, whole, BLOCK) as k:
            stop = emit.intrinsic("umin", k + BLOCK, emit.constant("i64", whole))
            for row, values, before in zip(
                places, sum_products(emit, tile, a, b, k, stop), total(), strict=True
            ):
                for place, value, old in zip(row, values, before, strict=True):
                    emit.store(place, add(old, value))
        return total()

    def _finish_row(self, row: Value, column: Value, tile: Tile, line: Matrix) -> None:
        """Hand a stored row on; full vectors in a loop, for ``finish`` may write many lines."""
        emit = self.emit
        full = [piece for piece in tile.pieces if piece.valid == self.how.lanes]
        if full:
            with emit.loop(0, len(full) * self.how.lanes, self.how.lanes) as start:
                value = load_piece(emit, line.at(0, start), line.kind, full[0])
                self.finish(row, column + start, value)
        for piece in tile.pieces[len(full) :]:
            value = load_piece(emit, line.at(0, piece.start), line.kind, piece)
            self.finish(row, _plus(column, piece.start), take_valid(emit, value, piece))


def _plus(value: Value, number: int) -> Value:
    return value + number if number else value
