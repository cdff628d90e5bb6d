"""One hidden layer that learns while one looks: a boundary that bends, a curve made of parts."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import nn, optim, random
from ..engine.compile.jit import jit
from ..engine.transforms import value_and_grad

MOST = {"boundary": 12, "curve": 40}
KEPT = 400
ACTIVATIONS = ("tanh", "relu", "sigmoid")
_LOSSES: dict[str, Callable[..., Any]] = {
    "boundary": nn.functional.binary_cross_entropy_with_logits,
    "curve": nn.functional.mse_loss,
}
_RATES = {"boundary": 0.03, "curve": 0.02}


def hidden(params: dict[str, Any], x: Any, mask: Any, activation: str) -> Any:
    """φ(x W + b) of each hidden unit; ``mask`` is 1 for the units that there are, else 0."""
    return getattr(nn, activation, np.tanh)(x @ params["w"] + params["b"]) * mask


def answer(params: dict[str, Any], x: Any, mask: Any, activation: str) -> Any:
    """The sum of the units' parts: φ(x W + b) v + c."""
    return hidden(params, x, mask, activation) @ params["v"] + params["c"]


@functools.cache
def _machine(kind: str, activation: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What begins a training, and one compiled step of it, for any number of units."""
    adam = optim.functional.adam(_RATES[kind])
    loss = _LOSSES[kind]

    def total(params: Any, x: Any, y: Any, mask: Any) -> Any:
        return loss(answer(params, x, mask, activation), y)

    @jit
    def step(i: Any, state: Any, x: Any, y: Any, mask: Any) -> Any:
        value, gradient = value_and_grad(total)(adam.get_params(state), x, y, mask)
        return value, adam.update(i, gradient, state)

    return adam.init, step


class Layer:
    """A network inputs-units-1 that is trained in portions.

    There are always ``MOST`` units; those beyond ``units`` are masked out. So one compiled step
    serves every number of units, and the slider answers at once.

    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> layer = Layer("curve", x, x**2, units=6)
    >>> layer.train(steps=300)
    >>> bool(layer.loss < 0.01)
    True
    """

    def __init__(
        self,
        kind: str,
        x: np.ndarray,
        y: np.ndarray,
        units: int,
        activation: str = "tanh",
        seed: int = 0,
    ) -> None:
        self.kind, self.activation = kind, activation
        self.x, self.y = np.asarray(x, np.float64), np.asarray(y, np.float64).reshape(-1, 1)
        self.mask = (np.arange(MOST[kind]) < units).astype(np.float64)
        begin, self._step = _machine(kind, activation)
        self._state = begin(self._drawn(seed))
        self.steps, self.loss = 0, float("nan")
        self.losses: list[list[float]] = []  # [step, loss] now and then

    def _drawn(self, seed: int) -> dict[str, Any]:
        """Weights whose kinks lie spread over the data."""
        most, features = MOST[self.kind], self.x.shape[1]
        for_w, for_kinks, for_v = random.split(random.key(seed), 3)
        w = np.asarray(random.normal(for_w, (features, most), np.float64))
        reach = float(np.abs(self.x).max(initial=0.0)) or 1.0
        w *= 2 / reach
        kinks = random.uniform(for_kinks, (features, most), np.float64, minval=-reach, maxval=reach)
        v = 0.3 * np.asarray(random.normal(for_v, (most, 1), np.float64))
        return {"w": w, "b": -(w * np.asarray(kinks)).sum(axis=0), "v": v, "c": np.zeros(1)}

    @property
    def params(self) -> dict[str, Any]:
        """w (inputs, units), b (units,), v (units, 1) and c (1,), as they are now."""
        found: dict[str, Any] = self._state["params"]
        return found

    def train(self, steps: int = 10**9, seconds: float = 10.0) -> None:
        """So many steps of Adam on all points, or as many as fit into the time."""
        end = time.perf_counter() + seconds
        for _ in range(steps):
            value, self._state = self._step(self.steps, self._state, self.x, self.y, self.mask)
            self.steps += 1
            if time.perf_counter() > end:
                break
        self.loss = float(value)
        self.losses.append([self.steps, self.loss])
        if len(self.losses) > KEPT:
            self.losses = self.losses[::2]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The answer for each row of x, (N, 1)."""
        return np.asarray(answer(self.params, x, self.mask, self.activation))

    def hidden(self, x: np.ndarray) -> np.ndarray:
        """The answers of the units, (N, units)."""
        found = hidden(self.params, x, self.mask, self.activation)
        return np.asarray(found)[:, self.mask > 0]

    def parts(self, x: np.ndarray) -> np.ndarray:
        """Each unit's part of the answer, (N, units): they and ``c`` sum to the answer."""
        return self.hidden(x) * self.params["v"][self.mask > 0, 0]
