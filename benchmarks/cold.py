"""How long one waits for a first result: within a process, and from `python` on.

Every run is a new process. Ours has an empty disk cache (cold), then the one it left (warm).
"""

from __future__ import annotations

import statistics
import tempfile
from typing import Any

from . import workloads
from .bench import Result, Worker, prepare
from .report import Table

IN_PROCESS = ("line", "logistic", "signs", "curve", "molecules", "digits")
WHOLE = ("line", "signs", "molecules")
PEERS = ("NumPy", "JAX scan", "PyTorch", "sklearn")
COLUMNS = ("chainrule, cold", "chainrule, warm", *PEERS)


def run(options: Any) -> list[Table]:
    first = Table("First run in a process (traced, compiled, run), ms", ["work", *COLUMNS])
    whole = Table("From `python` to the result, s", ["work", *COLUMNS])
    for name in options.works or IN_PROCESS:
        options.progress(f"cold: {name}")
        work = workloads.WORKS[name]
        found = measure(work, options.rounds or 5)
        first.add(name, *(median(found[column], "first", 1e3) for column in COLUMNS))
        if name in WHOLE:
            whole.add(name, *(median(found[column], "process", 1) for column in COLUMNS))
    first.notes.append("The libraries are imported and the data loaded before the clock starts.")
    return [first, whole]


def measure(work: workloads.Work, rounds: int) -> dict[str, list[Result]]:
    """Results of fresh processes, the columns in turns; the first turn warms the file cache."""
    prepare(work)
    found: dict[str, list[Result]] = {column: [] for column in COLUMNS}
    for turn in range(rounds + 1):
        with tempfile.TemporaryDirectory() as cache:
            for column in COLUMNS:
                library, *_ = column.split(",")
                worker = Worker(library, work, once=True, CHAINRULE_CACHE_DIR=cache)
                worker.close()
                if turn and not worker.absent:
                    found[column].append(worker.result)
    return found


def median(results: list[Result], name: str, factor: float) -> float | None:
    values = [getattr(result, name) for result in results]
    return factor * statistics.median(values) if values else None
