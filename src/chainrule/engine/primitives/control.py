"""Control flow as primitives that hold graphs: scan, cond, while_loop, checkpoint, custom derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import trace, tree
from ..errors import DifferentiationError, ShapeError, StructureError
from ..graph import Graph
from ..tensor import Tensor
from ..types import TensorType, is_array
from . import logic as lg
from .families import Cotangents, Primitive, stack_same
from .views import reshape, shape_of

# -- one of several results --------------------------------------------------------------------


def _zero_of(kind: TensorType) -> Any:
    return np.zeros(kind.shape, kind.dtype)


pick = Primitive(
    "pick",
    "control",
    lambda kinds, index: kinds[index],
    lambda values, index: values[index],
    None,
    lambda primitive, size, batched, inputs, params: (inputs[0][params["index"]], True),
)

# -- closures become graphs --------------------------------------------------------------------


class Closure:
    """A Python function of trees as a graph, with what it captured as leading inputs."""

    def __init__(self, function: Callable[..., Any], *kinds: Any) -> None:
        start = trace.begin()
        inputs: list[Tensor] = []
        arguments = []
        for leaves, structure in kinds:
            fresh = [trace.placeholder(kind) for kind in leaves]
            inputs += fresh
            arguments.append(tree.unflatten(structure, fresh))
        results, self.structure = tree.flatten(function(*arguments), buffers=True)
        for result in results:
            if not (isinstance(result, Tensor) or is_array(result)):
                raise StructureError(
                    f"a function under scan, cond or while_loop returned {result!r}, "
                    "which is no array"
                )
        traced = trace.Traced(inputs, results, start)
        self.captured = traced.values(parameters=True)
        self.graph = Graph((*traced.captured, *inputs), traced.graph.outputs)
        self.types = [node.type for node in self.graph.outputs]


def types_of(value: Any) -> tuple[list[TensorType], tree.Structure]:
    """The types of a tree's leaves, and its structure."""
    leaves, structure = tree.flatten(value, buffers=True)
    return [trace.abstract(leaf) for leaf in leaves], structure


def _as_types(leaves: Sequence[Any], types: Sequence[TensorType]) -> list[Any]:
    return [lg.astype(_array(x), kind.dtype) for x, kind in zip(leaves, types, strict=True)]


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def _stacked_inputs(graph: Graph, size: int, batched: Sequence[bool]) -> tuple[Graph, list[bool]]:
    from ..vectorize import batch_graph

    return batch_graph(graph, size, batched)


# -- scan --------------------------------------------------------------------------------------
#
# inputs   constants, carry, xs (stacked along axis 0)
# body     constants, carry, one of xs  ->  carry, one of ys
# outputs  the last carry, ys stacked, and ``history``: the carry before each step, stacked. Only the
#          derivative reads history; where nobody does, ``simplify`` drops it.


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
    from ..interpret import program

    step = program(body)
    fixed = list(inputs[:constants])
    carry = list(inputs[constants : constants + carries])
    xs = inputs[constants + carries :]
    kinds = [node.type for node in body.outputs[carries:]] + [
        c.type for c in body.outputs[:carries]
    ] * history
    stacked = [np.empty((length, *kind.shape), kind.dtype) for kind in kinds]
    for turn in reversed(range(length)) if reverse else range(length):
        before = carry
        out = step(fixed + carry + [x[turn] for x in xs])
        carry = out[:carries]
        for column, value in zip(stacked, out[carries:] + before * history, strict=True):
            column[turn] = value
    return (*carry, *stacked)


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
        _zero_of(part.type) for part in y[carries + count :]
    ]
    sums = [_zero_of(kind) for kind in gather_types]

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
        body, out = _stacked_inputs(params["body"], size, flags)
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
            operands[i] = _swap_first_two(operands[i])
    outputs = [
        x if i >= carries or out[i] or not flags[constants + i] else stack_same(x, size)
        for i, x in enumerate(body.outputs)
    ]
    results = trace.apply(primitive, *operands, **{**params, "body": Graph(body.inputs, outputs)})
    stacked = flags[constants : constants + carries] + out[carries:]
    stacked += flags[constants : constants + carries] * params["history"]
    finished = [
        (_swap_first_two(r) if i >= carries else r) if s else stack_same(r, size)
        for i, (r, s) in enumerate(zip(results, stacked, strict=True))
    ]
    return tuple(finished), True


