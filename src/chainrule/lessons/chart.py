"""Pictures of a lesson, drawn as SVG: they follow a slider at once, and the page's light or dark.

    chart.chart(chart.dots(x, y), chart.curve(x, w * x + b, colour="vermilion"), x="x", y="y")

What stands for the same thing has the same colour everywhere: data and predictions blue, the
gradient and class 1 vermilion, the model ink.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..draw import svg

LEFT, RIGHT, TOP, BOTTOM = 60, 14, 26, 40
ROW, GAP = 18, 14
COLOURS = {
    "ink": "currentColor",
    "blue": "var(--cr-blue)",
    "vermilion": "var(--cr-vermilion)",
    "green": "var(--cr-green)",
    "orange": "var(--cr-orange)",
    "purple": "var(--cr-purple)",
    "muted": "var(--cr-muted)",
}
STYLE = """<style>
.cr-chart{--cr-blue:#0072b2;--cr-vermilion:#d55e00;--cr-green:#008a66;--cr-orange:#b87800;
--cr-purple:#a8568a;--cr-muted:#767c85;font-family:system-ui,sans-serif;
font-variant-numeric:tabular-nums}
.dark .cr-chart,[data-theme=dark] .cr-chart{--cr-blue:#56b4e9;--cr-vermilion:#ff8a3d;
--cr-green:#2fc79a;--cr-orange:#e9b13b;--cr-purple:#d993bd;--cr-muted:#9aa1ab}
@media (prefers-color-scheme:dark){[data-theme=auto] .cr-chart{--cr-blue:#56b4e9;
--cr-vermilion:#ff8a3d;--cr-green:#2fc79a;--cr-orange:#e9b13b;--cr-purple:#d993bd;
--cr-muted:#9aa1ab}}
.cr-row{display:flex;flex-wrap:wrap;gap:1em 1.5em;align-items:flex-start}
</style>"""


class Chart:
    """A picture that notebooks show; ``str`` is its SVG."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return STYLE + self.text


@dataclass(frozen=True)
class Mark:
    """Something drawn at data points: x and y have equal lengths."""

    kind: str
    x: np.ndarray
    y: np.ndarray
    colour: str = "blue"
    label: str = ""
    size: float = 3.5
    dashed: bool = False
    image: str = ""


def dots(x: Any, y: Any, colour: str = "blue", label: str = "", size: float = 3.5) -> Mark:
    """Points."""
    return Mark("dots", *_flat(x, y), colour=colour, label=label, size=size)


def curve(
    x: Any, y: Any, colour: str = "ink", label: str = "", width: float = 2, dashed: bool = False
) -> Mark:
    """A line through points, in their order."""
    return Mark("curve", *_flat(x, y), colour=colour, label=label, size=width, dashed=dashed)


def segments(x: Any, low: Any, high: Any, colour: str = "vermilion", label: str = "") -> Mark:
    """Vertical strokes from low to high at each x: residuals."""
    x, low, high = (np.asarray(each, dtype=float) for each in np.broadcast_arrays(x, low, high))
    ys = np.stack([low, high], axis=1).ravel()
    return Mark("segments", np.repeat(x, 2), ys, colour=colour, label=label, size=1.4)


def classes(points: Any, label: Any, size: float = 3.5) -> list[Mark]:
    """Points of a plane, (n, 2), class 0 blue and class 1 vermilion."""
    points, label = np.asarray(points), np.asarray(label)
    colours = ("blue", "vermilion")
    found = [(points[label == index], colours[index]) for index in (0, 1)]
    return [dots(at[:, 0], at[:, 1], colour, size=size) for at, colour in found if len(at)]


def field(values: Any, x: tuple[float, float], y: tuple[float, float]) -> Mark:
    """A probability at each place of a grid, row 0 at the smallest y: blue 0, vermilion 1."""
    image = _png(_tint(np.asarray(values, dtype=float)[::-1]))
    return Mark("field", np.array(x, dtype=float), np.array(y, dtype=float), image=image)


def grid(x: tuple[float, float], y: tuple[float, float], n: int = 60) -> np.ndarray:
    """The places of such a field as rows, (n * n, 2)."""
    across, up = np.meshgrid(np.linspace(*x, n), np.linspace(*y, n))
    return np.stack([across.ravel(), up.ravel()], axis=1)


def chart(
    *marks: Mark | Sequence[Mark],
    x: str = "",
    y: str = "",
    title: str = "",
    xlim: tuple[float, float] | None = None,
    ylim: tuple[float, float] | None = None,
    width: int = 420,
    height: int = 300,
) -> Chart:
    """Axes with marks on them; what has a label is named beside the title, or below it.

    >>> print(str(chart(dots([0, 1], [2, 3]), x="time"))[:16])
    <svg class="cr-c
    """
    flat = [m for each in marks for m in ([each] if isinstance(each, Mark) else each)]
    rows, heading = _heading(flat, title, width)
    xlim = xlim or _limits([mark.x for mark in flat])
    ylim = ylim or _limits([mark.y for mark in flat])
    height += (rows - 1) * ROW
    to = _Scales(xlim, ylim, width, height, TOP + (rows - 1) * ROW)
    clip = f"cr-{zlib.crc32(repr((title, x, y, width, height)).encode()):x}"
    inside = [_draw(mark, to) for mark in flat]
    frame = svg.rectangle(to.left, to.top, to.right - to.left, to.bottom - to.top)
    parts = [
        svg.element("clipPath", frame, id=clip),
        *_axes(to, x, y),
        svg.group(inside, clip_path=f"url(#{clip})"),
        *heading,
    ]
    head = (
        f'<svg class="cr-chart" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" style="max-width:100%;height:auto" '
        f'fill="currentColor" aria-label="{escape(_spoken(title, x, y))}">'
    )
    return Chart("\n".join([head, *parts, "</svg>"]))


def _spoken(title: str, x: str, y: str) -> str:
    """The picture in words, for those who do not see it."""
    axes = f"{y} over {x}" if x and y else x or y
    return ": ".join(filter(None, [title, axes])) or "chart"


def beside(*pictures: Any) -> Chart:
    """Pictures in a row; below each other where there is no room."""
    return Chart(f'<div class="cr-row">{"".join(f"<div>{each}</div>" for each in pictures)}</div>')


class _Scales:
    """From data to places in the picture."""

    def __init__(self, xlim: Any, ylim: Any, width: int, height: int, top: int) -> None:
        self.xlim, self.ylim = xlim, ylim
        self.left, self.right = LEFT, width - RIGHT
        self.top, self.bottom = top, height - BOTTOM

    def x(self, value: Any) -> Any:
        low, high = self.xlim
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: Any) -> Any:
        low, high = self.ylim
        place = self.bottom - (value - low) / (high - low) * (self.bottom - self.top)
        return np.clip(place, -1e4, 1e4)


def _flat(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
    if len(x) != len(y):
        raise ValueError(f"{len(x)} x but {len(y)} y")
    kept = np.isfinite(x) & np.isfinite(y)
    return x[kept], y[kept]


def _limits(arrays: list[np.ndarray]) -> tuple[float, float]:
    values = np.concatenate([each.ravel() for each in arrays] or [np.zeros(1)])
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = (high - low) * 0.05 or 0.5
    return low - room, high + room


def _draw(mark: Mark, to: _Scales) -> str:
    x, y, colour = to.x(mark.x), to.y(mark.y), COLOURS[mark.colour]
    if mark.kind == "dots":
        found = [svg.circle(float(a), float(b), mark.size) for a, b in zip(x, y, strict=True)]
        return svg.group(found, fill=colour, fill_opacity=0.75)
    if mark.kind == "field":
        box = {"x": x[0], "y": y[1], "width": x[1] - x[0], "height": y[0] - y[1]}
        how = {"preserveAspectRatio": "none", "opacity": 0.45}
        return svg.element("image", href=mark.image, **box, **how)
    places = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True)]
    if mark.kind == "segments":
        pairs = zip(places[::2], places[1::2], strict=True)
        path = "".join(f"M{a}L{b}" for a, b in pairs)
    else:
        path = "M" + "L".join(places) if places else ""
    dash = {"stroke_dasharray": "5 4"} if mark.dashed else {}
    look = {"fill": "none", "stroke": colour, "stroke_width": mark.size}
    return svg.element("path", d=path, stroke_linejoin="round", **look, **dash)


def _axes(to: _Scales, x: str, y: str) -> list[str]:
    rule = {"stroke": "currentColor", "stroke_opacity": 0.14}
    small = {"fill_opacity": 0.75}
    found = []
    for value in ticks(*to.xlim):
        place = float(to.x(value))
        found.append(svg.line(place, to.top, place, to.bottom, **rule))
        at = {"text_anchor": "middle"} | small
        found.append(svg.text(place, to.bottom + 15, _tick(value), 11, **at))
    for value in ticks(*to.ylim):
        place = float(to.y(value))
        found.append(svg.line(to.left, place, to.right, place, **rule))
        at = {"text_anchor": "end"} | small
        found.append(svg.text(to.left - 6, place + 4, _tick(value), 11, **at))
    middle = (to.left + to.right) / 2
    found.append(svg.text(middle, to.bottom + 32, x, 12, text_anchor="middle"))
    turn = f"rotate(-90 13 {(to.top + to.bottom) / 2:.0f})"
    at = {"text_anchor": "middle", "transform": turn}
    found.append(svg.text(13, (to.top + to.bottom) / 2, y, 12, **at))
    return found


def ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers between two.

    >>> ticks(-0.1, 2.1)
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = min((power * each for each in (1, 2, 2.5, 5, 10)), key=lambda s: abs(s - rough))
    first = int(np.ceil(low / step - 1e-9))
    last = int(np.floor(high / step + 1e-9))
    return [float(round(index * step, 12)) for index in range(first, last + 1)]


def _tick(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _heading(marks: list[Mark], title: str, width: int) -> tuple[int, list[str]]:
    """Title and legend, on one row if there is room: how many rows, and their elements."""
    room = width - LEFT - RIGHT
    named = [mark for mark in marks if mark.label]
    lines = _lines(title, room, 14)  # it is bold
    widths = [svg.text_width(mark.label, 12) + GAP for mark in named]
    free = room - svg.text_width(lines[0], 14) if len(lines) == 1 else 0
    rows = len(lines) + bool(named and title and sum(widths) > free)
    at = enumerate(lines if title else [])
    found = [svg.text(LEFT, 16 + i * ROW, line, 13, font_weight="600") for i, line in at]
    place = float(width - RIGHT)
    for mark, wide in zip(reversed(named), reversed(widths), strict=True):
        at = {"text_anchor": "end", "fill": COLOURS[mark.colour]}
        found.append(svg.text(place, 16 + (rows - 1) * ROW, mark.label, 12, **at))
        place -= wide
    return rows, found


def _lines(text: str, room: float, size: float) -> list[str]:
    """A text in lines that are not wider than the room, parted between words."""
    found = [""]
    for word in text.split():
        longer = f"{found[-1]} {word}".strip()
        if found[-1] and svg.text_width(longer, size) > room:
            found.append(word)
        else:
            found[-1] = longer
    return found


def _tint(values: np.ndarray) -> np.ndarray:
    """Probabilities as colours, (rows, columns, 4)."""
    share = np.clip(np.nan_to_num(values, nan=0.5), 0, 1)[..., None]
    blue, white, vermilion = (np.array(c) for c in ((0, 114, 178), (255,) * 3, (213, 94, 0)))
    low = blue + (white - blue) * share * 2
    high = white + (vermilion - white) * (share * 2 - 1)
    colour = np.where(share < 0.5, low, high)
    return np.concatenate([colour, np.full_like(share, 255)], axis=-1).astype(np.uint8)


def _png(pixels: np.ndarray) -> str:
    """An image as a data address; the format is that of the PNG specification, unfiltered."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    content = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + content).decode()
    return f"data:image/png;base64,{data}"
