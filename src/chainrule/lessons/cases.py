"""Inputs to try a learner's function on, and the simplest of those on which it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Case = dict[str, Any]
TRIES = 25
MOST_STEPS = 300


@dataclass(frozen=True)
class Kind:
    """What an input is: its shape, in numbers and letters, and the range of its entries."""

    shape: tuple[int | str, ...] = ()
    low: float = -3.0
    high: float = 3.0
    whole: bool = False
    avoid: tuple[float, ...] = ()

    def allows(self, value: float) -> bool:
        """Whether an entry may have this value."""
        return self.low <= value <= self.high and value not in self.avoid


def number(low: float = -3.0, high: float = 3.0, avoid: tuple[float, ...] = ()) -> Kind:
    """A number in [low, high]; ``avoid`` names kinks, where a derivative cannot be measured."""
    return Kind((), low, high, avoid=avoid)


def array(
    *shape: int | str, low: float = -3.0, high: float = 3.0, avoid: tuple[float, ...] = ()
) -> Kind:
    """An array; the same letter is the same length in all inputs: ``array("n", 2)``."""
    return Kind(shape, low, high, avoid=avoid)


def labels(*shape: int | str, classes: int = 2) -> Kind:
    """Whole numbers from 0 to classes - 1."""
    return Kind(shape, 0, classes - 1, whole=True)


def draw(kinds: dict[str, Kind], seed: int) -> Case:
    """A case: entries with one decimal, lengths from 2 to 4; the same for the same seed.

    >>> case = draw({"w": number(), "x": array("n", 2), "y": labels("n")}, seed=0)
    >>> len(case["x"]) == len(case["y"])
    True
    """
    rng = np.random.default_rng(seed)
    length = {letter: int(rng.integers(2, 5)) for letter in _letters(kinds)}
    return {name: _entries(kind, length, rng) for name, kind in kinds.items()}


def _entries(kind: Kind, length: dict[str, int], rng: np.random.Generator) -> Any:
    shape = tuple(length.get(side, side) for side in kind.shape)
    values = rng.uniform(kind.low, kind.high, shape)
    if kind.whole:
        found = rng.integers(int(kind.low), int(kind.high) + 1, shape)
        return found if kind.shape else int(found)
    rounded = np.clip(np.round(values, 1), kind.low, kind.high)
    kept = np.where(np.isin(rounded, kind.avoid), values, rounded)
    return kept if kind.shape else float(kept)


def smallest(kinds: dict[str, Kind], case: Case, fails: Callable[[Case], bool]) -> Case:
    """Make a failing case simpler as long as it still fails: shorter, then rounder numbers.

    The idea is that of QuickCheck (Claessen and Hughes 2000).

    >>> kinds = {"x": array("n")}
    >>> smallest(kinds, {"x": np.array([0.3, 2.7, -1.2])}, lambda case: case["x"].max() > 1)
    {'x': array([2.])}
    """
    for _ in range(MOST_STEPS):
        simpler = next((c for c in _simpler(kinds, case) if fails(c)), None)
        if simpler is None:
            break
        case = simpler
    return case


def _simpler(kinds: dict[str, Kind], case: Case) -> Iterator[Case]:
    for letter in _letters(kinds):
        length = _length(kinds, case, letter)
        for index in range(length if length > 1 else 0):
            yield {name: _without(kinds[name], case[name], letter, index) for name in case}
    for name, kind in kinds.items():
        for place in np.ndindex(np.shape(case[name])):
            value = float(np.asarray(case[name])[place])
            for rounder in _rounder(value):
                if kind.allows(rounder):
                    yield case | {name: _with(case[name], place, rounder)}


def _letters(kinds: dict[str, Kind]) -> list[str]:
    sides = {side for kind in kinds.values() for side in kind.shape}
    return sorted(side for side in sides if isinstance(side, str))


def _length(kinds: dict[str, Kind], case: Case, letter: str) -> int:
    """How long the axes of this letter are."""
    name = next(name for name, kind in kinds.items() if letter in kind.shape)
    return np.shape(case[name])[kinds[name].shape.index(letter)]


def _without(kind: Kind, value: Any, letter: str, index: int) -> Any:
    for axis, side in enumerate(kind.shape):
        if side == letter:
            value = np.delete(value, index, axis)
    return value


def _with(value: Any, place: tuple[int, ...], entry: float) -> Any:
    if not place:
        return type(value)(entry)
    copy = np.array(value)
    copy[place] = entry
    return copy


def _rounder(value: float) -> list[float]:
    candidates = (0.0, 1.0, 2.0, -1.0, float(np.floor(value)), float(np.ceil(value)))
    return [each for each in candidates if _effort(each) < _effort(value)]


def _effort(value: float) -> tuple[bool, float, bool]:
    """How hard a number is to work with: fractions, then size, then sign."""
    return (value != round(value), abs(value), value < 0)
