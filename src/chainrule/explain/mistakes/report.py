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
            if not self.operations:
                return "lint: no mistake in the source; nothing was computed from arrays"
            return f"lint: no mistake in {self.operations} operations"
        noun = "mistake" if len(self) == 1 else "mistakes"
        return "\n\n".join([f"lint: {len(self)} {noun}", *map(str, self.mistakes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        if not self.mistakes:
            return f"<p>{escape(str(self))}</p>"
        blocks = "".join(
            f"<dt style='margin-top:.8em'><b>{escape(m.rule)}</b></dt>"
            f"<dd><code>{escape(_short(m.line))}</code><br>{escape(m.what)}<br>"
            f"<i>Fix:</i> {escape(m.fix)}</dd>"
            for m in self
        )
        return f"<dl>{blocks}</dl>"


def _short(line: str) -> str:
    """A line without the folders of its file."""
    path, mark, text = line.partition(": ")
    return f"{path.rpartition('/')[2]}{mark}{text}"


def _place(line: str) -> list[str]:
    """Where it is, cut to the width."""
    found = f"  at {_short(line)}"
    if not line:
        return []
    return [found if len(found) <= WIDTH else found[: WIDTH - 3] + "..."]


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
