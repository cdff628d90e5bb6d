"""A network two ways: its matrices as heat maps, and its neurons with weighted connections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn import Module
from . import svg
from .palette import BLUE, INK, LINE, MUTED, PAPER, VERMILION, signed
from .svg import Picture

MOST_NEURONS = 24
_NO_ACTIVATION = ("Dropout", "Flatten", "Identity")


@dataclass(frozen=True)
class LayerMatrix:
    """One layer: its weights as rows of inputs and columns of outputs, and what follows it.

    Attributes
    ----------
    weight
        Shape (inputs, outputs), so that a layer is ``x @ weight + bias``.
    bias
        Shape (outputs,), or None.
    activation
        The name of the function after it; empty for none.
    """

    weight: np.ndarray
    bias: np.ndarray | None = None
    activation: str = ""

    @property
    def parts(self) -> list[np.ndarray]:
        """The weight, and the bias where there is one."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]


def layers_of(network: Module) -> list[LayerMatrix]:
    """The linear layers inside a Module, in order, each with the activation after it.

    >>> from chainrule import nn
    >>> net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    >>> [(layer.weight.shape, layer.activation) for layer in layers_of(net)]
    [((3, 2), 'Tanh')]
    """
    found: list[LayerMatrix] = []
    for module in network.modules():
        weight = module._parameters.get("weight")
        if weight is not None and len(weight.shape) == 2:
            bias = module._parameters.get("bias")
            found.append(LayerMatrix(np.asarray(weight.data).T, _data(bias)))
        elif found and not found[-1].activation and not list(module.children()):
            name = type(module).__name__
            if name in _NO_ACTIVATION:
                continue
            found[-1] = LayerMatrix(found[-1].weight, found[-1].bias, name)
    return found


def _data(parameter: Any) -> np.ndarray | None:
    return None if parameter is None else np.asarray(parameter.data)


# -- matrices ----------------------------------------------------------------------------------


def matrices(layers: Sequence[LayerMatrix], title: str = "the network as matrices") -> Picture:
    """Each layer as a heat map of its weights, its bias as a row under it, with their shapes.

    Blue is negative, vermilion positive; the deepest colour is the largest weight of the layer.

    >>> matrices([LayerMatrix(np.eye(2), np.zeros(2), "ReLU")])
    Picture(236 x 142: the network as matrices)
    """
    tallest = max(len(layer.weight) for layer in layers)
    cell = min(24.0, max(7.0, 240.0 / tallest))
    elements = [_multiplicand(tallest, cell, len(layers[0].weight))]
    x = 92.0
    foot = 0.0
    for layer in layers:
        inputs, outputs = layer.weight.shape
        width = outputs * cell
        top = 34 + (tallest - inputs) * cell / 2
        elements += _heat_map(layer.weight, x, top, cell)
        bottom = top + inputs * cell
        centre = x + width / 2
        shape = f"{inputs} × {outputs}"
        elements.append(svg.text(centre, top - 8, shape, 12, text_anchor="middle", font_weight=600))
        if layer.bias is not None:
            elements += _heat_map(layer.bias.reshape(1, -1), x, bottom + 8, cell)
            bottom += 8 + cell
        elements.append(
            svg.text(centre, bottom + 16, "weights, bias", 11, text_anchor="middle", fill=MUTED)
        )
        foot = max(foot, bottom + 26)
        x += max(width, 70) + 12
        if layer.activation:
            middle = 34 + tallest * cell / 2
            label = svg.text(x + 28, middle - 8, layer.activation, 12, text_anchor="middle")
            elements += [label, _arrow(x + 6, x + 50, middle)]
            x += 62
    return Picture(x, foot + 2, elements, title)


def _multiplicand(tallest: int, cell: float, inputs: int) -> str:
    middle = 34 + tallest * cell / 2
    return svg.group(
        [
            svg.text(34, middle - 8, "input", 12, text_anchor="middle"),
            svg.text(
                34,
                middle + 18,
                f"{inputs} number{'s' * (inputs != 1)}",
                11,
                text_anchor="middle",
                fill=MUTED,
            ),
            _arrow(14, 58, middle),
        ]
    )


