"""Two arrays that do not meet, with the axes that would have to."""

from __future__ import annotations

from itertools import zip_longest

from . import svg
from .palette import BLUE, BLUISH, GREENISH, INK, LINE, MUTED, SANDY, VERMILION
from .svg import Picture, text_width

Shape = tuple[int, ...]

PRODUCTS = ("@", "dot", "matmul")
MARGIN, CELL, ROW = 16.0, 54.0, 34.0


def mismatch(
    left: Shape, right: Shape, left_name: str = "", right_name: str = "", operation: str = "matmul"
) -> Picture:
    """Two arrays whose shapes do not fit an operation; what differs is vermilion.

    The factors of a matrix product are drawn as rectangles: the columns of the left one must be as
    many as the rows of the right one. For other operations, shapes are written under each other,
    aligned at their last axes: below each other must stand equal lengths, or a 1.

    >>> mismatch((8, 3), (4, 2), "x", "W", "matmul")
    Picture(... x ...: matmul: (8, 3) and (4, 2) do not meet)
    >>> mismatch((8, 3), (8,), "prediction", "target", "subtract")
    Picture(... x ...: subtract: (8, 3) and (8,) do not meet)
    """
    left_name, right_name = left_name or "left", right_name or "right"
    title = f"{operation}: {left} and {right} do not meet"
    if operation in PRODUCTS and {len(left), len(right)} <= {1, 2}:
        return _product(left, right, left_name, right_name, title)
    return _aligned(left, right, left_name, right_name, operation, title)


# -- a product of matrices ---------------------------------------------------------------------


def _product(left: Shape, right: Shape, left_name: str, right_name: str, title: str) -> Picture:
    sides = [left if len(left) == 2 else (1, *left), right if len(right) == 2 else (*right, 1)]
    inner, other = sides[0][1], sides[1][0]
    longest = max(*sides[0], *sides[1], 1)
    sizes = [[max(14.0, 150.0 * side / longest) for side in pair] for pair in sides]
    middle = MARGIN + 24 + max(high for high, _ in sizes) / 2
    foot = 2 * middle - MARGIN - 24 + 22
    found = []
    x = MARGIN
    names = (f"{left_name}  {left}", f"{right_name}  {right}")
    for i, (name, (high, wide), (rows, columns)) in enumerate(
        zip(names, sizes, sides, strict=True)
    ):
        x += max(text_width(_count(rows, "row"), 12) + 10, (text_width(name, 12) - wide) / 2)
        top, centre = middle - high / 2, x + wide / 2
        found.append(svg.rectangle(x, top, wide, high, rx=3, fill=BLUISH, stroke=LINE))
        start = (x, top, x + wide, top) if i == 0 else (x, top, x, top + high)
        found.append(svg.line(*start, stroke=VERMILION, stroke_width=3))
        colours = [(VERMILION, 600), (MUTED, 400)]
        across, along = colours if i == 0 else colours[::-1]
        found.append(_label(centre, top - 8, _count(columns, "column"), *across))
        found.append(_label(x - 8, middle + 4, _count(rows, "row"), *along, "end"))
        found.append(_label(centre, foot, name, INK, 600))
        x += max(wide, (text_width(name, 12) + wide) / 2) + 30
    sentence = f"{inner} ≠ {other}: the columns of {left_name} must be as many as the rows of "
    found.append(svg.text(MARGIN, foot + 30, f"{sentence}{right_name}", 12))
    width = max(x - 30, MARGIN + text_width(sentence + right_name, 12)) + MARGIN
    return Picture(width, foot + 30 + MARGIN, found, title)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _label(
    x: float, y: float, content: str, colour: str, weight: int = 400, anchor: str = "middle"
) -> str:
    style = {"fill": colour, "font_weight": weight, "text_anchor": anchor}
    return svg.text(x, y, content, 12, **style)


# -- shapes under each other -------------------------------------------------------------------


def _aligned(
    left: Shape, right: Shape, left_name: str, right_name: str, operation: str, title: str
) -> Picture:
    count = max(len(left), len(right), 1)
    names = [f"{left_name}  {left}", f"{right_name}  {right}"]
    start = MARGIN + max(text_width(name, 12) for name in names) + 14
    found = [
        svg.text(MARGIN, MARGIN + 38 + i * ROW, name, 12, font_weight=600)
        for i, name in enumerate(names)
    ]
    wrong = []
    pairs = zip_longest(reversed(left), reversed(right))
    for back, (a, b) in enumerate(pairs, 1):
        x = start + (count - back) * CELL
        fits = a is None or b is None or a == b or 1 in (a, b)
        found.append(_label(x + CELL / 2 - 2, MARGIN + 8, f"axis {-back}".replace("-", "−"), MUTED))
        if not fits:
            wrong.append(f"{a} ≠ {b} on axis −{back}")
        for i, size in enumerate((a, b)):
            found += _cell(x, MARGIN + 18 + i * ROW, size, fits)
    foot = MARGIN + 18 + 2 * ROW + 20
    sentence = "; ".join(wrong) or f"{operation} does not take these shapes together"
    sentence += ": lengths must be equal, or 1" * bool(wrong)
    found.append(svg.text(MARGIN, foot, sentence, 12))
    width = max(start + count * CELL, MARGIN + text_width(sentence, 12)) + MARGIN
    return Picture(width, foot + MARGIN, found, title)


def _cell(x: float, y: float, size: int | None, fits: bool) -> list[str]:
    if size is None:  # this shape has no such axis: it is repeated along it
        return [_label(x + CELL / 2 - 2, y + 20, "·", MUTED)]
    fill, colour = (GREENISH, BLUE) if fits else (SANDY, VERMILION)
    frame = svg.rectangle(x, y, CELL - 4, ROW - 4, rx=4, fill=fill, stroke=LINE if fits else colour)
    return [frame, _label(x + CELL / 2 - 2, y + 20, str(size), INK if fits else colour, 600)]
