"""Loops, branches and calls as Python statements: the primitives that hold graphs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...engine.graph import Graph
from .numpy_text import empty_text

if TYPE_CHECKING:
    from . import Scope


@dataclass(frozen=True)
class Block:
    """What a statement is written from.

    Attributes
    ----------
    name
        Which the names of inner functions begin with.
    operands
        Of the node, as text.
    numbers
        Those of them, by place, that are one number everywhere: inner functions know them.
    results
        Names for what it computes; empty where nobody reads it.
    """

    scope: Scope
    node: Any
    name: str
    operands: list[str]
    numbers: dict[int, Any]
    results: list[str]

    def function(self, kind: str, graph: Graph, places: range) -> tuple[str, list[str]]:
        """Define an inner function of these operands: its name, and those it still takes."""
        known = {i: self.numbers[place] for i, place in enumerate(places) if place in self.numbers}
        name = self.scope.function(f"{self.name}_{kind}", graph, known)
        return name, [self.operands[place] for place in places if place not in self.numbers]

    def write(self, *lines: str) -> None:
        """Add lines."""
        self.scope.lines.extend(lines)


def targets(names: list[str]) -> str:
    """Names to the left of ``=``."""
    return ", ".join(name or "_" for name in names)


def _call(block: Block) -> None:
    every = range(len(block.operands))
    body, given = block.function("body", block.node.params["body"], every)
    block.write(f"{targets(block.results)} = {body}({', '.join(given)})")


def _cond(block: Block) -> None:
    places = range(1, len(block.operands))
    branches, given = [], []
    for i, graph in enumerate(block.node.params["branches"]):
        name, given = block.function(f"branch{i}", graph, places)
        branches.append(name)
    chosen = f"[{', '.join(branches)}][{block.operands[0]}]"
    block.write(f"{targets(block.results)} = {chosen}({', '.join(given)})")


def _while(block: Block) -> None:
    params, carry = block.node.params, block.results
    a, b = params["constants"]
    test, first = block.function("test", params["test"], range(a))
    step, second = block.function("step", params["body"], range(a, a + b))
    start = zip(carry, block.operands[a + b :], strict=True)
    block.write(
        *[f"{name} = {value}" for name, value in start],
        f"while {test}({', '.join(first + carry)}):",
        f"    {targets(carry)} = {step}({', '.join(second + carry)})",
    )


def _scan(block: Block) -> None:
    """Results are the carry, the ys, and what the carry was before each step."""
    params, results = block.node.params, block.results
    body, carries, constants = params["body"], params["carries"], params["constants"]
    carry, history = results[:carries], results[len(body.outputs) :]
    first = block.operands[constants : constants + carries]
    known = {i: n for i, n in block.numbers.items() if not 0 <= i - constants < carries}
    step = block.scope.function(f"{block.name}_step", body, known)
    block.write(*[f"{name} = {value}" for name, value in zip(carry, first, strict=True)])
    for name, kind in zip(results[carries:], block.node.type[carries:], strict=True):
        if name:
            block.write(f"{name} = {empty_text(kind)}")
    turns = f"range({params['length']})"
    block.write(f"for i in {f'reversed({turns})' if params['reverse'] else turns}:")
    for name, value in zip(history, carry, strict=False):
        if name:
            block.write(f"    {name}[i] = {value}")
    given = [*block.operands[:constants], *carry]
    given += [f"{x}[i]" for x in block.operands[constants + carries :]]
    given = [x for i, x in enumerate(given) if i not in known]
    left = carry + [f"{y}[i]" if y else "" for y in results[carries : len(body.outputs)]]
    block.write(f"    {targets(left)} = {step}({', '.join(given)})")


STATEMENTS: dict[str, Callable[[Block], None]] = {
    "checkpoint": _call,
    "custom_vjp": _call,
    "cond": _cond,
    "while_loop": _while,
    "scan": _scan,
}
