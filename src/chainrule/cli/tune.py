"""``chainrule tune``: look for a better recipe, then train with it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import running
from .options import PANELS
from .train import Config, Data, Force, Log, Output, run

__all__ = ["EXAMPLES", "PANELS", "tune"]

EXAMPLES = """
[bold]Examples:[/]
  chainrule tune molecules.csv --target toxic
  chainrule tune molecules.csv -t toxic --trials 100 --minutes 30 --metric auc
  chainrule tune molecules.csv -t toxic --hidden 64,64   what you set stays
  chainrule resume runs/molecules-1                      after Ctrl-C
"""
_PANEL = "Search"


def _option(name: str, help: str, metavar: str) -> Any:
    return typer.Option(
        name, help=help, metavar=metavar, show_default=False, rich_help_panel=_PANEL
    )


def tune(
    data: Data = None,
    config: Config = None,
    output: Output = None,
    force: Force = False,
    log: Log = None,
    trials: Annotated[int | None, _option("--trials", "How many: 30.", "NUMBER")] = None,
    minutes: Annotated[
        float | None, _option("--minutes", "Begin no trial after so long.", "NUMBER")
    ] = None,
    tune_folds: Annotated[
        int | None, _option("--tune-folds", "Judge each trial by so many folds.", "NUMBER")
    ] = None,
    metric: Annotated[
        str | None, _option("--metric", "What is best: loss, auc, accuracy, r2, ...", "NAME")
    ] = None,
    folds: Annotated[
        int | None, _option("--folds", "Cross-validate the result; 0: not.", "NUMBER")
    ] = None,
    **given: Any,
) -> dict[str, Any]:
    """Look for a better recipe (Optuna), then train and judge a network with it.

    The first trial is the usual recipe, with what you set; what you set stays as it is. Bad trials
    are pruned. All is kept in the run's folder: chainrule resume goes on to the same trials.
    """
    searched = {"trials": trials, "minutes": minutes, "folds": tune_folds, "metric": metric}
    search = {name: value for name, value in searched.items() if value is not None}
    more: dict[str, Any] = {"output": output, "folds": folds}
    more = {name: value for name, value in more.items() if value is not None}
    return run(running.settings_of(data, config, given, tune=search, **more), force, log)
