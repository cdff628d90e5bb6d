"""What a diagnosis says: findings, and the report that holds them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ...draw.svg import Picture

SEVERITIES = ("error", "warning", "note")
WIDTH = 80


@dataclass(frozen=True)
class Measured:
    """What one check found to be out of bounds.

    Attributes
    ----------
    text
        What was measured, with the number in it.
    number, bound
        The number, and the bound that it passed.
    where
        The layer, the column, the line of the program; empty for the whole model.
    draw
        Makes the picture when it is asked for.
    change
        What to change, where the measurement knows more than the table of checks.
    """

    text: str
    number: float
    bound: float
    draw: Callable[[], Picture]
    where: str = ""
    change: str = ""


@dataclass(frozen=True)
class Check:
    """A row of the table: a pure function of the subject, and all that is always said with it.

    Attributes
    ----------
    find
        ``find(subject)``: what is out of bounds, or None.
    bound
        The bound in words, for the documentation.
    unless
        Findings of which this one would only be a consequence.
    slow
        Whether all of it needs trained copies, so that a quick diagnosis leaves it out.
    """

    id: str
    title: str
    find: Callable[[Any], Measured | None]
    bound: str
    why: str
    change: str
    severity: str = "warning"
    unless: tuple[str, ...] = ()
    slow: bool = False


@dataclass(frozen=True)
class Finding:
    """Something that keeps a network from learning: measured, explained, and how to mend it."""

    id: str
    title: str
    severity: str
    measured: str
    number: float
    bound: float
    why: str
    change: str
    where: str = ""
    draw: Callable[[], Picture] | None = field(default=None, repr=False, compare=False)

    def picture(self) -> Picture:
        """What was measured, as a picture."""
        assert self.draw is not None
        return self.draw()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, the picture as SVG text."""
        names = ("id", "title", "severity", "measured", "why", "change", "where")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found |= {"number": _plain(self.number), "bound": _plain(self.bound)}
        return found | {"picture": str(self.picture())}

    def __str__(self) -> str:
        title = f"{self.severity}: {self.title} [{self.id}]"
        head = textwrap.fill(title, WIDTH, break_on_hyphens=False)
        rows = [("measured", self.measured), ("where", self.where)]
        rows += [("why", self.why), ("change", self.change)]
        return "\n".join([head, *[_row(name, text) for name, text in rows if text]])


class Report:
    """The findings of a diagnosis, the gravest first.

    >>> str(Report([], checks=3))
    'No finding in 3 checks.'
    """

    def __init__(self, findings: list[Finding], checks: int) -> None:
        self.findings = sorted(findings, key=lambda found: SEVERITIES.index(found.severity))
        self.checks = checks

    @property
    def ids(self) -> list[str]:
        """The ids of the findings."""
        return [found.id for found in self.findings]

    @property
    def warnings(self) -> list[Finding]:
        """The findings that are more than a note."""
        return [found for found in self.findings if found.severity != "note"]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The findings as plain values, for JSON."""
        return [found.to_dict() for found in self.findings]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, which: int | str) -> Finding:
        """A finding by its place or by its id."""
        if isinstance(which, int):
            return self.findings[which]
        for found in self.findings:
            if found.id == which:
                return found
        raise KeyError(f"no finding {which!r}; there are {self.ids}")

    def __str__(self) -> str:
        if not self.findings:
            return f"No finding in {self.checks} checks."
        noun = "finding" if len(self) == 1 else "findings"
        head = f"{len(self)} {noun} in {self.checks} checks."
        return "\n\n".join([head, *map(str, self.findings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.findings:
            return f"<p>{escape(str(self))}</p>"
        return "\n".join([_html(found) for found in self.findings])


def _row(name: str, text: str) -> str:
    label = f"  {name:<10}"
    return textwrap.fill(text, WIDTH, initial_indent=label, subsequent_indent=" " * len(label))


def _html(found: Finding) -> str:
    rows = [("measured", found.measured), ("where", found.where)]
    rows += [("why", found.why), ("change", found.change)]
    items = [f"<dt><b>{name}</b></dt><dd>{escape(text)}</dd>" for name, text in rows if text]
    head = f"<h4>{escape(found.title)} <small>{found.severity}, {found.id}</small></h4>"
    return f"<section>{head}<dl>{''.join(items)}</dl>{found.picture()}</section>"


def _plain(number: float) -> float | None:
    """A number that JSON has; None for NaN and infinities."""
    value = float(number)
    return value if abs(value) < float("inf") else None
