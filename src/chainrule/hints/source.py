"""The user's program at a recorded place: the expression that was being computed there."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Sequence
from itertools import islice
from typing import Any


def expression_at(place: Any) -> ast.expr | None:
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


def operands_of(expression: ast.expr | None) -> list[ast.expr]:
    """What an operator or a call is applied to; arrays in a list count one by one.

    >>> call = ast.parse("np.stack([x, y[0]])", mode="eval").body
    >>> [ast.unparse(part) for part in operands_of(call)]
    ['x', 'y[0]']
    """
    if isinstance(expression, ast.BinOp):
        return [expression.left, expression.right]
    if isinstance(expression, ast.Compare):
        return [expression.left, *expression.comparators]
    if isinstance(expression, ast.UnaryOp):
        return [expression.operand]
    if not isinstance(expression, ast.Call):
        return []
    given = expression.args
    if given and isinstance(given[0], ast.List | ast.Tuple):
        given = given[0].elts
    target = expression.func
    if isinstance(target, ast.Attribute) and not _is_module(target.value):
        return [target.value, *given]
    return list(given)


def _is_module(value: ast.expr) -> bool:
    """Whether ``np`` or ``cr.nn`` rather than an array stands before the dot."""
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name) and value.id in _MODULES


def operand_names(place: Any, operation: str, operands: Sequence[Any]) -> list[str]:
    """Each operand as the user wrote it, or the variable that holds it; empty where neither is.

    ``place`` is a code object and an instruction in it, as a Node remembers them.
    """
    written = _written_operands(place, operation)
    if len(written) >= len(operands):
        return [text if len(text) <= 30 else "" for text in written[: len(operands)]]
    held = _variables_at(place)
    return [held.get(id(operand), "") for operand in operands]


def _written_operands(place: Any, operation: str) -> list[str]:
    """The operands in the user's expression, if that is this operation."""
    expression = expression_at(place)
    operators = getattr(expression, "ops", [getattr(expression, "op", None)])
    called = called_name(expression)
    called = _ALIASES.get(called, called)
    if called != operation and not isinstance(operators[0], _OPERATORS.get(operation, ())):
        return []
    parts = operands_of(expression)
    return [ast.unparse(part) for part in (parts[1:] if called in _LATER else parts)]


def _variables_at(place: Any) -> dict[int, str]:
    """Names of the local variables of the user's function, by the identity of their values."""
    frame = None if place is None else sys._getframe(1)
    while frame is not None and frame.f_code is not place[0]:
        frame = frame.f_back
    return {} if frame is None else {id(value): name for name, value in frame.f_locals.items()}


_LATER = {"einsum", "where"}  # calls whose first argument is no operand
_MODULES = {"F", "chainrule", "cnp", "cr", "jnp", "lax", "nn", "np", "numpy", "optim", "special"}
_ALIASES = {"dot": "matmul", "true_divide": "divide", "hstack": "concatenate"}
_OPERATORS: dict[str, tuple[type, ...]] = {
    "add": (ast.Add,),
    "subtract": (ast.Sub,),
    "multiply": (ast.Mult,),
    "divide": (ast.Div,),
    "matmul": (ast.MatMult,),
    "equal": (ast.Eq,),
    "greater": (ast.Gt,),
    "greater_equal": (ast.GtE,),
    "less": (ast.Lt,),
    "less_equal": (ast.LtE,),
    **dict.fromkeys(("power", "constant_power", "square", "sqrt"), (ast.Pow,)),
}
