"""Checks of the gradient on its way back through the layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.graph import Node
from .layers import descendants
from .pictures import bars
from .report import Check, Measured
from .subject import Subject

# Of the norms of the gradient at two layers. Well-scaled layers keep it (Glorot and Bengio 2010;
# He et al. 2015). At PyTorch's start a layer of ReLUs divides it by 2.4, so that eight of them come
# to a thousand and still train with Adam; a layer of sigmoids divides it by 7, so that five come to
# ten thousand. Growth does its harm sooner: a step that suits the last layer ruins the first.
LESS = 1e4
MORE = 1e3


def gradient_norms(subject: Subject) -> dict[str, float]:
    """The norm of the loss's gradient by what each layer gives, from the first layer to the last.

    A layer that is used several times counts where it gets the most.
    """
    found: dict[str, float] = {}
    for layer in subject.seen.layers:
        norm = float(np.linalg.norm(subject.seen.gradient(layer.node)))
        found[layer.name] = max(found.get(layer.name, 0.0), norm)
    return found


def _picture(norms: dict[str, float], bad: list[str]) -> Any:
    return bars("norm of the gradient at each layer (logarithmic)", norms, None, bad, log=True)


def _places(bad: list[str]) -> str:
    few = ", ".join(bad[:4])
    return few if len(bad) <= 4 else f"{few} and {len(bad) - 4} more"


def _usable(norms: dict[str, float]) -> bool:
    values = list(norms.values())
    return len(values) > 1 and bool(np.isfinite(values).all()) and values[-1] > 0


def vanishing(subject: Subject) -> Measured | None:
    """Less and less gradient from the last layer to the first."""
    norms = gradient_norms(subject)
    if not _usable(norms):
        return None
    names = list(norms)
    last = norms[names[-1]]
    # Exactly 0 is something else: a layer of zeros behind it, or dead units.
    bad = [name for name in names[:-1] if 0 < norms[name] * LESS < last]
    if not bad:
        return None
    number = norms[bad[0]] / last
    text = (
        f"the gradient at {bad[0]} is {norms[bad[0]]:.2g}, at {names[-1]} {last:.2g}: "
        f"{number:.1g} of it (bound {1 / LESS:g})"
    )
    return Measured(text, number, 1 / LESS, lambda: _picture(norms, bad), _places(bad))


def exploding(subject: Subject) -> Measured | None:
    """More and more gradient from the last layer to the first, or far too much in all."""
    norms = gradient_norms(subject)
    if not _usable(norms):
        return None
    names = list(norms)
    last = norms[names[-1]]
    bad = [name for name in names[:-1] if norms[name] > MORE * last]
    if not bad:
        return None
    number = norms[bad[0]] / last
    text = (
        f"the gradient at {bad[0]} is {norms[bad[0]]:.2g}, at {names[-1]} {last:.2g}: "
        f"{number:.2g} times as much (bound {MORE:g})"
    )
    return Measured(text, number, MORE, lambda: _picture(norms, bad), _places(bad))


def no_gradient(subject: Subject) -> Measured | None:
    """Parameters to be trained that get no gradient at all."""
    seen, replica = subject.seen, subject.replica
    free = [i for i, is_free in enumerate(replica.free) if is_free]
    sizes = {i: float(np.abs(seen.gradient(seen.parameters[i])).max(initial=0)) for i in free}
    bad = [replica.names[i] for i in free if sizes[i] == 0]
    if not bad or not np.isfinite(seen.loss):
        return None
    if len(bad) < len(free) and not _is_cut(subject, bad):
        return None
    text = (
        f"the gradient of {len(bad)} of {len(free)} parameters is exactly 0 for each of "
        f"{len(subject.probe)} examples (bound: none)"
    )

    def draw() -> Any:
        shown = {replica.names[i]: size for i, size in sizes.items()}
        return bars("largest entry of the gradient (logarithmic)", shown, None, bad, log=True)

    where = _places(bad)
    flat = _flat_node(subject, seen.parameters[replica.names.index(bad[0])])
    if flat is not None:
        line = flat.line.rpartition("/")[2]
        where = f"{where}; behind them {flat.primitive.name}" + (f" at {line}" if line else "")
    return Measured(text, len(bad), 0, draw, where)


def _flat_node(subject: Subject, parameter: Node) -> Node | None:
    """The first operation behind a parameter that has no slope."""
    graph = subject.seen.graph
    behind = descendants(graph, [parameter])
    return next((n for n in graph.nodes if n in behind and n.inputs and n.primitive.flat), None)


def _is_cut(subject: Subject, bad: list[str]) -> bool:
    """Whether these are not even connected with the loss (else a layer of zeros may be behind)."""
    seen, names = subject.seen, subject.replica.names
    flowing = seen.flow.gradient
    return any(seen.parameters[names.index(name)] not in flowing for name in bad)


CHECKS = [
    Check(
        "no-gradient",
        "Parameters that no gradient reaches",
        no_gradient,
        "the gradient of a parameter that is to be trained is exactly 0",
        "What gets no gradient is never changed by training. Something between it and the loss has "
        "no slope: rounding, argmax, a comparison, a value taken out of the graph.",
        "Remove what cuts the path, or freeze the parameter (requires_grad=False) if you mean it.",
        unless=("symmetric-weights", "dead-relu", "saturated", "non-finite-loss"),
    ),
    Check(
        "vanishing-gradients",
        "The gradient dies out on its way to the first layers",
        vanishing,
        f"a layer's gradient is below {1 / LESS:g} of the last layer's",
        "Each layer multiplies the gradient by its weights and slopes, here by less than 1 again "
        "and again. The first layers get next to nothing and stay as they were drawn.",
        "Take ReLU with nn.init.kaiming_normal or tanh with nn.init.xavier_normal, batch norm or "
        "shortcuts (x + f(x)), or fewer layers.",
        unless=("symmetric-weights", "saturated", "no-gradient", "non-finite-loss"),
    ),
    Check(
        "exploding-gradients",
        "The gradient grows on its way to the first layers",
        exploding,
        f"a layer's gradient is more than {MORE:g} times the last layer's",
        "Each layer multiplies the gradient by its weights, here by more than 1 again and again. A "
        "step that suits the last layers throws the first ones far off.",
        "Start with smaller weights (nn.init.kaiming_normal, xavier_normal), add batch or layer "
        "norm, and clip the gradient (fit(clip=1.0)).",
        unless=("symmetric-weights", "non-finite-loss"),
    ),
]
