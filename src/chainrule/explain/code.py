"""Any graph as plain NumPy source: what one would write by hand, and can run without Chainrule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node, node_names, short_line
from ..engine.interpret import known_value
from ..engine.types import TensorType
from .helpers import NEEDS, SHORT, definitions
from .numpy_text import ROWS, UNARY, Text, array_text, full_text, number_text

LONGEST = 56  # characters of an expression that still goes into another one
_SMALL = 8  # elements of an array that is written out


class Code(str):
    """NumPy source of one function; ``arguments`` are the arrays to call it with.

    >>> code = numpy_code(lambda x: 2 * x + 1, 3.0)
    >>> float(code.run())
    7.0
    """

    name: str
    arguments: dict[str, Any]

    def __new__(cls, text: str, name: str, arguments: dict[str, Any]) -> Code:
        """The source, and what belongs to it."""
        code = super().__new__(cls, text)
        code.name, code.arguments = name, arguments
        return code

    def function(self) -> Callable[..., Any]:
        """The function that the source defines; nothing but the source is used."""
        namespace: dict[str, Any] = {}
        exec(self, namespace)
        return namespace[self.name]  # type: ignore[no-any-return]

    def run(self, **changed: Any) -> Any:
        """What the source computes for its arguments, some of them perhaps changed."""
        return self.function()(**{**self.arguments, **changed})

    def __repr__(self) -> str:
        return str(self)


class Source:
    """A Python module that is being written: what it defines, and the arrays it is given."""

    def __init__(self) -> None:
        self.helpers: dict[str, str] = {}
        self.arrays: dict[str, Any] = {}

    def array(self, value: Any) -> str:
        """The name of an argument that brings this array."""
        for name, known in self.arrays.items():
            if known is value:
                return name
        name = f"array{len(self.arrays) + 1}"
        self.arrays[name] = value
        return name

    def helper(self, row: Any) -> str:
        """The name of a function that does what a primitive's NumPy rule does."""
        if row.name in SHORT:
            return self.short(row.name)
        try:
            definitions(row.numpy, self.helpers)
        except ValueError as error:
            raise NotImplementedError(
                f"the primitive {row.name!r} cannot be written as NumPy source: {error}. Make its "
                "NumPy rule a plain function of the module, which uses NumPy alone."
            ) from None
        return row.numpy.__name__  # type: ignore[no-any-return]

    def short(self, name: str) -> str:
        """One of the helpers written by hand."""
        for other in NEEDS.get(name, ()):
            self.short(other)
        self.helpers[name] = SHORT[name].strip("\n")
        return name

    def text(self, body: Iterable[str]) -> str:
        """The whole source."""
        parts = ["import numpy as np", *self.helpers.values(), "\n".join(body)]
        if any("math." in part for part in parts):
            parts[0] = f"import math\n\n{parts[0]}"
        return "\n\n\n".join(parts) + "\n"


