"""The command ``chainrule``: one file a verb."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from . import cache
from .demo import demo
from .lab import lab
from .lessons import lessons

app = typer.Typer(
    name="chainrule",
    help="Neural networks from scratch that you can see through.",
    epilog="Example: chainrule demo --output report",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
app.command()(demo)
app.command()(lab)
app.command()(lessons)
app.add_typer(cache.app, name="cache")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"chainrule {installed_version('chainrule')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Neural networks from scratch that you can see through."""


def main() -> None:
    """Run the command line."""
    app()
