"""Work: how much a step has to do, and whether several threads should share it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from . import ir
from .merge import merged_lengths
from .products import Shape

WORTH = 150_000  # operations of a kernel below which one thread is quicker than two that meet
LONG = 20_000_000  # operations of a scan from which on Python may look in between


@dataclass(frozen=True)
class Share:
    """What threads divide: ``count`` rows, columns or elements, in multiples of ``grain``."""

    axis: str
    count: int
    grain: int
    has_tail: bool = False


TAIL = Share("tail", 0, 1)


def operations(step: ir.Step) -> int:
    """Roughly how many arithmetic operations a step makes."""
    if isinstance(step, ir.Contract):
        shape = Shape(step)
        own: int = 2 * math.prod(shape.stack) * shape.m * shape.n * shape.k
        return own + 4 * len(step.roots) * int(step.node.type.size)
    if isinstance(step, ir.Loops):
        return math.prod(step.shape) * sum([4 + int(root.cost) for root in step.roots])
    if isinstance(step, ir.Control):
        turns = step.node.params.get("length", 1)
        return int(turns) * sum([program_operations(each) for each in step.programs])
    return 1000


def program_operations(program: ir.Program) -> int:
    """Operations of all steps."""
    return sum([operations(step) for step in program.steps])


def is_long(step: ir.Control) -> bool:
    """Whether a scan takes so long that Ctrl-C and a progress bar should not wait for its end."""
    return operations(step) >= LONG


def wants_threads(program: ir.Program, lanes: int) -> bool:
    """Whether some kernel is worth sharing."""
    for step in program.steps:
        if isinstance(step, ir.Control):
            if any([wants_threads(each, lanes) for each in step.programs]):
                return True
        elif isinstance(step, ir.Loops | ir.Contract) and share(step, lanes) is not None:
            return True
    return False


def share(step: ir.Loops | ir.Contract, lanes: int) -> Share | None:
    """How threads divide a kernel; None where one does it alone."""
    if operations(step) < WORTH:
        return None
    if isinstance(step, ir.Contract):
        shape = Shape(step)
        if math.prod(shape.stack) > 1:
            return Share("stack", shape.stack[0], 1) if shape.stack[0] > 1 else None
        how = shape.plan(step, lanes)
        if how.split is None:
            return None
        return Share(how.split, shape.m if how.split == "rows" else shape.n, how.grain)
    if step.sequential or not step.lengths:
        return None
    sums = [root for root in step.roots if root.kind != "store"]
    if any([root.begin == 0 for root in sums]):
        return None
    lengths = [n for n in merged_lengths(step) if n > 1]
    if len(lengths) > 1:
        return Share("loop", lengths[0], 1)
    whole = lengths[0] // lanes * lanes
    return Share("loop", whole, lanes, has_tail=lengths[0] % lanes > 0) if whole else None
