"""Lowered: what a graph becomes on its way to machine code, stage by stage, as text.

>>> import numpy as np
>>> from chainrule import config, jit
>>> @jit
... def layer(x, w):
...     return np.tanh(x @ w)
>>> with config(threads=1):
...     lowered = layer.lower(np.ones((32, 8), "f"), np.ones((8, 4), "f"))
>>> print(lowered)
layer: 2 nodes, 1 kernel, arena ... B, 1 thread, exact
<BLANKLINE>
   kernel       loops     turns  operations    moved
1  einsum tanh  32×4 Σ 8             3.33 k  1.66 kB
   in total                          3.33 k  1.66 kB
"""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Any

from ..config import config
from ..graph import Graph, node_names, print_graph, short_line
from ..rewrite import tracked
from . import (
    cost,
    fuse,
    ir,
    llvm,
    work,
)
from .machine import this_machine
from .merge import merged_lengths
from .prepare import prepare
from .products import Shape
from .program import write_text


class Lowered:
    """A function's graph for one signature, and the code that it becomes; ``jit(f).lower(*args)``.

    Its parts are strings, but for ``cost()``. All of them are for the settings of ``config`` that
    held when it was made.

    Attributes
    ----------
    graph
        As traced and tidied: what the Python function did, named as in ``trace``.
    simplified
        The graph that the kernels are made from: simplified, each contraction a product of
        matrices. Nodes keep their names, and those that the compiler adds are t0, t1, ...
    """

    def __init__(self, name: str, graph: Graph, traced: Graph, origins: dict[Any, Any]) -> None:
        self.name = name
        names = _names_after(graph, _all_names(traced), origins)
        self.graph = print_graph(graph, names=names)
        self.mode, self._cpu = config.mode, config.cpu
        self.lanes = this_machine(self._cpu).lanes
        with tracked() as origins:
            self._program = fuse.fuse(prepare(graph))
        self._names = _names_after(self._program.graph, names, origins)
        self._module, self._arena = write_text(self._program)

    @property
    def threads(self) -> int:
        """How many threads run it."""
        return self._module.threads

    @property
    def simplified(self) -> str:
        """The graph that the kernels are made from."""
        return print_graph(self._program.graph, names=self._names)

    @property
    def llvm(self) -> str:
        """LLVM's language: the kernels, and the functions that call them."""
        return self._module.text

    @cached_property
    def assembly(self) -> str:
        """The processor's instructions."""
        with config(cpu=self._cpu):
            return llvm.assembly(self._module.text)

    def cost(self) -> cost.Cost:
        """Operations, bytes and memory, of each kernel and in total."""
        return cost.cost_of(self._program, self._arena)

    @cached_property
    def kernels(self) -> str:
        """Each kernel: its loops and vectors, what it reads, writes and computes, and for whom."""
        names: dict[Any, list[str]] = {}
        for name, step in self._module.kernels:
            names.setdefault(step, []).append(name.removeprefix("@"))
        return "\n\n".join(self._blocks(self._program, names, "", ""))

    def _blocks(
        self, program: ir.Program, names: dict[Any, list[str]], before: str, indent: str
    ) -> list[str]:
        found = []
        value = _names_of(program, self._names)
        for number, step in enumerate(program.steps, 1):
            mark = f"{before}{number}"
            title = [mark, *names.get(step, []), cost.describe(step)]
            lines = _wrapped(" ".join(title), 76 - len(indent))
            for key, text in _without_repeats(self._facts(step, value)):
                wrapped = _wrapped(text, 68 - len(indent))
                for word, line in zip_longest([key], wrapped[:1] if key == "at" else wrapped):
                    lines.append(f"  {word or '':<9} {line}")
            found.append("\n".join([indent + line for line in lines]))
            if isinstance(step, ir.Control):
                for letter, inner in cost.inner_programs(step):
                    found += self._blocks(inner, names, f"{mark}{letter}.", indent + "    ")
        return found

    def _facts(self, step: ir.Step, value: dict[Any, str]) -> list[tuple[str, str]]:
        """What there is to say of a step: (what is said, the text)."""
        facts = []
        if isinstance(step, ir.Loops):
            facts.append(("loops", _loops(step, self.lanes)))
        elif isinstance(step, ir.Contract):
            facts += [("product", text) for text in _product(step, self.lanes)]
        elif isinstance(step, ir.Evaluate):
            facts.append(("because", step.reason))
        elif isinstance(step, ir.Control) and "length" in step.node.params:
            way = ", from the last to the first" if step.node.params["reverse"] else ""
            facts.append(("turns", f"{step.node.params['length']}{way}"))
        if isinstance(step, ir.Loops | ir.Contract) and self.threads > 1:
            share = work.share(step, self.lanes)
            facts.append(("threads", f"{self.threads} share {_axis(share)}" if share else "one"))
        for verb, storages in (("reads", cost.reads(step)), ("writes", step.writes)):
            shown = dict.fromkeys([_show(storage, value) for storage in storages])
            facts.append((verb, ", ".join(shown)))
        for line, nodes in groupby(cost.computed(step), key=short_line):
            facts += [("computes", cost.operations(nodes)), ("at", line)]
        return facts

    def __str__(self) -> str:
        found = self.cost()
        kernels = _count(len(found.kernels), "kernel")
        nodes = _count(len([x for x in self._program.graph.nodes if x.inputs]), "node")
        threads = _count(self.threads, "thread")
        arena = cost.amount(self._arena, "B")
        first = f"{self.name}: {nodes}, {kernels}, arena {arena}, {threads}, {self.mode}"
        return f"{first}\n\n{found}"

    def __repr__(self) -> str:
        return str(self)


