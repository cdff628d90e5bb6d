"""profile: where the time of compiled code goes, kernel by kernel and line by line.

>>> import numpy as np
>>> import chainrule
>>> layer = chainrule.jit(lambda x, w: np.tanh(x @ w))
>>> with chainrule.config(compile=True), chainrule.profile() as table:
...     _ = layer(np.ones((32, 8)), np.ones((8, 4)))
>>> [(row.what, row.calls) for row in table.rows if row.kind == "kernel"]
[('einsum tanh', 1)]

Code is compiled a second time for a profile, with a clock read before and after each kernel: that
costs each some ten nanoseconds. Outside of the block, nothing is slower.
"""

from __future__ import annotations

import ctypes
import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..config import overriding
from ..errors import CompilationUnavailable
from ..graph import short_line

_MOST = 16  # rows in a printed table


@dataclass(frozen=True)
class Row:
    """Time that one thing took in all.

    Attributes
    ----------
    kind
        ``kernel``; ``numpy`` for what NumPy evaluated; ``between`` for what compiled code does
        beside its kernels: be called, wait for threads; ``python`` for all else in the block,
        such as tracing and compiling.
    what
        The operations of a kernel, in order.
    seconds, calls
        In all. Of a kernel that several threads share: the time of the one that took longest.
    flops, bytes
        Operations, and bytes read and written, in all (see ``Lowered.cost``).
    line
        The user's line of a kernel's product, or of the last node that it computes.
    """

    kind: str
    what: str
    seconds: float
    calls: int = 0
    flops: int = 0
    bytes: int = 0
    line: str = ""


class Profile:
    """What ``profile`` gives: rows of times, which print as a table."""

    def __init__(self) -> None:
        self._began = self._now()
        self._ended: tuple[float, int] | None = None
        self._ticks: dict[Any, Any] = {}  # counters of each module, added up
        self._compiled = 0.0  # seconds in compiled code
        self._evaluated = [0.0, 0]  # seconds, calls

    def measure(self, program: Callable[..., Any], *args: Any) -> Any:
        """``program(*args)``, its time taken."""
        began = time.perf_counter()
        try:
            return program(*args)
        finally:
            seconds = time.perf_counter() - began
            code = getattr(program, "code", None)
            if code is None:
                self._evaluated[0] += seconds
                self._evaluated[1] += 1
            else:
                self._compiled += seconds
                counts = code.counters.view(np.int64)
                self._ticks[code] = self._ticks.get(code, 0) + counts
                counts[...] = 0

    def stop(self) -> None:
        """The end of the block."""
        self._ended = self._now()

    @property
    def seconds(self) -> float:
        """The time from the block's begin to its end, or to now."""
        return (self._ended or self._now())[0] - self._began[0]

    @property
    def rows(self) -> list[Row]:
        """All rows, what took longest first; their times add up to ``seconds``."""
        rows = list(self._kernels())
        seconds, calls = self._evaluated
        if calls:
            rows.append(Row("numpy", "evaluated by NumPy", seconds, int(calls)))
        if self._ticks:
            between = self._compiled - sum([row.seconds for row in rows if row.kind == "kernel"])
            rows.append(Row("between", "between kernels", max(between, 0.0)))
        rest = self.seconds - self._compiled - seconds
        rows.append(Row("python", "Python", max(rest, 0.0)))
        return sorted(rows, key=lambda row: -row.seconds)

    def _kernels(self) -> Iterator[Row]:
        from . import cost
        from .table import LINE

        (second, tick), (last_second, last_tick) = self._began, self._ended or self._now()
        rate = (last_second - second) / max(last_tick - tick, 1)  # seconds a tick
        for code, counters in self._ticks.items():
            steps = code.module.timed
            each = counters.reshape(-1, code.threads, LINE // counters.itemsize)
            for step, counts in zip(steps, each, strict=False):
                seconds, calls = counts[:, 0].max() * rate, int(counts[:, 1].max())
                if step == "copies":
                    yield Row("kernel", "copies", seconds, calls)
                    continue
                part = cost.part_of(step)
                sizes = part.flops * calls, part.bytes * calls
                line = short_line(_main_node(step))
                yield Row("kernel", part.what, seconds, calls, *sizes, line)

    @staticmethod
    def _now() -> tuple[float, int]:
        clock = _clock()  # made before the time is read
        return time.perf_counter(), clock()

    def __str__(self) -> str:
        from . import cost

        total = max(self.seconds, 1e-12)
        rows, rest = self.rows[:_MOST], self.rows[_MOST:]
        if rest:
            rows.append(Row("rest", f"{len(rest)} more", sum([row.seconds for row in rest])))
        head = ["time", "%", "calls", "GFLOP/s", "GB/s", "what", "line"]
        lines = [head, *[_cells(row, total) for row in rows]]
        shown = cost.table(lines, left=(5, 6), cut=6)
        return f"{_time(self.seconds)} in all\n\n{shown}"

    def __repr__(self) -> str:
        return str(self)


def _main_node(step: Any) -> Any:
    """The node that a kernel is there for: its product, or its last one."""
    from . import cost, ir

    return step.node if isinstance(step, ir.Contract) else cost.computed(step)[-1]


def _cells(row: Row, total: float) -> list[str]:
    """A row as a table shows it."""
    from . import cost

    calls = f"{row.calls:,}" if row.calls else ""
    rates = [
        f"{n / row.seconds / 1e9:.3g}" if n and row.seconds else "" for n in (row.flops, row.bytes)
    ]
    share = f"{100 * row.seconds / total:.1f}"
    return [_time(row.seconds), share, calls, *rates, cost.shortened(row.what, 18), row.line]


def _time(seconds: float) -> str:
    """A time in three digits.

    >>> _time(1.2345), _time(0.0000123)
    ('1.23 s', '12.3 µs')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


@functools.cache
def _clock() -> Callable[[], int]:
    """The clock that kernels read, as a Python function; it stands still where none can be."""
    from .llvm import compile_text
    from .machine import CLOCK

    text = f"declare i64 @{CLOCK}()\ndefine i64 @ticks() {{\n"
    text += f"  %ticks = call i64 @{CLOCK}()\n  ret i64 %ticks\n}}\n"
    try:
        code = compile_text(text, ["ticks"])
    except CompilationUnavailable:
        return lambda: 0
    function = ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("ticks"))
    return lambda: int(function()) if code else 0  # which keeps the code, too


@contextmanager
def profile() -> Iterator[Profile]:
    """Inside, the time of each kernel of compiled code is taken, for code that this thread runs.

    Gives a ``Profile``: print it inside or after the block, or read its ``rows``.

    >>> import numpy as np
    >>> import chainrule
    >>> with chainrule.profile() as table:
    ...     _ = chainrule.grad(np.tanh)(1.0)
    >>> "Python" in [row.what for row in table.rows]
    True
    """
    table = Profile()
    try:
        with overriding({"profile": table}):
            yield table
    finally:
        table.stop()
