"""Pictures of experiment 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ... import draw, trace
from ...draw.palette import BLUE, GREEN, INK, MUTED, ORANGE, VERMILION
from ..line import BAD, descend, line, loss, plane
from .style import COUNTS, SIGNED, Panel, axes, chart, drawing, loss_curve

EXCERPT = (line, plane, loss, descend)


def overview(axis: Axes, found: dict[str, Any]) -> None:
    """The points, and the two lines."""
    x, y, theta = found["x"], found["y"], found["theta"]
    ends = np.array([x.min(), x.max()])
    axis.scatter(x, y, s=20, color=MUTED, alpha=0.75, edgecolor="white", linewidth=0.5)
    bad = f"set by hand: y = {BAD['w']:g} x + {BAD['b']:g}".replace("-", "−")
    good = f"found: y = {theta['w']:.2f} x + {theta['b']:.2f}"
    axis.plot(ends, line(BAD, ends), color=ORANGE, linestyle="--", label=bad)
    axis.plot(ends, line(theta, ends), color=BLUE, label=good)
    axis.set(xlabel="x", ylabel="y")
    axis.legend(loc="lower right")


def figures(found: dict[str, Any]) -> list[Panel]:
    """All pictures of the experiment."""
    return [_fit(found), _bowl(found), _graph(found), _matrices(found)]


def _fit(found: dict[str, Any]) -> Panel:
    figure, (left, right) = axes(2)
    overview(left, found)
    left.set_title("50 points, two lines")
    loss_curve(right, found["losses"])
    right.set(xscale="log", title="The loss at every step")
    right.axhline(found["losses"][-1], color=MUTED, linestyle=":", linewidth=1.2)
    return chart(
        figure, "Left: the points, the line set by hand and the line found. Right: every loss."
    )


def _bowl(found: dict[str, Any]) -> Panel:
    path = np.array([(theta["w"], theta["b"]) for theta in found["path"]])
    centre = path[-1]
    reach = 1.25 * np.abs(path - centre).max(axis=0)
    w, b = np.meshgrid(
        np.linspace(centre[0] - reach[0], centre[0] + reach[0], 60),
        np.linspace(centre[1] - reach[1], centre[1] + reach[1], 60),
    )
    x, y = found["x"], found["y"]
    height = np.mean((w[..., None] * x + b[..., None] - y) ** 2, axis=-1)
    figure = Figure(figsize=(11, 4.3), layout="constrained")
    left = figure.add_subplot(1, 2, 1, projection="3d", computed_zorder=False)
    left.plot_surface(w, b, height, cmap=COUNTS, alpha=0.8, linewidth=0, antialiased=True)
    losses = np.append(found["losses"], found["losses"][-1])
    left.plot(path[:, 0], path[:, 1], losses, color=VERMILION, linewidth=2.5, zorder=5)
    left.set(xlabel="w", ylabel="b", title="The loss is a bowl over w and b")
    left.set_zlabel("loss", labelpad=2)
    left.view_init(elev=32, azim=-52)
    right = figure.add_subplot(1, 2, 2)
    levels = height.min() + (height.max() - height.min()) * np.linspace(0, 1, 13) ** 2
    right.contourf(w, b, height, levels=levels, cmap=COUNTS)
    right.plot(path[:, 0], path[:, 1], color=VERMILION, label="path of descent")
    right.plot(*path[0], "o", color=ORANGE, markeredgecolor=INK, label="set by hand")
    best = found["best"]
    right.plot(
        best["w"],
        best["b"],
        "*",
        color=GREEN,
        markersize=15,
        markeredgecolor=INK,
        label="closed form",
    )
    right.set(xlabel="w", ylabel="b", title="The same from above")
    right.legend(loc="lower left", frameon=True, facecolor="white", framealpha=0.9)
    steps = len(path) - 1
    text = f"The path of {steps:,} steps leads from the parameters set by hand to the lowest point."
    return chart(figure, text, as_pixels=True)


def _graph(found: dict[str, Any]) -> Panel:
    arguments = (BAD, line, found["x"], found["y"])
    graph = trace(loss, *arguments)
    values = [BAD["b"], BAD["w"], found["x"], found["y"]]
    picture = draw.graph(graph, values, ["b", "w", "x", "y"], "the graph of the loss")
    return drawing(
        picture,
        caption="The loss as a graph, at the parameters set by hand. Each box shows its value "
        "(blue; the smallest … the largest of an array) and, from the bottom up, the derivative of "
        "the loss by it (orange). The boxes of w and b hold the gradient.",
    )


def _matrices(found: dict[str, Any]) -> Panel:
    figure, panels = axes(4, 2.9, width_ratios=[1, 1, 1.3, 1.5])
    both = (("W found, 5 × 3", found["matrix"]), ("W true, 5 × 3", found["true_matrix"]))
    for axis, (title, matrix) in zip(panels, both, strict=False):
        axis.imshow(matrix, cmap=SIGNED, vmin=-1.5, vmax=1.5, aspect="auto")
        for (row, column), value in np.ndenumerate(matrix):
            ink = "white" if abs(value) > 0.9 else INK
            text = f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
            axis.text(column, row, text, ha="center", va="center", fontsize=8.5, color=ink)
        axis.set(title=title, xticks=range(3), yticks=range(5), xlabel="output", ylabel="input")
        axis.grid(False)
    for column, colour in enumerate((BLUE, ORANGE, GREEN)):
        panels[2].scatter(
            found["targets"][:, column],
            found["prediction"][:, column],
            s=8,
            color=colour,
            alpha=0.6,
            label=f"output {column}",
        )
    panels[2].set(xlabel="target", ylabel="prediction", title="Three outputs")
    panels[2].legend(loc="upper left", handletextpad=0.1, borderpad=0)
    loss_curve(panels[3], found["matrix_losses"])
    panels[3].set(xscale="log", title="The loss")
    text = "The same in matrices: 200 points with 5 inputs and 3 outputs, XW + b."
    return chart(figure, text)
