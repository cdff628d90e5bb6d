"""The graph of a function of one number, written out as a formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.simplify import simplify
from ..engine.trace import trace

MOST_CHARACTERS = 160
SUM, PRODUCT, SIGN, POWER, WHOLE = range(5)  # how strongly a text holds together

Part = tuple[str, int]

# Signs between two parts: text, strength, and what each side must have at least.
_SIGNS: dict[str, tuple[str, int, int, int]] = {
    "add": (" + ", SUM, SUM, SUM),
    "subtract": (" − ", SUM, SUM, PRODUCT),
    "multiply": ("·", PRODUCT, PRODUCT, PRODUCT),
    "chain_product": ("·", PRODUCT, PRODUCT, PRODUCT),
    "divide": (" / ", PRODUCT, PRODUCT, SIGN),
}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def written(function: Callable[[Any], Any], name: str = "w") -> str:
    """What the simplified graph of a function computes, as a formula of ``name``.

    >>> from chainrule import grad
    >>> written(grad(lambda w: w**2 + 3 * w - 5))
    '2·w + 3'

    A formula of more than 160 characters is cut, with "…" at its end.
    """
    graph = simplify(trace(function, 1.0))
    texts: dict[Any, Part] = {node: (name, WHOLE) for node in graph.inputs}
    for node in graph.nodes:
        texts[node] = _text(node, [texts[each] for each in node.inputs])
    text = texts[graph.outputs[0]][0]
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS].rstrip() + " …"


def _text(node: Any, parts: list[Part]) -> Part:
    kind = node.primitive.name
    if kind == "constant":
        return _number(float(node.known))
    if kind in _SIGNS:
        sign, strength, left, right = _SIGNS[kind]
        first, second = _in_order(kind, parts)
        if kind == "add" and second[0].startswith("−"):
            return f"{_held(first, left)} − {_held((second[0][1:], second[1]), PRODUCT)}", SUM
        return f"{_held(first, left)}{sign}{_held(second, right)}", strength
    if kind == "negative":
        return f"−{_held(parts[0], PRODUCT)}", SIGN
    if kind == "square":
        return f"{_held(parts[0], WHOLE)}²", POWER
    if kind == "power":
        return f"{_held(parts[0], WHOLE)}^{_held(parts[1], WHOLE)}", POWER
    if kind == "constant_power":
        return _held(parts[0], WHOLE) + _raised(node.params["exponent"]), POWER
    if kind in ("broadcast", "cast"):
        return parts[0]
    return f"{kind}({', '.join(text for text, _ in parts)})", WHOLE


def _in_order(kind: str, parts: list[Part]) -> list[Part]:
    """As one writes by hand: numbers before letters in products, after them in sums."""
    first, second = parts
    is_number = [text.lstrip("−").replace(".", "").isdigit() for text, _ in parts]
    swap = is_number[0] if kind == "add" else is_number[1] and not is_number[0]
    return [second, first] if swap and kind not in ("subtract", "divide") else [first, second]


def _raised(exponent: float) -> str:
    text = f"{exponent:.6g}"
    return f"^({text})" if "." in text else text.translate(_RAISED)


def _number(value: float) -> Part:
    text = f"{abs(value):.6g}"
    return (f"−{text}", SIGN) if value < 0 else (text, WHOLE)


def _held(part: Part, least: int) -> str:
    """A part of a larger one, in brackets where it would fall apart."""
    text, strength = part
    return text if strength >= least else f"({text})"
