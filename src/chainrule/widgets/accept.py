"""Checks of what comes from a page or a link: each gives the value, or raises ``UserError``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .widget import UserError

Check = Callable[[Any], Any]


def number(least: float = -1e6, most: float = 1e6) -> Check:
    """A finite number, brought into the range.

    >>> number(0, 10)(12)
    10.0
    """

    def check(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"A number is needed here, not {value!r}.")
        if not math.isfinite(value):
            raise UserError("A finite number is needed here.")
        return float(min(max(value, least), most))

    return check


def whole(least: int, most: int) -> Check:
    """A whole number, brought into the range.

    >>> whole(1, 8)(3.0)
    3
    """
    in_range = number(least, most)
    return lambda value: round(in_range(value))


def flag(value: Any) -> bool:
    """True or False.

    >>> flag(True)
    True
    """
    if not isinstance(value, bool):
        raise UserError(f"Yes or no is needed here, not {value!r}.")
    return value


def choice(*names: str) -> Check:
    """One of these names.

    >>> choice("relu", "tanh")("tanh")
    'tanh'
    """

    def check(value: Any) -> str:
        if value not in names:
            raise UserError(f"There is no {value!r}; there are {', '.join(names)}.")
        return str(value)

    return check


def text(most: int) -> Check:
    """A text of at most so many characters.

    >>> text(200)("w**2")
    'w**2'
    """

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise UserError(f"A text is needed here, not {value!r}.")
        if len(value) > most:
            raise UserError(f"This text has {len(value)} characters; at most {most} are read.")
        return value

    return check


def points(most: int, width: int = 2, limit: float = 1e6) -> Check:
    """A list of at most so many points of ``width`` finite numbers each.

    >>> points(10)([[1, 2], [3, 4]])
    [[1.0, 2.0], [3.0, 4.0]]
    """
    coordinate = number(-limit, limit)

    def check(value: Any) -> list[list[float]]:
        if not isinstance(value, list) or len(value) > most:
            raise UserError(f"A list of at most {most} points is needed here.")
        if any(not isinstance(point, list) or len(point) != width for point in value):
            raise UserError(f"A point is a list of {width} numbers.")
        return [[coordinate(part) for part in point] for point in value]

    return check
