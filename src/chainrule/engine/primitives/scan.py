"""scan: a loop with a carry, as one primitive that holds the graph of its step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import trace, tree
from ..errors import ShapeError
from ..graph import Graph
from ..types import TensorType
from .closures import any_traced, as_operand, batch_body, close_over_carry, zeros_of
from .families import Cotangents, Primitive, stack_same
from .views import shape_of, swapaxes

# -- scan --------------------------------------------------------------------------------------
#
# inputs   constants, carry, xs (stacked along axis 0)
# body     constants, carry, one of xs  ->  carry, one of ys
# outputs  the last carry, ys stacked, and ``history``: the carry before each step, stacked. Only
#          the derivative reads history; where nobody does, ``simplify`` drops it.


def _infer_scan(
    *types: TensorType, body: Graph, carries: int, constants: int, length: int, **rest: Any
) -> Any:
    outputs = [node.type for node in body.outputs]
    carry, ys = outputs[:carries], outputs[carries:]
    stacked = [TensorType.of((length, *y.shape), y.dtype) for y in ys]
    if rest["history"]:
        stacked += [TensorType.of((length, *c.shape), c.dtype) for c in carry]
    return (*carry, *stacked)


def _numpy_scan(
    *inputs: Any,
    body: Graph,
    carries: int,
    constants: int,
    length: int,
    reverse: bool,
    history: bool,
) -> Any:
    from ..compile.loop import runner

    arrays = [np.asarray(x) for x in inputs]
    carry = arrays[constants : constants + carries]
    if history:
        body = Graph(body.inputs, (*body.outputs, *body.inputs[constants : constants + carries]))
    order = slice(None, None, -1 if reverse else 1)
    buffers = [np.array(x, order="C") for x in carry]
    kinds = [node.type for node in body.outputs[carries:]]
    ys = [np.empty((length, *kind.shape), kind.dtype) for kind in kinds]
    run = runner(body, constants, carries, length)
    run(buffers, arrays[:constants], [x[order] for x in arrays[constants + carries :]], ys, length)
    return (*[x[()] for x in buffers], *[y[order] for y in ys])


def _scan_vjp(cotangents: Any, y: Any, *inputs: Any, **params: Any) -> Cotangents:
    """A scan the other way: each step recomputes its body from the carry it started with."""
    from ..differentiate import backward

    body, carries, constants = params["body"], params["carries"], params["constants"]
    count = len(body.outputs) - carries
    n = len(inputs) - constants - carries
    if not params["history"]:
        y = trace.apply(scan_row, *inputs, **{**params, "history": True})
    before = [y[carries + count + i] for i in range(carries)]
    back = backward(body)
    gather_types = [node.type for node in body.inputs[:constants]]
    ct_carry = cotangents[:carries]
    ct_ys = cotangents[carries : carries + count]
    ct_history = cotangents[carries + count :] or [
        zeros_of(trace.abstract(part)) for part in y[carries + count :]
    ]
    sums = [zeros_of(kind) for kind in gather_types]

    def step(carry: Any, here: Any) -> Any:
        totals, ct = carry
        saved, x, ct_y, ct_before = here
        grads = back(*inputs[:constants], *saved, *x, *ct, *ct_y)
        totals = [
            t + g if g is not None else t for t, g in zip(totals, grads[:constants], strict=True)
        ]
        following = [
            g + h for g, h in zip(grads[constants : constants + carries], ct_before, strict=True)
        ]
        return (totals, following), grads[constants + carries :]

    (sums, first), ct_xs = scan(
        step,
        (sums, list(ct_carry)),
        (before, list(inputs[len(inputs) - n :]), list(ct_ys), list(ct_history)),
        length=params["length"],
        reverse=not params["reverse"],
    )
    return [*sums, *first, *ct_xs]


def _batch_scan(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    """The body in a stack. A carry that becomes stacked on the way is stacked from the start."""
    constants, carries = params["constants"], params["carries"]
    flags = list(batched)
    while True:
        body, out = batch_body(params["body"], size, flags)
        carry = flags[constants : constants + carries]
        grown = [a or b for a, b in zip(carry, out[:carries], strict=True)]
        if grown == carry:
            break
        flags[constants : constants + carries] = grown
    operands = [
        x if b or not f else stack_same(x, size)
        for x, b, f in zip(inputs, batched, flags, strict=True)
    ]
    for i in range(constants + carries, len(operands)):
        if flags[i]:
            operands[i] = swapaxes(operands[i], 0, 1)
    outputs = [
        x if i >= carries or out[i] or not flags[constants + i] else stack_same(x, size)
        for i, x in enumerate(body.outputs)
    ]
    results = trace.apply(primitive, *operands, **{**params, "body": Graph(body.inputs, outputs)})
    stacked = flags[constants : constants + carries] + out[carries:]
    stacked += flags[constants : constants + carries] * params["history"]
    finished = [
        (swapaxes(r, 0, 1) if i >= carries else r) if s else stack_same(r, size)
        for i, (r, s) in enumerate(zip(results, stacked, strict=True))
    ]
    return tuple(finished), True


scan_row = Primitive("scan", "control", _infer_scan, _numpy_scan, _scan_vjp, _batch_scan)


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int = 1,
) -> tuple[Any, Any]:
    """``carry, y = f(carry, x)`` for each x along axis 0; the last carry and the stacked y.

    Parameters
    ----------
    f
        Step function. Carry, x and y are trees of arrays; the carry keeps its structure and types.
    init, xs
        First carry, and arrays whose first axis is walked (None: ``length`` steps without x).
    reverse
        Walk from the last x to the first; y stays in the order of x.

    >>> import numpy as np
    >>> scan(lambda total, x: (total + x, total + x), 0.0, np.array([1.0, 2.0, 3.0]))[1]
    array([1., 3., 6.])
    """
    xs_leaves, xs_structure = tree.flatten(xs, buffers=True)
    lengths = {shape_of(x)[0] if shape_of(x) else None for x in xs_leaves} | ({length} - {None})
    if len(lengths) != 1 or None in lengths:
        raise ShapeError(
            f"scan: needs one number of steps, from the first axes of xs or length=; got "
            f"{[shape_of(x) for x in xs_leaves]} and length={length}"
        )
    (steps,) = lengths
    x_types = [TensorType.of(shape_of(x)[1:], trace.abstract(x).dtype) for x in xs_leaves]
    leaves, structure = tree.flatten(init, buffers=True)
    closure, carry = close_over_carry(f, leaves, structure, (x_types, xs_structure))
    carries = len(leaves)
    results = trace.apply(
        scan_row,
        *closure.captured,
        *carry,
        *map(as_operand, xs_leaves),
        body=closure.graph,
        carries=carries,
        constants=len(closure.captured),
        length=steps,
        reverse=reverse,
        history=any_traced([*closure.captured, *carry, *xs_leaves]),
    )
    count = len(closure.types)
    _, y_structure = closure.structure.children
    return (
        tree.unflatten(structure, results[:carries]),
        tree.unflatten(y_structure, results[carries:count]),
    )
