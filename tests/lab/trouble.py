"""A page that breaks in every way, for the tests of sessions."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np

from chainrule.widgets import UserError, Widget


class Trouble(Widget):
    module = "trouble"
    shared = ("value",)

    def __init__(self) -> None:
        super().__init__(value=0, twice=0, frames=0, process=os.getpid(), running=False)

    def changed(self, changes: dict[str, Any]) -> None:
        if changes.get("value") == -1:
            raise UserError("Minus one is not liked here.")
        self.set(twice=2 * self.state["value"])
        if "running" in changes:
            self.running = self.state["running"]

    def do_hang(self) -> None:
        while True:
            time.sleep(0.05)

    def do_crash(self) -> None:
        os._exit(3)

    def do_raise(self) -> None:
        raise KeyError("a bug")

    def do_hoard(self) -> None:
        np.ones(1 << 31)

    def do_tick_badly(self) -> None:
        self.running = True
        self.set(running=True)
        self.bad = True

    def tick(self, budget: float) -> None:
        if hasattr(self, "bad"):
            raise RuntimeError("a bad frame")
        self.set(frames=self.state["frames"] + 1, budget=budget)


def make(page: str) -> Widget:
    if page != "trouble":
        raise UserError(f"There is no page {page!r} here.")
    return Trouble()
