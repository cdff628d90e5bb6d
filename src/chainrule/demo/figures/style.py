"""One look for all charts, and the way from a chart to the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from ...draw import Picture
from ...draw.palette import BLUE, INK, LINE, MUTED, PAPER, SKY, VERMILION

RULES = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8ecf0",
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 2,
    "figure.facecolor": PAPER,
    "svg.fonttype": "path",
    "svg.hashsalt": "chainrule",  # the same chart is the same file
}
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, PAPER, VERMILION])
COUNTS = LinearSegmentedColormap.from_list("counts", [PAPER, SKY, BLUE])
CLASS_COLOURS = (BLUE, VERMILION)
CLASS_MARKERS = ("o", "^")


@dataclass(frozen=True)
class Panel:
    """A picture on the page: its caption, and its HTML."""

    caption: str
    html: str


@contextmanager
def styled() -> Iterator[None]:
    """Inside, charts have our look; nothing outside changes."""
    with matplotlib.rc_context(RULES):
        yield


def axes(columns: int, height: float = 3.5, rows: int = 1, **options: Any) -> tuple[Figure, Any]:
    """A figure as wide as the page, and its axes: one, a row of them, or a table."""
    figure = Figure(figsize=(11, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **options)


def chart(figure: Figure, caption: str, as_pixels: bool = False) -> Panel:
    """A figure as a panel: SVG inside an image, or pixels where SVG would be large."""
    content = io.BytesIO()
    if as_pixels:
        figure.savefig(content, format="png", dpi=160)
        kind = "png"
    else:
        figure.savefig(content, format="svg", metadata={"Date": None})
        kind = "svg+xml"
    data = base64.b64encode(content.getvalue()).decode("ascii")
    alt = caption.replace('"', "'")
    return Panel(caption, f'<img alt="{alt}" src="data:image/{kind};base64,{data}">')


def drawing(*pictures: Picture, caption: str) -> Panel:
    """SVG of our own as a panel."""
    inside = "".join(f"<div>{picture}</div>" for picture in pictures)
    return Panel(caption, f'<div class="drawings">{inside}</div>')


def points(
    axis: Axes, x: np.ndarray, y: np.ndarray, names: tuple[str, str], size: float = 22
) -> None:
    """Points of two classes, told apart by colour and by shape."""
    for label in (0, 1):
        chosen = x[y == label]
        axis.scatter(
            chosen[:, 0],
            chosen[:, 1],
            s=size,
            marker=CLASS_MARKERS[label],
            color=CLASS_COLOURS[label],
            edgecolor="white",
            linewidth=0.5,
            label=names[label],
        )


def shade(axis: Axes, probability: Any, limits: tuple[float, float, float, float]) -> None:
    """The probability of class 1 over the plane, and the line where it is one half."""
    left, right, low, high = limits
    across, up = np.meshgrid(np.linspace(left, right, 160), np.linspace(low, high, 160))
    grid = np.column_stack([across.ravel(), up.ravel()])
    value = np.asarray(probability(grid)).reshape(across.shape)
    axis.imshow(
        value,
        extent=limits,
        origin="lower",
        cmap=SIGNED,
        vmin=0,
        vmax=1,
        alpha=0.45,
        aspect="auto",
        interpolation="bilinear",
    )
    if value.min() < 0.5 < value.max():
        axis.contour(across, up, value, levels=[0.5], colors=[INK], linewidths=1.6)
    axis.grid(False)
    axis.set(xlim=(left, right), ylim=(low, high))


def loss_curve(axis: Axes, losses: Any, label: str = "", colour: str = BLUE) -> None:
    """The loss at every step, on a logarithmic scale."""
    axis.plot(np.arange(1, len(losses) + 1), losses, color=colour, label=label)
    axis.set(yscale="log", xlabel="step", ylabel="loss")


def sigmoid(z: Any) -> Any:
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(z) / 2))
