"""Reductions, products and running sums as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import Row
from .kernels import computed_in
from .writer import Writer


def reduced(w: Writer, node: Any, kind: str, x: str, *rest: str, **settings: Any) -> str:
    """An operator whose first input alone is the data: widened where no kernel is."""
    dtype = node.inputs[0].type.dtype
    wide = computed_in(kind, dtype)
    if wide == dtype:
        return w.op(kind, x, *rest, **settings)
    return w.cast(w.op(kind, w.cast(x, wide), *rest, **settings), node.dtype)


def _reduction(kind: str) -> Row:
    def row(w: Writer, node: Any, x: str) -> str:
        axes = node.params["axes"]
        if not axes:
            return w.op("Identity", x)
        return reduced(w, node, kind, x, w.ints(*axes), keepdims=0)

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
        dtype = node.inputs[0].dtype
        wide = computed_in(kind, dtype)
        x = x if wide == dtype else w.cast(x, wide)
        return w.op(kind, x, axis=node.params["axis"], keepdims=0)

    return row


def _cumsum(w: Writer, node: Any, x: str) -> str:
    return reduced(w, node, "CumSum", x, w.constant(node.params["axis"], np.int64))


# -- products ----------------------------------------------------------------------------------


def _einsum(w: Writer, node: Any, *xs: str) -> str:
    spec = node.params["spec"]
    terms, result = spec.split("->")
    letters = terms.split(",")
    if len(xs) == 2:
        found = _matrix(w, node, *letters, result, *xs)
        if found:
            return found
    if not terms.strip(","):  # numbers alone
        product = xs[0]
        for x in xs[1:]:
            product = w.typed("Mul", node, product, x)
        return product
    return w.typed("Einsum", node, *xs, equation=spec)


def _matrix(w: Writer, node: Any, a: str, b: str, result: str, x: str, y: str) -> str | None:
    """A product of two matrices, or of two stacks of them; None where it is something else."""
    summed = [c for c in a if c in b and c not in result]
    stack = [c for c in result if c in a and c in b]
    if not a or not b or len(summed) != 1:
        return _elementwise(w, node, a, b, result, x, y) if not summed else None
    rows = [c for c in a if c not in b]
    columns = [c for c in b if c not in a]
    if len(rows) > 1 or len(columns) > 1:
        return None
    (k,) = summed
    if result != "".join(stack + rows + columns):
        if rows and columns and result == "".join(stack + columns + rows):
            return _matrix(w, node, b, a, result, y, x)
        return None
    flat = len(a) == len(b) == 2 and not stack
    if flat and node.type.is_float and (a[0] == k or b[1] == k):
        return w.op("Gemm", x, y, transA=int(a[0] == k), transB=int(b[1] == k))
    if len(a) == 1 or len(b) == 1:
        return _with_vector(w, node, k, (a, x), (b, y))
    x = _ordered(w, x, a, [*stack, *rows, k])
    y = _ordered(w, y, b, [*stack, k, *columns])
    if stack and not rows:
        x = w.op("Unsqueeze", x, w.ints(len(stack)))
    if stack and not columns:
        y = w.op("Unsqueeze", y, w.ints(len(stack) + 1))
    found = w.typed("MatMul", node, x, y)
    if stack and (not rows or not columns):
        extra = [len(stack)] * (not rows) + [len(stack) + 1] * (not columns)
        found = w.op("Squeeze", found, w.ints(*extra))
    return found


def _with_vector(w: Writer, node: Any, k: str, *operands: tuple[str, str]) -> str:
    """The vector goes to the side where the other's axis is, so that nothing is transposed.

    (onnxruntime 1.32 fuses ``Transpose`` into a product by a vector, and computes something else.)
    """
    (_, vector), (term, other) = sorted(operands, key=lambda pair: len(pair[0]))
    return w.typed("MatMul", node, *([vector, other] if term[0] == k else [other, vector]))


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
