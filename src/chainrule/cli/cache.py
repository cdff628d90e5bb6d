"""``chainrule cache``: the machine code that is kept on disk; look at it, remove it."""

from __future__ import annotations

import time
from typing import Any

import typer

from . import terminal
from .verb import verb

app = typer.Typer(
    help="The machine code that is kept on disk for the next start.", no_args_is_help=True
)


def info() -> dict[str, Any]:
    """Show where the cache is and how much is in it."""
    found = describe()
    rows = {
        "Directory": found["directory"] or "none: nothing says where it could be",
        "In use": f"no: {found['why_not']}" if found["why_not"] else "yes",
        "Entries": found["entries"],
        "Size": f"{found['bytes'] / 1e6:.1f} MB of at most {found['limit'] / 1e6:.0f} MB",
    }
    if found["oldest_use"]:
        days = (time.time() - found["oldest_use"]) / 86400
        rows["Oldest use"] = f"{days:.0f} days ago"
    terminal.show(terminal.pairs(rows))
    return found


def clear() -> dict[str, Any]:
    """Remove all entries; programs compile again when they next start."""
    from ..engine.compile.cache import DiskCache, default_directory

    directory = default_directory()
    count = DiskCache(directory).clear() if directory else 0
    terminal.say(f"{count} {'entry' if count == 1 else 'entries'} removed from {directory}")
    return {"directory": directory, "removed": count}


for each in (info, clear):
    app.command()(verb(each))


def describe() -> dict[str, Any]:
    """Where the cache is, why it is not in use, what is in it."""
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
