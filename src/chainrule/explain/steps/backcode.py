"""Backprop written out: forward and backward as the NumPy one would write by hand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ...engine.graph import short_line
from ..code import Scope, comment, finish, uses_of, write_forward
from ..code.source import Code, Source
from .reverse import Visit
from .rules import rule_of

if TYPE_CHECKING:
    from . import Backprop


def backprop_code(steps: Backprop, name: str = "backprop") -> Code:
    """The value and its gradients as NumPy source; see ``Backprop.code``."""
    graph, call = steps.graph, steps.call
    source = Source()
    scope = Scope(source, {node: steps.names[node] for node in graph.inputs})
    scope.lines.append("# forward")
    scope.whole = {visit.node for visit in steps.visits}
    write_forward(scope, graph)
    (output,) = graph.outputs
    value = scope.operand(output)
    if steps.visits:
        scope.lines += ["", "# backward", f"d_{value} = np.ones_like({value})"]
    writer = _Backward(scope, steps)
    for visit in steps.visits:
        writer.write(visit)
    scope.lines.append("")
    results = [value, *[writer.gradient(node, output) for node in call.wanted]]
    inputs = {steps.names[node]: call.labels[node] for node in graph.inputs}
    return finish(source, scope, name, inputs, call.values, ", ".join(results))


class _Backward:
    """Writes what each node sends, and adds up what arrives."""

    def __init__(self, scope: Scope, steps: Backprop) -> None:
        self.scope, self.steps = scope, steps
        self.said = ""
        self.arrived: Counter[str] = Counter()

    def write(self, visit: Visit) -> None:
        """Lines for one node."""
        node = visit.node
        if node.primitive.name == "pick":
            own = self.steps.called(node, None, True)
            whole = self.steps.called(node.inputs[0], node.params["index"], True)
            if own != whole:
                self._arrive(whole, own)
            return
        if not visit.sends:
            return
        line = short_line(node)
        if line and line != self.said:
            self.scope.lines.append(comment(line))
            self.said = line
        steps = self.steps
        indices = [sent.index for sent in visit.sends]
        rule = rule_of(node, visit.cotangent, steps.value_of, steps.called, indices)
        self.scope.name(dict(zip(rule.graph.inputs, rule.names, strict=True)))
        graph = rule.graph
        self.scope.prefix = f"back_{steps.names[node]}"
        self.scope.write(graph.nodes, {}, uses_of(graph), graph.outputs, exact=rule.exact)
        for sent, result in zip(visit.sends, rule.graph.outputs, strict=True):
            self._arrive(f"d_{steps.names[sent.operand]}", self.scope.operand(result))

    def _arrive(self, name: str, amount: str) -> None:
        before = f"{name} + " if self.arrived[name] else ""
        self.scope.lines.append(f"{name} = {before}{amount}")
        self.arrived[name] += 1

    def gradient(self, node: Any, output: Any) -> str:
        """The name of an input's gradient; zeros where nothing arrived."""
        name = self.steps.names[node]
        if self.arrived[f"d_{name}"]:
            return f"d_{name}"
        return f"np.{'ones' if node is output else 'zeros'}_like({name})"
