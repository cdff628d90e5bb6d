"""Checks of what the units answer: dead, saturated, all alike, or the same for every example."""

from __future__ import annotations

from typing import Any

import numpy as np

from .layers import Activation, by_unit
from .pictures import bars, histogram
from .report import Check, Measured
from .subject import PROBE, Subject, spread

# Half the units. Where biases are larger than what arrives, each unit is always off or always on as
# a coin falls; so it is in the last layers of deep networks that can still be trained. Of m such
# units, more than m/2 + √m are off by two standard deviations more than by chance.
DEAD = 0.5
REPEATS = 0.5
# A slope below 5 % of its largest: |x| > 2.18 for tanh, > 4.35 for the sigmoid. Seven in ten: a
# trained network puts many units at their ends, and may; one whose scale is wrong, nearly all.
FLAT = 0.05
SATURATED = 0.7
LEARNT = 0.5  # of the expected loss: below it, the units are at their ends for a reason
ALIKE = 1e-6  # relative: float32 rounds at 1e-7

_LARGEST_SLOPE = {"tanh": 1.0, "sigmoid": 0.25}


def slope(kind: str, value: Any) -> Any:
    """The derivative, from the value: 1 − y² of tanh, y (1 − y) of the sigmoid.

    >>> slope("sigmoid", 0.5)
    0.25
    """
    return 1 - value * value if kind == "tanh" else value * (1 - value)


def dead_share(values: Any, units: int) -> float:
    """The share of units that are 0 for every example.

    >>> dead_share(np.array([[0.0, 1.0], [0.0, 0.0]]), 1)
    0.5
    """
    return float(np.mean(by_unit(values, units).max(axis=0) <= 0))


def flat_share(kind: str, values: Any) -> float:
    """The share of values where the slope is below 5 % of its largest."""
    return float(np.mean(slope(kind, values) < FLAT * _LARGEST_SLOPE[kind]))


def line_of(subject: Subject, activation: Activation) -> str:
    """The layer's name, and the user's line unless it is only that of the whole network's call."""
    line = activation.node.line.rpartition("/")[2]
    lines = {other.node.line for other in subject.seen.activations}
    told = line and len(lines) == len(subject.seen.activations) > 1
    return f"{activation.name}; {line}" if told else activation.name


def _worst(
    subject: Subject, shares: dict[str, float], bounds: dict[str, float]
) -> tuple[list[str], str]:
    """Names beyond their bounds, the worst first, and where they are."""
    beyond = [name for name, share in shares.items() if share > bounds[name]]
    bad = sorted(beyond, key=shares.__getitem__, reverse=True)
    places = {a.name: line_of(subject, a) for a in subject.seen.activations}
    return bad, ", ".join(places[name] for name in bad[:4])


def dead_bound(values: Any, units: int) -> float:
    """The share of units that may always be 0: half, or what chance does to those that never turn.

    >>> dead_bound(np.array([[0.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0, 1.0]]), 1)
    0.8
    """
    columns = by_unit(values, units)
    fixed = int(np.sum(columns.max(axis=0) <= 0)) + int(np.sum(columns.min(axis=0) > 0))
    return min(1.0, max(DEAD, (fixed / 2 + fixed**0.5) / columns.shape[1]))


def dead_relu(subject: Subject) -> Measured | None:
    """ReLUs that are 0 for every example."""
    seen = subject.seen
    relus = [a for a in seen.activations if a.kind == "ReLU" and a.hidden]
    shares = {a.name: dead_share(seen.value(a.node), a.units) for a in relus}
    bounds = {a.name: dead_bound(seen.value(a.node), a.units) for a in relus}
    reached = {name: b if b == DEAD else b - ALIKE for name, b in bounds.items()}
    bad, where = _worst(subject, shares, reached)
    if not bad:
        return None
    bound = bounds[bad[0]]
    text = (
        f"{shares[bad[0]]:.0%} of the units of {bad[0]} are 0 for each of {len(subject.probe)} "
        f"examples (bound {bound:.0%})"
    )

    def draw() -> Any:
        return bars("units that are always 0", shares, bound, bad, percent=True)

    return Measured(text, shares[bad[0]], bound, draw, where)


