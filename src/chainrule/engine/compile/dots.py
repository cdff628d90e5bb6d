"""Products with few rows and B stored column by column: inner products, lanes along k.

Each column of B is read once, as many of them beside each other as a vector has lanes; in the end
lanes and columns change places while they are summed.
"""

from __future__ import annotations

from .instructions import Instructions, Value
from .tiles import Matrix, Piece, load_piece, multiply_add, take_valid
from .transpose import sums_of_lanes


def inner_products(
    emit: Instructions, k: int, a: Matrix, b: Matrix, columns: int, lanes: int
) -> Value:
    """C[0, 0:columns] for at most ``lanes`` columns; A's row and B's columns are contiguous."""
    zero = emit.constant(a.kind, 0, lanes)
    full = k - k % lanes
    sums = [zero] * columns
    if full:
        variables = [emit.variable(zero) for _ in sums]
        with emit.loop(0, full, lanes) as i:
            before = [variable.get() for variable in variables]
            sums = _step(emit, a.part(0, i), b.part(i, 0), before, Piece(0, lanes, lanes))
            for variable, value in zip(variables, sums, strict=True):
                variable.set(value)
        sums = [variable.get() for variable in variables]
    if full < k:
        sums = _step(emit, a.part(0, full), b.part(full, 0), sums, Piece(0, lanes, k - full))
    found = sums_of_lanes(emit, sums + [zero] * (lanes - columns))
    return take_valid(emit, found, Piece(0, lanes, columns))


def _step(emit: Instructions, a: Matrix, b: Matrix, sums: list[Value], piece: Piece) -> list[Value]:
    x = load_piece(emit, a.pointer, a.kind, piece)
    return [
        multiply_add(emit, x, load_piece(emit, b.at(0, column), b.kind, piece), total)
        for column, total in enumerate(sums)
    ]
