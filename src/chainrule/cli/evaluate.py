"""``chainrule evaluate``: how good a model is on rows whose target is known."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import models, terminal
from .models import PANELS

__all__ = ["EXAMPLES", "PANELS", "evaluate"]

EXAMPLES = """
[bold]Examples:[/]
  chainrule evaluate runs/molecules-1 held-out.csv
  chainrule evaluate model.chainrule held-out.csv --json
"""


def evaluate(
    model: models.ModelPath,
    data: models.Table,
    resamples: Annotated[
        int,
        typer.Option(
            "--resamples", help="Of the bootstrap, for intervals; 0: none.", min=0, metavar="NUMBER"
        ),
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of the resamples.", metavar="NUMBER")] = 0,
    **given: Any,
) -> dict[str, Any]:
    """Judge a model by rows whose target is known: metrics with intervals of 95 % confidence."""
    from .summary import metrics_table

    loaded = models.load(model)
    frame = models.table(loaded, data, given)
    found = loaded.evaluate(frame, seed=seed, resamples=resamples)
    terminal.show(metrics_table(found))
    is_known = models.warn_of_known_rows(loaded, data)
    return {"task": loaded.task, "learned_from": is_known, **found.to_dict()}
