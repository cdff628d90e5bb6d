"""Size and density of the code: prints a table, and exits with 1 where a limit is passed.

Limits: a file has at most 400 lines of at most 100 columns; the package has on average at most
10 tokens in a line of code; the engine has at most 4,900 lines and its compiler at most 6,500
(docs/decisions/0008-the-compiler.md), blank lines and docstrings left out. The table also shows
what changed since a revision of git, by default the last but one.
"""

from __future__ import annotations

import argparse
import ast
import io
import subprocess
import sys
import token
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

MAX_LINES = 400
MAX_COLUMNS = 100
MAX_DENSITY = 10.0
MAX_LINES_OF = {"engine": 4900, "engine/compile": 6500}

PACKAGE = "src/chainrule"
FOLDERS = ("src", "tests", "scripts", "benchmarks", "docs")
NO_CODE = {
    token.COMMENT,
    token.DEDENT,
    token.ENCODING,
    token.ENDMARKER,
    token.INDENT,
    token.NEWLINE,
    token.NL,
}


@dataclass(frozen=True)
class Size:
    """What was counted in one file, or in several."""

    files: int = 0
    lines: int = 0  # neither blank nor docstring
    code_lines: int = 0  # comments left out as well
    tokens: int = 0

    def __add__(self, other: Size) -> Size:
        return Size(
            self.files + other.files,
            self.lines + other.lines,
            self.code_lines + other.code_lines,
            self.tokens + other.tokens,
        )

    @property
    def density(self) -> float:
        """Tokens in a line of code."""
        return self.tokens / self.code_lines if self.code_lines else 0.0


def measure(source: str) -> Size:
    """Count one file."""
    docstrings = docstring_lines(ast.parse(source))
    numbered = enumerate(source.splitlines(), start=1)
    lines = sum(bool(text.strip()) and number not in docstrings for number, text in numbered)
    starts = [start for start in code_tokens(source) if start not in docstrings]
    return Size(files=1, lines=lines, code_lines=len(set(starts)), tokens=len(starts))


def docstring_lines(tree: ast.AST) -> set[int]:
    """Numbers of the lines that docstrings cover."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            found.update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return found


def code_tokens(source: str) -> Iterable[int]:
    """The line that each token of code starts on; an f-string is one token in every Python."""
    fstring_start = getattr(token, "FSTRING_START", None)
    fstring_end = getattr(token, "FSTRING_END", None)
    depth = 0
    for item in tokenize.generate_tokens(io.StringIO(source).readline):
        if item.type == fstring_end:
            depth -= 1
        elif item.type not in NO_CODE and depth == 0:
            yield item.start[0]
        if item.type == fstring_start:
            depth += 1


def violations(path: str, source: str) -> list[str]:
    """What is too long in one file."""
    lines = source.splitlines()
    found = [
        f"{path}:{number}: {len(text)} columns, more than {MAX_COLUMNS}"
        for number, text in enumerate(lines, start=1)
        if len(text) > MAX_COLUMNS
    ]
    if len(lines) > MAX_LINES:
        found.append(f"{path}: {len(lines)} lines, more than {MAX_LINES}")
    return found


def working_tree() -> dict[str, str]:
    """Path and text of each Python file that is here."""
    paths = sorted(path for folder in FOLDERS for path in Path(folder).rglob("*.py"))
    return {path.as_posix(): path.read_text(encoding="utf-8") for path in paths}


def revision(name: str) -> dict[str, str] | None:
    """Path and text of each Python file of the package at a revision; None if there is no such."""

    def git(*arguments: str) -> str:
        command = ["git", *arguments]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout

    try:
        paths = git("ls-tree", "-r", "--name-only", name, "--", PACKAGE).splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git, a shallow clone, or a first commit
        return None
    return {path: git("show", f"{name}:{path}") for path in paths if path.endswith(".py")}


def by_part(files: dict[str, str]) -> dict[str, Size]:
    """Sizes of the parts of the package: its folders, and its files outside of folders."""
    parts: dict[str, Size] = {}
    for path, source in files.items():
        if path.startswith(f"{PACKAGE}/"):
            name = path.removeprefix(f"{PACKAGE}/").split("/")[0]
            if path.startswith(f"{PACKAGE}/engine/compile/"):
                name = "engine/compile"
            parts[name] = parts.get(name, Size()) + measure(source)
    return parts


def table(parts: dict[str, Size], before: dict[str, Size] | None) -> str:
    """The table that is printed."""
    rows = [f"{'part':<16}{'files':>6}{'lines':>8}{'tokens/line':>13}"]
    if before is not None:
        rows[0] += f"{'change':>8}"
    for name, size in in_all(parts).items():
        row = f"{name:<16}{size.files:>6}{size.lines:>8}{size.density:>13.1f}"
        if before is not None:
            row += f"{size.lines - in_all(before).get(name, Size()).lines:>+8}"
        rows.append(row)
    return "\n".join(rows)


def in_all(parts: dict[str, Size]) -> dict[str, Size]:
    """The parts in order of their names, and their sum."""
    return dict(sorted(parts.items())) | {"in all": sum(parts.values(), Size())}


def main() -> int:
    """Measure, print, and say whether every limit holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", metavar="REVISION", default="HEAD~1")
    arguments = parser.parse_args()

    files = working_tree()
    parts = by_part(files)
    before = revision(arguments.against)
    print(table(parts, None if before is None else by_part(before)))

    problems = [problem for path, text in files.items() for problem in violations(path, text)]
    density = sum(parts.values(), Size()).density
    if density > MAX_DENSITY:
        problems.append(f"{PACKAGE}: {density:.2f} tokens a line, more than {MAX_DENSITY}")
    for name, most in MAX_LINES_OF.items():
        lines = parts.get(name, Size()).lines
        if lines > most:
            problems.append(f"{PACKAGE}/{name}: {lines} lines, more than {most}")
    print("\n".join(problems) or "Every limit holds.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main())
