"""The learners of a lab: a session in a process of its own for each, watched from here."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..engine.config import config
from ..widgets import wire
from ..widgets.session import Channel, Make, packet, serve
from . import process

# Imported once, before sessions are forked from there. What is missing is left out by Python.
PRELOAD = ["chainrule.cli", "chainrule.lab.preload"]
MOVING = 4  # frames a second, from which on a session counts as one that moves
FOR_SESSIONS = 0.7  # of the cores
RECENT = 30.0  # seconds; two breakdowns within are one too many for the same state


@dataclass(frozen=True)
class Limits:
    """What a lab allows.

    Attributes
    ----------
    learners
        Sessions at once.
    patience
        Seconds without any answer, after which a session is ended and started again.
    idle
        Seconds without a page, after which a session ends.
    memory
        Bytes of a session, where the system can refuse more.
    message, rate
        Bytes of a message from a page, and messages a second.
    """

    learners: int = 64
    patience: float = 15.0
    idle: float = 900.0
    memory: int = 2 << 30
    message: int = 8 << 20
    rate: float = 300.0


class Page(Protocol):
    """The connection to a page."""

    async def send_bytes(self, data: bytes) -> None:
        """Send one binary message."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """End the connection."""


class Worker(Protocol):
    """Where a session runs."""

    def kill(self) -> None:
        """End it at once."""


Start = Callable[[], Awaitable[tuple[Worker, socket.socket]]]


class Processes:
    """Sessions in processes: forked from one that has imported everything, where there is fork.

    One is always ready before it is needed, so that a page need not wait for it.
    """

    def __init__(self, make: Make, memory: int) -> None:
        self.arguments = (make, memory)
        methods = multiprocessing.get_all_start_methods()
        self.context: Any = multiprocessing.get_context(
            "forkserver" if "forkserver" in methods else "spawn"
        )
        if "forkserver" in methods:
            self.context.set_forkserver_preload(PRELOAD)
        self.ready: asyncio.Task[tuple[Worker, socket.socket]] | None = None

    async def start(self) -> tuple[Worker, socket.socket]:
        """The session that is ready, and our end of its socket; another is made ready."""
        if self.ready is None:
            self.prepare()
        ready = self.ready
        self.prepare()
        assert ready is not None
        return await ready

    def prepare(self) -> None:
        """Make a session ready."""
        self.ready = asyncio.create_task(asyncio.to_thread(self._make))

    async def close(self) -> None:
        """End the session that nobody has begun."""
        if self.ready is not None:
            worker, ours = await self.ready
            ours.close()
            worker.kill()

    def _make(self) -> tuple[Worker, socket.socket]:
        ours, theirs = socket.socketpair()
        arguments = (theirs, *self.arguments)
        worker = self.context.Process(target=process.main, args=arguments, daemon=True)
        worker.start()
        theirs.close()
        return worker, ours


class Threads:
    """A session in a thread of this process, for models of the user's own."""

    def __init__(self, make: Make) -> None:
        self.make = make

    async def start(self) -> tuple[Worker, socket.socket]:
        """A session, and our end of its socket."""
        ours, theirs = socket.socketpair()
        thread = _Thread(target=self._run, args=(theirs,), daemon=True)
        thread.start()
        return thread, ours

    def _run(self, theirs: socket.socket) -> None:
        with theirs:
            serve(Channel(theirs), self.make)

    def prepare(self) -> None:
        """Threads need no preparation."""

    async def close(self) -> None:
        """Nothing is ready that could be closed."""


class _Thread(threading.Thread):
    def kill(self) -> None:
        """A thread ends when its socket is closed."""


