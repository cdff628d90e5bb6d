"""Pictures of experiment 2."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ...draw.palette import GREEN
from ..logistic import cross_entropy, logit, probability
from .style import Panel, axes, chart, loss_curve, points, shade

EXCERPT = (logit, cross_entropy)


def overview(axis: Axes, found: dict[str, Any]) -> None:
    """The clouds, the probability over the plane and the line between them."""
    x, theta = found["x"], found["theta"]
    (left, low), (right, high) = x.min(axis=0) - 0.3, x.max(axis=0) + 0.3
    shade(axis, lambda grid: probability(theta, grid), (left, right, low, high))
    points(axis, x, found["y"], ("class 0", "class 1"))
    axis.set(xlabel="x₁", ylabel="x₂")


def figures(found: dict[str, Any]) -> list[Panel]:
    """All pictures of the experiment."""
    figure, (left, right) = axes(2, 3.9)
    overview(left, found)
    w, b = found["reference"]["w"], found["reference"]["b"]
    ends = np.array(left.get_xlim())
    line = -(w[0] * ends + b) / w[1]
    left.plot(ends, line, color=GREEN, linestyle=(0, (2, 2)), linewidth=3, label="scikit-learn")
    left.set_title(f"Two clouds, {found['accuracy']:.1%} on the right side")
    left.legend(loc="lower left", frameon=True, facecolor="white", framealpha=0.9)
    loss_curve(right, found["losses"])
    right.set(xscale="log", title="The loss at every step")
    return [
        chart(
            figure,
            "Shading: the probability of class 1; black line: one half. scikit-learn's line "
            "(green, dashed) lies on it.",
        )
    ]
