"""Copies of matrices in another order: rows become columns, square by square in registers."""

from __future__ import annotations

from dataclasses import replace

from .instructions import Instructions, Value
from .tiles import Matrix, add


def arrange(
    emit: Instructions, rows: int, columns: int, source: Matrix, target: Matrix, lanes: int
) -> None:
    """target[i, j] = source[i, j]; rows of the target are contiguous."""
    if source.columns != 1 and source.rows == 1:
        flipped = replace(source, rows=source.columns, columns=source.rows)
        transpose(emit, columns, rows, flipped, target, lanes)
        return
    size = largest_power(min(lanes, columns)) if source.columns == 1 else 1
    with emit.loop(0, rows) as row, emit.loop(0, columns, size) as j:
        column = within(emit, j, columns, size)
        value = emit.load(source.at(row, column), source.kind, size, level=emit.depth)
        emit.store(target.at(row, column), value)


def transpose(
    emit: Instructions, rows: int, columns: int, source: Matrix, target: Matrix, lanes: int
) -> None:
    """target[j, i] = source[i, j], where rows of both are contiguous (``columns == 1``).

    The last squares overlap those before them, so the two must not share memory.

    Parameters
    ----------
    rows, columns
        The shape of the source.
    """
    size = largest_power(min(lanes, rows, columns))
    with emit.loop(0, rows, size) as i, emit.loop(0, columns, size) as j:
        row, column = within(emit, i, rows, size), within(emit, j, columns, size)
        square = source.part(row, column)
        vectors = [
            emit.load(square.at(r, 0), source.kind, size, level=emit.depth) for r in range(size)
        ]
        place = target.part(column, row)
        for c, vector in enumerate(transposed(emit, vectors)):
            emit.store(place.at(c, 0), vector)


def within(emit: Instructions, index: Value, size: int, step: int) -> Value:
    """The index, or an earlier one from which a whole step fits in."""
    if size % step == 0:
        return index
    return emit.intrinsic("umin", index, emit.constant("i64", size - step))


def largest_power(number: int) -> int:
    """The largest power of two that is not greater.

    >>> largest_power(41)
    32
    """
    return 1 << number.bit_length() - 1


def transposed(emit: Instructions, vectors: list[Value]) -> list[Value]:
    """Vector j holds lane j of each; as many vectors as lanes, a power of two.

    Blocks beside the diagonal change places: of one lane in all squares of 2, then 2 in 4, ...
    """
    result = list(vectors)
    size = 1
    while size < len(vectors):
        for i in range(len(vectors)):
            if not i & size:
                result[i], result[i + size] = exchange(emit, result[i], result[i + size], size)
        size *= 2
    return result


def sums_of_lanes(emit: Instructions, vectors: list[Value]) -> Value:
    """Lane j is the sum of vector j's lanes, neighbours first; as many vectors as lanes."""
    size = 1
    while len(vectors) > 1:
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [add(*exchange(emit, a, b, size)) for a, b in pairs]
        size *= 2
    return vectors[0]


def exchange(emit: Instructions, a: Value, b: Value, size: int) -> tuple[Value, Value]:
    """Blocks of lanes change places: the odd ones of ``a`` and the even ones of ``b``.

    With size 1, a0 a1 a2 a3 and b0 b1 b2 b3 become a0 b0 a2 b2 and a1 b1 a3 b3.
    """
    lanes = range(a.lanes)
    evens = [i + a.lanes - size if i & size else i for i in lanes]
    odds = [i + a.lanes if i & size else i + size for i in lanes]
    return emit.shuffle(a, b, evens), emit.shuffle(a, b, odds)
