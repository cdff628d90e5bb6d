"""grad and its kin, on functions of trees."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import trace, tree
from .compile.automatic import Automatic
from .differentiate import pull_back
from .errors import DifferentiationError, DtypeError, StructureError
from .graph import Graph
from .interpret import Cache
from .primitives import logic as lg
from .primitives.views import reshape, shape_of
from .simplify import tidy
from .tensor import Parameter, Tensor
from .types import TensorType
from .vectorize import vmap

_gradients = Cache(512)


class _Call:
    """A call, taken apart: its differentiated leaves replaced by placeholders, and run once."""

    def __init__(
        self, fn: Callable[..., Any], argnums: int | Sequence[int], args: Any, kwargs: Any
    ) -> None:
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for number in chosen:
            if not -len(args) <= number < len(args):
                raise TypeError(
                    f"differentiation by argument {number} of a call with {len(args)}: "
                    "argnums= counts positional arguments from 0"
                )
        self.is_single = isinstance(argnums, int)
        wanted = args[chosen[0]] if self.is_single else tuple([args[n] for n in chosen])
        self.values, self.structure = tree.flatten(wanted)
        start = trace.begin()
        leaves = list(self.values)
        self.inputs: list[Tensor] = []
        self.places: list[int] = []
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, Parameter):
                leaf = leaf.data
            if isinstance(leaf, float) or trace.is_value(leaf) or np.iscomplexobj(leaf):
                value, kind = _as_real(leaf)
                self.values[i] = value
                leaves[i] = trace.placeholder(kind, value)
                self.inputs.append(leaves[i])
                self.places.append(i)
        arguments = list(args)
        fresh = tree.unflatten(self.structure, leaves)
        for number, argument in zip(chosen, (fresh,) if self.is_single else fresh, strict=True):
            arguments[number] = argument
        self.result = fn(*arguments, **kwargs)
        self.start = start

    def given(self) -> list[Any]:
        """The values of the differentiated leaves."""
        return [self.values[i] for i in self.places]

    def like_arguments(self, found: Sequence[Any]) -> Any:
        """Cotangents in the structure of the differentiated arguments."""
        leaves = list(self.values)
        for i, cotangent in zip(self.places, found, strict=True):
            leaves[i] = cotangent
        return tree.unflatten(self.structure, leaves)


def _as_real(leaf: Any) -> tuple[Any, TensorType]:
    """A leaf to differentiate by, and its type; a whole Python number counts as real."""
    if isinstance(leaf, (float, int)):  # quicker than a union
        leaf = np.float64(leaf)
    kind = trace.abstract(leaf)
    if not kind.is_float:
        raise DtypeError(
            f"cannot differentiate with respect to an array of dtype {kind.dtype}: convert it "
            "(x.astype(float)), or leave its argument out of argnums="
        )
    return leaf, kind


def _split_result(result: Any, has_aux: bool) -> tuple[Any, Any]:
    if not has_aux:
        return result, None
    if not (isinstance(result, tuple) and len(result) == 2):
        raise StructureError(
            f"has_aux=True: the function must return (value, aux), got {type(result)}"
        )
    return result


def _arrays_of(aux: Any) -> tuple[list[Any], list[int], tree.Structure]:
    if aux is None:
        return [], [], tree.NONE
    leaves, structure = tree.flatten(aux, buffers=True)
    return leaves, [i for i, leaf in enumerate(leaves) if isinstance(leaf, Tensor)], structure


def run(
    key: Any, traced: trace.Traced, given: Sequence[Any], derive: Callable[[], Graph]
) -> list[Any]:
    """Outputs of a graph derived from a traced one; derived once for each structure."""
    values = [*given, *traced.values()]

    def make() -> tuple[Graph, Any]:
        derived = tidy(derive())
        return derived, Automatic(derived)

    graph, program = _gradients.get((key, traced.graph.key), make)
    for value in values:
        if isinstance(value, Tensor):
            return graph(*values)  # type: ignore[no-any-return]
    return program(values)  # type: ignore[no-any-return]


def value_and_grad(
    fn: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that returns ``fn``'s value and its gradient.

    Parameters
    ----------
    fn
        Returns a real scalar; with ``has_aux``, a pair of that and anything else.
    argnums
        The positional arguments to differentiate by: a number, or several for a tuple of gradients.

    The gradient has the structure of its argument. Method: reverse accumulation (Linnainmaa 1970).

    >>> value_and_grad(lambda p: p["w"] * p["w"] + p["b"])({"w": 3.0, "b": 1.0})
    (np.float64(10.0), {'w': np.float64(6.0), 'b': np.float64(1.0)})
    """

    @functools.wraps(fn)
    def both(*args: Any, **kwargs: Any) -> Any:
        call = _Call(fn, argnums, args, kwargs)
        value, aux = _split_result(call.result, has_aux)
        loss = _scalar_loss(value)
        extra, places, aux_structure = _arrays_of(aux)
        traced = trace.Traced(call.inputs, [loss, *[extra[i] for i in places]], call.start)

        def derive() -> Graph:
            outputs = traced.graph.outputs
            one = trace.constant(1, outputs[0].dtype)
            pulled = pull_back(traced.nodes, outputs[:1], [one], call.inputs)
            gradients = [
                lg.zeros_like(node) if ct is None else trace.node_of(ct)
                for node, ct in zip(call.inputs, pulled, strict=True)
            ]
            return Graph(traced.inputs, [*outputs, *gradients])

        results = run(("grad", len(call.inputs), 1 + len(places)), traced, call.given(), derive)
        gradients = call.like_arguments(results[1 + len(places) :])
        if not has_aux:
            return results[0], gradients
        for place, found in zip(places, results[1:], strict=False):
            extra[place] = found
        return (results[0], tree.unflatten(aux_structure, extra)), gradients

    return both


