"""What lint looks at: the traced graph, the parameters in it, the Modules, and the source."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...engine import trace, tree
from ...engine.differentiate import active_nodes
from ...engine.graph import Graph, Node, reachable
from ...engine.rewrite import rewrite
from ...engine.tape import listener
from ...engine.tensor import Parameter, Tensor
from ...nn import Module
from .code import Code, code_of, is_users, surroundings
from .ranges import Range, name_of, range_of, ranges, source_of

_FREE = Range()


class _FirstBackward(BaseException):
    """Ends a training function where it first asks for gradients."""

    def __init__(self, root: Tensor) -> None:
        super().__init__()
        self.root = root


class Subject:
    """A function or a Module as the rules see it.

    Attributes
    ----------
    outputs, nodes
        What it returned (or the loss that it called ``backward`` on), and all nodes that lead
        there, in topological order.
    parameters
        The leaves that training moves, by name.
    data
        The other leaves that hold floating-point arguments, by name.
    modules, moved
        The Modules that it uses; those of them whose buffers it changed.
    code
        Its source as a syntax tree, or None.
    """

    def __init__(self, subject: Any, args: tuple[Any, ...], loss: Any = None) -> None:
        function = _function_of(subject)
        self.outputs: list[Tensor] = []
        self.parameters: dict[str, Tensor] = {}
        self.data: dict[str, Tensor] = {}
        self.is_container = is_module = isinstance(subject, Module)
        self._may_judge = not is_module and loss is None
        self.code: Code | None = code_of(function if loss is None else loss)
        if is_module and not is_users(type(subject)):
            self.code = None
        held = {**surroundings(function), **_named_arguments(function, args)}
        if is_module:
            held = {"": subject}
        networks = {n: m for n, m in held.items() if isinstance(m, Module)}
        self.modules = {n: m for n, m in networks.items() if next(m.parameters(), None) is not None}
        self._loose = {n: p for n, p in held.items() if isinstance(p, Parameter)}
        parts = {m for module in networks.values() for m in module.modules()}
        with preserved(parts) as moved:
            self._run(subject, function, args)
        self.moved = moved
        self.nodes = reachable(self.outputs, ())
        self._find_parameters()

    def _run(self, subject: Any, function: Any, args: tuple[Any, ...]) -> None:
        if self.code is not None and self.code.is_of(function) and not self.code.can_run(args):
            return
        ways = ["all", "first", "none"]  # some functions need arrays
        if self.modules and self.code is not None and "no_grad" in self.code.names:
            ways = ["none"]  # no_grad lets nothing of arrays through, but of tensors
        for tensors in ways:
            try:
                outputs = self._call(subject, function, args, tensors)
                break
            except TypeError:
                if tensors == "none":
                    raise
        leaves = [leaf for leaf in tree.leaves(outputs) if isinstance(leaf, Tensor)]
        self.outputs = _opened([trace.node_of(leaf) for leaf in leaves])

    def _call(self, subject: Any, function: Any, args: tuple[Any, ...], tensors: str) -> Any:
        names = _names_of_arguments(function, len(args))
        self.parameters, self.data = {}, {}
        given = []
        for number, (name, value) in enumerate(zip(names, args, strict=True)):
            is_free = number == 0 and not isinstance(subject, Module)
            into = self.parameters if is_free else self.data
            if is_free:
                self.is_container = _is_container(value)
            wanted = tensors == "all" or (is_free and tensors == "first")
            given.append(_freed(value, name, into) if wanted else value)
        before = listener.on_backward
        listener.on_backward = _stop
        try:
            with np.errstate(all="ignore"):
                return subject(*given)
        except _FirstBackward as found:
            return found.root
        finally:
            listener.on_backward = before

    def _find_parameters(self) -> None:
        """Add the Parameters of Modules, and single ones, to the free arguments."""
        used = {node.source: node for node in self.nodes if node.source is not None}
        named = dict(self._loose)
        for name, module in self.modules.items():
            own = dict(module.named_parameters())
            if len(self.modules) > 1 and not any(p in used for p in own.values()):
                continue  # another network, which this function does not train
            lead = f"{name}." if name and len(self.modules) > 1 else ""
            named.update({lead + path: p for path, p in own.items()})
        self.trainable = {name: p for name, p in named.items() if p.requires_grad}
        for name, parameter in self.trainable.items():
            self.parameters[name] = used.get(parameter, parameter)
        if self.modules or self._loose:  # then floating-point arguments are data
            for name in [n for n, leaf in self.parameters.items() if n not in self.trainable]:
                self.data[name] = self.parameters.pop(name)

    # -- what rules ask

    @functools.cached_property
    def moving(self) -> set[Node]:
        """Nodes whose value depends on a parameter."""
        found: set[Node] = set(self.parameters.values())
        for node in self.nodes:
            if any(x in found for x in node.inputs):
                found.add(node)
        return found

    @functools.cached_property
    def smooth(self) -> set[Node]:
        """Nodes through which a derivative reaches a parameter."""
        return active_nodes(self.nodes, list(self.parameters.values()))

    @functools.cached_property
    def users(self) -> dict[Node, list[Tensor]]:
        """Which nodes read a node."""
        found: dict[Node, list[Tensor]] = {}
        for node in self.nodes:
            for operand in dict.fromkeys(node.inputs):
                found.setdefault(operand, []).append(node)
        return found

    @functools.cached_property
    def ranges(self) -> dict[Node, Range]:
        """Bounds of each node's values: parameters are free, data is as it was given."""
        return ranges(self.nodes, self.bounds)

    @property
    def bounds(self) -> dict[Node, Range]:
        """The ranges of the leaves."""
        found: dict[Node, Range] = dict.fromkeys(self.parameters.values(), _FREE)
        found.update({leaf: range_of(leaf.known) for leaf in self.data.values()})
        found.update({n: _FREE for n in self.nodes if n.source is not None})
        return found

    @functools.cached_property
    def is_judge(self) -> bool:
        """Whether it evaluates a model rather than trains it."""
        if not self._may_judge or self.code is None:
            return False
        return self.code.is_judge(any(node in self.moving for node in self.outputs))

    @property
    def has_gradient(self) -> bool:
        """Whether its first result can be differentiated."""
        return len(self.outputs) > 0 and self.outputs[0].type.is_float

    @property
    def line(self) -> str:
        """Where it is defined."""
        return "" if self.code is None else self.code.line

    def named(self, name: str) -> list[Tensor]:
        """The nodes of one primitive."""
        return [n for n in self.nodes if name_of(n) == name]

    def is_parameter(self, node: Node) -> bool:
        """Whether a node is a parameter, repeated or reshaped at most."""
        leaf = source_of(node)
        return leaf.source is not None or leaf in self._leaves

    @functools.cached_property
    def _leaves(self) -> set[Node]:
        return set(self.parameters.values())


