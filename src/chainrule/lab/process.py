"""What the process of one learner's session runs."""

from __future__ import annotations

import socket

from ..engine.config import config
from ..widgets import PAGES, UserError, Widget
from ..widgets.session import Channel, Make, serve


def make_widget(page: str) -> Widget:
    """The picture of a page; ``UserError`` where this installation has none."""
    from .. import widgets

    try:
        return getattr(widgets, PAGES[page])()
    except (KeyError, ModuleNotFoundError) as error:
        raise UserError(f"There is no page {page!r} here ({error}).") from error


def main(connection: socket.socket, make: Make, memory: int) -> None:
    """What the process of a session runs: at most ``memory`` bytes where the system limits it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's; it closes the socket
    config.threads = 1  # the cores are for other learners
    limit_memory(memory)
    serve(Channel(connection), make)


def limit_memory(most: int) -> None:
    """Let the system refuse this process more memory than so many bytes (Linux)."""
    try:
        import resource
    except ImportError:  # Windows
        return
    with_limit = getattr(resource, "RLIMIT_DATA", None)
    if with_limit is not None and most > 0:
        try:
            resource.setrlimit(with_limit, (most, most))
        except (OSError, ValueError):
            return
