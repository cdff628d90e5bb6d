"""One training step as one graph: forward, backward and update, every value a node."""

from __future__ import annotations

import inspect
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from ...engine import trace, tree
from ...engine.graph import Graph, Node, reachable
from ...engine.primitives.closures import results_of
from ...engine.tensor import Parameter, Tensor
from ...nn import Module
from ...optim import Optimizer, rules
from ..calls import Call, record
from ..steps.reverse import walk_back


@dataclass
class Tracing:
    """A graph in three phases, and what its nodes are called.

    Attributes
    ----------
    forward, graph
        The graph of the loss, and the whole.
    values
        Of the inputs that have one.
    names, aliases
        The name of each node, and further names of some: the cotangent of v3 is d_v3.
    phases
        Of each node: ``input``, ``forward``, ``backward`` or ``update``.
    owners
        The forward node that a node works for: whose cotangent it is, whose rule it is a part of,
        or which it updates.
    cotangents
        Of the forward nodes.
    labels
        What the user calls the inputs.
    """

    forward: Graph
    graph: Graph
    values: dict[Node, Any]
    names: dict[Node, str]
    aliases: dict[str, Node] = field(default_factory=dict)
    phases: dict[Node, str] = field(default_factory=dict)
    owners: dict[Node, Node] = field(default_factory=dict)
    cotangents: dict[Node, Node] = field(default_factory=dict)
    labels: dict[Node, str] = field(default_factory=dict)


class _Itself(dict[Any, Any]):
    """Each node as its own value: a walk over it is traced."""

    def __missing__(self, node: Any) -> Any:
        found = results_of(node) if isinstance(node.type, tuple) else node
        self[node] = found
        return found


Update = Callable[[dict[Node, Any]], "Updated"]


def trace_call(call: Call, update: Update | None = None, backward: bool = True) -> Tracing:
    """The graph of a call with its backward pass, and perhaps an update made from the gradients."""
    forward = call.graph
    values = dict(zip(forward.inputs, call.values, strict=True))
    step = Tracing(forward, forward, values, dict(call.names), labels=call.labels)
    step.phases = {node: "input" for node in forward.inputs}
    step.phases |= {node: "forward" for node in forward.nodes}
    if backward:
        _go_back(step, call)
    if update is not None:
        made = update({n: step.cotangents[n] for n in call.wanted if n in step.cotangents})
        step.values |= made.inputs
        step.names |= made.names
        step.aliases |= made.outputs
        step.phases |= {node: "input" for node in made.inputs}
        inputs, outputs = step.graph.inputs, step.graph.outputs
        step.graph = Graph((*inputs, *made.inputs), (*outputs, *made.outputs.values()))
        for node in step.graph.nodes:
            step.phases.setdefault(node, "update")
        _own(step, made.owners)
    _name(step)
    return step


def _go_back(step: Tracing, call: Call) -> None:
    """Add the backward pass to the graph."""
    forward = step.forward
    (output,) = forward.outputs
    visits, flow = walk_back(forward, _Itself(), call.wanted, trace.constant(1, output.dtype))
    step.cotangents = {n: trace.node_of(c) for n, c in flow.items() if not isinstance(c, tuple)}
    step.aliases = {f"d_{call.names[n]}": c for n, c in step.cotangents.items()}
    step.graph = Graph(forward.inputs, (output, *step.cotangents.values()))
    starts = [visit.start for visit in visits]
    for node in step.graph.nodes:
        if node not in step.phases:
            step.phases[node] = "backward"
            turn = bisect(starts, node.serial) - 1
            step.owners[node] = visits[turn].node if turn >= 0 else output
    for node, cotangent in reversed(step.cotangents.items()):
        step.owners[cotangent] = node  # of several, the last one set is nearest to the output


def _own(step: Tracing, owners: dict[Node, Node]) -> None:
    """What leads to a parameter's new value works for that parameter."""
    for result, parameter in owners.items():
        for node in reachable([result], step.graph.inputs):
            if step.phases.get(node) == "update":
                step.owners.setdefault(node, parameter)


def _name(step: Tracing) -> None:
    """Backward and update go on with the numbers of the forward graph."""
    for name, node in step.aliases.items():
        step.names.setdefault(node, name)
    taken = {int(n[1:]) for n in step.names.values() if n[0] in "xv" and n[1:].isdigit()}
    result, constant = count(max(taken, default=-1) + 1), count(_constants(step))
    for node in step.graph.nodes:
        if node not in step.names:
            is_leaf = not node.inputs
            step.names[node] = f"c{next(constant)}" if is_leaf else f"v{next(result)}"


def _constants(step: Tracing) -> int:
    return sum(name[0] == "c" and name[1:].isdigit() for name in step.names.values())


# -- a step of training ------------------------------------------------------------------------