class Scope:
    """One function's lines, and how each value is called in it."""

    def __init__(self, module: Source, names: dict[Any, str]) -> None:
        self.module = module
        self.texts: dict[Node, Text] = {}
        self.name(names)
        self.literals: dict[Node, Any] = {}
        self.lines: list[str] = []
        self.parts: dict[tuple[Node, int], str] = {}
        self.count = 0

    def write(
        self,
        nodes: Sequence[Any],
        names: dict[Any, str],
        uses: dict[Any, int] | None = None,
        comments: bool = False,
        exact: Iterable[Any] = (),
    ) -> None:
        """Lines for these nodes: one for each that ``names`` names, the others within others.

        ``uses`` counts who reads a node without a name: what several read, or what is long, gets
        a line too. ``exact`` are products in which 0 times infinity must be 0.
        """
        said = ""
        for node in nodes:
            if node in self.texts or self._is_leaf(node):
                continue
            line = short_line(node) if comments else ""
            if line and line != said:
                self.lines.append(f"# {line}")
                said = line
            if isinstance(node.type, tuple) and node.primitive.name in STATEMENTS:
                self._statement(node, nodes, names)
                continue
            if node.primitive.name == "pick" and (node.inputs[0], node.params["index"]) in (
                self.parts
            ):
                self.texts[node] = Text(self.parts[node.inputs[0], node.params["index"]])
                continue
            text = self._expression(node, node in exact)
            often = uses is not None and uses.get(node, 0) > 1 and not text.text.isidentifier()
            if node in names or often or len(text.text) > LONGEST:
                text = self.assign(names.get(node) or self.fresh(), text.text)
            self.texts[node] = text

    def name(self, names: dict[Any, str]) -> None:
        """Say what more values are called."""
        self.texts.update({node: Text(name) for node, name in names.items()})

    def assign(self, name: str, text: str) -> Text:
        """A line ``name = text``."""
        self.lines.append(f"{name} = {text}")
        return Text(name)

    def fresh(self) -> str:
        """A name not used so far."""
        self.count += 1
        return f"t{self.count}"

    def operand(self, node: Any) -> str:
        """A value as an argument of a call."""
        return self._full(node).text

    # -- leaves

    def _is_leaf(self, node: Any) -> bool:
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
        elif value.ndim == 1 and np.array_equal(value, np.arange(len(value))):
            kind = "" if value.dtype == np.intp else f", dtype=np.{value.dtype.name}"
            self.texts[node] = Text(f"np.arange({len(value)}{kind})")
        elif value.size <= _SMALL:
            self.texts[node] = Text(array_text(value))
        else:
            self.texts[node] = Text(self.module.array(node.known))
        return True

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
                return Text(f"{self.module.short('product')}({arguments})")
            name = "multiply"
        rule = ROWS.get(name)
        is_ufunc = isinstance(row.numpy, np.ufunc)
        if row.family == "elementwise" and (rule or is_ufunc):
            operands = self._weak(node)
        else:
            operands = [self._full(x) for x in node.inputs]
        for used in ("add_at", "put_at", "spread_out"):
            if rule and used in rule(node, *operands).text:
                self.module.short(used)
        if rule is not None:
            return rule(node, *operands)
        arguments = [x.text for x in operands]
        if is_ufunc:
            return Text(f"np.{row.numpy.__name__}({', '.join(arguments)})")
        settings = [f"{key}={value!r}" for key, value in node.params.items()]
        return Text(f"{self.module.helper(row)}({', '.join(arguments + settings)})")

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
            text = number_text(self.literals[x])
            if not has_shape:
                text = full_text(self.literals[x], x.type)
            elif are_numbers or place < first:
                text = full_text(self.literals[x], TensorType.of((), x.dtype))
            found.append(Text(text, UNARY if text.startswith("-") else 10))
        return found

    # -- statements

    def function(self, name: str, graph: Graph) -> str:
        """Define a function inside of this one that computes a graph; it returns a tuple."""
        names = {
            node: called.replace("x", "a").replace("v", "b")
            for node, called in node_names(graph).items()
            if called[0] != "c"
        }
        inner = Scope(self.module, {node: names[node] for node in graph.inputs})
        inner.write(graph.nodes, {}, uses_of(graph))
        results = "".join(f"{inner.operand(node)}, " for node in graph.outputs)
        self.lines.append(f"def {name}({', '.join(names[node] for node in graph.inputs)}):")
        self.lines += [f"    {line}" for line in inner.lines]
        self.lines.append(
            f"    return ({results.strip() if len(graph.outputs) == 1 else results[:-2]})"
        )
        return name

    def _statement(self, node: Any, nodes: Sequence[Any], names: dict[Any, str]) -> None:
        """A loop, a branch or a call; its results get names of their own."""
        name = names.get(node) or self.fresh()
        for i in range(len(node.type)):
            self.parts[node, i] = f"{name}_{i}"
        for other in nodes:
            if other.inputs and other.inputs[0] is node and other in names:
                self.parts[node, other.params["index"]] = names[other]
        self.texts[node] = Text(name)
        results = [self.parts[node, i] for i in range(len(node.type))]
        operands = [self.operand(x) for x in node.inputs]
        STATEMENTS[node.primitive.name](self, name, node.params, operands, results, node.type)


def uses_of(graph: Graph) -> dict[Any, int]:
    """How often each node is read."""
    uses: dict[Any, int] = {}
    for node in (*[x for n in graph.nodes for x in n.inputs], *graph.outputs):
        uses[node] = uses.get(node, 0) + 1
    return uses


