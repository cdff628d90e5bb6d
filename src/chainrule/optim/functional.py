"""Optimisers as three functions over trees, spelled as in ``jax.example_libraries.optimizers``.

``init(params)`` gives a state, ``update(i, grads, state)`` the next one, ``get_params(state)`` the
parameters in it. A state is a dict of trees: ``"params"`` and, by name, what the rule remembers.
So it can be printed, saved, scanned over and stacked. ``params`` is any tree of arrays, or a
Module (whose frozen parameters are to be left out of it: here every leaf is trained).

>>> import chainrule as cr
>>> init, update, get_params = momentum(0.1, mass=0.5)
>>> state = init({"w": 4.0})
>>> for i in range(30):
...     gradient = cr.grad(lambda p: p["w"] ** 2)(get_params(state))
...     state = update(i, gradient, state)
>>> bool(abs(get_params(state)["w"]) < 1e-3)
True
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..engine import tree
from ..engine.errors import StructureError
from ..engine.tensor import Parameter, Tensor
from . import rules
from .clipping import clip_by_global_norm as clip_grads
from .clipping import clip_by_value, l2_norm
from .schedules import (
    Schedule,
    as_schedule,
    constant,
    exponential_decay,
    inverse_time_decay,
    piecewise_constant,
    polynomial_decay,
)

StepSize = float | Schedule


class Triple(NamedTuple):
    """An optimiser as three pure functions; unpack it, or use its fields."""

    init: Callable[[Any], Any]
    update: Callable[[Any, Any, Any], Any]
    get_params: Callable[[Any], Any]


def from_rule(rule: rules.Rule, step_size: StepSize, **settings: Any) -> Triple:
    """The triple of an update rule over one array, applied to every leaf of a tree.

    ``step_size`` is a learning rate, or a schedule ``i -> lr`` (see ``chainrule.optim.schedules``).
    """
    rate = as_schedule(step_size)

    def init(params: Any) -> dict[str, Any]:
        leaves, structure = tree.flatten(params)
        leaves = [_array(leaf) for leaf in leaves]
        memories = [rules.remember(rule, leaf, **settings) for leaf in leaves]
        return _state(structure, leaves, memories)

    def update(i: Any, grads: Any, state: dict[str, Any]) -> dict[str, Any]:
        leaves, structure = tree.flatten(state["params"])
        gradients = _leaves_of_gradient(grads, structure)
        names = [name for name in state if name != "params"]
        columns = [tree.leaves(state[name]) for name in names]
        lr = rate(i)
        news, memories = [], []
        for place, (p, g) in enumerate(zip(leaves, gradients, strict=True)):
            memory = {name: column[place] for name, column in zip(names, columns, strict=True)}
            new, memory = rule(p, g, memory, i, lr=lr, **settings)
            news.append(new)
            memories.append(memory)
        return _state(structure, news, memories)

    return Triple(init, update, get_params)


def get_params(state: dict[str, Any]) -> Any:
    """The parameters in a state."""
    return state["params"]


def _state(
    structure: tree.Structure, leaves: list[Any], memories: list[rules.Memory]
) -> dict[str, Any]:
    state = {"params": tree.unflatten(structure, leaves)}
    for name in memories[0] if memories else ():
        state[name] = tree.unflatten(structure, [memory[name] for memory in memories])
    return state


def _array(leaf: Any) -> Any:
    if isinstance(leaf, Parameter):
        return leaf.data
    return leaf if isinstance(leaf, Tensor) else np.asarray(leaf)


def _leaves_of_gradient(grads: Any, structure: tree.Structure) -> list[Any]:
    leaves, found = tree.flatten(grads)
    if found != structure and len(leaves) != structure.count:
        raise StructureError(
            f"update: the gradient must be a tree like the parameters, {structure}, not {found}"
        )
    return leaves


# -- one triple for each rule ------------------------------------------------------------------


def sgd(step_size: StepSize) -> Triple:
    """p ← p − ηg; see ``rules.sgd``."""
    return from_rule(rules.sgd, step_size)


def momentum(step_size: StepSize, mass: Any = 0.9) -> Triple:
    """v ← μv + g; p ← p − ηv; see ``rules.sgd``."""
    return from_rule(rules.sgd, step_size, momentum=mass)


def nesterov(step_size: StepSize, mass: Any = 0.9) -> Triple:
    """v ← μv + g; p ← p − η(g + μv); see ``rules.sgd``."""
    return from_rule(rules.sgd, step_size, momentum=mass, nesterov=True)


def adagrad(step_size: StepSize, eps: Any = 1e-10) -> Triple:
    """A learning rate for each element; see ``rules.adagrad``. It has no momentum."""
    return from_rule(rules.adagrad, step_size, eps=eps)


def rmsprop(
    step_size: StepSize, gamma: Any = 0.9, eps: Any = 1e-8, centered: bool = False
) -> Triple:
    """The gradient over the root of its recent mean square; see ``rules.rmsprop``."""
    return from_rule(rules.rmsprop, step_size, alpha=gamma, eps=eps, centered=centered)


def rmsprop_momentum(
    step_size: StepSize, gamma: Any = 0.9, eps: Any = 1e-8, momentum: Any = 0.9
) -> Triple:
    """RMSprop with momentum; see ``rules.rmsprop``."""
    return from_rule(rules.rmsprop, step_size, alpha=gamma, eps=eps, momentum=momentum)


def adam(step_size: StepSize, b1: Any = 0.9, b2: Any = 0.999, eps: Any = 1e-8) -> Triple:
    """Adaptive moments; see ``rules.adam``."""
    return from_rule(rules.adam, step_size, betas=(b1, b2), eps=eps)


def adamw(
    step_size: StepSize,
    b1: Any = 0.9,
    b2: Any = 0.999,
    eps: Any = 1e-8,
    weight_decay: Any = 1e-2,
) -> Triple:
    """Adam with weight decay apart from the gradient; see ``rules.adamw``."""
    return from_rule(rules.adamw, step_size, betas=(b1, b2), eps=eps, weight_decay=weight_decay)


def lion(step_size: StepSize, b1: Any = 0.9, b2: Any = 0.99, weight_decay: Any = 0.0) -> Triple:
    """A step of one size by the sign of a mix; see ``rules.lion``."""
    return from_rule(rules.lion, step_size, betas=(b1, b2), weight_decay=weight_decay)


__all__ = [
    "Triple",
    "adagrad",
    "adam",
    "adamw",
    "clip_by_value",
    "clip_grads",
    "constant",
    "exponential_decay",
    "from_rule",
    "get_params",
    "inverse_time_decay",
    "l2_norm",
    "lion",
    "momentum",
    "nesterov",
    "piecewise_constant",
    "polynomial_decay",
    "rmsprop",
    "rmsprop_momentum",
    "sgd",
]
