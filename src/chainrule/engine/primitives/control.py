"""Branches and loops as primitives that hold graphs: cond, switch, while_loop, fori_loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import trace, tree
from ..errors import DifferentiationError, StructureError
from ..graph import Graph
from ..tensor import Tensor
from ..types import TensorType
from . import logic as lg
from .closures import Closure, as_operand, as_types, batch_body, close_over_carry, types_of
from .families import Cotangents, Primitive, stack_same
from .scan import scan
from .views import reshape, shape_of

# -- cond --------------------------------------------------------------------------------------


def _infer_cond(index: TensorType, *types: TensorType, branches: tuple[Graph, ...]) -> Any:
    return tuple([node.type for node in branches[0].outputs])


def _numpy_cond(index: Any, *operands: Any, branches: tuple[Graph, ...]) -> Any:
    from ..interpret import program

    return tuple(program(branches[int(index)])(list(operands)))


def _cond_vjp(cotangents: Any, y: Any, index: Any, *operands: Any, branches: Any) -> Cotangents:
    from ..differentiate import backward

    backs = tuple([backward(branch) for branch in branches])
    return [None, *trace.apply(cond_row, index, *operands, *cotangents, branches=backs)]


def _batch_cond(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    """With one index for all, one branch runs; else all run, and each row selects its own."""
    index, *operands = inputs
    every = []
    for branch in params["branches"]:
        graph, flags = batch_body(branch, size, batched[1:])
        outs = [x if s else stack_same(x, size) for x, s in zip(graph.outputs, flags, strict=True)]
        every.append(Graph(graph.inputs, outs))
    if not batched[0]:
        return trace.apply(primitive, index, *operands, branches=tuple(every)), True
    results = [graph(*operands) for graph in every]
    chosen = results[-1]
    for number in reversed(range(len(every) - 1)):
        chosen = [
            lg.where(_column(lg.equal(index, number), x), x, other)
            for x, other in zip(results[number], chosen, strict=True)
        ]
    return tuple(chosen), True


def _column(flags: Any, like: Any) -> Any:
    return reshape(flags, shape_of(flags) + (1,) * (len(shape_of(like)) - 1))


cond_row = Primitive("cond", "control", _infer_cond, _numpy_cond, _cond_vjp, _batch_cond)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The result of ``branches[index](*operands)``; the others do not run."""
    leaves, structure = types_of(operands)
    flat = [as_operand(x) for x in tree.flatten(operands, buffers=True)[0]]
    closures = [Closure(lambda args, f=f: f(*args), (leaves, structure)) for f in branches]
    first = closures[0]
    for other in closures[1:]:
        if other.structure != first.structure or [t.shape for t in other.types] != [
            t.shape for t in first.types
        ]:
            raise StructureError(
                "cond: all branches must return the same structure and shapes, got "
                f"{first.structure} of {first.types} and {other.structure} of {other.types}"
            )
    types = [
        TensorType.of(kinds[0].shape, np.result_type(*[kind.dtype for kind in kinds]))
        for kinds in zip(*[closure.types for closure in closures], strict=True)
    ]
    captured = [value for closure in closures for value in closure.captured]
    graphs = []
    for number, closure in enumerate(closures):
        own = [[trace.placeholder(trace.abstract(v)) for v in c.captured] for c in closures]
        own[number] = list(closure.graph.inputs[: len(closure.captured)])
        arguments = closure.graph.inputs[len(closure.captured) :]
        heads = [node for group in own for node in group]
        graphs.append(Graph((*heads, *arguments), as_types(closure.graph.outputs, types)))
    index = lg.maximum(0, lg.minimum(lg.astype(as_operand(index), np.intp), len(branches) - 1))
    results = trace.apply(cond_row, index, *captured, *flat, branches=tuple(graphs))
    return tree.unflatten(first.structure, results)


