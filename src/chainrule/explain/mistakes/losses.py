"""Losses that get something else than they expect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...engine.graph import Node
from .patterns import is_normalised, is_sigmoid, logits_of, name_of, normalising_sum
from .patterns import text_of_operand as text_of
from .ranges import Range, range_of, source_of
from .report import Mistake
from .subject import Subject


def column_against_row(subject: Subject) -> Iterator[Mistake]:
    """(N, 1) against (N,): every prediction is compared with every target."""
    for node in subject.nodes:
        if node.primitive is None or node.primitive.family != "elementwise" or len(node.inputs) < 2:
            continue
        parts = [_before_repeat(x) for x in node.inputs[:2]]
        shapes = [part.shape for part in parts]
        if len(node.shape) != 2 or sorted(map(len, shapes)) != [1, 2]:
            continue
        rows = node.shape[0]
        if rows < 2 or set(shapes) != {(rows, 1), (rows,)} or not _is_averaged(subject, node):
            continue
        if (parts[0] in subject.moving) == (parts[1] in subject.moving):
            continue  # all pairs of one kind of thing, on purpose
        column = 0 if len(shapes[0]) == 2 else 1
        names = [text_of(node, place, "these values") for place in (0, 1)]
        fixed = [text_of(node, place, "x") for place in (column, 1 - column)]
        yield Mistake(
            "column-against-row",
            node.line,
            f"{names[0]} {shapes[0]} against {names[1]} {shapes[1]} broadcasts to {node.shape}: "
            "every prediction is compared with every target.",
            f"Squeeze the column, {fixed[0]}[:, 0], or make the other one a column too, "
            f"{fixed[1]}.reshape(-1, 1).",
        )


def _before_repeat(node: Node) -> Node:
    while name_of(node) in ("broadcast", "convert"):
        if name_of(node) == "broadcast" and len(node.inputs[0].shape) < len(node.shape):
            shape, axes = node.params["shape"], node.params["axes"]
            if axes != tuple(range(len(shape) - len(axes), len(shape))):
                return node
        node = node.inputs[0]
    return node


def _is_averaged(subject: Subject, node: Node) -> bool:
    """Whether the result, place by place, goes into one sum over both axes."""
    pending, seen = [node], {node}
    while pending:
        for user in subject.users.get(pending.pop(), []):
            if name_of(user) == "sum" and user.params["axes"] == (0, 1):
                return True
            if user not in seen and _is_placewise(user):
                seen.add(user)
                pending.append(user)
    return False


def _is_placewise(node: Node) -> bool:
    family = "" if node.primitive is None else node.primitive.family
    return family == "elementwise" or name_of(node) == "convert"


def softmax_twice(subject: Subject) -> Iterator[Mistake]:
    """Probabilities where a cross entropy expects logits: it takes the softmax itself."""
    for node in subject.named("log"):
        total = source_of(node.inputs[0])
        powers = source_of(total.inputs[0]) if name_of(total) == "sum" else total
        if name_of(powers) != "exp":
            continue
        inner = logits_of(powers)
        if is_normalised(inner):
            yield Mistake(
                "softmax-before-cross-entropy",
                node.line,
                f"The cross entropy gets probabilities (softmax at {_short(inner)}) and takes the "
                "softmax of them once more: the loss cannot come near 0 and learns slowly.",
                "Give it the logits: leave the softmax out of the model in training.",
            )
        elif name_of(inner) == "relu":
            yield Mistake(
                "relu-before-logits-loss",
                node.line,
                f"The logits come from a ReLU (at {_short(inner)}), so none can be negative.",
                "End the network with the linear layer.",
            )


def sigmoid_twice(subject: Subject) -> Iterator[Mistake]:
    """Probabilities where a binary loss expects logits: it takes the sigmoid itself."""
    for node in subject.named("softplus"):
        inner = source_of(node.inputs[0])
        inner = source_of(inner.inputs[0]) if name_of(inner) == "negative" else inner
        if is_sigmoid(inner) or is_normalised(inner):
            yield Mistake(
                "sigmoid-before-logits-loss",
                node.line,
                f"The loss expects logits and gets probabilities ({name_of(inner)} at "
                f"{_short(inner)}): it takes the sigmoid of them once more, and p stays between "
                "0.5 and 0.73.",
                "Leave the sigmoid out of the model, or use nn.BCELoss, which takes probabilities.",
            )
        elif name_of(inner) == "relu" and name_of(source_of(node.inputs[0])) == "negative":
            yield Mistake(
                "relu-before-logits-loss",
                node.line,
                f"The logits come from a ReLU (at {_short(inner)}), so p is never below 0.5.",
                "End the network with the linear layer.",
            )


def logits_as_probabilities(subject: Subject) -> Iterator[Mistake]:
    """Numbers below 0 or above 1 where a loss takes the logarithms of p and of 1 - p."""
    misses = {source_of(n.inputs[0]) for n in subject.named("log1p")}
    opposites = {source_of(n.inputs[0]) for n in misses if name_of(n) == "negative"}
    for node in subject.named("log"):
        p = source_of(node.inputs[0])
        found = subject.ranges[p]
        if p in opposites and p in subject.moving and (found.low < 0 or found.high > 1):
            yield Mistake(
                "logits-as-probabilities",
                node.line,
                f"The loss takes log(p) and log(1 - p), but p comes from {name_of(p)} (at "
                f"{_short(p)}) and can be {_interval(found)}.",
                "End the network with a sigmoid, or better: give the logits to "
                "nn.BCEWithLogitsLoss.",
            )


def softmax_of_one(subject: Subject) -> Iterator[Mistake]:
    """A softmax over an axis of length 1: always 1, and its gradient 0."""
    for node in subject.named("divide"):
        total = normalising_sum(node)
        if total is None:
            continue
        shape = total.inputs[0].type.shape
        if [shape[a] for a in total.params["axes"]] == [1]:
            yield Mistake(
                "softmax-of-one",
                node.line,
                f"The softmax of shape {shape} runs over an axis of length 1: it is always 1, "
                "and no gradient flows.",
                "For one output take the sigmoid, for classes an axis with one place for each.",
            )


def target_out_of_reach(subject: Subject) -> Iterator[Mistake]:
    """Targets beyond what the last activation can give (negative ones of a ReLU, say)."""
    for node in subject.named("subtract"):
        pair = [source_of(x) for x in node.inputs]
        moving = [x in subject.moving for x in pair]
        if sum(moving) != 1 or pair[0].type.shape != pair[1].type.shape:
            continue
        prediction, target = pair if moving[0] else pair[::-1]
        if target.known is None or not _is_error(subject, node):
            continue
        reach, wanted = subject.ranges[prediction], range_of(target.known)
        slack = 1e-6 * max(abs(wanted.low), abs(wanted.high))
        if wanted.low >= reach.low - slack and wanted.high <= reach.high + slack:
            continue
        kind = name_of(prediction) or "the prediction"
        yield Mistake(
            "target-out-of-reach",
            node.line,
            f"Targets go from {wanted.low:.4g} to {wanted.high + 0.0:.4g}, but {kind} (at "
            f"{_short(prediction)}) gives {_interval(reach)} only.",
            "End the network with the linear layer, or scale the targets into the range.",
        )


def _is_error(subject: Subject, node: Node) -> bool:
    names = {name_of(user) for user in subject.users.get(node, [])}
    return bool(names & {"square", "abs"})


def _interval(found: Range) -> str:
    if np.isinf(found.low) and np.isinf(found.high):
        return "any number"
    if np.isinf(found.high):
        return f"{found.low:.4g} and more"
    return (
        f"{found.high:.4g} and less" if np.isinf(found.low) else f"{found.low:g} to {found.high:g}"
    )


def _short(node: Node) -> str:
    """File and number of a node's line."""
    path, _, rest = node.line.partition(": ")
    return path.rpartition("/")[2] or rest