def _swap_first_two(x: Any) -> Any:
    from .views import swapaxes

    return swapaxes(x, 0, 1)


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
    steps = int(lengths.pop())
    x_types = [TensorType.of(shape_of(x)[1:], trace.abstract(x).dtype) for x in xs_leaves]
    leaves, structure = tree.flatten(init, buffers=True)
    closure, carry = _close_over_carry(f, leaves, structure, (x_types, xs_structure))
    carries = len(leaves)
    results = trace.apply(
        scan_row,
        *closure.captured,
        *carry,
        *map(_array, xs_leaves),
        body=closure.graph,
        carries=carries,
        constants=len(closure.captured),
        length=steps,
        reverse=reverse,
        history=_is_traced([*closure.captured, *carry, *xs_leaves]),
    )
    count = len(closure.types)
    _, y_structure = closure.structure.children
    return (
        tree.unflatten(structure, results[:carries]),
        tree.unflatten(y_structure, results[carries:count]),
    )


def _is_traced(values: Sequence[Any]) -> bool:
    return any(isinstance(value, Tensor) for value in values)


def _close_over_carry(
    f: Callable[..., Any], leaves: list[Any], structure: tree.Structure, *rest: Any
) -> tuple[Closure, list[Any]]:
    """Trace a step, and widen the first carry to the dtype that the step returns."""
    types = [trace.abstract(leaf) for leaf in leaves]
    for _ in range(2):
        closure = Closure(f, (types, structure), *rest)
        returned = closure.structure.children[0] if rest else closure.structure
        new = closure.types[: len(types)]
        if returned != structure:
            raise StructureError(
                f"the carry must keep its structure: it began as {structure}, the function returned {returned}"
            )
        if new == types:
            return closure, _as_types(leaves, types)
        if [t.shape for t in new] != [t.shape for t in types]:
            raise StructureError(
                f"the carry must keep its shapes: it began as {types}, and became {new}"
            )
        types = [
            TensorType.of(a.shape, np.result_type(a.dtype, b.dtype))
            for a, b in zip(types, new, strict=True)
        ]
    raise StructureError(f"the carry must keep its dtypes: {types} became {new}")


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
        graph, flags = _stacked_inputs(branch, size, batched[1:])
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
    flat = [_array(x) for x in tree.leaves(operands)] if not structure.count else None
    flat = [_array(x) for x in tree.flatten(operands, buffers=True)[0]]
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
        graphs.append(Graph((*heads, *arguments), _as_types(closure.graph.outputs, types)))
    index = lg.maximum(0, lg.minimum(lg.astype(_array(index), np.intp), len(branches) - 1))
    results = trace.apply(cond_row, index, *captured, *flat, branches=tuple(graphs))
    return tree.unflatten(first.structure, results)


def cond(
    pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any
) -> Any:
    """``true_fun(*operands)`` if ``pred`` else ``false_fun(*operands)``; only that one runs.

    >>> float(cond(2.0 > 1.0, lambda x: x + 1, lambda x: x - 1, 5.0))
    6.0
    """
    return switch(lg.astype(_array(pred), np.bool_), [false_fun, true_fun], *operands)


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
    test, [tested] = _stacked_inputs(params["test"], size, [True] * (a + len(carry)))
    step, flags = _stacked_inputs(params["body"], size, [True] * (b + len(carry)))

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
    body, carry = _close_over_carry(body_fun, leaves, structure)
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
            lambda state: state[0] < upper, step, (lg.astype(_array(lower), np.intp), init_val)
        )[1]
    turns = np.arange(int(lower), max(int(lower), int(upper)))
    return scan(lambda value, i: (body_fun(i, value), None), init_val, turns)[0]
