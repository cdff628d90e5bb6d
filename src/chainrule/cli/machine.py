"""What is installed, and how fast this machine is: the facts of ``chainrule doctor``."""

from __future__ import annotations

import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, NamedTuple

# What each extra is for; its libraries are read from the package's own metadata.
EXTRAS = {
    "": "engine, command line",
    "tables": "train, predict, inspect, ...",
    "tune": "tune",
    "onnx": "export --to onnx",
    "estimators": "chainrule.estimators",
    "logging": "TensorBoard",
    "demo": "demo",
    "lab": "lab",
    "lessons": "lessons",
}
_NEED = re.compile(r"([\w.-]+)(?:\[([\w,-]+)\])?\s*([^;]*)(?:;.*?extra == ['\"](\w+)['\"])?")


class Library(NamedTuple):
    """A library that an extra needs; ``version`` is None where it is not installed."""

    name: str
    needed: str
    version: str | None

    @property
    def is_fine(self) -> bool:
        """Whether it is there and new enough."""
        return self.version is not None and _suffices(self.version, self.needed)


class Speed(NamedTuple):
    """A measured number: what was measured, the value, its unit."""

    what: str
    value: float
    unit: str


def libraries() -> dict[str, list[Library]]:
    """For each extra what it needs; "" is the package itself."""
    found: dict[str, list[Library]] = {extra: [] for extra in EXTRAS}
    for line in metadata.requires("chainrule") or ():
        match = _NEED.match(line)
        if match is None:
            continue
        name, extras, needed, extra = match.groups()
        if (extra or "") in found and not extras:
            found[extra or ""].append(Library(name, needed.strip(), _version(name)))
    return found


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _suffices(version: str, needed: str) -> bool:
    """Whether a version is within bounds such as ``>=1.20,<2``; other bounds are not looked at.

    >>> _suffices("1.9.1", ">=1.20"), _suffices("2.0", ">=1.20,<2"), _suffices("3.0rc1", ">=3")
    (False, False, True)
    """
    for bound in needed.split(","):
        sign, number = re.match(r"\s*([<>=!~]*)\s*(.*)", bound).groups()  # type: ignore[union-attr]
        if sign == ">=" and _parts(version) < _parts(number):
            return False
        if sign == "<" and _parts(version) >= _parts(number):
            return False
    return True


def _parts(version: str) -> list[int]:
    numbers = [int(each) for each in re.findall(r"\d+", version.partition("rc")[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def computer() -> dict[str, Any]:
    """Processor, cores, memory, system; None for what cannot be known."""
    from ..tabular.record import machine

    return {
        "processor": machine()["processor"],
        "cores": len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count(),
        "memory": _memory(),
        "system": platform.platform(terse=True),
        "python": f"{platform.python_version()}, {sys.executable}",
    }


def _has_affinity() -> bool:
    return hasattr(os, "sched_getaffinity")


def _memory() -> int | None:
    """Bytes of memory in all."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None


def blas() -> str:
    """The library behind NumPy's products, and its threads where that is known."""
    import numpy as np

    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        known: Mapping[str, Any] = np.show_config(mode="dicts") or {}
        found = known.get("Build Dependencies", {}).get("blas", {})
        return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    shown = [f"{p['internal_api']} {p['version']}, {p['num_threads']} threads" for p in pools]
    return "; ".join(dict.fromkeys(shown)) or "none found"


# -- speed -------------------------------------------------------------------------------------


def speeds() -> list[Speed]:
    """A few small measurements, two seconds in all."""
    return [_product(), _copy(), *_training(), *_disk()]


def _median(function: Callable[[], Any], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _product() -> Speed:
    import numpy as np

    a = np.ones((512, 512), np.float32)
    return Speed(
        "matrix product, 512 × 512", 2 * 512**3 / _median(lambda: a @ a, 9) / 1e9, "GFLOP/s"
    )


def _copy() -> Speed:
    import numpy as np

    a = np.ones(8_000_000, np.float32)
    b = np.empty_like(a)
    seconds = _median(lambda: np.copyto(b, a), 7)
    return Speed("memory, copying 32 MB", 2 * a.nbytes / seconds / 1e9, "GB/s")


def _training() -> list[Speed]:
    """The network of the molecules, 1055 rows of 41 numbers: to compile it, and a step of it."""
    import numpy as np

    from .. import nn, optim, random
    from ..train import fit

    x = np.asarray(random.normal(random.key(0), (1055, 41)), np.float32)
    y = (x[:, :1] > 0).astype(np.float32)

    def seconds(epochs: int) -> float:
        net = nn.Sequential(nn.Linear(41, 20), nn.Tanh(), nn.Linear(20, 1))
        optimizer = optim.Adam(net.parameters(), lr=1e-3)
        start = time.perf_counter()
        loss = nn.BCEWithLogitsLoss()
        fit(
            net, loss, optimizer, (x, y), epochs=epochs, batch_size=None, progress=False, lint=False
        )
        return time.perf_counter() - start

    first = seconds(1)
    steps = 1000
    again = seconds(1)
    return [
        Speed("first training step, with compiling", 1000 * first, "ms"),
        Speed("training step, 1055 × 41 → 20 → 1", 1e6 * (seconds(steps) - again) / steps, "µs"),
    ]


def _disk() -> list[Speed]:
    """Writing a file for good, as a checkpoint does; nothing where one may not write here."""
    from ..files import write_whole

    try:
        with tempfile.TemporaryDirectory(dir=".") as folder:
            path = os.path.join(folder, "probe")
            seconds = _median(lambda: write_whole(bytes(10**6), path), 3)
    except OSError:
        return []
    return [Speed("writing 1 MB for good, here", 1000 * seconds, "ms")]
