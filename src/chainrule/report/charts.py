"""Charts of the report as SVG that follows the page's colours, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..draw import svg

WIDTH, HEIGHT = 360, 270
RIGHT, TOP, BOTTOM = 12, 10, 40
BLUE, VERMILION, GREEN, INK = "var(--blue)", "var(--vermilion)", "var(--green)", "var(--ink)"
MUTED, PURPLE, ORANGE, SKY = "var(--muted)", "var(--purple)", "var(--orange)", "var(--sky)"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)


@dataclass(frozen=True)
class Mark:
    """Something drawn at data points: a line, steps, dots, bars or whiskers.

    ``y`` is the upper end of bars and whiskers, ``low`` the lower one.
    """

    kind: str
    x: Any
    y: Any
    colour: str = BLUE
    label: str = ""
    dashed: bool = False
    low: Any = None
    size: float = 2.0


def chart(
    title: str,
    marks: Sequence[Mark],
    *,
    x: str = "",
    y: str = "",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    log: bool = False,
    note: str = "",
) -> str:
    """A figure: title, legend, axes with marks on them, and a note below.

    >>> "<svg" in chart("a line", [Mark("line", [0, 1], [2, 3])], x="time")
    True
    """
    xlim = xlim or limits([mark.x for mark in marks])
    ylim = ylim or limits([each for mark in marks for each in (mark.y, mark.low)], log)
    to = Scales(xlim, ylim, log, margin(ylim, log))
    inside = [_draw(mark, to) for mark in marks]
    parts = [*_axes(to, x, y), *inside]
    spoken = f"{title}: {y} over {x}" if x and y else title
    head = (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(spoken)}" '
        f'fill="{INK}" xmlns="http://www.w3.org/2000/svg">'
    )
    return figure(title, legend(marks) + head + "".join(parts) + "</svg>", note)


def figure(title: str, content: str, note: str = "", kind: str = "") -> str:
    """A figure with its title and a note; the title and the note are plain text."""
    named = f' class="{kind}"' if kind else ""
    below = f"<figcaption>{escape(note)}</figcaption>" if note else ""
    return f"<figure{named}><h4>{escape(title)}</h4>{content}{below}</figure>"


def legend(marks: Sequence[Mark]) -> str:
    """Names of the marks that have one, each once."""
    named = {mark.label: mark for mark in marks if mark.label}
    if not named:
        return ""
    items = [
        f'<span><i class="{_swatch(mark)}" style="--c:{mark.colour}"></i>{escape(label)}</span>'
        for label, mark in named.items()
    ]
    return f'<p class="legend">{"".join(items)}</p>'


def _swatch(mark: Mark) -> str:
    if mark.kind in ("dots", "bars"):
        return mark.kind
    return "dashed" if mark.dashed else "line"


class Scales:
    """From data to places in the picture."""

    def __init__(
        self, xlim: tuple[float, float], ylim: tuple[float, float], log: bool, left: float
    ) -> None:
        self.xlim, self.ylim, self.log = xlim, ylim, log
        self.left, self.right = left, WIDTH - RIGHT
        self.top, self.bottom = TOP, HEIGHT - BOTTOM

    def x(self, value: Any) -> Any:
        """Places across."""
        low, high = self.xlim
        share = (np.asarray(value, float) - low) / (high - low)
        return self.left + np.clip(share, -0.02, 1.02) * (self.right - self.left)

    def y(self, value: Any) -> Any:
        """Places down."""
        low, high = np.log10(self.ylim) if self.log else self.ylim
        value = np.asarray(value, float)
        value = np.log10(np.maximum(value, self.ylim[0])) if self.log else value
        share = (value - low) / (high - low)
        return self.bottom - np.clip(share, -0.02, 1.02) * (self.bottom - self.top)


def margin(ylim: tuple[float, float], log: bool) -> float:
    """Room on the left for the numbers and the name of the axis."""
    values = log_ticks(*ylim) if log else ticks(*ylim)
    widths = [svg.text_width(number(value), 11) for value in values]
    return 30 + max(widths, default=16)


def limits(arrays: Sequence[Any], log: bool = False) -> tuple[float, float]:
    """From the smallest to the largest finite value, with a little room."""
    flat = [np.ravel(np.asarray(each, float)) for each in arrays if each is not None]
    values = np.concatenate(flat or [np.zeros(1)])
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not len(values):
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if log:
        return low / 1.1, high * 1.1 if high > low else low * 2
    room = (high - low) * 0.04 or abs(low) * 0.1 or 0.5
    return low - room, high + room


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Four to eight round numbers between two.

    >>> ticks(-0.1, 2.1)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    rough = (high - low) / count
    power = 10.0 ** np.floor(np.log10(rough))
    step = min((power * each for each in (1, 2, 2.5, 5, 10)), key=lambda s: abs(s - rough))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(round(index * step, 12)) for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two on a logarithmic scale.

    >>> log_ticks(0.3, 20)
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = (1, 2, 5) if len(powers) <= 4 else (1,)
    found = [float(f"{step}e{power}") for power in powers for step in steps]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def number(value: float, digits: int = 4) -> str:
    """A number for people.

    >>> number(-0.123456), number(1234567.0), number(12.0)
    ('−0.1235', '1.235 · 10⁶', '12')
    """
    text = f"{value:.{digits}g}"
    if "e" in text:
        front, _, power = text.partition("e")
        raised = str(int(power)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
        text = f"{front} · 10{raised}"
    return text.replace("-", "−")


# -- drawing -------------------------------------------------------------------------------------


def _draw(mark: Mark, to: Scales) -> str:
    x, y = to.x(mark.x), to.y(mark.y)
    if mark.kind == "dots":
        found = [svg.circle(a, b, mark.size) for a, b in _rounded(x, y)]
        return svg.group(found, fill=mark.colour, fill_opacity=0.6)
    if mark.kind == "bars":
        return _bars(mark, to)
    if mark.kind == "whiskers":
        ends = _rounded(to.y(mark.low), y)
        path = "".join(f"M{a:.1f} {low}V{high}" for a, (low, high) in zip(x, ends, strict=True))
        return _path(path, mark)
    kept = np.isfinite(x) & np.isfinite(y)
    x, y = x[kept], y[kept]
    if not len(x):
        return ""
    places = [f"{a} {b}" for a, b in _rounded(x, y)]
    if mark.kind == "steps":
        pairs = _rounded(x, y)
        return _path(f"M{places[0]}" + "".join(f"V{b}H{a}" for a, b in pairs[1:]), mark)
    return _path("M" + "L".join(places), mark)


def _rounded(x: Any, y: Any) -> list[tuple[float, float]]:
    return [(round(float(a), 1), round(float(b), 1)) for a, b in zip(x, y, strict=True)]


def _path(path: str, mark: Mark) -> str:
    dash = {"stroke_dasharray": "5 4"} if mark.dashed else {}
    look = {"fill": "none", "stroke": mark.colour, "stroke_width": mark.size}
    return svg.element("path", d=path, stroke_linejoin="round", **look, **dash)


def _bars(mark: Mark, to: Scales) -> str:
    """Bars from edge to edge: x has one edge more than y has heights."""
    edges, tops, floor = to.x(mark.x), to.y(mark.y), float(to.y(max(0.0, to.ylim[0])))
    found = []
    for left, right, top in zip(edges, edges[1:], tops, strict=False):
        width, height = float(right - left) - 1, floor - float(top)
        found.append(svg.rectangle(float(left) + 0.5, float(top), width, height))
    return svg.group(found, fill=mark.colour, fill_opacity=0.75)


def _axes(to: Scales, x: str, y: str) -> list[str]:
    rule = {"stroke": "var(--line)", "stroke_width": 1}
    small = {"fill": MUTED}
    found = []
    for value in ticks(*to.xlim):
        place = float(to.x(value))
        found.append(svg.line(place, to.top, place, to.bottom, **rule))
        found.append(
            svg.text(place, to.bottom + 16, number(value), 11, text_anchor="middle", **small)
        )
    for value in log_ticks(*to.ylim) if to.log else ticks(*to.ylim):
        place = float(to.y(value))
        found.append(svg.line(to.left, place, to.right, place, **rule))
        found.append(
            svg.text(to.left - 6, place + 4, number(value), 11, text_anchor="end", **small)
        )
    across, down = (to.left + to.right) / 2, (to.top + to.bottom) / 2
    found.append(svg.text(across, to.bottom + 34, x, 12, text_anchor="middle"))
    turn = f"rotate(-90 12 {down:.0f})"
    found.append(svg.text(12, down, y, 12, text_anchor="middle", transform=turn))
    return found


# -- small pictures for tables -------------------------------------------------------------------


def spark(counts: Sequence[int], colour: str = BLUE) -> str:
    """A small histogram.

    >>> spark([1, 2]).count("<rect")
    2
    """
    if not counts:
        return ""
    wide, high, most = 100 / len(counts), 24, max(counts)
    bars = [
        svg.rectangle(i * wide + 0.5, high - tall, wide - 1, tall)
        for i, tall in enumerate(high * count / most for count in counts)
        if tall
    ]
    inside = svg.group(bars, fill=colour)
    return (
        f'<svg class="spark" viewBox="0 0 100 {high}" preserveAspectRatio="none" '
        f'aria-hidden="true">{inside}</svg>'
    )


def strip(
    value: float, low: float, high: float, others: Sequence[float], span: tuple[float, float]
) -> str:
    """A value with its interval on a line, and other values as ticks."""

    def at(number: float) -> float:
        return 4 + 92 * float(np.clip((number - span[0]) / (span[1] - span[0]), 0, 1))

    parts = [svg.line(0, 10, 100, 10, stroke="var(--line)", stroke_width=1)]
    for other in others:
        place = at(other)
        parts.append(svg.line(place, 3, place, 17, stroke=MUTED, stroke_width=1.5))
    if np.isfinite(low):
        parts.append(svg.line(at(low), 10, at(high), 10, stroke=BLUE, stroke_width=4))
    if np.isfinite(value):
        parts.append(svg.circle(at(value), 10, 4.5, fill=BLUE))
    return f'<svg class="strip" viewBox="0 0 100 20" aria-hidden="true">{"".join(parts)}</svg>'
