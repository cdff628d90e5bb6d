"""``chainrule lessons``: copy the workshop to a folder of the learner's and open it."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import terminal
from .errors import UsageError

if TYPE_CHECKING:
    from ..lessons.progress import Progress

FOLDER = Path("chainrule-lessons")
EXAMPLES = """
[bold]Examples:[/]
  chainrule lessons                   open them, in ./chainrule-lessons
  chainrule lessons course            in a folder of another name
  chainrule lessons --list            what there is, and what is solved
  chainrule lessons --only-copy       copy them, open nothing
"""


def lessons(
    folder: Annotated[
        Path,
        typer.Argument(help="Where your copies are; what is there already is kept."),
    ] = FOLDER,
    listing: Annotated[
        bool, typer.Option("--list", help="Show the lessons and what is solved; open nothing.")
    ] = False,
    only_copy: Annotated[
        bool, typer.Option("--only-copy", help="Copy the lessons; open nothing.")
    ] = False,
    browser: Annotated[
        bool, typer.Option(help="Open the browser; else only print the address.")
    ] = True,
    port: Annotated[
        int | None, typer.Option(help="The port; by default a free one.", show_default=False)
    ] = None,
) -> dict[str, Any]:
    """Learn by doing: copy the lessons to a folder of yours, and open them in the browser."""
    from ..lessons.progress import Progress
    from ..lessons.shelf import copy_to, entries

    if listing:
        return _show(folder, Progress(folder))
    if find_spec("marimo") is None and not only_copy:
        raise UsageError("the lessons need marimo: pip install 'chainrule[lessons]'")
    try:
        new = copy_to(folder)
    except OSError as error:
        raise UsageError(f"cannot write: {error}") from None
    kept = "" if len(new) == len(entries()) else "; the others are as you left them"
    terminal.say(f"New in {folder.resolve()}: {len(new)} of {len(entries())} lessons{kept}.")
    document = {"folder": folder.resolve(), "new": new}
    if not only_copy:
        terminal.write_early(document)
        raise typer.Exit(_open(folder, browser, port))
    return document


def _show(folder: Path, progress: Progress) -> dict[str, Any]:
    from rich.table import Table

    from ..lessons.shelf import entries, exercises

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="dim")
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    listed = []
    for entry in entries():
        names = exercises(entry.name)
        solved = len(set(names) & set(progress.solved(entry.name)))
        listed.append({"name": entry.name, "exercises": len(names), "solved": solved})
        mark = "[green]✔[/green] " if solved == len(names) else ""
        table.add_row(str(entry.number), entry.title, f"{mark}{solved} of {len(names)} solved")
    terminal.show(table)
    return {"folder": folder.resolve(), "lessons": listed}


def command(folder: Path, browser: bool, port: int | None) -> list[str]:
    """What starts marimo: on this machine only, and with a token in the address."""
    options = ["--host", "127.0.0.1", "--token", "--skip-update-check"]
    if not browser:
        options.append("--headless")
    if port is not None:
        options += ["--port", str(port)]
    return [sys.executable, "-m", "marimo", "edit", str(folder.resolve()), *options]


def _open(folder: Path, browser: bool, port: int | None) -> int:
    terminal.remark("Starting marimo; stop it with Ctrl+C.")
    process = subprocess.Popen(command(folder, browser, port), cwd=folder)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # marimo has it too, and asks whether to stop
            continue
