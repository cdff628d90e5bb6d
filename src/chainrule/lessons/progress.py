"""What a learner has solved: one small JSON file in the learner's folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = "progress.json"


class Progress:
    """The exercises solved in a folder; kept only where ``chainrule lessons`` began a file.

    >>> import tempfile
    >>> progress = Progress(tempfile.mkdtemp())
    >>> progress.begin()
    >>> progress.add("01_line", "mse")
    >>> progress.solved("01_line")
    ['mse']
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / FILE

    def begin(self) -> None:
        """Start to keep progress in this folder."""
        if not self.path.exists():
            self._write({})

    def solved(self, lesson: str) -> list[str]:
        """Names of the exercises of a lesson that were solved."""
        found = self._read().get(lesson, [])
        return found if isinstance(found, list) else []

    def add(self, lesson: str, exercise: str) -> None:
        """An exercise is solved; once solved it stays so."""
        if self.path.exists() and exercise not in self.solved(lesson):
            self._write(self._read() | {lesson: [*self.solved(lesson), exercise]})

    def _read(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none, or one that was edited by hand: begin again
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, solved: dict[str, list[str]]) -> None:
        """Whole or not at all: a lesson may be stopped at any time."""
        beside = self.path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(solved, indent=2) + "\n", encoding="utf-8")
        beside.replace(self.path)
