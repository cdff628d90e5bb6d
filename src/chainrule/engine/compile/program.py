"""Programs: a compiled graph as a Python function of arrays."""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import config
from ..graph import Graph
from ..interpret import call_of
from ..tensor import Tensor
from . import kept
from .llvm import load, machine_code
from .machine import CLOCK, this_machine
from .table import FIRST, LINE
from .threads import Team, together, yield_address

if TYPE_CHECKING:  # what writes code is imported when code is written: a warm start does not
    from . import ir
    from .main import Module

RHYTHM = 1 / 30  # seconds between two looks at a long run
_SMALL = 2048  # bytes: what is rather copied than passed by address
_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
_SEGMENT = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)


def write_text(
    program: ir.Program, replaced: range | None = None, clock: str = ""
) -> tuple[Module, int]:
    """A program's text for this machine, as ``config`` says, and the bytes of memory it works in.

    With a ``clock``, the time of each step is taken.
    """
    from . import plan, work
    from .main import Main

    lanes = this_machine(config.cpu).lanes
    threads = config.threads if work.wants_threads(program, lanes) else 1
    region = plan.plan(program, lanes, threads, replaced or ())
    main = Main(lanes, "contract" if config.mode == "fast" else "", threads, clock)
    module = main.module(region) if replaced is None else main.loop_module(region, replaced)
    return module, region.size


class _Code:
    """A graph's machine code, and what its calls need to know.

    ``replaced``: of a loop's body, which inputs its first results replace.
    """

    def __init__(self, graph: Graph, replaced: range | None) -> None:
        self._graph, self._replaced = graph, replaced
        self._clock = CLOCK if "profile" in config.now else ""
        self.idle: list[Any] = []
        keeps = config.cache and not self._clock
        name = kept.name_of(graph, replaced) if keeps else None
        found = kept.read(name) if name is not None else None
        if found is not None:
            header, self.constants, code = found
        else:
            header, code = self._make()
            if name is not None and not self.module.evaluated:
                kept.write(name, header, self.constants, code)
        self.size, self.threads, self.turned = (header[x] for x in ("size", "threads", "turned"))
        self.team = Team(self.threads)
        self.counters = np.zeros(max(header["timed"], 1) * self.threads * LINE, np.uint8)
        names = [name for name, _ in header["segments"]]
        self.code = load(code, names)
        self.segments = [(_SEGMENT(self.code.address(n)), turns) for n, turns in header["segments"]]

    @functools.cached_property
    def module(self) -> Module:
        """The text that was compiled."""
        from . import fuse, hoist, prepare

        graph, replaced, self.turned = prepare.prepare(self._graph), self._replaced, []
        if replaced is not None:
            graph, self.turned = hoist.given_turned(graph, replaced.start)
            more = len(self.turned)
            replaced = range(replaced.start + more, replaced.stop + more)
        program = fuse.fuse(graph)
        self.constants = [np.ascontiguousarray(s.data) for s in program.constants]
        module, self.size = write_text(program, replaced, self._clock)
        return module

    def _make(self) -> tuple[dict[str, Any], bytes]:
        module = self.module
        header = {"size": self.size, "threads": module.threads, "segments": module.segments}
        header |= {"timed": len(module.timed), "turned": self.turned}
        return header, machine_code(module.text)