def _stop(root: Tensor) -> None:
    raise _FirstBackward(root)


def _opened(outputs: list[Tensor]) -> list[Tensor]:
    """The same outputs, with what stands in a ``checkpoint`` among the other nodes."""
    results: dict[Node, list[Tensor]] = {}

    def rule(node: Tensor) -> Tensor | None:
        owner = node.inputs[0] if name_of(node) == "pick" else node
        if name_of(owner) != "checkpoint" or owner is node:
            return None
        if owner not in results:
            results[owner] = owner.params["body"](*owner.inputs)
        return results[owner][node.params["index"]]

    return list(rewrite(Graph((), outputs), rule).outputs)


# -- arguments ---------------------------------------------------------------------------------


def _function_of(subject: Any) -> Any:
    if isinstance(subject, Module):
        return subject.forward
    while isinstance(subject, functools.partial):
        subject = subject.func
    return inspect.unwrap(subject)


def _names_of_arguments(function: Any, count: int) -> list[str]:
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        names = []
    return [*names, *[f"argument {i}" for i in range(len(names), count)]][:count]


def _named_arguments(function: Any, args: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_names_of_arguments(function, len(args)), args, strict=True))


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list | tuple) or dataclasses.is_dataclass(value)


def _freed(value: Any, name: str, into: dict[str, Tensor]) -> Any:
    """The value with tensors for its floating-point arrays, which are noted under their names."""
    if isinstance(value, Module | Parameter):
        return value
    if isinstance(value, dict):
        return {key: _freed(part, f"{name}[{key!r}]", into) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)([_freed(part, f"{name}[{i}]", into) for i, part in enumerate(value)])
    leaves, structure = tree.flatten(value)
    if structure.count == 1 and leaves[0] is value:
        return _placeholder(value, name, into)
    named = [_placeholder(leaf, f"{name}.{i}", into) for i, leaf in enumerate(leaves)]
    return tree.unflatten(structure, named)


def _placeholder(value: Any, name: str, into: dict[str, Tensor]) -> Any:
    is_real = isinstance(value, np.ndarray | np.floating | float) and (
        np.asarray(value).dtype.kind == "f"
    )
    if not is_real:
        return value
    array = np.asarray(value)
    into[name] = trace.placeholder(trace.abstract(array), array[()])
    return into[name]


@contextmanager
def preserved(modules: set[Module]) -> Iterator[set[Module]]:
    """Modes, buffers and gradients as they were; collects the Modules that changed a buffer."""
    before = [(m, m.training, dict(m.own_buffers())) for m in modules]
    grads = [(p, p.grad) for m in modules for p in m._parameters.values() if p is not None]
    moved: set[Module] = set()
    try:
        yield moved
    finally:
        for module, mode, buffers in before:
            own = module.own_buffers()
            if any(own[name] is not value for name, value in buffers.items()):
                moved.add(module)
            own.update(buffers)
            module.__dict__["training"] = mode
        for parameter, grad in grads:
            parameter.grad = grad
