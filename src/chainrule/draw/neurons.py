"""A network as its neurons: a circle each, and a line for each weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import svg
from .formula import number
from .layers import LayerMatrix, through
from .matrices import short
from .palette import BLUE, INK, MUTED, PAPER, VERMILION, signed
from .svg import Picture, text_width

MOST_NEURONS = 24
FEW_WEIGHTS = 12  # with no more of them, each line shows its weight

Point = tuple[float, float]


def neurons(
    layers: Sequence[LayerMatrix],
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    title: str = "the network as neurons",
    width: float = 490,
    x: Any = None,
) -> Picture:
    """A circle for each neuron, and a line for each weight: blue negative, vermilion positive.

    The thicker the line, the larger the weight. Of a layer with more than 24 neurons the first
    and the last are drawn. With an example ``x`` each circle shows its value.

    >>> neurons([LayerMatrix(np.ones((2, 3))), LayerMatrix(np.ones((3, 1)))], ["x", "y"], ["z"])
    Picture(490 x ...: the network as neurons)
    """
    values = None if x is None else through(layers, np.ravel(x))
    sizes = [len(layers[0].weight), *[layer.weight.shape[1] for layer in layers]]
    kept = [_kept(size) for size in sizes]
    tallest = max(len(rows) for rows in kept)
    step = min(38.0 if values is None else 46.0, 480.0 / tallest)
    radius = min(11.0 if values is None else 17.0, step * 0.37)
    height = max(tallest * step, 90) + 60
    labels = [_column_label(i, size, layers) for i, size in enumerate(sizes)]
    widest = max(text_width(label, 12) for label in labels)
    width = max(width, 210 + widest * len(layers))
    gap = (width - 210) / len(layers)

    def at(column: int, index: int) -> Point:
        middle = 30 + (height - 60) / 2
        return 110 + column * gap, middle + (index - (len(kept[column]) - 1) / 2) * step

    places = [[at(column, i) for i in range(len(rows))] for column, rows in enumerate(kept)]
    elements = []
    few = sum(layer.weight.size for layer in layers) <= FEW_WEIGHTS
    for column, layer in enumerate(layers):
        ends = places[column : column + 2], kept[column : column + 2]
        elements += _connections(layer.weight, *ends, few)
    for column, rows in enumerate(kept):
        row_values = None if values is None else values[column][0]
        for place, row in zip(places[column], rows, strict=True):
            elements.append(_neuron(*place, radius, row, row_values))
    elements += _labels(places[0], kept[0], inputs, -radius - 6, "end")
    elements += _labels(places[-1], kept[-1], outputs, radius + 6, "start")
    for column, label in zip(places, labels, strict=True):
        middle = column[0][0]
        elements.append(svg.text(middle, height - 8, label, 12, text_anchor="middle", fill=MUTED))
    return Picture(width, height, elements, title)


def _column_label(column: int, size: int, layers: Sequence[LayerMatrix]) -> str:
    kind = "input" if column == 0 else "output" if column == len(layers) else "hidden"
    activation = layers[column - 1].activation if column else ""
    plural = "" if size == 1 or kind == "hidden" else "s"
    return f"{size} {kind}{plural} {activation}".rstrip()


def _kept(size: int) -> list[int | None]:
    """The neurons to draw; None stands for those left out."""
    if size <= MOST_NEURONS:
        return list(range(size))
    half = MOST_NEURONS // 2 - 1
    return [*range(half), None, *range(size - half, size)]


def _connections(
    weight: np.ndarray, places: list[list[Point]], kept: list[list[int | None]], few: bool
) -> list[str]:
    largest = float(np.abs(weight).max()) or 1.0
    lines, labels = [], []
    for i, (start, row) in enumerate(zip(places[0], kept[0], strict=True)):
        along = 0.3 + 0.42 * i / (len(kept[0]) - 1) if len(kept[0]) > 1 else 0.5
        for end, column in zip(places[1], kept[1], strict=True):
            if row is not None and column is not None:
                value = float(weight[row, column])
                lines.append(_connection(start, end, value / largest, few, value))
                if few:
                    labels.append(_weight(start, end, value, along))
    return lines + labels


def _connection(start: Point, end: Point, strength: float, few: bool, value: float) -> str:
    line = svg.line(
        *start,
        *end,
        stroke=VERMILION if strength > 0 else BLUE,
        stroke_width=round(0.4 + 3.2 * abs(strength), 2),
        stroke_opacity=round(0.12 + 0.7 * abs(strength), 2),
    )
    return line if few else svg.group([line], tip=f"weight {number(value)}")


def _weight(start: Point, end: Point, value: float, along: float) -> str:
    """The number of a weight, so far along its line."""
    (x, y), (end_x, end_y) = start, end
    place = x + along * (end_x - x), y + along * (end_y - y) - 3
    colour = VERMILION if value > 0 else BLUE
    halo = {"stroke": PAPER, "stroke_width": 3, "paint_order": "stroke"}
    return svg.text(*place, short(value), 10, fill=colour, text_anchor="middle", **halo)


def _neuron(x: float, y: float, radius: float, row: int | None, values: np.ndarray | None) -> str:
    if row is None:
        return svg.text(x, y + 5, "⋮", 16, text_anchor="middle", fill=MUTED)
    if values is None:
        return svg.circle(x, y, radius, fill=PAPER, stroke=INK, stroke_width=1.4)
    value, largest = float(values[row]), float(np.abs(values).max())
    colour = signed(value, largest)
    circle = svg.circle(x, y, radius, fill=colour, stroke=INK, stroke_width=1.4)
    ink = PAPER if abs(value) > 0.55 * largest else INK
    size = min(10.0, radius * 0.62)
    text = svg.text(x, y + size * 0.35, short(value), size, fill=ink, text_anchor="middle")
    return svg.group([circle, text], tip=number(value), **{"class": "heat"})


def _labels(
    places: list[Point],
    rows: list[int | None],
    names: Sequence[str],
    offset: float,
    anchor: str,
) -> list[str]:
    return [
        svg.text(x + offset, y + 4, names[row], 11.5, text_anchor=anchor)
        for (x, y), row in zip(places, rows, strict=True)
        if row is not None and row < len(names)
    ]