class Compiled:
    """A graph as machine code: a function of its input arrays. Results are the caller's own."""

    def __init__(self, graph: Graph) -> None:
        self.code = _Code(graph, None)
        self.inputs: list[Any] = [node.type for node in graph.inputs]
        self.outputs: list[Any] = [node.type for node in graph.outputs]

    @property
    def module(self) -> Module:
        """The text that was compiled."""
        return self.code.module

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The results for these input values."""
        idle = self.code.idle
        try:
            memory = idle.pop()
        except IndexError:
            memory = _Call(self)
        try:
            return memory.run(values)  # type: ignore[no-any-return]
        finally:
            idle.append(memory)


class CompiledLoop:
    """A body as a loop: constants, carry, one row of xs -> carry, one row of ys."""

    def __init__(self, body: Graph, constants: int, carries: int) -> None:
        self.code = _Code(body, range(constants, constants + carries))

    def __call__(
        self, carry: list[Any], fixed: Sequence[Any], xs: Sequence[Any], ys: Sequence[Any], n: int
    ) -> None:
        """``n`` steps: the carry changes in place. All arrays are contiguous."""
        turned = [np.ascontiguousarray(fixed[i].T) for i in self.code.turned]
        arrays = [*fixed, *turned, *carry, *xs, *ys, *self.code.constants]
        idle = self.code.idle
        try:
            memory = idle.pop()
        except IndexError:
            memory = _Memory(self.code, self.code.size, len(arrays))
        try:
            memory.table[FIRST:] = [array.ctypes.data for array in arrays]
            memory.run_turns(self.code.segments[0][0], n)
            memory.check()
        finally:
            idle.append(memory)


class _Memory:
    """What one call at a time works in: an arena and the table of addresses."""

    def __init__(self, code: _Code, size: int, count: int) -> None:
        self.code = code
        self.block = _aligned(max(size, 1))
        self.sync = _aligned(128)
        self.callback = _CALLBACK(self.evaluate)
        first = [
            self.block.ctypes.data,
            ctypes.cast(self.callback, ctypes.c_void_p).value or 0,
            yield_address(),
            self.sync.ctypes.data,
            code.counters.ctypes.data,
        ]
        self.table = np.array([*first, *[0] * count], np.int64)
        self.address = self.table.ctypes.data
        self.error: BaseException | None = None

    def call(self, function: Any, begin: int, end: int) -> None:
        """One function, on as many threads as have proved best."""
        team = self.code.team
        if team.most == 1:
            function(self.address, begin, end, 0, 1)
            return
        threads = team.choose()
        began = time.perf_counter()
        if threads == 1:
            function(self.address, begin, end, 0, 1)
        else:
            address = self.address
            together(lambda thread: function(address, begin, end, thread, threads), threads)
        team.note(threads, time.perf_counter() - began, max(1, end - begin))

    def run_turns(self, function: Any, turns: int) -> None:
        """A long loop; Python has the word in between about 30 times a second."""
        done, count = 0, 1
        while done < turns and self.error is None:
            part = max(1, count // 3) if self.code.team.is_trying else count
            part = min(part, turns - done)
            began = time.perf_counter()
            self.call(function, done, done + part)
            done += part
            count = next_count(part, time.perf_counter() - began)

    def check(self) -> None:
        """Raise what was raised in a callback."""
        if self.error is not None:
            error, self.error = self.error, None
            raise error

    def evaluate(self, number: int, table: int) -> None:
        """Called from the machine code: NumPy's rule for one node."""
        if self.error is not None:
            return
        try:
            node = self.code.module.evaluated[number]
            addresses = (ctypes.c_int64 * (len(node.inputs) + 1)).from_address(table)
            arrays = [_array_at(a, x) for a, x in zip(addresses, (*node.inputs, node), strict=True)]
            with np.errstate(all="ignore"):
                arrays[-1][...] = call_of(node)(*arrays[:-1])
        except BaseException as error:
            self.error = error


class _Call(_Memory):
    """Memory for calls of a graph: small arrays lie in it, too."""

    def __init__(self, compiled: Compiled) -> None:
        code = compiled.code
        kinds = [*compiled.inputs, *compiled.outputs]
        places, end = {}, code.size
        for i, kind in enumerate(kinds):
            nbytes = kind.size * kind.dtype.itemsize
            if nbytes <= _SMALL:
                places[i] = end
                end += -(-max(nbytes, 1) // 64) * 64
        super().__init__(code, end, len(kinds) + len(code.constants))
        self.kinds = kinds
        count = len(compiled.inputs)
        held = FIRST + count
        self.table[held : held + len(code.constants)] = [a.ctypes.data for a in code.constants]
        views: list[Any] = [None] * len(kinds)
        self.slots = [
            FIRST + i + (len(code.constants) if i >= count else 0) for i in range(len(kinds))
        ]
        for i, offset in places.items():
            views[i] = np.ndarray(kinds[i].shape, kinds[i].dtype, self.block.data, offset)
            self.table[self.slots[i]] = self.block.ctypes.data + offset
        self.inputs, self.outputs = views[:count], views[count:]
        self.passed = sum([view is None for view in self.outputs])  # made by the call

    def run(self, values: Sequence[Any]) -> list[Any]:
        """One call."""
        held: list[Any] = []
        kind = None
        for i, value in enumerate(values):
            view = self.inputs[i]
            if type(value) is not np.ndarray and isinstance(value, np.ndarray):
                kind = type(value)
            if view is not None:
                view[...] = value
            else:
                self._pass(i, np.ascontiguousarray(value, self.kinds[i].dtype), held)
        first = len(self.inputs)
        for i, view in enumerate(self.outputs, first):
            if view is None:
                self._pass(i, np.empty(self.kinds[i].shape, self.kinds[i].dtype), held)
        for function, turns in self.code.segments:
            if turns:
                self.run_turns(function, turns)
            else:
                self.call(function, 0, 0)
        self.check()
        made = iter(held[len(held) - self.passed :])
        found = [next(made) if v is None else v.copy() if v.ndim else v[()] for v in self.outputs]
        if kind is not None:
            found = [x.view(kind) if isinstance(x, np.ndarray) else x for x in found]
        return found

    def _pass(self, number: int, array: Any, held: list[Any]) -> None:
        """An array by its address."""
        held.append(array)
        self.table[self.slots[number]] = array.ctypes.data


def next_count(count: int, seconds: float) -> int:
    """How many turns to make before the next look, after ``count`` took so long."""
    return max(1, min(16 * count, int(count * RHYTHM / max(seconds, 1e-9))))


def _array_at(address: int, node: Tensor) -> Any:
    kind: Any = node.type
    nbytes = max(kind.size * kind.dtype.itemsize, 1)
    memory = (ctypes.c_char * nbytes).from_address(address)
    return np.ndarray(kind.shape, kind.dtype, memory)


def _aligned(size: int) -> Any:
    block = np.zeros(size + 64, np.uint8)
    first = -block.ctypes.data % 64
    return block[first : first + size]
