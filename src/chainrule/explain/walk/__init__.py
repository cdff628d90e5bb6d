"""Time travel: a training step as a tape that one walks both ways, and changes where one stands."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ...draw.svg import Picture
from ...engine.errors import DifferentiationError, ShapeError
from ...engine.graph import Node, short_line
from ...engine.interpret import values_of
from ...nn import Module
from ..calls import record, type_text
from ..code import Scope
from ..code.source import Source
from ..numbers import as_json, short
from ..pictures import moment
from ..steps.rules import is_constant
from .onestep import Tracing, trace_call, trace_step
from .recompute import compute, dependents


@dataclass(frozen=True)
class Here:
    """A place on a tape.

    Attributes
    ----------
    index, id
        Its number, and the name of its node.
    phase
        ``forward``, ``backward`` or ``update``.
    op, text
        The operation, and what it computes as NumPy text.
    line
        The user's line that it comes from.
    value
        What it computed; changed, if something before it was.
    """

    index: int
    id: str
    phase: str
    op: str
    text: str
    line: str
    value: Any


class Tape:
    """One step, node by node: forward, backward, update.

    ``tape[id]`` is the value of a node, an input among them: x0 and v3 are called as in the printed
    graph and the drawing of the loss, d_v3 is the cotangent of v3, new_x0 the new value of x0, lr
    the learning rate. ``tape.here`` is where one stands; ``print`` shows the tape.

    Attributes
    ----------
    graph
        The whole step as a graph.
    recomputed
        The ids of what the last ``pin`` or ``unpin`` computed again.
    """

    def __init__(self, step: Tracing) -> None:
        self.graph = step.graph
        self._step = step
        self._values = values_of(step.graph, *[step.values[node] for node in step.graph.inputs])
        self._pins: dict[Node, Any] = {}
        self._nodes = [n for n in step.graph.nodes if n.inputs and not _is_repeated_number(n)]
        self._index = {node: i for i, node in enumerate(self._nodes)}
        self._by_id = {name: node for node, name in step.names.items()} | step.aliases
        if not self._nodes:
            raise ValueError("tape: nothing is computed from the arguments, so there is no step")
        self._at = 0
        self.recomputed: list[str] = []

    # -- walking

    def __len__(self) -> int:
        return len(self._nodes)

    def __iter__(self) -> Iterator[Here]:
        return (self._place(i) for i in range(len(self)))

    @property
    def here(self) -> Here:
        """Where one stands."""
        return self._place(self._at)

    def _place(self, index: int) -> Here:
        node = self._nodes[index]
        return Here(
            index,
            self._step.names[node],
            self._step.phases[node],
            node.primitive.name,
            self._texts[node],
            short_line(node),
            self._values[node],
        )

    @functools.cached_property
    def _texts(self) -> dict[Node, str]:
        """What each node computes, with the names of its operands."""
        names = self._step.names
        numbers = [n for n in self.graph.nodes if names[n][0] == "c" or _is_repeated_number(n)]
        scope = Scope(Source(), {n: name for n, name in names.items() if n not in set(numbers)})
        scope.write(numbers, {})
        found = {}
        for node in self._nodes:
            own = scope.texts.pop(node)
            if isinstance(node.type, tuple):
                operands = ", ".join(names[x] for x in node.inputs)
                found[node] = f"{own.text} = {node.primitive.name}({operands})"
            else:
                scope.write([node], {}, ends=[node])
                found[node] = f"{own.text} = {scope.short(node)}"
                scope.literals.pop(node, None)
            scope.texts[node] = own
        return found

    def forward(self, steps: int = 1) -> Here:
        """Some nodes on; at the end one stays there."""
        return self.to(min(self._at + steps, len(self) - 1))

    def back(self, steps: int = 1) -> Here:
        """Some nodes back; at the start one stays there."""
        return self.to(max(self._at - steps, 0))

    def to(self, place: int | str) -> Here:
        """To a number, to a node's id, or to the start of a phase."""
        if isinstance(place, str):
            phases = [self._step.phases[node] for node in self._nodes]
            if place in phases:
                place = phases.index(place)
            else:
                found = self._index.get(self._node(place))
                if found is None:
                    raise KeyError(f"{place} is an input or a number: it is there from the start")
                place = found
        if not -len(self) <= place < len(self):
            raise IndexError(f"the tape has {len(self)} nodes, there is no number {place}")
        self._at = place % len(self)
        return self.here

    # -- looking and changing

    def __getitem__(self, id: str) -> Any:
        return self._values[self._node(id)]

    def _node(self, id: str) -> Any:
        try:
            return self._by_id[id]
        except KeyError:
            known = ", ".join(list(self._by_id)[:12])
            raise KeyError(f"no node is called {id!r}; there are {known}, ...") from None

    @property
    def pinned(self) -> dict[str, Any]:
        """What was pinned, by id."""
        return {self._step.names[node]: value for node, value in self._pins.items()}

    def pin(self, id: str, value: Any) -> None:
        """Put another value in a node's place, whatever it computes.

        What depends on it is computed again, and nothing else; see ``recomputed``.
        """
        node = self._node(id)
        if isinstance(node.type, tuple):
            raise ShapeError(f"{id} has several results; pin one of them: {self._results(node)}")
        array = np.asarray(value)
        if array.shape != node.shape:
            raise ShapeError(f"{id} is {node.type}, and the value has shape {array.shape}")
        self._pins[node] = self._values[node] = array.astype(node.dtype)[()]
        self._recompute(node)

    def _results(self, node: Any) -> str:
        picks = [n for n in self.graph.nodes if n.inputs and n.inputs[0] is node]
        return ", ".join(self._step.names[n] for n in picks)

    def unpin(self, id: str | None = None) -> None:
        """Take a pinned value away, or all of them: the node computes its own again."""
        nodes = list(self._pins) if id is None else [self._node(id)]
        changed: list[str] = []
        for node in nodes:
            if node not in self._pins:
                raise KeyError(f"{id} is not pinned; pinned are {list(self.pinned)}")
            del self._pins[node]
            if node.inputs:
                self._values[node] = compute(node, self._values)
                changed.append(self._step.names[node])
            else:
                self._values[node] = self._step.values.get(node, node.known)
            self._recompute(node)
            changed += self.recomputed
        self.recomputed = list(dict.fromkeys(changed))

    def _recompute(self, changed: Any) -> None:
        later = dependents(self.graph.nodes, {changed}, set(self._pins) - {changed})
        for node in later:
            self._values[node] = compute(node, self._values)
        self.recomputed = [self._step.names[node] for node in later]

    # -- showing

    def picture(self) -> Picture:
        """The graph of the loss with all that is known up to here, and a ring where one stands.

        >>> tape(lambda w: (w * w - 2.0) ** 2, 1.0).picture()
        Picture(... x ...: forward: v1 = x0 * x0)
        """
        step, here = self._step, self.here
        node = self._nodes[self._at]
        done = {*step.graph.inputs, *self._nodes[: self._at + 1]}
        values = {n: self._values[n] for n in (*step.forward.inputs, *step.forward.nodes)}
        known = {n for n in values if n in done or not n.inputs}
        gradients = {n: self._values[ct] for n, ct in step.cotangents.items()}
        reached = {n for n, ct in step.cotangents.items() if ct in done or not ct.inputs}
        if here.phase == "forward":
            reached = set()
        owner = node if here.phase == "forward" else step.owners.get(node)
        used = node.inputs if here.phase == "forward" else ()
        title = f"{here.phase}: {here.text}"
        return moment(
            step.forward, values, gradients, known, reached, owner, step.labels, title, used
        )

    def __str__(self) -> str:
        lines = []
        phase = ""
        for place in self:
            if place.phase != phase:
                phase = place.phase
                lines.append(f"  {phase}")
            mark = ">" if place.index == self._at else " "
            pin = " pinned" if self._nodes[place.index] in self._pins else ""
            value = _cut(short(place.value, 18), 26 - len(pin))
            lines.append(f"{mark} {place.index:>4} {_cut(place.text, 46):<46} {value}{pin}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        here = self.here
        text = f"{here.phase} {here.index + 1} of {len(self)}: <code>{escape(here.text)}</code>"
        value = f"<b>{escape(short(here.value, 40))}</b>"
        line = f'<div style="opacity:0.7;font-family:monospace">{escape(here.line)}</div>'
        return f"<div>{text} = {value}{line}{self.picture()}</div>"

    def to_dicts(self) -> list[dict[str, Any]]:
        """Inputs and nodes as data for JSON, in the order of the tape.

        ``{id, phase, op, text, line, type, value, inputs, label, owner, pinned}``; ``owner`` is the
        forward node whose cotangent a node is, whose rule it is a part of, or which it updates.
        """
        names, step = self._step.names, self._step
        found = [
            _as_dict(names[n], "input", "input", names[n], "", n, self._values[n], [])
            | {"label": step.labels.get(n, names[n])}
            for n in step.graph.inputs
        ]
        for node, here in zip(self._nodes, self, strict=True):
            operands = [names[x] for x in node.inputs]
            row = here.id, here.phase, here.op, here.text, here.line, node, here.value, operands
            found.append(_as_dict(*row) | {"label": here.id})
        for row in found:
            node = self._by_id[row["id"]]
            owner = step.owners.get(node)
            row["owner"] = row["id"] if owner is None else names[owner]
            row["pinned"] = node in self._pins
        return found


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _as_dict(
    id: str, phase: str, op: str, text: str, line: str, node: Any, value: Any, inputs: list[str]
) -> dict[str, Any]:
    found = {"id": id, "phase": phase, "op": op, "text": text, "line": line}
    return found | {"type": type_text(node.type), "value": as_json(value), "inputs": inputs}


def _is_repeated_number(node: Any) -> bool:
    return bool(node.inputs) and is_constant(node)


def tape(target: Any, *args: Any, backward: bool = True) -> Tape:
    """What happens in one step, to be walked node by node and changed anywhere.

    ``tape(f, *args)`` runs a function; if it returns a real scalar, its backward pass by the first
    argument and by the Parameters it uses comes after it, unless ``backward`` is False: for a step
    that you wrote yourself, with ``grad`` in it, all is forward.

    ``tape(model, loss, optimizer, (x, y))`` takes a whole step of training: ``loss(prediction, y)``
    or ``loss(model, x, y)``, backward, and the update of any optimizer here but LBFGS. The model is
    a Module, or a pair (params, apply) with a triple of ``chainrule.optim.functional``. Nothing of
    these is changed.

    >>> t = tape(lambda w: (w * w - 2.0) ** 2, 1.0)
    >>> print(t)
      forward
    >    0 v1 = x0 * x0                                   1
         1 v2 = v1 - 2                                    -1
         2 v3 = v2 ** 2                                   1
      backward
         3 v4 = 2 * v2                                    -2
    ...
    >>> t.to("v2").value
    np.float64(-1.0)
    >>> t.pin("v1", 3.0)
    >>> float(t["v3"]), float(t["d_x0"]), t.recomputed[:2]
    (1.0, 4.0, ['v2', 'v3'])
    """
    is_model = isinstance(target, Module) or (isinstance(target, tuple) and len(target) == 2)
    if is_model and len(args) == 3:
        loss, optimizer, batch = args
        return Tape(trace_step(target, loss, optimizer, batch))
    if not callable(target) or (is_model and any(map(callable, args))):
        got = ", ".join(type(part).__name__ for part in (target, *args))
        raise TypeError(
            "tape takes a function and its arguments, or (model, loss, optimizer, (x, y)); got "
            f"({got})"
        )
    if backward:
        try:
            return Tape(trace_call(record(target, args)))
        except DifferentiationError:  # it returns no scalar: there is a way forward only
            pass
    return Tape(trace_call(record(target, args, every=True), backward=False))
