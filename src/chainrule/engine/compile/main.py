"""Main: the function that calls the kernels in order, with the loops and branches between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..tensor import Tensor
from . import fuse
from .fuse import Storage
from .instructions import Value
from .kernels import Writer
from .math import Math
from .plan import Region
from .products import write_product
from .values import Values

ATTRIBUTES = (
    'attributes #0 = { nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512" }'
)
ARENA, CALLBACK, FIRST = 0, 1, 2  # places in the table of addresses that main is given

Place = tuple[str, int]  # a pointer's name, and bytes behind it


@dataclass
class Module:
    """The text of a compiled graph.

    ``evaluated`` are the nodes that call back, by number.
    """

    text: str
    kernels: list[tuple[str, fuse.Step]]
    evaluated: list[Tensor]


class Main:
    """Writes a module."""

    def __init__(self, lanes: int, flags: str = "") -> None:
        self.lanes, self.flags = lanes, flags
        self.lines: list[str] = []
        self.functions: dict[str, str] = {}
        self.declarations: set[str] = set()
        self.kernels: list[tuple[str, fuse.Step]] = []
        self.evaluated: list[Tensor] = []
        self._count = 0
        self._label = "entry"
        self._widest = 1

    def module(self, region: Region) -> Module:
        """The whole text; main's arguments are described at ``FIRST``."""
        program = region.program
        places: dict[Storage, Place] = {}
        table = [*program.inputs, *program.constants]
        arena = self.load_address(ARENA)
        for number, storage in enumerate(table):
            places[storage] = (self.load_address(FIRST + number), 0)
        outputs = [
            (self.load_address(FIRST + len(table) + number), 0)
            for number in range(len(program.outputs))
        ]
        self.region(region, places, outputs, (arena, 0))
        entry = f"  %table = alloca [{self._widest} x ptr]"
        main = "\n".join(
            ["define void @main(ptr %args) #0 {", "entry:", entry, *self.lines, "  ret void", "}"]
        )
        parts = [*self.functions.values(), main, *sorted(self.declarations), ATTRIBUTES]
        return Module("\n".join(parts) + "\n", self.kernels, self.evaluated)

    # -- text ----------------------------------------------------------------------------------

    def line(self, text: str) -> None:
        """A line of main."""
        self.lines.append(f"  {text}")

    def name(self) -> str:
        """A new name."""
        self._count += 1
        return f"%m{self._count}"

    def write(self, text: str) -> str:
        """An instruction; the name of its result."""
        name = self.name()
        self.line(f"{name} = {text}")
        return name

    def start(self, label: str) -> None:
        """A new block."""
        self.lines.append(f"{label}:")
        self._label = label

    def load_address(self, number: int) -> str:
        """One of main's table of addresses."""
        at = self.write(f"getelementptr ptr, ptr %args, i64 {number}")
        return self.write(f"load ptr, ptr {at}")

    def pointer(self, place: Place) -> str:
        """A place as a pointer."""
        base, offset = place
        return self.write(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    # -- regions -------------------------------------------------------------------------------

    def region(
        self, region: Region, given: dict[Storage, Place], outputs: Sequence[Place], arena: Place
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
            if isinstance(step, fuse.Loops | fuse.Contract):
                self.kernel(step, places, block)
            elif isinstance(step, fuse.Evaluate):
                self.evaluate(step, places)
            elif isinstance(step, fuse.Control):
                self.control(step, region.inner[number], places, block)
        for storage, number in region.copies:
            source = region.saved.get(storage, storage)
            self.copy(places[source], outputs[number], storage.nbytes)

    def kernel(self, step: fuse.Loops | fuse.Contract, places: Any, block: Place) -> None:
        """A call of a kernel; kernels of the same text are one function."""
        used = list(dict.fromkeys([*step.reads, *step.writes]))
        parameters: dict[Place, str] = {}
        for storage in used:
            parameters.setdefault(places[storage], f"%a{len(parameters)}")
        emit = Math(self.flags)
        pointers = {s: emit.argument("ptr", parameters[places[s]]) for s in used}
        values = Values(emit, step.storage, pointers)
        values.written = {parameters[places[s]] for s in step.writes}
        arguments = list(parameters)
        if isinstance(step, fuse.Loops):
            Writer(emit, step, values, self.lanes).write()
        else:
            arguments.append(block)
            memory = emit.argument("ptr", "%scratch")

            def scratch(count: int, kind: str) -> Value:
                return memory

            write_product(emit, step, values, self.lanes, scratch)
        listed = [f"ptr noalias {name}" for name in parameters.values()]
        if isinstance(step, fuse.Contract):
            listed.append("ptr noalias %scratch")
        body = f"({', '.join(listed)}) #0 {{\nentry:\n{emit.text()}\n  ret void\n}}"
        if body not in self.functions:
            name = f"@kernel{len(self.functions)}"
            self.functions[body] = f"define internal void {name}{body}"
        else:
            name = self.functions[body].split()[3].partition("(")[0]
        self.declarations |= emit.used
        self.kernels.append((name, step))
        passed = ", ".join([f"ptr {self.pointer(place)}" for place in arguments])
        self.line(f"call void {name}({passed})")

    def copy(self, source: Place, target: Place, nbytes: int) -> None:
        """Bytes from one place to another."""
        if source == target:
            return
        a, b = self.pointer(source), self.pointer(target)
        unit = next(size for size in (8, 4, 2, 1) if nbytes % size == 0)
        emit = Math()
        left, right = emit.argument("ptr", "%a0"), emit.argument("ptr", "%a1")
        kind, count = f"u{unit * 8}", nbytes // unit
        whole = count - count % 8
        for first, last, width in ((0, whole, 8), (whole, count, count - whole)):
            if last > first:
                with emit.loop(first, last, width) as i:
                    value = emit.load(emit.address(left, i, kind), kind, width)
                    emit.store(emit.address(right, i, kind), value)
        body = f"(ptr %a0, ptr %a1) #0 {{\nentry:\n{emit.text()}\n  ret void\n}}"
        name = f"@copy{nbytes}"
        self.functions.setdefault(body, f"define internal void {name}{body}")
        self.line(f"call void {name}(ptr {a}, ptr {b})")

    def evaluate(self, step: fuse.Evaluate, places: Any) -> None:
        """A call of Python: NumPy evaluates the node on the memory of its operands."""
        used = [*step.reads, *step.writes]
        self._widest = max(self._widest, len(used))
        for number, storage in enumerate(used):
            at = self.write(f"getelementptr ptr, ptr %table, i64 {number}")
            self.line(f"store ptr {self.pointer(places[storage])}, ptr {at}")
        call = self.load_address(CALLBACK)
        self.line(f"call void {call}(i64 {len(self.evaluated)}, ptr %table)")
        self.evaluated.append(step.node)

    # -- control -------------------------------------------------------------------------------

    def control(
        self, step: fuse.Control, inner: list[Region], places: dict[Storage, Place], block: Place
    ) -> None:
        """scan, cond or while_loop."""
        params = step.node.params
        if "branches" in params:
            self.branches(step, inner, places, block)
        elif "test" in params:
            self.while_loop(step, inner, places, block)
        else:
            self.scan(step, inner[0], places, block)

    def branches(
        self, step: fuse.Control, inner: list[Region], places: dict[Storage, Place], block: Place
    ) -> None:
        """One of several programs, by number."""
        self._count += 1
        mark = f"b{self._count}"
        chosen = self.write(f"load i64, ptr {self.pointer(places[step.reads[0]])}")
        cases = " ".join([f"i64 {i}, label %{mark}.{i}" for i in range(1, len(inner))])
        self.line(f"switch i64 {chosen}, label %{mark}.0 [ {cases} ]")
        outputs = [places[storage] for storage in step.writes]
        for number, region in enumerate(inner):
            self.start(f"{mark}.{number}")
            given = _bound_inputs(region, places, [places[s] for s in step.reads[1:]])
            self.region(region, given, outputs, block)
            self.line(f"br label %{mark}.end")
        self.start(f"{mark}.end")

    def while_loop(
        self, step: fuse.Control, inner: list[Region], places: dict[Storage, Place], block: Place
    ) -> None:
        """A program again and again while another one says so."""
        self._count += 1
        mark = f"w{self._count}"
        test, body = inner
        first, second = step.node.params["constants"]
        carry = [places[storage] for storage in step.writes]
        for storage, place in zip(step.reads[first + second :], carry, strict=True):
            self.copy(places[storage], place, storage.nbytes)
        fixed = [places[storage] for storage in step.reads]
        base, offset = block
        flag = (base, offset + test.size + body.size)
        self.line(f"br label %{mark}.test")
        self.start(f"{mark}.test")
        given = _bound_inputs(test, places, [*fixed[:first], *carry])
        self.region(test, given, [flag], block)
        goes_on = self.write(f"load i8, ptr {self.pointer(flag)}")
        more = self.write(f"icmp ne i8 {goes_on}, 0")
        self.line(f"br i1 {more}, label %{mark}.body, label %{mark}.end")
        self.start(f"{mark}.body")
        given = _bound_inputs(body, places, [*fixed[first : first + second], *carry])
        self.region(body, given, carry, (base, offset + test.size))
        self.line(f"br label %{mark}.test")
        self.start(f"{mark}.end")

    def scan(
        self, step: fuse.Control, body: Region, places: dict[Storage, Place], block: Place
    ) -> None:
        """A program once for each row of xs."""
        params = step.node.params
        constants, carries, length = params["constants"], params["carries"], params["length"]
        carry = [places[storage] for storage in step.writes[:carries]]
        for storage, place in zip(step.reads[constants:], carry, strict=False):
            self.copy(places[storage], place, storage.nbytes)
        if not length:
            return
        turn = self.begin_loop("0", str(length))
        number = self.write(f"sub i64 {length - 1}, {turn}") if params["reverse"] else turn
        self.scan_body(step, body, places, block, carry, number)
        self.end_loop()

    def scan_body(
        self, step: fuse.Control, body: Region, places: Any, block: Place, carry: Any, number: str
    ) -> None:
        """One turn of a scan, on row ``number``."""
        params = step.node.params
        constants, carries = params["constants"], params["carries"]
        rows = [
            self.row(places[storage], storage.nbytes // max(params["length"], 1), number)
            for storage in step.reads[constants + carries :]
        ]
        stacked = [
            self.row(places[storage], storage.nbytes // max(params["length"], 1), number)
            for storage in step.writes[carries:]
        ]
        if params["history"]:
            for place, kept, storage in zip(
                carry, stacked[len(stacked) - carries :], step.writes, strict=False
            ):
                self.copy(place, kept, storage.nbytes)
        fixed = [places[storage] for storage in step.reads[:constants]]
        given = _bound_inputs(body, places, [*fixed, *carry, *rows])
        self.region(body, given, [*carry, *stacked], block)

    def row(self, place: Place, nbytes: int, number: str) -> Place:
        """A row of a stacked array."""
        offset = self.write(f"mul i64 {number}, {nbytes}")
        return self.write(f"getelementptr i8, ptr {self.pointer(place)}, i64 {offset}"), 0

    def begin_loop(self, first: str, last: str) -> str:
        """``for i in range(first, last)`` of at least one turn; the name of i."""
        self._count += 1
        mark = f"s{self._count}"
        counter = f"%{mark}.i"
        before = self._label
        self.line(f"br label %{mark}")
        self.start(mark)
        self._loops = [*getattr(self, "_loops", []), (mark, last, len(self.lines))]
        self.lines.append(f"  {counter} = phi i64 [ {first}, %{before} ], [ {counter}.next, %END ]")
        return counter

    def end_loop(self) -> None:
        """The loop's end."""
        *self._loops, (mark, last, place) = self._loops
        self.lines[place] = self.lines[place].replace("%END", f"%{self._label}")
        self.line(f"%{mark}.i.next = add i64 %{mark}.i, 1")
        more = self.write(f"icmp ult i64 %{mark}.i.next, {last}")
        self.line(f"br i1 {more}, label %{mark}, label %{mark}.end")
        self.start(f"{mark}.end")


def _bound_inputs(
    region: Region, outer: dict[Storage, Place], inputs: Sequence[Place]
) -> dict[Storage, Place]:
    """Where an inner program finds its inputs; constants lie where the outer program has them."""
    places = {s: outer[s] for s in region.program.constants}
    return places | dict(zip(region.program.inputs, inputs, strict=True))
