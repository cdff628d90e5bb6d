"""Definitions that printed code needs besides NumPy: a few short ones, and copied NumPy rules."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from .numpy_text import array_text

# name -> its definition. Those of an activation's name replace its NumPy rule by shorter text.
SHORT = {
    "sigmoid": """
def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))
""",
    "erf": """
def erf(x):
    return np.vectorize(math.erf, otypes=[x.dtype])(x)
""",
    "product": '''
def product(cotangent, slope):
    """The chain rule's product, in which 0 times anything, even infinity, is 0."""
    nothing = (cotangent == 0) | (slope == 0)
    return np.where(nothing, np.zeros_like(cotangent), cotangent * slope)
''',
    "add_at": '''
def add_at(x, axes, places, values):
    """A copy of x with values added at these places; a place named twice gets both."""
    out = np.array(x)
    np.add.at(np.moveaxis(out, axes, range(len(axes))), places, values)
    return out
''',
    "put_at": '''
def put_at(x, axes, places, values):
    """A copy of x with values at these places."""
    out = np.array(x)
    np.moveaxis(out, axes, range(len(axes)))[places] = values
    return out
''',
    "spread_out": '''
def spread_out(x, before, after, between):
    """x with zeros around it and between its elements."""
    gaps = [max(n - 1, 0) * g for n, g in zip(x.shape, between)]
    lengths = [b + n + g + a for b, n, g, a in zip(before, x.shape, gaps, after)]
    out = np.zeros(lengths, x.dtype)
    out[tuple(slice(b, b + n + g, w + 1) for b, n, g, w in zip(before, x.shape, gaps, between))] = x
    return out
''',
}


def definitions(function: Callable[..., Any], found: dict[str, str]) -> None:
    """Add the source of a function and of all it uses to ``found``, what is used first.

    Annotations and decorators are left out. Raises ``ValueError`` where there is no plain source:
    a lambda, a builtin, a closure, or the use of something that is not NumPy, numbers or functions.
    """
    name = function.__name__
    function = inspect.unwrap(function)
    if name in found:
        return
    found[name] = ""  # in work: a function may call itself
    text = _bare_source(function)
    for used in dict.fromkeys(_names_used(function.__code__)):
        if used in function.__globals__ and used not in found:
            _define(used, function.__globals__[used], found)
    del found[name]
    found[name] = text


def _define(name: str, value: Any, found: dict[str, str]) -> None:
    if isinstance(value, ModuleType):
        if value.__name__ not in ("numpy", "math", "functools"):
            raise ValueError(f"it uses the module {value.__name__}")
    elif inspect.isfunction(inspect.unwrap(value)) if callable(value) else False:
        definitions(value, found)
    else:
        found[name] = f"{name} = {_value_text(value)}"


def _bare_source(function: Callable[..., Any]) -> str:
    if not inspect.isfunction(function) or function.__closure__ or "<" in function.__name__:
        raise ValueError("its NumPy rule is no plain function")
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except OSError as error:
        raise ValueError("its source is not at hand") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            node.decorator_list = []
        if isinstance(node, ast.arg):
            node.annotation = None
    return ast.unparse(tree)


def _names_used(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_used(constant)


def _value_text(value: Any) -> str:
    if isinstance(value, np.ndarray | np.generic):
        return array_text(value)
    if isinstance(value, dict):
        return f"{{{', '.join(f'{k!r}: {_value_text(v)}' for k, v in value.items())}}}"
    if isinstance(value, tuple):
        return f"({''.join(_value_text(v) + ', ' for v in value)})"
    if isinstance(value, int | float | str):
        return repr(value)
    raise ValueError(f"it uses {value!r:.60}")
