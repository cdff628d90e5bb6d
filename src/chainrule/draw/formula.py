r"""Operations as formulas: ``v_{3} = \tanh v_{2}``, from the rows' own LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.graph import Node
from ..engine.types import TensorType

# Rows of other families than the elementwise have no LaTeX of their own.
_TEMPLATES = {
    "all": r"\mathrm{{all}}{over}({})",
    "any": r"\mathrm{{any}}{over}({})",
    "argmax": r"\mathrm{{argmax}}{over}({})",
    "argmin": r"\mathrm{{argmin}}{over}({})",
    "broadcast": r"{}",
    "concatenate": r"[{all}]",
    "convert": r"\mathrm{{{dtype}}}({})",
    "cumprod": r"\mathrm{{cumprod}}{over}({})",
    "cumsum": r"\mathrm{{cumsum}}{over}({})",
    "flip": r"\mathrm{{flip}}{over}({})",
    "gather": r"{}[{rest}]",
    "max": r"\max{over}\,{}",
    "min": r"\min{over}\,{}",
    "pick": r"{}[{index}]",
    "prod": r"\prod{over} {}",
    "reshape": r"\mathrm{{reshape}}({})",
    "slice": r"{}[{ranges}]",
    "sum": r"\sum{over} {}",
}


_SPECIAL = str.maketrans(
    {"\\": r"\backslash{}", "^": r"\^{}"} | {letter: rf"\{letter}" for letter in "_#$%&{}"}
)


def formula(node: Node, operands: Sequence[str]) -> str:
    r"""What a node computes, in LaTeX, with these names for its operands.

    >>> import numpy as np
    >>> from chainrule import trace
    >>> graph = trace(lambda x, w: np.tanh(x @ w), np.ones((4, 3)), np.ones((3, 2)))
    >>> [formula(node, ["x", "w"]) for node in graph.nodes]
    ['x w', '\\tanh x']
    """
    row = node.primitive
    assert row is not None
    if row.name == "einsum":
        return product(node.params["spec"], operands)
    if row.name == "transpose" and len(node.params["axes"]) == 2:
        return rf"{operands[0]}^{{\top}}"
    template = _TEMPLATES.get(row.name) or row.latex
    if "{}" not in template:
        template = rf"\mathrm{{{{{escaped(row.name)}}}}}({{all}})"
    parts = {
        **node.params,
        "all": ", ".join(operands),
        "rest": ", ".join(operands[1:]),
        "over": _axes(node),
        "ranges": _ranges(node.params),
    }
    return template.format(*operands, **parts)


def _axes(node: Node) -> str:
    """The axes along which it works, as a subscript; nothing where these are all axes."""
    axes = node.params.get("axes", (node.params.get("axis"),))
    kind = node.inputs[0].type if node.inputs else None
    if not isinstance(kind, TensorType) or len(axes) == kind.ndim or None in axes:
        return ""
    word = "axis" if len(axes) == 1 else "axes"
    return rf"_{{\mathrm{{{word}}}\,{','.join(map(str, axes))}}}"


def _ranges(params: dict[str, Any]) -> str:
    if "stop" not in params:
        return ""
    found = []
    for start, stop, step in zip(params["start"], params["stop"], params["step"], strict=True):
        single = stop == start + 1
        found.append(f"{start}" if single else f"{start}:{stop}" + f":{step}" * (step != 1))
    return ", ".join(found)


def product(spec: str, operands: Sequence[str]) -> str:
    r"""An einsum as a product of matrices where it is one, else as a sum over its letters.

    >>> product("ab,cb->ac", ["x", "W"]), product("a,a->", ["u", "v"])
    ('x W^{\\top}', 'u^{\\top} v')
    >>> product("abc,cde->abde", ["A", "B"])
    '\\sum_{c} A_{abc} B_{cde}'
    """
    left, _, result = spec.partition("->")
    terms = left.split(",")
    if len(terms) == 2:
        for (a, b), (x, y) in (
            (terms, operands),
            (terms[::-1], operands[::-1]),
        ):
            found = _matrices(a, b, result, x, y)
            if found:
                return found
    summed = "".join(dict.fromkeys(c for c in left if c.isalpha() and c not in result))
    factors = [f"{x}_{{{t}}}" if t else x for x, t in zip(operands, terms, strict=True)]
    return (rf"\sum_{{{summed}}} " if summed else "") + " ".join(factors)


def _matrices(a: str, b: str, result: str, x: str, y: str) -> str:
    """``x y`` with what must be transposed, where a and b are matrices or vectors, or stacks."""
    stack = "".join(c for c in a if c in b and c in result)
    if not (a.startswith(stack) and b.startswith(stack) and result.startswith(stack)):
        return ""
    a, b, result = (s[len(stack) :] for s in (a, b, result))
    shared = [c for c in a if c in b]
    rows, columns = (next((c for c in s if c not in shared), "") for s in (a, b))
    if len(a) > 2 or len(b) > 2 or len(shared) > 1 or result != rows + columns:
        return ""
    if stack and not len(a) == len(b) == 2:
        return ""
    if not shared:
        return rf"{x} {y}^{{\top}}" if len(a) == len(b) == 1 else ""
    if not result:
        return rf"{x}^{{\top}} {y}"
    flipped = r"^{\top}"
    x += flipped if len(a) == 2 and a[0] == shared[0] else ""
    y += flipped if len(b) == 2 and b[1] == shared[0] else ""
    return f"{x} {y}"


def symbol(name: str) -> str:
    r"""A name as LaTeX: letters with digits get a subscript, longer names stand upright.

    ``d_`` before a name makes the derivative by it.

    >>> symbol("v12"), symbol("w"), symbol("hidden.bias"), symbol("W_out"), symbol("d_v3")
    ('v_{12}', 'w', '\\mathrm{hidden.bias}', '\\mathrm{W\\_out}', '\\partial v_{3}')
    """
    if " = " in name:
        return " = ".join(map(symbol, name.split(" = ")))
    if name.startswith("d_"):
        return rf"\partial {symbol(name[2:])}"
    match = re.fullmatch(r"([A-Za-z])_?(\d+)", name)
    if match:
        return "{}_{{{}}}".format(*match.groups())
    return name if len(name) == 1 else rf"\mathrm{{{escaped(name)}}}"


def escaped(name: str) -> str:
    """A name without what LaTeX would read as its own."""
    return name.translate(_SPECIAL)


def number(value: Any) -> str:
    """A number, short enough for a box.

    >>> number(0.123456), number(-1e-9), number(True)
    ('0.1235', '−1.0e−09', 'True')
    """
    if isinstance(value, bool | np.bool_):
        return str(value)
    value = float(value)
    is_plain = value == 0 or 1e-3 <= abs(value) < 1e5
    return (f"{value:.4g}" if is_plain else f"{value:.1e}").replace("-", "−")


def summary(value: Any) -> str:
    """A number, or the range of an array, short enough for a box.

    >>> summary(0.123456), summary(np.array([1.0, -2.5, 3.0])), summary(np.array([1, 2, np.nan]))
    ('0.1235', '−2.5 … 3', '1 … 2, 1 NaN')
    """
    if isinstance(value, tuple):
        return ", ".join(map(summary, value))
    array = np.asarray(value)
    if array.size == 0:
        return "empty"
    known = array[array == array]  # NaN is not equal to itself
    count = array.size - known.size
    if array.ndim == 0 or not known.size:
        return number(array.flat[0])
    low, high = known.min(), known.max()
    text = number(low) if low == high else f"{number(low)} … {number(high)}"
    return f"{text}, {count} NaN" if count else text


def type_text(kind: Any) -> str:
    """A type, or those of several results."""
    return ", ".join(map(str, kind)) if isinstance(kind, tuple) else str(kind)
