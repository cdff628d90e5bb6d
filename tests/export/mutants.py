"""Damaged and malicious model files: each must load, or end in ModelFileError, in little memory.

``python -m tests.export.mutants --count 10000 --seed 0`` prints what became of them as JSON, and
ends with status 1 at the first that did anything else. Most mutants get a right checksum, so that
everything behind it is tried too. Those that load are called, compiled and not: whatever a file
says, it must not crash the process.
"""

import argparse
import collections
import importlib.util
import json
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

import chainrule as cr
from chainrule import lax, nn
from chainrule.engine.graph import Graph
from chainrule.export import ModelFileError, load, save
from chainrule.export.any_batch import BatchModule, as_batch_module
from chainrule.export.graph_module import GraphModule

from .mutations import KINDS

MEMORY = 2**28  # bytes that all loading and running may take beyond what the libraries do
SECONDS = 5  # of a processor, for one file
MOST = 10**5  # elements of an array, and turns of a loop, in a graph that is run
X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)

# -- files to begin with -----------------------------------------------------------------------


def looped(x, w):
    """A graph with most kinds of parameters: loops, a branch, indices, slices, random bits."""

    def step(carry, row):
        return np.tanh(carry * row + w), carry.sum()

    carry, sums = lax.scan(step, np.zeros(4, np.float32), x)
    carry = lax.cond(carry.sum() > 0, lambda v: v * 2, np.sin, carry)
    count = lax.while_loop(lambda n: n < 5, lambda n: n + 1, 0)
    noise = cr.random.uniform(np.array([1, 2], np.uint32), (4,), np.float32)
    picked = x[np.argsort(x, 0)[:, 0], 1:3] @ np.ones((2, 2), np.float32)
    changed = carry.at[np.array([0, 2])].add(noise[::2])
    return changed, sums, count, picked.reshape(6), np.pad(x, 1), np.concatenate([x, x], 1)


class Own(nn.Module):
    """A class that is kept as a graph for any batch size."""

    def __init__(self):
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        y = self.layer(x) - x.mean(0)
        y = np.concatenate([y[1:], np.ones((1, 4), np.float32)], 0) / x.shape[0]
        return y[np.arange(x.shape[0]), np.argmax(x, 1)]


def networks():
    """Small networks of different kinds."""
    tied = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.2))
    again = nn.Linear(4, 4)
    again.weight = tied[0].weight
    yield nn.Sequential(tied, again, tied, np.tanh, nn.LayerNorm(4), nn.PReLU(4))
    yield nn.ModuleDict({"table": nn.Embedding(5, 4), "loss": nn.FocalLoss(alpha=0.3)})
    yield as_batch_module(Own(), X)
    yield GraphModule(cr.trace(looped, X, np.ones(4, np.float32)), {"0.w": np.ones(4, np.float32)})


def table():
    """A small model of a table, and the rows that it was learned from."""
    import polars

    from chainrule.data.tables import infer
    from chainrule.tabular import Recipe
    from chainrule.tabular.model import TableModel

    names = [f"v{i % 17}" for i in range(80)]
    frame = polars.DataFrame(
        {
            "size": np.linspace(-1, 1, 80),
            "kind": names,
            "small": [name[-1] in "13" for name in names],
            "y": ["no", "yes"] * 40,
        }
    )
    recipe = Recipe(hidden=(4,), epochs=2, batch_norm=True)
    return TableModel.fit(recipe, frame, infer(frame, "y")), frame


class Original(NamedTuple):
    """A file to mutate, how it is loaded, and how what was loaded is run."""

    raw: bytes
    load: Callable
    run: Callable


def originals(path):
    """The files of small models of all kinds that can be made here."""
    for network in networks():
        save(network, path)
        yield Original(path.read_bytes(), load, run)
    if importlib.util.find_spec("polars") is None:
        return
    model, frame = table()
    model.save(path)
    yield Original(path.read_bytes(), type(model).load, lambda found, _: predict(found, frame))


# -- trying them -------------------------------------------------------------------------------


class TooSlow(Exception):
    pass


def on_alarm(*_):
    raise TooSlow(f"more than {SECONDS} s")


def is_small(graph):
    """Whether running it is a matter of moments."""
    for node in graph.nodes:
        kinds = node.type if isinstance(node.type, tuple) else (node.type,)
        if any(kind.size > MOST for kind in kinds) or node.params.get("length", 0) > MOST:
            return False
        for value in node.params.values():
            held = value if isinstance(value, tuple) else (value,)
            if not all(is_small(g) for g in held if isinstance(g, Graph)):
                return False
        if node.primitive and node.primitive.name == "while_loop":
            return False
    return True


def run(module, compiled):
    """Call it; it may fail in any way that Python survives."""
    parts = list(module.modules())
    graphs = [part.graph for part in parts if isinstance(part, GraphModule)]
    try:
        graphs += [part.sized.at(len(X)) for part in parts if isinstance(part, BatchModule)]
    except ModelFileError:
        return "cannot run"
    if not all(map(is_small, graphs)):
        return "large"
    try:
        with cr.no_grad(), np.errstate(all="ignore"):
            call = cr.jit(lambda x: module.eval()(x)) if compiled else module.eval()
            call(X)
    except TooSlow:
        raise
    except Exception:
        return "cannot run"
    return "ran"


def predict(model, frame):
    """Use a model of a table; it may fail in any way that Python survives."""
    try:
        with np.errstate(all="ignore"):
            model.predict(frame)
    except TooSlow:
        raise
    except Exception:
        return "cannot run"
    return "ran"


def attempt(path, raw, original, compiled):
    """What became of one file, in a word."""
    path.write_bytes(raw)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        found = original.load(path)
    except ModelFileError as error:
        assert "not enough memory" not in str(error), error
        assert str(path) in str(error), error
        return "refused"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        return f"loaded, {original.run(found, compiled)}"
    except TooSlow:
        return "loaded, slow"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def limit_memory():
    """Address space for what is there already, and little more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main():
    """Try so many mutants, from this seed on."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    signal.signal(signal.SIGPROF, on_alarm)
    found = collections.Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.model"
        every = list(originals(path))
        for original in every:
            assert attempt(path, original.raw, original, True).startswith("loaded")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        limit_memory()
        for number in range(given.count):
            rng = np.random.default_rng([given.seed, number])
            mutate = KINDS[rng.integers(len(KINDS))]
            original = every[rng.integers(len(every))]
            raw = mutate(rng, original.raw)
            start = time.perf_counter()
            try:
                outcome = attempt(path, raw, original, compiled=number % 4 == 0)
            except BaseException as error:
                kept = Path(tempfile.gettempdir()) / f"mutant-{given.seed}-{number}.model"
                kept.write_bytes(raw)
                print(f"{mutate.__name__} {number}: {error!r}; kept as {kept}", file=sys.stderr)
                raise
            slowest = max(slowest, time.perf_counter() - start)
            kind = "unchanged" if raw == original.raw else mutate.__name__
            found[f"{kind}: {outcome}"] += 1
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    report = {"outcomes": dict(sorted(found.items())), "slowest": slowest, "grown_kb": grown}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
