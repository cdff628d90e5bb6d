"""Plan: where every array of a program lies. One block of memory, shared by what lives in turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import ir
from .ir import Storage
from .products import Shape

ALIGNMENT = 64


@dataclass(eq=False)
class Region:
    """A program with its memory planned.

    ``bound`` says which arrays are computed right where the result of that number belongs;
    ``copies`` which results are copied there at the end, ``saved`` which inputs are kept aside
    first because they would be overwritten. ``offsets`` lie in the region's own block of ``size``
    bytes; ``inner`` are the regions of a control step's programs, ``blocks`` the memory for them
    and for scratch.
    """

    program: ir.Program
    bound: dict[Storage, int] = field(default_factory=dict)
    copies: list[tuple[Storage, int]] = field(default_factory=list)
    saved: dict[Storage, Storage] = field(default_factory=dict)
    offsets: dict[Storage, int] = field(default_factory=dict)
    blocks: dict[int, int] = field(default_factory=dict)
    inner: dict[int, list[Region]] = field(default_factory=dict)
    size: int = 0


def plan(program: ir.Program, lanes: int, threads: int = 1, carries: Sequence[int] = ()) -> Region:
    """Memory for a program.

    ``carries[j]`` is the number of the input whose memory result j replaces, for a loop's body.
    """
    region = Region(program)
    _bind(region, carries)
    for number, step in enumerate(program.steps):
        if isinstance(step, ir.Control):
            region.inner[number] = [
                plan(each, lanes, threads, _carried(step, i))
                for i, each in enumerate(step.programs)
            ]
    _lay_out(region, lanes, threads)
    return region


def _carried(step: ir.Control, number: int) -> Sequence[int]:
    """For each result of a loop's body that replaces an input, the number of this."""
    params = step.node.params
    if "carries" in params:
        return range(params["constants"], params["constants"] + params["carries"])
    if "test" in params and number == 1:
        first = params["constants"][1]
        return range(first, first + len(step.writes))
    return ()


def _bind(region: Region, carries: Sequence[int]) -> None:
    program = region.program
    fixed = {*program.inputs, *program.constants}
    replaced = {program.inputs[i]: j for j, i in enumerate(carries)}
    passed = {s for j, s in enumerate(program.outputs) if s in replaced and replaced[s] != j}
    for j, storage in enumerate(program.outputs):
        if j < len(carries) and program.inputs[carries[j]] is storage:
            continue  # it stays as it is
        free = storage not in fixed and storage not in region.bound
        if free and j < len(carries):
            old = program.inputs[carries[j]]
            free = old not in passed and _may_replace(program, storage, old)
        if free:
            region.bound[storage] = j
        else:
            region.copies.append((storage, j))
            if storage in replaced:
                region.saved.setdefault(storage, Storage(storage.type))


def _may_replace(program: ir.Program, new: Storage, old: Storage) -> bool:
    """Whether all reading of ``old`` is over when ``new`` is written, element by element."""
    first = next((i for i, step in enumerate(program.steps) if new in step.writes), None)
    if first is None:
        return True  # it has no elements
    for number, step in enumerate(program.steps):
        if old in step.reads and number >= first:
            if number > first or not isinstance(step, ir.Loops | ir.Contract):
                return False
            if old in step.elsewhere or (isinstance(step, ir.Loops) and step.sequential):
                return False
    step = program.steps[first]
    return isinstance(step, ir.Loops | ir.Contract | ir.Evaluate)


def _lay_out(region: Region, lanes: int, threads: int) -> None:
    program = region.program
    lives: dict[Storage, list[int]] = {}
    for number, step in enumerate(program.steps):
        for storage in (*step.reads, *step.writes):
            lives.setdefault(storage, [number, number])[1] = number
    for storage, _ in region.copies:
        if storage in lives:
            lives[storage][1] = len(program.steps)
    outside = {*program.inputs, *program.constants, *region.bound}
    wanted: list[tuple[int, int, int, Any]] = [
        (first, last, storage.nbytes, storage)
        for storage, (first, last) in lives.items()
        if storage not in outside
    ]
    wanted += [(-1, len(program.steps), kept.nbytes, kept) for kept in region.saved.values()]
    for number, step in enumerate(program.steps):
        size = _extra(region, step, number, lanes, threads)
        if size:
            wanted.append((number, number, size, number))
    live: list[tuple[int, int, int]] = []  # offset, end, last step
    for first, last, size, what in sorted(wanted, key=lambda item: item[:3]):
        live = sorted(block for block in live if block[2] >= first)
        offset = _gap(live, size)
        live.append((offset, offset + size, last))
        region.size = max(region.size, offset + _aligned(size))
        if isinstance(what, int):
            region.blocks[what] = offset
        else:
            region.offsets[what] = offset
    for storage in program.storage.values():
        if storage not in outside:
            region.offsets.setdefault(storage, 0)  # no elements, or never stored


def _gap(live: list[tuple[int, int, int]], size: int) -> int:
    """The first place where ``size`` bytes are free."""
    offset = 0
    for start, end, _ in live:
        if offset + size <= start:
            break
        offset = max(offset, _aligned(end))
    return offset


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _extra(region: Region, step: ir.Step, number: int, lanes: int, threads: int) -> int:
    """Bytes that a step needs for itself."""
    if isinstance(step, ir.Control):
        sizes = [inner.size for inner in region.inner[number]]
        return max(sizes) if "branches" in step.node.params else sum(sizes) + ALIGNMENT
    if isinstance(step, ir.Contract):
        return _aligned(Shape(step).plan(step, lanes).scratch * 8) * threads
    return 0
