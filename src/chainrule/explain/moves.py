"""An optimiser's update of one number as a sum: so much by the gradient, by momentum, by decay.

Every rule is, once its scale is known, linear in the gradient g and in what it remembers m:

    update = A · (g + λp) + B · m        (decay decoupled: A · g + B · m − ηλp)

so that each part has a share, and the shares sum to the update. A rule is a row of ``MOVES``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..optim import rules


class Move(NamedTuple):
    """A, B and m of the formula; ``decay`` is what it adds by itself, ``scale`` a word about A."""

    gradient: float
    memory: float = 0.0
    remembered: float = 0.0
    decay: float = 0.0
    scale: str = ""


def _sgd(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    mass, rate = s["momentum"], s["lr"]
    if not mass:
        return Move(-rate)
    fresh = 1 - s["dampening"] * (i > 0)
    if s["nesterov"]:
        return Move(-rate * (1 + mass * fresh), -rate * mass * mass, m["velocity"])
    return Move(-rate * fresh, -rate * mass, m["velocity"])


def _adam(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    first, second = s["betas"]
    square = second * m["square"] + (1 - second) * g * g
    root = math.sqrt(square / (1 - second ** (i + 1))) + s["eps"]
    rate = s["lr"] / (1 - first ** (i + 1)) / root
    scale = f"divided by √v̂ + ε = {root:.4g}, the recent size of its gradient"
    return Move(-rate * (1 - first), -rate * first, m["mean"], scale=scale)


def _adamw(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    return _adam(p, g, m, i, s)._replace(decay=-s["lr"] * s["weight_decay"] * p)


def _rmsprop(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    alpha, mass = s["alpha"], s["momentum"]
    square = alpha * m["square"] + (1 - alpha) * g * g
    if s["centered"]:
        square = max(square - (alpha * m["mean"] + (1 - alpha) * g) ** 2, 0.0)
    root = math.sqrt(square) + s["eps"]
    scale = f"divided by √s + ε = {root:.4g}, the recent size of its gradient"
    return Move(-s["lr"] / root, -s["lr"] * mass, m.get("velocity", 0.0), scale=scale)


def _adagrad(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    root = math.sqrt(m["square_sum"] + g * g) + s["eps"]
    scale = f"divided by √Σg² + ε = {root:.4g}, the size of all its gradients"
    return Move(-s["lr"] / (1 + i * s["lr_decay"]) / root, scale=scale)


def _lion(p: float, g: float, m: Mapping[str, float], i: int, s: Mapping[str, Any]) -> Move:
    first = s["betas"][0]
    size = abs(first * m["mean"] + (1 - first) * g)
    rate = s["lr"] / size if size else 0.0
    decay = -s["lr"] * s["weight_decay"] * p
    scale = f"divided by its own size, {size:.4g}: each step has the length lr"
    return Move(-rate * (1 - first), -rate * first, m["mean"], decay, scale)


MOVES: dict[Any, Callable[..., Move]] = {
    rules.sgd: _sgd,
    rules.adam: _adam,
    rules.adamw: _adamw,
    rules.rmsprop: _rmsprop,
    rules.adagrad: _adagrad,
    rules.lion: _lion,
}
DECOUPLED = {rules.adamw, rules.lion}


class Update(NamedTuple):
    """The update of one number: its parts by name, the new value, and A of the gradient."""

    terms: dict[str, float]
    factor: float
    scale: str
    turn: int
    after: float


def update_of(
    optimizer: Any, parameter: Any, gradient: Any, index: tuple[int, ...], clip: float
) -> Update:
    """What ``optimizer.step()`` would do to ``parameter[index]``; nothing is changed.

    ``gradient`` is the parameter's, before it is multiplied by ``clip``.
    """
    rule = getattr(optimizer, "rule", None)
    if rule not in MOVES:
        known = ", ".join(each.__name__ for each in MOVES)
        name = type(optimizer).__name__
        raise TypeError(f"why: {name} has a rule of its own; it knows {known}")
    held = list(optimizer.parameters())
    number = next((n for n, p in enumerate(held) if p is parameter), None)
    if number is None:
        raise ValueError("why: the optimizer does not hold this parameter")
    group = next(g for g in optimizer.param_groups if any(p is parameter for p in g["params"]))
    settings = {name: group[name] for name in optimizer.defaults}
    memory = optimizer.state.get(number)
    if memory is None:
        memory = {"step": 0, **rules.remember(rule, parameter.data, **settings)}
    turn = memory["step"]
    arrays = {name: value for name, value in memory.items() if name != "step"}
    clipped = gradient * np.asarray(clip, gradient.dtype)
    new, _ = rule(parameter.data, clipped, arrays, turn, **settings)
    p, g = float(parameter.data[index]), float(gradient[index])
    decay = settings.get("weight_decay", 0.0)
    coupled = 0.0 if rule in DECOUPLED else decay * p
    remembered = {name: float(value[index]) for name, value in arrays.items()}
    move = MOVES[rule](p, clip * g + coupled, remembered, turn, settings)
    terms = {"gradient": move.gradient * g}
    if clip != 1:
        terms["clipping"] = move.gradient * (clip - 1) * g
    if move.memory:
        terms["momentum"] = move.memory * move.remembered
    if decay:
        terms["decay"] = move.gradient * coupled + move.decay
    return Update(terms, move.gradient, move.scale, turn, float(np.asarray(new)[index]))
