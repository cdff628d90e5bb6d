"""Rosenblatt's rule one example at a time, for the page of the perceptron."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn, random

SETS = ("separable", "and", "or", "xor", "clouds")
_CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
_GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}


def points(name: str, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, 2) and classes 0 and 1 of a data set of this page.

    >>> points("xor")[1]
    array([0., 1., 1., 0.])
    """
    if name in _GATES:
        return _CORNERS.copy(), np.array(_GATES[name], float)
    x = np.asarray(random.normal(random.key(seed + 3), (24, 2), np.float64))
    y = (np.arange(24) % 2).astype(float)
    reach = 0.5 if name == "separable" else 0.55
    x = reach * x + np.outer(2 * y - 1, [0.6, 0.45])
    if name == "separable":  # what lies on the wrong side of a line is moved to the right one
        side = (x @ np.array([0.8, 0.6])) * (2 * y - 1)
        x += np.outer(np.maximum(0, 0.1 - side) * (2 * y - 1), [0.8, 0.6])
    return np.clip(x, -1.8, 1.8), y


class Rule:
    """A perceptron, the example that it looks at next, and what it did with the last one.

    >>> rule = Rule(*points("and"))
    >>> while not rule.settled:
    ...     _ = rule.step()
    >>> rule.passes[-1], rule.neuron(rule.x).numpy().ravel()
    (0, array([0., 0., 0., 1.]))
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, rate: float = 1.0) -> None:
        self.x, self.y, self.rate = x, y, rate
        self.neuron = nn.Perceptron(2, dtype=np.float64)
        self.at = 0
        self.passes: list[int] = []
        self.mistakes = 0  # in the present pass
        self.seen = {self._weights(): 0}
        self.cycle: tuple[int, int] | None = None  # (first pass, passes until it comes back)
        self.bound: float | None = None

    @property
    def settled(self) -> bool:
        """Whether the last whole pass made no mistake."""
        return bool(self.passes) and self.passes[-1] == 0

    def _weights(self) -> tuple[float, ...]:
        return (*self.neuron.weight.data[0].tolist(), float(self.neuron.bias.data[0]))

    def step(self) -> dict[str, Any]:
        """Show it one example: what it answered, and how that moved the weights."""
        here = self.at
        before = self._weights()
        example = self.x[here : here + 1]
        wrong = self.neuron.learn(example, self.y[here : here + 1], self.rate)
        after = self._weights()
        self.mistakes += wrong
        self.at = (here + 1) % len(self.x)
        if self.at == 0:
            self._close_pass()
        target = int(self.y[here])
        return {
            "example": here,
            "answer": target if not wrong else 1 - target,
            "target": target,
            "before": before,
            "after": after,
        }

    def _close_pass(self) -> None:
        self.passes.append(self.mistakes)
        # The same weights at the end of a pass: from here on everything comes again.
        first = self.seen.setdefault(self._weights(), len(self.passes))
        if self.mistakes and self.cycle is None and first < len(self.passes):
            self.cycle = (first, len(self.passes) - first)
        self.mistakes = 0
        if self.settled:
            self.bound = self.novikoff()

    def novikoff(self) -> float | None:
        """(R/γ)² for the line found, the bias as the weight of a constant 1: the most mistakes
        that the rule can make if a line with this margin exists (Novikoff 1962)."""
        extended = np.column_stack([self.x, np.ones(len(self.x))])
        weights = np.array(self._weights())
        margins = (extended @ weights) * (2 * self.y - 1) / np.linalg.norm(weights)
        margin = margins.min()
        if margin <= 0:
            return None
        return float((np.linalg.norm(extended, axis=1).max() / margin) ** 2)
