"""The lab: first paint, slider latency, frames while training, and a class of 30 at once.

Pages are opened in headless Chromium; where there is none, only the class is measured, by pages
without a browser. These run on the same cores as the lab, so a class with its own computers for
the browsers sees more.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chainrule.widgets import PAGES, wire

from .report import Table

LEARNERS = 30
SECONDS = 10.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

# How long from the event of a slider to the frame of the screen that shows what follows from it.
LATENCY = """
([slider, result]) => new Promise((done) => {
  const bar = document.querySelector(slider);
  const shown = document.querySelector(result);
  const values = Array.from({ length: 30 }, (_, i) => (i % 2 ? bar.min : bar.max));
  const times = [];
  const next = () => {
    if (values.length === 0) { done(times); return; }
    const start = performance.now();
    const watcher = new MutationObserver(() => {
      watcher.disconnect();
      requestAnimationFrame(() => {
        times.push(performance.now() - start);
        setTimeout(next, 60);
      });
    });
    watcher.observe(shown, { childList: true, characterData: true, subtree: true });
    bar.value = values.pop();
    bar.dispatchEvent(new Event("input", { bubbles: true }));
  };
  next();
})
"""


def run(options: Any) -> list[Table]:
    with served() as address:
        tables = [*in_browser(address, options.progress), in_class(address, options.progress)]
    return tables


@contextmanager
def served() -> Iterator[str]:
    """A lab in a process of its own."""
    command = [sys.executable, "-m", "chainrule", "lab", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().removeprefix("The lab: ").strip()
        finally:
            server.terminate()


def in_browser(address: str, progress: Any) -> list[Table]:
    """What one learner sees."""
    path = which("chromium") or which("chromium-browser") or which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    if path is None:
        return []
    paint = Table("The lab's pages, ms until the first picture (median of 5)", ["page", "ms"])
    live = Table("One learner", ["what", "median", "worst"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.goto(address)
        for name in PAGES:
            progress(f"lab: {name}")
            paint.add(name, statistics.median(first_picture(page, address, name) for _ in range(5)))
        progress("lab: sliders")
        for name, slider in (("line", "input[type=range]"), ("slope", "input[type=range]")):
            first_picture(page, address, name)
            times = page.evaluate(LATENCY, [slider, ".cr-reading dd"])
            live.add(f"slider on {name}, ms", statistics.median(times), max(times))
        progress("lab: frames")
        rates = frames(page, address, "playground")
        live.add("frames a second, playground in play", statistics.median(rates), min(rates))
        browser.close()
    return [paint, live]


def first_picture(page: Any, address: str, name: str) -> float:
    """Milliseconds from the beginning of the navigation to the picture."""
    page.goto(f"{address.partition('?')[0]}?page={name}")
    page.wait_for_selector(f'main[data-page="{name}"][aria-busy="false"]')
    return float(page.evaluate("performance.getEntriesByName('chainrule-shown')[0].startTime"))


def frames(page: Any, address: str, name: str) -> list[float]:
    """Frames that arrive in each of some seconds of play."""
    arrived: list[float] = []

    def watch(socket: Any) -> None:
        socket.on("framereceived", lambda frame: arrived.append(time.perf_counter()))

    page.on("websocket", watch)
    first_picture(page, address, name)
    page.locator(".cr-play").click()
    page.wait_for_timeout(1500)
    start = time.perf_counter()
    page.wait_for_timeout(5000)
    page.remove_listener("websocket", watch)
    page.locator(".cr-play").click()
    seconds = [int(at - start) for at in arrived if at >= start]
    return [float(seconds.count(second)) for second in range(5)]


def in_class(address: str, progress: Any) -> Table:
    """Thirty learners who train in the playground at once."""
    progress(f"lab: {LEARNERS} learners")
    counts, waits = asyncio.run(_class(address))
    rates = [count / SECONDS for count in counts]
    table = Table(f"{LEARNERS} learners train in the playground at once", ["", "median", "worst"])
    table.add("frames a second of a learner", statistics.median(rates), min(rates))
    table.add("a change comes back, ms", statistics.median(waits), max(waits))
    return table


async def _class(address: str) -> tuple[list[int], list[float]]:
    tabs = []
    for _ in range(LEARNERS):
        tabs.append(await Tab.open(address))
    for tab in tabs:
        await tab.send({"kind": "ask", "message": {"do": "play"}})
    playing = [asyncio.create_task(tab.play()) for tab in tabs]
    await asyncio.sleep(3)
    before = [tab.count for tab in tabs]
    await asyncio.sleep(SECONDS)
    counts = [tab.count - start for tab, start in zip(tabs, before, strict=True)]
    waits = [await tab.change(i) for i in range(5) for tab in tabs[:6]]
    for task in playing:
        task.cancel()
    for tab in tabs:
        await tab.socket.close()
    return counts, waits


class Tab:
    """A page without a browser, which sees every frame at once."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.count = 0
        self.number = 0
        self.heard = asyncio.Condition()
        self.known = 0

    @classmethod
    async def open(cls, address: str) -> Tab:
        from websockets.asyncio.client import connect

        parts = urlsplit(address)
        cookie = f"chainrule-{parts.port}={dict(parse_qsl(parts.query))['token']}"
        socket = await connect(
            f"ws://{parts.netloc}/session",
            origin=f"http://{parts.netloc}",
            additional_headers={"Cookie": cookie},
            compression=None,
            max_size=None,
            ping_timeout=None,
            open_timeout=60,
        )
        tab = cls(socket)
        await tab.send({"kind": "hello", "key": secrets.token_hex(16)})
        await socket.recv()
        await tab.send({"kind": "open", "page": "playground", "link": None})
        await socket.recv()
        await tab.send({"kind": "seen"})
        return tab

    async def send(self, header: dict[str, Any]) -> None:
        await self.socket.send(wire.pack(header))

    async def play(self) -> None:
        """Take frames, and say so."""
        seen = wire.pack({"kind": "seen"})
        async for frame in self.socket:
            header, _ = wire.unpack(frame)
            if header["kind"] == "state":
                await self.socket.send(seen)
                self.count += 1
            async with self.heard:
                self.known = max(self.known, header.get("heard", 0))
                self.heard.notify_all()

    async def change(self, i: int) -> float:
        """Milliseconds until a frame knows of a change."""
        self.number += 1
        start = time.perf_counter()
        changes = {"lr": 0.01 * (1 + i % 3)}
        await self.send({"kind": "set", "changes": changes, "number": self.number})
        async with self.heard:
            await self.heard.wait_for(lambda: self.known >= self.number)
        return 1e3 * (time.perf_counter() - start)
