"""The lessons that there are: their titles, exercises and solutions; copies for a learner."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from .exercise import Exercise
from .progress import Progress

EDITION = "en"
SETTINGS = """\
# Settings of marimo for this folder: run a lesson when it is opened, and keep the page quiet.
[tool.marimo.runtime]
auto_instantiate = true
on_cell_change = "autorun"

[tool.marimo.display]
theme = "system"

[tool.marimo.ai]
enabled = false
"""


@dataclass(frozen=True)
class Entry:
    """A lesson: ``name`` is "01_line", ``title`` the first line of its docstring."""

    name: str
    title: str
    path: Path

    @property
    def number(self) -> int:
        """Its place in the order."""
        return int(self.name[:2])


def entries(edition: str = EDITION) -> list[Entry]:
    """All lessons, in order.

    >>> entries()[0].name
    '01_line'
    """
    paths = sorted((Path(__file__).parent / edition).glob("[0-9][0-9]_*.py"))
    return [Entry(path.stem, _title(path), path) for path in paths]


def _title(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem
    return docstring.splitlines()[0].rstrip(".")


@cache
def exercises(lesson: str, edition: str = EDITION) -> dict[str, Exercise]:
    """The exercises of a lesson by name, in order.

    >>> [*exercises("01_line")][0]
    'line'
    """
    path = Path(__file__).parent / edition / "solutions" / f"{lesson}.py"
    if not path.exists():
        known = ", ".join(entry.name for entry in entries(edition))
        raise ValueError(f"there is no lesson {lesson!r}; there are {known}")
    source = path.read_text(encoding="utf-8")
    table = runpy.run_path(str(path))["EXERCISES"]
    return {each.name: replace(each, solution=definition(source, each.name)) for each in table}


def definition(source: str, name: str) -> str:
    """The text of the function, class or value of this name.

    >>> print(definition("a = 1\\ndef f(x):\\n    return x", "f"))
    def f(x):
        return x
    """
    node = _defined(source, name)
    return "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])


def _defined(source: str, name: str) -> ast.stmt:
    for node in ast.walk(ast.parse(source)):
        targets = [getattr(target, "id", None) for target in getattr(node, "targets", ())]
        if isinstance(node, ast.stmt) and name in (getattr(node, "name", None), *targets):
            return node
    raise ValueError(f"nothing defines {name!r}")


def with_answers(source: str, answers: dict[str, str]) -> str:
    """A lesson's source with the learner's definitions replaced by others.

    >>> print(with_answers("def f(x):\\n    ...", {"f": "def f(x):\\n    return x"}))
    def f(x):
        return x
    """
    for name, answer in answers.items():
        node = _defined(source, name)
        lines = source.splitlines()
        indent = re.match(" *", lines[node.lineno - 1]).group()  # type: ignore[union-attr]
        new = [indent + line if line else line for line in answer.splitlines()]
        lines[node.lineno - 1 : node.end_lineno] = new
        source = "\n".join(lines) + "\n"
    return source


def copy_to(folder: Path, edition: str = EDITION) -> list[Path]:
    """Put the lessons into a folder; what is there already stays as it is. Returns what is new."""
    folder.mkdir(parents=True, exist_ok=True)
    new = []
    for entry in entries(edition):
        target = folder / f"{entry.name}.py"
        if not target.exists():
            shutil.copyfile(entry.path, target)
            new.append(target)
    settings = folder / "pyproject.toml"
    if not settings.exists():
        settings.write_text(SETTINGS, encoding="utf-8")
    Progress(folder).begin()
    return new
