"""What would make shapes meet: edits of one operand, each tried on the shapes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Fits = Callable[[Sequence[Shape]], bool]

# How it is written, and the new shape; None where it cannot be done. The likeliest first.
_EDITS: dict[str, Callable[[Shape], Shape | None]] = {
    "{}.reshape(-1, 1)": lambda s: (*s, 1) if len(s) == 1 else None,
    "{}[:, 0]": lambda s: s[:1] if len(s) == 2 and s[1] == 1 else None,
    "{}.T": lambda s: s[::-1] if len(s) > 1 else None,
    "{}[0]": lambda s: s[1:] if s[:1] == (1,) else None,
    "{}[None]": lambda s: (1, *s),
    "{0}.reshape(len({0}), -1)": lambda s: (s[0], math.prod(s[1:])) if len(s) > 2 else None,
}


def fixes(operands: Sequence[Any], names: Sequence[str], fits: Fits) -> list[str]:
    """The edits of one operand after which the shapes fit, the likeliest first.

    Of a product, the operands the other way round come before.

    >>> fixes([np.ones((4, 3)), np.ones(4)], ["x", "total"], broadcast)
    ['total.reshape(-1, 1)', 'x.T']
    """
    shapes = [tuple(x.shape) for x in operands]
    found = []
    for place, text, new in [*_with_keepdims(operands), *_edits(shapes)]:
        if fits([*shapes[:place], new, *shapes[place + 1 :]]):
            found.append(_written(text, names[place]))
    if len(shapes) == 2 and fits(shapes[::-1]):
        found.insert(0, f"{names[1]} before {names[0]}")
    return found


def _written(text: str, name: str) -> str:
    if text == "{}.T" and name.endswith(".T"):
        return name[:-2]
    is_open = " " in name and not name.endswith(")") and "{}." in text
    return text.format(f"({name})" if is_open else name)


def _edits(shapes: list[Shape]) -> Iterator[tuple[int, str, Shape]]:
    for text, edit in _EDITS.items():
        for place, shape in enumerate(shapes):
            new = edit(shape)
            if new is not None:
                yield place, text, new


def _with_keepdims(operands: Sequence[Any]) -> Iterator[tuple[int, str, Shape]]:
    """A sum, mean, ... that keeps its axes, for operands that were reduced."""
    for place, node in enumerate(operands):
        for _ in range(2):  # a mean is a sum, divided
            row = getattr(node, "primitive", None)
            if row is not None and row.family == "reduction" and "axes" in node.params:
                axes = node.params["axes"]
                whole = node.inputs[0].shape
                kept = tuple([1 if a in axes else n for a, n in enumerate(whole)])
                yield place, "keepdims=True in {}", kept
            node = node.inputs[0] if row is not None and row.name == "divide" else None


# -- what fits ---------------------------------------------------------------------------------


def equal(shapes: Sequence[Shape]) -> bool:
    """Whether all are the same."""
    return len(set(shapes)) == 1


def broadcast(shapes: Sequence[Shape]) -> bool:
    """Whether they broadcast, and not to something larger than each: that is rarely meant."""
    try:
        found = np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return math.prod(found) == max(map(math.prod, shapes))


def join(axis: int) -> Fits:
    """Whether they can be joined along this axis."""
    return lambda shapes: equal([(len(s), *s[:axis], *s[axis + 1 :]) for s in shapes])


def contract(spec: str) -> Fits:
    """Whether the lengths of the letters of an einsum agree."""
    terms = spec.replace(" ", "").partition("->")[0].split(",")

    def fits(shapes: Sequence[Shape]) -> bool:
        if "..." in spec:
            return False
        pairs = [
            pair
            for term, shape in zip(terms, shapes, strict=True)
            for pair in zip(term, shape, strict=False)
        ]
        counts = [len(t) == len(s) for t, s in zip(terms, shapes, strict=True)]
        return all(counts) and len(set(pairs)) == len({letter for letter, _ in pairs})

    return fits


def not_filling(old: Shape, shape: Shape) -> str:
    """Words for a reshape that does not work; the new shape with one length open, where it fits."""
    size = math.prod(old)
    text = f"reshape: {old} has {size} elements, which do not fill {shape}"
    found = []
    for place in range(len(shape)):
        rest = math.prod([n for i, n in enumerate(shape) if i != place])
        if rest > 0 and size % rest == 0:
            found.append(str((*shape[:place], -1, *shape[place + 1 :])))
    return f"{text}\n  would fit  {', or '.join(found[:3])}" if found else text
