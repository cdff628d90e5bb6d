"""Every primitive, and what a case of one is."""

import importlib
import pkgutil
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import chainrule
from chainrule.engine import trace
from chainrule.engine.primitives.families import Primitive

# Rooms that declare no operations, and import what tests of the engine need not have.
OTHER_ROOMS = (
    "__main__", "cli", "data", "demo", "draw", "estimators", "explain", "export", "lab", "lessons",
    "optim", "report", "tabular", "train", "widgets",
)  # fmt: skip


def all_primitives():
    """Each row that a module of the package defines, by name."""
    rows = {}
    for name in module_names():
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, Primitive):
                assert rows.setdefault(value.name, value) is value, f"two rows named {value.name}"
    return rows


def module_names():
    rooms = [info.name for info in pkgutil.iter_modules(chainrule.__path__)]
    for room in rooms:
        if room not in OTHER_ROOMS:
            home = importlib.import_module(f"chainrule.{room}")
            yield home.__name__
            inside = pkgutil.walk_packages(getattr(home, "__path__", ()), f"{home.__name__}.")
            yield from (info.name for info in inside)


ROWS = all_primitives()
# A leaf that holds an array, and the compiler's own copy: they compute nothing.
LEAVES = {"constant", "materialise"}


@dataclass(frozen=True)
class Case:
    """Inputs and params on which a primitive is tried; ``smooth``: finite differences hold."""

    name: str
    inputs: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    smooth: bool = True

    @property
    def row(self):
        return ROWS[self.name]

    def __str__(self):
        return f"{self.name}-{self.label}" if self.label else self.name

    def __call__(self, *inputs):
        """The primitive itself, without the preparation that its function does."""
        return trace.apply(self.row, *inputs, **self.params)

    def variant(self, k):
        """Other inputs of the same types, as valid as the first ones."""
        return [vary(np.asarray(x), k) for x in self.inputs]


def vary(x, k):
    if x.dtype.kind == "f":
        return (np.roll(x, k) * (1 - 0.04 * k)).astype(x.dtype)
    if x.dtype.kind == "b":
        return np.roll(x, k) ^ bool(k % 2)
    if not x.size or x.min() < 0:
        return np.roll(x, k)
    return ((x + k) % (x.max() + 1)).astype(x.dtype)


def draw(shape, low=-2.0, high=2.0, seed=0, dtype=np.float64):
    """Numbers between two bounds, spread evenly so that no two nearly tie, in random order."""
    rng = np.random.default_rng([seed, *shape])
    count = int(np.prod(shape))
    places = (rng.permutation(count) + 0.25 + 0.5 * rng.random(count)) / max(count, 1)
    return np.asarray(low + (high - low) * places, dtype).reshape(shape)
