"""Pieces of HTML that several parts of the report use; texts are escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from .charts import number


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its title, and its HTML."""

    name: str
    title: str
    content: str


@dataclass(frozen=True)
class Raw:
    """HTML in the cell of a table, as it is; any other value is escaped."""

    html: str


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph of plain text.

    >>> paragraph("a < b")
    '<p>a &lt; b</p>'
    """
    named = f' class="{kind}"' if kind else ""
    return f"<p{named}>{escape(text)}</p>"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Any]],
    numbers: Sequence[int] = (),
    kind: str = "plain",
) -> str:
    """A table; the columns of ``numbers`` are set to the right."""
    kinds = [' class="number"' if at in numbers else "" for at in range(len(head))]
    top = "".join(f"<th{kinds[at]}>{escape(text)}</th>" for at, text in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f"<td{kinds[at]}>{cell(v)}</td>" for at, v in enumerate(row)) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def cell(value: Any) -> str:
    """A value as HTML: floats rounded, None as a dash."""
    if isinstance(value, Raw):
        return value.html
    if value is None or (isinstance(value, float) and not np.isfinite(value)):
        return "–"
    return escape(number(value) if isinstance(value, float) else str(value))


def details(summary: str, content: str, is_open: bool = False) -> str:
    """Content that is shown on a click."""
    return f"<details{' open' * is_open}><summary>{escape(summary)}</summary>{content}</details>"


def definitions(rows: Iterable[tuple[str, Any]]) -> str:
    """Terms and what they are."""
    inside = "".join(f"<dt>{escape(term)}</dt><dd>{cell(value)}</dd>" for term, value in rows)
    return f"<dl>{inside}</dl>"


def bars(
    rows: Sequence[tuple[str, float, float, str]], colours: tuple[str, str], kind: str = ""
) -> str:
    """Names with bars from zero to the right, or to the left; each with a deviation and a text.

    ``colours`` are those of values below and above zero.
    """
    if not rows:
        return ""
    low = min(0.0, *[value - spread for _, value, spread, _ in rows])
    high = max(0.0, *[value + spread for _, value, spread, _ in rows])
    width = (high - low) or 1.0

    def at(value: float) -> float:
        return 100 * (value - low) / width

    found = []
    for name, value, spread, text in rows:
        left, right = sorted((at(0.0), at(value)))
        colour = colours[int(value > 0)]
        style = f"left:{left:.2f}%;width:{right - left:.2f}%;background:{colour}"
        whisker = ""
        if spread:
            start, wide = at(value - spread), 100 * 2 * spread / width
            whisker = f'<u style="left:{start:.2f}%;width:{wide:.2f}%"></u>'
        zero = f'<s style="left:{at(0.0):.2f}%"></s>'
        picture = f'<div class="bar">{zero}<i style="{style}"></i>{whisker}</div>'
        found.append(
            f'<tr><th scope="row">{escape(name)}</th><td>{picture}</td>'
            f'<td class="number">{escape(text)}</td></tr>'
        )
    return f'<table class="bars {kind}"><tbody>{"".join(found)}</tbody></table>'


def shortened(name: Any, most: int = 40) -> str:
    """A text that is not longer than so many letters."""
    text = str(name)
    return text if len(text) <= most else text[: most - 1] + "…"


def percent(share: float, digits: int = 1) -> str:
    """A share as text.

    >>> percent(0.8674)
    '86.7 %'
    """
    return f"{100 * share:.{digits}f} %"


def decimals(value: float) -> str:
    """A number with three decimals, or with three digits where these say nothing.

    >>> decimals(0.88), decimals(-51.9), decimals(123456.0), decimals(0.0)
    ('0.880', '−51.900', '1.23 · 10⁵', '0.000')
    """
    if not np.isfinite(value):
        return "–"
    is_plain = value == 0 or 1e-3 <= abs(value) < 1e4
    return f"{value:.3f}".replace("-", "−") if is_plain else number(value, 3)


def chance(p: float) -> str:
    """A probability as text; no prediction is certain.

    >>> chance(0.501), chance(0.99999)
    ('50.1 %', '> 99.9 %')
    """
    return "> 99.9 %" if p > 0.9995 else "< 0.1 %" if p < 0.0005 else percent(p)


def plural(count: int, what: str) -> str:
    """A number of things.

    >>> plural(1, "row"), plural(1055, "row")
    ('1 row', '1,055 rows')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"