# -- loops, branches, calls --------------------------------------------------------------------

Names = list[str]


def _tuple(names: Names) -> str:
    return ", ".join(names) + ("," if len(names) == 1 else "")


def _call_body(
    scope: Scope, name: str, params: Any, operands: Names, results: Names, kinds: Any
) -> None:
    body = scope.function(f"{name}_body", params["body"])
    scope.lines.append(f"{_tuple(results)} = {body}({', '.join(operands)})")


def _cond(
    scope: Scope, name: str, params: Any, operands: Names, results: Names, kinds: Any
) -> None:
    index, *rest = operands
    branches = [scope.function(f"{name}_branch{i}", g) for i, g in enumerate(params["branches"])]
    chosen = f"[{', '.join(branches)}][int({index})]"
    scope.lines.append(f"{_tuple(results)} = {chosen}({', '.join(rest)})")


def _while(
    scope: Scope, name: str, params: Any, operands: Names, results: Names, kinds: Any
) -> None:
    a, b = params["constants"]
    test = scope.function(f"{name}_test", params["test"])
    step = scope.function(f"{name}_step", params["body"])
    scope.lines += [
        f"{_tuple(results)} = {_tuple(operands[a + b :])}",
        f"while {test}({', '.join(operands[:a] + results)})[0]:",
        f"    {_tuple(results)} = {step}({', '.join(operands[a : a + b] + results)})",
    ]


def _scan(
    scope: Scope, name: str, params: Any, operands: Names, results: Names, kinds: Any
) -> None:
    """``results`` are the carry, the ys, and what the carry was before each step."""
    body, carries, constants = params["body"], params["carries"], params["constants"]
    step = scope.function(f"{name}_step", body)
    fixed = operands[:constants]
    carry, ys = results[:carries], results[carries : len(body.outputs)]
    history = results[len(body.outputs) :]
    xs = [f"{x}[i]" for x in operands[constants + carries :]]
    if carry:
        first = operands[constants : constants + carries]
        scope.lines.append(f"{_tuple(carry)} = {_tuple(first)}")
    for target, kind in zip(results[carries:], kinds[carries:], strict=True):
        scope.lines.append(f"{target} = np.empty({kind.shape}, {np.dtype(kind.dtype).name!r})")
    turns = f"range({params['length']})"
    scope.lines.append(f"for i in {f'reversed({turns})' if params['reverse'] else turns}:")
    for target, value in zip(history, carry, strict=False):
        scope.lines.append(f"    {target}[i] = {value}")
    targets = _tuple([*carry, *[f"{y}[i]" for y in ys]])
    scope.lines.append(f"    {targets} = {step}({', '.join([*fixed, *carry, *xs])})")


STATEMENTS: dict[str, Callable[..., None]] = {
    "checkpoint": _call_body,
    "custom_vjp": _call_body,
    "cond": _cond,
    "while_loop": _while,
    "scan": _scan,
}

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
        # ...
        v2 = np.broadcast_to(x0, (3,))
        v3 = v2 * x1
        v4 = np.tanh(v3)
        return v4
    <BLANKLINE>
    """
    values: Sequence[Any] = ()
    if isinstance(function, Graph):
        graph = function
    else:
        from .calls import record

        call = record(function, args, every=True)
        graph, values = call.graph, call.values
    module = Source()
    names = node_names(graph)
    scope = Scope(module, {node: names[node] for node in graph.inputs})
    write_forward(scope, graph)
    results = ", ".join(scope.operand(node) for node in graph.outputs)
    return finish(module, scope, name, [names[n] for n in graph.inputs], values, results)


def finish(
    module: Source, scope: Scope, name: str, inputs: Names, values: Sequence[Any], results: str
) -> Code:
    """The source of a function whose lines are written."""
    head = f"def {name}({', '.join([*inputs, *module.arrays])}):"
    lines = [head, *[f"    {line}".rstrip() for line in scope.lines], f"    return {results}"]
    arguments = {**dict(zip(inputs, values, strict=False)), **module.arrays}
    return Code(module.text(lines), name, arguments)
