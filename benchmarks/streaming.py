"""A table larger than memory against the same table in memory: rows a second, and peak memory.

A teacher network labels seeded random rows, with noise; they are written to Parquet once. Both
learn one epoch of them with the same network and batches, each in a process of its own: from
arrays that were read and prepared before, or from the file, prepared piece by piece on the way.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from .bench import BUILD
from .report import Table

ROWS = int(os.environ.get("CHAINRULE_BENCH_ROWS", 10_000_000))
COLUMNS = 20
GROUP = 1 << 16  # rows that are made and written at a time
NOISE = 0.1  # standard deviation: the least mean squared error is its square
BATCH = 256


def run(options: Any) -> list[Table]:
    path = BUILD / f"teacher-{ROWS}.parquet"
    if not path.exists():
        options.progress(f"streaming: making {ROWS:,} rows")
        make(path)
    found: dict[str, list[dict[str, float]]] = {"in memory": [], "from the file": []}
    for turn in range(options.rounds or 3):
        for name, results in found.items():
            options.progress(f"streaming: {name}, {turn + 1}")
            command = [sys.executable, "-m", "benchmarks.streaming", name, str(path)]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            results.append(json.loads(output))
    columns = ["", "million rows a second", "peak memory, MB", "mean squared error"]
    title = f"One epoch of {ROWS:,} rows of {COLUMNS} numbers, batches of {BATCH}"
    table = Table(title, columns)
    for name, results in found.items():
        table.add(name, *(median(each[key] for each in results) for key in results[0]))
    size = path.stat().st_size / 1e6
    table.notes.append(f"The file has {size:,.0f} MB; the teacher's own error is {NOISE**2:.2g}.")
    return [table]


def make(path: Path) -> None:
    """Rows and what a teacher network says of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    first = rng.normal(size=(COLUMNS, 16)).astype(np.float32) / np.sqrt(COLUMNS)
    last = rng.normal(size=16).astype(np.float32)
    names = [f"x{i}" for i in range(COLUMNS)]
    kinds = pa.schema([(name, pa.float32()) for name in [*names, "y"]])
    part = path.with_suffix(".part")
    with pq.ParquetWriter(part, kinds) as writer:
        for start in range(0, ROWS, GROUP):
            count = min(GROUP, ROWS - start)
            x = rng.normal(size=(count, COLUMNS)).astype(np.float32)
            noise = NOISE * rng.normal(size=count)
            y = (np.tanh(x @ first) @ last + noise).astype(np.float32)
            writer.write_table(pa.table([*x.T, y], schema=kinds))
    part.rename(path)


def learn(way: str, path: str) -> dict[str, float]:
    """One epoch; reading, preparing and compiling in advance is not counted for arrays."""
    from chainrule import nn, optim, random
    from chainrule.data.tables import Preparation, infer
    from chainrule.tabular import streaming
    from chainrule.train import Chunks, fit

    drawn = streaming.sample(path, most=20_000)
    preparation = Preparation.fit(drawn.frame, infer(drawn.frame, "y"))
    none = np.empty(0, np.int64)

    def pieces(epoch: int = 0) -> Iterator[Any]:
        for x, y in streaming.prepared(path, preparation, without=none, options={}):
            yield x, y[:, None]

    data: Any = Chunks(pieces, examples=ROWS)
    if way == "in memory":
        x = np.empty((ROWS, COLUMNS), np.float32)
        y = np.empty((ROWS, 1), np.float32)
        start = 0
        for xs, ys in pieces():
            x[start : start + len(xs)], y[start : start + len(xs)] = xs, ys
            start += len(xs)
        data = (x, y)
    random.seed(0)
    net = nn.Sequential(
        nn.Linear(COLUMNS, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1)
    )
    optimizer = optim.Adam(net.parameters(), lr=1e-3)
    began = time.perf_counter()
    history = fit(net, nn.MSELoss(), optimizer, data, batch_size=BATCH, lint=False)
    seconds = time.perf_counter() - began
    return {
        "rate": ROWS / seconds / 1e6,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "error": float(history.losses[-1000:].mean()),
    }


if __name__ == "__main__":
    print(json.dumps(learn(*sys.argv[1:])))
