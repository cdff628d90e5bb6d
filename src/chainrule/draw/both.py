"""A graph and the graph of its derivative, side by side: what goes down, and what comes back up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np

from ..engine import trace
from ..engine.differentiate import pull_back
from ..engine.graph import Graph, Node, node_names
from ..engine.interpret import values_of
from ..engine.tensor import Tensor
from . import svg
from .boxes import LEFT_OUT, Box, Edges, Names
from .graphs import elements, lines_of, watch
from .palette import PURPLE
from .placing import Placed, Point, arranged, place_boxes
from .svg import Picture
from .values import Flow

BETWEEN = 70.0


def forward_and_backward(
    graph: Graph,
    values: Sequence[Any] | None = None,
    names: Names = (),
    title: str = "forward and backward",
    *,
    show: Collection[str] = ("value", "grad"),
    fold: int | str | None = "auto",
    opened: Collection[str] = (),
) -> Picture:
    """A graph from top to bottom and, beside it, its derivative from bottom to top.

    Dashed lines say which values of the forward half the backward half reads: these are kept in
    memory until then. ``∂w`` is the derivative of the result by w. Parameters as for ``graph``.

    >>> from chainrule import trace
    >>> graph = trace(lambda w, x: (w * x) ** 2, 2.0, 3.0)
    >>> forward_and_backward(graph, [2.0, 3.0], ["w", "x"])
    Picture(... x ...: forward and backward)
    """
    if not isinstance(names, dict):
        names = dict(zip(graph.inputs, names, strict=False))
    back, called = derivative(graph, names)
    ids = node_names(graph)
    labels = names | called
    ids_back = ids | called | _numbered(back, ids, called)
    seen = Flow({}, {}) if values is None else watch(graph, values)
    known = {} if values is None else _values_back(graph, back, seen)
    left = arranged(graph, names, fold, opened)
    right, edges = arranged(back, labels, fold, opened, ids_back)
    drawn, inner, read = _apart(right, edges, set(ids))
    halves = []
    for boxes, lines, flow in ((left[0], left[1], seen), (drawn, inner, Flow(known, {}))):
        texts = {box: lines_of(box, flow, show) for box in boxes}
        placed = place_boxes(boxes, lines, lambda box, t=texts: [text for text, _ in t[box]])
        halves.append((placed, texts))
    (forward, texts), (backward, texts_back) = halves
    height = max(forward.height, backward.height)
    _move(forward, 0.0, height - forward.height, 1)
    _move(backward, forward.width + BETWEEN, height, -1)
    found = [_reading(forward, backward, *pair) for pair in _pairs(left[0], read)]
    found += elements(forward, texts) + elements(backward, texts_back)
    return Picture(forward.width + BETWEEN + backward.width, height, found, title)


def derivative(graph: Graph, names: dict[Node, str]) -> tuple[Graph, dict[Node, str]]:
    """The graph of the derivative over the nodes of this one, which are among its inputs.

    And the names of its ends: ``d_w`` is the derivative by w, an input or a Parameter.
    """
    ids = node_names(graph)
    wanted = [node for node in ids if node.primitive is None or node.source is not None]
    starts = [trace.placeholder(node.type) for node in graph.outputs]
    used = [start if start.type.is_float else None for start in starts]
    pulled = pull_back(graph.nodes, graph.outputs, used, wanted)
    called: dict[Any, str] = {}
    for node, found in zip((*graph.outputs, *wanted), (*starts, *pulled), strict=True):
        if isinstance(found, Tensor):
            name = f"d_{names.get(node, ids[node])}"
            called[found] = f"{called[found]} = {name}" if found in called else name
    first = set(starts)
    ends = [node for node in called if node not in first]
    return Graph((*starts, *_computed(graph)), ends or starts), called


def _computed(graph: Graph) -> list[Node]:
    """What the backward half may read: all that is drawn, constants apart, which it knows."""
    nodes = [node for node in graph.nodes if node.inputs and node.primitive.name not in LEFT_OUT]
    return [*graph.inputs, *nodes]


def _numbered(back: Graph, ids: dict[Any, str], called: dict[Any, str]) -> dict[Node, str]:
    """Names for the other nodes of the backward half: the numbers go on."""
    number = sum(name[0] != "c" for name in ids.values())
    rest = [node for node in back.nodes if node not in called and node not in ids]
    return {node: f"v{number + i}" for i, node in enumerate(rest)}


def _values_back(graph: Graph, back: Graph, seen: Flow) -> dict[Node, Any]:
    ones = [np.ones(node.shape, node.dtype) for node in graph.outputs]
    kept = [seen.value[node] for node in _computed(graph)]
    return values_of(back, *ones, *kept)


def _apart(boxes: list[Box], edges: Edges, forward: set[Any]) -> tuple[list[Box], Edges, Edges]:
    """The backward half's own boxes and edges, and the edges that come from the forward half."""
    own = [box for box in boxes if not forward.issuperset(box.nodes)]
    mine = set(own)
    inner = {edge: nodes for edge, nodes in edges.items() if mine.issuperset(edge)}
    read = {edge: nodes for edge, nodes in edges.items() if edge[0] not in mine and edge[1] in mine}
    return own, inner, read


def _pairs(boxes: list[Box], read: Edges) -> Iterator[tuple[Box, Box, str]]:
    """Which box of the forward half is read by which of the backward half."""
    home = {node: box for box in boxes for node in box.nodes}
    pairs: dict[tuple[Box, Box], list[str]] = {}
    for (start, end), nodes in read.items():
        if start.node in home:
            pairs.setdefault((home[start.node], end), []).extend(str(node.type) for node in nodes)
    return ((a, b, ", ".join(dict.fromkeys(types))) for (a, b), types in pairs.items())


def _move(placed: Placed, across: float, down: float, way: int) -> None:
    """Shift a drawing; with ``way`` -1 turn it upside down as well."""

    def moved(point: Point) -> Point:
        return point[0] + across, down + way * point[1]

    placed.centre = {box: moved(at) for box, at in placed.centre.items()}
    placed.path = {edge: [moved(at) for at in points] for edge, points in placed.path.items()}


def _reading(forward: Placed, backward: Placed, start: Box, end: Box, carried: str) -> str:
    (x, y), (end_x, end_y) = forward.centre[start], backward.centre[end]
    x += forward.size[start][0] / 2
    end_x -= backward.size[end][0] / 2
    half = (x + end_x) / 2
    path = f"M{x:.1f} {y:.1f}C{half:.1f} {y:.1f} {half:.1f} {end_y:.1f} {end_x:.1f} {end_y:.1f}"
    look = {"fill": "none", "stroke": PURPLE, "stroke_width": 1.3, "stroke_dasharray": "4 3"}
    tip = f"{end.name} reads {start.name}: {carried}"
    return svg.group([svg.element("path", d=path, **look)], tip=tip)