def saturated(subject: Subject) -> Measured | None:
    """Hidden sigmoids and tanhs at their flat ends."""
    seen = subject.seen
    if seen.loss < LEARNT * subject.expected[0]:
        return None
    bent = [a for a in seen.activations if a.kind != "ReLU" and a.hidden]
    values = {a.name: (a.kind, seen.value(a.node)) for a in bent}
    shares = {name: flat_share(*found) for name, found in values.items()}
    bad, where = _worst(subject, shares, dict.fromkeys(shares, SATURATED))
    if not bad:
        return None
    kind, worst = values[bad[0]]
    end = 0.975 if kind == "tanh" else 0.987
    low = -end if kind == "tanh" else 1 - end
    text = (
        f"{shares[bad[0]]:.0%} of the values of {bad[0]} are where the slope is below {FLAT:.0%} "
        f"of its largest (bound {SATURATED:.0%})"
    )

    def draw() -> Any:
        return histogram(f"values of {bad[0]}", worst, (low, end))

    return Measured(text, shares[bad[0]], SATURATED, draw, where)


def symmetric_weights(subject: Subject) -> Measured | None:
    """Hidden layers whose units all compute the same."""
    seen = subject.seen
    shares = {}
    for layer in seen.layers:
        later = [other for other in seen.layers if other.depth > layer.depth]
        hears = bool(np.any(seen.value(layer.input)))  # else all units before it are dead
        if later and hears and layer.node.shape[layer.units] > 1:
            shares[layer.name] = alike_share(seen.value(layer.node), layer.units)
    bad = [name for name, share in shares.items() if share > REPEATS]
    if not bad:
        return None
    text = (
        f"{shares[bad[0]]:.0%} of the units of {bad[0]} give the same number as another unit, for "
        f"every example (bound {REPEATS:.0%})"
    )

    def draw() -> Any:
        return bars("units that repeat another", shares, REPEATS, bad, percent=True)

    return Measured(text, shares[bad[0]], REPEATS, draw, ", ".join(bad))


def alike_share(values: Any, units: int) -> float:
    """The share of units that repeat another: 0 where all differ.

    >>> alike_share(np.array([[1.0, 1.0, 2.0, 1.0]]), 1)
    0.5
    """
    rows = by_unit(values, units)
    columns = rows[spread(len(rows), PROBE)].T
    scale = float(np.abs(columns).max()) or 1.0
    distinct = np.unique(np.round(columns / (scale * ALIKE)), axis=0)
    return 1 - len(distinct) / len(columns)


CHECKS = [
    Check(
        "symmetric-weights",
        "The units of a layer are copies of each other",
        symmetric_weights,
        f"more than {REPEATS:.0%} of a hidden layer's units repeat another",
        "Units that begin alike get the same gradient and stay alike, so that the layer is worth "
        "one unit. Only a random start tells them apart.",
        "Initialise the weights at random (leave out init=zeros or constant); only biases and the "
        "last layer may start at zero.",
        "error",
    ),
    Check(
        "dead-relu",
        "ReLUs that never fire",
        dead_relu,
        f"{DEAD:.0%} of a layer's units are 0 for every example, and more than chance has it",
        "A ReLU that is 0 for all examples has slope 0, so that no gradient ever reaches its "
        "weights. It stays dead, and the layer is that much narrower.",
        "Lower the learning rate, start with He's weights (nn.init.kaiming_normal) and biases of "
        "0, scale the inputs; or take LeakyReLU or GELU.",
        unless=("symmetric-weights",),
    ),
    Check(
        "saturated",
        "Sigmoids or tanhs at their flat ends",
        saturated,
        f"more than {SATURATED:.0%} of a layer's values have a slope below {FLAT:.0%} of its "
        "largest",
        "Where the curve is flat its slope is nearly 0, and the gradient of all layers before is "
        "multiplied by it. These layers hardly learn.",
        "Scale the inputs to mean 0 and spread 1, start with smaller weights "
        "(nn.init.xavier_uniform), lower the learning rate.",
    ),
]
