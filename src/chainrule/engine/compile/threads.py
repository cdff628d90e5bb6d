"""Threads that run one compiled function together; they are kept for the next call."""

from __future__ import annotations

import ctypes
import functools
import sys
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

_AGAIN = 0.5  # seconds until the slower way is tried once more
_SHORT = 0.005  # seconds
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


class Team:
    """How many threads run a program: ``most``, or one where that proves quicker.

    It depends on what else the machine does, so it is measured, and again every second. No bit of a
    result depends on it.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._took = {most: 0.0, 1: 0.0} if most > 1 else {1: 0.0}  # seconds a turn, last time
        self._again = 0.0
        self._is_warm = False

    @property
    def is_trying(self) -> bool:
        """Whether the next call tries what was not the best so far."""
        best = min(self._took.values())
        return self.most > 1 and best > 0 and time.perf_counter() > self._again

    def choose(self) -> int:
        """For the next call."""
        best = min(self._took, key=self._took.__getitem__)
        return next(each for each in self._took if each != best) if self.is_trying else best

    def note(self, threads: int, seconds: float, turns: int) -> None:
        """What a call of a loop's turns took. A short one says little: its threads just woke up."""
        if not self._is_warm or (turns > 1 and seconds < _SHORT):
            self._is_warm = True
            return
        each = seconds / turns
        if each > min(self._took.values()) > 0:  # it was tried, and is not the best
            self._again = time.perf_counter() + max(_AGAIN, 20 * seconds)
        self._took[threads] = each


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
