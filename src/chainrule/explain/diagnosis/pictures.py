"""Pictures of findings: bars, curves and histograms, with the bound as a broken line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...draw import svg
from ...draw.palette import BLUE, GREEN, LINE, MUTED, ORANGE, PURPLE, VERMILION
from ...draw.svg import Picture

WIDTH, PLOT = 460, 150  # of the picture, and the height of what is plotted
MOST_BARS = 24
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
Series = dict[str, Any]


def bars(
    title: str,
    values: Series,
    bound: float | None = None,
    bad: Sequence[str] = (),
    log: bool = False,
    percent: bool = False,
) -> Picture:
    """A horizontal bar for each name, the bad ones vermilion.

    >>> bars("dead units", {"0": 0.1, "2": 0.9}, bound=0.5, bad=["2"])
    Picture(460 x 88: dead units)
    """
    shown = dict(list(values.items())[:MOST_BARS])
    numbers = [float(v) for v in shown.values()]
    place = _scale([*numbers, *([] if bound is None else [bound])], log)
    left, width = 150, WIDTH - 150 - 70
    elements = [svg.text(8, 18, title, 12.5, font_weight=600)]
    for row, (name, number) in enumerate(shown.items()):
        y = 34 + 21 * row
        colour = VERMILION if name in bad else BLUE
        length = max(1.0, width * place(number))
        elements.append(svg.text(left - 8, y + 12, _fitting(name), 11, text_anchor="end"))
        elements.append(svg.rectangle(left, y, length, 15, fill=colour, rx=2))
        label = f"{number:.1%}" if percent else short(number)
        elements.append(svg.text(left + length + 5, y + 12, label, 11, fill=MUTED))
    foot = 34 + 21 * len(shown)
    if bound is not None:
        x = left + width * place(bound)
        elements.append(svg.line(x, 28, x, foot, stroke=MUTED, stroke_dasharray="4 3"))
    return Picture(WIDTH, foot + 12, elements, title)


def curves(
    title: str,
    series: Series,
    across: Sequence[float] | None = None,
    mark: float | None = None,
    level: float | None = None,
    log: tuple[bool, bool] = (False, False),
    foot: str = "",
) -> Picture:
    """Lines over a common axis; ``mark`` is a vertical line, ``level`` a horizontal one.

    >>> curves("loss", {"training": [2.0, 1.0, 0.5]}, foot="epoch")
    Picture(460 x 232: loss)
    """
    longest = max(len(values) for values in series.values())
    xs = list(range(longest)) if across is None else list(across)
    every = [float(v) for values in series.values() for v in values]
    place_y = _scale([*every, *([] if level is None else [level])], log[1], from_zero=False)
    place_x = _scale([*xs, *([] if mark is None else [mark])], log[0], from_zero=False)
    left, top, width = 58, 50, WIDTH - 58 - 16

    def at(x: float, y: float) -> tuple[float, float]:
        return left + width * place_x(x), top + PLOT * (1 - place_y(y))

    frame = svg.rectangle(left, top, width, PLOT, fill="none", stroke=LINE)
    elements = [svg.text(8, 18, title, 12.5, font_weight=600), frame]
    finite = [v for v in every if math.isfinite(v)] or [0.0]
    for value in (min(finite), max(finite)):
        y = at(xs[0], value)[1] + 4
        elements.append(svg.text(left - 6, y, short(value), 11, text_anchor="end", fill=MUTED))
    for value, anchor in ((min(xs), "start"), (max(xs), "end")):
        x = at(value, finite[0])[0]
        label = svg.text(x, top + PLOT + 16, short(value), 11, text_anchor=anchor, fill=MUTED)
        elements.append(label)
    middle = left + width / 2
    elements.append(svg.text(middle, top + PLOT + 16, foot, 11, text_anchor="middle", fill=MUTED))
    if level is not None:
        y = at(xs[0], level)[1]
        elements.append(svg.line(left, y, left + width, y, stroke=MUTED, stroke_dasharray="4 3"))
    if mark is not None:
        x = at(mark, finite[0])[0]
        elements.append(svg.line(x, top, x, top + PLOT, stroke=MUTED, stroke_dasharray="4 3"))
    x_label = left
    for colour, (name, values) in zip(_COLOURS, series.items(), strict=False):
        points = [at(x, float(v)) for x, v in zip(xs, values, strict=False) if math.isfinite(v)]
        elements.append(_path(points, colour))
        elements.append(svg.circle(x_label + 5, 36, 4, fill=colour))
        elements.append(svg.text(x_label + 13, 40, name, 11))
        x_label += 30 + 6.2 * len(name)
    return Picture(WIDTH, top + PLOT + 32, elements, title)


def histogram(title: str, values: Any, bounds: tuple[float, float] | None = None) -> Picture:
    """How often each value occurs; what is beyond the bounds is vermilion.

    >>> histogram("activations", np.linspace(-1, 1, 100), (-0.97, 0.97))
    Picture(460 x 212: activations)
    """
    flat = np.ravel(np.asarray(values, np.float64))
    counts, edges = np.histogram(flat[np.isfinite(flat)], bins=40)
    tallest = max(1, int(counts.max()))
    left, top = 16, 30
    step = (WIDTH - 2 * left) / len(counts)
    elements = [svg.text(8, 18, title, 12.5, font_weight=600)]
    for i, count in enumerate(counts):
        centre = (edges[i] + edges[i + 1]) / 2
        is_bad = bounds is not None and not bounds[0] <= centre <= bounds[1]
        height = float(PLOT * count / tallest)
        x, y = left + i * step, top + PLOT - height
        fill = VERMILION if is_bad else BLUE
        elements.append(svg.rectangle(x, y, step - 1, height, fill=fill))
    base = top + PLOT
    elements.append(svg.line(left, base, WIDTH - left, base, stroke=LINE))
    ends = ((left, edges[0], "start"), (WIDTH - left, edges[-1], "end"))
    for x, value, anchor in ends:
        label = svg.text(x, base + 16, short(value), 11, text_anchor=anchor, fill=MUTED)
        elements.append(label)
    return Picture(WIDTH, base + 32, elements, title)


def short(number: float) -> str:
    """A number of three digits.

    >>> short(0.00012345), short(1234567.0)
    ('0.000123', '1.23e+06')
    """
    return f"{number:.3g}"


def _fitting(name: str) -> str:
    return name if len(name) <= 24 else name[:11] + "…" + name[-12:]


def _scale(values: list[float], log: bool, from_zero: bool = True) -> Any:
    """A function from a value to its place between 0 and 1."""
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not log)] or [1.0]
    if log:
        low, high = math.log10(min(finite)) - 0.3, math.log10(max(finite)) + 0.3
    else:
        low, high = min([0.0, *finite] if from_zero else finite), max(finite)
    span = (high - low) or 1.0

    def place(value: float) -> float:
        if log:
            value = math.log10(value) if value > 0 else low
        return min(1.0, max(0.0, (value - low) / span))

    return place


def _path(points: list[tuple[float, float]], colour: str) -> str:
    steps = " L".join([f"{x:.1f} {y:.1f}" for x, y in points])
    return svg.element("path", d=f"M{steps}", fill="none", stroke=colour, stroke_width=1.8)
