"""Short trainings of copies: what would happen, without it happening to the user's model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine import trace, tree
from ...engine.differentiate import pull_back
from ...engine.graph import Graph
from ...engine.interpret import assemble
from ...engine.primitives import logic as lg
from ...engine.simplify import tidy
from ...optim import Optimizer, rules
from .subject import Subject

Settings = dict[str, Any]


class Trial:
    """The gradient of a batch of one size, traced once and then run on copies of the parameters.

    ``shift`` moves the targets on by so many rows.
    """

    def __init__(self, subject: Subject, batches: Sequence[Any], shift: int = 0) -> None:
        graph, inputs, _ = subject.trace(batches[0])
        count = len(subject.replica.arrays)
        self.start = list(subject.replica.arrays)
        self._batches = [tree.leaves(_shifted(subject.batch(rows), shift)) for rows in batches]
        one = trace.constant(1, graph.outputs[0].dtype)
        pulled = pull_back(graph.nodes, graph.outputs, [one], inputs[:count])
        gradients = [
            lg.zeros_like(node) if found is None else trace.node_of(found)
            for node, found in zip(inputs[:count], pulled, strict=True)
        ]
        self._run = assemble(tidy(Graph(inputs, [*graph.outputs, *gradients])))

    def losses(
        self,
        moves: Sequence[Move | None],
        steps: int,
        factor: float = 1.0,
        enough: float = -np.inf,
    ) -> Any:
        """The loss before each step; a parameter whose move is None stays as it is.

        ``factor`` multiplies the learning rates. What overflows ends the run, and what is
        ``enough``.
        """
        params = list(self.start)
        pairs = zip(moves, params, strict=True)
        memories = [None if move is None else move.memory(p) for move, p in pairs]
        found = []
        for step in range(steps):
            batch = self._batches[step % len(self._batches)]
            loss, *gradients = self._run([*params, *batch])
            found.append(float(loss))
            if not np.isfinite(loss) or loss < enough:
                break
            for i, move in enumerate(moves):
                if move is not None:
                    numbers = params[i], gradients[i], memories[i]
                    params[i], memories[i] = move(*numbers, step, factor)
        return np.array(found)

    def first_losses(self) -> list[float]:
        """The loss of each batch at the start."""
        return [float(self._run([*self.start, *batch])[0]) for batch in self._batches]

    def gradients(self) -> list[list[Any]]:
        """The gradients of each batch at the start."""
        return [self._run([*self.start, *batch])[1:] for batch in self._batches]


class Move:
    """An update rule with its settings, and what it remembers of one parameter so far."""

    def __init__(self, rule: Any, lr: float, settings: Settings, saved: Any = None) -> None:
        self._rule, self.lr, self._settings = rule, lr, settings
        self._saved = dict(saved or {})
        self._turn = self._saved.pop("step", 0)

    def memory(self, p: Any) -> Any:
        """What the rule remembers at the start."""
        return self._saved or rules.remember(self._rule, p, **self._settings)

    def __call__(self, p: Any, g: Any, memory: Any, step: int, factor: float) -> Any:
        """The parameter and the memory after a step."""
        lr = self.lr * factor
        return self._rule(p, g, memory, self._turn + step, lr=lr, **self._settings)


def _shifted(batch: Any, shift: int) -> Any:
    """The batch with its targets moved on by so many rows."""
    x, y, weight = batch
    return x, tree.map(lambda leaf: np.roll(leaf, shift, axis=0), y), weight


def adam_moves(subject: Subject, lr: float) -> list[Move | None]:
    """Adam for every parameter that is trained."""
    return [Move(rules.adam, lr, {}) if free else None for free in subject.replica.free]


def moves_of(subject: Subject) -> list[Move | None] | None:
    """The user's optimiser, for the parameters of the copy; None for one that has no rule."""
    optimizer, model = subject.optimizer, subject.model
    if not isinstance(optimizer, Optimizer) or not hasattr(type(optimizer), "rule"):
        return None
    numbers = {id(p): i for i, p in enumerate(model.parameters())}
    moves: list[Move | None] = [None] * len(subject.replica.arrays)
    held = [(p, group) for group in optimizer.param_groups for p in group["params"]]
    for number, (p, group) in enumerate(held):
        place = numbers.get(id(p))
        if place is not None and p.requires_grad:
            settings = {name: group[name] for name in optimizer.defaults if name != "lr"}
            saved = optimizer.state.get(number)
            moves[place] = Move(optimizer.rule, group["lr"], settings, saved)
    return moves
