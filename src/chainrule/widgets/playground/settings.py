"""Settings of the playground: all that a link to it holds, checked."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from .. import accept
from ..widget import UserError
from . import options

MOST_LAYERS, MOST_NEURONS = 6, 10
MOST_POINTS, MOST_CLASSES = 1000, 5


@dataclass(frozen=True)
class Settings:
    """What the learner chose; the same settings give the same numbers."""

    data: str = "circles"
    noise: float = 0.08
    count: int = 200
    share: float = 0.3
    classes: int = 2
    hidden: tuple[int, ...] = (4, 2)
    activation: str = "Tanh"
    init: str = "default"
    dropout: float = 0.0
    loss: str = "BCEWithLogitsLoss"
    optimizer: str = "Adam"
    lr: float = 0.03
    momentum: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    batch: int = 10
    seed: int = 0
    across: int = 0
    up: int = 1

    def with_changes(self, changes: dict[str, Any]) -> Settings:
        """Others of these; what is no setting is left out."""
        known = {name: value for name, value in changes.items() if name in NAMES}
        return dataclasses.replace(self, **known)

    def changed_from(self, other: Settings) -> set[str]:
        """The names whose values differ."""
        return {name for name in NAMES if getattr(self, name) != getattr(other, name)}


NAMES = tuple(field.name for field in dataclasses.fields(Settings))
# A change of these begins anew; of the others, training goes on.
LIVE = {"optimizer", "lr", "momentum", "l1", "l2", "batch", "across", "up"}
POINTS = {"data", "noise", "count", "share", "classes", "seed"}


def hidden(value: Any) -> tuple[int, ...]:
    """Sizes of the hidden layers.

    >>> hidden([4, 2.0])
    (4, 2)
    """
    if not isinstance(value, list | tuple) or len(value) > MOST_LAYERS:
        raise UserError(f"At most {MOST_LAYERS} hidden layers fit on the page.")
    return tuple(map(accept.whole(1, MOST_NEURONS), value))


CHECKS = {
    "data": accept.choice(*options.DATA, options.OWN, options.CSV),
    "noise": accept.number(0, 1),
    "count": accept.whole(20, MOST_POINTS),
    "share": accept.number(0.1, 0.9),
    "classes": accept.whole(2, MOST_CLASSES),
    "hidden": hidden,
    "activation": accept.choice(*options.ACTIVATIONS),
    "init": accept.choice(*options.INITIALISERS),
    "dropout": accept.number(0, 0.9),
    "loss": accept.choice(*options.CRITERIA),
    "optimizer": accept.choice(*options.OPTIMIZERS),
    "lr": accept.number(1e-6, 100),
    "momentum": accept.number(0, 0.999),
    "l1": accept.number(0, 10),
    "l2": accept.number(0, 10),
    "batch": accept.whole(1, MOST_POINTS),
    "seed": accept.whole(0, 2**31 - 1),
    "across": accept.whole(0, 1000),
    "up": accept.whole(0, 1000),
}
