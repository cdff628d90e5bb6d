"""What lint found: mistakes, each with its rule, the line, what is wrong and the fix."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

WIDTH = 80


@dataclass(frozen=True)
class Mistake:
    """One finding: ``rule`` is its id, ``line`` the user's line as ``file.py:12: the text``."""

    rule: str
    line: str
    what: str
    fix: str

    def __str__(self) -> str:
        head = [self.rule, *_place(self.line)]
        body = [*_wrapped(self.what, "  "), *_wrapped(self.fix, "  Fix: ")]
        return "\n".join([*head, *body])


class Report:
    """The mistakes in the order of the program; iterable, and empty where there is none.

    >>> report = Report([Mistake("log-of-zero", "a.py:1: np.log(p)", "p may be 0.", "Add 1e-9.")])
    >>> report.ids
    ['log-of-zero']
    >>> print(report)
    lint: 1 mistake
    <BLANKLINE>
    log-of-zero
      at a.py:1: np.log(p)
      p may be 0.
      Fix: Add 1e-9.
    """

    def __init__(self, mistakes: list[Mistake], count: int = 0) -> None:
        self.mistakes = mistakes
        self.operations = count  # how many the rules looked at

    @property
    def ids(self) -> list[str]:
        """The rules that were broken, each once."""
        return list(dict.fromkeys(mistake.rule for mistake in self.mistakes))

    def __iter__(self) -> Iterator[Mistake]:
        return iter(self.mistakes)

    def __len__(self) -> int:
        return len(self.mistakes)

    def __getitem__(self, index: int) -> Mistake:
        return self.mistakes[index]

    def to_dicts(self) -> list[dict[str, Any]]:
        """The mistakes as plain dicts, for JSON."""
        return [asdict(mistake) for mistake in self.mistakes]

    def __str__(self) -> str:
        if not self.mistakes:
            return f"lint: no mistake in {self.operations} operations"
        noun = "mistake" if len(self) == 1 else "mistakes"
        return "\n\n".join([f"lint: {len(self)} {noun}", *map(str, self.mistakes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.mistakes:
            return f"<p>{escape(str(self))}</p>"
        rows = "".join(
            f"<tr><td><code>{escape(m.rule)}</code></td><td>{escape(m.what)}</td>"
            f"<td>{escape(m.fix)}</td><td><code>{escape(m.line)}</code></td></tr>"
            for m in self
        )
        names = "".join(f"<th>{name}</th>" for name in ("rule", "what", "fix", "line"))
        return f"<table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def _place(line: str) -> list[str]:
    """Where it is: the file's name without its folders, cut to the width."""
    if not line:
        return []
    path, mark, text = line.partition(": ")
    short = f"  at {path.rpartition('/')[2]}{mark}{text}"
    return [short if len(short) <= WIDTH else short[: WIDTH - 3] + "..."]


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
