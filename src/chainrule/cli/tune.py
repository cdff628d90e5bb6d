"""``chainrule tune``: look for a better recipe, then train with it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import running, terminal
from .options import PANELS
from .train import Config, Data, Force, Output

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
        int | None, _option("--folds", "Cross-validate the result as well.", "NUMBER")
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
    from .summary import show

    outcome = running.train(running.settings_of(data, config, given, tune=search, **more), force)
    show_search(outcome.record["search"])
    show(outcome)
    return running.document_of(outcome)


def show_search(found: dict[str, Any], most: int = 5) -> None:
    """The best trials, and what they changed."""
    from .summary import number

    done = [trial for trial in found["trials"] if trial["value"] is not None]
    is_less = found["value"] == min(trial["value"] for trial in done)
    done.sort(key=lambda trial: trial["value"], reverse=not is_less)
    states = [trial["state"] for trial in found["trials"]]
    pruned = f", {states.count('pruned')} pruned" if "pruned" in states else ""
    table = terminal.table("trial", found["metric"], "recipe", right=(0, 1))
    for trial in done[:most]:
        told = ", ".join(f"{name} {_short(value)}" for name, value in trial["changes"].items())
        name = "the usual" if trial["number"] == 0 else str(trial["number"] + 1)
        table.add_row(name, number(trial["value"]), told)
    terminal.say(f"{len(states)} trials{pruned}; the best:")
    terminal.results().print(table)


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "-".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
