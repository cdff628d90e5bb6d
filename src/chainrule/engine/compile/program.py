"""Programs: a compiled graph as a Python function of arrays."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..config import config
from ..graph import Graph
from ..interpret import call_of
from ..tensor import Tensor
from . import fuse, plan, work
from .llvm import compile_text
from .machine import this_machine
from .main import FIRST, Main, Module
from .threads import together, yield_address

RHYTHM = 1 / 30  # seconds between two looks at a long run
_SMALL = 2048  # bytes: what is rather copied than passed by address
_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
_SEGMENT = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64
)


class Compiled:
    """Machine code of a graph, and the memory that it works in."""

    def __init__(self, graph: Graph) -> None:
        lanes = this_machine(config.cpu).lanes
        program = fuse.fuse(graph)
        region = plan.plan(program, lanes)
        threads = config.threads if work.wants_threads(program, lanes) else 1
        flags = "contract" if config.mode == "fast" else ""
        self.module: Module = Main(lanes, flags, threads).module(region)
        names = [name for name, _ in self.module.segments]
        self.code = compile_text(self.module.text, names)
        self.segments = [
            (_SEGMENT(self.code.address(name)), turns) for name, turns in self.module.segments
        ]
        self.size = region.size
        self.inputs = [storage.type for storage in program.inputs]
        self.outputs = program.types
        self.constants = [np.ascontiguousarray(s.data) for s in program.constants]
        self._idle: list[_Memory] = []

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The results for these input values."""
        try:
            memory = self._idle.pop()
        except IndexError:
            memory = _Memory(self)
        try:
            return memory.run(values)
        finally:
            self._idle.append(memory)


class _Memory:
    """What one call at a time works in: an arena, small arrays, and the table of addresses."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        kinds = [*compiled.inputs, *compiled.outputs]
        small = [i for i, kind in enumerate(kinds) if kind.size * kind.dtype.itemsize <= _SMALL]
        sizes = [-(-max(kinds[i].size * kinds[i].dtype.itemsize, 1) // 64) * 64 for i in small]
        self.block = _aligned(compiled.size + sum(sizes) + 64)
        start = self.block.ctypes.data
        self.callback = _CALLBACK(self.evaluate)
        count = len(compiled.inputs)
        held = [a.ctypes.data for a in compiled.constants]
        callback = ctypes.cast(self.callback, ctypes.c_void_p).value or 0
        self.sync = _aligned(128)
        first = [start, callback, yield_address(), self.sync.ctypes.data]
        addresses = [*first, *[0] * count, *held, *[0] * len(compiled.outputs)]
        self.table = np.array(addresses, np.int64)
        self.first_output = FIRST + count + len(held)
        self.inputs: list[Any] = [None] * count
        self.outputs: list[Any] = [None] * len(compiled.outputs)
        offset = compiled.size
        for i, size in zip(small, sizes, strict=True):
            kind = kinds[i]
            view = np.ndarray(kind.shape, kind.dtype, self.block.data, offset)
            if i < count:
                self.inputs[i] = view
                self.table[FIRST + i] = start + offset
            else:
                self.outputs[i - count] = view
                self.table[self.first_output + i - count] = start + offset
            offset += size
        self.address = self.table.ctypes.data
        self.error: BaseException | None = None

    def run(self, values: Sequence[Any]) -> list[Any]:
        """One call."""
        held = []
        kind = None
        for i, value in enumerate(values):
            view = self.inputs[i]
            if type(value) is not np.ndarray and isinstance(value, np.ndarray):
                kind = type(value)
            if view is not None:
                view[...] = value
            else:
                array = np.ascontiguousarray(value, self.compiled.inputs[i].dtype)
                held.append(array)
                self.table[FIRST + i] = array.ctypes.data
        results = []
        for i, view in enumerate(self.outputs):
            if view is None:
                made = self.compiled.outputs[i]
                array = np.empty(made.shape, made.dtype)
                self.table[self.first_output + i] = array.ctypes.data
                results.append(array)
            else:
                results.append(view)
        for function, turns in self.compiled.segments:
            if turns:
                self.run_turns(function, turns)
            else:
                self.call(function, 0, 0)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        found = [
            result if self.outputs[i] is None else (result.copy() if result.ndim else result[()])
            for i, result in enumerate(results)
        ]
        if kind is not None:
            found = [x.view(kind) if isinstance(x, np.ndarray) else x for x in found]
        return found

    def call(self, function: Any, begin: int, end: int) -> None:
        """One function, on all threads."""
        threads = self.compiled.module.threads
        if threads == 1:
            function(self.address, begin, end, 0)
        else:
            together(lambda thread: function(self.address, begin, end, thread), threads)

    def run_turns(self, function: Any, turns: int) -> None:
        """A long loop; Python has the word in between about 30 times a second."""
        done, count = 0, 1
        while done < turns and self.error is None:
            count = min(count, turns - done)
            began = time.perf_counter()
            self.call(function, done, done + count)
            done += count
            count = next_count(count, time.perf_counter() - began)

    def evaluate(self, number: int, table: int) -> None:
        """Called from the machine code: NumPy's rule for one node."""
        if self.error is not None:
            return
        try:
            node = self.compiled.module.evaluated[number]
            addresses = (ctypes.c_int64 * (len(node.inputs) + 1)).from_address(table)
            arrays = [_array_at(a, x) for a, x in zip(addresses, (*node.inputs, node), strict=True)]
            with np.errstate(all="ignore"):
                arrays[-1][...] = call_of(node)(*arrays[:-1])
        except BaseException as error:
            self.error = error


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
