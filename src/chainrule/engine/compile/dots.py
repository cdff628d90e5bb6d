"""Products with few rows and B stored column by column: inner products, lanes along k.

A few rows and columns are summed beside each other, as many vectors of sums as a vector has lanes;
in the end lanes and vectors change places while they are added up.
"""

from __future__ import annotations

from .instructions import Instructions, Value
from .tiles import (
    Matrix,
    Piece,
    load_piece,
    multiply_add,
    next_power,
    take_lanes,
    total,
)
from .transpose import sums_of_lanes


def inner_products(
    emit: Instructions,
    shape: tuple[int, int, int],
    a: Matrix,
    b: Matrix,
    lanes: int,
    partials: int,
) -> list[Value]:
    """The rows of C[m, n], few enough for a vector; A's rows and B's columns are contiguous.

    Parameters
    ----------
    shape
        m, n, k. Rounded up to powers of two, m·n is at most ``lanes``.
    partials
        Vectors of sums for each element of C, where there are few elements.
    """
    m, n, k = shape
    zero = emit.constant(a.kind, 0, lanes)
    step = lanes * partials
    full = k - k % step
    sums = [zero] * (m * n)
    if full:
        groups = [[emit.variable(zero) for _ in sums] for _ in range(partials)]
        with emit.loop(0, full, step) as i:
            here = a.part(0, i), b.part(i, 0)
            for number, group in enumerate(groups):
                piece = Piece(number * lanes, lanes, lanes)
                before = [variable.get() for variable in group]
                for variable, value in zip(group, _step(m, n, *here, before, piece), strict=True):
                    variable.set(value)
        found = [[[variable.get() for variable in group]] for group in groups]
        [sums] = total(found)
    for start in range(full, k, lanes):
        sums = _step(m, n, a, b, sums, Piece(start, lanes, min(lanes, k - start)))
    width = lanes // next_power(m)
    spread = [zero] * lanes
    for row in range(m):
        spread[row * width : row * width + n] = sums[row * n : row * n + n]
    line = sums_of_lanes(emit, spread)
    return [take_lanes(emit, line, row * width, n) for row in range(m)]


def _step(m: int, n: int, a: Matrix, b: Matrix, sums: list[Value], piece: Piece) -> list[Value]:
    """The sums, row by row, after as many more steps of k as the piece has lanes."""
    emit, k = a.pointer.emit, piece.start
    x = [load_piece(emit, a.at(row, k), a.kind, piece) for row in range(m)]
    y = [load_piece(emit, b.at(k, column), b.kind, piece) for column in range(n)]
    pairs = [(row, column) for row in x for column in y]
    return [multiply_add(emit, *pair, before) for pair, before in zip(pairs, sums, strict=True)]
