"""Time per step against width, rows, depth and threads; compile time against the graph's size.

Networks with tanh, mean squared error, descent on all rows; every library with its own choice of
threads, but in the plot of threads. Columns run one after another here, since 10⁷ rows fill memory.
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
Point = tuple[str, float, float]  # of a line, x, y


def run(options: Any) -> list[Table]:
    columns = options.columns or COLUMNS
    tables = []
    for name in SWEEPS:
        options.progress(f"scaling: {name}")
        found = {x: measure(work, columns, options) for x, work in works(name)}
        steps = [
            (result.column, x, 1e6 * result.median / result.steps)
            for x, results in found.items()
            for result in results
        ]
        tables.append(finish(f"step-{name}", name, "time of a step, µs", steps))
        if name == "depth":
            waits = [
                (result.column, x, 1e3 * (result.first - result.median))
                for x, results in found.items()
                for result in results
                if result.column in ("chainrule", "JAX scan")
            ]
            tables.append(
                finish("compile-depth", "hidden layers", "tracing + compiling, ms", waits)
            )
    options.progress("scaling: threads")
    threads = list(by_threads(options))
    tables.append(finish("step-threads", "width", "time of a step, µs", threads))
    return tables


def works(sweep: str) -> Iterator[tuple[int, workloads.Work]]:
    """Each value of the sweep, and the network with it."""
    fixed = {"inputs": 8} | SWEEPS[sweep]
    for x in fixed.pop("over"):
        numbers = fixed | {sweep: x}
        weights = numbers["inputs"] * numbers["width"]
        weights += (numbers["depth"] - 1) * numbers["width"] ** 2
        steps = int(min(300, max(3, WORK_OF_A_ROUND / (6 * weights * numbers["rows"]))))
        text = ",".join(f"{key}={value}" for key, value in (numbers | {"steps": steps}).items())
        yield x, workloads.named(f"mlp,{text}")


def measure(
    work: workloads.Work, columns: Any, options: Any, threads: int | None = None
) -> list[Result]:
    """Each column on its own, without what it may have kept on disk."""
    prepare(work)
    limits = {name: str(threads) for name in THREADS} if threads else {}
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


THREADS = ("CHAINRULE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def by_threads(options: Any) -> Iterator[Point]:
    """The widths again, with one thread and with two."""
    for x, work in works("width"):
        for threads in sorted({1, min(2, os.cpu_count() or 1)}):
            for result in measure(work, ("chainrule", "PyTorch"), options, threads):
                name = f"{result.column}, {threads} thread" + "s" * (threads > 1)
                yield name, x, 1e6 * result.median / result.steps


def finish(file: str, x_label: str, y_label: str, points: list[Point]) -> Table:
    """A plot, a CSV file and a table of the points."""
    with (BUILD / f"{file}.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("line", x_label, y_label), *points])
    plots.lines(points, x_label, y_label, BUILD / f"{file}.png")
    names = list(dict.fromkeys(name for name, _, _ in points))
    at = {(name, x): y for name, x, y in points}
    table = Table(f"{y_label}, by {x_label}", [x_label, *names])
    for x in dict.fromkeys(x for _, x, _ in points):
        table.add(f"{x:,}", *(at.get((name, x)) for name in names))
    return table
