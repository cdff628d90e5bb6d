"""``chainrule cache``: the machine code that is kept on disk; look at it, remove it."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="The machine code that is kept on disk for the next start.", no_args_is_help=True
)


@app.command()
def info(
    as_json: Annotated[bool, typer.Option("--json", help="For programs: JSON.")] = False,
) -> None:
    """Show where the cache is and how much is in it."""
    found = _describe()
    if as_json:
        typer.echo(json.dumps(found))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("Directory", found["directory"] or "none: nothing says where it could be")
    table.add_row("In use", f"no: {found['why_not']}" if found["why_not"] else "yes")
    table.add_row("Entries", str(found["entries"]))
    table.add_row("Size", f"{found['bytes'] / 1e6:.1f} MB of at most {found['limit'] / 1e6:.0f} MB")
    if found["oldest_use"]:
        days = (time.time() - found["oldest_use"]) / 86400
        table.add_row("Oldest use", f"{days:.0f} days ago")
    Console(highlight=False).print(table)


@app.command()
def clear() -> None:
    """Remove all entries; programs compile again when they next start."""
    from ..engine.compile.cache import DiskCache, default_directory

    directory = default_directory()
    count = DiskCache(directory).clear() if directory else 0
    typer.echo(f"{count} {'entry' if count == 1 else 'entries'} removed from {directory}")


def _describe() -> dict[str, Any]:
    from ..engine.compile.cache import LIMIT, DiskCache, default_directory
    from ..engine.config import config

    directory = default_directory()
    cache = DiskCache(directory or "")
    entries = cache.entries() if directory else []
    why_not = None
    if not config.cache:
        why_not = "CHAINRULE_CACHE=0"
    elif directory is None:
        why_not = "no home directory"
    elif obstacle := cache.obstacle():
        why_not = f"the directory {obstacle}"
    return {
        "directory": directory,
        "why_not": why_not,
        "entries": len(entries),
        "bytes": sum(size for _, size, _ in entries),
        "limit": LIMIT,
        "oldest_use": min((used for used, _, _ in entries), default=None),
    }
