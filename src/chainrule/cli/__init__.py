"""The command ``chainrule``: one file a verb."""

from __future__ import annotations

from typing import Annotated

import typer

from . import (
    cache,
    demo,
    doctor,
    evaluate,
    explain,
    export,
    inspect,
    lab,
    lessons,
    predict,
    resume,
    train,
    tune,
)
from .verb import Verbs, verb

# Panel of the help, and its verbs in the order in which one needs them.
_VERBS = {
    "From a table to a model": (train, tune, resume, predict, evaluate, explain, export, inspect),
    "See and learn": (demo, lab, lessons),
    "This machine": (doctor,),
}
_EPILOG = """
[bold]Exit codes:[/] 0 done, 1 failed, 2 used wrongly (also: a library that is not installed),
3 the data or the model file is bad, 130 stopped with Ctrl-C.

Each verb has its own help with examples: [bold]chainrule demo --help[/]
"""

app = typer.Typer(
    name="chainrule",
    help="Neural networks from scratch that you can see through.",
    epilog=_EPILOG,
    cls=Verbs,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_show_locals=False,
)
for panel, modules in _VERBS.items():
    for module in modules:
        name = module.__name__.rpartition(".")[2]
        function = verb(getattr(module, name), getattr(module, "PANELS", None))
        app.command(name, rich_help_panel=panel, epilog=module.EXAMPLES)(function)
app.add_typer(cache.app, name="cache", rich_help_panel="This machine")


def _show_version(asked: bool) -> None:
    if asked:
        from .. import __version__

        typer.echo(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def chainrule(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version.", metavar=""
        ),
    ] = False,
) -> None:
    """Neural networks from scratch that you can see through."""


def main() -> None:
    """Run the command line."""
    app()
