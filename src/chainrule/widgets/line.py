"""Line: find the w and b of y = w x + b for which the mean squared error of points is least.

The loss is ``mean((w x + b - y)²)``; a step of gradient descent is ``(w, b) -= rate * gradient``.
Both come from the engine (``chainrule.value_and_grad``, ``chainrule.vmap``); the best line, from
the closed form of least squares, is what they can be compared with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import random, value_and_grad, vmap
from . import accept
from .widget import UserError, Widget

MOST_POINTS = 60
MOST_STEPS = 2000  # of the path that is drawn
START = {"w": -1.5, "b": 4.0}
SLOPES, HEIGHTS = (-4.0, 4.0), (-6.0, 6.0)  # the bowl's floor: w and b
CELLS = 49
LOST = 1e12  # a loss beyond it: descent has diverged


def loss(w: Any, b: Any, x: Any, y: Any) -> Any:
    """The mean squared error of the line."""
    return np.mean((w * x + b - y) ** 2)


def least_squares(x: np.ndarray, y: np.ndarray) -> list[float] | None:
    """The best w and b in closed form; None where all points stand above each other."""
    if np.ptp(x) < 1e-9:
        return None
    columns = np.stack([x, np.ones_like(x)], axis=1)
    return [float(part) for part in np.linalg.lstsq(columns, y)[0]]


def scattered(seed: int) -> list[list[float]]:
    """Twelve points near a line."""
    for_line, for_x, for_noise = random.split(random.key(seed), 3)
    slope, height = random.uniform(for_line, (2,), minval=-1.2, maxval=1.6)
    x = np.sort(random.uniform(for_x, (12,), minval=-3.2, maxval=3.2))
    y = slope * x + height + 0.7 * random.normal(for_noise, (12,))
    return [[round(float(a), 2), round(float(b), 2)] for a, b in zip(x, y, strict=True)]


class Line(Widget):
    """Points, a line, its squared errors, and the bowl that the loss is over w and b.

    >>> line = Line()
    >>> before = line.state["loss"]
    >>> line.do_step()
    >>> line.state["loss"] < before
    True
    """

    module = "line"
    accepts = {  # noqa: RUF012  # as the base class says
        "points": accept.points(MOST_POINTS, limit=50.0),
        "w": accept.number(-1e6, 1e6),
        "b": accept.number(-1e6, 1e6),
        "rate": accept.number(1e-4, 10.0),
        "running": accept.flag,
    }
    shared = ("points", "w", "b", "rate")

    def __init__(self) -> None:
        self.seed = 7
        super().__init__(points=scattered(self.seed), rate=0.05, running=False, **START)
        self.state |= {"floor": [SLOPES, HEIGHTS], "steps": 0, "lost": False}
        self._dloss = value_and_grad(loss, argnums=(0, 1))
        self._bowl = vmap(vmap(loss, in_axes=(0, None, None, None)), in_axes=(None, 0, None, None))
        self._path: list[list[float]] = []
        self._move()
        self._survey()

    def changed(self, changes: dict[str, Any]) -> None:
        """Points or the line were moved, or play was pressed."""
        if "running" in changes:
            if changes["running"] and self.state["lost"]:
                self.do_reset()
            self._play(changes["running"])
        if "w" in changes or "b" in changes:
            self._path = []
            self._play(False)
        if "points" in changes:
            self._path = []
            self._survey()
        if {"w", "b", "points"} & changes.keys():
            self.set(steps=0, lost=False)
            self._move()

    def do_step(self) -> None:
        """One step of gradient descent."""
        state = self.state
        if state["lost"]:
            raise UserError("The descent has left the bowl. Choose a smaller rate and reset.")
        slope_w, slope_b = state["gradient"]
        w = state["w"] - state["rate"] * slope_w
        b = state["b"] - state["rate"] * slope_b
        self.set(w=w, b=b, steps=state["steps"] + 1)
        self._move()
        if not state["loss"] < LOST:
            self.set(lost=True)
            self._play(False)

    def do_reset(self) -> None:
        """Back to the bad line of the start."""
        self._path = []
        self._play(False)
        self.set(steps=0, lost=False, **START)
        self._move()

    def do_scatter(self) -> None:
        """Other points."""
        self.seed += 1
        self._path = []
        self._play(False)
        self.set(points=scattered(self.seed), steps=0, lost=False)
        self._survey()
        self._move()

    def tick(self, budget: float) -> None:
        """A step a frame; it stops where the ground is flat."""
        self.do_step()
        if np.hypot(*self.state["gradient"]) < 1e-6:
            self._play(False)

    def restore(self, link: dict[str, Any]) -> None:
        """As the link says, standing still."""
        super().restore(link)
        self.set(points=self.state["points"])

    def _play(self, running: bool) -> None:
        self.running = running
        self.set(running=running)

    def _xy(self) -> tuple[np.ndarray, np.ndarray]:
        if not self.state["points"]:
            return np.zeros(1), np.zeros(1)
        x, y = np.array(self.state["points"], float).T
        return x, y

    def _move(self) -> None:
        """The line is elsewhere: its loss, its gradient, its path."""
        w, b = self.state["w"], self.state["b"]
        with np.errstate(all="ignore"):
            value, gradient = self._dloss(w, b, *self._xy())
        self._path = [*self._path[-MOST_STEPS:], [w, b, float(value)]]
        self.set(
            loss=float(value),
            gradient=[float(part) for part in gradient],
            path=np.array(self._path),
        )

    def _survey(self) -> None:
        """The points are elsewhere: the bowl, and its lowest place."""
        x, y = self._xy()
        w, b = (np.linspace(*limits, CELLS) for limits in (SLOPES, HEIGHTS))
        best = least_squares(x, y)
        self.set(
            bowl=self._bowl(w, b, x, y).astype("float32"),
            best=best,
            best_loss=None if best is None else float(loss(*best, x, y)),
        )
