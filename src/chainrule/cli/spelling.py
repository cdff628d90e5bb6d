"""Messages of the library, which name Python's arguments, as one types them on a command line."""

from __future__ import annotations

import re
import shlex


def as_typed(message: str) -> str:
    """A message with the options that one types, in place of Python's arguments.

    >>> as_typed("if these are words, types={'zip': 'category'}; use task='regression'")
    'if these are words, --type zip=category; use --task regression'
    """
    for pattern, written in _NAMED:
        message = re.sub(pattern, written, message)
    return message


def _type(column: str, kind: str | None) -> str:
    return f"--type {shlex.quote(f'{column}={kind}') if kind else f'{column}=...'}"


def _dashed(name: str) -> str:
    return name.replace("_", "-")


_NAMED = (
    (r"header=False( \(--no-header\))?", lambda found: "--no-header"),
    (
        r"types=\{(['\"])(.+?)\1: (?:(['\"])(.+?)\3|\.\.\.)\}",
        lambda found: _type(found[2], found[4]),
    ),
    (r"types=\{\.\.\.: '(.+?)'\}", lambda found: _type("COLUMN", found[1])),
    (r"\btypes=(?=\W|$)", lambda found: "--type COLUMN=KIND"),
    (r"\bignore=(?=\W|$)", lambda found: "--ignore COLUMN"),
    (r"add it to missing=", lambda found: "say so: --missing TEXT"),
    (r"\b(\w+)=(['\"])([^'\"]+)\2", lambda found: f"--{_dashed(found[1])} {shlex.quote(found[3])}"),
)
