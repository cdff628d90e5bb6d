"""A function's source as a syntax tree, and what it takes from around itself."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Iterator
from types import FunctionType
from typing import Any

from ...hints.source import called_name

_PACKAGE = __name__.split(".")[0]
_JUDGES = re.compile(r"(^|_)(eval|evaluate|predict|test|valid|validate|accuracy|score|infer)(_|$)")


class Code:
    """The source of one function."""

    def __init__(self, function: Any, source: list[str], first: int) -> None:
        self._function = function
        self._file = inspect.getfile(function)
        self._source, self._first = source, first
        self.tree = _own_part(ast.parse(textwrap.dedent("".join(source))), function)
        self.calls = [n for n in ast.walk(self.tree) if isinstance(n, ast.Call)]
        self.names = {called_name(call) for call in self.calls}

    @property
    def line(self) -> str:
        """Where the function begins."""
        start = next(
            (i for i, text in enumerate(self._source) if not text.lstrip().startswith("@")), 0
        )
        return self._place(start + 1)

    def line_of(self, node: ast.AST) -> str:
        """The line of a part of it, as ``file.py:12: the text``."""
        return self._place(node.lineno)

    def _place(self, number: int) -> str:
        text = self._source[number - 1].strip()
        return f"{self._file}:{self._first + number - 1}: {text}"

    @functools.cached_property
    def all_names(self) -> set[str]:
        """Names of what it calls, and what the user's functions that it calls call in turn."""
        found = set(self.names)
        for value in surroundings(self._function).values():
            inner = code_of(value) if isinstance(value, FunctionType) else None
            found |= inner.names if inner is not None else set()
        return found

    def is_judge(self, has_gradient: bool) -> bool:
        """Whether it evaluates rather than trains: by its name, or all of it is in ``no_grad``."""
        if "no_grad" in self.names and not has_gradient:
            return True
        return bool(_JUDGES.search(self._function.__name__)) and "backward" not in self.all_names

    def is_of(self, function: Any) -> bool:
        """Whether this is the source of that function."""
        return self._function is function

    def can_run(self, args: tuple[Any, ...]) -> bool:
        """Whether to call it: its arguments are there, and it does not train for long."""
        trains_for_long = "fit" in self.names and "backward" not in self.names
        try:
            inspect.signature(self._function).bind(*args)
        except TypeError:
            return bool(args)  # a wrong number of them: the call says so
        return not trains_for_long


def _own_part(tree: ast.Module, function: Any) -> ast.AST:
    """The function in the lines that hold it: of a lambda's statement, the lambda."""
    if function.__name__ != "<lambda>":
        return tree
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda)]
    if len(found) != 1:
        raise SyntaxError("which of several lambdas is not known")
    return found[0]


def is_users(thing: Any) -> bool:
    """Whether a function or a class was written by the user, not by this library or NumPy."""
    return not (thing.__module__ or "").startswith((f"{_PACKAGE}.", "numpy"))


def code_of(function: Any) -> Code | None:
    """The source of a function; None where there is none to be had."""
    try:
        source, first = inspect.getsourcelines(function)
        return Code(function, source, first)
    except (OSError, TypeError, SyntaxError, IndentationError):
        return None


def surroundings(function: Any) -> dict[str, Any]:
    """What a function and the user's functions that it names find outside of themselves."""
    found: dict[str, Any] = {}
    pending = [function]
    seen: set[int] = set()
    while pending:
        here = pending.pop()
        for name, value in _outside(here):
            found.setdefault(name, value)
            is_theirs = isinstance(value, FunctionType) and is_users(value)
            if is_theirs and id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
    return found


def _outside(function: Any) -> Iterator[tuple[str, Any]]:
    owner = getattr(function, "__self__", None)
    if owner is not None and not inspect.ismodule(owner):
        yield "self", owner
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]
