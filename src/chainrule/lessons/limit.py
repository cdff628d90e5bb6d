"""An end for what does not end: a learner's loop must not take the lesson with it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 15.0  # of the processor's time; a check takes less than one


class TookTooLong(BaseException):
    """The time is over; not an Exception, so that no ``except Exception`` goes on with the loop."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TookTooLong in what needs more processor time than this.

    Where there are no such timers (on Windows, in threads), it goes on until it is stopped.
    """
    if not hasattr(signal, "setitimer") or not _is_main():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


def _stop(*_: Any) -> None:
    raise TookTooLong
