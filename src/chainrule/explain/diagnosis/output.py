"""Checks of what comes out of the network: out of reach of the targets, or always the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from .layers import last_activation
from .pictures import bars, histogram
from .report import Check, Measured
from .subject import Subject

CONSTANT = 1e-5  # spread of the answers by that of the targets; float32 rounds at 1e-7


def constant_output(subject: Subject) -> Measured | None:
    """The same answer whatever the input."""
    answers, targets = subject.prediction, subject.targets
    if not _vary(targets) or not np.isfinite(answers).all() or len(answers) < 2:
        return None
    if subject.seen.layers and not _any_weight(subject):
        return None  # a last layer of zeros is a sound start
    spread = float(answers.std(axis=0).max())
    scale = 1.0
    if subject.kind == "number":
        scale = float(np.asarray(targets, np.float64).std(axis=0).max())
    if spread >= CONSTANT * scale:
        return None
    text = (
        f"the answers to {len(answers)} examples spread by {spread:.2g} "
        f"(bound {CONSTANT:g} of {scale:.3g})"
    )

    def draw() -> Any:
        shown = {"of the answers": spread, "of the targets": scale}
        return bars("spread (logarithmic)", shown, None, ["of the answers"], log=True)

    return Measured(text, spread, CONSTANT * scale, draw, "the output")


def _vary(targets: Any) -> bool:
    return isinstance(targets, np.ndarray) and len(np.unique(targets)) > 1


def _any_weight(subject: Subject) -> bool:
    last = subject.seen.layers[-1]
    return bool(np.any(subject.seen.value(last.weight)))


_REACH = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "ReLU": (0.0, np.inf)}
BEYOND = 0.05  # of the targets


def output_range(subject: Subject) -> Measured | None:
    """Targets that the last activation can never give."""
    if subject.kind != "number":
        return None
    end = last_activation(subject.seen.prediction)
    if end is None:
        return None
    kind = "ReLU" if end.primitive.name in ("relu", "maximum") else end.primitive.name
    low, high = _REACH[kind]
    targets = np.asarray(subject.y, np.float64)
    share = float(np.mean((targets < low) | (targets > high)))
    if share <= BEYOND:
        return None
    text = (
        f"{share:.0%} of the targets lie outside of [{low:g}, {high:g}], which is all that the "
        f"{kind} at the end can give (bound {BEYOND:.0%})"
    )

    def draw() -> Any:
        return histogram("targets", targets, (low, min(high, 1e300)))

    return Measured(text, share, BEYOND, draw, f"{kind} at the output")


_CAUSES = (
    "symmetric-weights",
    "dead-relu",
    "saturated",
    "vanishing-gradients",
    "output-range",
)

CHECKS = [
    Check(
        "output-range",
        "The output cannot reach the targets",
        output_range,
        f"more than {BEYOND:.0%} of the targets are outside of the last activation's range",
        "The last activation limits what the network can say. No training brings it to targets "
        "beyond that, and it saturates in trying.",
        "End a regression with a plain Linear layer, or scale the targets into the range.",
    ),
    Check(
        "constant-output",
        "The same answer for every example",
        constant_output,
        f"the answers spread by less than {CONSTANT:g} of the targets' spread",
        "The network has stopped listening to its input: the best it can learn now is the mean of "
        "the targets. Something between input and output lets nothing through.",
        "Look at the layers from the input on for the first whose units do not vary; start with "
        "fresh weights and a lower learning rate.",
        unless=_CAUSES,
    ),
]