def _arrow(start: float, end: float, y: float) -> str:
    shaft = svg.line(start, y, end - 6, y, stroke=MUTED, stroke_width=1.4)
    head = f"M{end - 7:.1f} {y - 4:.1f} L{end:.1f} {y:.1f} L{end - 7:.1f} {y + 4:.1f} z"
    return shaft + svg.element("path", d=head, fill=MUTED)


def _heat_map(matrix: np.ndarray, x: float, y: float, cell: float) -> list[str]:
    largest = float(np.abs(matrix).max()) if matrix.size else 0.0
    rows, columns = matrix.shape
    frame = svg.rectangle(x, y, columns * cell, rows * cell, fill="none", stroke=LINE)
    cells = [
        svg.rectangle(
            x + j * cell, y + i * cell, cell, cell, fill=signed(float(matrix[i, j]), largest)
        )
        for i in range(rows)
        for j in range(columns)
    ]
    return [svg.group(cells, **{"class": "heat"}), frame]


# -- neurons -----------------------------------------------------------------------------------


def neurons(
    layers: Sequence[LayerMatrix],
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    title: str = "the network as neurons",
    width: float = 490,
) -> Picture:
    """A circle for each neuron, and a line for each weight: blue negative, vermilion positive.

    The thicker the line, the larger the weight. Of a layer with more than 24 neurons the first
    and the last are drawn.

    >>> neurons([LayerMatrix(np.ones((2, 3))), LayerMatrix(np.ones((3, 1)))], ["x", "y"], ["z"])
    Picture(490 x 174: the network as neurons)
    """
    sizes = [len(layers[0].weight), *[layer.weight.shape[1] for layer in layers]]
    kept = [_kept(size) for size in sizes]
    tallest = max(len(rows) for rows in kept)
    step = min(38.0, 430.0 / tallest)
    radius = min(11.0, step * 0.34)
    height = max(tallest * step, 90) + 60
    gap = (width - 210) / len(layers)

    def at(column: int, index: int) -> tuple[float, float]:
        middle = 30 + (height - 60) / 2
        return 110 + column * gap, middle + (index - (len(kept[column]) - 1) / 2) * step

    elements = []
    for column, layer in enumerate(layers):
        largest = float(np.abs(layer.weight).max()) or 1.0
        for i, row in enumerate(kept[column]):
            for j, target in enumerate(kept[column + 1]):
                if row is not None and target is not None:
                    strength = float(layer.weight[row, target]) / largest
                    elements.append(_connection(at(column, i), at(column + 1, j), strength))
    for column, rows in enumerate(kept):
        for i, row in enumerate(rows):
            elements += _neuron(*at(column, i), radius, row)
    elements += _labels(
        [at(0, i) for i in range(len(kept[0]))], kept[0], inputs, -radius - 6, "end"
    )
    last = len(layers)
    ends = [at(last, i) for i in range(len(kept[last]))]
    elements += _labels(ends, kept[last], outputs, radius + 6, "start")
    for column, size in enumerate(sizes):
        kind = "input" if column == 0 else "output" if column == last else "hidden"
        activation = layers[column - 1].activation if column else ""
        plural = "" if size == 1 or kind == "hidden" else "s"
        label = f"{size} {kind}{plural} {activation}".rstrip()
        x = at(column, 0)[0]
        elements.append(svg.text(x, height - 8, label, 12, text_anchor="middle", fill=MUTED))
    return Picture(width, height, elements, title)


def _kept(size: int) -> list[int | None]:
    """The neurons to draw; None stands for those left out."""
    if size <= MOST_NEURONS:
        return list(range(size))
    half = MOST_NEURONS // 2 - 1
    return [*range(half), None, *range(size - half, size)]


def _connection(start: tuple[float, float], end: tuple[float, float], strength: float) -> str:
    return svg.line(
        *start,
        *end,
        stroke=VERMILION if strength > 0 else BLUE,
        stroke_width=round(0.4 + 3.2 * abs(strength), 2),
        stroke_opacity=round(0.12 + 0.7 * abs(strength), 2),
    )


def _neuron(x: float, y: float, radius: float, row: int | None) -> list[str]:
    if row is None:
        return [svg.text(x, y + 5, "⋮", 16, text_anchor="middle", fill=MUTED)]
    return [svg.circle(x, y, radius, fill=PAPER, stroke=INK, stroke_width=1.4)]


def _labels(
    places: list[tuple[float, float]],
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
