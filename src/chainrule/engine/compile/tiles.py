"""Register tiles: a few rows times a few vectors of a product, summed in registers over k.

In each step of k a tile reads its vectors of B once, and one number of A for each of its rows::

             B[k, 0:16]  B[k, 16:32]
    A[0, k]      +=          +=            height × vectors multiply-adds
    A[1, k]      +=          +=            for height + vectors loads
    ...

Sizes and strides are known when the code is written.

Source: Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from .instructions import SIZES, Instructions, Value


@dataclass(frozen=True)
class Matrix:
    """A matrix in memory: element [i, j] stands ``i * rows + j * columns`` behind the pointer."""

    pointer: Value
    rows: int
    columns: int
    kind: str

    def at(self, row: Value | int, column: Value | int) -> Value:
        """Address of an element."""
        emit = self.pointer.emit
        address = emit.address(self.pointer, times(row, self.rows), self.kind)
        found: Value = emit.address(address, times(column, self.columns), self.kind)
        return found

    def part(self, row: Value | int, column: Value | int) -> Matrix:
        """The matrix that begins at an element."""
        return replace(self, pointer=self.at(row, column))


Grid = list[list[Value]]  # the vectors of a tile, row by row


class Piece(NamedTuple):
    """A vector of columns: ``lanes`` in the register, of which the first ``valid`` count."""

    start: int
    lanes: int
    valid: int


@dataclass(frozen=True)
class Tile:
    """The part of the product that registers hold.

    ``partials`` sums run beside each other, one for every so many steps of k, where the tile alone
    has too few to keep the multipliers busy.
    """

    height: int
    pieces: tuple[Piece, ...]
    partials: int


def times(index: Value | int, stride: int) -> Value | int:
    """index · stride, without an instruction where none is needed."""
    if stride == 1:
        return index
    return 0 if stride == 0 else index * stride


def vector_lanes(kind: str, lanes: int) -> int:
    """Elements of a register that holds ``lanes`` floats of 32 bits."""
    return max(1, lanes * 4 // max(4, SIZES[kind]))


def split_columns(columns: int, lanes: int) -> tuple[Piece, ...]:
    """Full vectors, and then one just wide enough for the rest.

    >>> split_columns(41, 16)[1:]
    (Piece(start=16, lanes=16, valid=16), Piece(start=32, lanes=16, valid=9))
    >>> split_columns(3, 16)
    (Piece(start=0, lanes=4, valid=3),)
    """
    full = columns - columns % lanes
    pieces = [Piece(start, lanes, lanes) for start in range(0, full, lanes)]
    rest = columns - full
    if rest:
        pieces.append(Piece(full, next_power(rest), rest))
    return tuple(pieces)


def next_power(number: int) -> int:
    """The smallest power of two that is not less.

    >>> next_power(9)
    16
    """
    return 1 << (number - 1).bit_length()


def multiply_add(emit: Instructions, x: Value, y: Value, before: Value) -> Value:
    """before + x·y; for truth values, before or (x and y)."""
    if x.is_float:
        return emit.fma(x, y, before)
    return before | (x & y) if x.kind == "bool" else before + x * y


def add(x: Value, y: Value) -> Value:
    """x + y; for truth values, x or y."""
    return x | y if x.kind == "bool" else x + y


def load_piece(emit: Instructions, address: Value, kind: str, piece: Piece) -> Value:
    """A vector of columns, read here; zeros where its lanes do not count, and nothing read."""
    if emit.masks:
        return emit.load(address, kind, piece.lanes, emit.depth, piece.valid)
    found = emit.load(address, kind, piece.valid, level=emit.depth)
    if piece.valid == piece.lanes:
        return found
    if piece.valid == 1:
        return emit.insert(emit.constant(kind, 0, piece.lanes), 0, found)
    order = [min(i, piece.valid) for i in range(piece.lanes)]
    return emit.shuffle(found, emit.constant(kind, 0, piece.valid), order)


def take_lanes(emit: Instructions, value: Value, start: int, count: int) -> Value:
    """Some of a vector's lanes, as a vector of their own."""
    if count == value.lanes:
        return value
    if count == 1:
        return emit.lane(value, start)
    return emit.shuffle(value, value, list(range(start, start + count)))


def sum_products(
    emit: Instructions, tile: Tile, a: Matrix, b: Matrix, start: Value | int, stop: Value | int
) -> Grid:
    """Σₖ A[:, k] B[k, :] for k from ``start`` to ``stop``, a multiple of the partials apart."""
    zeros = [emit.constant(a.kind, 0, piece.lanes) for piece in tile.pieces]
    sums = [
        [[emit.variable(zero) for zero in zeros] for _ in range(tile.height)]
        for _ in range(tile.partials)
    ]
    with emit.loop(start, stop, tile.partials) as k:
        a_here, b_here = a.part(0, k), b.part(k, 0)
        for part, grid in enumerate(sums):
            present = [[variable.get() for variable in row] for row in grid]
            after = add_step(emit, tile, a_here, b_here, part, present)
            for row, values in zip(grid, after, strict=True):
                for variable, value in zip(row, values, strict=True):
                    variable.set(value)
    grids = [[[variable.get() for variable in row] for row in grid] for grid in sums]
    return total(grids)


def total(grids: list[Grid]) -> Grid:
    """A power of two of grids, added up in pairs."""
    while len(grids) > 1:
        pairs = zip(grids[::2], grids[1::2], strict=True)
        grids = [add_grids(*pair) for pair in pairs]
    return grids[0]


def add_grids(x: Grid, y: Grid) -> Grid:
    """The sums of two grids of values."""
    return [[add(*pair) for pair in zip(*rows, strict=True)] for rows in zip(x, y, strict=True)]


def add_step(emit: Instructions, tile: Tile, a: Matrix, b: Matrix, k: int, sums: Grid) -> Grid:
    """The sums after one more step of k."""
    level = emit.depth
    vectors = [load_piece(emit, b.at(k, piece.start), b.kind, piece) for piece in tile.pieces]
    result = []
    for row, before in enumerate(sums):
        number = emit.load(a.at(row, k), a.kind, level=level)
        splats = [emit.splat(number, vector.lanes) for vector in vectors]
        terms = zip(splats, vectors, before, strict=True)
        result.append([multiply_add(emit, *term) for term in terms])
    return result
