"""A computational graph as a picture: a box a node, with its value and its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node
from . import svg
from .layout import layout
from .palette import BLUE, INK, LINE, MUTED, PAPER, VERMILION, WASH
from .svg import Picture
from .values import Flow, flow

BOX_WIDTH, LINE_HEIGHT, GAP_ACROSS, GAP_ALONG, MARGIN = 158, 17, 22, 34, 10
MOST_NODES = 300
GREENISH = "#e6f4f0"

_SYMBOLS = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "negative": "−",
    "sum": "Σ",
    "prod": "Π",
    "square": "( )²",
    "power": "xʸ",
    "sqrt": "√",
    "exp": "exp",
    "einsum": "@",
}
_FOLDED = ("broadcast",)


def graph(
    graph: Graph,
    values: Sequence[Any] | None = None,
    names: Sequence[str] = (),
    title: str = "computational graph",
) -> Picture:
    """A picture of a graph, from its inputs at the top to its output at the bottom.

    Parameters
    ----------
    graph
        What ``chainrule.trace`` gives; at most 300 operations.
    values
        One for each input. With them each box shows its value and, where the graph ends in one
        number, the derivative of that number by it.
    names
        What to call the inputs; by default x0, x1, ...

    Repetition along an axis (broadcasting) is left out, and constants stand in the box that uses
    them. The line of the program that made a node is its tooltip. Layout: Sugiyama et al. 1981.

    >>> from chainrule import trace
    >>> product = trace(lambda w, x: w * x, 2.0, 3.0)
    >>> graph(product, values=[2.0, 3.0], names=["w", "x"])
    Picture(380 x 214: computational graph)
    """
    if len(graph.nodes) > MOST_NODES:
        raise ValueError(
            f"a graph of {len(graph.nodes)} operations is too large to read; draw a part of it "
            f"(at most {MOST_NODES})"
        )
    source = _folded(graph)
    seen = _watch(graph, values)
    called = {n: names[i] if i < len(names) else f"x{i}" for i, n in enumerate(graph.inputs)}
    shown = {node.serial: node for node in _depth_first(graph, source)}
    operations = [node for node in shown.values() if node not in called]
    edges = [
        (source[operand].serial, node.serial)
        for node in operations
        for operand in node.inputs
        if source[operand].serial in shown
    ]
    boxes = {number: _lines(node, called, source, seen) for number, node in shown.items()}
    tints = _tints(graph)
    height = LINE_HEIGHT * max(map(len, boxes.values())) + 12
    placed = layout(list(shown), edges, dict.fromkeys(shown, BOX_WIDTH + GAP_ACROSS))

    def point(layer: float, across: float) -> tuple[float, float]:
        return MARGIN + across, MARGIN + layer * (height + GAP_ALONG) + height / 2

    elements = [_arrow_head()]
    for path in placed.path.values():
        elements.append(_edge([point(*place) for place in path], height))
    for number, node in shown.items():
        x, y = point(placed.layer[number], placed.position[number])
        tint = tints.get(number, PAPER)
        tip = node.line.rpartition("/")[2]
        elements.append(_box(x, y, height, boxes[number], tint, tip))
    layers = 1 + max(placed.layer.values())
    across = max(p for path in (*placed.path.values(), [(0, 0.0)]) for _, p in path)
    across = max(across, *placed.position.values()) + BOX_WIDTH / 2 + GAP_ACROSS / 2
    return Picture(
        across + 2 * MARGIN,
        layers * (height + GAP_ALONG) - GAP_ALONG + 2 * MARGIN,
        elements,
        title,
    )


def _folded(graph: Graph) -> dict[Node, Node]:
    """For each node the one that is drawn in its place."""
    source: dict[Node, Node] = {node: node for node in graph.inputs}
    for node in graph.nodes:
        is_folded = node.primitive is not None and node.primitive.name in _FOLDED
        source[node] = source[node.inputs[0]] if is_folded and node.inputs else node
    return source


def _watch(graph: Graph, values: Sequence[Any] | None) -> Flow | None:
    if values is None:
        return None
    if len(graph.outputs) == 1 and graph.outputs[0].shape == ():
        return flow(graph, *values)
    from ..engine.interpret import values_of

    return Flow(values_of(graph, *values), {})


Line = tuple[str, str, str]  # text, colour, weight


def _lines(
    node: Node, called: dict[Any, str], source: dict[Node, Node], seen: Flow | None
) -> list[Line]:
    found: list[Line] = [
        (_heading(node, called, source), INK, "600"),
        (_type_text(node.type), MUTED, "400"),
    ]
    if seen is not None:
        found.append((f"value {summary(seen.value[node])}", BLUE, "400"))
        gradient = seen.gradient.get(node)
        if gradient is not None:
            found.append((f"grad {summary(gradient)}", VERMILION, "400"))
    return found


def _heading(node: Node, called: dict[Any, str], source: dict[Node, Node]) -> str:
    if node in called:
        return called[node]
    assert node.primitive is not None
    name = node.primitive.name
    symbol = _SYMBOLS.get(name)
    constants = [
        source[x].known for x in node.inputs if not source[x].inputs and source[x] not in called
    ]
    tail = "".join(f" {summary(value)}" for value in constants)
    return f"{symbol} {name}{tail}" if symbol and symbol != name else f"{name}{tail}"


def _type_text(kind: Any) -> str:
    return ", ".join(map(str, kind)) if isinstance(kind, tuple) else str(kind)


def summary(value: Any) -> str:
    """A number, or the range of an array, short enough for a box.

    >>> summary(0.123456), summary(np.array([1.0, -2.5, 3.0]))
    ('0.1235', '−2.5 … 3')
    """
    if isinstance(value, tuple):
        return ", ".join(map(summary, value))
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    low, high = array.min(), array.max()
    return _number(low) if array.ndim == 0 or low == high else f"{_number(low)} … {_number(high)}"


def _number(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value)
    text = (
        f"{value:.4g}"
        if abs(value) < 1e5 and (abs(value) >= 1e-3 or value == 0)
        else f"{value:.1e}"
    )
    return text.replace("-", "−")


def _depth_first(graph: Graph, source: dict[Node, Node]) -> list[Node]:
    """What is drawn; a first operand's history comes before the second's, and stands left of it."""
    found: list[Node] = []
    given = set(graph.inputs)
    done: set[Node] = set()
    pending = [(node, False) for node in reversed((*graph.outputs, *graph.inputs))]
    while pending:
        node, is_ready = pending.pop()
        if is_ready:
            found.append(node)
        elif node not in done and (node in given or node.inputs):
            done.add(node)
            pending.append((node, True))
            operands = () if node in given else node.inputs
            pending += [(source[operand], False) for operand in reversed(operands)]
    return found


def _tints(graph: Graph) -> dict[int, str]:
    tints = {node.serial: GREENISH for node in graph.outputs}
    return tints | {node.serial: WASH for node in graph.inputs}


def _box(x: float, y: float, height: float, lines: list[Line], tint: str, tip: str) -> str:
    frame = svg.rectangle(
        x - BOX_WIDTH / 2,
        y - height / 2,
        BOX_WIDTH,
        height,
        rx=8,
        fill=tint,
        stroke=LINE,
        stroke_width=1.4,
    )
    top = y - LINE_HEIGHT * len(lines) / 2 + 12.5
    texts = []
    for i, (content, colour, weight) in enumerate(lines):
        style = {"fill": colour, "font_weight": weight, "text_anchor": "middle"}
        size = 13 if i == 0 else 11.5
        texts.append(svg.text(x, top + LINE_HEIGHT * i, content, size, **style))
    return svg.group([frame, *texts], tip=tip)


def _arrow_head() -> str:
    shape = svg.element("path", d="M0 0 L8 4 L0 8 z", fill=MUTED)
    marker = svg.element(
        "marker",
        shape,
        id="chainrule-arrow",
        markerWidth=8,
        markerHeight=8,
        refX=7,
        refY=4,
        orient="auto",
        markerUnits="userSpaceOnUse",
    )
    return svg.element("defs", marker)


def _edge(points: list[tuple[float, float]], height: float) -> str:
    """A smooth line through the points, from the foot of one box to the head of another."""
    (x, y), *middle, (end_x, end_y) = points
    y += height / 2
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in (*middle, (end_x, end_y - height / 2)):
        half = (y + next_y) / 2
        path.append(f"C{x:.1f} {half:.1f} {next_x:.1f} {half:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return svg.element(
        "path",
        d=" ".join(path),
        fill="none",
        stroke=MUTED,
        stroke_width=1.3,
        marker_end="url(#chainrule-arrow)",
    )
