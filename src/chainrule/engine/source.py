"""The user's program at a recorded place: the expression that was being computed there."""

from __future__ import annotations

import ast
import linecache
from itertools import islice

from .graph import Place


def expression_at(place: Place | None) -> ast.expr | None:
    """The expression whose evaluation a place stands for; None where its text is not to be had."""
    if place is None:
        return None
    code, instruction = place[:2]
    row, last, start, end = next(islice(code.co_positions(), instruction // 2, None))
    if row is None or last is None or end is None:
        return None
    lines = [line.encode() for line in linecache.getlines(code.co_filename)[row - 1 : last]]
    if len(lines) <= last - row:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    try:
        return ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
    except (SyntaxError, ValueError):
        return None


def called_name(expression: ast.expr | None) -> str:
    """The last name of what a call calls: ``log`` of ``np.log(x)``; empty for anything else."""
    target = expression.func if isinstance(expression, ast.Call) else None
    if isinstance(target, ast.Attribute):
        return target.attr
    return target.id if isinstance(target, ast.Name) else ""
