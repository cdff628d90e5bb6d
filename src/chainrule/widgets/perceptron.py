"""The perceptron: a rule that learns what a line can separate, and what a hidden layer adds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import accept
from .perceptron_layer import ACTIVATIONS, MOST, Layer
from .perceptron_rule import SETS, Rule, points
from .widget import UserError, Widget
from .words import words

TABS = ("rule", "layer", "curve")
REACH = 2.0  # the square of the points
CELLS = 48  # of the field of answers, each way
SPAN = 3.0  # of the curve's x
ON_CURVE = 161
CURVES: dict[str, Callable[[Any], Any]] = {
    "sine": lambda x: np.sin(2 * x),
    "step": lambda x: np.where(x > 0.3, 0.9, -0.9),
    "bump": lambda x: 1.6 * np.exp(-4 * x * x) - 0.5,
    "teeth": lambda x: np.abs((x + 4) % 2 - 1) * 2 - 1,
    "parabola": lambda x: x * x / 4 - 1,
}


def _three(value: Any) -> list[list[float]]:
    """Points [x, y, class] inside of the square."""
    found = accept.points(200, width=3, limit=REACH)(value)
    return [[x, y, float(kind > 0.5)] for x, y, kind in found]


class Perceptron(Widget):
    """Three rooms: the rule, a hidden layer for the same points, and curves made of units.

    >>> page = Perceptron(data="and")
    >>> for _ in range(12):
    ...     page.do_step()
    >>> page.state["passes"], page.state["settled"]
    ([1, 2, 0], True)
    """

    module = "perceptron"
    shared = ("tab", "data", "points", "rate", "units", "layer_activation", "target", "drawn")
    shared += ("curve_units", "curve_activation", "seed")
    accepts: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "tab": accept.choice(*TABS),
        "data": accept.choice(*SETS, "own"),
        "points": _three,
        "rate": accept.number(0.01, 5.0),
        "speed": accept.number(1.0, 100.0),
        "pace": accept.whole(1, 300),
        "units": accept.whole(1, MOST["boundary"]),
        "layer_activation": accept.choice(*ACTIVATIONS),
        "target": accept.choice(*CURVES, "drawn"),
        "drawn": accept.points(400, limit=SPAN),
        "curve_units": accept.whole(1, MOST["curve"]),
        "curve_activation": accept.choice(*ACTIVATIONS),
        "seed": accept.whole(0, 999),
    }

    def __init__(self, data: str = "separable") -> None:
        super().__init__(
            tab="rule",
            playing=False,
            data=data,
            sets=list(SETS),
            activations=list(ACTIVATIONS),
            targets=list(CURVES),
            points=[],
            reach=REACH,
            rate=1.0,
            speed=6.0,
            pace=10,
            last=None,
            next=0,
            weights=[0.0, 0.0, 0.0],
            passes=[],
            count=0,
            mistakes=0,
            settled=False,
            cycle=None,
            bound=None,
            units=2,
            layer_activation="tanh",
            field=None,
            hidden=[],
            space=None,
            losses=[],
            layer_loss=None,
            layer_steps=0,
            right=0.0,
            target="sine",
            drawn=[],
            curve_units=4,
            curve_activation="tanh",
            curve={},
            curve_loss=None,
            curve_steps=0,
            seed=0,
        )
        self._due = 0.0
        self._load()
        self._begin()

    # ------------------------------------------------------------------ what the page changes

    def changed(self, changes: dict[str, Any]) -> None:
        """Other points or another network: begin again."""
        if "tab" in changes:
            self.do_pause()
            self._meet_xor(changes)
        if "points" in changes:
            if "data" not in changes:
                self.set(data="own")
        elif "data" in changes and self.state["data"] != "own":
            self._load()
        if set(changes) - {"speed", "pace"}:
            self._begin()
            self._pause_without_data()

    def do_play(self) -> None:
        """Learn until told otherwise."""
        self._check()
        self._due = time.perf_counter()
        self.running = True
        self.set(playing=True)

    def do_pause(self) -> None:
        """Stay where it is."""
        self.running = False
        self.set(playing=False)

    def do_reset(self) -> None:
        """Begin again with the same weights."""
        self.do_pause()
        self._begin()

    def do_again(self) -> None:
        """Begin again with other weights."""
        self.set(seed=(self.state["seed"] + 1) % 1000)
        self._begin()

    def do_step(self) -> None:
        """One example for the rule; ten steps of descent for a network."""
        self._check()
        if self.state["tab"] == "rule":
            self._show_rule(self._rule.step())
        else:
            self._train(steps=10, seconds=1.0)

    def do_pass(self) -> None:
        """The rule looks at each example that is left of this pass."""
        self._check()
        last = self._rule.step()
        while self._rule.at:
            last = self._rule.step()
        self._show_rule(last)

    def tick(self, budget: float) -> None:
        """Some examples for the rule, or some steps of descent, as fast as asked."""
        if self.state["tab"] != "rule":
            self._train(steps=self.state["pace"], seconds=budget)
            return
        now = time.perf_counter()
        # Where the machine was busy for long, what was missed is not made up for.
        self._due = max(self._due, now - 0.1)
        last = None
        while self._due <= now and not self._rule.settled:
            last = self._rule.step()
            self._due += 1 / self.state["speed"]
        if last:
            self._show_rule(last)
        if self._rule.settled:
            self.do_pause()

    # ------------------------------------------------------------------------------ inside

    def _meet_xor(self, changes: dict[str, Any]) -> None:
        """A hidden layer is of use where no line is; points that were chosen stay."""
        as_begun = self.state["data"] == "separable" and not {"data", "points"} & set(changes)
        if changes["tab"] == "layer" and as_begun:
            self.set(data="xor")
            self._load()

    def _load(self) -> None:
        x, y = points(self.state["data"])
        self.set(points=np.column_stack([x, y]).round(3).tolist())

    def _check(self) -> None:
        """An error in words where there is nothing to learn from."""
        if self.state["tab"] == "curve" and not len(self._grid[1]):
            raise UserError(words("perceptron.no_curve"))
        if self.state["tab"] != "curve" and len(self.state["points"]) < 2:
            raise UserError(words("perceptron.few_points"))

    def _pause_without_data(self) -> None:
        try:
            self._check()
        except UserError:
            self.do_pause()

    def _begin(self) -> None:
        """Fresh weights for what is shown."""
        state = self.state
        table = np.array(state["points"], float).reshape(-1, 3)
        x, y = table[:, :2], table[:, 2]
        if state["tab"] == "rule":
            self._rule = Rule(x, y, state["rate"])
            self._show_rule(None)
            return
        if state["tab"] == "layer":
            self._layer = Layer(
                "boundary", x, y, state["units"], state["layer_activation"], state["seed"]
            )
            self._show_layer()
            return
        self._grid = self._target()
        self._layer = Layer(
            "curve", *self._grid, state["curve_units"], state["curve_activation"], state["seed"]
        )
        self._show_curve()

    def _target(self) -> tuple[np.ndarray, np.ndarray]:
        """x (N, 1) and y (N,) of the curve to be met; none where nothing is drawn yet."""
        x = np.linspace(-SPAN, SPAN, ON_CURVE)
        if self.state["target"] != "drawn":
            return x[:, None], CURVES[self.state["target"]](x)
        drawn = sorted(self.state["drawn"])
        if len(drawn) < 2:
            return np.empty((0, 1)), np.empty(0)
        at, height = np.array(drawn).T
        x = x[(x >= at[0]) & (x <= at[-1])]
        return x[:, None], np.interp(x, at, height)

    def _train(self, steps: int, seconds: float) -> None:
        self._layer.train(steps, seconds)
        if self.state["tab"] == "layer":
            self._show_layer()
        else:
            self._show_curve()

    def _show_rule(self, last: dict[str, Any] | None) -> None:
        rule = self._rule
        neuron = rule.neuron
        self.set(
            last=last,
            next=rule.at,
            weights=[*neuron.weight.data[0].tolist(), float(neuron.bias.data[0])],
            passes=rule.passes[-60:],
            count=len(rule.passes),
            mistakes=rule.mistakes,
            settled=rule.settled,
            cycle=rule.cycle,
            bound=rule.bound,
        )

    def _show_layer(self) -> None:
        layer = self._layer
        line = np.linspace(-REACH, REACH, CELLS)
        across, up = np.meshgrid(line, line)
        logits = layer(np.column_stack([across.ravel(), up.ravel()]))
        seen = layer(layer.x) if len(layer.x) else np.empty((0, 1))
        params = layer.params
        there = layer.mask > 0
        outer = params["v"][there, 0]
        self.set(
            field=np.tanh(logits / 2).reshape(CELLS, CELLS).astype(np.float32),
            hidden=np.vstack([params["w"], params["b"], params["v"].T])[:, there].T,
            space={
                "units": layer.hidden(layer.x)[:, :2] if len(outer) > 1 else None,
                "outer": [*outer[:2].tolist(), float(params["c"][0])],
            },
            losses=layer.losses.copy(),
            layer_loss=layer.loss,
            layer_steps=layer.steps,
            right=int(((seen > 0) == (layer.y > 0.5)).sum()),
        )

    def _show_curve(self) -> None:
        layer = self._layer
        x = np.linspace(-SPAN, SPAN, ON_CURVE)
        parts = layer.parts(x[:, None])
        at, height = self._grid
        self.set(
            curve={
                "x": x.astype(np.float32),
                "at": at[:, 0].astype(np.float32),
                "target": height.astype(np.float32),
                "answer": layer(x[:, None])[:, 0].astype(np.float32),
                "parts": parts.T.astype(np.float32),
                "constant": float(layer.params["c"][0]),
            },
            losses=layer.losses.copy(),
            curve_loss=layer.loss,
            curve_steps=layer.steps,
        )
