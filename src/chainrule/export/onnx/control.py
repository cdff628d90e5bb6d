"""Loops and branches as ONNX subgraphs, which see the values around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine.graph import Graph
from .elementwise import Row
from .writer import Writer


def subgraph(child: Writer, name: str, given: list[Any], nodes: Sequence[Any], found: Any) -> Any:
    """A subgraph of what a writer wrote; each output is a node of its own."""
    child.owner = f"{child.prefix}result"
    own = {result for made in child.nodes for result in made.output}
    outputs = []
    for node, result in zip(nodes, found, strict=True):
        if result not in own:
            result = child.op("Identity", result)
        own.discard(result)
        outputs.append(child.info(result, node))
    return child.helper.make_graph(child.nodes, name, given, outputs)


def _cond(w: Writer, node: Any, index: str, *operands: str) -> list[str]:
    branches = node.params["branches"]
    return _choose(w, w, branches, 0, index, operands)


def _choose(
    w: Writer, home: Writer, branches: Sequence[Graph], number: int, index: str, operands: Any
) -> list[str]:
    """``If`` for this branch, with another one inside for the rest."""
    outputs = branches[0].outputs
    if number == len(branches) - 1:
        return _inlined(w, branches[number], operands)
    test = w.op("Equal", index, w.constant(number, np.int64))
    first, rest = home.body(f"branch{number}"), home.body(f"branch{number + 1}")
    rest.owner = f"{rest.prefix}if"
    found = _inlined(first, branches[number], operands)
    then = subgraph(first, first.prefix[:-1], [], outputs, found)
    found = _choose(rest, home, branches, number + 1, index, operands)
    other = subgraph(rest, rest.prefix[:-1], [], outputs, found)
    return _results(w, "If", test, count=len(outputs), then_branch=then, else_branch=other)


def _results(w: Writer, kind: str, *inputs: str, count: int, **settings: Any) -> list[str]:
    return w.op(kind, *inputs, name=w.owner, outputs=count, **settings)


def _inlined(w: Writer, graph: Graph, operands: Sequence[str]) -> list[str]:
    w.values.update(zip(graph.inputs, operands, strict=True))
    return w.write(graph)


def _arguments(child: Writer, nodes: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """Names and types of a body's own inputs."""
    names = [child.unique(child.prefix + child.names.get(node, "x")) for node in nodes]
    return names, [child.info(name, node) for name, node in zip(names, nodes, strict=True)]


def _while(w: Writer, node: Any, *operands: str) -> list[str]:
    params = node.params
    test, body = params["test"], params["body"]
    a, b = params["constants"]
    first, second, carry = operands[:a], operands[a : a + b], operands[a + b :]
    goes_on = _test(w, w, test, [*first, *carry])
    child = w.body("body")
    names, given = _arguments(child, body.inputs[b:])
    turn, flag = child.unique(child.prefix + "turn"), child.unique(child.prefix + "goes_on")
    helper = w.helper
    kinds = [(turn, helper.np_dtype_to_tensor_dtype(np.dtype(np.int64)))]
    kinds.append((flag, helper.np_dtype_to_tensor_dtype(np.dtype(np.bool_))))
    head = [helper.make_tensor_value_info(name, kind, []) for name, kind in kinds]
    moved = _inlined(child, body, [*second, *names])
    again = _test(w, child, test, [*first, *moved])
    nodes = (*test.outputs, *body.outputs)
    inner = subgraph(child, child.prefix[:-1], [*head, *given], nodes, [again, *moved])
    return _results(w, "Loop", "", goes_on, *carry, count=len(carry), body=inner)


def _test(w: Writer, where: Writer, test: Graph, operands: Sequence[str]) -> str:
    """The condition of a loop, among the nodes of this writer."""
    child = w.body("test")
    child.nodes = where.nodes
    return _inlined(child, test, operands)[0]


def _scan(w: Writer, node: Any, *operands: str) -> list[str]:
    params = w.file.sizes.params(node)
    body, carries, constants = params["body"], params["carries"], params["constants"]
    length, history = params["length"], params["history"]
    fixed, carry = operands[:constants], operands[constants : constants + carries]
    xs = list(operands[constants + carries :])
    ys = body.outputs[carries:]
    stacked = [*ys, *body.inputs[constants : constants + carries]][: len(node.type) - carries]
    if length == 0:
        return [*carry, *[_nothing(w, y) for y in stacked]]
    child = w.body("step")
    names, given = _arguments(child, body.inputs[constants:])
    found = _inlined(child, body, [*fixed, *names])
    outputs = list(body.outputs)
    if history:
        found += names[:carries]
        outputs += body.inputs[constants : constants + carries]
    if not xs:
        xs = [w.op("Expand", w.constant(0.0), w.shape([length]))]
        turn = child.unique(child.prefix + "turn")
        kind = w.helper.np_dtype_to_tensor_dtype(np.dtype(np.float64))
        given.append(w.helper.make_tensor_value_info(turn, kind, []))
    inner = subgraph(child, child.prefix[:-1], given, outputs, found)
    settings: dict[str, Any] = {"scan_input_directions": [int(params["reverse"])] * len(xs)}
    if len(outputs) > carries:
        settings["scan_output_directions"] = [int(params["reverse"])] * (len(outputs) - carries)
    settings |= {"body": inner, "num_scan_inputs": len(xs)}
    return _results(w, "Scan", *carry, *xs, count=len(outputs), **settings)


def _nothing(w: Writer, node: Any) -> str:
    return w.constant(np.zeros((0, *node.type.shape), node.type.dtype))


CONTROL: dict[str, Row] = {"cond": _cond, "while_loop": _while, "scan": _scan}
