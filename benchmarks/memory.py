"""How much memory a process has held at most, in megabytes: python, library, data and training."""

from __future__ import annotations

from typing import Any

from . import peers, workloads
from .bench import Worker, prepare
from .report import Table

WORKS = ("digits", "big")


def run(options: Any) -> list[Table]:
    columns = options.columns or [n for n in peers.COLUMNS if n not in ("C", "BLAS")]
    table = Table("Peak memory of the process, MB", ["work", *columns])
    for name in options.works or WORKS:
        options.progress(f"memory: {name}")
        work = workloads.WORKS[name]
        prepare(work)
        table.add(name, *(peak(column, work) for column in columns))
    return [table]


def peak(column: str, work: workloads.Work) -> float | None:
    worker = Worker(column, work, once=True)
    worker.close()
    return None if worker.absent else worker.result.peak
