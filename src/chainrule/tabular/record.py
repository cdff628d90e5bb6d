"""The record of a run: what another person needs to get the same numbers."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

BLOCK = 1 << 20
TOLD = ("chainrule", "numpy", "polars", "llvmlite")


def fingerprint(path: str | Path) -> dict[str, Any]:
    """A file's name, size and SHA-256."""
    digest = hashlib.sha256()
    size = 0
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return {"file": str(path), "bytes": size, "sha256": digest.hexdigest()}


def fingerprint_of_frame(frame: Any) -> dict[str, Any]:
    """The same of a table that is in memory: of its columns' names, types and values as CSV."""
    digest = hashlib.sha256(repr(frame.schema).encode())
    digest.update(frame.write_csv().encode())
    return {"file": "(a table in memory)", "rows": len(frame), "sha256": digest.hexdigest()}


def versions(names: Iterable[str] = TOLD) -> dict[str, str]:
    """The versions of Python and of the packages that the numbers come from."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """The machine, in words."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


class Stages:
    """Tells the stages of a run, and how long each took.

    >>> told = []
    >>> stages = Stages(told.append)
    >>> stages.begin("reading")
    >>> stages.end()
    >>> told, list(stages.seconds)
    (['reading'], ['reading'])
    """

    def __init__(self, tell: Callable[[str], Any] | None = None) -> None:
        self.seconds: dict[str, float] = {}
        self.began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._tell = tell
        self._name = ""
        self._start = 0.0

    def begin(self, name: str) -> None:
        """A stage begins, and the one before it ends."""
        self.end()
        self._name, self._start = name, time.perf_counter()
        if self._tell is not None:
            self._tell(name)

    def end(self) -> None:
        """The stage ends."""
        if self._name:
            passed = time.perf_counter() - self._start
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + passed
            self._name = ""