@dataclass
class Learner:
    """One learner: a session, and at most one page that shows it."""

    start: Start
    patience: float
    page: Page | None = None
    worker: Worker | None = None
    writer: asyncio.StreamWriter | None = None
    links: dict[str, Any] = field(default_factory=dict)
    asked: float = 0.0  # when the session was asked whether it is alive; 0 where it has answered
    left: float = field(default_factory=time.monotonic)
    broke: float = float("-inf")
    frames: int = 0  # since they were last counted
    share: float = 1.0
    task: asyncio.Task[None] | None = None
    beginning: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def attach(self, page: Page) -> None:
        """A page came: it takes over from another; the session is started where there is none."""
        old, self.page = self.page, page
        if old is not None:
            await say(old, {"kind": "taken"})
            await quietly(old.close(4001))
        links: dict[str, Any] = {}
        async with self.beginning:  # a reload may come while the session is still being made
            if self.writer is None:
                links = self.links
                await self._begin()
            else:
                await self.to_session(b"C")
        await say(page, {"kind": "welcome", "links": links})

    async def detach(self, page: Page) -> None:
        """A page left, unless another has taken over."""
        if self.page is page:
            self.page = None
            self.left = time.monotonic()
            await self.to_session(b"D")

    async def to_session(self, kind: bytes, content: bytes = b"") -> None:
        """Send to the session; nothing happens where it has just ended."""
        writer = self.writer
        if writer is None:
            return
        try:
            writer.write(packet(kind, content))
            await writer.drain()
        except (ConnectionError, RuntimeError):
            return  # `_read` meets the end as well, and starts again

    async def check(self, now: float) -> None:
        """Ask for a sign of life; end a session that gives none."""
        if self.writer is None:
            return
        if self.asked == 0.0:
            self.asked = now
            self.writer.write(packet(b"P"))
        elif now - self.asked > self.patience and self.worker is not None:
            self.worker.kill()

    def end(self) -> None:
        """End the session; what links would hold is kept."""
        worker, writer, task = self.worker, self.writer, self.task
        self.worker = self.writer = self.task = None
        if task is not None:
            task.cancel()
        if writer is not None:
            writer.close()
        if worker is not None:
            worker.kill()

    async def _begin(self) -> None:
        self.worker, ours = await self.start()
        self.share = 1.0
        reader, self.writer = await asyncio.open_connection(sock=ours, limit=1 << 20)
        self.asked = time.monotonic() + 15.0  # it may have to import everything first
        self.task = asyncio.create_task(self._read(reader))
        await self.to_session(b"P")
        if self.page is not None:
            await self.to_session(b"C")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                (length,) = struct.unpack("<I", await reader.readexactly(4))
                content = await reader.readexactly(length)
                kind, rest = content[:1], content[1:]
                self.asked = 0.0
                if kind == b"F" and self.page is not None:
                    self.frames += 1
                    await quietly(self.page.send_bytes(rest))
                elif kind == b"K":
                    page, link = json.loads(rest)
                    self.links[page] = link
        except (asyncio.IncompleteReadError, ConnectionError):
            await self._broke()

    async def _broke(self) -> None:
        """The session ended by itself: start it again with its last state, or else afresh."""
        now = time.monotonic()
        fresh = now - self.broke < RECENT
        self.broke = now
        if fresh:
            self.links.clear()
        self.task = None  # this one
        self.end()
        page = self.page
        if page is None:
            return
        async with self.beginning:
            if self.writer is None:
                await self._begin()
        await say(page, {"kind": "restarted", "fresh": fresh, "links": self.links})


class Learners:
    """All learners of a lab, by the key that their page has made up."""

    def __init__(self, limits: Limits, workers: Processes | Threads) -> None:
        # Small works on many processes: threads of BLAS would only be in each other's way.
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        self.limits = limits
        self.workers = workers
        self.is_own = isinstance(workers, Threads)
        self.known: dict[str, Learner] = {}
        self.cores = config.threads

    def of(self, key: str) -> Learner | None:
        """The learner of this key, known or new; None where all places are taken."""
        key = "own" if self.is_own else key
        found = self.known.pop(key, None)
        if found is None or found.writer is None:
            running = [each for each in self.known.values() if each.writer is not None]
            if len(running) >= self.limits.learners:
                left = [each for each in running if each.page is None]
                if not left:
                    return None
                min(left, key=lambda each: each.left).end()
        patience = float("inf") if self.is_own else self.limits.patience
        learner = found or Learner(self.workers.start, patience)
        self.known[key] = learner  # the newest is the last
        for old in list(self.known)[: -4 * self.limits.learners]:
            if self.known[old].writer is None:
                del self.known[old]
        return learner

    async def watch(self) -> None:
        """Look after all sessions, for ever."""
        self.workers.prepare()
        while True:
            await asyncio.sleep(1.0)
            now = time.monotonic()
            self._divide()
            for learner in list(self.known.values()):
                await learner.check(now)
                is_left = learner.page is None and learner.writer is not None
                if is_left and now - learner.left > self.limits.idle and not self.is_own:
                    learner.end()

    def _divide(self) -> None:
        """Divide the cores among the sessions that move, a part of them left to the server."""
        moving = sum(each.frames >= MOVING for each in self.known.values())
        share = min(1.0, FOR_SESSIONS * self.cores / max(1, moving))
        for learner in self.known.values():
            learner.frames = 0
            if learner.share != share and learner.writer is not None:
                learner.share = share
                learner.writer.write(packet(b"S", str(share).encode()))

    async def end(self) -> None:
        """End all sessions."""
        for learner in self.known.values():
            learner.end()
        await self.workers.close()


async def say(page: Page, header: dict[str, Any]) -> None:
    """A message of the server's own to a page."""
    await quietly(page.send_bytes(wire.pack(header)))


async def quietly(action: Any) -> None:
    """Do something with a page that may just have left."""
    try:
        await action
    except Exception:  # each server has errors of its own for this; the page is gone either way
        return
