"""What an experiment hands back: what it found, and its results beside known answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Track = Callable[[Iterable[Any], str], Iterator[Any]]
"""``track(loop, "what it does")`` gives the same loop, and shows how far it is."""


@dataclass(frozen=True)
class Check:
    """One result beside its reference."""

    what: str
    result: str
    reference: str
    passed: bool


@dataclass(frozen=True)
class Outcome:
    """What an experiment found (arrays and numbers by name, for the pictures) and its checks."""

    found: dict[str, Any]
    checks: list[Check]
    note: str = ""


def near(what: str, result: Any, reference: Any, tolerance: float) -> Check:
    """The result is within ``tolerance`` of the reference.

    >>> near("w", 2.5001, 2.5, 1e-3)
    Check(what='w', result='2.5001', reference='2.5 ± 0.001', passed=True)
    """
    passed = bool(abs(result - reference) <= tolerance)
    return Check(what, number(result), f"{number(reference)} ± {tolerance:g}", passed)


def at_least(what: str, result: Any, bound: float) -> Check:
    """The result is ``bound`` or more."""
    return Check(what, number(result), f"at least {number(bound)}", bool(result >= bound))


def at_most(what: str, result: Any, bound: float) -> Check:
    """The result is ``bound`` or less."""
    return Check(what, number(result), f"at most {number(bound)}", bool(result <= bound))


def number(value: Any) -> str:
    """A number with five digits, as people write it.

    >>> number(0.123456), number(3e-17), number(200)
    ('0.12346', '3e-17', '200')
    """
    value = float(value)
    return f"{value:.0e}" if 0 < abs(value) < 1e-3 else f"{value:.5g}"


def quietly(loop: Iterable[Any], what: str = "") -> Iterator[Any]:
    """A ``track`` that shows nothing."""
    return iter(loop)
