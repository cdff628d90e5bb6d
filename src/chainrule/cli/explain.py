"""``chainrule explain``: why a prediction is what it is, and which columns matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import models, terminal
from .models import PANELS

if TYPE_CHECKING:
    from ..tabular.model import Explanation

__all__ = ["EXAMPLES", "PANELS", "explain"]

EXAMPLES = """
[bold]Examples:[/]
  chainrule explain runs/molecules-1 new.csv              the first row
  chainrule explain runs/molecules-1 new.csv --row 3 --row 7
  chainrule explain runs/molecules-1 new.csv --of toxic   of this class
  chainrule explain runs/molecules-1 held-out.csv --importance
"""
BAR = 12  # signs to each side


def explain(
    model: models.ModelPath,
    data: models.Table,
    row: Annotated[
        list[int] | None,
        typer.Option(
            "--row",
            help="Which row, counted from 0; repeat it.",
            metavar="NUMBER",
            show_default=False,
        ),
    ] = None,
    of: Annotated[
        str | None,
        typer.Option(
            "--of",
            help="The class, label or value; the predicted one if not given.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    importance: Annotated[
        bool,
        typer.Option(
            "--importance",
            help="What the score loses without each column; needs the target.",
            metavar="",
        ),
    ] = False,
    most: Annotated[
        int, typer.Option("--most", help="How many columns are shown.", min=1, metavar="NUMBER")
    ] = 12,
    **given: Any,
) -> dict[str, Any]:
    """Show what each column adds to a prediction (integrated gradients, from the mean row)."""
    loaded = models.load(model)
    frame = models.table(loaded, data, given)
    if importance:
        from .summary import importance_table

        found = loaded.importance(frame)
        terminal.show(importance_table(found[:most]))
        names = ("column", "mean", "deviation")
        return {"importance": [dict(zip(names, each, strict=True)) for each in found]}
    explanations = loaded.explain(frame, row or [0], of)
    for each in explanations:
        _show(each, most)
    return {"explanations": [_as_dict(each) for each in explanations]}


def _as_dict(each: Explanation) -> dict[str, Any]:
    names = ("column", "value", "amount")
    parts = [dict(zip(names, part, strict=True)) for part in each.parts]
    return {**vars(each), "parts": parts}


def _show(each: Explanation, most: int) -> None:
    from .summary import cell, number

    terminal.say(f"Row {each.row}: {each.output} {number(each.value)}", style="bold")
    table = terminal.table("column", "value", "adds", "", right=(2,))
    largest = max((abs(amount) for _, _, amount in each.parts), default=0.0)
    table.add_row("(the mean row)", "", number(each.start), "")
    for name, value, amount in each.parts[:most]:
        table.add_row(
            terminal.literal(name),
            terminal.literal(cell(value)),
            f"{amount:+.4f}",
            _bar(amount, largest),
        )
    if len(each.parts) > most:
        rest = sum(amount for _, _, amount in each.parts[most:])
        table.add_row(f"({len(each.parts) - most} more)", "", f"{rest:+.4f}", _bar(rest, largest))
    terminal.show(None, table, None)


def _bar(amount: float, largest: float) -> str:
    """To the left in red where it takes away, to the right in green where it adds."""
    length = min(BAR, round(BAR * abs(amount) / largest)) if largest else 0
    if amount < 0:
        return f"{' ' * (BAR - length)}[red]{'█' * length}[/]│"
    return f"{' ' * BAR}│[green]{'█' * length}[/]"
