"""Update rules, each written once: a parameter, its gradient and a memory in, the new two out.

A rule is a pure function of arrays, ``rule(p, g, memory, i, **settings) -> (p, memory)``, where
``i`` counts the updates from 0 and ``memory`` is a dict of arrays that ``remember`` makes. It
works on NumPy arrays and on tensors, so it can be traced, scanned and stacked. The classes
(``SGD``, ``Adam``, ...) and the triples in ``chainrule.optim.functional`` are two faces of these
functions.

>>> import numpy as np
>>> p, g = np.array(1.0), np.array(0.5)
>>> memory = remember(sgd, p, momentum=0.9)
>>> p, memory = sgd(p, g, memory, 0, lr=0.1, momentum=0.9)
>>> float(p), float(memory["velocity"])
(0.95, 0.5)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any  # a NumPy array or a tensor
Memory = dict[str, Array]
Rule = Callable[..., tuple[Array, Memory]]


def sgd(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    momentum: Any = 0.0,
    dampening: Any = 0.0,
    nesterov: bool = False,
    weight_decay: Any = 0.0,
) -> tuple[Array, Memory]:
    """Stochastic gradient descent, with momentum.

    g ← g + λp; v ← μv + (1 − δ)g, but v ← g at first; p ← p − η(g + μv if nesterov else v).

    Robbins and Monro (1951); momentum: Polyak (1964); Nesterov's in the form of Sutskever et al.
    (2013). η is ``lr``, μ ``momentum``, δ ``dampening``, λ ``weight_decay``.
    """
    lr = _like(lr, p)
    g = _add_decay(g, p, weight_decay)
    if _is_off(momentum):
        return p - lr * g, memory
    momentum = _like(momentum, p)
    fresh = g if _is_off(dampening) else _like(1 - dampening * (i > 0), p) * g
    velocity = momentum * memory["velocity"] + fresh
    direction = g + momentum * velocity if nesterov else velocity
    return p - lr * direction, {"velocity": velocity}


def adagrad(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    lr_decay: Any = 0.0,
    weight_decay: Any = 0.0,
    initial_accumulator_value: Any = 0.0,
    eps: Any = 1e-10,
) -> tuple[Array, Memory]:
    """A learning rate for each element that shrinks with its gradients so far.

    g ← g + λp; s ← s + g²; p ← p − η / (1 + i·d) · g / (√s + ε).

    Duchi, Hazan and Singer (2011), "Adaptive subgradient methods". d is ``lr_decay``; s begins
    at ``initial_accumulator_value``.
    """
    g = _add_decay(g, p, weight_decay)
    total = memory["square_sum"] + g * g
    lr = _like(lr if _is_off(lr_decay) else lr / (1 + i * lr_decay), p)
    return p - lr * g / (np.sqrt(total) + eps), {"square_sum": total}


def rmsprop(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    alpha: Any = 0.99,
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    momentum: Any = 0.0,
    centered: bool = False,
) -> tuple[Array, Memory]:
    """The gradient over the root of its recent mean square.

    g ← g + λp; s ← αs + (1 − α)g²; d ← g / (√s + ε); v ← μv + d; p ← p − ηv.
    ``centered`` subtracts the square of the recent mean: m ← αm + (1 − α)g, and s − m² under the
    root.

    Tieleman and Hinton (2012), lecture 6.5; centered: Graves (2013).
    """
    lr, alpha = _like(lr, p), _like(alpha, p)
    g = _add_decay(g, p, weight_decay)
    square = alpha * memory["square"] + (1 - alpha) * (g * g)
    new = {"square": square}
    if centered:
        new["mean"] = alpha * memory["mean"] + (1 - alpha) * g
        # Not below 0, where rounding would take a gradient that hardly changes.
        square = np.maximum(square - new["mean"] * new["mean"], 0)
    direction = g / (np.sqrt(square) + eps)
    if not _is_off(momentum):
        direction = new["velocity"] = _like(momentum, p) * memory["velocity"] + direction
    return p - lr * direction, new


def adam(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
) -> tuple[Array, Memory]:
    """Adaptive moments: the recent mean gradient over the root of the recent mean square.

    g ← g + λp; m ← β₁m + (1 − β₁)g; s ← β₂s + (1 − β₂)g²;
    p ← p − η · m / (1 − β₁ᵗ) / (√(s / (1 − β₂ᵗ)) + ε), with t = i + 1.

    Kingma and Ba (2015), "Adam: a method for stochastic optimization".
    """
    beta1, beta2 = betas
    g = _add_decay(g, p, weight_decay)
    mean = _like(beta1, p) * memory["mean"] + _like(1 - beta1, p) * g
    square = _like(beta2, p) * memory["square"] + _like(1 - beta2, p) * (g * g)
    # Both starts from zero are undone in scalars, which costs no pass over the arrays.
    rate = _like(lr / (1 - beta1 ** (i + 1)), p)
    root = _like((1 - beta2 ** (i + 1)) ** 0.5, p)
    p = p - rate * mean / (np.sqrt(square) / root + eps)
    return p, {"mean": mean, "square": square}


def adamw(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 1e-2,
) -> tuple[Array, Memory]:
    """Adam with weight decay apart from the gradient: p ← (1 − ηλ)p, then Adam's step.

    Loshchilov and Hutter (2019), "Decoupled weight decay regularization".
    """
    return adam(_shrink(p, lr, weight_decay), g, memory, i, lr=lr, betas=betas, eps=eps)


def lion(
    p: Array,
    g: Array,
    memory: Memory,
    i: Any,
    *,
    lr: Any,
    betas: tuple[Any, Any] = (0.9, 0.99),
    weight_decay: Any = 0.0,
) -> tuple[Array, Memory]:
    """A step of one size in every element, by the sign of a mix of gradient and momentum.

    p ← (1 − ηλ)p − η·sign(β₁m + (1 − β₁)g); m ← β₂m + (1 − β₂)g.

    Chen et al. (2023), "Symbolic discovery of optimization algorithms".
    """
    beta1, beta2 = _like(betas[0], p), _like(betas[1], p)
    direction = np.sign(beta1 * memory["mean"] + (1 - beta1) * g)
    mean = beta2 * memory["mean"] + (1 - beta2) * g
    return _shrink(p, lr, weight_decay) - _like(lr, p) * direction, {"mean": mean}


# -- what a rule remembers ---------------------------------------------------------------------


def remember(rule: Rule, p: Array, **settings: Any) -> Memory:
    """The memory with which a rule begins at parameter ``p``: arrays like it, by name."""
    start = settings.get("initial_accumulator_value", 0.0)
    return {name: np.full(p.shape, start, p.dtype) for name in _names(rule, settings)}


def _names(rule: Rule, settings: dict[str, Any]) -> list[str]:
    if rule in (adam, adamw):
        return ["mean", "square"]
    if rule is lion:
        return ["mean"]
    if rule is adagrad:
        return ["square_sum"]
    names = ["square"] if rule is rmsprop else []
    if settings.get("centered"):
        names.append("mean")
    if not _is_off(settings.get("momentum", 0.0)):
        names.append("velocity")
    return names


# -- parts of rules ----------------------------------------------------------------------------


def _is_off(setting: Any) -> bool:
    """Whether a setting is known to be 0; a tensor (a stack of settings, say) is not known."""
    return isinstance(setting, int | float) and setting == 0


def _like(scalar: Any, p: Array) -> Any:
    """A scalar that does not widen ``p``: Python's numbers do not, arrays and tensors would."""
    return scalar if type(scalar) in (float, int) else scalar.astype(p.dtype)


def _add_decay(g: Array, p: Array, weight_decay: Any) -> Array:
    return g if _is_off(weight_decay) else g + _like(weight_decay, p) * p


def _shrink(p: Array, lr: Any, weight_decay: Any) -> Array:
    return p if _is_off(weight_decay) else p * _like(1 - lr * weight_decay, p)
