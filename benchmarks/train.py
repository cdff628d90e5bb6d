"""How long a whole training takes, in milliseconds, and how many times ours the others take."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from typing import Any

from . import peers, workloads
from .bench import BUILD, Result, compare
from .report import Table


def run(options: Any) -> list[Table]:
    columns = options.columns or list(peers.COLUMNS)
    works = [workloads.WORKS[name] for name in options.works or workloads.WORKS]
    results: list[Result] = []
    for work in works:
        options.progress(f"training: {work.name} ({work.title})")
        results += compare(work, columns, options.rounds)
        write(results)
    compared = [result.work for result in results if result.column == "chainrule"]
    if compared:
        from . import plots

        plots.ratios(results, compared, columns, BUILD / "training.png")
    return tables(results, works, columns)


def tables(results: list[Result], works: list[workloads.Work], columns: list[str]) -> list[Table]:
    """Milliseconds, and ratios to ours."""
    found = {(result.work, result.column): result for result in results}
    millis = Table("Whole training, median ms (BLAS: its bare matrix products)", ["work", *columns])
    ratios = Table("The same, as multiples of chainrule's time", ["work", *columns])
    for work in works:
        row = [found.get((work.name, column)) for column in columns]
        ours = found.get((work.name, "chainrule"))
        millis.add(work.name, *(r and 1e3 * r.median for r in row))
        if ours:
            ratios.add(work.name, *(r and r.median / ours.median for r in row))
    notes = []
    for work in works:
        loss = next((r.loss for r in results if r.work == work.name), None)
        notes.append(f"{work.name} {loss:.6g} (within {work.tolerance:g})")
    millis.notes.append("Final losses, equal for all: " + ", ".join(notes) + ".")
    millis.notes.append(
        "sklearn starts and shuffles by itself; so does fit where there are batches."
    )
    return [millis, ratios] if ratios.rows else [millis]


def write(results: list[Result]) -> None:
    """Every number, in build/bench/training.json; the medians in training.csv."""
    BUILD.mkdir(parents=True, exist_ok=True)
    rows = [asdict(result) | {"median": result.median} for result in results]
    (BUILD / "training.json").write_text(json.dumps(rows, indent=1))
    with (BUILD / "training.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["work", "column", "median_ms", "first_ms", "peak_mb", "final_loss"])
        for r in results:
            writer.writerow([r.work, r.column, 1e3 * r.median, 1e3 * r.first, r.peak, r.loss])