def cond(
    pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any
) -> Any:
    """``true_fun(*operands)`` if ``pred`` else ``false_fun(*operands)``; only that one runs.

    >>> float(cond(2.0 > 1.0, lambda x: x + 1, lambda x: x - 1, 5.0))
    6.0
    """
    return switch(lg.astype(as_operand(pred), np.bool_), [false_fun, true_fun], *operands)


# -- while_loop --------------------------------------------------------------------------------


def _infer_while(*types: TensorType, test: Graph, body: Graph, constants: tuple[int, int]) -> Any:
    return types[sum(constants) :]


def _numpy_while(*inputs: Any, test: Graph, body: Graph, constants: tuple[int, int]) -> Any:
    from ..interpret import program

    goes_on, step = program(test), program(body)
    first, second = list(inputs[: constants[0]]), list(inputs[constants[0] : sum(constants)])
    carry = list(inputs[sum(constants) :])
    while goes_on(first + carry)[0]:
        carry = step(second + carry)
    return tuple(carry)


def _while_vjp(*_: Any, **__: Any) -> Cotangents:
    raise DifferentiationError(
        "while_loop has no derivative: how many carries must be kept is not known beforehand. Use "
        "lax.scan, or lax.fori_loop with bounds that are Python integers."
    )


def _batch_while(
    primitive: Primitive, size: int, batched: Sequence[bool], inputs: Any, params: Any
) -> tuple[Any, bool]:
    """All rows go on while any does; a row that is finished keeps its carry."""
    a, b = params["constants"]
    first = [x if s else stack_same(x, size) for x, s in zip(inputs, batched, strict=True)]
    fixed, carry = first[: a + b], first[a + b :]
    test, [tested] = batch_body(params["test"], size, [True] * (a + len(carry)))
    step, flags = batch_body(params["body"], size, [True] * (b + len(carry)))

    def alive(state: Sequence[Any]) -> Any:
        flag = test(*fixed[:a], *state)[0]
        return flag if tested else stack_same(flag, size)

    def advance(state: Sequence[Any]) -> list[Any]:
        going = alive(state)
        moved = [
            x if s else stack_same(x, size)
            for x, s in zip(step(*fixed[a:], *state), flags, strict=True)
        ]
        return [
            lg.where(_column(going, new), new, old) for new, old in zip(moved, state, strict=True)
        ]

    from .reductions import any as any_of

    return tuple(while_loop(lambda state: any_of(alive(state)), advance, carry)), True


while_row = Primitive("while_loop", "control", _infer_while, _numpy_while, _while_vjp, _batch_while)


def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any
) -> Any:
    """``while cond_fun(val): val = body_fun(val)`` on a tree of arrays. It has no derivative.

    >>> int(while_loop(lambda n: n < 100, lambda n: n * 2, 1))
    128
    """
    leaves, structure = tree.flatten(init_val, buffers=True)
    body, carry = close_over_carry(body_fun, leaves, structure)
    test = Closure(cond_fun, ([trace.abstract(x) for x in carry], structure))
    if len(test.types) != 1 or test.types[0].shape != ():
        raise StructureError(f"while_loop: the condition must be one truth value, not {test.types}")
    results = trace.apply(
        while_row,
        *test.captured,
        *body.captured,
        *carry,
        test=test.graph,
        body=body.graph,
        constants=(len(test.captured), len(body.captured)),
    )
    return tree.unflatten(structure, results)


def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """``for i in range(lower, upper): val = body_fun(i, val)``.

    With bounds that are Python integers it is a scan, and has a derivative.

    >>> int(fori_loop(0, 5, lambda i, total: total + i, 0))
    10
    """
    if isinstance(lower, Tensor) or isinstance(upper, Tensor):

        def step(state: Any) -> Any:
            i, value = state
            return i + 1, body_fun(i, value)

        return while_loop(
            lambda state: state[0] < upper, step, (lg.astype(as_operand(lower), np.intp), init_val)
        )[1]
    turns = np.arange(int(lower), max(int(lower), int(upper)))
    return scan(lambda value, i: (body_fun(i, value), None), init_val, turns)[0]
