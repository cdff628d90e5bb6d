"""``chainrule train``: from a table to a model that was judged by rows it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import running, terminal
from .options import PANELS

if TYPE_CHECKING:
    from ..tabular import Settings

__all__ = ["EXAMPLES", "PANELS", "train"]

EXAMPLES = r"""
[bold]Examples:[/]
  chainrule train molecules.csv --target toxic
  chainrule train biodeg.csv --no-header --sep ';' --target -1
  chainrule train sales.csv -t price --ignore id --type zip=category
  chainrule train 'part-*.parquet' -t y --test last.parquet --hidden 256,256
  chainrule train molecules.csv -t toxic --tune 30 --folds 5 -o runs/best
  chainrule train --config run.toml --seed 3
  chainrule train molecules.csv -t toxic --print-config > run.toml
"""

Data = Annotated[
    list[str] | None,
    typer.Argument(
        help="CSV, TSV, Parquet (also .gz, .zst, .bz2, .xz, .zip), or a pattern in quotes.",
        show_default=False,
        metavar="DATA",
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="Settings: a .toml or .json file. The command line wins over it.",
        metavar="FILE",
        show_default=False,
        rich_help_panel="Output",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        help="The run's folder; a new runs/NAME-1, -2, ... if not given.",
        metavar="FOLDER",
        show_default=False,
        rich_help_panel="Output",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Replace a run in that folder.", metavar="", rich_help_panel="Output"
    ),
]
Log = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        help="Log the epochs, too: csv, jsonl, tensorboard, mlflow. Repeat it.",
        metavar="NAME",
        show_default=False,
        rich_help_panel="Output",
    ),
]
PrintConfig = Annotated[
    bool,
    typer.Option(
        "--print-config",
        help="Print these settings, and the defaults, as TOML; train nothing.",
        metavar="",
        rich_help_panel="Output",
    ),
]
PrintSchema = Annotated[
    bool,
    typer.Option(
        "--print-schema",
        help="Print the JSON schema of a settings file, for editors.",
        metavar="",
        rich_help_panel="Output",
    ),
]


def train(
    data: Data = None,
    config: Config = None,
    output: Output = None,
    force: Force = False,
    log: Log = None,
    print_config: PrintConfig = False,
    print_schema: PrintSchema = False,
    tune: Annotated[
        int | None,
        typer.Option(
            "--tune",
            help="First look for a better recipe, in so many trials.",
            metavar="TRIALS",
            show_default=False,
            rich_help_panel="Training",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds",
            help="Cross-validate in so many folds, 0: not; 5 below 2,000 rows.",
            metavar="NUMBER",
            show_default=False,
            rich_help_panel="Training",
        ),
    ] = None,
    **given: Any,
) -> dict[str, Any]:
    """Train a network on a table, judge it on rows it has not seen, write a report.

    Finds out how the file is written, what each column is and what the task is; splits the rows;
    trains; and writes a folder with the model, the metrics and a report. Ctrl-C, a crash or a power
    cut loses nothing: chainrule resume goes on, to the same bits.
    """
    more: dict[str, Any] = {"output": output, "folds": folds}
    more["tune"] = None if tune is None else {"trials": tune}
    more = {name: value for name, value in more.items() if value is not None}
    if print_schema:
        return _print_schema()
    if print_config:
        from .config_text import show_config

        return show_config(data, config, given, more)
    return run(running.settings_of(data, config, given, **more), force, log)


def run(settings: Settings, force: bool, log: list[str] | None) -> dict[str, Any]:
    """Train, show, describe."""
    from .summary import show, show_search

    outcome = running.train(settings, force, log or ())
    if "search" in outcome.record:
        show_search(outcome.record["search"])
    show(outcome)
    return running.document_of(outcome)


def _print_schema() -> dict[str, Any]:
    import json

    from ..tabular import Settings

    text = Settings.schema_json()
    terminal.say(text.rstrip())
    found: dict[str, Any] = json.loads(text)
    return found
