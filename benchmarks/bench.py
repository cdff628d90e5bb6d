"""Workers side by side: started, asked in turns, compared. Standard library and NumPy only."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import peers, workloads

BUILD = Path("build/bench")
DATA = BUILD / "data"


@dataclass
class Result:
    """What one column took for one work."""

    work: str
    column: str
    seconds: list[float] = field(default_factory=list)  # of each round, the first run left out
    first: float = 0.0  # seconds of the first run: traced, compiled, run
    imported: float = 0.0  # seconds until the library was there
    process: float = 0.0  # seconds from the start of `python` to the first result
    peak: float = 0.0  # megabytes
    loss: float | None = None
    steps: int = 0

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds) if self.seconds else self.first


class Worker:
    """A process that runs one column on one work whenever it is asked."""

    def __init__(self, column: str, work: workloads.Work, once: bool = False, **env: str) -> None:
        command = [sys.executable, "-m", "benchmarks.worker", column, work.name, str(DATA)]
        log = (BUILD / "log.txt").open("a")
        print("#", *command[3:5], file=log, flush=True)
        self.result = Result(work.name, column)
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, "once"] if once else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(work.threads) | env,
        )
        log.close()
        found = self._answer()
        self.result.process = time.perf_counter() - began
        self.absent = found.get("absent", "")
        if not self.absent:
            self.result.first = found["seconds"]
            self.result.imported = found["import"]
            self._keep(found)

    def again(self) -> None:
        """One more round."""
        self._process.stdin.write("again\n")
        self._process.stdin.flush()
        found = self._answer()
        if "absent" in found:
            raise RuntimeError(f"{self.result.work}, {self.result.column}: {found['absent']}")
        self.result.seconds.append(found["seconds"])
        self._keep(found)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def _keep(self, found: dict[str, Any]) -> None:
        self.result.peak, self.result.loss = found["peak"], found["loss"]
        self.result.steps = found["steps"]

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            text = f"failed with exit code {self._process.wait()}: see {BUILD / 'log.txt'}"
            print(f"{self.result.work}, {self.result.column}: {text}", file=sys.stderr)
            return {"absent": text}
        return json.loads(line)


def environment(threads: int | None) -> dict[str, str]:
    """This process's, with byte code kept (as for installed libraries) and BLAS limited."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    if threads is not None:
        env |= {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    return env


def prepare(work: workloads.Work) -> None:
    """Write the arrays of a work, from which every worker reads them."""
    folder = DATA / work.name
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in workloads.make_arrays(work).items():
        np.save(folder / f"{name}.npy", array)


def compare(work: workloads.Work, columns: list[str], rounds: int | None = None) -> list[Result]:
    """All columns on one work: a first run each, then rounds in which they alternate.

    Raises SystemExit where the losses show that a column did other work.
    """
    prepare(work)
    workers = []
    try:
        for column in columns:
            workers.append(Worker(column, work))
        present = [worker for worker in workers if not worker.absent]
        for _ in range(work.rounds if rounds is None else rounds):
            for worker in present:
                worker.again()
    finally:
        for worker in workers:
            worker.close()
    results = [worker.result for worker in present]
    check_losses(work, results)
    return results


def comparable(work: workloads.Work, result: Result) -> bool:
    """Whether this column's last loss must be that of the others."""
    shuffles = result.column == "fit" and work.batch is not None
    return result.column not in peers.BY_ITSELF and not shuffles


def check_losses(work: workloads.Work, results: list[Result]) -> None:
    """All columns recorded the loss of every step, and ended at the same one."""
    same = [result for result in results if comparable(work, result)]
    for result in same:
        if result.steps != work.updates:
            sys.exit(f"{work.name}, {result.column}: {result.steps} losses of {work.updates} steps")
    losses = {result.column: result.loss for result in same}
    if losses and max(losses.values()) - min(losses.values()) > work.tolerance * min(
        losses.values()
    ):
        sys.exit(f"{work.name}: the final losses differ, so the work was not the same: {losses}")
