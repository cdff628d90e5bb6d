"""Matrix products as loops over register tiles.

    C[m, n] = Σₖ A[m, k] B[k, n]

The order in which products are added is a function of m, n, k and the strides alone; neither the
number of threads nor what is fused onto the result changes a bit of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from .dots import inner_products
from .instructions import SIZES, Instructions, Value
from .tiles import (
    Grid,
    Matrix,
    Piece,
    Tile,
    add_grids,
    add_step,
    load_piece,
    multiply_add,
    split_columns,
    sum_products,
    take_lanes,
)
from .tiling import BLOCK, Plan, plan, row_length
from .transpose import arrange, within

__all__ = ["Matrix", "Plan", "multiply", "plan"]

Finish = Callable[[Value, Value, Value], None]
Range = tuple[Value | int, Value | int]


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
    """Write the code of C[m, n] = Σₖ A[m, k] B[k, n], in the innermost open loop.

    Parts of A and B may be read again after parts of C are finished: they share no memory with what
    ``finish`` writes.

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
    how = plan(m, n, k, (a.rows, a.columns), (b.rows, b.columns), a.kind, lanes)
    buffer = scratch(how.scratch, _stored(a.kind)) if how.scratch else a.pointer
    product = _Product(emit, m, n, k, a, b, how, finish, buffer, rows, columns)
    writers = {
        "dots": product.write_dots,
        "rows": product.write_rows,
        "tiles": product.write_tiles,
        "blocks": product.write_blocks,
    }
    if m > 0 and n > 0:
        writers[how.algorithm]()


def _stored(kind: str) -> str:
    """What copies call the elements: a truth value is a byte."""
    return "u8" if kind == "bool" else kind


