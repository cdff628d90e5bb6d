"""What verbs print: results to stdout, all else to stderr; one JSON document for machines."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


@dataclass(frozen=True)
class Mode:
    """How the user wants to be spoken to."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False


_NORMAL = Mode()
_mode: ContextVar[Mode] = ContextVar("mode", default=_NORMAL)


@contextlib.contextmanager
def speaking(mode: Mode) -> Iterator[None]:
    """Inside, this mode holds."""
    token = _mode.set(mode)
    try:
        yield
    finally:
        _mode.reset(token)


def mode() -> Mode:
    """The mode that holds."""
    return _mode.get()


def results() -> Console:
    """For what was asked: stdout; with ``--json`` the document says it, and nothing else."""
    return _console(stderr=False, quiet=mode().json)


def remarks() -> Console:
    """For everything beside the result: stderr; nothing with ``--quiet``."""
    return _console(stderr=True, quiet=mode().quiet)


def complaints() -> Console:
    """For errors: stderr."""
    return _console(stderr=True, quiet=False)


def _console(stderr: bool, quiet: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, quiet=quiet, highlight=False)


def show(*parts: Any) -> None:
    """Tables and the like as results, a blank line between them; None is an empty part."""
    console = results()
    for index, part in enumerate(parts):
        if index:
            console.print()
        if part is not None:
            console.print(part)


def has_bars() -> bool:
    """Whether progress is shown as bars: on a terminal, where nobody asked for quiet."""
    return sys.stderr.isatty() and not mode().quiet


def say(text: str, style: str | None = None) -> None:
    """A line of results, literally: brackets are no markup, long paths are not broken."""
    results().print(text, style=style, markup=False, soft_wrap=True)


def remark(text: str, style: str | None = None) -> None:
    """A line beside the results."""
    remarks().print(text, style=style, markup=False, soft_wrap=True)


def table(*columns: str, right: tuple[int, ...] = ()) -> Table:
    """An empty table of plain look; ``right`` are the columns of numbers, which never wrap."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold",
    )
    for index, name in enumerate(columns):
        is_number = index in right
        made.add_column(
            name,
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    return made


def literal(text: str) -> Text:
    """A text of the user's: brackets in it are no markup."""
    from rich.text import Text

    return Text(text)


def pairs(rows: Mapping[str, Any]) -> Table:
    """Names and what they are, in two columns."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows.items():
        made.add_row(name, Text(str(value)))
    return made


def bullets(texts: Iterable[str], mark: str = "•") -> Table:
    """Paragraphs, each after a yellow mark."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    for text in texts:
        made.add_row(Text(mark, style="yellow"), Text(text))
    return made


def write_early(document: Any) -> None:
    """The document of a verb that goes on, such as a server; with ``--json`` only."""
    if mode().json:
        write_document(document)


def write_document(document: Any) -> None:
    """The JSON document on stdout."""
    text = json.dumps(plain(document), ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def plain(value: Any) -> Any:
    """The value as JSON has it: no NaN and infinity (null), no arrays (lists), paths as text.

    >>> plain({"a": float("nan"), "b": 1j, "c": (1, None)})
    {'a': None, 'b': '1j', 'c': [1, None]}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if hasattr(value, "tolist"):  # arrays and numbers of NumPy
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)
