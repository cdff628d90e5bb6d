"""A network as its matrices: heat maps with shapes, multiplied from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import svg
from .formula import number
from .layers import LayerMatrix, through
from .palette import INK, LINE, MUTED, PAPER, signed
from .svg import Picture, text_width

MOST = 40  # rows or columns of a heat map
FEW_ROWS, FEW_COLUMNS = 12, 26  # in the picture: with no more, each cell shows its number
HEAD, GAP = 52.0, 12.0
HEAT = {"class": "heat", "shape_rendering": "crispEdges"}


def matrices(
    layers: Sequence[LayerMatrix], title: str = "the network as matrices", x: Any = None
) -> Picture:
    """Each layer as heat maps of its weights and its bias, with their shapes.

    Blue is negative, vermilion positive; the deepest colour is the largest entry of a map. Of more
    than 40 rows or columns evenly chosen ones are drawn. With examples ``x``, one a row or a single
    one, their values flow through: x · W₁ + b₁ → h₁ · W₂ ...

    >>> matrices([LayerMatrix(np.eye(2), np.zeros(2), "ReLU")], x=[1.0, -1.0])
    Picture(... x ...: the network as matrices)
    """
    values = None if x is None else through(layers, x)
    maps = [part for layer in layers for part in layer.parts] + (values or [])
    shown = [_shrunk(np.atleast_2d(part)) for part in maps]
    tallest = max(len(part) for part in shown)
    widest = sum(part.shape[1] for part in shown)
    few = tallest <= FEW_ROWS and widest <= FEW_COLUMNS
    fitting = min(24.0, 240.0 / tallest, 900.0 / widest)
    row = _Row(34.0 if few else max(5.0, fitting), tallest, few)
    if values is None:
        inputs = len(layers[0].weight)
        row.arrow("input", f"{inputs} number" + "s" * (inputs != 1))
    else:
        row.heat_map(values[0], "x")
    for i, layer in enumerate(layers, 1):
        index = svg.lowered(i) if len(layers) > 1 else ""
        row.sign("·" if values is not None else "")
        row.heat_map(layer.weight, f"W{index}")
        if layer.bias is not None:
            row.sign("+")
            row.heat_map(layer.bias.reshape(1, -1), f"b{index}")
        if values is not None or layer.activation:
            row.arrow(layer.activation)
        if values is not None:
            row.heat_map(values[i], "output" if i == len(layers) else f"h{index}")
    return Picture(row.x, row.height, row.elements, title)


def _shrunk(matrix: np.ndarray) -> np.ndarray:
    """At most 40 of its rows and columns, evenly chosen."""
    rows, columns = [np.linspace(0, n - 1, min(n, MOST)).round().astype(int) for n in matrix.shape]
    return matrix[np.ix_(rows, columns)]


class _Row:
    """What stands beside each other, and how far it has come."""

    def __init__(self, cell: float, tallest: int, with_numbers: bool) -> None:
        self.cell, self.with_numbers = cell, with_numbers
        self.high = cell * 0.75 if with_numbers else cell
        self.middle = HEAD + tallest * self.high / 2
        self.height = HEAD + tallest * self.high + 14
        self.x = 14.0
        self.elements: list[str] = []

    def heat_map(self, matrix: np.ndarray, name: str) -> None:
        """A matrix with its name and shape above."""
        rows, columns = matrix.shape
        shown = _shrunk(matrix)
        width, height = shown.shape[1] * self.cell, shown.shape[0] * self.high
        shape = f"{rows} × {columns}"
        room = max(width, text_width(shape, 11), text_width(name, 12))
        left, top = self.x + (room - width) / 2, self.middle - height / 2
        centre = {"text_anchor": "middle"}
        middle = left + width / 2
        self.elements.append(svg.text(middle, top - 22, name, 12, font_weight=600, **centre))
        self.elements.append(svg.text(middle, top - 7, shape, 11, fill=MUTED, **centre))
        cells = self._cells(shown, left, top)
        self.elements.append(svg.group(cells, tip=f"{name}, {shape}", **HEAT))
        frame = svg.rectangle(left, top, width, height, fill="none", stroke=LINE)
        self.elements.append(frame)
        self.x += room + GAP

    def _cells(self, shown: np.ndarray, left: float, top: float) -> list[str]:
        largest = float(np.abs(shown).max()) if shown.size else 0.0
        found = []
        for (i, j), value in np.ndenumerate(shown):
            x, y = left + j * self.cell, top + i * self.high
            colour = signed(float(value), largest)
            found.append(svg.rectangle(x, y, self.cell, self.high, fill=colour))
            if self.with_numbers:
                ink = PAPER if abs(value) > 0.55 * largest else INK
                place = x + self.cell / 2, y + self.high / 2 + 3.5
                found.append(svg.text(*place, short(value), 10, fill=ink, text_anchor="middle"))
        return found

    def sign(self, text: str) -> None:
        """A sign between two matrices."""
        if text:
            self.elements.append(svg.text(self.x, self.middle + 6, text, 18, fill=MUTED))
        self.x += 22 if text else 0

    def arrow(self, above: str, below: str = "") -> None:
        """An arrow to what follows, with the name of a function."""
        room = max(44.0, text_width(above, 12) + 8, text_width(below, 11) + 8)
        y, end, centre = self.middle, self.x + room, {"text_anchor": "middle"}
        middle = self.x + room / 2
        self.elements.append(svg.line(self.x, y, end - 6, y, stroke=MUTED, stroke_width=1.4))
        head = f"M{end - 7:.1f} {y - 4:.1f}l7 4l-7 4z"
        self.elements.append(svg.element("path", d=head, fill=MUTED))
        self.elements.append(svg.text(middle, y - 8, above, 12, **centre))
        if below:
            self.elements.append(svg.text(middle, y + 18, below, 11, fill=MUTED, **centre))
        self.x = end + GAP


def short(value: Any) -> str:
    """A number with two digits after the point, or as few as it needs.

    >>> short(0.0), short(-0.123), short(25.0), short(1234.5)
    ('0', '−0.12', '25', '1.2e+03')
    """
    if abs(value) < 0.005:
        return "0"
    if abs(value) >= 1000:
        return number(float(f"{value:.2g}")) if abs(value) >= 1e5 else f"{value:.1e}"
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "−")
