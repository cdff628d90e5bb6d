"""Random graphs, compiled against evaluated: ``make fuzz ARGS="--graphs 100000 --minutes 60"``.

Batches of seeds run in processes of their own, so that a crash of machine code is found and its
seed told. The exit code says whether anything failed.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .compare import check, is_compiling, settings

BATCH = 250  # graphs a process checks
HANGS = 120  # seconds for one graph
SHOWN = 3  # failures that are made smaller and printed


def arguments():
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=...", description=__doc__)
    parser.add_argument("--graphs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0, help="of the first graph")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--failures", type=int, default=20, help="so many are enough: stop")
    parser.add_argument("--tap", type=int, default=0, metavar="N", help="look inside N graphs")
    parser.add_argument("--only", type=int, metavar="SEED", help="check, shrink, print one graph")
    parser.add_argument("--batch", type=int, nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


# -- in the worker -----------------------------------------------------------------------------


def run_batch(first, count, tap):
    """Check the graphs of these seeds; a line before and a line after each."""
    from .generate import generate

    for seed in range(first, first + count):
        print("begin", seed, flush=True)
        generated = generate(seed)
        problems, elements, unstable = examine(generated, tap)
        print("end", elements, unstable, " | ".join(problems).replace("\n", " "), flush=True)


def examine(generated, tap):
    """The problems of one graph, how many numbers were compared, and how many could not be."""
    try:
        if tap:
            return look_inside(generated), 0, 0
        with settings(generated.seed):
            verdict = check(generated.graph, generated.values)
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        return [f"{type(error).__name__} at {place}: {error}"], 0, 0
    return verdict.problems, verdict.elements, verdict.unstable


def look_inside(generated):
    from .taps import check_taps

    rng = np.random.default_rng(generated.seed)
    return check_taps(generated.graph, generated.values[0], rng)


# -- in the parent -----------------------------------------------------------------------------


@dataclass
class Progress:
    """What is left to do, and what was found."""

    pending: list[tuple[int, int]]
    tap: int
    enough: int
    deadline: float
    start: float = field(default_factory=time.monotonic)
    graphs: int = 0
    elements: int = 0
    unstable: int = 0
    failures: dict[int, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next_batch(self):
        """Seeds to check, or None."""
        with self.lock:
            late = time.monotonic() > self.deadline or len(self.failures) >= self.enough
            return None if late or not self.pending else self.pending.pop(0)

    def fail(self, seed, text):
        with self.lock:
            self.failures[seed] = text
        print(f"seed {seed}: {text}", flush=True)

    def line(self):
        seconds = time.monotonic() - self.start
        share = 100 * self.unstable / max(self.elements, 1)
        return (
            f"{self.graphs:,} graphs in {seconds:.0f} s, {len(self.failures)} failures, "
            f"{self.elements:,} numbers compared, {share:.2f} % not comparable"
        )


def work(progress):
    """Run batch after batch; after a crash, go on behind the graph that crashed."""
    while (batch := progress.next_batch()) is not None:
        first, count = batch
        reached = watch(progress, first, count)
        if reached < first + count:
            with progress.lock:
                progress.pending.insert(0, (reached, first + count - reached))


def watch(progress, first, count):
    """One process over a batch; the seed to go on with."""
    child = subprocess.Popen(
        [*COMMAND, "--batch", str(first), str(count), "--tap", str(progress.tap)],
        stdout=subprocess.PIPE,
        text=True,
    )
    seed, is_open = first - 1, False
    timer = threading.Timer(HANGS, child.kill)
    timer.start()
    for line in child.stdout:
        word, _, rest = line.partition(" ")
        if word == "begin":
            seed, is_open = int(rest), True
            timer.cancel()
            timer = threading.Timer(HANGS, child.kill)
            timer.start()
        elif word == "end":
            is_open = False
            _take_note(progress, seed, rest)
    timer.cancel()
    code = child.wait()
    if is_open or code:
        progress.fail(seed, f"the process ended with code {code} (negative: a signal)")
        return seed + 1
    return first + count


def _take_note(progress, seed, line):
    elements, unstable, problems = line.rstrip("\n").split(" ", 2)
    with progress.lock:
        progress.graphs += 1
        progress.elements += int(elements)
        progress.unstable += int(unstable)
    if problems:
        progress.fail(seed, problems)


COMMAND = [sys.executable, "-m", "tests.fuzz"]


def run_all(args):
    """Everything that the arguments ask for; the exit code."""
    total = args.tap or args.graphs
    firsts = range(args.seed, args.seed + total, BATCH)
    batches = [(first, min(BATCH, args.seed + total - first)) for first in firsts]
    if not is_compiling():
        print("There is no compiler: the simplified graphs are evaluated in its place.")
    progress = Progress(batches, args.tap, args.failures, time.monotonic() + 60 * args.minutes)
    workers = [threading.Thread(target=work, args=(progress,)) for _ in range(args.workers)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        workers[0].join(10)
        time.sleep(0 if workers[0].is_alive() else 1)
        print(progress.line(), flush=True)
    for number, seed in enumerate(sorted(progress.failures)):
        print(f'make fuzz ARGS="--only {seed}"   # {progress.failures[seed][:120]}')
        if number < SHOWN and not args.tap:
            subprocess.run([*COMMAND, "--only", str(seed)], check=False)
    return int(bool(progress.failures) or not progress.graphs)


def run_one(seed):
    """Check one graph; if it fails, print a smaller one that does."""
    from .generate import generate
    from .shrink import FINE, Smaller, outcome

    np.set_printoptions(threshold=40, edgeitems=2)
    generated = generate(seed)
    for values in generated.values:
        with settings(seed):
            if outcome(generated.graph, values) == FINE:
                continue
            graph, given = Smaller(generated.graph, values).run()
            print(f"seed {seed}, {generated.form}, made smaller:\n{graph}")
            for node, value in zip(graph.inputs, given, strict=True):
                print(f"{node.type} = {value!r}")
            code = outcome(graph, given, show=True)
            print(f"the process ended with code {code}")
            return 1
    problems = examine(generated, 0)[0]
    print(f"seed {seed}, {generated.form}: {len(generated.graph)} nodes", *problems, sep="\n  ")
    return int(bool(problems))


if __name__ == "__main__":
    options = arguments()
    if options.batch:
        run_batch(*options.batch, options.tap)
        sys.stdout.flush()
        os._exit(0)
    sys.exit(run_all(options) if options.only is None else run_one(options.only))
