"""Any graph as plain NumPy source: what one would write by hand, and can run without Chainrule."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from ...engine.graph import Graph, Node, node_names, short_line
from ...engine.interpret import known_value
from ...engine.primitives.closures import pick
from .blocks import STATEMENTS, Block
from .helpers import wrapped
from .numpy_text import (
    ATOM,
    ELEMENTWISE,
    ROWS,
    UNARY,
    Text,
    array_text,
    full_text,
    number_text,
    range_text,
    scalar_text,
)
from .source import Code, Source

LONGEST = 56  # characters of an expression that still goes into another one
_SHORTEST = 12  # characters of a sum or quotient of numbers that is not carried out
_SMALL = 8  # elements of an array that is written out


class Scope:
    """One function's lines, and how each value is called in it."""

    def __init__(self, source: Source, names: Mapping[Any, str] | None = None) -> None:
        self.source = source
        self.texts: dict[Node, Text] = {}
        self.name(names or {})
        self.literals: dict[Node, Any] = {}
        self.number_texts: dict[Node, Text] = {}
        self.lines: list[str] = []
        self.parts: dict[tuple[Node, int], str] = {}
        self.count = 0
        self.prefix = "block"
        self.blocks: set[str] = set()
        self.whole: set[Any] = set()  # scans whose every result is read

    def write(
        self,
        nodes: Sequence[Any],
        names: Mapping[Any, str],
        uses: Mapping[Any, int] = MappingProxyType({}),
        ends: Sequence[Any] = (),
        comments: bool = False,
        exact: Collection[Any] = (),
    ) -> None:
        """Lines for these nodes: one for each that ``names`` names, the others within others.

        ``uses`` counts who reads a node without a name: what several read, or what is long, gets
        a line too; but not what is among ``ends``, for which the caller has a line. ``exact`` are
        products in which 0 times infinity must be 0.
        """
        said = ""
        last = {node for node in ends if uses.get(node, 1) == 1}
        for node in nodes:
            if node in self.texts or self._is_number(node):
                continue
            line = short_line(node) if comments else ""
            if line and line != said:
                self.lines.append(comment(line))
                said = line
            if node.primitive.name in STATEMENTS:
                self._statement(node, nodes, names)
            elif node.primitive is pick and (node.inputs[0], node.params["index"]) in self.parts:
                self.texts[node] = Text(self.parts[node.inputs[0], node.params["index"]])
            elif node in names:
                remark = "  # stops the gradient" if node.primitive.name == "stop_gradient" else ""
                text = self._expression(node, node in exact).text + remark
                self.texts[node] = self.assign(names[node], text)
            elif not self._is_arithmetic(node):
                found = self._expression(node, node in exact)
                is_read_again = uses.get(node, 0) > 1 and not found.text.isidentifier()
                if node not in last and (is_read_again or len(found.text) > LONGEST):
                    found = self.assign(self.fresh("t"), found.text)
                self.texts[node] = found

    def name(self, names: Mapping[Any, str]) -> None:
        """Say what more values are called."""
        self.texts.update({node: Text(name) for node, name in names.items()})

    def assign(self, name: str, text: str) -> Text:
        """A line ``name = text``."""
        self.lines.append(f"{name} = {text}")
        return Text(name)

    def fresh(self, letters: str) -> str:
        """A name not used so far."""
        self.count += 1
        return f"{letters}{self.count}"

    def operand(self, node: Any) -> str:
        """A value as an argument of a call."""
        return self._full(node).text

    def short(self, node: Any) -> str:
        """A value as briefly as can be: of what is one number everywhere, the number."""
        return (self._number(node) if node in self.literals else self.texts[node]).text

    # -- leaves

    def _is_number(self, node: Any) -> bool:
        """Whether it is a number, perhaps repeated, or an array from outside; then it is noted."""
        if node.primitive is not None and node.primitive.name == "broadcast":
            if node.inputs[0] in self.literals:
                self.literals[node] = self.literals[node.inputs[0]]
                return True
            return False
        if node.inputs or (node.primitive is not None and node.known is None):
            return False
        value = np.asarray(known_value(node))
        if value.size and np.array_equal(value, np.full_like(value, value.flat[0]), True):
            self.literals[node] = value.flat[0]
        else:
            short = array_text(value) if value.size <= _SMALL else range_text(value)
            self.texts[node] = Text(short or self.source.array(node.known))
        return True

    def _is_arithmetic(self, node: Any) -> bool:
        """Whether it is computed of numbers alone; then it is a number, written as 1 / 6."""
        row = node.primitive
        if row.family != "elementwise" or not all(x in self.literals for x in node.inputs):
            return False
        with np.errstate(all="ignore"):
            numbers = [np.asarray(self.literals[x], x.dtype)[()] for x in node.inputs]
            self.literals[node] = row.numpy(*numbers, **node.params)
        if row.name in ELEMENTWISE and len(node.inputs) == 2:
            operands = [self._number(x) for x in node.inputs]
            text = ELEMENTWISE[row.name](node, *operands)
            if len(text.text) < _SHORTEST:
                self.number_texts[node] = text
        return True

    def _number(self, node: Any) -> Text:
        text = number_text(self.literals[node])
        return self.number_texts.get(node) or Text(text, UNARY if text[0] == "-" else ATOM)

    def _full(self, node: Any) -> Text:
        """A value with its whole shape and dtype."""
        if node in self.literals:
            return Text(full_text(self.literals[node], node.type))
        return self.texts[node]

    # -- operations

    def _expression(self, node: Any, is_exact: bool = False) -> Text:
        row = node.primitive
        name = row.name
        if name == "chain_product":
            if is_exact:
                arguments = ", ".join(self.operand(x) for x in node.inputs)
                return Text(f"{self.source.short('product')}({arguments})")
            name = "multiply"
        rule = ROWS.get(name)
        is_ufunc = isinstance(row.numpy, np.ufunc)
        if row.family == "elementwise" and (rule or is_ufunc):
            operands = self._weak(node)
        else:
            operands = [self._full(x) for x in node.inputs]
        if rule is not None:
            found = rule(node, *operands)
            for helper in ("add_at", "put_at", "spread_out"):
                if found.text.startswith(f"{helper}("):
                    self.source.short(helper)
            return found
        arguments = [x.text for x in operands]
        if is_ufunc:
            return Text(f"np.{row.numpy.__name__}({', '.join(arguments)})")
        settings = [f"{key}={value!r}" for key, value in node.params.items()]
        return Text(f"{self.source.helper(row)}({', '.join(arguments + settings)})")

    def _weak(self, node: Any) -> list[Text]:
        """Operands of an elementwise operation: numbers take the dtype and shape of the arrays."""
        first = 1 if node.primitive.name == "select" else 0  # its condition has its own dtype
        are_numbers = all(x in self.literals for x in node.inputs[first:])
        has_shape = any(x not in self.literals for x in node.inputs)
        found = []
        for place, x in enumerate(node.inputs):
            if x not in self.literals:
                found.append(self.texts[x])
                continue
            if not has_shape:
                found.append(Text(full_text(self.literals[x], x.type)))
            elif are_numbers or place < first:
                found.append(Text(scalar_text(self.literals[x], x.dtype)))
            else:
                found.append(self._number(x))
        return found

    # -- statements

    def function(self, name: str, graph: Graph, numbers: dict[int, Any]) -> str:
        """Define a function inside of this one that computes a graph.

        ``numbers`` are inputs that are one number everywhere, by place: they are no arguments.
        """
        inner = Scope(self.source)
        arguments = []
        for i, node in enumerate(graph.inputs):
            if i in numbers:
                inner.literals[node] = numbers[i]
            else:
                arguments.append(f"a{i}")
                inner.texts[node] = Text(f"a{i}")
        inner.write(graph.nodes, {}, uses_of(graph), graph.outputs)
        results = ", ".join(inner.operand(node) for node in graph.outputs)
        self.lines.append(f"def {name}({', '.join(arguments)}):")
        self.lines += [f"    {line}" for line in inner.lines]
        self.lines.append(f"    return {results}")
        return name

    def _statement(self, node: Any, nodes: Sequence[Any], names: dict[Any, str]) -> None:
        """A loop, a branch or a call; its results get names of their own."""
        name = names.get(node) or self.prefix
        if name in self.blocks:
            name = self.fresh(f"{name}_")
        self.blocks.add(name)
        picks = {n.params["index"]: n for n in nodes if n.inputs and n.inputs[0] is node}
        results = [f"{name}_{i}" for i in range(len(node.type))]
        for i, node_of_result in picks.items():
            results[i] = names.get(node_of_result, results[i])
        self.parts.update({(node, i): text for i, text in enumerate(results)})
        carries = node.params.get("carries", len(results))
        for i in range(carries, len(results)):
            if i not in picks and node not in self.whole:
                results[i] = ""
        operands = [self.operand(x) for x in node.inputs]
        numbers = {i: self.literals[x] for i, x in enumerate(node.inputs) if x in self.literals}
        STATEMENTS[node.primitive.name](Block(self, node, name, operands, numbers, results))


