"""Reductions, products and running sums as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import Row
from .writer import Writer


def _reduction(kind: str) -> Row:
    def row(w: Writer, node: Any, x: str) -> str:
        axes = node.params["axes"]
        if not axes:
            return w.op("Identity", x)
        return w.typed(kind, node, x, w.ints(*axes), data=(0,), keepdims=0)

    return row


def _any(w: Writer, node: Any, x: str) -> str:
    """Whether their number is above 0: of no elements it is 0, which ReduceMax refuses."""
    axes = node.params["axes"]
    if not axes:
        return w.op("Identity", x)
    count = w.op("ReduceSum", w.cast(x, np.int64), w.ints(*axes), keepdims=0)
    return w.op("Greater", count, w.constant(0, np.int64))


def _all(w: Writer, node: Any, x: str) -> str:
    return w.op("Not", _any(w, node, w.op("Not", x)))


def _place(kind: str) -> Row:
    def row(w: Writer, node: Any, x: str) -> str:
        return w.typed(kind, node, x, axis=node.params["axis"], keepdims=0)

    return row


def _cumsum(w: Writer, node: Any, x: str) -> str:
    axis = w.constant(node.params["axis"], np.int64)
    return w.typed("CumSum", node, x, axis, data=(0,))


# -- products ----------------------------------------------------------------------------------


def _einsum(w: Writer, node: Any, *xs: str) -> str:
    spec = node.params["spec"]
    terms, result = spec.split("->")
    if len(xs) == 2:
        found = _product(w, node, *terms.split(","), result, *xs)
        if found:
            return found
    if not terms.strip(","):  # numbers alone
        product = xs[0]
        for x in xs[1:]:
            product = w.typed("Mul", node, product, x)
        return product
    return w.typed("Einsum", node, *xs, equation=spec)


def _product(w: Writer, node: Any, a: str, b: str, result: str, x: str, y: str) -> str | None:
    """A product of two matrices, or of stacks of them; None where it is something else.

    ``a``, ``b`` and ``result`` are the letters of the axes.
    """
    summed = [c for c in a if c in b and c not in result]
    if not summed:
        return _elementwise(w, node, a, b, result, x, y)
    stack = [c for c in result if c in a and c in b]
    rows = [c for c in a if c not in b]
    columns = [c for c in b if c not in a]
    order = [*result]
    if len(summed) > 1 or len(columns) > 1:
        return None
    if order == [*stack, *columns, *rows] and rows and columns:
        return _product(w, node, b, a, result, y, x)
    if order != [*stack, *rows, *columns]:
        return None
    (k,) = summed
    if not stack:
        return _matrices(w, node, k, (a, x), (b, y))
    return None if len(rows) > 1 else _stacks(w, node, k, stack, (a, x), (b, y))


def _matrices(w: Writer, node: Any, k: str, *operands: tuple[str, str]) -> str | None:
    """Of two matrices ``Gemm``, if one must be transposed; or rows of any shape by a matrix."""
    (a, x), (b, y) = operands
    if len(a) == 1 or len(b) == 1:
        return _with_vector(w, node, k, *operands)
    is_turned = int(a[0] == k), int(b[-1] == k)
    if len(a) == 2 and any(is_turned) and node.type.is_float:
        return w.op("Gemm", x, y, transA=is_turned[0], transB=is_turned[1])
    if len(a) > 2 and a[-1] != k:
        return None
    x = _ordered(w, x, a, [*a.replace(k, ""), k])
    y = _ordered(w, y, b, [k, *b.replace(k, "")])
    return w.typed("MatMul", node, x, y)


def _stacks(w: Writer, node: Any, k: str, stack: list[str], *operands: tuple[str, str]) -> str:
    """Of two stacks of matrices; a missing row or column is an axis of length 1."""
    (a, x), (b, y) = operands
    rows = [c for c in a if c not in (*stack, k)]
    columns = [c for c in b if c not in (*stack, k)]
    x = _ordered(w, x, a, [*stack, *rows, k])
    y = _ordered(w, y, b, [*stack, k, *columns])
    last = len(stack)
    x = x if rows else w.op("Unsqueeze", x, w.ints(last))
    y = y if columns else w.op("Unsqueeze", y, w.ints(last + 1))
    found = w.typed("MatMul", node, x, y)
    extra = [last] * (not rows) + [last + 1] * (not columns)
    return w.op("Squeeze", found, w.ints(*extra)) if extra else found


def _with_vector(w: Writer, node: Any, k: str, *operands: tuple[str, str]) -> str | None:
    """The vector goes to the side where the other's axis is, so that nothing is transposed.

    (onnxruntime 1.32 fuses ``Transpose`` into a product by a vector, and computes something else.)
    """
    (_, vector), (term, other) = sorted(operands, key=lambda pair: len(pair[0]))
    if term[-1] == k:
        return w.typed("MatMul", node, other, vector)
    return w.typed("MatMul", node, vector, other) if len(term) == 2 else None


def _ordered(w: Writer, x: str, term: str, wanted: list[str]) -> str:
    order = [term.index(c) for c in wanted]
    return x if order == sorted(order) else w.op("Transpose", x, perm=order)


def _elementwise(w: Writer, node: Any, a: str, b: str, result: str, x: str, y: str) -> str | None:
    """Nothing is summed: each of the two is repeated along what it lacks."""
    if set(result) != set(a + b):
        return None
    operands = []
    for value, term in ((x, a), (y, b)):
        present = [c for c in result if c in term]
        value = _ordered(w, value, term, present)
        missing = [i for i, c in enumerate(result) if c not in term]
        operands.append(w.op("Unsqueeze", value, w.ints(*missing)) if missing else value)
    return w.typed("Mul", node, *operands)


REDUCTIONS: dict[str, Row] = {
    "sum": _reduction("ReduceSum"),
    "prod": _reduction("ReduceProd"),
    "max": _reduction("ReduceMax"),
    "min": _reduction("ReduceMin"),
    "any": _any,
    "all": _all,
    "argmax": _place("ArgMax"),
    "argmin": _place("ArgMin"),
    "cumsum": _cumsum,
    "einsum": _einsum,
}
