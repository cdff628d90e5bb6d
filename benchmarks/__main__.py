"""Measure, print, and write to build/bench/.

make bench                          all questions but scaling, lab, tables and streaming
make bench ARGS="line signs"        the training table for these works
make bench ARGS="cold calls"        these questions
make bench ARGS="big --rounds 1 --columns chainrule NumPy"
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from . import peers, workloads
from .bench import BUILD
from .report import machine, write_page

PAGE = Path("docs/benchmarks.md")
USUAL = ("train", "cold", "calls", "loops", "memory", "products")
QUESTIONS = (*USUAL, "scaling", "lab", "tables", "streaming")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench ARGS=...",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [*QUESTIONS, *workloads.WORKS]
    parser.add_argument("what", nargs="*", metavar="question|work", help=", ".join(names))
    parser.add_argument("--rounds", type=int, help="rounds, whose median counts")
    parser.add_argument("--columns", nargs="+", choices=list(peers.COLUMNS), metavar="COLUMN")
    parser.add_argument("--page", action="store_true", help=f"put the tables into {PAGE}")
    options = parser.parse_args()
    unknown = [name for name in options.what if name not in names]
    if unknown:
        parser.error(f"there is no {unknown[0]!r}; there are {', '.join(names)}")
    options.works = [name for name in options.what if name in workloads.WORKS]
    questions = [name for name in QUESTIONS if name in options.what]
    if options.works and not {"train", "cold", "memory"} & set(questions):
        questions.insert(0, "train")
    options.progress = lambda text: print(f"… {text}", file=sys.stderr, flush=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    pages = []
    for name in questions or USUAL:
        tables = importlib.import_module(f"benchmarks.{name}").run(options)
        for table in tables:
            table.show()
        pages += [table.markdown() for table in tables]
    text = "\n".join([machine() + "\n", *pages])
    (BUILD / "tables.md").write_text(text, encoding="utf-8")
    if options.page:
        write_page(PAGE, text)
    print(f"All numbers and plots: {BUILD}/")


if __name__ == "__main__":
    main()
