"""Start a lab, in this thread or beside it, and say where it is."""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import socket
import threading
import time
import webbrowser
from collections.abc import Iterable

import uvicorn

from ..widgets import Widget
from ..widgets.session import Make
from .guard import Guard
from .learners import Learners, Limits, Processes, Threads
from .process import make_widget
from .server import application


class Lab:
    """A lab: the server of the pages.

    Parameters
    ----------
    host, port
        Where it listens. By default only this machine reaches it, at a free port (0).
    token
        What the address must hold; a secret one is made up where none is given.
    names
        Names by which others know this machine, for a class (its IP addresses always work).
    make
        Gives the picture of a page's name; called in the process of each session.
    own
        Pictures by page that all tabs share: they run in a thread of this process.
    limits
        See ``Limits``.

    >>> with Lab().start() as lab:
    ...     lab.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        token: str = "",
        names: Iterable[str] = (),
        make: Make = make_widget,
        own: dict[str, Widget] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(16)
        self.host = host
        # From now on browsers wait instead of being refused.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, port), family=family)
        self.port = self.socket.getsockname()[1]
        limits = limits or Limits()
        workers = Threads(_first(own, make)) if own else Processes(make, limits.memory)
        self.learners = Learners(limits, workers)
        machine = socket.gethostname()
        guard = Guard(
            application(self.learners),
            self.token,
            [machine, f"{machine}.local", *names],
            loopback=is_loopback(host),
        )
        config = uvicorn.Config(
            guard,
            ws="websockets-sansio",
            ws_max_size=limits.message,
            ws_per_message_deflate=False,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address, with the token."""
        return f"http://{_shown(self.host)}:{self.port}/?token={self.token}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
        with contextlib.suppress(KeyboardInterrupt):
            self.server.run(sockets=[self.socket])
        self.socket.close()

    def start(self) -> Lab:
        """Serve in a thread; returns when pages can be opened."""
        self.thread = threading.Thread(target=self.run, name="chainrule lab", daemon=True)
        self.thread.start()
        while not self.server.started and self.thread.is_alive():
            time.sleep(0.005)
        return self

    def show(self, page: str = "line") -> None:
        """Open a page in the browser."""
        webbrowser.open(f"{self.url}&page={page}")

    def wait(self) -> None:
        """Serve until Ctrl-C, once started."""
        with contextlib.suppress(KeyboardInterrupt):
            while self.thread is not None and self.thread.is_alive():
                self.thread.join(0.5)
        self.close()

    def close(self) -> None:
        """Stop, and end all sessions."""
        self.server.should_exit = True
        if self.thread is not None:
            self.thread.join(timeout=5)

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


def is_loopback(host: str) -> bool:
    """Does only this machine reach this address?

    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def addresses() -> list[str]:
    """The IP addresses of this machine that others in the room may reach."""
    with contextlib.suppress(OSError):
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        return sorted({str(each[4][0]) for each in found} - {"127.0.0.1", "127.0.1.1"})
    return []


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return next(iter(addresses()), "127.0.0.1")
    return f"[{host}]" if ":" in host else host


def _first(own: dict[str, Widget], make: Make) -> Make:
    return lambda page: own[page] if page in own else make(page)
