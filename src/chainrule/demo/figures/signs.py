"""Pictures of experiment 3."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ... import draw
from .. import logistic
from ..signs import ACTIVATIONS, RATES, SIZES, backprop_by_hand, difference, network, sweep
from .style import Panel, axes, chart, drawing, loss_curve, points, shade, sigmoid

EXCERPT = (network, backprop_by_hand, difference, sweep)
SQUARE = (-1.0, 1.0, -1.0, 1.0)


def overview(axis: Axes, found: dict[str, Any]) -> None:
    """The points, and the network's decision."""
    theta = found["theta"]
    shade(axis, lambda grid: sigmoid(network(theta, grid)), SQUARE)
    points(axis, found["x"], found["y"], ("x·y < 0", "x·y > 0"))
    axis.set(xlabel="x", ylabel="y")


def figures(found: dict[str, Any]) -> list[Panel]:
    """All pictures of the experiment."""
    return [_three_models(found), _training(found), _network(found), _multiples(found)]


def _three_models(found: dict[str, Any]) -> Panel:
    figure, panels = axes(3, 3.8)
    perceptron, straight, right = found["perceptron"], found["straight"], found["accuracy"]
    shade(panels[0], lambda grid: sigmoid(50 * logistic.logit(perceptron, grid)), SQUARE)
    shade(panels[1], lambda grid: logistic.probability(straight, grid), SQUARE)
    for axis in panels[:2]:
        points(axis, found["x"], found["y"], ("x·y < 0", "x·y > 0"), 16)
        axis.set(xlabel="x", ylabel="y")
    overview(panels[2], found)
    names = (
        ("Perceptron", "perceptron"),
        ("Logistic regression", "logistic"),
        ("2-16-1 ReLU", "network"),
    )
    for axis, (title, name) in zip(panels, names, strict=True):
        axis.set_title(f"{title}: {right[name]:.0%}")
    panels[2].legend(loc="upper right", frameon=True, facecolor="white", framealpha=0.9)
    text = "One straight line cannot separate the signs; a hidden layer can. Per cent: accuracy."
    return chart(figure, text)


def _training(found: dict[str, Any]) -> Panel:
    figure, (left, right) = axes(2, 3.2)
    loss_curve(left, found["losses"])
    left.set(xscale="log", title="The loss at every step")
    theta = found["theta"]
    across = np.linspace(-1, 1, 200)
    for fixed, style in ((-0.5, "--"), (0.5, "-")):
        grid = np.column_stack([across, np.full(200, fixed)])
        right.plot(across, network(theta, grid), style, color="C0", label=f"y = {fixed}")
    right.axhline(0, color="#616e7c", linewidth=1)
    right.set(xlabel="x", ylabel="logit", title="What the network computes along two lines")
    right.legend()
    return chart(figure, "Left: the loss. Right: the network is straight pieces, joined at kinks.")


def _network(found: dict[str, Any]) -> Panel:
    theta = found["theta"]
    layers = [
        draw.LayerMatrix(theta["W1"], theta["b1"], "ReLU"),
        draw.LayerMatrix(theta["w2"].reshape(-1, 1), np.reshape(theta["b2"], 1)),
    ]
    return drawing(
        draw.matrices(layers),
        draw.neurons(layers, ["x", "y"], ["logit"]),
        caption="The trained network twice: as matrices and as neurons. Blue is negative, orange "
        "positive; the deeper the colour or the thicker the line, the larger the weight.",
    )


def _multiples(found: dict[str, Any]) -> Panel:
    figure, panels = axes(6, 7.6, rows=4, sharex=True, sharey=True)
    columns = [(activation, rate) for activation in ACTIVATIONS for rate in RATES]
    for row, hidden in enumerate(SIZES):
        for column, (activation, rate) in enumerate(columns):
            axis = panels[row, column]
            theta, right = found["multiples"][activation, hidden, float(rate)]
            function = ACTIVATIONS[activation]
            shade(axis, lambda grid, t=theta, f=function: sigmoid(network(t, grid, f)), SQUARE)
            points(axis, found["x"], found["y"], ("", ""), 5)
            axis.set(xticks=[], yticks=[])
            axis.text(
                0.95,
                0.06,
                f"{right:.0%}",
                transform=axis.transAxes,
                ha="right",
                fontsize=10,
                fontweight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
            )
            if row == 0:
                axis.set_title(f"{activation}, rate {rate:g}", fontsize=10, loc="center")
            if column == 0:
                axis.set_ylabel(f"{hidden} hidden", fontsize=10, color="#1f2933", labelpad=6)
    text = (
        "Small multiples: what hidden size, activation and learning rate change, after the same "
        "number of steps from the same start. Per cent: accuracy."
    )
    return chart(figure, text, as_pixels=True)
