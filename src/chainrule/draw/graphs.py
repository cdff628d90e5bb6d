"""A computational graph as a picture: a box an operation, with its formula, value and gradient."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Any

from ..engine.errors import DifferentiationError
from ..engine.graph import Graph, Node
from ..engine.interpret import values_of
from . import svg
from .boxes import Box
from .formula import summary
from .frames import frames
from .maths import runs, spans
from .palette import BLUE, BLUISH, GREENISH, INK, LINE, MUTED, PAPER, SANDY, VERMILION, WASH
from .placing import HEADING, LINE_HEIGHT, SMALL, Names, Placed, Point, arranged, place_boxes
from .svg import Picture
from .values import Flow, flow, timed

MOST_BOXES = 300
LONGEST = 44  # letters of a line of the program in a box
TINTS = {"input": WASH, "parameter": BLUISH, "constant": WASH, "scope": SANDY}

Line = tuple[str, str]  # a text, and its colour


def graph(
    graph: Graph,
    values: Sequence[Any] | None = None,
    names: Names = (),
    title: str = "computational graph",
    *,
    show: Collection[str] = ("value", "grad"),
    fold: int | str | None = "auto",
    opened: Collection[str] = (),
) -> Picture:
    """A picture of a graph, from its inputs at the top to its output at the bottom.

    Parameters
    ----------
    graph
        What ``chainrule.trace`` gives.
    values
        One for each input.
    names
        What to call the inputs; by default x0, x1, ... Or a dict from nodes to names.
    show
        What stands in each box, besides its formula and type. With values: ``value``; ``grad``,
        the derivative by it where the graph ends in one number; ``time``, how long NumPy takes for
        it. Without: ``line``, the line of the program that made it, which is always its tooltip.
    fold, opened
        Which layers, functions and calls are one box each, see ``placed``; by itself what has
        more than 60 boxes is folded. At most 300 boxes can be drawn.

    Repetition along an axis (broadcasting) is left out, and a constant number stands in the formula
    of the box that uses it. Layout: Sugiyama, Tagawa, Toda 1981.

    >>> from chainrule import trace
    >>> product = trace(lambda w, x: w * x, 2.0, 3.0)
    >>> graph(product, values=[2.0, 3.0], names=["w", "x"])
    Picture(... x ...: computational graph)
    """
    boxes, edges = arranged(graph, names, fold, opened)
    if len(boxes) > MOST_BOXES:
        raise ValueError(
            f"a graph of {len(boxes)} boxes is too large to read: fold its layers and functions "
            f"(fold=0), or draw a part of it (at most {MOST_BOXES} boxes)"
        )
    seen = Flow({}, {}) if values is None else watch(graph, values)
    spent = timed(graph, *values) if "time" in show and values is not None else {}
    texts = {box: lines_of(box, seen, show, spent) for box in boxes}
    placed = place_boxes(boxes, edges, lambda box: [text for text, _ in texts[box]])
    drawn = [*frames(placed), *elements(placed, texts)]
    return Picture(placed.width, placed.height, drawn, title)


def watch(graph: Graph, values: Sequence[Any]) -> Flow:
    """Its values, and its gradients where it ends in one number and has a derivative."""
    if len(graph.outputs) == 1 and graph.outputs[0].shape == ():
        with suppress(DifferentiationError):
            return flow(graph, *values)
    return Flow(values_of(graph, *values), {})


def lines_of(
    box: Box, seen: Flow, show: Collection[str], spent: dict[Node, float] | None = None
) -> list[Line]:
    """What stands in a box under its formula."""
    times = [spent[node] for node in box.nodes if node in spent] if spent else []
    found = {
        "size": f"{len(box.nodes)} nodes" if box.kind == "scope" else "",
        "type": box.type,
        "value": _range("value", box, seen.value),
        "grad": _range("grad", box, seen.gradient),
        "time": duration(sum(times)) if times else "",
        "line": "" if box.kind == "scope" else shorter(box.line),
    }
    colours = {"value": BLUE, "grad": VERMILION}
    return [
        (text, colours.get(kind, MUTED))
        for kind, text in found.items()
        if text and (kind in ("size", "type") or kind in show)
    ]


def _range(word: str, box: Box, known: dict[Node, Any]) -> str:
    found = tuple([known[node] for node in box.results if node in known])
    return shorter(f"{word} {summary(found)}") if found else ""


def shorter(text: str) -> str:
    """A text, cut where it is too long for a box."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def duration(seconds: float) -> str:
    """A time in the unit that suits it.

    >>> duration(0.0000123), duration(0.5)
    ('12.3 µs', '500 ms')
    """
    unit, size = next(
        (pair for pair in (("s", 1.0), ("ms", 1e-3)) if seconds >= pair[1]), ("µs", 1e-6)
    )
    return f"{seconds / size:.3g} {unit}"


def elements(placed: Placed, texts: dict[Box, list[Line]]) -> list[str]:
    """The drawing of placed boxes: edges first, so that the boxes lie on top."""
    found = []
    for (start, end), points in placed.path.items():
        carried = ", ".join(str(node.type) for node in placed.carried[start, end])
        found.append(edge(points, f"{start.name} → {end.name}: {carried}"))
    for box in placed.boxes:
        found.append(_drawn(box, placed.centre[box], placed.size[box], texts[box]))
    return found


def _drawn(box: Box, centre: Point, size: Point, lines: list[Line]) -> str:
    (x, y), (wide, high) = centre, size
    tint = GREENISH if box.is_output else TINTS.get(box.kind, PAPER)
    place = x - wide / 2, y - high / 2, wide, high
    frame = svg.rectangle(*place, rx=8, fill=tint, stroke=LINE, stroke_width=1.4)
    parts = [frame]
    if box.kind == "scope":  # a second sheet shows that there is more underneath
        back = svg.rectangle(x - wide / 2 + 3, y - high / 2 + 3, wide, high, rx=8, fill=LINE)
        parts.insert(0, back)
    middle = {"text_anchor": "middle"}
    top = y - LINE_HEIGHT * (1 + len(lines)) / 2 + 12.5
    heading = spans(runs(box.latex), HEADING)
    parts.append(svg.element("text", heading, x=x, y=top, font_size=HEADING, fill=INK, **middle))
    for i, (content, colour) in enumerate(lines, 1):
        parts.append(svg.text(x, top + LINE_HEIGHT * i, content, SMALL, fill=colour, **middle))
    return svg.group(parts, tip=_tip(box))


def _tip(box: Box) -> str:
    """What is shown where the pointer rests: the operation, its scope and the line that made it."""
    return "\n".join(text for text in (" › ".join([*box.scope, box.label]), box.line) if text)


def edge(points: Sequence[Point], tip: str = "", colour: str = MUTED) -> str:
    """A smooth line from the foot of one box to the head of another, with an arrow at its end."""
    (x, y), *middle, (end_x, end_y) = points
    way = 1 if end_y > y else -1  # down, or up
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in (*middle, (end_x, end_y - 7 * way)):
        half = (y + next_y) / 2
        path.append(f"C{x:.1f} {half:.1f} {next_x:.1f} {half:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    look: dict[str, object] = {"fill": "none", "stroke": colour, "stroke_width": 1.3}
    line = svg.element("path", d=" ".join(path), **look)
    head = f"M{end_x - 4:.1f} {end_y - 8 * way:.1f}h8l-4 {8 * way}z"
    return svg.group([line, svg.element("path", d=head, fill=colour)], tip=tip)
