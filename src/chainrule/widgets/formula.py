"""Formulas that a learner types: numbers, + − × ÷ powers and known functions, and nothing else.

What is typed is never run. It is parsed, and rebuilt from a list of what a formula may consist of;
only what was rebuilt becomes a function.
"""

from __future__ import annotations

import ast
import linecache
import math
import re
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

import numpy as np

from ..nn import activations
from .widget import UserError

MOST_CHARACTERS = 200
MOST_PARTS = 120
MOST_DEPTH = 30
LARGEST_NUMBER = 1e9
LARGEST_POWER = 20

CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "cos": np.cos,
    "exp": np.exp,
    "gelu": activations.gelu,
    "log": np.log,
    "relu": activations.relu,
    "sigmoid": activations.sigmoid,
    "sin": np.sin,
    "softplus": activations.softplus,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}
FUNCTIONS["ln"] = FUNCTIONS["log"]

_numbers = count(1)
_SIGNS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub)
_SPELLINGS = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "^": "**"})
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


class Formula:
    """A function of the named numbers; ``text`` is what was typed, ``source`` what is computed."""

    def __init__(self, text: str, source: str, names: Sequence[str], function: Any) -> None:
        self.text = text
        self.source = source
        self.names = tuple(names)
        self._function = function

    def __call__(self, *values: Any) -> Any:
        """The value at these numbers, arrays or tensors."""
        try:
            with np.errstate(all="ignore"):
                return self._function(*values)
        except OverflowError:
            raise UserError("A number in this formula grows beyond all bounds.") from None
        except ZeroDivisionError:
            raise UserError("This formula divides by zero, whatever the letters are.") from None

    def __repr__(self) -> str:
        return f"Formula({self.source})"


@lru_cache(maxsize=256)
def formula(text: str, names: tuple[str, ...] = ("w",)) -> Formula:
    """The function that a formula describes; ``UserError`` says what is wrong with it, and where.

    ``3w``, ``w²`` and ``w^2`` are understood as they are meant.

    >>> f = formula("w² + 3w − 5")
    >>> f(2.0), f
    (5.0, Formula(w ** 2 + 3.0 * w - 5.0))
    >>> formula("import os")
    Traceback (most recent call last):
    ...
    chainrule.widgets.widget.UserError: This is not a formula: "import os".
    """
    if len(text) > MOST_CHARACTERS:
        raise UserError(f"This formula has {len(text)} characters; at most {MOST_CHARACTERS} do.")
    if not text.strip():
        raise UserError(f"Type a formula of {', '.join(names)}, such as {names[0]}**2.")
    plain = spelled_out(text)
    try:
        with warnings.catch_warnings(action="ignore"):  # Python's own, on what is odd
            tree = ast.parse(plain, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UserError(_what_is_wrong(text, plain)) from None
    source = ast.unparse(_Rebuilt(plain, names).build(tree))
    return Formula(text, source, names, _function(source, names))


def spelled_out(text: str) -> str:
    """The formula with Python's signs: ``3w²`` is ``3*w**2``.

    >>> spelled_out("3w² − 2(w + 1)")
    '3*w**2 - 2*(w + 1)'
    """
    text = re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "**" + found[0].translate(_RAISED), text)
    text = text.translate(_SPELLINGS)
    number = r"(?<![\w.])(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    return re.sub(rf"({number}|\))\s*(?=[A-Za-z_(])", r"\1*", text).strip()


def _what_is_wrong(text: str, plain: str) -> str:
    if plain.count("(") != plain.count(")"):
        return f'A bracket is missing, or there is one too many: "{text}".'
    if plain.endswith(("+", "-", "*", "/")):
        return f'Something is missing at the end: "{text}".'
    return f'This is not a formula: "{text}".'


class _Rebuilt:
    """Parsed formulas, built anew of what is known here."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = text
        self.names = names
        self.parts = 0

    def build(self, node: ast.expr, depth: int = 0) -> ast.expr:
        """The same part, new; ``UserError`` where it is none of a formula."""
        self.parts += 1
        if self.parts > MOST_PARTS or depth > MOST_DEPTH:
            raise UserError("This formula is too long, or nested too deeply.")
        match node:
            case ast.Constant(value=int() | float() as value) if type(value) is not bool:
                return _constant(value)
            case ast.Name(id=name) if name in self.names:
                return ast.Name(name, ast.Load())
            case ast.Name(id=name) if name in CONSTANTS:
                return ast.Constant(CONSTANTS[name])
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _SIGNS):
                base = self.build(left, depth + 1)
                is_power = isinstance(op, ast.Pow)
                other = _power(right) if is_power else None
                return ast.BinOp(base, type(op)(), other or self.build(right, depth + 1))
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _SIGNS):
                return ast.UnaryOp(type(op)(), self.build(operand, depth + 1))
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if (
                name in FUNCTIONS
            ):
                function = ast.Name(name, ast.Load())
                return ast.Call(function, [self.build(argument, depth + 1)], [])
        raise UserError(self._unknown(node))

    def _unknown(self, node: ast.expr) -> str:
        written = ast.get_source_segment(self.text, node) or self.text
        match node:
            case ast.Name(id=name) if name in FUNCTIONS:
                return f"{name} needs brackets: {name}({self.names[0]})."
            case ast.Name(id=name):
                known = ", ".join([*self.names, *CONSTANTS])
                return f'"{name}" is not known here. Letters: {known}.'
            case ast.Call(func=ast.Name(id=name)) if name in self.names:
                return f"To multiply, write {name} * (...)."
            case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
                return f'The function "{name}" is not known. There are {", ".join(FUNCTIONS)}.'
            case ast.Call(func=ast.Name(id=name)):
                return f"{name} takes one number."
        return f'"{written[:60]}" cannot be part of a formula.'


def _constant(value: float) -> ast.expr:
    """A number, always a float: whole numbers of Python's grow beyond all bounds."""
    if abs(value) > LARGEST_NUMBER:
        raise UserError("Numbers up to 1,000,000,000 are understood.")
    return ast.Constant(float(value))


def _power(node: ast.expr) -> ast.expr | None:
    """A whole exponent stays whole, so that w**2 is a square; None for others."""
    is_negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    if not isinstance(inner, ast.Constant) or type(inner.value) is not int:
        return None
    if inner.value > LARGEST_POWER:
        raise UserError(f"Powers up to {LARGEST_POWER} are understood.")
    return ast.Constant(-inner.value if is_negative else inner.value)


def _function(source: str, names: Sequence[str]) -> Any:
    """The function of the source of a `_Rebuilt` formula."""
    text = f"def formula({', '.join(names)}): return {source}\n"
    file = f"<formula {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, [text], file)  # so that graphs can show the line
    known: dict[str, Any] = {"__builtins__": {}, **FUNCTIONS}
    exec(compile(text, file, "exec"), known)
    return known["formula"]
