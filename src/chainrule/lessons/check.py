"""Checks of a learner's answer by what must hold of it; each says what it tried and what came out.

A check is a generator that tells a story: it yields what must hold, and then tries it.

    def check_square(square):
        yield "It is the square."
        agrees(square, lambda x: x * x, x=number())
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .cases import TRIES, Case, Kind, draw, smallest
from .differences import explain, values_match
from .texts import show, t

STEP = 1e-5


class Wrong(Exception):
    """Something does not hold.

    Attributes
    ----------
    case
        The smallest inputs with which it does not.
    function
        What was called with them.
    """

    def __init__(self, message: str, case: Case | None = None, function: Any = None) -> None:
        super().__init__(message)
        self.case = case or {}
        self.function = function


def require(condition: Any, message: str) -> None:
    """Fail with a message unless the condition holds."""
    if not condition:
        raise Wrong(message)


def equals(got: Any, expected: Any, what: str, tolerance: float = 1e-6) -> None:
    """A value is what it must be, to a relative tolerance.

    >>> equals(3.0, 4.0, "the third loss")
    Traceback (most recent call last):
        ...
    chainrule.lessons.check.Wrong: the third loss is 3, but it must be 4.
    """
    if not values_match(got, expected, tolerance):
        raise Wrong(t("equals", what=what, got=show(got), expected=show(expected)))


def shape(got: Any, expected: tuple[int, ...], what: str) -> None:
    """An array has a shape."""
    if got is None:
        raise Wrong(t("returns_nothing"))
    if np.shape(got) != expected:
        raise Wrong(t("shape", what=what, got=np.shape(got), expected=expected))


def unpack(got: Any, names: str) -> tuple[Any, ...]:
    """The values that an answer returns together: ``theta, losses = unpack(got, "theta, losses")``.

    >>> unpack(3.0, "dw, db")
    Traceback (most recent call last):
        ...
    chainrule.lessons.check.Wrong: It gives 3, but it must end with `return dw, db`.
    """
    if got is None:
        raise Wrong(t("returns_nothing"))
    if not isinstance(got, tuple | list) or len(got) != names.count(",") + 1:
        raise Wrong(t("unpack", got=show(got), names=names))
    return tuple(got)


def decreases(values: Any, what: str) -> None:
    """Each value is less than the one before."""
    values = np.asarray(values, dtype=float)
    finite = np.isfinite(values)
    if not finite.all():
        raise Wrong(t("not_finite", what=what, step=int(np.argmin(finite))))
    rises = np.diff(values) >= 0
    if rises.any():
        step = int(np.argmax(rises))
        before, after = show(values[step]), show(values[step + 1])
        raise Wrong(t("rises", what=what, step=step, next=step + 1, before=before, after=after))


def holds(claim: Callable[..., str | None], function: Any = None, **kinds: Kind) -> None:
    """A claim about any inputs: the function returns None where it holds, else what is wrong.

    >>> from chainrule.lessons.cases import number
    >>> holds(lambda x: "the square is negative" if x * x < 0 else None, x=number())
    """
    for seed in range(TRIES):
        case = draw(kinds, seed)
        if claim(**case) is not None:
            least = smallest(kinds, case, lambda c: claim(**c) is not None)
            raise Wrong(claim(**least) or "", least, function)


def agrees(
    learner: Callable[..., Any],
    reference: Callable[..., Any],
    tolerance: float = 1e-6,
    **kinds: Kind,
) -> None:
    """Two functions give the same for any inputs, which are passed in order.

    Where they do not, the message shows the smallest inputs found, and names what all the
    differences have in common: a sign, a factor, a sum for a mean, a transposed array.

    >>> from chainrule.lessons.cases import number
    >>> agrees(lambda x: -x, lambda x: x, x=number())
    Traceback (most recent call last):
        ...
    chainrule.lessons.check.Wrong: With x = 1 yours gives −1, but it must be 1.
    The sign is the other way round.
    """

    def differ(case: Case) -> bool:
        return not values_match(_call(learner, case), _call(reference, case), tolerance)

    cases = [draw(kinds, seed) for seed in range(TRIES)]
    case = next(filter(differ, cases), None)
    if case is None:
        return
    least = smallest(kinds, case, differ)
    got, expected = _call(learner, least), _call(reference, least)
    message = t("differs", case=show_case(least), got=show(got), expected=show(expected))
    pairs = [(_call(learner, c), _call(reference, c), c) for c in cases]
    raise Wrong("\n".join(filter(None, [message, explain(pairs)])), least, learner)


def derivative(f: Callable[..., Any], df: Callable[..., Any], by: str = "", **kinds: Kind) -> None:
    """The second function is the derivative of the first, by the input of that name.

    Measured by central differences, (f(x + h) - f(x - h)) / 2h, entry by entry; of what f gives
    the sum is taken, so an elementwise f needs an elementwise df.
    """
    by = by or next(iter(kinds))

    def measured(*args: Any) -> Any:
        return slope(f, dict(zip(kinds, args, strict=True)), by)

    agrees(df, measured, tolerance=1e-4, **kinds)


def slope(f: Callable[..., Any], case: Case, by: str) -> Any:
    """The derivative of the sum of f by one of its inputs, by central differences.

    >>> round(float(slope(lambda x: x**2, {"x": 3.0}, "x")), 6)
    6.0
    """
    point = np.array(case[by], dtype=float)
    found = np.zeros_like(point)
    for place in np.ndindex(point.shape):
        ends = []
        for step in (STEP, -STEP):
            moved = point.copy()
            moved[place] += step
            ends.append(np.sum(f(*(case | {by: moved[()]}).values())))
        found[place] = (ends[0] - ends[1]) / (2 * STEP)
    return found[()]


def show_case(case: Case) -> str:
    """Inputs as text: ``w = 2, x = [1, 0]``."""
    return ", ".join(f"{name} = {show(value)}" for name, value in case.items())


def _call(function: Callable[..., Any], case: Case) -> Any:
    """Call with copies, which must come back as they went in."""
    given = {name: np.copy(x) if np.ndim(x) else x for name, x in case.items()}
    result = function(*given.values())
    for name, value in case.items():
        if not np.array_equal(given[name], value):
            raise Wrong(t("changes", name=name), case, function)
    return result
