"""Definitions that printed code needs besides NumPy: a few short ones, and copied NumPy rules."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from itertools import accumulate
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from .numpy_text import array_text

# By name. Those with the name of a primitive say the same as its NumPy rule, in fewer lines.
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
    "threefry": '''
def threefry(k0, k1, x0, x1):
    """Two random words for each counter (x0, x1) under a key (k0, k1): Salmon et al. 2011."""
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(0x1BD11BDA))
    with np.errstate(over="ignore"):
        x0, x1 = x0 + k0, x1 + k1
        for group in range(5):
            for r in ((13, 15, 26, 6), (17, 29, 16, 24))[group % 2]:
                x0 = x0 + x1
                x1 = (x1 << np.uint32(r) | x1 >> np.uint32(32 - r)) ^ x0
            x0 = x0 + keys[(group + 1) % 3]
            x1 = x1 + keys[(group + 2) % 3] + np.uint32(group + 1)
    return x0, x1
''',
    "random_bits": '''
def random_bits(key, shape, width):
    """Random bits for an array of this shape: those of its places 0, 1, 2, ..."""
    k0, k1 = key[..., :1], key[..., 1:]
    place = np.arange(math.prod(shape))
    high, low = threefry(k0, k1, (place >> 32).astype(np.uint32), place.astype(np.uint32))
    words = high.astype(np.uint64) << np.uint64(32) | low if width == 64 else high ^ low
    return words.astype(f"uint{width}").reshape(key.shape[:-1] + shape)
''',
    "derive_keys": '''
def derive_keys(key, number):
    """A new key for each number."""
    number = np.asarray(number)
    key = key.reshape(key.shape[:-1] + (1,) * (number.ndim - key.ndim + 1) + (2,))
    return np.stack(threefry(key[..., 0], key[..., 1], np.zeros_like(number), number), -1)
''',
}
NEEDS = {"random_bits": ("threefry",), "derive_keys": ("threefry",)}


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
    elif isinstance(value, type) and issubclass(value, Exception):
        builtin = next(base for base in value.__mro__ if base.__module__ == "builtins")
        found[name] = f"{name} = {builtin.__name__}"
    elif callable(value) and inspect.isfunction(inspect.unwrap(value)):
        definitions(value, found)
    else:
        found[name] = "\n".join(wrapped(f"{name} = {_value_text(value)}"))


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


def wrapped(line: str, width: int = 100) -> list[str]:
    """A line in pieces where it is too long, broken after commas inside of brackets.

    >>> wrapped("f(a, b, c)", 8)
    ['f(a, b,', '        c)']
    """
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    pieces = []
    depth = 0  # how many brackets are open
    while len(line) > width and not line.lstrip().startswith("#"):
        here = list(accumulate(map(_opens, line[: width - 1]), initial=depth))[1:]
        places = [i + 1 for i, d in enumerate(here) if line[i] == "," and d > 0]
        if not places:
            break
        at, depth = places[-1], here[places[-1] - 1]
        pieces.append(line[:at])
        line = indent + line[at:].lstrip()
    return [*pieces, line]


def _opens(letter: str) -> int:
    return (letter in "([{") - (letter in ")]}")
