"""lower and cost: what is shown is what runs, and what is counted is what the formulas say."""

import re

import numpy as np
import pytest

import chainrule
from chainrule import config, jit, lax
from chainrule.engine.compile.cost import amount, table

X, W, B = np.ones((32, 8), "f"), np.ones((8, 4), "f"), np.ones(4, "f")


@jit
def layer(x, w, b):
    return np.tanh(x @ w + b)


@pytest.fixture(autouse=True)
def one_thread():
    with config(threads=1):
        yield


def test_operations_and_bytes_of_a_layer():
    cost = layer.lower(X, W, B).cost()
    (kernel,) = cost.kernels
    assert kernel.what == "einsum add tanh"
    assert kernel.loops == "32×4 Σ 8"
    assert kernel.flops == 2 * 32 * 4 * 8 + 32 * 4 + 10 * 32 * 4
    assert (kernel.read, kernel.written) == (4 * (32 * 8 + 8 * 4 + 4), 4 * 32 * 4)
    assert (cost.flops, cost.read, cost.written) == (kernel.flops, kernel.read, kernel.written)


@pytest.mark.parametrize(
    ("fn", "shape", "flops", "read", "written"),
    [
        (lambda x: x + x, (100,), 100, 800, 800),
        (lambda x: x.sum(), (20, 5), 100, 800, 8),
        (lambda x: np.exp(x)[:5], (100,), 50, 40, 40),  # what is not used is not computed
        (lambda x: x[::-1] * 2.0, (100,), 100, 800, 800),
        (lambda x: np.cumsum(x), (100,), 100, 800, 800),
        (lambda x: x @ x.T, (3, 7), 2 * 3 * 3 * 7, 2 * 8 * 21 // 2, 8 * 9),
        (lambda x: x.T, (3, 7), 0, 8 * 21, 8 * 21),
    ],
)
def test_operations_and_bytes(fn, shape, flops, read, written):
    cost = jit(fn).lower(np.ones(shape)).cost()
    assert (cost.flops, cost.read, cost.written) == (flops, read, written)


def test_scan_counts_each_turn():
    def run(x, w):
        return lax.scan(lambda c, _: (np.tanh(c @ w), None), x, None, length=50)[0]

    cost = jit(run).lower(X[:, :4], W[:4]).cost()
    (kernel,) = cost.kernels
    assert kernel.turns == 50
    assert cost.flops == 50 * kernel.flops == 50 * (2 * 32 * 4 * 4 + 10 * 32 * 4)
    assert [part.number for part in cost.parts] == ["1", "1.1"]


def test_of_two_branches_the_dearest_counts():
    def either(x):
        return lax.cond(x[0] > 0, lambda x: np.exp(x), lambda x: x + 1, x)

    cost = jit(either).lower(np.ones(1000)).cost()
    assert 10_000 <= cost.flops < 10_100


def test_texts_are_of_the_code_that_runs():
    lowered = layer.lower(X, W, B)
    layer(X, W, B)
    (compiled,) = layer._find((X, W, B), {})[0].program._compiled.values()
    assert lowered.llvm == compiled.module.text
    assert "= tanh(" in lowered.graph
    assert "spec=XY,YZ->XZ" in lowered.simplified
    assert "segment0" in lowered.assembly
    assert len(lowered.assembly.splitlines()) > 50


def test_a_kernel_in_words():
    text = layer.lower(X, W, B).kernels
    assert text.startswith("1 kernel0 einsum add tanh\n")
    assert "32×8 · 8×4, vectors of" in text
    assert re.search(r"reads +x0 f32\[32,8\], x1 f32\[8,4\], x2 f32\[4\]", text)
    assert re.search(r"writes +v\d+ f32\[32,4\]", text)
    assert "at        test_lowered.py:" in text
    assert "return np.tanh(x @ w + b)" in text
    assert "threads" not in text


def test_names_are_those_of_the_printed_graph():
    @jit
    def f(x):
        return np.tanh(x).sum(0), np.sort(x)

    lowered = f.lower(X)
    names = re.findall(r"^ +writes +(v\d+) (\S+)", lowered.kernels, re.MULTILINE)
    assert names
    for name, kind in names:
        assert f"\n{name}: {kind} = " in f"\n{lowered.simplified}"


def test_what_numpy_evaluates_has_a_reason():
    text = jit(np.sort).lower(np.ones(5)).kernels
    assert "1 sort by NumPy" in text
    assert "because   the row 'sort' has no llvm rule" in text


def test_kernels_of_a_loop_are_indented():
    def run(x):
        return lax.scan(lambda c, _: (c * 2, None), x, None, length=7)[0]

    text = jit(run).lower(np.ones(5)).kernels
    assert "1 scan\n  turns     7\n" in text
    assert "\n    1.1 kernel" in text


def test_shared_kernels_say_so():
    x = np.ones((256, 256), "f")
    with config(threads=2):
        lowered = jit(lambda x: x @ x).lower(x)
    assert lowered.threads == 2
    assert "threads   2 share rows, in multiples of" in lowered.kernels


def test_settings_of_the_call_are_kept():
    with config(cpu="baseline", mode="fast"):
        lowered = layer.lower(X, W, B)
    assert "zmm" not in lowered.assembly
    assert "ymm" not in lowered.assembly
    assert lowered.mode == "fast"


def test_texts_fit_in_80_columns():
    def run(x, w, b):
        def step(w, _):
            loss = lambda w: (np.tanh(x @ w + b) ** 2).mean()  # noqa: E731
            value, slope = chainrule.value_and_grad(loss)(w)
            return w - 0.1 * slope, value

        return lax.scan(step, w, None, length=5)

    lowered = jit(run).lower(np.ones((1055, 41)), np.ones((41, 20)), np.ones(20))
    for text in (str(lowered), lowered.kernels, repr(lowered.cost())):
        assert max(len(line) for line in text.splitlines()) <= 80


def test_a_table_cuts_what_is_long():
    assert table([["a", "x" * 90], ["bb", "y"]], left=(1,), cut=1, width=20).splitlines() == [
        " a  " + "x" * 15 + "…",
        "bb  y",
    ]


def test_amounts():
    assert [amount(n) for n in (0, 999, 1000, 12345, 2e9)] == ["0", "999", "1 k", "12.3 k", "2 G"]
