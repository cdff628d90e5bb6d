"""Compiled programs at work: memory, threads of Python, interruption, what NumPy evaluates."""

import os
import signal
import threading
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.engine.primitives.families import elementwise
from chainrule.train import fit
from tests.fuzz.compare import is_compiling

pytestmark = pytest.mark.skipif(not is_compiling(), reason="there is no compiler")

X = np.linspace(-1, 1, 50, dtype=np.float32)


def loss(theta, x, y):
    return np.mean((theta["w"] * x + theta["b"] - y) ** 2)


def descend(steps):
    def step(theta, _):
        value, gradient = cr.value_and_grad(loss)(theta, X, 2.5 * X + 1)
        return cr.tree.map(lambda p, g: p - np.float32(0.1) * g, theta, gradient), value

    start = {"w": np.float32(0), "b": np.float32(0)}
    return cr.jit(lambda theta: cr.lax.scan(step, theta, None, length=steps))(start)


def resident():
    """Bytes of memory that this process holds."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs Linux' /proc")


@needs_proc
def test_a_million_steps_do_not_grow_memory():
    train = cr.jit(
        lambda theta: cr.lax.fori_loop(
            0,
            100_000,
            lambda _, theta: cr.tree.map(
                lambda p, g: p - np.float32(0.1) * g, theta, cr.grad(loss)(theta, X, X)
            ),
            theta,
        )
    )
    theta = train({"w": np.float32(0), "b": np.float32(0)})
    before = resident()
    for _ in range(10):
        theta = train(theta)
    assert resident() - before < 3e6
    assert abs(theta["w"] - 1) < 1e-5


@needs_proc
def test_many_different_graphs_do_not_grow_memory():
    f = cr.jit(lambda x: np.tanh(x @ x.T).sum())
    sizes = []
    for n in range(2, 202):
        f(np.ones((n, 3), np.float32))
        sizes.append(resident())
    assert sizes[-1] - sizes[99] < 20e6


def test_two_networks_train_at_once_as_one_after_the_other():
    rng = np.random.default_rng(0)
    data = [(rng.normal(size=(300, 8)), rng.normal(size=(300, 1))) for _ in range(2)]

    def train(number):
        first, second = cr.random.split(cr.random.key(number), 2)
        net = nn.Sequential(nn.Linear(8, 32, key=first), nn.Tanh(), nn.Linear(32, 1, key=second))
        optimizer = optim.Adam(net.parameters())
        fit(net, nn.MSELoss(), optimizer, data[number], epochs=30, progress=False)
        return [p.data for p in net.parameters()]

    alone = [train(0), train(1)]
    together = [None, None]

    def run(number):
        together[number] = train(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(alone, together, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_one_function_called_by_many_threads():
    f = cr.jit(lambda x: np.tanh(x @ x).sum(axis=0) * 2)
    inputs = [np.random.default_rng(i).normal(size=(40, 40)) for i in range(16)]
    wanted = [f(x) for x in inputs]
    found = [None] * len(inputs)

    def work(start):
        for _ in range(20):
            for i in range(start, len(inputs), 4):
                found[i] = f(inputs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for a, b in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs timers")
def test_ctrl_c_ends_a_long_run_soon():
    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    began = time.perf_counter()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            descend(50_000_000)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.perf_counter() - began < 10


def test_a_run_of_steps_gives_what_single_steps_give():
    theta, values = descend(100)
    by_hand = {"w": np.float32(0), "b": np.float32(0)}
    with cr.config(compile=False):
        for value in values:
            wanted, gradient = cr.value_and_grad(loss)(by_hand, X, 2.5 * X + 1)
            np.testing.assert_allclose(value, wanted, rtol=1e-4)
            by_hand = {k: by_hand[k] - np.float32(0.1) * gradient[k] for k in by_hand}
    np.testing.assert_allclose(theta["w"], by_hand["w"], rtol=1e-5)


# -- what has no compiled rule -----------------------------------------------------------------


def _slow_sign(x):
    if np.isnan(x).any():
        raise ValueError("no sign of NaN")
    return np.sign(x)


def test_a_row_without_a_rule_is_evaluated_in_the_midst_of_a_loop():
    sign = elementwise("own_sign", numpy=_slow_sign, arity=1)

    def step(x, _):
        y = sign(x) * 0.5 + x
        return y, y.sum()

    f = cr.jit(lambda x: cr.lax.scan(step, x, None, length=4))
    x = np.array([-1.0, 2.0, 3.0])
    last, sums = f(x)
    np.testing.assert_allclose(last, [-3, 4, 5])
    np.testing.assert_allclose(sums, [4.5, 5.0, 5.5, 6.0])
    assert "no llvm rule" in f.lower(x).kernels
    with pytest.raises(ValueError, match="no sign of NaN"):
        f(np.array([np.nan]))
    np.testing.assert_allclose(f(x)[0], last)


def test_a_rule_of_ones_own_is_compiled():
    softsign = elementwise(
        "own_softsign",
        numpy=lambda x: x / (1 + np.abs(x)),
        derivative=lambda y, x: 1 / (1 + abs(x)) ** 2,
        llvm=lambda emit, x: x / (1.0 + emit.abs(x)),
    )
    x = np.linspace(-2, 2, 9)
    f = cr.jit(lambda x: softsign(x) * 2)
    np.testing.assert_allclose(f(x), 2 * x / (1 + np.abs(x)), rtol=1e-15)
    assert "NumPy" not in f.lower(x).kernels


def test_float16_is_evaluated():
    x = np.array([1.5, -2.25], np.float16)
    f = cr.jit(lambda x: x * 2 + 1)
    assert f(x).dtype == np.float16
    np.testing.assert_array_equal(f(x), x * 2 + 1)
