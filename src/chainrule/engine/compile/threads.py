"""Threads that run one compiled function together; they are kept for the next call."""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

_idle: list[_Worker] = []


class _Worker:
    """A thread that waits for work."""

    def __init__(self) -> None:
        self.work: SimpleQueue[Any] = SimpleQueue()
        self.done: SimpleQueue[Any] = SimpleQueue()
        threading.Thread(target=self._run, name="chainrule", daemon=True).start()

    def _run(self) -> None:
        while True:
            function, number = self.work.get()
            function(number)
            self.done.put(None)


def together(function: Callable[[int], None], threads: int) -> None:
    """``function(0)``, ``function(1)``, ... at once; it returns when all have.

    None of them runs in the main thread, where Ctrl-C could end one while the others wait for it.
    """
    workers: list[_Worker] = []
    while len(workers) < threads:
        try:
            workers.append(_idle.pop())
        except IndexError:
            workers.append(_Worker())
    interrupt: BaseException | None = None
    started = 0
    done = 0
    while done < threads:
        try:
            while started < threads:
                workers[started].work.put((function, started))
                started += 1
            while done < threads:
                workers[done].done.get()
                done += 1
        except KeyboardInterrupt as error:
            interrupt = error
    _idle.extend(workers)
    if interrupt is not None:
        raise interrupt


@functools.cache
def yield_address() -> int:
    """The system's function by which a waiting thread lets others run."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0
