"""Cost: how much arithmetic a compiled graph does, and how many bytes it moves.

What is counted is the work of the formulas, not that of the processor: 2mnk for a product of
matrices, one operation for each element of a sum, comparison or elementwise operation, ten for
functions such as exp. Bytes are those of the arrays that a kernel reads and writes, once each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..primitives import indexing, views
from ..primitives.families import Primitive
from ..tensor import Tensor
from . import ir, store
from .products import Shape

FUNCTION = 10  # operations of a function that is computed as a polynomial
_FUNCTIONS = store.DEAR - {"divide", "sqrt"}  # which are one instruction each
SCATTERS = {indexing.scatter, indexing.scatter_add}
_MOVES = {views.pad_row, views.concatenate_row}  # values stored at other places


@dataclass(frozen=True)
class Work:
    """Operations, and bytes read and written."""

    flops: int = 0
    read: int = 0
    written: int = 0

    @property
    def bytes(self) -> int:
        """Bytes read and written."""
        return self.read + self.written

    def times(self, count: int) -> Work:
        """The same work several times."""
        return Work(count * self.flops, count * self.read, count * self.written)


@dataclass(frozen=True)
class Part(Work):
    """The cost of one call of a kernel, or of one run of a loop with all its kernels.

    Attributes
    ----------
    flops, read, written
        Operations; bytes.
    number
        Its place, such as ``"2.1"``: the first kernel in the loop that is number 2.
    what
        The operations that it computes, in order.
    loops
        Their lengths, such as ``"32×10 Σ 784"``: a sum over 784 for each of 32×10 results.
    turns
        How often the ``scan`` around it calls it.
    is_kernel
        False for ``scan``, ``cond`` and ``while_loop``, whose kernels follow as parts of their own.
    """

    number: str = ""
    what: str = ""
    loops: str = ""
    turns: int = 1
    is_kernel: bool = True


@dataclass(frozen=True, repr=False)
class Cost(Work):
    """The cost of one call of a compiled graph; it prints as a table.

    Attributes
    ----------
    flops, read, written
        In total: kernels in a ``scan`` count once for each turn, those in a ``while_loop`` once,
        and of the branches of a ``cond`` the dearest.
    arena
        Bytes of memory for all values in between.
    parts
        A ``Part`` for each kernel and loop, in the order of the program.
    """

    arena: int = 0
    parts: tuple[Part, ...] = ()

    @property
    def kernels(self) -> tuple[Part, ...]:
        """Parts without the loops around them."""
        return tuple([part for part in self.parts if part.is_kernel])

    def __repr__(self) -> str:
        rows = [["", "kernel", "loops", "turns", "operations", "moved"]]
        for part in (*self.parts, Part(self.flops, self.read, self.written, what="in total")):
            turns = f"{part.turns:,}" if part.turns > 1 else ""
            sizes = amount(part.flops), amount(part.bytes, "B")
            rows.append([part.number, part.what, part.loops, turns, *sizes])
        return table(rows, left=(0, 1, 2), cut=1)


def cost_of(program: ir.Program, arena: int) -> Cost:
    """The cost of a program that works in ``arena`` bytes."""
    total = _program_work(program)
    return Cost(total.flops, total.read, total.written, arena, tuple(_parts(program)))


def part_of(step: ir.Step, number: str = "", turns: int = 1) -> Part:
    """The cost of a step."""
    work = _work(step)
    sizes = work.flops, work.read, work.written
    is_kernel = not isinstance(step, ir.Control)
    return Part(*sizes, number, describe(step), loops(step), turns, is_kernel)


def _parts(program: ir.Program, before: str = "", turns: int = 1) -> Iterator[Part]:
    for number, step in enumerate(program.steps, 1):
        name = f"{before}{number}"
        yield part_of(step, name, turns)
        if isinstance(step, ir.Control):
            for mark, inner in inner_programs(step):
                yield from _parts(inner, f"{name}{mark}.", turns * _length(step))


def inner_programs(step: ir.Control) -> Iterator[tuple[str, ir.Program]]:
    """The programs of a loop or branch, with a letter each where there are several."""
    several = len(step.programs) > 1
    for number, program in enumerate(step.programs):
        yield chr(ord("a") + number) if several else "", program


def _length(step: ir.Control) -> int:
    return int(step.node.params.get("length", 1))


def _program_work(program: ir.Program) -> Work:
    return _sum([_work(step) for step in program.steps])


def _work(step: ir.Step) -> Work:
    if not isinstance(step, ir.Control):
        return Work(flops(step), bytes_read(step), bytes_written(step))
    inner = [_program_work(program) for program in step.programs]
    if "branches" in step.node.params:
        return max(inner, key=lambda work: work.flops)
    return _sum(inner).times(_length(step))


def _sum(works: Sequence[Work]) -> Work:
    return Work(
        sum([work.flops for work in works]),
        sum([work.read for work in works]),
        sum([work.written for work in works]),
    )


# -- one step ----------------------------------------------------------------------------------


def computed(step: ir.Step) -> list[Tensor]:
    """The nodes that a step computes, in order: what it stores, and what was fused into that."""
    if isinstance(step, ir.Evaluate | ir.Control):
        return [step.node]
    if not isinstance(step, ir.Loops | ir.Contract):
        return []
    found = {root.made for root in step.roots if not _is_copy(root)}
    pending = [x for root in step.roots for x in _operands(root, step)]
    if isinstance(step, ir.Contract):
        found.add(step.node)
    while pending:
        node = pending.pop()
        if node not in found and node not in step.storage and node.inputs:
            found.add(node)
            pending += node.inputs
    return sorted(found, key=lambda node: node.serial)


def _is_copy(root: ir.Root) -> bool:
    """Whether a root only copies the array into which others will scatter."""
    return root.kind == "store" and root.made.primitive in SCATTERS


def _operands(root: ir.Root, step: ir.Step) -> Sequence[Tensor]:
    """What a root is computed from."""
    if root.node is root.made:
        return root.node.inputs
    indices = root.made.inputs[2:] if root.kind.startswith("scatter") else ()
    return [root.node, *indices]


def flops(step: ir.Step) -> int:
    """Operations of one call."""
    most = _elements(step)
    total = sum([min(node.type.size, most) * _weight(node) for node in _elementwise(step)])
    if isinstance(step, ir.Contract):
        shape = Shape(step)
        total += 2 * math.prod(shape.stack) * shape.m * shape.n * shape.k
    if isinstance(step, ir.Loops):
        total += most * sum([root.kind not in ("store", "scatter") for root in step.roots])
    return total


def _elementwise(step: ir.Step) -> list[Tensor]:
    """Its nodes with arithmetic of their own for each element."""
    families = ("elementwise", "random", "contraction")
    product = step.node if isinstance(step, ir.Contract) else None
    nodes = [node for node in computed(step) if node is not product]
    return [node for node in nodes if _row(node).family in families]


def _weight(node: Tensor) -> int:
    return FUNCTION if _row(node).name in _FUNCTIONS else 1


def _row(node: Tensor) -> Primitive:
    assert node.primitive is not None
    return node.primitive


def _elements(step: ir.Step) -> int:
    """Turns of all its loops."""
    if isinstance(step, ir.Loops):
        return math.prod(step.shape)
    if isinstance(step, ir.Contract | ir.Evaluate):
        return int(step.node.type.size)
    return 0


def bytes_read(step: ir.Step) -> int:
    """Bytes of what a call reads: of each array, at most one element a turn."""
    operands: set[ir.Storage] = set()
    if isinstance(step, ir.Contract):
        operands = {step.a[0], step.b[0]}
    total = sum([storage.nbytes for storage in operands])
    for storage in reads(step):
        if storage not in operands:
            total += _moved(step, storage)
    return total


def bytes_written(step: ir.Step) -> int:
    """Bytes of what a call writes."""
    return sum([_moved(step, storage) for storage in step.writes])


def reads(step: ir.Step) -> list[ir.Storage]:
    """What a step reads that it has not computed itself."""
    if not isinstance(step, ir.Loops | ir.Contract):
        return list(step.reads)
    own = {root.storage for root in step.roots if root.kind != "scatter_add"}
    if isinstance(step, ir.Contract):
        own.add(step.result)
    return [storage for storage in step.reads if storage not in own]


def _moved(step: ir.Step, storage: ir.Storage) -> int:
    if not isinstance(step, ir.Loops | ir.Contract):
        return storage.nbytes
    return min(storage.nbytes, _elements(step) * storage.type.dtype.itemsize)


# -- in words ----------------------------------------------------------------------------------


def describe(step: ir.Step) -> str:
    """The operations of a step, in order, views left out."""
    if isinstance(step, ir.Evaluate):
        return f"{_row(step.node).name} by NumPy"
    nodes = computed(step)
    shown = [n for n in nodes if _row(n).family != "view" or n.primitive in _MOVES]
    return operations(shown or nodes) or "copy"


def operations(nodes: Iterable[Tensor]) -> str:
    """The names of the nodes' operations, each once."""
    return " ".join(dict.fromkeys([_row(node).name for node in nodes]))