@dataclass
class Updated:
    """What an optimizer's part of the graph adds: inputs with values, outputs by name."""

    inputs: dict[Node, Any] = field(default_factory=dict)
    names: dict[Node, str] = field(default_factory=dict)
    outputs: dict[str, Node] = field(default_factory=dict)
    owners: dict[Node, Node] = field(default_factory=dict)

    def add(self, name: str, value: Any) -> Tensor:
        """One more input."""
        value = np.asarray(value)[()]
        node = trace.placeholder(trace.abstract(value), value)
        self.inputs[node], self.names[node] = value, name
        return node

    def result(self, name: str, value: Any, owner: Node) -> None:
        """What was computed for a parameter, and the nodes on the way."""
        node = trace.node_of(value)
        self.outputs[name] = node
        self.owners[node] = owner


def trace_step(model: Any, loss: Any, optimizer: Any, batch: Sequence[Any]) -> Tracing:
    """A step of training of a Module, or of a pair (params, apply).

    The model, its buffers, the optimizer and its memory are left as they are.
    """
    names = ["x", "y"] if len(batch) == 2 else []
    if isinstance(model, Module):
        with _unchanged(model):
            call = record(lambda *data: _loss_of(loss, model, data), batch, (), names=names)
        called = {id(p): name for name, p in model.named_parameters()}
        for node in call.wanted:
            call.labels[node] = called.get(id(node.source), call.labels[node])
    else:
        params, apply = model
        call = record(
            lambda params, *data: _loss_of(loss, lambda *x: apply(params, *x), data),
            (params, *batch),
            names=["params", *names],
        )
    if isinstance(optimizer, Optimizer):
        return trace_call(call, lambda gradients: _by_rule(optimizer, call, gradients))
    if isinstance(optimizer, tuple) and len(optimizer) == 3:
        return trace_call(call, lambda gradients: _by_triple(optimizer, call, gradients))
    raise TypeError(
        "tape: the optimizer is one of chainrule.optim, or (init, update, get_params) of "
        f"chainrule.optim.functional; got {type(optimizer).__name__}"
    )


def _loss_of(loss: Any, model: Callable[..., Any], data: Sequence[Any]) -> Any:
    """``loss(model, x, y)`` where it takes three arguments, else ``loss(model(x), y)``."""
    if not isinstance(loss, Module) and _required(loss) == 3:
        return loss(model, *data)
    *inputs, target = data
    return loss(model(*inputs), target)


def _required(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 2
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in plain and p.default is p.empty for p in parameters)


@contextmanager
def _unchanged(model: Module) -> Iterator[None]:
    """A look at the forward pass: running means and random keys stay as they are."""
    tables = [module.own_buffers() for module in model.modules()]
    before = [dict(table) for table in tables]
    try:
        yield
    finally:
        for table, kept in zip(tables, before, strict=True):
            table.update(kept)


def _by_rule(optimizer: Optimizer, call: Call, gradients: dict[Node, Any]) -> Updated:
    if not hasattr(type(optimizer), "rule"):
        raise TypeError(f"tape: {type(optimizer).__name__} takes several evaluations for a step")
    made = Updated()
    nodes = {id(node.source): node for node in gradients if isinstance(node.source, Parameter)}
    number = 0
    for place, group in enumerate(optimizer.param_groups):
        settings = {name: group[name] for name in optimizer.defaults if name != "lr"}
        many = len(optimizer.param_groups) > 1
        lr = made.add(f"lr{place}" if many else "lr", np.float64(group["lr"]))
        for i, parameter in enumerate(group["params"], number):
            node = nodes.get(id(parameter))
            if node is None:
                continue
            memory = dict(optimizer.state.get(i, {}))
            turn = memory.pop("step", 0)
            memory = memory or rules.remember(optimizer.rule, parameter.data, **settings)
            name = call.names[node]
            kept = {key: made.add(f"{key}_{name}", value) for key, value in memory.items()}
            new, after = optimizer.rule(node, gradients[node], kept, turn, lr=lr, **settings)
            made.result(f"new_{name}", new, node)
            for key, value in after.items():
                made.result(f"new_{key}_{name}", value, node)
        number += len(group["params"])
    return made


def _by_triple(triple: Any, call: Call, gradients: dict[Node, Any]) -> Updated:
    """From its first state, which holds the parameters' own nodes."""
    init, update, get_params = triple
    made = Updated()
    leaves, structure = tree.flatten(init(call.gradient_like(call.wanted)))
    memory = count()
    for place, leaf in enumerate(leaves):
        if not isinstance(leaf, Tensor):
            leaves[place] = made.add(f"state{next(memory)}", leaf)
    grads = [gradients.get(n, np.zeros(n.shape, n.dtype)) for n in call.wanted]
    after = update(0, call.gradient_like(grads), tree.unflatten(structure, leaves))
    for node, new in zip(call.wanted, tree.leaves(get_params(after)), strict=True):
        made.result(f"new_{call.names[node]}", new, node)
    rest = [x for x in map(trace.node_of, tree.leaves(after)) if x not in made.owners]
    made.outputs |= {f"new_state{i}": node for i, node in enumerate(rest)}
    return made
