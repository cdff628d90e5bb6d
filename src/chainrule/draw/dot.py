"""A graph in DOT, the language of Graphviz, for those who have other tools for it."""

from __future__ import annotations

import json

from ..engine.graph import Graph
from .boxes import Names
from .maths import plain
from .placing import arranged


def dot(graph: Graph, names: Names = (), fold: int | str | None = None) -> str:
    """The text of a graph in DOT; ``fold`` as for ``placed``.

    >>> from chainrule import trace
    >>> print(dot(trace(lambda w, x: w * x, 2.0, 3.0), ["w", "x"]))
    digraph {
      node [shape=box, style=rounded]
      "x0" [label="w\\nf64[]"]
      "x1" [label="x\\nf64[]"]
      "v2" [label="v2 = w · x\\nf64[]"]
      "x0" -> "v2"
      "x1" -> "v2"
    }
    """
    boxes, edges = arranged(graph, names, fold)
    lines = ["node [shape=box, style=rounded]"]
    for box in boxes:
        label = _quoted(f"{plain(box.latex)}\n{box.type}")
        lines.append(f"{_quoted(box.name)} [label={label}]")
    lines += [f"{_quoted(a.name)} -> {_quoted(b.name)}" for a, b in edges]
    return "\n".join(["digraph {", *[f"  {line}" for line in lines], "}"])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # DOT's escapes for quotes and newlines are these
