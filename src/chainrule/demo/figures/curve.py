"""Pictures of experiment 4."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ... import draw
from ...draw.palette import BLUE, GREEN, INK, MUTED, VERMILION
from ..curve import WIDTHS, Curve, approximate, network, train
from .style import Panel, axes, chart, drawing, loss_curve

EXCERPT = (Curve, train, network, approximate)


def overview(axis: Axes, found: dict[str, Any]) -> None:
    """The points and the fit."""
    across = found["across"]
    axis.scatter(found["x"], found["y"], s=16, color=MUTED, alpha=0.7, edgecolor="white", lw=0.5)
    axis.plot(across, across**2, color=GREEN, linestyle="--", label="y = x²")
    axis.plot(across, found["fit"], color=BLUE, label="network 1-10-1")
    axis.set(xlabel="x", ylabel="y")
    axis.legend(loc="upper center")


def figures(found: dict[str, Any]) -> list[Panel]:
    """All pictures of the experiment."""
    return [_parabola(found), _network(found), _waves(found), _errors(found)]


def _parabola(found: dict[str, Any]) -> Panel:
    figure, (left, middle, right) = axes(3)
    overview(left, found)
    left.set_title("100 noisy points of y = x²")
    loss_curve(middle, found["losses"])
    middle.set(xscale="log", title="The loss at every step")
    state = found["net"].state_dict()
    hidden = np.tanh(found["across"] @ state["hidden.weight"].T + state["hidden.bias"])
    parts = hidden * state["output.weight"]
    right.plot(found["across"], parts, color=MUTED, linewidth=1, alpha=0.8)
    right.plot(found["across"], found["fit"], color=BLUE)
    right.set(xlabel="x", title="Ten neurons, and their sum")
    text = "Right: what each hidden neuron adds (grey); their sum and the bias are the fit (blue)."
    return chart(figure, text)


def _network(found: dict[str, Any]) -> Panel:
    state = found["net"].state_dict()
    layers = [
        draw.LayerMatrix(state["hidden.weight"].T, state["hidden.bias"], "tanh"),
        draw.LayerMatrix(state["output.weight"].T, state["output.bias"]),
    ]
    return drawing(
        draw.matrices(layers),
        draw.neurons(layers, ["x"], ["y"]),
        caption="The trained network: blue weights are negative, orange ones positive.",
    )


def _waves(found: dict[str, Any]) -> Panel:
    figure, panels = axes(len(WIDTHS), 2.6, sharey=True)
    for axis, width in zip(panels, WIDTHS, strict=True):
        axis.plot(found["points"], found["target"], color=INK, linewidth=1.2, linestyle="--")
        axis.plot(found["points"], found["waves"][width], color=VERMILION)
        axis.set(title=f"{width} hidden", xlabel="x")
    text = "Universal approximation of sin(3x) + 0.3x (dashed) with more and more hidden neurons."
    return chart(figure, text)


def _errors(found: dict[str, Any]) -> Panel:
    figure, axis = axes(1, 2.6)
    errors = [found["errors"][width] for width in WIDTHS]
    axis.plot(WIDTHS, errors, "o-", color=VERMILION)
    for width, error in zip(WIDTHS, errors, strict=True):
        axis.annotate(
            f"{error:.2g}", (width, error), (6, 6), textcoords="offset points", fontsize=9
        )
    axis.set(xscale="log", yscale="log", xlabel="hidden neurons", ylabel="error")
    axis.set(xticks=WIDTHS, xticklabels=WIDTHS, ylim=(min(errors) / 1.6, max(errors) * 2.2))
    axis.minorticks_off()
    axis.set_title("Root mean square error of the fit")
    return chart(figure, "The error falls as neurons are added.")
