"""Everything the author of exercises needs, by one import."""

from .cases import Case, Kind, array, labels, number
from .check import (
    Wrong,
    agrees,
    decreases,
    derivative,
    equals,
    holds,
    require,
    shape,
    slope,
    unpack,
)
from .exercise import Exercise, Mistake
from .texts import show

__all__ = [
    "Case",
    "Exercise",
    "Kind",
    "Mistake",
    "Wrong",
    "agrees",
    "array",
    "decreases",
    "derivative",
    "equals",
    "holds",
    "labels",
    "number",
    "require",
    "shape",
    "show",
    "slope",
    "unpack",
]