def loops(step: ir.Step) -> str:
    """The lengths of a step's loops; those of a sum stand after Σ."""
    if isinstance(step, ir.Contract):
        shape = Shape(step)
        return f"{_times([*shape.stack, shape.m, shape.n])} Σ {shape.k}"
    if not isinstance(step, ir.Loops):
        return ""
    summed = [root for root in step.roots if root.kind in ("sum", "prod", "max", "min")]
    if not summed:
        return _times(step.lengths)
    begin, last = summed[0].begin, summed[0].columns
    lengths = list(step.lengths)
    kept = lengths[:begin] + lengths[-1:] * last
    return f"{_times(kept)} Σ {_times(lengths[begin : len(lengths) - last])}"


def _times(lengths: Sequence[int]) -> str:
    return "×".join([str(n) for n in lengths if n != 1]) or "1"


# -- tables ------------------------------------------------------------------------------------


def amount(number: float, unit: str = "") -> str:
    """A number in three digits.

    >>> amount(1234567), amount(84240, "B"), amount(12)
    ('1.23 M', '84.2 kB', '12')
    """
    prefix = ""
    for larger in "kMGTPE":
        if number < 999.5:
            break
        number, prefix = number / 1000, larger
    is_whole = number >= 100 or number == int(number)
    text = f"{number:.0f}" if is_whole else f"{number:.3g}"
    return f"{text} {prefix}{unit}".strip()


def table(rows: Sequence[Sequence[str]], left: Sequence[int], cut: int, width: int = 80) -> str:
    """Rows in columns, aligned; the column ``cut`` is shortened so that all fit in ``width``."""
    columns = list(zip(*rows, strict=True))
    sizes = [max([len(cell) for cell in column]) for column in columns]
    over = sum(sizes) + 2 * (len(sizes) - 1) - width
    sizes[cut] = max(12, sizes[cut] - max(over, 0))
    lines = []
    for row in rows:
        cells = [shortened(cell, size) for cell, size in zip(row, sizes, strict=True)]
        for number, size in enumerate(sizes):
            pad = str.ljust if number in left else str.rjust
            cells[number] = pad(cells[number], size)
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def shortened(text: str, size: int) -> str:
    """A text of at most ``size`` letters."""
    return text if len(text) <= size else f"{text[: size - 1]}…"
