r"""A whole graph as one formula in LaTeX, or as a few lines of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine.graph import Graph, Node, node_names
from .boxes import Names, drawn_for, is_number
from .formula import formula, symbol

ATOM, POWER, PRODUCT, SUM, SIGNED, LOOSE = range(6)  # how loosely a formula holds together
LONGEST = 60  # letters, from which on a value gets a line of its own


def latex(graph: Graph, names: Names = ()) -> str:
    r"""The formula of a graph in LaTeX: for a page with MathJax or KaTeX, or a paper.

    What is used twice, or is long, gets a line and a name of its own; these are the node's names
    wherever the graph is shown. ``names`` are what to call the inputs.

    >>> import numpy as np
    >>> from chainrule import trace
    >>> def loss(w, b, x, y):
    ...     return np.mean((np.tanh(w * x + b) - y) ** 2)
    >>> x = np.ones(3)
    >>> print(latex(trace(loss, 1.0, 2.0, x, x), ["w", "b", "x", "y"]))
    \frac{\sum (\tanh (w \cdot x + b) - y)^2}{3}
    """
    if not isinstance(names, Mapping):
        names = dict(zip(graph.inputs, names, strict=False))
    return _Writer(graph, names).write()


class _Writer:
    """Formulas of the nodes of a graph, each put into the formula of its user."""

    def __init__(self, graph: Graph, names: Mapping[Any, str]) -> None:
        self.graph = graph
        self.given = set(graph.inputs)
        ids = node_names(graph)
        self.symbols = {node: symbol(names.get(node, name)) for node, name in ids.items()}
        self.uses = Counter(drawn_for(x, self.given) for node in graph.nodes for x in node.inputs)
        self.texts: dict[Any, tuple[str, int]] = {}
        self.lines: list[str] = []

    def write(self) -> str:
        for node in self.graph.nodes:
            if node.inputs and drawn_for(node, self.given) is node:
                self._add(node)
        ends = [self.text(node)[0] for node in self.graph.outputs]
        if not self.lines:
            return ", ".join(ends)
        for node, end in zip(self.graph.outputs, ends, strict=True):
            if end != self.symbols[node]:
                self.lines.append(f"{self.symbols[node]} &= {end}")
        return "\\begin{aligned}\n" + " \\\\\n".join(self.lines) + "\n\\end{aligned}"

    def _add(self, node: Node) -> None:
        """The formula of a node; with a line of its own where it must have one."""
        assert node.primitive is not None
        needs, level = shape_of(node)
        texts = [self.text(operand) for operand in node.inputs]
        operands = [
            text if loose <= need else f"({text})"
            for (text, loose), need in zip(texts, needs, strict=True)
        ]
        found = formula(node, operands)
        self.texts[node] = found, max(level, SIGNED) if found[0] == "-" else level
        several = isinstance(node.type, tuple)
        if self.uses[node] > 1 or len(found) > LONGEST or several:
            self.lines.append(f"{self.symbols[node]} &= {found}")
            self.texts[node] = self.symbols[node], ATOM

    def text(self, node: Node) -> tuple[str, int]:
        """The formula that stands for a node, and how loosely it holds together."""
        drawn = drawn_for(node, self.given)
        if drawn not in self.given and is_number(drawn):
            return latex_number(drawn.known.flat[0])
        text, level = self.texts.get(drawn) or (self.symbols[drawn], ATOM)
        if node.params.get("index") is None or drawn is node:
            return text, level
        return f"{text}[{node.params['index']}]", ATOM


def latex_number(value: Any) -> tuple[str, int]:
    r"""A number in LaTeX, to six digits, and how loosely it holds together.

    >>> latex_number(2.5), latex_number(-3e-9)
    (('2.5', 0), ('-3 \\cdot 10^{-9}', 4))
    """
    text = str(value) if isinstance(value, np.bool_) else f"{value:.6g}"
    digits, _, power = text.partition("e")
    if power:
        text = rf"{digits} \cdot 10^{{{int(power)}}}"
    return text, SIGNED if text[0] == "-" else PRODUCT if power else ATOM


def shape_of(node: Node) -> tuple[list[int], int]:
    r"""How loose each operand of its formula may be without parentheses, and how loose it is.

    >>> from chainrule import trace
    >>> (node,) = trace(lambda x, y: x - y, 1.0, 2.0).nodes
    >>> shape_of(node) == ([SIGNED, PRODUCT], SUM)
    True
    """
    marked = formula(node, ["#"] * len(node.inputs))
    bare, slots = "", []
    depth = 0
    for i, letter in enumerate(marked):
        depth += (letter in "{([") - (letter in "})]")
        is_open = depth == 0 and "|" not in marked
        slots += [(is_open, marked[i + 1 : i + 2])] * (letter == "#")
        bare += letter * is_open
    level = _level(bare)
    return [_need(bare, i, *slot) for i, slot in enumerate(slots)], level


def _level(bare: str) -> int:
    """How loosely a formula holds together, by what stands outside of all its parentheses."""
    if bare.startswith((r"\sum", r"\prod")):
        return LOOSE
    if re.search(r" [-+=<>?:] |^-| \\(ne|le|ge) ", bare):
        return SUM
    if re.search(r" |/", bare):
        return PRODUCT
    return POWER if "^" in bare else ATOM


def _need(bare: str, index: int, is_open: bool, after: str) -> int:
    if not is_open:
        return LOOSE
    if after in ("^", "[", "_"):
        return ATOM
    if bare.startswith((r"\sum", r"\prod")):
        return PRODUCT
    if bare.startswith("\\"):  # a function without parentheses
        return POWER
    if _level(bare) == SUM:
        if bare[0] == "-" or (index and " - " in bare):
            return PRODUCT
        return SUM if index else SIGNED
    return PRODUCT if r"\cdot" in bare else ATOM
