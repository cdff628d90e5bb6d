"""Main: the functions that call the kernels in order, and the text of the whole module."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..tensor import Tensor
from . import control, ir, work
from .instructions import Value
from .ir import Storage
from .kernels import Writer
from .math import Math
from .plan import Region
from .products import Shape, write_product
from .table import (
    ARENA,
    CALLBACK,
    COUNTERS,
    FIRST,
    LINE,
    SYNC,
    YIELD,
)
from .text import BARRIER, Place, Text
from .values import Values

ATTRIBUTES = (
    'attributes #0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
)


@dataclass(eq=False)
class Module:
    """The text of a compiled graph.

    ``segments`` are the functions to call, in order: the name, and how many turns its loop has.
    ``evaluated`` are the nodes that call back, by number; ``timed`` the steps whose time is taken.
    """

    text: str
    segments: list[tuple[str, int]]
    kernels: list[tuple[str, ir.Step]]
    evaluated: list[Tensor]
    threads: int
    timed: list[Any]


class Main(Text):
    """Writes a module.

    ``clock`` is LLVM's function that counts time, for a module whose steps' time is taken.
    """

    def __init__(self, lanes: int, flags: str = "", threads: int = 1, clock: str = "") -> None:
        super().__init__(threads)
        self.lanes, self.flags, self.clock = lanes, flags, clock
        self.timed: dict[Any, int] = {}
        self.functions: dict[str, str] = {}
        self.declarations: set[str] = set()
        self.kernels: list[tuple[str, ir.Step]] = []
        self.evaluated: list[Tensor] = []
        self.segments: list[tuple[str, int]] = []
        self._given: list[str] = []

    # -- modules -------------------------------------------------------------------------------

    def module(self, region: Region) -> Module:
        """A program as a module; its table: inputs, constants, outputs."""
        program = region.program
        table = [*program.inputs, *program.constants]
        self._begin_segment(len(table) + len(program.outputs))
        places: dict[Storage, Place] = {
            storage: (self._given[number], 0) for number, storage in enumerate(table)
        }
        outputs = [(name, 0) for name in self._given[len(table) :]]
        self.region(region, places, outputs, ("%arena", 0), top=True)
        self._end_segment(0)
        return self._module()

    def loop_module(self, body: Region, replaced: range) -> Module:
        """A body as a loop over rows; its table: constants, carry, xs, ys, inner constants."""
        program = body.program
        constants, carries = replaced.start, len(replaced)
        ys = program.outputs[carries:]
        count = len(program.inputs) + len(ys)
        self._begin_segment(count + len(program.constants))
        given = [(name, 0) for name in self._given]
        inner = dict(zip(program.constants, given[count:], strict=True))
        carry = given[constants : constants + carries]
        turn = self.begin_loop("%begin", "%end")
        moved = zip(
            given[constants + carries : count],
            [*program.inputs[constants + carries :], *ys],
            strict=True,
        )
        rows = [self.row(place, storage.row_bytes, turn) for place, storage in moved]
        split = len(rows) - len(ys)
        places = inner | dict(
            zip(program.inputs, [*given[:constants], *carry, *rows[:split]], strict=True)
        )
        self.region(body, places, [*carry, *rows[split:]], ("%arena", 0))
        self.end_loop()
        self._end_segment(1)
        return self._module()

    def _module(self) -> Module:
        waiting = [BARRIER] if self.threads > 1 else []
        parts = [*self.functions.values(), *waiting, *self.lines]
        text = "\n".join([*parts, *sorted(self.declarations), ATTRIBUTES])
        called = self.segments, self.kernels, self.evaluated
        return Module(text + "\n", *called, self.threads, list(self.timed))

    def _begin_segment(self, count: int) -> None:
        """A function that Python calls. Its names are the same in each."""
        self._given = [f"%given{number}" for number in range(count)]
        self.begin_function(f"segment{len(self.segments)}")
        names = {ARENA: "%arena", YIELD: "%yield", SYNC: "%sync"}
        if self.clock:
            names[COUNTERS] = "%counters"
            self.declarations.add(f"declare i64 @{self.clock}()")
        names |= {FIRST + number: name for number, name in enumerate(self._given)}
        for number, name in names.items():
            at = self.write(f"getelementptr ptr, ptr %args, i64 {number}")
            self.line(f"{name} = load ptr, ptr {at}")
        self._table = len(self.lines)
        self._widest = 0

    def _end_segment(self, turns: int) -> None:
        if self._widest:
            self.lines.insert(self._table, f"  %table = alloca [{self._widest} x ptr]")
        self.end_function()
        self.segments.append((f"segment{len(self.segments)}", turns))

    def next_segment(self, turns: int) -> None:
        """End a function and begin the next; ``turns`` are those of the one that ends."""
        self._end_segment(turns)
        self._begin_segment(len(self._given))

    # -- regions -------------------------------------------------------------------------------

    def region(
        self,
        region: Region,
        given: dict[Storage, Place],
        outputs: Sequence[Place],
        arena: Place,
        top: bool = False,
    ) -> None:
        """A program's steps, its results where ``outputs`` says."""
        base, start = arena
        places = dict(given)
        places |= {s: (base, start + offset) for s, offset in region.offsets.items()}
        places |= {s: outputs[number] for s, number in region.bound.items()}
        for storage, kept in region.saved.items():
            self.copy(places[storage], places[kept], storage.nbytes)
        for number, step in enumerate(region.program.steps):
            block = (base, start + region.blocks.get(number, 0))
            if isinstance(step, ir.Loops | ir.Contract):
                self.kernel(step, places, block)
            elif isinstance(step, ir.Evaluate):
                self.evaluate(step, places)
            elif isinstance(step, ir.Control):
                control.write(self, step, region.inner[number], places, block, top)
        for storage, number in region.copies:
            source = region.saved.get(storage, storage)
            self.copy(places[source], outputs[number], storage.nbytes)

    def row(self, place: Place, nbytes: int, number: str) -> Place:
        """A row of a stacked array."""
        offset = self.write(f"mul i64 {number}, {nbytes}")
        return self.write(f"getelementptr i8, ptr {self.pointer(place)}, i64 {offset}"), 0

    # -- steps ---------------------------------------------------------------------------------

    def kernel(self, step: ir.Loops | ir.Contract, places: Any, block: Place) -> None:
        """Calls of a kernel: by each thread for its part, or by one for the whole."""
        share = work.share(step, self.lanes) if self.threads > 1 else None
        if share is None:
            self.by_one()
            with self.clocked(step):
                self._call(step, places, block, None)
            return
        self.by_all()
        with self.clocked(step):
            self._call_shared(step, places, block, share)

    def _call_shared(
        self, step: ir.Loops | ir.Contract, places: Any, block: Place, share: work.Share
    ) -> None:
        start, stop = self.part(share.count, share.grain)
        mark = self.mark("p")
        some = self.write(f"icmp ult i64 {start}, {stop}")
        self.line(f"br i1 {some}, label %{mark}, label %{mark}.end")
        self.start(mark)
        if isinstance(step, ir.Contract):
            size = Shape(step).plan(step, self.lanes).scratch * 8
            own = self.write(f"mul i64 %thread, {-(-size // 64) * 64}")
            block = (self.write(f"getelementptr i8, ptr {self.pointer(block)}, i64 {own}"), 0)
        self._call(step, places, block, (share, start, stop))
        self.line(f"br label %{mark}.end")
        self.start(f"{mark}.end")
        if share.has_tail:
            first = self.write("icmp eq i64 %thread, 0")
            self.line(f"br i1 {first}, label %{mark}.tail, label %{mark}.done")
            self.start(f"{mark}.tail")
            self._call(step, places, block, (work.TAIL, "0", "0"))
            self.line(f"br label %{mark}.done")
            self.start(f"{mark}.done")

    def _call(self, step: Any, places: Any, block: Place, part: Any) -> None:
        """A call of a kernel; kernels of the same text are one function."""
        used = list(dict.fromkeys([*step.reads, *step.writes]))
        parameters: dict[Place, str] = {}
        for storage in used:
            parameters.setdefault(places[storage], f"%a{len(parameters)}")
        emit = Math(self.flags)
        emit.masks = self.lanes == 16
        pointers = {s: emit.argument("ptr", parameters[places[s]]) for s in used}
        values = Values(emit, step.storage, pointers)
        values.written = {parameters[places[s]] for s in step.writes}
        passed = [f"ptr {self.pointer(place)}" for place in parameters]
        listed = [f"ptr noalias {name}" for name in parameters.values()]
        share, limits = None, None
        if part is not None:
            share, start, stop = part
            listed += ["i64 %begin", "i64 %end"]
            passed += [f"i64 {start}", f"i64 {stop}"]
            limits = (emit.argument("i64", "%begin"), emit.argument("i64", "%end"))
        if isinstance(step, ir.Loops):
            Writer(emit, step, values, self.lanes, share, limits).write()
        else:
            listed.append("ptr noalias %scratch")
            passed.append(f"ptr {self.pointer(block)}")
            memory = emit.argument("ptr", "%scratch")

            def scratch(count: int, kind: str) -> Value:
                return memory

            axis = share.axis if share is not None else ""
            write_product(emit, step, values, self.lanes, scratch, {axis: limits})
        body = f"({', '.join(listed)}) #0 {{\nentry:\n{emit.text()}\n  ret void\n}}"
        name = self._function(body, emit, "kernel")
        self.kernels.append((name, step))
        self.line(f"call void {name}({', '.join(passed)})")

    def _function(self, body: str, emit: Math, prefix: str) -> str:
        """The name of the function with this text."""
        if body not in self.functions:
            name = f"@{prefix}{len(self.functions)}"
            self.functions[body] = f"define internal void {name}{body}"
            self.declarations |= emit.used
        return self.functions[body].split()[3].partition("(")[0]

    def copy(self, source: Place, target: Place, nbytes: int) -> None:
        """Bytes from one place to another."""
        if source == target:
            return
        self.by_one()
        a, b = self.pointer(source), self.pointer(target)
        unit = next(size for size in (8, 4, 2, 1) if nbytes % size == 0)
        emit = Math(self.flags)
        left, right = emit.argument("ptr", "%a0"), emit.argument("ptr", "%a1")
        kind, count = f"u{unit * 8}", nbytes // unit
        whole = count - count % 8
        for first, last, width in ((0, whole, 8), (whole, count, count - whole)):
            if last > first:
                with emit.loop(first, last, width) as i:
                    value = emit.load(emit.address(left, i, kind), kind, width)
                    emit.store(emit.address(right, i, kind), value)
        body = f"(ptr %a0, ptr %a1) #0 {{\nentry:\n{emit.text()}\n  ret void\n}}"
        with self.clocked("copies"):
            self.line(f"call void {self._function(body, emit, 'copy')}(ptr {a}, ptr {b})")

    def evaluate(self, step: ir.Evaluate, places: Any) -> None:
        """A call of Python: NumPy evaluates the node on the memory of its operands."""
        self.by_one()
        used = [*step.reads, *step.writes]
        self._widest = max(self._widest, len(used))
        for number, storage in enumerate(used):
            at = self.write(f"getelementptr ptr, ptr %table, i64 {number}")
            self.line(f"store ptr {self.pointer(places[storage])}, ptr {at}")
        call = self.load_address(CALLBACK)
        with self.clocked(step):
            self.line(f"call void {call}(i64 {len(self.evaluated)}, ptr %table)")
        self.evaluated.append(step.node)

    # -- profiles ------------------------------------------------------------------------------

    @contextmanager
    def clocked(self, what: Any) -> Iterator[None]:
        """Where a profile is made, count the time of what is written inside, and the call.

        Each thread has a cache line of counters for each step.
        """
        if not self.clock:
            yield
            return
        number = self.timed.setdefault(what, len(self.timed))
        began = self.write(f"call i64 @{self.clock}()")
        yield
        ended = self.write(f"call i64 @{self.clock}()")
        took = self.write(f"sub i64 {ended}, {began}")
        own = self.write(f"mul i64 %thread, {LINE}")
        at = self.pointer(("%counters", number * self.threads * LINE))
        at = self.write(f"getelementptr i8, ptr {at}, i64 {own}")
        for place, amount in ((at, took), (self.pointer((at, 8)), "1")):
            before = self.write(f"load i64, ptr {place}")
            after = self.write(f"add i64 {before}, {amount}")
            self.line(f"store i64 {after}, ptr {place}")
