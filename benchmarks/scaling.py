"""Time per step against width, rows, depth and threads; compile time against the graph's size.

Networks with tanh, mean squared error, descent on all rows; one thread, but in the plot of
threads. Columns run one after another here, since 10⁷ rows fill the memory.
"""

from __future__ import annotations

import csv
import os
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any

from . import plots, workloads
from .bench import BUILD, DATA, Result, Worker, check_losses, prepare
from .report import Table

COLUMNS = ("chainrule", "JAX scan", "PyTorch", "NumPy")
WORK_OF_A_ROUND = 3e9  # operations, in as many steps as that makes, from 3 to 300

SWEEPS: dict[str, dict[str, Any]] = {
    "width": {"over": (4, 16, 64, 256, 1024, 4096), "rows": 200, "inputs": 16, "depth": 2},
    "rows": {"over": (10**2, 10**3, 10**4, 10**5, 10**6, 10**7), "width": 8, "depth": 1},
    "depth": {"over": (1, 2, 4, 8, 16, 32), "rows": 200, "width": 64},
}
Point = tuple[str, int, float]  # of a line, x, seconds


def run(options: Any) -> list[Table]:
    columns = options.columns or COLUMNS
    tables = []
    for name in SWEEPS:
        options.progress(f"scaling: {name}")
        found = {x: measure(work, columns, options) for x, work in works(name)}
        steps = [
            (result.column, x, result.median / result.steps)
            for x, results in found.items()
            for result in results
        ]
        tables.append(finish(f"step-{name}", name, "time of a step", steps))
        if name == "depth":
            waits = [
                (result.column, x, result.first - result.median)
                for x, results in found.items()
                for result in results
                if result.column in ("chainrule", "JAX scan")
            ]
            tables.append(
                finish("compile-depth", "hidden layers", "tracing + compiling, ms", waits)
            )
    options.progress("scaling: threads")
    threads = list(by_threads(options))
    tables.append(finish("step-threads", "width", "time of a step", threads))
    return tables


def works(sweep: str, threads: int = 1) -> Iterator[tuple[int, workloads.Work]]:
    """Each value of the sweep, and the network with it."""
    fixed = {"inputs": 8, "threads": threads} | SWEEPS[sweep]
    for x in fixed.pop("over"):
        numbers = fixed | {sweep: x}
        weights = numbers["inputs"] * numbers["width"]
        weights += (numbers["depth"] - 1) * numbers["width"] ** 2
        steps = int(min(300, max(3, WORK_OF_A_ROUND / (6 * weights * numbers["rows"]))))
        text = ",".join(f"{key}={value}" for key, value in (numbers | {"steps": steps}).items())
        yield x, workloads.named(f"mlp,{text}")


def measure(work: workloads.Work, columns: Any, options: Any) -> list[Result]:
    """Each column on its own, without what it may have kept on disk."""
    prepare(work)
    limits = {"CHAINRULE_THREADS": str(work.threads)}
    if work.threads == 1:
        limits["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    results = []
    for column in columns:
        with tempfile.TemporaryDirectory() as cache:
            worker = Worker(column, work, CHAINRULE_CACHE_DIR=cache, **limits)
            if not worker.absent:
                for _ in range(options.rounds or 3):
                    worker.again()
                results.append(worker.result)
            worker.close()
    shutil.rmtree(DATA / work.name)
    check_losses(work, results)
    return results


def by_threads(options: Any) -> Iterator[Point]:
    """The widths again, with one thread and with two."""
    for threads in sorted({1, min(2, os.cpu_count() or 1)}):
        for x, work in works("width", threads):
            for result in measure(work, ("chainrule", "PyTorch"), options):
                name = f"{result.column}, {threads} thread" + "s" * (threads > 1)
                yield name, x, result.median / result.steps


def finish(file: str, x_label: str, title: str, points: list[Point]) -> Table:
    """A plot, a CSV file and a table of the points."""
    with (BUILD / f"{file}.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("line", x_label, "seconds"), *points])
    plots.lines(points, x_label, title, BUILD / f"{file}.png")
    names = list(dict.fromkeys(name for name, _, _ in points))
    at = {(name, x): 1e3 * seconds for name, x, seconds in points}
    table = Table(f"{title}, ms, by {x_label}", [x_label, *names])
    for x in dict.fromkeys(x for _, x, _ in points):
        table.add(f"{x:,}", *(at.get((name, x)) for name in names))
    return table