def _scalar_loss(value: Any) -> Any:
    if not trace.is_value(value):
        raise DifferentiationError(
            f"the function must return a number to be differentiated, not {type(value).__name__}; "
            "if it returns (loss, something), use has_aux=True"
        )
    shape = shape_of(value)
    if shape != ():
        raise DifferentiationError(
            f"grad needs a scalar, the function returned an array of shape {shape}: take its mean "
            "or sum, or use jacobian for all derivatives of an array"
        )
    if not trace.abstract(value).is_float:
        raise DifferentiationError(f"grad needs a real number, got {trace.abstract(value)}")
    return value


def grad(
    fn: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function that returns a real scalar; see ``value_and_grad``.

    With ``has_aux`` the result is (gradient, aux).

    >>> float(grad(lambda x: x ** 3)(2.0))
    12.0
    >>> float(grad(grad(lambda x: x ** 3))(2.0))
    12.0
    """
    both = value_and_grad(fn, argnums, has_aux)

    @functools.wraps(fn)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, gradients = both(*args, **kwargs)
        return (gradients, value[1]) if has_aux else gradients

    return gradient


def vjp(fn: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of ``fn(*primals)``, and the function that pulls a cotangent back to the primals.

    >>> import numpy as np
    >>> y, pull = vjp(lambda x: np.sin(x), 0.0)
    >>> float(y), float(pull(2.0)[0])
    (0.0, 2.0)
    """
    call = _Call(fn, tuple(range(len(primals))), primals, {})
    value, aux = _split_result(call.result, has_aux)
    outputs, out_structure = tree.flatten(value)
    extra, places, aux_structure = _arrays_of(aux)
    everything = [*outputs, *[extra[i] for i in places]]
    traced = trace.Traced(call.inputs, everything, call.start)
    results = run("value", traced, call.given(), lambda: traced.graph)

    def pull(cotangent: Any) -> Any:
        leaves, structure = tree.flatten(cotangent)
        if structure != out_structure:
            raise StructureError(
                f"the cotangent must be a tree like the value, {out_structure}, not {structure}"
            )
        types = [node.type for node in traced.graph.outputs[: len(outputs)]]
        leaves = [_cotangent_like(leaf, kind) for leaf, kind in zip(leaves, types, strict=True)]

        def derive() -> Graph:
            cts = [trace.placeholder(kind) for kind in types]
            pulled = pull_back(traced.nodes, traced.graph.outputs[: len(cts)], cts, call.inputs)
            found = [
                lg.zeros_like(n) if ct is None else trace.node_of(ct)
                for n, ct in zip(call.inputs, pulled, strict=True)
            ]
            return Graph((*cts, *traced.inputs), found)

        return call.like_arguments(
            run(("vjp", len(call.inputs), len(outputs)), traced, [*leaves, *call.given()], derive)
        )

    found = tree.unflatten(out_structure, results[: len(outputs)])
    if not has_aux:
        return found, pull
    for place, result in zip(places, results[len(outputs) :], strict=True):
        extra[place] = result
    return found, pull, tree.unflatten(aux_structure, extra)


def _cotangent_like(value: Any, kind: TensorType) -> Any:
    if shape_of(value) != kind.shape:
        raise StructureError(f"a cotangent has shape {shape_of(value)}, its value {kind.shape}")
    return lg.astype(value if isinstance(value, Tensor) else np.asarray(value), kind.dtype)


def jvp(fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """The value of ``fn(*primals)``, and its derivative along ``tangents``.

    Reverse mode gives u ↦ uᵀJ, which is linear in u; its own reverse mode gives t ↦ J t
    (Townsend 2017, "A new trick for calculating Jacobian vector products").

    >>> y, dy = jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(y), float(dy)
    (9.0, 6.0)
    """
    call = _Call(fn, tuple(range(len(primals))), tuple(primals), {})
    outputs, out_structure = tree.flatten(call.result)
    traced = trace.Traced(call.inputs, outputs, call.start)
    directions, structure = tree.flatten(tuple(tangents))
    if structure != call.structure:
        raise StructureError(
            f"the tangents must be a tree like the primals, {call.structure}, not {structure}"
        )
    directions = [
        _cotangent_like(directions[i], node.type)
        for i, node in zip(call.places, call.inputs, strict=True)
    ]

    def derive() -> Graph:
        ends = traced.graph.outputs
        start = trace.begin()
        cts = [trace.placeholder(node.type) for node in ends]
        steps = [trace.placeholder(node.type) for node in call.inputs]
        pulled = pull_back(traced.nodes, ends, cts, call.inputs)
        pairs = [(p, s) for p, s in zip(pulled, steps, strict=True) if isinstance(p, Tensor)]
        backs = [p for p, _ in pairs]
        inner = [n for n in Graph(traced.inputs, backs).nodes if n.serial > start]
        turned = pull_back(inner, backs, [s for _, s in pairs], cts)
        found = [
            lg.zeros_like(n) if t is None else trace.node_of(t)
            for n, t in zip(cts, turned, strict=True)
        ]
        zeros = [trace.constant(np.zeros(n.shape, n.dtype)) for n in cts]
        graph = Graph((*steps, *traced.inputs, *cts), [*ends, *found])
        found = graph(*steps, *traced.inputs, *zeros)
        return Graph((*steps, *traced.inputs), map(trace.node_of, found))

    results = run(("jvp", len(call.inputs)), traced, [*directions, *call.given()], derive)
    count = len(outputs)
    return (
        tree.unflatten(out_structure, results[:count]),
        tree.unflatten(out_structure, results[count:]),
    )


def jacobian(fn: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """All first derivatives: for a result of shape R and an argument of shape A, an array (*R, *A).

    A result that is a tree gives a tree of these, each in the structure of the arguments.

    >>> import numpy as np
    >>> jacobian(lambda x: x * x)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """

    @functools.wraps(fn)
    def derivatives(*args: Any, **kwargs: Any) -> Any:
        chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)

        def of_chosen(*parts: Any) -> Any:
            full = list(args)
            for number, part in zip(chosen, parts, strict=True):
                full[number] = part
            return fn(*full, **kwargs)

        value, pull = vjp(of_chosen, *[args[number] for number in chosen])
        leaves, structure = tree.flatten(value)
        rows = []
        for i, leaf in enumerate(leaves):
            size = int(np.prod(shape_of(leaf)))
            unit = np.eye(size, dtype=leaf.dtype).reshape(size, *shape_of(leaf))

            def one_row(direction: Any, i: int = i) -> Any:
                cts = [
                    direction if j == i else np.zeros(shape_of(x), x.dtype)
                    for j, x in enumerate(leaves)
                ]
                return pull(tree.unflatten(structure, cts))

            stacked = vmap(one_row)(unit)
            shaped = tree.map(
                lambda g, leaf=leaf: reshape(g, shape_of(leaf) + shape_of(g)[1:]), stacked
            )
            rows.append(shaped[0] if isinstance(argnums, int) else shaped)
        return tree.unflatten(structure, rows)

    return derivatives


jacfwd = jacrev = jacobian  # JAX's names; here there is one way


def hessian(fn: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """All second derivatives of a scalar function: for an argument of shape A, an array (*A, *A).

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    return jacobian(grad(fn, argnums), argnums)


def hvp(fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Hessian of a scalar function times a direction, without the Hessian (Pearlmutter 1994).

    ``primals`` and ``tangents`` are sequences of arguments; the product has their structure.

    >>> float(hvp(lambda x: x ** 3, (2.0,), (1.0,))[0])
    12.0
    """
    every = tuple(range(len(primals)))
    return jvp(grad(fn, every), primals, tangents)[1]
