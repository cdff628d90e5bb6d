"""Backprop step by step: the chain rule on one call, with every number that it meets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...draw.svg import Picture
from ...engine.graph import Graph, Node, node_names, short_line
from ...engine.interpret import values_of
from ..calls import Call, record, type_text
from ..code.source import Code
from ..numbers import as_json
from ..pictures import moment
from .backcode import backprop_code
from .differences import Differences, differences
from .reverse import Visit, walk_back
from .rules import latex, numpy_text, rule_of, slope_of
from .table import as_html, as_text
from .unroll import unrolled


@dataclass(frozen=True)
class Local:
    """A local derivative: what the cotangent is multiplied by on its way to one operand.

    ``formula`` is NumPy text and ``latex`` the same as LaTeX. Where each element of the result
    depends on one element of the operand alone, it is the derivative, and ``number`` its value;
    else it is the whole product that is sent, and ``number`` is None.
    """

    formula: str
    latex: str
    number: Any


@dataclass(frozen=True)
class Sent:
    """What a step gives to one operand: the amount, and the operand's running sum after it."""

    to: str
    local: Local
    amount: Any
    total: Any


@dataclass(frozen=True)
class Step:
    """One node on the way back.

    Attributes
    ----------
    id, op, line
        The node's name as in the drawing, its operation, and the user's line that made it.
    value
        What it was on the way forward.
    cotangent
        d output / d value, complete: all its users have sent their part.
    sends
        What goes to each of its operands.
    """

    id: str
    op: str
    line: str
    value: Any
    cotangent: Any
    sends: tuple[Sent, ...]