@dataclass
class _Product:
    """A product being written."""

    emit: Instructions
    m: int
    n: int
    k: int
    a: Matrix
    b: Matrix
    how: Plan
    finish: Finish
    buffer: Value
    rows: Range | None
    columns: Range | None

    # -- the algorithms ------------------------------------------------------------------------

    def write_dots(self) -> None:
        """Inner products, a vector of columns at a time."""
        emit, a, how = self.emit, self.a, self.how
        if how.scratch:
            a = self._copy(self.m, self.k, a, Matrix(self.buffer, self.k, 1, a.kind))
        for column, width in self._panels():
            b = self.b.part(0, column)
            for top, height in self._parts(self.m, how.height, self.rows):
                shape = height, width, self.k
                lines = inner_products(emit, shape, a.part(top, 0), b, how.lanes, how.partials)
                for number, value in enumerate(lines):
                    self.finish(_plus(top, number), column, value)

    def write_rows(self) -> None:
        """Row by row, with all of a panel in registers."""
        emit = self.emit
        first, last = self.rows or (0, self.m)
        for column, width in self._panels():
            pieces = split_columns(width, self.how.lanes)
            b = self._panel(column, width)
            reads = self._reads(pieces)
            vectors = [
                [load_piece(emit, b.at(k, p.start), b.kind, p) for p in reads]
                for k in range(self.k)
            ]
            with emit.loop(first, last) as row:
                sums = [emit.constant(b.kind, 0, piece.lanes) for piece in pieces]
                for k in range(self.k):
                    x = emit.load(self.a.at(row, k), b.kind, level=emit.depth)
                    terms = zip(vectors[k], sums, strict=True)
                    sums = [multiply_add(emit, emit.splat(x, y.lanes), y, s) for y, s in terms]
                self._finish_values(row, column, pieces, sums)

    def write_tiles(self) -> None:
        """Tile by tile, panel by panel."""
        first, last = self.rows or (0, self.m)
        for column, width in self._panels():
            b = self._panel(column, width)
            with self.emit.loop(first, last, self.how.height) as top:
                base = within(self.emit, top, self.m, self.how.height)
                self._write_tile(top, base, column, width, self.a.part(base, 0), b)

    def write_blocks(self) -> None:
        """Copy B; then for blocks of rows and of k, copy A's block and add to the tiles' sums."""
        emit, how = self.emit, self.how
        for column, width in self._panels():
            self._pack(column, width, self._packed(column, width))
        first, last = self.rows or (0, self.m)
        with emit.loop(first, last, how.block) as start:
            begin, stop = within(emit, start, self.m, how.block), self._end(start, how.block)
            for column, width in self._panels():
                self._clear(self._sums(column, width))
            with emit.loop(0, self.k, how.depth) as k:
                a = self._copied_block(begin, within(emit, k, self.k, how.depth))
                for column, width in self._panels():
                    tile, b = self._tile(width), self._packed(column, width)
                    sums = self._sums(column, width)
                    with emit.loop(start, stop, how.height) as top:
                        base = within(emit, top, self.m, how.height)
                        here = sums.part(top - start, 0)
                        self._add_block(tile, a.part(base - begin, 0), b, k, here)
            for column, width in self._panels():
                pieces, sums = split_columns(width, how.lanes), self._sums(column, width)
                with emit.loop(start, stop, how.height) as top:
                    base = within(emit, top, self.m, how.height)
                    self._finish_tile(top, base, column, pieces, sums.part(top - start, 0))

    # -- matrices ------------------------------------------------------------------------------

    def _panels(self) -> Iterator[tuple[Value, int]]:
        """Columns in loops: where a panel begins, and how many it has."""
        return self._parts(self.n, self.how.panel, self.columns)

    def _parts(self, size: int, step: int, limits: Range | None) -> Iterator[tuple[Value, int]]:
        """Whole steps in a loop, then what is left of the size; all of it within limits."""
        emit, full = self.emit, size - size % step
        first, last = limits or (0, size)
        if isinstance(last, int) or full == size:
            if full:
                with emit.loop(first, full if isinstance(last, int) else last, step) as start:
                    yield start, step
            if full < size:
                yield emit.constant("i64", full), size - full
            return
        begin, limit = emit.lift(first, last), emit.constant("i64", full)
        stop = emit.intrinsic("umin", last, limit)
        with emit.when(begin < limit), emit.loop(begin, stop, step) as start:
            yield start, step
        with emit.when(last > limit):
            yield limit, size - full

    def _reads(self, pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
        """Copied panels are read to the last lane, for they have room for it."""
        if not self.how.pack:
            return pieces
        return tuple(piece._replace(valid=piece.lanes) for piece in pieces)

    def _panel(self, column: Value, width: int) -> Matrix:
        """A panel of B, with contiguous rows."""
        if not self.how.pack:
            return self.b.part(0, column)
        pieces = split_columns(width, self.how.lanes)
        return self._pack(column, width, Matrix(self.buffer, _stride(pieces), 1, self.b.kind))

    def _packed(self, column: Value, width: int) -> Matrix:
        """Where a panel stands in the copy of B."""
        stride = _stride(split_columns(width, self.how.lanes))
        place = self.emit.address(self.buffer, column * self.k, self.b.kind)
        return Matrix(place, stride, 1, self.b.kind)

    def _pack(self, column: Value, width: int, target: Matrix) -> Matrix:
        return self._copy(self.k, width, self.b.part(0, column), target)

    def _copied_block(self, row: Value, column: Value) -> Matrix:
        """A block of A in a copy behind that of B."""
        a, how = self.a, self.how
        place = self.emit.address(self.buffer, how.places[0], a.kind)
        source = a.part(row, column)
        if a.rows == 1:
            flipped = Matrix(source.pointer, a.columns, 1, a.kind)
            self._copy(how.depth, how.block, flipped, Matrix(place, how.block, 1, a.kind))
            return Matrix(place, 1, how.block, a.kind)
        target = Matrix(place, row_length(how.depth, how.lanes), 1, a.kind)
        return self._copy(how.block, how.depth, source, target)

    def _sums(self, column: Value, width: int) -> Matrix:
        """The sums so far of a panel's tiles, one tile under the other, behind the copies."""
        how, kind = self.how, self.a.kind
        place = self.emit.address(self.buffer, how.places[1], kind)
        place = self.emit.address(place, column * how.tile_rows, kind)
        return Matrix(place, len(split_columns(width, how.lanes)) * how.lanes, 1, kind)

    def _clear(self, sums: Matrix) -> None:
        emit, lanes = self.emit, self.how.lanes
        with emit.loop(0, self.how.tile_rows * sums.rows, lanes) as i:
            emit.store(sums.at(0, i), emit.constant(sums.kind, 0, lanes))

    def _copy(self, rows: int, columns: int, source: Matrix, target: Matrix) -> Matrix:
        if rows and columns:
            kind = _stored(source.kind)
            pair = replace(source, kind=kind), replace(target, kind=kind)
            arrange(self.emit, rows, columns, *pair, self.how.lanes)
        return target

    def _end(self, start: Value, step: int) -> Value:
        """Where a step of rows ends: not behind the last one."""
        end = start + step
        if self.m % step:
            end = self.emit.intrinsic("umin", end, self.emit.constant("i64", self.m))
        return end

    # -- one tile ------------------------------------------------------------------------------

    def _tile(self, width: int) -> Tile:
        pieces = self._reads(split_columns(width, self.how.lanes))
        return Tile(self.how.height, pieces, self.how.partials)

    def _write_tile(
        self, top: Value, base: Value, column: Value, width: int, a: Matrix, b: Matrix
    ) -> None:
        """The rows from ``top`` on; computed from ``base`` on, for all tiles have one height."""
        how, tile = self.how, self._tile(width)
        pieces = split_columns(width, how.lanes)
        if how.height * len(pieces) <= 2 and self.m == how.height and self.k <= BLOCK:
            for number, values in enumerate(self._add_rest(tile, a, b, self._sum(tile, a, b))):
                self._finish_values(_plus(top, number), column, pieces, values)
            return
        self._finish_tile(top, base, column, pieces, self._stored_sums(tile, a, b))

    def _sum(self, tile: Tile, a: Matrix, b: Matrix) -> Grid:
        whole = self.k - self.k % tile.partials
        return sum_products(self.emit, tile, a, b, 0, whole)

    def _add_rest(self, tile: Tile, a: Matrix, b: Matrix, sums: Grid) -> Grid:
        for k in range(self.k - self.k % tile.partials, self.k):
            sums = add_step(self.emit, tile, a, b, k, sums)
        return sums

    def _stored_sums(self, tile: Tile, a: Matrix, b: Matrix) -> Matrix:
        """The tile's results in a small buffer."""
        emit, kind = self.emit, a.kind
        stride = len(tile.pieces) * self.how.lanes
        name = emit.new_name()
        emit.entry.append(f"{name} = alloca [{tile.height * stride * SIZES[kind]} x i8], align 64")
        store = Matrix(Value(emit, name, "ptr", 1, 0), stride, 1, kind)
        places = [[store.at(r, p.start) for p in tile.pieces] for r in range(tile.height)]
        small = self.k <= BLOCK
        sums = self._sum(tile, a, b) if small else self._sum_blocks(tile, a, b, places)
        sums = self._add_rest(tile, a, b, sums)
        _store_all(emit, places, sums)
        return store

    def _sum_blocks(self, tile: Tile, a: Matrix, b: Matrix, places: Grid) -> Grid:
        """The sum of the sums over blocks of k, kept at ``places`` meanwhile."""
        emit = self.emit
        zeros = [emit.constant(a.kind, 0, piece.lanes) for piece in tile.pieces]
        _store_all(emit, places, [zeros] * tile.height)
        whole = self.k - self.k % tile.partials
        with emit.loop(0, whole, BLOCK) as k:
            stop = emit.intrinsic("umin", k + BLOCK, emit.constant("i64", whole))
            sums = sum_products(emit, tile, a, b, k, stop)
            before = _load_all(emit, places, tile, a.kind)
            _store_all(emit, places, add_grids(before, sums))
        return _load_all(emit, places, tile, a.kind)

    def _add_block(self, tile: Tile, a: Matrix, b: Matrix, k: Value, sums: Matrix) -> None:
        """The sums of a tile, and a block of k more; ``a`` begins where a whole block fits in."""
        emit, depth = self.emit, self.how.depth
        begin = within(emit, k, self.k, depth)
        places = [[sums.at(r, p.start) for p in tile.pieces] for r in range(tile.height)]
        block = sum_products(
            emit, tile, a, b.part(begin, 0), k - begin, emit.constant("i64", depth)
        )
        before = _load_all(emit, places, tile, a.kind)
        _store_all(emit, places, add_grids(before, block))

    # -- results -------------------------------------------------------------------------------

    def _finish_values(
        self, row: Value, column: Value, pieces: tuple[Piece, ...], values: list[Value]
    ) -> None:
        for piece, value in zip(pieces, values, strict=True):
            self.finish(
                row, _plus(column, piece.start), take_lanes(self.emit, value, 0, piece.valid)
            )

    def _finish_tile(
        self, top: Value, base: Value, column: Value, pieces: tuple[Piece, ...], sums: Matrix
    ) -> None:
        """Hand the rows of a stored tile on, from ``top`` on."""
        with self.emit.loop(top, self._end(top, self.how.height)) as row:
            self._finish_row(row, column, pieces, sums.part(row - base, 0))

    def _finish_row(
        self, row: Value, column: Value, pieces: tuple[Piece, ...], line: Matrix
    ) -> None:
        """Hand a stored row on; full vectors in a loop, for ``finish`` may write many lines."""
        emit, lanes = self.emit, self.how.lanes
        full = sum(piece.valid == lanes for piece in pieces)
        if full:
            with emit.loop(0, full * lanes, lanes) as start:
                value = emit.load(line.at(0, start), line.kind, lanes, level=emit.depth)
                self.finish(row, column + start, value)
        for piece in pieces[full:]:
            value = emit.load(line.at(0, piece.start), line.kind, piece.valid, level=emit.depth)
            self.finish(row, _plus(column, piece.start), value)


def _load_all(emit: Instructions, places: Grid, tile: Tile, kind: str) -> Grid:
    lanes = [piece.lanes for piece in tile.pieces]
    rows = [zip(row, lanes, strict=True) for row in places]
    return [[emit.load(place, kind, n, level=emit.depth) for place, n in row] for row in rows]


def _store_all(emit: Instructions, places: Grid, values: Grid) -> None:
    for row in zip(places, values, strict=True):
        for place, value in zip(*row, strict=True):
            emit.store(place, value)


def _stride(pieces: tuple[Piece, ...]) -> int:
    return sum(piece.lanes for piece in pieces)


def _plus(value: Value, number: int) -> Value:
    return value + number if number else value
