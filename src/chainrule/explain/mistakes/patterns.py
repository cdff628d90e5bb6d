"""Shapes of small graphs that rules look for, and the words for them."""

from __future__ import annotations

import ast

from ...engine.graph import Node
from ...hints.source import expression_at, operands_of
from .ranges import name_of, source_of


def is_normalised(node: Node) -> bool:
    """Whether a node is e^z / Σ e^z, a softmax."""
    return normalising_sum(node) is not None


def normalising_sum(node: Node) -> Node | None:
    """The Σ e^z of a softmax."""
    node = source_of(node)
    if name_of(node) != "divide":
        return None
    powers, total = (source_of(x) for x in node.inputs)
    if name_of(powers) != "exp" or name_of(total) != "sum":
        return None
    return total if source_of(total.inputs[0]) is powers else None


def logits_of(powers: Node) -> Node:
    """z of e^z or of e^(z - max z)."""
    inner = source_of(powers.inputs[0])
    if name_of(inner) == "subtract":
        first, top = inner.inputs
        if name_of(source_of(top)) == "select":
            top = source_of(top).inputs[1]
        if name_of(source_of(top)) == "max":
            return source_of(first)
    return inner


def is_sigmoid(node: Node) -> bool:
    """Whether a node is 1 / (1 + e^-z), as a primitive or written out."""
    node = source_of(node)
    if name_of(node) == "sigmoid":
        return True
    below = source_of(node.inputs[1]) if name_of(node) == "divide" else node
    if name_of(node) == "reciprocal":
        below = source_of(node.inputs[0])
    return name_of(below) == "add" and any(name_of(source_of(x)) == "exp" for x in below.inputs)


def text_of_operand(node: Node, place: int, otherwise: str = "this value") -> str:
    """An operand as the user wrote it, in parentheses where a suffix would need them.

    ``otherwise`` stands where the source does not say, or says too much.
    """
    parts = operands_of(expression_at(node.place))
    if place >= len(parts):
        return otherwise
    text = ast.unparse(parts[place])
    is_open = isinstance(parts[place], ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp)
    text = f"({text})" if is_open else text
    return text if len(text) <= 40 else otherwise
