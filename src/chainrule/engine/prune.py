"""Drop results of scan that nobody uses, and whatever in its body led only to them."""

from __future__ import annotations

from typing import Any

from .graph import Graph, Node, reachable
from .primitives.closures import pick
from .primitives.scan import scan_row
from .rewrite import stands_for
from .tensor import Tensor


def drop_unused_results(graph: Graph) -> Graph:
    """The graph with each scan reduced to the results that are used.

    Last nodes first, because what one scan no longer reads may be an earlier one's result.
    """
    for serial in [node.serial for node in reversed(graph.nodes) if node.primitive is scan_row]:
        scan = next((n for n in graph.nodes if n.serial == serial), None)
        if scan is not None:
            graph = _prune(graph, scan)
    return graph


def _prune(graph: Graph, scan: Tensor) -> Graph:
    picks = [n for n in graph.nodes if n.primitive is pick and n.inputs[0] is scan]
    used = {n.params["index"] for n in picks}
    body: Graph = scan.params["body"]
    carries, constants = scan.params["carries"], scan.params["constants"]
    count = len(body.outputs)
    history = any(index >= count for index in used)
    kept_outputs = set(range(carries)) | {i for i in used if i < count}
    if history:
        kept_inputs = set(range(len(body.inputs)))
    else:
        kept_outputs, kept_inputs = _needed(body, kept_outputs & used, carries, constants)
    all_used = len(kept_outputs) == count and len(kept_inputs) == len(body.inputs)
    if all_used and history == scan.params["history"]:
        return graph
    order = sorted(kept_outputs)
    inputs = sorted(kept_inputs)
    new_carries = sum(i < carries for i in order)
    small = Graph([body.inputs[i] for i in inputs], [body.outputs[i] for i in order])
    types: Any = scan.type
    kept_types = [types[i] for i in order]
    if history:
        kept_types += types[count:]
    params = {
        **scan.params,
        "body": small,
        "carries": new_carries,
        "constants": sum(i < constants for i in inputs),
        "history": history,
    }
    operands = tuple([scan.inputs[i] for i in inputs])
    new_scan = Tensor(scan_row, operands, params, tuple(kept_types), scan.place)
    number = {old: new for new, old in enumerate(order)}
    number.update({i: i - count + len(order) for i in range(count, len(types))})
    return _replace_picks(graph, scan, new_scan, number)


def _needed(body: Graph, used: set[int], carries: int, constants: int) -> tuple[set[int], set[int]]:
    """The body's outputs and inputs that the used results depend on, step after step."""
    outputs = set(used)
    while True:
        leaves = set(reachable([body.outputs[i] for i in outputs], ()))
        inputs = {i for i, node in enumerate(body.inputs) if node in leaves}
        carried = {i - constants for i in inputs if constants <= i < constants + carries}
        if carried <= outputs:
            # a carry's own input comes with it, even if its step ignores the value before
            inputs |= {constants + i for i in outputs if i < carries}
            return outputs, inputs
        outputs |= carried


def _replace_picks(graph: Graph, scan: Tensor, new_scan: Tensor, number: dict[int, int]) -> Graph:
    new: dict[Node, Tensor] = {}
    stands_for(new_scan, scan)
    for node in graph.nodes:
        if node.primitive is pick and node.inputs[0] is scan:
            index = number[node.params["index"]]
            new[node] = Tensor(pick, (new_scan,), {"index": index}, node.type, node.place)
            stands_for(new[node], node)
            continue
        operands = tuple([new.get(operand, operand) for operand in node.inputs])
        if any(a is not b for a, b in zip(operands, node.inputs, strict=True)):
            new[node] = Tensor(node.primitive, operands, node.params, node.type, node.place)
            stands_for(new[node], node)
    return Graph(graph.inputs, [new.get(node, node) for node in graph.outputs])
