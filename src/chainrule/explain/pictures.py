"""A graph as a picture of one moment: what is known so far, and where one stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..draw import svg
from ..draw.boxes import Box
from ..draw.graphs import edge, elements, lines_of
from ..draw.palette import BLUE, MUTED, VERMILION
from ..draw.placing import arranged, place_boxes
from ..draw.svg import Picture
from ..draw.values import Flow
from ..engine.graph import Graph, Node

_SHOWN = ("value", "grad")


def moment(
    graph: Graph,
    values: Mapping[Node, Any],
    gradients: Mapping[Node, Any],
    known: Collection[Node],
    reached: Collection[Node],
    here: Node | None,
    labels: Mapping[Node, str],
    title: str,
    used: Sequence[Node] = (),
) -> Picture:
    """The graph with the values of the nodes ``known`` and the gradients of those ``reached``.

    ``labels`` are what the user calls the inputs. The box of node ``here`` has a ring: vermilion
    once its gradient is there, blue before. So are the edges to it from its operands ``used``.
    """
    boxes, edges = arranged(graph)
    everything = Flow(dict(values), dict(gradients))
    so_far = Flow(
        {node: value for node, value in values.items() if node in known},
        {node: value for node, value in gradients.items() if node in reached},
    )
    called = {box: [(labels[box.node], MUTED)] if box.node in labels else [] for box in boxes}
    room = {box: called[box] + lines_of(box, everything, _SHOWN) for box in boxes}
    texts = {box: called[box] + lines_of(box, so_far, _SHOWN) for box in boxes}
    placed = place_boxes(boxes, edges, lambda box: [text for text, _ in room[box]])
    drawn = elements(placed, texts)
    box = _box_of(here, boxes) if here is not None else None
    if box is not None:
        colour = VERMILION if here in reached else BLUE
        for start in {_box_of(operand, boxes) for operand in used}:
            if (start, box) in placed.path:
                drawn.append(edge(placed.path[start, box], colour=colour))
        (x, y), (wide, high) = placed.centre[box], placed.size[box]
        place = x - wide / 2 - 3, y - high / 2 - 3, wide + 6, high + 6
        drawn.append(svg.rectangle(*place, rx=10, fill="none", stroke=colour, stroke_width=3))
    return Picture(placed.width, placed.height, drawn, title)


def _box_of(node: Node, boxes: list[Box]) -> Box | None:
    """The box in which a node is drawn; repetition stands with what is repeated."""
    homes = {inner: box for box in boxes for inner in box.nodes}
    while node not in homes and node.inputs:
        node = node.inputs[0]
    return homes.get(node)
