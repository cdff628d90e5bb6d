"""Kernels of matrix products, and what is fused onto their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import access, ir, matmul
from .access import Affine
from .instructions import Value, kind_of
from .math import Math
from .values import Values


class Shape:
    """A stack of products: how often, and m, n, k with the loop numbers of the operands' axes."""

    def __init__(self, step: ir.Contract) -> None:
        node = step.node
        terms, result = node.params["spec"].split("->")
        lengths = [n for x in node.inputs for n in x.shape]
        length = dict(zip(terms.replace(",", ""), lengths, strict=True))
        number = {c: i for i, c in enumerate([*result, "Y"])}
        self.stack = [length[c] for c in result if c not in "XZ"]
        self.m, self.n, self.k = (length.get(c, 1) for c in "XZY")
        self.x, self.z, self.y = (number.get(c, -1) for c in "XZY")
        self.kind = kind_of(node.dtype) or ""

    def strides(self, side: Affine, first: int, second: int) -> tuple[int, int]:
        """Elements from row to row and from column to column of an operand."""
        return side.coefficient(first), side.coefficient(second)

    def plan(self, step: ir.Contract, lanes: int) -> matmul.Plan:
        """How each product is computed."""
        a = self.strides(step.a[1], self.x, self.y)
        b = self.strides(step.b[1], self.y, self.z)
        return matmul.plan(self.m, self.n, self.k, a, b, self.kind, lanes)


def write_product(
    emit: Math,
    step: ir.Contract,
    values: Values,
    lanes: int,
    scratch: Callable[[int, str], Value],
    limits: Mapping[str, tuple[Value, Value] | None],
) -> None:
    """Write the kernel of a stack of matrix products; ``limits``: the part along an axis."""
    shape = Shape(step)
    rows, columns = limits.get("rows"), limits.get("columns")
    counters: list[Value] = []

    def stack(level: int) -> None:
        if level < len(shape.stack):
            part = limits.get("stack") if level == 0 else None
            first, stop = part or (0, shape.stack[level])
            with emit.loop(first, stop) as counter:
                counters.append(counter)
                stack(level + 1)
                counters.pop()
            return
        multiply(counters)

    def multiply(counters: list[Value]) -> None:
        a = _matrix(emit, values, step.a, shape.strides(step.a[1], shape.x, shape.y), counters)
        b = _matrix(emit, values, step.b, shape.strides(step.b[1], shape.y, shape.z), counters)

        def finish(row: Value, column: Value, value: Value) -> None:
            _finish(emit, step, values, shape, [*counters], row, column, value)

        m, n, k = shape.m, shape.n, shape.k
        matmul.multiply(emit, m, n, k, a, b, lanes, finish, scratch, rows, columns)

    stack(0)


def _matrix(
    emit: Math,
    values: Values,
    side: tuple[ir.Storage, Affine],
    strides: tuple[int, int],
    counters: list[Value],
) -> matmul.Matrix:
    storage, address = side
    kind = kind_of(storage.type.dtype)
    assert kind is not None
    offset = emit.constant("i64", address.constant)
    for axis, c in address.terms:
        if axis < len(counters):
            offset = counters[axis] * c + offset
    pointer = emit.address(values.pointers[storage], offset, kind)
    return matmul.Matrix(pointer, *strides, kind)


def _finish(
    emit: Math,
    step: ir.Contract,
    values: Values,
    shape: Shape,
    counters: list[Value],
    row: Value,
    column: Value,
    value: Value,
) -> None:
    """Store a vector of results, and what is computed from it."""
    node = step.node
    every = [*counters]
    every += [row] * (shape.x >= 0) + [column] * (shape.z >= 0)
    values.variables = [v for v, n in zip(every, node.shape, strict=True) if n != 1]
    values.width = values.valid = value.lanes
    values.begin_piece()
    values.here = {r.made: True for r in step.roots if ir.is_own_value(r)} | {node: value}
    found = [values.of(root.node, root.index) for root in step.roots]
    if step.is_stored:
        values.store(step.result, access.linear(node.shape, access.own_index(node.shape)), value)
    for root, one in zip(step.roots, found, strict=True):
        if root.is_stored:
            values.store(root.storage, root.target, one)
