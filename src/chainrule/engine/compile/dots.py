"""Products with few rows and B stored column by column: inner products, lanes along k.

Each column of B is read once, as many of them beside each other as a vector has lanes; in the end
lanes and columns change places while they are summed.
"""

from __future__ import annotations

from .instructions import Instructions, Value
from .tiles import Matrix, Piece, add, load_piece, multiply_add, take_valid
from .transpose import sums_of_lanes


def inner_products(
    emit: Instructions, k: int, a: Matrix, b: Matrix, columns: int, lanes: int, partials: int
) -> Value:
    """C[0, 0:columns] for at most ``lanes`` columns; A's row and B's columns are contiguous.

    ``partials`` vectors of sums run beside each other for each column.
    """
    zero = emit.constant(a.kind, 0, lanes)
    step = lanes * partials
    full = k - k % step
    sums = [zero] * columns
    if full:
        variables = [[emit.variable(zero) for _ in range(columns)] for _ in range(partials)]
        with emit.loop(0, full, step) as i:
            for number, group in enumerate(variables):
                piece = Piece(number * lanes, lanes, lanes)
                before = [variable.get() for variable in group]
                after = _step(emit, a.part(0, i), b.part(i, 0), before, piece)
                for variable, value in zip(group, after, strict=True):
                    variable.set(value)
        groups = [[variable.get() for variable in group] for group in variables]
        while len(groups) > 1:
            pairs = zip(groups[::2], groups[1::2], strict=True)
            groups = [[add(x, y) for x, y in zip(*pair, strict=True)] for pair in pairs]
        sums = groups[0]
    for start in range(full, k, lanes):
        sums = _step(emit, a, b, sums, Piece(start, lanes, min(lanes, k - start)))
    found = sums_of_lanes(emit, sums + [zero] * (lanes - columns))
    return take_valid(emit, found, Piece(0, lanes, columns))


def _step(emit: Instructions, a: Matrix, b: Matrix, sums: list[Value], piece: Piece) -> list[Value]:
    x = load_piece(emit, a.at(0, piece.start), a.kind, piece)
    return [
        multiply_add(emit, x, load_piece(emit, b.at(piece.start, column), b.kind, piece), total)
        for column, total in enumerate(sums)
    ]
