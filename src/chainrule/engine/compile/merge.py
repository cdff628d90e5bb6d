"""Merge loops: where every array is walked without a jump, two loops are one."""

from __future__ import annotations

from ..primitives import indexing, random
from ..primitives.families import constant_row
from . import access, ir, store
from .access import Affine


def merged_lengths(step: ir.Loops) -> list[int]:
    """Turns of each loop; 1 for a loop that was merged with the next.

    Kernels with reductions keep their loops: the order of their sums is that of the shape.
    """
    lengths = list(step.lengths)
    if step.sequential or any([root.kind != "store" for root in step.roots]):
        return lengths
    found = _addresses(step)
    if found is None:
        return lengths
    for axis in range(len(lengths) - 1):
        if all(
            [a.coefficient(axis) == a.coefficient(axis + 1) * step.lengths[axis + 1] for a in found]
        ):
            lengths[axis + 1] *= lengths[axis]
            lengths[axis] = 1
    return lengths


def _addresses(step: ir.Loops) -> set[Affine] | None:
    """Every place that the roots read or write; None where one is not affine."""
    own = {root.made for root in step.roots if ir.is_own_value(root)}
    found = {root.target for root in step.roots}
    seen = set()
    pending = [(root.node, root.index) for root in step.roots]
    while pending:
        node, index = pending.pop()
        if (node, index) in seen:
            continue
        seen.add((node, index))
        if (node in step.storage and node not in own) or store.is_new_shape(node):
            found.add(access.linear(node.shape, index))
        elif node.primitive is constant_row:
            continue
        elif node.primitive is random.random_bits:
            lead = len(node.inputs[0].shape) - 1
            found.add(access.linear(node.params["shape"], index[lead:]))
            pending += store.drawn_from(node, index)
        elif node.primitive is random.derive_keys:
            return None
        else:
            if node.primitive is indexing.gather:
                found.add(access.gather_address(node, index)[0])
            pending += access.inputs_at(node, index)
    return found
