"""Tables of numbers: for the terminal, and as Markdown for a page."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any


@dataclass
class Table:
    """A title, names of columns, rows of a name and numbers (None: a dash), notes below."""

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, *numbers: Any) -> None:
        self.rows.append([name, *(figure(number) for number in numbers)])

    def show(self) -> None:
        """Print it, at most 100 columns wide; columns without a number are left out."""
        from rich.console import Console
        from rich.table import Table as RichTable

        used = self._used()
        table = RichTable(padding=(0, 1))
        for i in used:
            table.add_column(self.columns[i], justify="right" if i else "left", no_wrap=not i)
        for row in self.rows:
            table.add_row(*(row[i] for i in used))
        console = Console(highlight=False)
        console.width = min(console.width, 100) if console.is_terminal else 100
        console.print(self.title, style="bold")
        console.print(table)
        for note in self.notes:
            console.print(note, style="dim")
        console.print()

    def markdown(self) -> str:
        used = self._used()
        lines = [[self.columns[i] for i in used], ["---"] + ["--:"] * (len(used) - 1)]
        lines += [[row[i] for i in used] for row in self.rows]
        body = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        return "\n\n".join([f"**{self.title}**", body, *self.notes]) + "\n"

    def _used(self) -> list[int]:
        numbers = range(1, len(self.columns))
        return [0, *(i for i in numbers if any(row[i] != "–" for row in self.rows))]


def figure(number: Any) -> str:
    """Three digits at least, no more than are needed: 0.0514, 1.28, 146, 21,300."""
    if number is None or isinstance(number, str):
        return number or "–"
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}" if number < 10 else f"{number:.1f}"


def machine() -> str:
    """Processor, cores and versions, in a sentence."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    processor = found[1] if found else platform.processor() or platform.machine()
    versions = [f"Python {platform.python_version()}"]
    for name in ("numpy", "jax", "torch", "scikit-learn", "llvmlite"):
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    return f"{processor}, {os.cpu_count()} cores; {', '.join(versions)}."


def write_page(page: Path, text: str) -> None:
    """Put text between the two marks of a page."""
    begin, end = "<!-- results: begin -->", "<!-- results: end -->"
    before, rest = page.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")
