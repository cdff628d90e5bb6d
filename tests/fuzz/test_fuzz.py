"""A small share of the fuzzing, and tests that the fuzzing itself can fail."""

import subprocess
import sys
from functools import partial

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.graph import Graph
from chainrule.engine.interpret import assemble
from tests.conformance.rows import LEAVES, ROWS

from .compare import check, is_compiling, same_bits, settings, simplified
from .generate import generate
from .noise import noisy

GRAPHS = 200
PARTS = 4


@pytest.mark.skipif(not is_compiling(), reason="there is no compiler")
@pytest.mark.parametrize("part", range(PARTS))
def test_compiled_graphs_compute_what_evaluated_ones_do(part):
    for seed in range(part, GRAPHS, PARTS):
        generated = generate(seed)
        with settings(seed):
            verdict = check(generated.graph, generated.values)
        assert not verdict.problems, (seed, verdict.problems)


def test_simplified_graphs_compute_what_the_graphs_do():
    for seed in range(GRAPHS):
        generated = generate(seed)
        verdict = check(generated.graph, generated.values, simplified)
        assert not verdict.problems, (seed, verdict.problems)


def test_a_seed_gives_the_same_graph_and_values():
    for seed in range(40):
        one, two = generate(seed), generate(seed)
        assert str(one.graph) == str(two.graph)
        assert all(map(same_bits, one.values[1], two.values[1]))


def names_in(graph):
    for node in graph.nodes:
        if node.primitive is not None:
            yield node.primitive.name
        for value in node.params.values():
            for inner in value if isinstance(value, tuple) else (value,):
                if isinstance(inner, Graph):
                    yield from names_in(inner)


def test_every_primitive_is_generated():
    missing = (
        set(ROWS) - LEAVES - {"term"}
    )  # the compiler's own: tests/engine/compile/test_layout.py
    for seed in range(3000):
        missing -= set(names_in(generate(seed).graph))
        if not missing:
            break
    assert not missing


# -- the comparison ----------------------------------------------------------------------------


def other_rounding(graph):
    """An honest implementation that rounds elsewhere."""
    return lambda values: list(map(np.asarray, noisy(graph, np.random.default_rng(9), values)[0]))


def test_honest_rounding_is_no_mismatch():
    unstable = elements = 0
    for seed in range(0, 100):
        generated = generate(seed)
        verdict = check(generated.graph, generated.values, other_rounding)
        assert not verdict.problems, (seed, verdict.problems)
        unstable, elements = unstable + verdict.unstable, elements + verdict.elements
    assert unstable < 0.02 * elements


def changed(change, graph):
    """A program whose results are the evaluated ones, except for one element."""

    def run(values):
        found = [np.array(x) for x in assemble(graph)(values)]
        found[0].flat[0] = change(found[0].flat[0])
        return found

    return run


X = np.linspace(0.1, 2.0, 24, dtype=np.float32).reshape(4, 6)


@pytest.mark.parametrize(
    "function, change",
    [
        (lambda x: x * x + 1, lambda y: np.nextafter(y, np.float32(9))),
        (lambda x: np.tanh(x) * 2, lambda y: y * np.float32(1.00001)),
        (lambda x: x @ x.T, lambda y: y * np.float32(1.0001)),
        (lambda x: np.exp(x) > 2, lambda y: not y),
        (lambda x: np.argsort(np.tanh(x)), lambda y: y + 1),
        (lambda x: np.log(x), lambda y: np.float32(np.nan)),
        (lambda x: np.log(x - 0.1), lambda y: np.float32(-100)),
        (lambda x: cr.lax.scan(lambda c, r: (np.sin(c + r), c), x[0], x)[1], lambda y: y + 0.01),
    ],
)
def test_a_wrong_element_is_a_mismatch(function, change):
    graph = cr.trace(function, X)
    assert not check(graph, [[X]], partial(changed, lambda y: y)).problems
    assert check(graph, [[X]], partial(changed, change)).problems


def test_programs_that_share_memory_are_found():
    graph = cr.trace(lambda x: x + 1, X)
    buffer = np.empty_like(X)

    def reuses(graph):
        return lambda values: [np.add(values[0], np.float32(1), out=buffer)]

    def spoils(graph):
        return lambda values: [np.add(values[0], np.float32(1), out=values[0])]

    def forgets(graph):
        return lambda values: [values[0].astype(np.float64) + 1]

    for wrong in (reuses, spoils, forgets):
        assert check(graph, [[X.copy()], [X * 2]], wrong).problems


def test_no_thread_overtakes_another_that_still_reads_whether_a_loop_goes_on():
    """In a process of its own, for it once hung."""
    command = [sys.executable, "-m", "tests.fuzz", "--batch", "80016445", "1"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    begin, end = run.stdout.splitlines()
    assert (begin, end.split()[0], end.split()[3:]) == ("begin 80016445", "end", [])
