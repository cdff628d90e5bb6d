"""How a matrix product is computed: by which algorithm, in what tiles, shared along which axis.

All of it follows from the sizes, strides and kind of the product and from the width of the
machine's vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

from .instructions import SIZES
from .tiles import next_power, split_columns, vector_lanes

BLOCK = 512  # products summed on their own before they join the total: less rounding
CACHE = 512 * 1024  # bytes of A that stay near the processor while B passes by
FAR = 4 * 1024 * 1024  # bytes of A and B from which on they are copied in the order of reading


@dataclass(frozen=True)
class Plan:
    """How a product is computed.

    Parts of the result that several threads compute begin at multiples of ``grain`` along
    ``split``. ``scratch`` counts elements. ``order`` says in which order products are added.

    ``algorithm`` is one of

    - ``dots``: inner products, lanes along k, for few rows and B stored by columns;
    - ``rows``: all of a panel of B in registers, row by row, for few k;
    - ``tiles``: register tiles, panel by panel of columns;
    - ``blocks``: the same for large matrices, with A and B copied in the order of reading.
    """

    algorithm: str
    split: str | None
    grain: int
    scratch: int
    order: str
    lanes: int
    panel: int = 0
    height: int = 1
    partials: int = 1
    pack: bool = False
    block: int = 0  # rows, and steps of k, of a copied block of A
    depth: int = 0
    tile_rows: int = 0  # rows of all tiles of a block
    places: tuple[int, int] = (0, 0)  # of A's block and of the sums behind the copy of B


def plan(
    m: int,
    n: int,
    k: int,
    a_strides: tuple[int, int],
    b_strides: tuple[int, int],
    kind: str,
    lanes: int,
) -> Plan:
    """How to compute a product of these shapes and strides (in elements).

    >>> how = plan(32, 128, 64, (64, 1), (128, 1), "f32", lanes=16)
    >>> how.algorithm, how.height, how.panel, how.order
    ('tiles', 8, 32, 'products are added in the order of k')
    """
    width = vector_lanes(kind, lanes)
    if m == 0 or n == 0:
        return Plan("rows", None, 1, 0, "there are none", width, 1)
    if b_strides[0] == 1 and _prefer_dots(m, n, k, a_strides[1], b_strides[1], width):
        return _plan_dots(m, n, k, a_strides, width)
    most = 24 if lanes == 16 else 12  # sums that fit in the registers
    wide = {1: 8, 2: 4, 3: 4}.get(m, 2)  # few rows take more columns, to have sums enough
    vectors = -(-n // width)
    columns = min(vectors if vectors <= max(3, wide) else wide, most)
    panel = min(columns * width, n)
    last = split_columns(panel, width)[-1]
    pack = b_strides[1] != 1 and n > 1
    scratch = k * (last.start + last.lanes)
    if k * columns <= most:
        order = "products are added in the order of k"
        split = "rows" if m > 1 else None
        return Plan("rows", split, 1, scratch * pack, order, width, panel, pack=pack)
    height = _height(m, columns, most)
    if m >= 128 and n >= 2 * width and (m + n) * k * SIZES[kind] >= FAR:
        return _plan_blocks(m, n, k, a_strides, kind, width, height)
    # Odd columns are slow to read, so many rows read them from a copy with room to the last lane.
    pack = pack or (last.valid < last.lanes and n == panel > 1 and m >= 4 * height)
    partials = 1
    while height * columns * partials < 8 and partials * 4 <= k:
        partials *= 2
    split, grain = _split(m, n, height, panel)
    order = _order(partials, k)
    return Plan("tiles", split, grain, scratch * pack, order, width, panel, height, partials, pack)


def _order(partials: int, k: int) -> str:
    order = "products are added in the order of k"
    if partials > 1:
        order = f"every {partials}th product is added in the order of k, then those {partials} sums"
    return f"{order}, in blocks of {BLOCK}" if k > BLOCK else order


def _prefer_dots(m: int, n: int, k: int, a_column: int, b_column: int, lanes: int) -> bool:
    """Whether inner products beat copying B, as measured; they need long columns."""
    if n == 1:
        return a_column == 1 and k >= 4 * lanes
    return b_column != 1 and m <= min(64, k // 8)


def _plan_dots(m: int, n: int, k: int, a_strides: tuple[int, int], lanes: int) -> Plan:
    lanes = min(lanes, next_power(k))
    height = _dots_height(m, lanes)
    panel = min(lanes // next_power(height), n)
    partials = 1
    while height * panel * partials < 8 and lanes * partials * 4 <= k:
        partials *= 2
    sums = lanes * partials
    order = f"every {sums}th product is added in the order of k, then these sums in pairs"
    scratch = m * k if a_strides[1] != 1 else 0
    split, grain = _split(m, n, height, panel)
    return Plan("dots", split, grain, scratch, order, lanes, panel, height, partials)


def _dots_height(m: int, lanes: int) -> int:
    """Rows of a block of inner products: the more, the fewer loads for each product."""
    even = [h for h in (4, 3, 5, 7) if m % h == 0 and next_power(h) <= lanes]
    return even[0] if even else min(m, 4, lanes)


def _plan_blocks(
    m: int, n: int, k: int, a_strides: tuple[int, int], kind: str, lanes: int, height: int
) -> Plan:
    depth = min(k, BLOCK)
    tiles = -(-m // height)
    together = max(1, CACHE // (depth * SIZES[kind] * height))
    tiles = -(-tiles // -(-tiles // together))
    block = min(m, tiles * height)
    panel = 2 * lanes
    width = -(-n // lanes) * lanes
    size = depth * block if a_strides[0] == 1 else row_length(depth, lanes) * block
    copied = k * width
    sums = copied + -(-size // lanes) * lanes
    scratch = sums + tiles * height * width
    order = _order(1, k)
    split, grain = ("columns", panel) if n >= 4 * panel else ("rows", block)
    return Plan(
        "blocks",
        split,
        grain,
        scratch,
        order,
        lanes,
        panel,
        height,
        pack=True,
        block=block,
        depth=depth,
        tile_rows=tiles * height,
        places=(copied, sums),
    )


def row_length(k: int, lanes: int) -> int:
    """Elements from one row of a copy to the next: more than k, to spread over the cache."""
    return (-(-k // lanes) + 1) * lanes


def _split(m: int, n: int, height: int, panel: int) -> tuple[str | None, int]:
    """Along which axis threads share the work: rows if there are enough."""
    tiles, panels = -(-m // height), -(-n // panel)
    if tiles >= 4 or tiles >= panels > 1:
        return "rows", height
    if panels > 1:
        return "columns", panel
    return ("rows", height) if tiles > 1 else (None, 1)


def _height(m: int, columns: int, most: int) -> int:
    """Rows of a tile: a divisor of m, if there is one of which the multipliers stay busy."""
    limit = min(most // columns, 12)
    if m <= limit:
        return m
    least = max(limit * 2 // 3, -(-10 // columns))
    for height in range(limit, least - 1, -1):
        if m % height == 0:
            return height
    tiles = -(-m // limit)
    return -(-m // tiles)