def comment(text: str) -> str:
    """A line of the user's program as a comment, cut where it is very long."""
    return f"# {text}" if len(text) < 90 else f"# {text[:89]}…"


def uses_of(graph: Graph) -> dict[Any, int]:
    """How often each node is read."""
    uses: dict[Any, int] = {}
    for node in (*[x for n in graph.nodes for x in n.inputs], *graph.outputs):
        uses[node] = uses.get(node, 0) + 1
    return uses


# -- the forward direction ---------------------------------------------------------------------


def write_forward(scope: Scope, graph: Graph) -> dict[Any, str]:
    """A line for each operation of a graph, under the user's line; the names of all values."""
    names = {node: name for node, name in node_names(graph).items() if name[0] != "c"}
    scope.write(graph.nodes, names, comments=True)
    return names


def numpy_code(function: Callable[..., Any] | Graph, *args: Any, name: str = "forward") -> Code:
    """A function, or its graph, as NumPy source with one line an operation.

    The arguments are called as in the printed graph: x0, x1, ... Parameters that the function
    captures follow them; other large arrays come after those, as array1, array2, ...

    Raises ``NotImplementedError`` for a primitive of one's own whose NumPy rule has no plain
    source.

    >>> print(numpy_code(lambda w, x: np.tanh(w * x), 2.0, np.ones(3)))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def forward(x0, x1):
        # x0 is w, x1 is x
        # ...
        v2 = np.broadcast_to(x0, (3,))
        v3 = v2 * x1
        v4 = np.tanh(v3)
        return v4
    <BLANKLINE>
    """
    values: Sequence[Any] = ()
    labels: Mapping[Any, str] = {}
    if isinstance(function, Graph):
        graph = function
    else:
        from ..calls import record

        call = record(function, args, every=True)
        graph, values, labels = call.graph, call.values, call.labels
    source = Source()
    names = node_names(graph)
    inputs = {names[node]: labels.get(node, names[node]) for node in graph.inputs}
    scope = Scope(source, {node: names[node] for node in graph.inputs})
    write_forward(scope, graph)
    results = ", ".join(scope.operand(node) for node in graph.outputs)
    return finish(source, scope, name, inputs, values, results)


def finish(
    source: Source,
    scope: Scope,
    name: str,
    inputs: Mapping[str, str],
    values: Sequence[Any],
    results: str,
) -> Code:
    """The source of a function whose lines are written; ``inputs`` are names with their labels."""
    labels = ", ".join(f"{key} is {label}" for key, label in inputs.items() if label != key)
    lines = [f"# {piece}" for piece in textwrap.wrap(labels, 92)]
    lines += [*scope.lines, f"return {results}"]
    head = f"def {name}({', '.join([*inputs, *source.arrays])}):"
    body = [piece for line in lines for piece in wrapped(f"    {line}".rstrip())]
    arguments = {**dict(zip(inputs, values, strict=False)), **source.arrays}
    return Code(source.text([*wrapped(head), *body]), name, arguments)
