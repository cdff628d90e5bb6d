"""The steps of backprop as a table, for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ...draw.palette import BLUE, DARK, VERMILION
from ..numbers import short

if TYPE_CHECKING:
    from . import Backprop, Sent, Step

WIDTH = 80
_HEAD = ("", "node", "operation", "value", "d output / d node")
_COLUMNS = (3, 8, 14, 26, 25)


def as_text(steps: Backprop) -> str:
    """The table in 80 columns: a line for each node, under it a line for each operand."""
    lines = [_cut(f"    {_labels(steps)}", WIDTH), _row(*_HEAD)]
    lines += [_row("", "  to", "", "times", "sends; Σ so far"), "─" * WIDTH]
    said = ""
    for number, step in enumerate(steps):
        if step.line and step.line != said:
            lines.append(_cut(f"    {step.line}", WIDTH))
            said = step.line
        lines.append(_row(str(number), step.id, step.op, short(step.value), short(step.cotangent)))
        for sent in step.sends:
            formula, amount, total = _product(sent)
            text = f"{amount}; {total}" if total else amount
            fits = len(text) <= _COLUMNS[-1]
            lines.append(_row("", f"  {sent.to}", "", formula, text if fits else amount))
            lines += [] if fits or not total else [_row("", "", "", "", total)]
    ends = [f"{name} = {short(ct)}" for name, ct in _ends(steps)]
    return "\n".join([*lines, "─" * WIDTH, *(_cut(f"    d_{end}", WIDTH) for end in ends)])


def _labels(steps: Backprop) -> str:
    found = steps.call.labels.items()
    return ", ".join(f"{steps.names[node]} = {label}" for node, label in found)


def _product(sent: Sent) -> tuple[str, str, str]:
    """What the cotangent is multiplied by, what comes of it, and of several parts their sum."""
    formula, number = sent.local.formula, sent.local.number
    if number is not None and not np.ndim(number) and not formula.isdigit():
        text = short(number)
        formula += f" = {text}" if text != formula else ""
    total = "" if sent.total is sent.amount else f"Σ {short(sent.total)}"
    return formula, short(sent.amount), total


def _row(*cells: str) -> str:
    pairs = zip(cells, _COLUMNS, strict=True)
    return " ".join(_cut(cell, width).ljust(width) for cell, width in pairs).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _ends(steps: Backprop) -> Iterator[tuple[str, object]]:
    for node in steps.call.wanted:
        name = steps.names[node]
        yield name, steps.cotangents.get(name, 0)


# -- in a notebook -----------------------------------------------------------------------------

_STYLE = "text-align:left;padding:2px 10px;vertical-align:top;white-space:nowrap"
_TABLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
# As in the pictures; where the page is dark, the sheet gives the names lighter colours.
_BLUE = f"color:var(--chainrule-blue,{BLUE})"
_VERMILION = f"color:var(--chainrule-vermilion,{VERMILION})"
_DARK = f"--chainrule-blue:{DARK[BLUE]};--chainrule-vermilion:{DARK[VERMILION]}"
_STYLE_SHEET = (
    "<style>@media (prefers-color-scheme: dark) { "
    f":root:not([data-theme=light]) .chainrule-table {{ {_DARK} }} }} "
    f"[data-theme=dark] .chainrule-table {{ {_DARK} }}</style>"
)


def as_html(steps: Backprop) -> str:
    """The table as HTML, under each of the user's lines the steps that come from it."""
    head = (*_HEAD, "to", "times", "sends; Σ so far")
    rows = ["".join(_cell(text, "font-weight:600") for text in head)]
    said = ""
    for number, step in enumerate(steps):
        if step.line and step.line != said:
            said = step.line
            rows.append(_cell(_cut(said, 100), "opacity:0.7;font-family:monospace", len(head)))
        rows += list(_html_rows(number, step))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    table = f'<table style="{_TABLE}">{body}</table>'
    head = f'<div class="chainrule-table" style="overflow-x:auto">{_STYLE_SHEET}'
    return f"{head}{escape(_labels(steps))}{table}</div>"


def _html_rows(number: int, step: Step) -> Iterator[str]:
    first = _cell(str(number)) + _cell(step.id) + _cell(step.op)
    first += _cell(short(step.value), _BLUE) + _cell(short(step.cotangent), _VERMILION)
    for sent in step.sends:
        formula, amount, total = _product(sent)
        cells = _cell(sent.to) + _cell(formula, "font-family:monospace")
        yield first + cells + _cell(f"{amount}; {total}" if total else amount, _VERMILION)
        first = _cell("") * len(_HEAD)


def _cell(text: str, style: str = "", columns: int = 1) -> str:
    span = f' colspan="{columns}"' if columns > 1 else ""
    return f'<td style="{_STYLE};{style}"{span}>{escape(text)}</td>'
