"""Layers that do less than they seem to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...engine import trace
from ...engine.differentiate import pull_back
from ...engine.graph import Graph, Node
from .ranges import name_of, source_of
from .report import Mistake
from .subject import Subject


def linear_twice(subject: Subject) -> Iterator[Mistake]:
    """Two linear layers with nothing between are one: W₂(W₁x + b₁) + b₂ = Wx + b."""
    for node in subject.named("einsum"):
        inner = _linear_input(subject, node)
        if inner is None:
            continue
        before = _without_bias(subject, inner)
        if name_of(before) != "einsum" or _linear_input(subject, before) is None:
            continue
        if len(subject.users.get(inner, [])) > 1:
            continue  # the value between is used elsewhere too
        entered = _linear_input(subject, before)
        assert entered is not None
        sizes = entered.shape[-1:], before.shape[-1:], node.shape[-1:]
        if sizes[1] < min(sizes[0], sizes[2]):
            continue  # a bottleneck: fewer numbers on purpose
        names = " and ".join(_weight_name(subject, n) for n in (before, node))
        yield Mistake(
            "linear-after-linear",
            node.line,
            f"Two linear layers ({names}: {sizes[0][0]} → {sizes[1][0]} → {sizes[2][0]}) with "
            "nothing between them compute no more than one.",
            "Put an activation between them (nn.ReLU(), nn.Tanh()), or leave one out.",
        )


def _linear_input(subject: Subject, node: Node) -> Node | None:
    """x of a product x W with a parameter W, at whose columns it looks; None for other products."""
    if len(node.inputs) != 2 or len(node.type.shape) < 1:
        return None
    flags = [subject.is_parameter(x) for x in node.inputs]
    if sum(flags) != 1:
        return None
    weight, x = node.inputs[flags.index(True)], node.inputs[flags.index(False)]
    return x if len(weight.shape) == 2 and x in subject.moving | {x} else None


def _weight_name(subject: Subject, node: Node) -> str:
    leaves = {source_of(x) for x in node.inputs}
    return next((name for name, p in subject.parameters.items() if p in leaves), "weights")


def _without_bias(subject: Subject, node: Node) -> Node:
    """What a bias was added to."""
    if name_of(node) == "add":
        plain = [x for x in node.inputs if not subject.is_parameter(x)]
        if len(plain) == 1:
            return plain[0]
    return node


def symmetric_units(subject: Subject) -> Iterator[Mistake]:
    """Weights that begin equal for all units of a layer, and get equal gradients: they stay so."""
    if not subject.has_gradient:
        return
    equal = {name: leaf for name, leaf in subject.parameters.items() if _equal_axes(_value(leaf))}
    equal = {name: leaf for name, leaf in equal.items() if _joins_units(subject, leaf)}
    if not equal:
        return
    gradients = _gradients(subject, list(equal.values()))
    found = [
        f"{name} {leaf.shape}"
        for (name, leaf), gradient in zip(equal.items(), gradients, strict=True)
        if gradient is not None
        and any(_is_equal_along(gradient, axis) for axis in _equal_axes(_value(leaf)))
    ]
    if found:
        yield Mistake(
            "symmetric-weights",
            subject.line or subject.outputs[0].line,
            f"All units begin with the same weights and get the same gradient, in "
            f"{', '.join(found)}: they stay copies of one unit.",
            "Begin with random weights: nn.init.xavier_uniform(key, shape), or leave the layer's "
            "own initialisation.",
        )


def _joins_units(subject: Subject, leaf: Node) -> bool:
    """Whether it is used, and otherwise than element by element, in which there are no units."""
    apart = ("elementwise", "reduction")
    users = subject.users.get(leaf, [])
    return any(name_of(n) == "convert" or n.primitive.family not in apart for n in users)


def _value(leaf: Node) -> Any:
    return np.asarray(leaf.known if leaf.source is None else leaf.source.data)


def _equal_axes(value: Any) -> list[int]:
    """The axes along which a matrix does not vary."""
    if value.ndim != 2 or not value.size:
        return []
    return [axis for axis in (0, 1) if value.shape[axis] > 1 and _is_equal_along(value, axis)]


def _is_equal_along(value: Any, axis: int) -> bool:
    first = np.take(value, [0], axis)
    return bool(np.allclose(value, first, rtol=1e-5, atol=1e-12))


def _gradients(subject: Subject, leaves: list[Any]) -> list[Any]:
    """The gradients, with data shaken a little: two columns that happen to be equal are no unit."""
    chance = np.random.default_rng(0)
    root = subject.outputs[0]
    # Of a network without a loss, some loss: each output is weighed by chance.
    weights = chance.normal(size=root.shape) if root.shape else np.ones(())
    pulled = pull_back(subject.nodes, [root], [trace.constant(weights, root.dtype)], leaves)
    wanted = [trace.node_of(ct) for ct in pulled if ct is not None]
    free = {leaf: leaf.known for leaf in subject.parameters.values() if leaf.source is None}
    for leaf in subject.data.values():
        shaken = leaf.known * (1 + 0.2 * chance.normal(size=leaf.shape))
        free[leaf] = np.asarray(shaken, leaf.dtype)
    found = iter(Graph(free, wanted)(*free.values()))
    return [None if ct is None else np.asarray(next(found)) for ct in pulled]


def training_mode_at_evaluation(subject: Subject) -> Iterator[Mistake]:
    """Dropout that drops, or batch norm that takes the batch's mean, where a model is judged."""
    code = subject.code
    if code is None or not subject.moved or not subject.is_judge:
        return
    if {"eval", "train", "backward", "step"} & code.all_names:
        return
    kinds = sorted({type(module).__name__ for module in subject.moved})
    yield Mistake(
        "training-mode-at-evaluation",
        code.line,
        f"{' and '.join(kinds)} ran in training mode: the answer is random or depends on the "
        "other rows, and running averages change.",
        "Call net.eval() before (and net.train() before training goes on).",
    )