class Backprop(Sequence[Step]):
    """The steps of one call's backward pass, from the output to the inputs.

    Iterate or index it for the steps; ``print`` shows a table, a notebook too.

    Attributes
    ----------
    value, gradient
        As ``value_and_grad`` gives them. Without arguments to differentiate by, the gradient is
        that of the Parameters, a tuple.
    graph, names
        The traced call, and what its nodes are called.
    values, cotangents
        Of every node, by its name.
    call, visits, value_of, flow
        The same by node, for what is drawn and written of it.
    """

    def __init__(self, call: Call) -> None:
        self.graph: Graph = call.graph
        self.names = call.names
        self.call = call
        (output,) = call.graph.outputs
        self.value_of = values_of(call.graph, *call.values)
        one = np.ones((), output.dtype)[()]
        self.visits, self.flow = walk_back(call.graph, self.value_of, call.wanted, one)
        self.value = self.value_of[output]
        self.values = {name: self.value_of[node] for node, name in self.names.items()}
        self.cotangents = {self.names[node]: ct for node, ct in self.flow.items()}
        zeros = [np.zeros(node.shape, node.dtype)[()] for node in call.wanted]
        found = [self.flow.get(n, zero) for n, zero in zip(call.wanted, zeros, strict=True)]
        self.gradient = call.gradient_like(found)

    def __len__(self) -> int:
        return len(self.visits)

    def __getitem__(self, index: Any) -> Any:
        return self._steps[index]

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    @functools.cached_property
    def _steps(self) -> list[Step]:
        return [self._step(visit) for visit in self.visits]

    def _step(self, visit: Visit) -> Step:
        node = visit.node
        sends = [
            Sent(self.names[s.operand], self._local(visit, s.index), s.amount, s.total)
            for s in visit.sends
        ]
        return Step(
            self.names[node],
            node.primitive.name,
            short_line(node),
            self.value_of[node],
            visit.cotangent,
            tuple(sends),
        )

    def _local(self, visit: Visit, index: int) -> Local:
        node = visit.node
        if node.primitive.name == "pick":
            text = self.called(node, None, True)
            return Local(text, text, None)
        slope = slope_of(node, self.value_of, self.called, index)
        if slope is not None:
            rule, number = slope
            return Local(numpy_text(rule), latex(rule), np.asarray(number)[()])
        rule = rule_of(node, visit.cotangent, self.value_of, self.called, [index])
        return Local(numpy_text(rule), latex(rule), None)

    def code(self, name: str = "backprop") -> Code:
        """The same backprop as plain NumPy source, to read and to run without Chainrule.

        A function of the call's inputs, called as in the printed graph, which returns the value and
        the gradient of each wanted input. It is for calls with these shapes that take the same way
        through ``if`` and ``while``. Where 0 met infinity in this call, and 0 times anything is
        taken to be 0, the product is spelled ``product``; elsewhere it is ``*``.

        >>> print(backprop(lambda w: w * np.tanh(w))(0.5).code())
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        def backprop(x0):
            # x0 is w
            # forward
            # ...
            v1 = np.tanh(x0)
            v2 = x0 * v1
        <BLANKLINE>
            # backward
            d_v2 = np.ones_like(v2)
            # ...
            d_x0 = d_v2 * v1
            d_v1 = d_v2 * x0
            d_x0 = d_x0 + d_v1 * (1 - v1 * v1)
        <BLANKLINE>
            return v2, d_x0
        <BLANKLINE>
        """
        return backprop_code(self, name)

    def check(self, eps: float | None = None) -> Differences:
        """Each cotangent against a central finite difference, in float64.

        Every node is moved along a direction by ``eps`` and what depends on it is computed again.
        By itself that is a millionth of its size (where they differ, a hundredth of that too, since
        a kink may lie between), and a thousandth where loops compute in float32. Where they differ
        still: a kink lies between the two points, a derivative was written by hand
        (``custom_vjp``), or a rule is wrong.

        >>> backprop(lambda x: np.sin(x) * x)(0.5).check()
        node    operation               backprop      difference
        x0      input                 0.91821682      0.91821682
        v1      sin                          0.5             0.5
        v2      multiply                       1               1
        """
        return differences(self, eps)

    def called(self, node: Any, part: int | None, is_cotangent: bool) -> str:
        """What the code and the formulas call a value, or its cotangent."""
        name = self.names.get(node, "")
        if part is not None:
            picks = {n.params["index"]: n for n in self.graph.nodes if _picks(n, node)}
            name = self.names[picks[part]] if part in picks else f"{name}_{part}"
        return f"d_{name}" if is_cotangent else name

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self)

    def picture(self, k: int = -1) -> Picture:
        """The graph as it stands at step ``k``: all values, and the gradients that are complete.

        The ring shows the node of the step, the coloured edges where it sends. What it sends is in
        the picture once it adds up to a whole gradient.

        >>> backprop(lambda w, x: np.tanh(w * x))(0.5, 2.0).picture(0)
        Picture(... x ...: step 0: tanh)
        """
        k = range(len(self))[k]
        done = {visit.node for visit in self.visits[: k + 1]}
        pending = {sent.operand for visit in self.visits[k + 1 :] for sent in visit.sends}
        sent = {sent.operand for visit in self.visits[: k + 1] for sent in visit.sends}
        here = self.visits[k].node
        title = f"step {k}: {here.primitive.name}"
        known, reached = self.value_of, done | (sent - pending)
        labels, used = self.call.labels, [sent.operand for sent in self.visits[k].sends]
        return moment(self.graph, known, self.flow, known, reached, here, labels, title, used)

    def to_dicts(self) -> list[dict[str, Any]]:
        """The steps as data for JSON; arrays of more than 64 elements are summarised.

        ``{id, op, line, type, value, cotangent, sends: [{to, local: {formula, latex, number},
        amount, total}]}``
        """
        return [
            {
                "id": step.id,
                "op": step.op,
                "line": step.line,
                "type": type_text(visit.node.type),
                "value": as_json(step.value),
                "cotangent": as_json(step.cotangent),
                "sends": [
                    {
                        "to": sent.to,
                        "local": {
                            "formula": sent.local.formula,
                            "latex": sent.local.latex,
                            "number": as_json(sent.local.number),
                        },
                        "amount": as_json(sent.amount),
                        "total": as_json(sent.total),
                    }
                    for sent in step.sends
                ],
            }
            for step, visit in zip(self._steps, self.visits, strict=True)
        ]


def _picks(node: Any, owner: Node) -> bool:
    return node.primitive.name == "pick" and node.inputs[0] is owner


def backprop(
    fn: Callable[..., Any], argnums: int | Sequence[int] = 0, unroll: int = 0
) -> Callable[..., Backprop]:
    """Reverse mode on one call, step by step.

    ``backprop(f)(*args)`` runs ``f``, which must return a real scalar, and then the chain rule from
    its result to the arguments of ``argnums`` and to the Parameters that ``f`` uses
    (Linnainmaa 1970; Rumelhart, Hinton and Williams 1986). A loop (``scan``) is one step; those of
    at most ``unroll`` turns are written out, and with them the branches that were taken and calls.

    >>> steps = backprop(lambda x: np.tanh(x) * x)(0.5)
    >>> [step.op for step in steps]
    ['multiply', 'tanh']
    >>> steps[1].sends[0].local.formula
    '1 - v1 * v1'
    >>> round(float(steps.gradient), 6)
    0.855341
    """

    def steps(*args: Any, **kwargs: Any) -> Backprop:
        call = record(functools.partial(fn, **kwargs) if kwargs else fn, args, argnums)
        if unroll:
            graph = unrolled(call.graph, call.values, unroll)
            call = replace(call, graph=graph, names=node_names(graph))
        return Backprop(call)

    return steps
