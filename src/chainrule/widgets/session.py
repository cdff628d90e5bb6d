"""Pictures of one learner, and the page that shows one of them: messages, frames, ticks.

A session sends and gets packets, each of a kind and of bytes:

to the session     ``M`` a message of the page, ``C`` a page is there, ``D`` it left, ``P`` alive?
                   ``S`` how much of a core is its share, as a number
from the session   ``F`` a frame for the page, ``K`` what a link would hold now, ``P`` alive

Over a socket a packet is ``[u32 length][kind: 1 byte][rest]``.
"""

from __future__ import annotations

import json
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from select import select
from typing import Any, Protocol

from . import wire
from .widget import UserError, Widget

PERIOD, LONGEST_PERIOD = 1 / 40, 1 / 12  # between the starts of two ticks
BUDGET, LEAST_BUDGET = 0.012, 0.002  # work in a tick, in seconds
KEEP_EVERY = 1.0
AHEAD = 2  # frames on their way that the page has not seen yet
LONGEST_WAIT = 2.0  # for a page that does not say that it has seen a frame

Make = Callable[[str], Widget]


class Sender(Protocol):
    """Where the packets of a session go."""

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Send one packet."""


class Channel:
    """Packets over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._rest = b""

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Send one packet; waits while the other side is busy."""
        self.connection.sendall(packet(kind, content))

    def receive(self, seconds: float) -> list[tuple[bytes, bytes]]:
        """All packets that are there, after waiting so long for the first."""
        while select([self.connection], [], [], max(0.0, seconds))[0]:
            seconds = 0.0
            got = self.connection.recv(1 << 20)
            if not got:
                raise EOFError
            self._rest += got
        found = []
        while len(self._rest) >= 5:
            (length,) = struct.unpack_from("<I", self._rest)
            if len(self._rest) < 4 + length:
                break
            found.append((self._rest[4:5], self._rest[5 : 4 + length]))
            self._rest = self._rest[4 + length :]
        return found


def packet(kind: bytes, content: bytes = b"") -> bytes:
    """The bytes of a packet."""
    return struct.pack("<I", 1 + len(content)) + kind + content


class Session:
    """The pictures of one learner: one is seen, and gets messages and ticks."""

    def __init__(self, channel: Sender, make: Make) -> None:
        self.channel = channel
        self.make = make
        self.widgets: dict[str, Widget] = {}
        self.page = ""
        self.is_watched = False
        self.pending: set[str] = set()
        self.unseen: deque[float] = deque(maxlen=AHEAD)  # when these frames were sent
        self.heard = 0  # number of the last change that the page made
        self.share = 1.0  # of a core; where many share the cores, ticks are shorter and fewer
        self.next_tick = 0.0
        self.spent = 0.0  # processor time in a round, on average
        self.before = time.process_time()
        self.next_keep = 0.0
        self.is_kept = True  # does the server know the newest state of the page?
        self.kept: dict[str, str] = {}

    def handle(self, kind: bytes, content: bytes) -> None:
        """One packet has come."""
        if kind == b"P":
            self.channel.send(b"P")
        elif kind == b"C":
            self.is_watched = True
            self.unseen.clear()
        elif kind == b"S":
            self.share = float(content)
        elif kind == b"D":
            self.is_watched = False
        elif kind == b"M":
            self.is_kept = False
            header, buffers = wire.unpack(content)
            self._guarded(lambda: self._take(header, buffers))

    def go_on(self) -> None:
        """A tick if it is time for one, and what is new to the page."""
        self._tick()
        self._send_state()
        self._keep()

    def pause(self) -> float:
        """How many seconds there is nothing to do but to wait for packets."""
        now = time.monotonic()
        if self.is_running():
            return self.next_tick - now
        if self.pending and self.is_watched:
            return self._waits_until() - now
        return 60.0 if self.is_kept else max(0.0, self.next_keep - now)

    def is_running(self) -> bool:
        """Does the picture that is seen want ticks?"""
        return self.is_watched and self.page in self.widgets and self.widgets[self.page].running

    # ------------------------------------------------------------------ what a widget tells us

    def state_changed(self, names: set[str]) -> None:
        """These names have new values: the page gets the newest with the next frame."""
        self.pending |= names

    def told(self, message: dict[str, Any]) -> None:
        """A message to the page; unlike states, all of them arrive."""
        self._send({"kind": "message", "message": message})

    # ----------------------------------------------------------------------------- messages

    def _take(self, header: dict[str, Any], buffers: list[memoryview]) -> None:
        match header:
            case {"kind": "seen"}:
                if self.unseen:
                    self.unseen.popleft()
            case {"kind": "open", "page": str(page)}:
                self._open(page, header.get("link"))
            case {"kind": "set", "changes": dict(changes), "number": int(number)}:
                self.heard = number
                self.pending.add("")  # the page learns which of its changes we know
                self._seen().take(changes)
            case {"kind": "ask", "message": dict(message)}:
                self._seen().asked(message, buffers)
            case {"kind": "link"}:
                self._send({"kind": "link", "link": self._seen().link_state()})
            case {"kind": "restore", "link": dict(link)}:
                self._seen().restore(link)
            case _:
                raise UserError("The page sent something that is not known here.")

    def _open(self, page: str, link: Any) -> None:
        """Show a page, as it was or as a link describes it."""
        if page not in self.widgets:
            widget = self.make(page)
            widget.attach(_OfPage(self, page))
            self.widgets[page] = widget
        self.page = page
        self.heard = 0
        if isinstance(link, dict):
            self._guarded(lambda: self._seen().restore(link))
        self.pending = set(self._seen().state)
        self.unseen.clear()
        self._send_state(first=True)

    def _seen(self) -> Widget:
        if self.page not in self.widgets:
            raise UserError("No page is open.")
        return self.widgets[self.page]

    def _guarded(self, action: Callable[[], None]) -> None:
        """Errors are shown on the page; the session goes on."""
        try:
            action()
        except UserError as error:
            self._send({"kind": "error", "text": str(error), "expected": True})
        except (EOFError, OSError):
            raise
        except Exception as error:
            self._send({"kind": "error", "text": f"{type(error).__name__}: {error}"})

    # ------------------------------------------------------------------------- frames, ticks

    def _tick(self) -> None:
        now = time.monotonic()
        if not self.is_running() or now < self.next_tick:
            return
        self.next_tick = now + self._period()
        self._guarded_tick(self._seen())

    def _period(self) -> float:
        """Until the next tick: as soon as what a round costs is within the share."""
        spent = time.process_time() - self.before
        self.before += spent
        self.spent += 0.2 * (min(spent, 0.1) - self.spent)
        return min(max(PERIOD, self.spent / self.share), LONGEST_PERIOD)

    @property
    def budget(self) -> float:
        """How long a tick may work."""
        return min(max(LEAST_BUDGET, self.share * 2 * PERIOD), BUDGET)

    def _guarded_tick(self, widget: Widget) -> None:
        failed = True

        def tick() -> None:
            nonlocal failed
            widget.tick(self.budget)
            failed = False

        self._guarded(tick)
        if failed:  # else the same error comes thirty times a second
            widget.running = False
            if "running" in widget.state:
                widget.set(running=False)

    def _send_state(self, first: bool = False) -> None:
        now = time.monotonic()
        if not self.pending or now < self._waits_until() or not self.is_watched:
            return
        state = self._seen().state
        newest = {name: state[name] for name in self.pending if name in state}
        self.pending.clear()
        self.unseen.append(now)
        frame = {"kind": "open" if first else "state", "state": newest, "heard": self.heard}
        if first:
            frame |= {"page": self.page, **self._seen().files()}
        self._send(frame)

    def _waits_until(self) -> float:
        """When the next frame may go, though the page has not seen those before."""
        return self.unseen[0] + LONGEST_WAIT if len(self.unseen) == AHEAD else 0.0

    def _send(self, header: dict[str, Any]) -> None:
        self.channel.send(b"F", wire.pack(header))

    def _keep(self) -> None:
        """Now and then tell the server what a link would hold: what a restart begins with."""
        now = time.monotonic()
        if now < self.next_keep or self.is_kept or self.page not in self.widgets:
            return
        self.next_keep = now + KEEP_EVERY
        self.is_kept = not self.is_running()
        try:
            text = json.dumps(self._seen().link_state())
        except Exception:  # the page is told when it asks for a link
            return
        if self.kept.get(self.page) != text:
            self.kept[self.page] = text
            self.channel.send(b"K", json.dumps([self.page, json.loads(text)]).encode())


def serve(channel: Channel, make: Make) -> None:
    """Run a session until the other end of its socket is closed."""
    session = Session(channel, make)
    try:
        while True:
            for kind, content in channel.receive(session.pause()):
                session.handle(kind, content)
            session.go_on()
    except (EOFError, OSError):
        return


class _OfPage:
    """Passes on what one picture says while its page is the one that is seen."""

    def __init__(self, session: Session, page: str) -> None:
        self.session = session
        self.page = page

    def state_changed(self, names: set[str]) -> None:
        if self.session.page == self.page:
            self.session.state_changed(names)

    def told(self, message: dict[str, Any]) -> None:
        if self.session.page == self.page:
            self.session.told(message)