def _loops(step: ir.Loops, lanes: int) -> str:
    lengths = [n for n in merged_lengths(step) if n != 1]
    if not lengths:
        return "none"
    text = " × ".join([str(n) for n in lengths])
    if step.sequential:
        return f"{text}, in order"
    text += f", vectors of {min(lanes, lengths[-1])} along the last"
    begun = {root.begin: root for root in step.roots if root.kind != "store"}
    if begun:
        begin, root = min(begun.items())
        summed = step.lengths[begin : len(step.lengths) - root.columns]
        text += f"; Σ over {' × '.join([str(n) for n in summed])}"
    return text


def _product(step: ir.Contract, lanes: int) -> list[str]:
    shape = Shape(step)
    how = shape.plan(step, lanes)
    times = f"{math.prod(shape.stack)} times " if math.prod(shape.stack) > 1 else ""
    across = {
        "dots": "inner products",
        "rows": "row by row, all sums in registers",
        "tiles": f"tiles of {how.height} × {how.panel} sums in registers",
        "blocks": f"blocks of copies, tiles of {how.height} × {how.panel} sums in registers",
    }
    copied = ", columns of B copied first" if how.pack and how.algorithm != "blocks" else ""
    return [
        f"{times}{shape.m}×{shape.k} · {shape.k}×{shape.n}, vectors of {how.lanes}",
        f"{across[how.algorithm]}{copied}",
        how.order,
    ]


def _axis(share: work.Share) -> str:
    names = {"loop": "the first loop", "stack": "the products"}
    return f"{names.get(share.axis, share.axis)}, in multiples of {share.grain}"


def _all_names(graph: Graph) -> dict[Any, str]:
    """The names of a graph's nodes, and of those in the graphs that it holds."""
    found: dict[Any, str] = dict(node_names(graph))
    for inner in _inner_graphs(graph):
        found |= _all_names(inner)
    return found


def _names_after(graph: Graph, first: dict[Any, str], origins: dict[Any, Any]) -> dict[Any, str]:
    """Each node has the name of the first graph's node for which it stands; new ones are t0, t1."""
    found: dict[Any, str] = dict(node_names(graph))
    taken: set[str] = set()
    fresh = itertools.count(sum(name[0] == "t" for name in first.values()))
    for node, name in found.items():
        if name[0] == "v":
            old = first.get(origins.get(node, node), "")
            found[node] = old if old[:1] in ("v", "t") and old not in taken else f"t{next(fresh)}"
            taken.add(found[node])
    for inner in _inner_graphs(graph):
        found |= _names_after(inner, first, origins)
    return found


def _inner_graphs(graph: Graph) -> Iterator[Graph]:
    for node in graph.nodes:
        for value in node.params.values():
            parts = value if isinstance(value, tuple) else (value,)
            yield from [part for part in parts if isinstance(part, Graph)]


def _names_of(program: ir.Program, names: dict[Any, str]) -> dict[Any, str]:
    """The name of each stored value, as the printed graphs have it."""
    found: dict[Any, str] = {}
    known = [(n, storage) for n, storage in program.storage.items() if names.get(n, "c")[0] != "c"]
    for node, storage in sorted(known, key=lambda pair: names[pair[0]][0] == "t"):
        found.setdefault(storage, names[node])
    for key, storage in program.storage.items():
        if isinstance(key, tuple):  # one result of several
            found.setdefault(storage, f"{names[key[0]]}[{key[1]}]")
    return found


def _show(storage: ir.Storage, value: dict[Any, str]) -> str:
    return f"{value.get(storage, 'constant')}\N{NO-BREAK SPACE}{storage.type}"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a text; names stay beside their types."""
    lines = textwrap.wrap(text, max(width, 40)) or [""]
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _without_repeats(facts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is said, only where it changes."""
    keys = ["", *[key for key, _ in facts]]
    return [(k if k != old else "", text) for (k, text), old in zip(facts, keys, strict=False)]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
