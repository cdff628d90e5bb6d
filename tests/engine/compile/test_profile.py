"""profile: every call is counted, times add up, and outside of the block there is no clock."""

import time

import numpy as np
import pytest

import chainrule
from chainrule import config, jit, lax, profile
from chainrule.engine.compile.loop import Loop

X, W = np.ones((300, 200), "f"), np.ones((200, 100), "f")


def kernels(table):
    return [row for row in table.rows if row.kind == "kernel"]


@pytest.mark.parametrize("threads", [1, 2])
def test_calls_operations_and_lines(threads):
    layer = jit(lambda x, w: np.tanh(x @ w))
    with config(threads=threads), profile() as table:
        for _ in range(10):
            layer(X, W)
    (row,) = kernels(table)
    assert (row.what, row.calls) == ("einsum tanh", 10)
    assert row.flops == 10 * (2 * 300 * 100 * 200 + 10 * 300 * 100)
    assert row.bytes == 10 * 4 * (300 * 200 + 200 * 100 + 300 * 100)
    assert row.line.startswith("test_profile.py:")
    assert "layer = jit(lambda x, w: np.tanh(x @ w))" in row.line
    assert "einsum tanh" in str(table)


def test_times_add_up():
    layer = jit(lambda x, w: np.tanh(x @ w))
    layer(X, W)
    began = time.perf_counter()
    with config(threads=1), profile() as table:
        for _ in range(30):
            layer(X, W)
        time.sleep(0.05)
    took = time.perf_counter() - began
    assert 0.05 < table.seconds < took
    assert sum(row.seconds for row in table.rows) == pytest.approx(table.seconds, rel=1e-3)
    (python,) = [row for row in table.rows if row.kind == "python"]
    assert python.seconds > 0.05
    (row,) = kernels(table)
    assert 30 * 5e-6 < row.seconds < table.seconds - 0.05  # 12 million operations a call


def test_the_clock_is_right():
    """A kernel that takes nearly all of the time, against Python's own clock."""
    big = np.ones((400, 400))
    product = jit(lambda x: x @ x)
    with config(threads=1), profile() as table:
        product(big)
        began = time.perf_counter()
        for _ in range(20):
            product(big)
        took = time.perf_counter() - began
    (row,) = kernels(table)
    assert 0.5 * took < row.seconds * 20 / 21 < 1.5 * took


def test_kernels_in_loops_count_each_turn():
    run = jit(lambda x: lax.scan(lambda c, _: (np.tanh(c), None), x, None, length=70)[0])
    with profile() as table:
        run(np.ones(100))
        run(np.ones(100))
    assert [row.calls for row in kernels(table) if row.what == "tanh"] == [140]


def test_loop():
    loop = Loop(lambda rate, w, x: (w - rate * (w - x), w), 0.25, np.ones(3), np.zeros((1, 3)))
    with profile() as table:
        loop.advance(np.ones((500, 3)), 500)
    assert sum(row.calls for row in kernels(table) if row.flops) == 500


def test_numpy_has_a_row():
    with profile() as table, config(compile=False):
        jit(np.tanh)(1.0)
    (row,) = [row for row in table.rows if row.kind == "numpy"]
    assert row.calls == 1
    assert not kernels(table)


def test_a_node_that_calls_back_has_a_row():
    with profile() as table:
        jit(np.sort)(np.ones(5))
    assert [row.what for row in kernels(table)] == ["sort by NumPy"]


def test_results_are_the_same_and_nothing_remains():
    layer = jit(lambda x, w: np.tanh(x @ w))
    plain = layer(X, W)
    with profile():
        np.testing.assert_array_equal(layer(X, W), plain)
    programs = layer._find((X, W), {})[0].program._compiled
    assert len(programs) == 2
    with profile() as second:
        layer(X, W)
    assert len(programs) == 2
    assert [row.calls for row in kernels(second)] == [1]
    with_clock = ["counter()" in program.module.text for program in programs.values()]
    assert with_clock == [False, True]


def test_the_table_can_be_read_inside_and_after_an_error():
    layer = jit(np.tanh)
    with pytest.raises(ZeroDivisionError), profile() as table:
        layer(X)
        inside = table.seconds
        assert "tanh" in str(table)
        raise ZeroDivisionError
    assert table.seconds >= inside
    assert table.seconds == table.seconds
    assert "profile" not in chainrule.config.now


def test_what_takes_little_is_shown_together():
    def many(x):
        for _ in range(20):
            x = np.sort(-x)
        return x

    with profile() as table:
        jit(many)(np.ones(5))
    assert len(kernels(table)) == 40
    rows = str(table).splitlines()[3:]
    assert len(rows) == 17
    assert f"{len(table.rows) - 16} more" in rows[-1]


def test_fits_in_80_columns():
    def loss(p, x):
        return (np.tanh(np.maximum(x @ p, 0) + p.sum(0)) ** 2).mean() + (p**2).sum() / p.size + 1

    slope = jit(chainrule.value_and_grad(loss))
    with profile() as table:
        slope(W, X)
    assert max(len(line) for line in str(table).splitlines()) <= 80
