"""Parameters that the loss does not reach, and gradients that are always zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...engine import trace
from ...engine.differentiate import pull_back
from ...engine.graph import Node, reachable
from ...engine.tensor import Tensor
from .ranges import Range, name_of, ranges
from .report import Mistake
from .subject import Subject

_MANY = 3000  # nodes from which on the gradient is not looked at
_ADVICE = {
    "argmax": "the softmax and a cross entropy instead of argmax",
    "argmin": "a softmin, nn.softmax(-z), instead of argmin",
    "stop_gradient": "the value itself, if it is to be trained",
    **dict.fromkeys(("floor", "ceil", "rint", "trunc", "sign", "step"), "tanh or sigmoid instead"),
    **dict.fromkeys(
        ("greater", "less", "greater_equal", "less_equal", "equal", "not_equal"),
        "nn.sigmoid(k * (a - b)) instead of a > b, or a loss on the logits",
    ),
}


def unused_parameter(subject: Subject) -> Iterator[Mistake]:
    """A parameter from which the result is not computed."""
    if not subject.outputs or subject.is_judge:
        return
    is_asked = subject.is_container or bool(subject.trainable)
    reached = set(subject.nodes)
    missing = [name for name, leaf in subject.parameters.items() if leaf not in reached]
    if not is_asked or not missing:
        return
    listed = ", ".join(missing[:4]) + (" ..." if len(missing) > 4 else "")
    yield Mistake(
        "unused-parameter",
        subject.line,
        f"The result does not depend on {listed}: training will not change "
        f"{'it' if len(missing) == 1 else 'them'}.",
        "Use it in the computation, or delete it. A value taken out on the way (.item(), .numpy(), "
        ".detach(), float(t)) cuts the gradient too.",
    )


def zero_gradient(subject: Subject) -> Iterator[Mistake]:
    """Parameters whose derivative is zero whatever their values: each path is flat somewhere."""
    if not subject.has_gradient or not subject.parameters or subject.is_judge:
        return
    reached = set(subject.nodes)
    wanted = {n: leaf for n, leaf in subject.parameters.items() if leaf in reached}
    if not wanted or len(subject.nodes) > _MANY:
        return
    flowing = _flowing(subject)
    cut = [name for name, leaf in wanted.items() if leaf not in flowing]
    cut = _without_teachers(subject, cut, wanted)
    if cut:
        yield _cut(subject, cut, wanted)
        return
    zero = [name for name in wanted if _always_zero(subject)[wanted[name]]]
    if zero:
        root = subject.outputs[0]
        yield Mistake(
            "zero-gradient",
            root.line,
            f"The gradient by {', '.join(zero[:4])} is 0 whatever the values are: what it is "
            "multiplied by on the way back is always 0.",
            "Look for a factor 0, a ReLU of what is never positive, a clip that always bites.",
        )


def _without_teachers(subject: Subject, cut: list[str], wanted: dict[str, Tensor]) -> list[str]:
    """Without the networks that get no gradient at all while another one does: on purpose."""
    if len(cut) == len(wanted):
        return cut
    flowing = {wanted[name].source for name in wanted if name not in cut}
    asleep = {
        parameter
        for module in subject.modules.values()
        if not flowing & set(module.parameters())
        for parameter in module.parameters()
    }
    return [name for name in cut if wanted[name].source not in asleep]


def _flowing(subject: Subject) -> set[Node]:
    """The nodes from which a smooth path leads to the result."""
    goal = subject.outputs[0]
    found = {goal} & subject.smooth
    pending = list(found)
    while pending:
        for operand in pending.pop().inputs:
            if operand in subject.smooth and operand not in found:
                found.add(operand)
                pending.append(operand)
    return found


def _cut(subject: Subject, names: list[str], wanted: dict[str, Tensor]) -> Mistake:
    start = wanted[names[0]]
    flat = next(
        node
        for node in subject.nodes
        if node in subject.moving and node not in subject.smooth and _leads(node, start)
    )
    kind = name_of(flat)
    return Mistake(
        "zero-gradient",
        flat.line,
        f"No gradient reaches {', '.join(names[:4])}: the derivative of {kind} is 0 wherever it "
        "exists.",
        f"Use {_ADVICE.get(kind, 'a smooth function instead')}.",
    )


def _leads(node: Node, start: Node) -> bool:
    return start in set(reachable([node], ()))


def _always_zero(subject: Subject) -> dict[Node, bool]:
    """For each parameter, whether the range of its gradient is 0 to 0."""
    if "zeros" not in subject.__dict__:
        root = subject.outputs[0]
        leaves = list(subject.parameters.values())
        one = trace.constant(np.ones(root.shape, root.dtype))
        pulled = pull_back(subject.nodes, [root], [one], leaves)
        gradients = [trace.node_of(ct) for ct in pulled if ct is not None]
        found = ranges(reachable(gradients, ()), subject.bounds)
        free = Range()
        subject.__dict__["zeros"] = {
            leaf: ct is not None and found.get(trace.node_of(ct), free).is_zero
            for leaf, ct in zip(leaves, pulled, strict=True)
        }
    zeros: dict[Node, bool] = subject.__dict__["zeros"]
    return zeros
