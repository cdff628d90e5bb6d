"""Slope: a function of one number, its derivative, its tangent, and steps downhill along it.

The derivative is the engine's: ``chainrule.grad`` of the formula that was typed; as a formula it is
the simplified graph of that gradient, written out. A step is ``w <- w - rate * f'(w)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import grad, vmap
from . import accept
from .formula import Formula, formula
from .slope_text import written
from .widget import UserError, Widget

TEXT = "w² + 3w − 5"
START = 2.5
SIDE = 6.0  # w from -SIDE to SIDE
POINTS = 481
STEEPEST = 1e6
MOST_STEPS = 500


class Slope(Widget):
    """A typed function with its tangent, its derivative, and gradient descent on it.

    >>> slope = Slope()
    >>> slope.state["value"], slope.state["slope"], slope.state["derivative"]
    (8.75, 8.0, '2·w + 3')
    >>> slope.do_step()
    >>> slope.state["w"]
    1.7
    """

    module = "slope"
    accepts = {  # noqa: RUF012  # as the base class says
        "text": accept.text(200),
        "w": accept.number(-SIDE, SIDE),
        "rate": accept.number(1e-3, 2.0),
        "running": accept.flag,
    }
    shared = ("text", "w", "rate")

    def __init__(self) -> None:
        super().__init__(text=TEXT, w=START, rate=0.1, running=False, problem="", steps=0)
        self.state |= {"lost": False, "side": SIDE}
        self._path = [START]
        self._learn(formula(TEXT))

    def changed(self, changes: dict[str, Any]) -> None:
        """Another formula, another w, or play was pressed."""
        if "text" in changes:
            self._play(False)
            try:
                self._learn(formula(self.state["text"]))
            except UserError as error:
                self.set(problem=str(error))
                return
            self._path = [self.state["w"]]
            self.set(problem="", steps=0, lost=False)
            self._look()
        if "w" in changes:
            self._play(False)
            self._path = [self.state["w"]]
            self.set(steps=0, lost=False)
            self._look()
        if "running" in changes:
            if changes["running"] and self.state["lost"]:
                self.do_reset()
            self._play(changes["running"])

    def do_step(self) -> None:
        """One step of gradient descent."""
        state = self.state
        if state["slope"] is None:
            raise UserError("There is no slope here, so no step.")
        w = state["w"] - state["rate"] * state["slope"]
        self._path = [*self._path[-MOST_STEPS:], w]
        self.set(w=w, steps=state["steps"] + 1)
        self._look()
        if abs(w) > 100 * SIDE or state["slope"] is None:
            self.set(lost=True)
            self._play(False)

    def do_reset(self) -> None:
        """Back to where the walk began."""
        self._play(False)
        self.set(w=START, steps=0, lost=False)
        self._path = [START]
        self._look()

    def tick(self, budget: float) -> None:
        """A step every eighth frame, slow enough to be watched."""
        self._frame = (getattr(self, "_frame", 0) + 1) % 8
        if self._frame == 0:
            self.do_step()
            slope = self.state["slope"]
            if slope is not None and abs(slope) < 1e-7:
                self._play(False)

    def restore(self, link: dict[str, Any]) -> None:
        """As the link says: its formula first, since the place is on it."""
        super().restore(link)
        self._path = [self.state["w"]]

    def _play(self, running: bool) -> None:
        self.running = running
        self.set(running=running)

    def _learn(self, function: Formula) -> None:
        """Another function: its curve, and the curve and the formula of its derivative."""
        slope = grad(function)
        w = np.linspace(-SIDE, SIDE, POINTS)
        with np.errstate(all="ignore"):
            values = np.broadcast_to(np.asarray(function(w), float), w.shape)
            slopes = np.asarray(vmap(slope)(w), float)
        self._function, self._slope = function, slope
        self.set(
            curve=np.stack([w, values, slopes]),
            derivative=written(slope),
            source=function.source,
        )
        self._look()

    def _look(self) -> None:
        """The value and the slope at w."""
        w = np.float64(self.state["w"])
        with np.errstate(all="ignore"):
            value, slope = float(self._function(w)), float(self._slope(w))
        known = np.isfinite(value) and abs(slope) < STEEPEST
        path = np.array(self._path)
        with np.errstate(all="ignore"):
            heights = np.broadcast_to(np.asarray(self._function(path), float), path.shape)
        self.set(value=value, slope=slope if known else None, path=np.stack([path, heights]))
