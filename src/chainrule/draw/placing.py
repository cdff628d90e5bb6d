"""A graph as boxes with places: what every drawing of it starts from, on paper or on a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..engine.graph import Graph, Node, node_names
from . import scopes
from .boxes import Box, Edge, Edges, Names, boxes_of
from .layout import layout
from .maths import plain, runs, width
from .svg import text_width

LINE_HEIGHT, GAP_ACROSS, GAP_ALONG, MARGIN = 17.0, 24.0, 34.0, 20.0
COMFORTABLE = 60  # boxes that one can still read
LEAST_WIDTH, HEADING, SMALL = 44.0, 13.0, 11.0

Point = tuple[float, float]
Lines = Callable[[Box], Sequence[str]]


@dataclass
class Placed:
    """Boxes and edges with their places: the middle of each box; of each edge the points.

    An edge runs from the foot of a box to the head of another, straight down past a layer.
    """

    boxes: list[Box]
    centre: dict[Box, Point] = field(default_factory=dict)
    size: dict[Box, Point] = field(default_factory=dict)
    layer: dict[Box, int] = field(default_factory=dict)
    path: dict[Edge, list[Point]] = field(default_factory=dict)
    carried: dict[Edge, list[Node]] = field(default_factory=dict)
    width: float = 2 * MARGIN
    height: float = 2 * MARGIN


def place_boxes(boxes: list[Box], edges: Edges, lines: Lines = lambda box: [box.type]) -> Placed:
    """Each box gets the room that its texts need; ``lines`` are those under its formula."""
    texts = {box: lines(box) for box in boxes}
    size = {box: _room(box, texts[box]) for box in boxes}
    numbers = {box: i for i, box in enumerate(boxes)}
    rooms = {numbers[box]: size[box][0] + GAP_ACROSS for box in boxes}
    pairs = [(numbers[a], numbers[b]) for a, b in edges]
    found = layout(list(numbers.values()), pairs, rooms)
    rows, height = _rows(boxes, numbers, found.layer, size)
    left = MARGIN - GAP_ACROSS / 2
    placed = Placed(boxes, size=size, carried=edges, height=height)
    for box, i in numbers.items():
        placed.layer[box] = found.layer[i]
        placed.centre[box] = left + found.position[i], sum(rows[found.layer[i]]) / 2
    for a, b in edges:
        start, *bends, end = found.path[numbers[a], numbers[b]]
        points = [(left + start[1], placed.centre[a][1] + size[a][1] / 2)]
        points += [(left + across, y) for layer, across in bends for y in rows[layer]]
        placed.path[a, b] = [*points, (left + end[1], placed.centre[b][1] - size[b][1] / 2)]
    rightmost = [placed.centre[box][0] + size[box][0] / 2 for box in boxes]
    rightmost += [x for path in placed.path.values() for x, _ in path]
    placed.width = max(rightmost, default=MARGIN) + MARGIN
    return placed


def _room(box: Box, lines: Sequence[str]) -> Point:
    wide = [width(runs(box.latex), HEADING), *[text_width(line, SMALL) for line in lines]]
    return max(LEAST_WIDTH, max(wide) + 18), LINE_HEIGHT * (1 + len(lines)) + 12


def _rows(
    boxes: list[Box], numbers: dict[Box, int], layer: dict[Any, int], size: dict[Box, Point]
) -> tuple[list[Point], float]:
    """The top and the foot of each layer, and the height of them all."""
    heights = [0.0] * (1 + max(layer.values(), default=-1))
    for box in boxes:
        at = layer[numbers[box]]
        heights[at] = max(heights[at], size[box][1])
    rows, top = [], MARGIN
    for height in heights:
        rows.append((top, top + height))
        top += height + GAP_ALONG
    return rows, top - GAP_ALONG + MARGIN


def arranged(
    graph: Graph,
    names: Names = (),
    fold: int | str | None = "auto",
    opened: Collection[str] = (),
    ids: Mapping[Node, str] | None = None,
) -> tuple[list[Box], Edges]:
    """The boxes of a graph with their scopes, folded as asked; see ``placed``."""
    boxes, edges = boxes_of(graph, names, ids)
    scopes.name_scopes(boxes, edges)
    if fold == "auto":
        return scopes.fold_to_fit(boxes, edges, COMFORTABLE)
    if fold is None:
        return boxes, edges
    return scopes.fold(boxes, edges, int(fold), opened)


def placed(
    graph: Graph,
    names: Names = (),
    lines: int = 1,
    fold: int | str | None = None,
    opened: Collection[str] = (),
) -> dict[str, Any]:
    """The drawing of a graph as plain data, for a page that draws it itself.

    Parameters
    ----------
    names
        What to call the inputs; by default x0, x1, ...
    lines
        How many lines of text each box has room for under its formula.
    fold
        None draws every operation. 0 makes a box of each outermost scope (a layer, a function, a
        call of the library), 1 of each scope inside these, and so on; "auto" folds as little as
        makes it readable.
    opened
        The ids of folded boxes that are to be opened.

    The result holds ``width`` and ``height``; ``nodes``, each with ``id`` (its name wherever the
    graph is shown), ``kind``, ``label``, ``formula`` (as text), ``latex``, ``type``, ``line``,
    ``scope``, ``ids`` (of the nodes in it), ``is_output``, ``x`` and ``y`` (its middle), ``width``,
    ``height`` and ``layer``; ``edges``, each with ``from``, ``to``, ``type`` and ``points``.

    >>> from chainrule import trace
    >>> drawing = placed(trace(lambda w, x: w * x, 2.0, 3.0), ["w", "x"])
    >>> [(node["id"], node["formula"]) for node in drawing["nodes"]]
    [('x0', 'w'), ('x1', 'x'), ('v2', 'v2 = w · x')]
    >>> [(edge["from"], edge["to"], edge["type"]) for edge in drawing["edges"]]
    [('x0', 'v2', 'f64[]'), ('x1', 'v2', 'f64[]')]
    """
    boxes, edges = arranged(graph, names, fold, opened)
    found = place_boxes(boxes, edges, lambda box: [box.type] + [""] * (lines - 1))
    ids = node_names(graph)
    return as_data(found, ids)


def as_data(found: Placed, ids: dict[Any, str]) -> dict[str, Any]:
    """Placed boxes as numbers, texts, lists and dicts."""
    nodes = []
    for box in found.boxes:
        (x, y), (wide, high) = found.centre[box], found.size[box]
        nodes.append(
            {
                "id": box.name,
                "kind": box.kind,
                "label": box.label,
                "formula": plain(box.latex),
                "latex": box.latex,
                "type": box.type,
                "line": box.line,
                "scope": list(box.scope),
                "ids": [ids[node] for node in box.nodes],
                "is_output": box.is_output,
                "x": round(x, 2),
                "y": round(y, 2),
                "width": round(wide, 2),
                "height": round(high, 2),
                "layer": found.layer[box],
            }
        )
    edges = []
    for (start, end), points in found.path.items():
        edges.append(
            {
                "from": start.name,
                "to": end.name,
                "type": ", ".join(str(node.type) for node in found.carried[start, end]),
                "points": [[round(x, 2), round(y, 2)] for x, y in points],
            }
        )
    size = {"width": round(found.width, 2), "height": round(found.height, 2)}
    return {**size, "nodes": nodes, "edges": edges}
