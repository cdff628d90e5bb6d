r"""LaTeX of one line as text with raised and lowered parts: what SVG can show by itself.

The subset is that of the rows of primitives: letters, numbers, ``^``, ``_``, ``\frac``, ``\sqrt``,
``\mathrm``, the names of functions, Greek letters and relations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from itertools import pairwise

from .svg import element, text_width

SMALL, RAISE = 0.75, 0.22  # exponents and indices: their size, and how far off the line they stand

_SYMBOLS = {
    "Gamma": "Γ",
    "backslash": "\\",
    "cdot": " · ",
    "ge": " ≥ ",
    "lceil": "⌈",
    "le": " ≤ ",
    "lfloor": "⌊",
    "ne": " ≠ ",
    "partial": "∂",
    "prod": "Π",
    "psi": "ψ",
    "rceil": "⌉",
    "rfloor": "⌋",
    "sigma": "σ",
    "sum": "Σ",
    "top": "⊤",
    "bmod": " mod ",
    ",": " ",
    "_": "_",
}
_RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_SPACED = {c: f" {c} " for c in "+=<>?"} | {"-": " − "}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[0-9](?:e[+]|[0-9.e−…])*|[A-Za-z]|\s+|.")


@dataclass(frozen=True)
class Run:
    """A piece of text in one style; ``level`` is 1 for an exponent, -1 for an index."""

    text: str
    italic: bool = False
    level: int = 0


def runs(latex: str) -> list[Run]:
    r"""The pieces of a formula.

    >>> [run.text for run in runs(r"v_{3} = \frac{x}{2}")]
    ['v', '3', ' = ', 'x', '/2']
    >>> plain(r"\sigma(x^2)"), plain(r"\sqrt{x + y}"), plain(r"\tanh v")
    ('σ(x²)', '√(x + y)', 'tanh v')
    """
    tokens = _TOKEN.findall(latex)[::-1]
    found: list[Run] = []
    while tokens:
        found += _atom(tokens, Run("", italic=True))
    return _tidied(found)


def plain(latex: str) -> str:
    r"""The formula as text alone.

    >>> plain(r"e^{v_{3}} + x^2 W^{\top}")
    'e^v3 + x² W⊤'
    """
    found = ""
    for before, run in pairwise([Run(""), *runs(latex)]):
        if run.level <= 0 or before.level > 0 or run.text == "⊤":
            found += run.text
        elif all(ord(letter) in _RAISED for letter in run.text):
            found += run.text.translate(_RAISED)
        else:
            found += f"^{run.text}"
    return found


def _atom(tokens: list[str], style: Run) -> list[Run]:
    """What the next token, or the group that it opens, becomes; ``tokens`` are last first."""
    token = tokens.pop().strip()
    if token == "{":
        return _group(tokens, style)
    if token in ("^", "_"):
        level = style.level or (1 if token == "^" else -1)  # no smaller letters than these
        return _atom(tokens, replace(style, level=level))
    if not token:
        return [replace(style, text=" ", italic=False)]
    if token.startswith("\\"):
        return _command(token[1:], tokens, style)
    if token.isalpha():
        return [replace(style, text=token)]
    text = _SPACED.get(token, token) if style.italic and not style.level else token
    return [replace(style, text=text, italic=False)]


def _group(tokens: list[str], style: Run) -> list[Run]:
    found: list[Run] = []
    while tokens and tokens[-1] != "}":
        found += _atom(tokens, style)
    if tokens:
        tokens.pop()
    return found


def _command(name: str, tokens: list[str], style: Run) -> list[Run]:
    upright = replace(style, italic=False)
    if name == "mathrm":
        return _atom(tokens, upright)
    if name == "frac":
        top, bottom = _atom(tokens, style), _atom(tokens, style)
        return [*_closed(top), replace(upright, text="/"), *_closed(bottom)]
    if name == "sqrt":
        is_cubic = bool(tokens) and tokens[-1] == "["
        if is_cubic:
            del tokens[-3:]
        return [replace(upright, text="∛" if is_cubic else "√"), *_closed(_atom(tokens, style))]
    if name == "partial" and tokens and tokens[-1].isspace():
        tokens.pop()
    is_tight = not name.isalpha() or (bool(tokens) and tokens[-1] in ("(", "_", "^"))
    return [replace(upright, text=_SYMBOLS.get(name, name if is_tight else f"{name} "))]


def _closed(pieces: list[Run]) -> list[Run]:
    """The pieces, in parentheses if they hold more than one value."""
    if any(" " in piece.text for piece in pieces):
        around = replace(pieces[0], italic=False)
        return [replace(around, text="("), *pieces, replace(around, text=")")]
    return pieces


def _tidied(pieces: list[Run]) -> list[Run]:
    """Neighbours of one style as one piece, and never two spaces in a row or at the start."""
    found: list[Run] = []
    for piece in pieces:
        before = found[-1] if found else Run(" ")
        text = piece.text.lstrip() if before.text.endswith(" ") else piece.text
        if piece.text == " − " and before.text.endswith(" "):
            text = "−"  # a sign
        if text and (before.italic, before.level) == (piece.italic, piece.level) and found:
            found[-1] = replace(before, text=before.text + text)
        elif text:
            found.append(replace(piece, text=text))
    return found


def width(pieces: list[Run], size: float) -> float:
    """How wide the pieces are."""
    return sum(text_width(run.text, size * (SMALL if run.level else 1)) for run in pieces)


def spans(pieces: list[Run], size: float) -> str:
    """The pieces as ``tspan`` elements, for the inside of a ``text`` element of this size."""
    found = []
    now = 0.0
    for run in pieces:
        wanted = -RAISE * size * (1.4 * run.level if run.level > 0 else run.level)
        style: dict[str, object] = {"font_style": "italic"} if run.italic else {}
        if run.level:
            style["font_size"] = size * SMALL
        if wanted != now:
            style["dy"] = wanted - now
        now = wanted
        found.append(element("tspan", escape(run.text), **style))
    return "".join(found)
