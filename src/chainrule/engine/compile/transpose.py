"""Copies of matrices in another order: rows become columns, square by square in registers."""

from __future__ import annotations

from .instructions import Instructions, Value
from .tiles import Matrix, split_columns


def transpose(
    emit: Instructions, rows: int, columns: int, source: Matrix, target: Matrix, lanes: int
) -> None:
    """target[j, i] = source[i, j].

    Rows of both are contiguous (``columns == 1``) or else it goes number by number. The last
    squares overlap those before them, so the two must not share memory.

    Parameters
    ----------
    rows, columns
        The shape of the source.
    """
    contiguous = source.columns == target.columns == 1
    size = 1 << min(lanes, rows, columns).bit_length() - 1 if contiguous else 1
    with emit.loop(0, rows, size) as i, emit.loop(0, columns, size) as j:
        row, column = within(emit, i, rows, size), within(emit, j, columns, size)
        square = source.part(row, column)
        vectors = [
            emit.load(square.at(r, 0), source.kind, size, level=emit.depth) for r in range(size)
        ]
        place = target.part(column, row)
        for c, vector in enumerate(transposed(emit, vectors)):
            emit.store(place.at(c, 0), vector)


def copy(
    emit: Instructions, rows: int, columns: int, source: Matrix, target: Matrix, lanes: int
) -> None:
    """target[i, j] = source[i, j], both with contiguous rows."""
    with emit.loop(0, rows) as row:
        for piece in split_columns(columns, lanes):
            address = source.at(row, piece.start)
            value = emit.load(address, source.kind, piece.valid, level=emit.depth)
            emit.store(target.at(row, piece.start), value)


def within(emit: Instructions, index: Value, size: int, step: int) -> Value:
    """The index, or an earlier one from which a whole step fits in."""
    if size % step == 0:
        return index
    return emit.intrinsic("umin", index, emit.constant("i64", size - step))


def transposed(emit: Instructions, vectors: list[Value]) -> list[Value]:
    """Vector j holds lane j of each; as many vectors as lanes, a power of two.

    Blocks beside the diagonal change places: of size 1 in all squares of 2, then 2 in 4, ...
    """
    lanes = len(vectors)
    result = list(vectors)
    size = 1
    while size < lanes:
        upper = [i + lanes - size if i & size else i for i in range(lanes)]
        lower = [i + lanes if i & size else i + size for i in range(lanes)]
        for i in range(lanes):
            if not i & size:
                a, b = result[i], result[i + size]
                result[i] = emit.shuffle(a, b, upper)
                result[i + size] = emit.shuffle(a, b, lower)
        size *= 2
    return result
