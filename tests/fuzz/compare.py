"""Compiled against evaluated: what counts as a mismatch.

- Types are those of the graph; bits of a second run equal those of the first; inputs stay as they
  were; results of an earlier run are not touched by a later one.
- Integers and truth values are equal.
- Real numbers differ by at most ``SPREAD`` times what runs with rounding noise differ by
  (``noise.py``). Where no noise reaches an output, every bit of it must be equal (0 is -0).
- An element whose outcome the noise itself turns over (another order, another branch, NaN or not)
  is not compared: it is counted as unstable.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from unittest import mock

import numpy as np

from chainrule.engine import compile as native
from chainrule.engine.compile.threads import Team
from chainrule.engine.config import config
from chainrule.engine.interpret import assemble
from chainrule.engine.simplify import simplify

from .noise import noisy

SPREAD = 4.0
RUNS = (3, 40, 400)  # with noise: at first, and before a mismatch is claimed


@dataclass
class Verdict:
    """What a comparison found: a text for each mismatch, and how many elements were compared."""

    problems: list[str]
    elements: int = 0
    unstable: int = 0

    def add(self, other):
        self.problems += other.problems
        self.elements += other.elements
        self.unstable += other.unstable


def compiled(graph):
    """The compiled program of a graph: ``program(values) -> list of arrays``."""
    return native.compile_graph(graph)


@contextmanager
def on_threads(count):
    """Every call on so many threads, even where fewer would be quicker; nothing kept on disk."""
    always = mock.patch.object(Team, "choose", lambda team: team.most)
    with config(threads=count, cache=False), always:
        yield


def settings(seed):
    """Even seeds run on one thread, odd ones on two."""
    return on_threads(1 + seed % 2)


def simplified(graph):
    """The simplified graph, evaluated: what stands in where nothing is compiled."""
    return assemble(simplify(graph), owned=True)


def is_compiling():
    """Whether this machine has a compiler to compare with."""
    with config(compile=True):
        return config.why_not is None


def check(graph, lists_of_values, make=None):
    """Compare ``make(graph)``, the compiled program, with the evaluated graph on these values."""
    verdict = Verdict([])
    if make is None:
        make = compiled if is_compiling() else simplified
    program, reference = make(graph), assemble(graph)
    first = None
    for values in lists_of_values:
        before = [np.array(x) for x in values]
        found = program(values)
        kept = [np.array(x) for x in found]
        if first is None:
            first = found, kept
        if not all(map(same_bits, values, before)):
            verdict.problems.append("an input was changed")
        problem = wrong_type(graph, found)
        if problem:
            verdict.problems.append(problem)
        else:
            verdict.add(_compare(graph, values, kept, reference(values)))
    found, kept = first
    if not all(map(same_bits, found, kept)):
        verdict.problems.append("a later run changed the results of an earlier one")
    if not all(map(same_bits, program(lists_of_values[0]), kept)):
        verdict.problems.append("the same values gave other bits in a later run")
    return verdict


def same_bits(a, b):
    """Whether two arrays are alike in every bit."""
    a, b = np.asarray(a), np.asarray(b)
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def wrong_type(graph, found):
    """What is wrong with the types of results, or an empty text."""
    if len(found) != len(graph.outputs):
        return f"{len(found)} results for {len(graph.outputs)} outputs"
    for number, (x, node) in enumerate(zip(found, graph.outputs, strict=True)):
        x = np.asarray(x)
        if (x.shape, x.dtype) != (node.type.shape, node.type.dtype):
            return f"output {number} is {x.dtype}{list(x.shape)} instead of {node.type}"
    return ""


def _compare(graph, values, found, wanted):
    verdict = Verdict([], sum(x.size for x in found))
    off = [i for i, pair in enumerate(zip(found, wanted, strict=True)) if not _equal(*pair).all()]
    runs, keys = [], []
    for count in RUNS:
        if not off:
            return verdict
        while len(runs) < count:
            results, drawn = noisy(graph, np.random.default_rng(len(runs)), values)
            runs.append(results)
            keys.append(drawn)
        if any(drawn != keys[0] for drawn in keys):
            verdict.unstable += sum(found[i].size for i in off)
            return verdict
        judged = {i: _judge(found[i], np.asarray(wanted[i]), [r[i] for r in runs]) for i in off}
        off = [i for i, (wrong, _, _) in judged.items() if wrong.any()]
        verdict.unstable += sum(unstable for i, (_, unstable, _) in judged.items() if i not in off)
    for i in off:
        wrong, unstable, allowed = judged[i]
        verdict.unstable += unstable
        verdict.problems.append(_describe(i, wrong, found[i], np.asarray(wanted[i]), allowed))
    return verdict


def _equal(a, b):
    both_nan = (a != a) & (b != b)
    return np.asarray((a == b) | both_nan)


def _judge(found, wanted, runs):
    """Which elements are wrong, how many cannot be compared, and what difference is allowed."""
    wrong = ~_equal(found, wanted)
    if found.dtype.kind != "f":
        stable = np.all([_equal(run, wanted) for run in runs], axis=0)
        return wrong & stable, int((wrong & ~stable).sum()), np.zeros(found.shape)
    with np.errstate(all="ignore"):
        apart = [np.abs(np.asarray(run, np.float64) - wanted) for run in runs]
        allowed = SPREAD * np.max(apart, axis=0)
        distance = np.abs(found.astype(np.float64) - wanted)
    finite = np.isfinite(wanted)
    jumps = np.any([np.isfinite(run) != finite for run in runs], axis=0)
    jumps |= np.any([~finite & ~_equal(run, wanted) for run in runs], axis=0)
    near = finite & np.isfinite(found) & (distance <= allowed)
    return wrong & ~jumps & ~near, int((wrong & jumps).sum()), allowed


def _describe(number, wrong, found, wanted, allowed):
    wrong, found, wanted, allowed = map(np.atleast_1d, (wrong, found, wanted, allowed))
    place = tuple(int(i[0]) for i in np.nonzero(wrong))
    return (
        f"output {number}: {int(wrong.sum())} of {wrong.size} elements differ, first at {place}: "
        f"compiled {found[place]!r}, evaluated {wanted[place]!r}, allowed {allowed[place]:.3g}"
    )
