"""One column on one work, in a process of its own: a peer's thread pool must not disturb another's.

``python -m benchmarks.worker COLUMN WORK FOLDER [once]`` prints a line of JSON for the first run,
and one for each line that it is sent.
"""

from __future__ import annotations

import time

began = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from . import peers, workloads  # noqa: E402

ROUND = 0.03  # seconds that a round lasts at least: a process that has just woken up is slow


def load(folder: Path, name: str) -> workloads.Arrays:
    """The arrays that ``bench.prepare`` wrote, in single files: reading these imports nothing."""
    return {path.stem: np.load(path) for path in sorted((folder / name).glob("*.npy"))}


def peak_megabytes() -> float:
    """The most memory that this process has held."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except OSError:  # not Linux
        import resource

        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def timed(run: Any, least: float = 0.0) -> dict[str, Any]:
    """The median of as many runs as fill ``least`` seconds, one at least."""
    times: list[float] = []
    while not times or sum(times) < least:
        start = time.perf_counter()
        losses = run()
        times.append(time.perf_counter() - start)
    return {
        "seconds": sorted(times)[len(times) // 2],
        "steps": len(losses),
        "loss": float(losses[-1]) if len(losses) else None,
        "peak": peak_megabytes(),
    }


def main() -> None:
    column, name, folder = sys.argv[1:4]
    try:
        make = peers.maker(column)
    except ImportError as error:
        print(json.dumps({"absent": str(error)}), flush=True)
        return
    work = workloads.named(name)
    arrays = load(Path(folder), name)
    imported = time.perf_counter() - began
    run = make(work, arrays)
    if run is None:
        print(json.dumps({"absent": "does not do this"}), flush=True)
        return
    print(json.dumps({"import": imported} | timed(run)), flush=True)
    if "once" in sys.argv[4:]:
        return
    for _ in sys.stdin:
        print(json.dumps(timed(run, ROUND)), flush=True)


if __name__ == "__main__":
    main()
