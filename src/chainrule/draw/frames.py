"""Dashed frames around the boxes of a layer or of a function, where there is room."""

from __future__ import annotations

from collections.abc import Iterator

from . import svg
from .boxes import Box
from .palette import LINE, MUTED
from .placing import Placed
from .svg import text_width

Area = tuple[float, float, float, float]  # left, top, right, bottom

AROUND, LABEL, DEPTH = 6.0, 11.0, 2


def frames(placed: Placed) -> list[str]:
    """A frame with its name for each scope that stands apart from everything else.

    Of nested scopes the innermost two are framed at most; calls are not.
    """
    found: list[tuple[Area, str]] = []
    for path, inside in _scopes(placed.boxes):
        others = [box for box in placed.boxes if box not in inside]
        area = _around(placed, inside, found)
        if not any(_meet(area, _area(placed, box)) for box in others):
            found.append((area, path[-1]))
    return [_frame(area, name) for area, name in reversed(found)]


def _scopes(boxes: list[Box]) -> Iterator[tuple[tuple[str, ...], set[Box]]]:
    """Scopes with several boxes but not all of them, innermost first."""
    members: dict[tuple[str, ...], set[Box]] = {}
    for box in boxes:
        for length in range(max(1, len(box.scope) - DEPTH + 1), len(box.scope) + 1):
            if is_named(box.scope[length - 1]):
                members.setdefault(box.scope[:length], set()).add(box)
    for path in sorted(members, key=len, reverse=True):
        if len(members[path]) > 1:
            yield path, members[path]


def is_named(scope: str) -> bool:
    """Whether it is a Module or a function, and not the text of a call."""
    return scope.endswith("()") or "(" not in scope


def _area(placed: Placed, box: Box) -> Area:
    (x, y), (wide, high) = placed.centre[box], placed.size[box]
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def _around(placed: Placed, inside: set[Box], found: list[tuple[Area, str]]) -> Area:
    """The area of these boxes, and of the frames that lie within, with a margin."""
    areas = [_area(placed, box) for box in inside]
    areas += [area for area, _ in found if any(_meet(area, box) for box in areas)]
    left, top, right, bottom = zip(*areas, strict=True)
    return min(left) - AROUND - LABEL, min(top) - AROUND, max(right) + AROUND, max(bottom) + AROUND


def _meet(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _frame(area: Area, name: str) -> str:
    left, top, right, bottom = area
    place = left, top, right - left, bottom - top
    look = {"fill": "none", "stroke": LINE, "stroke_dasharray": "5 3"}
    outline = svg.rectangle(*place, rx=10, **look)
    room = bottom - top - 8  # the name stands on its side, where no edge comes in
    if text_width(name, 10) > room:
        name = name[: int(room / 6.4)] + "…"
    x, y = left + 11, (top + bottom) / 2
    side = {"transform": f"rotate(-90 {x:.6g} {y:.6g})", "text_anchor": "middle", "fill": MUTED}
    return svg.group([outline, svg.text(x, y, name, 10, **side)])
