"""The chain rule: a formula's graph, walked forward and backward, node by node."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import accept, chain_network
from .chain_steps import Seen
from .formula import formula
from .widget import UserError, Widget
from .words import words

LETTERS = ("w", "x", "b", "y", "a", "c", "u", "v", "z")
START = {"w": 1.5, "x": 2.0, "b": -1.0, "y": 1.0}
EXAMPLES = (
    "(w*x + b - y)**2",
    "tanh(w*x + b)",
    "softplus(w*x + b) - y*(w*x + b)",
    "w*w + 3*w",
    "sin(x*y) + exp(x)",
    "sqrt(u**2 + v**2)",
)
MOST_INPUTS = 20
REACH = 5.0
PAUSE = 0.7  # seconds between two steps of a walk


def _numbers(value: Any) -> dict[str, float]:
    """Values by name; names that nobody asks for do no harm."""
    if not isinstance(value, dict) or len(value) > MOST_INPUTS:
        raise UserError(f"At most {MOST_INPUTS} numbers with names are needed here.")
    check = accept.number(-1e3, 1e3)
    return {str(name): check(number) for name, number in value.items()}


class ChainRule(Widget):
    """The graph of a formula or of a small network; ``at`` is how many steps have been made.

    First come the boxes forward, then the steps of the chain rule backward. In a notebook it shows
    a function of your own as well: ``ChainRule(f, w=1.5, x=2.0)`` with the values of its arguments,
    of which single numbers get sliders.

    >>> page = ChainRule()
    >>> page.take({"formula": "w * x"})
    >>> page.state["gradients"]["w"]["short"], page.state["gradients"]["x"]["short"]
    ('2', '1.5')
    """

    module = "chain"
    shared = ("kind", "formula", "inputs", "network", "at", "chosen")
    accepts: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "kind": accept.choice("formula", "network"),
        "formula": accept.text(200),
        "inputs": _numbers,
        "network": chain_network.checked,
        "at": accept.whole(0, 10_000),
        "chosen": accept.text(40),
    }

    def __init__(self, function: Callable[..., Any] | None = None, **values: Any) -> None:
        self._own = function, values
        numbers = {name: float(value) for name, value in values.items() if np.ndim(value) == 0}
        super().__init__(
            kind="own" if function else "formula",
            examples=list(EXAMPLES),
            formula=EXAMPLES[0],
            problem="",
            reach=REACH,
            inputs=numbers,
            network=chain_network.START,
            activations=list(chain_network.ACTIVATIONS),
            losses=list(chain_network.LOSSES),
            at=0,
            playing=False,
            drawing=None,
            forward=[],
            backward=[],
            nodes={},
            labels={},
            gradients={},
            focus="",
            nudged=None,
            chosen="",
            code="",
        )
        self._due = 0.0
        self._begin()

    # ------------------------------------------------------------------ what the page changes

    def changed(self, changes: dict[str, Any]) -> None:
        """Another function starts at the beginning; other numbers stay where one is."""
        if "kind" in changes or "formula" in changes:
            self._begin(start="at" not in changes)
        elif {"inputs", "network"} & set(changes):
            self._look()
        else:
            self._clamp()
            self._nudge()

    def do_play(self) -> None:
        """Walk through all steps."""
        if self.state["at"] >= self._length():
            self.set(at=0)
        self._due = time.monotonic()
        self.running = True
        self.set(playing=True)

    def do_pause(self) -> None:
        """Stay here."""
        self.running = False
        self.set(playing=False)

    def do_step(self) -> None:
        """One box further."""
        self.do_pause()
        self._go(self.state["at"] + 1)

    def do_back(self) -> None:
        """One box back."""
        self.do_pause()
        self._go(self.state["at"] - 1)

    def do_reset(self) -> None:
        """To the beginning."""
        self.do_pause()
        self._go(0)

    def tick(self, budget: float) -> None:
        """The next step, when it is time for it."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + PAUSE
        self._go(self.state["at"] + 1)
        if self.state["at"] >= self._length():
            self.do_pause()

    # ------------------------------------------------------------------------------ inside

    def _length(self) -> int:
        return len(self.state["forward"]) + len(self.state["backward"])

    def _go(self, at: int) -> None:
        self.set(at=at)
        self._clamp()
        self._nudge()

    def _clamp(self) -> None:
        at = min(max(self.state["at"], 0), self._length())
        if at != self.state["at"]:
            self.set(at=at)

    def _begin(self, start: bool = True) -> None:
        """Read the formula; what is wrong with it is said under it, and the old graph stays."""
        try:
            seen = self._seen()
        except UserError as error:
            self.set(problem=str(error))
            return
        self.set(problem="", drawing=seen.drawing(), chosen=self.state["chosen"] * (not start))
        if start:
            self.do_pause()
            self.set(at=0)
        self._show(seen)

    def _look(self) -> None:
        """The same graph with other numbers."""
        try:
            seen = self._seen()
        except UserError as error:
            self.set(problem=str(error))
            return
        if list(seen.nodes()) != list(self.state["nodes"]):
            self.set(drawing=seen.drawing())
        self.set(problem="")
        self._show(seen)

    def _seen(self) -> Seen:
        if self.state["kind"] == "network":
            function, names, values = chain_network.as_call(self.state["network"])
            return Seen(function, names, values, fixed=["y"], has_lines=False)
        if self.state["kind"] == "own":
            function, values = self._own
            assert function is not None
            now = values | self.state["inputs"]
            return Seen(function, list(values), [now[name] for name in values])
        text = self.state["formula"]
        names = letters_of(formula(text, LETTERS).source)
        if not names:
            raise UserError(words("chain.no_letter", letters=", ".join(LETTERS)))
        inputs = {name: self.state["inputs"].get(name, START.get(name, 0.5)) for name in names}
        self.set(inputs=inputs)
        return Seen(formula(text, names), names, list(inputs.values()))

    def _show(self, seen: Seen) -> None:
        self._now = seen
        nodes = seen.nodes()
        gradients = {
            name: {"id": seen.ids[node], "short": nodes[seen.ids[node]]["short_cotangent"]}
            for name, node in seen.inputs.items()
        }
        self.set(
            forward=seen.forward(),
            backward=seen.backward(),
            nodes=nodes,
            labels=seen.labels,
            gradients=gradients,
            code=seen.code(),
        )
        self._clamp()
        self._nudge()

    def _nudge(self) -> None:
        """Look closer at the box that was clicked, or else at the one of this step."""
        state = self.state
        walk = [*state["forward"], *state["backward"]]
        here = walk[state["at"] - 1] if state["at"] else ""
        focus = state["chosen"] if state["chosen"] in state["nodes"] else here
        self.set(focus=focus, nudged=self._now.nudged(focus) if focus else None)


def letters_of(source: str) -> tuple[str, ...]:
    """The letters of a formula, in the order in which they come.

    >>> letters_of("tanh(w * x) + w")
    ('w', 'x')
    """
    found = [
        node for node in ast.walk(ast.parse(source, mode="eval")) if isinstance(node, ast.Name)
    ]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in found if node.id in LETTERS))
