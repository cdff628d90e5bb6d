"""scan, cond, while_loop and fori_loop: values, carries, lengths, captured values."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.lax import cond, fori_loop, scan, switch, while_loop


def python_scan(f, carry, xs, reverse=False):
    ys = []
    for x in reversed(xs) if reverse else xs:
        carry, y = f(carry, x)
        ys.append(y)
    return carry, np.stack(ys[::-1] if reverse else ys)


def cell(carry, x):
    new = np.tanh(0.5 * carry + x)
    return new, new * x


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("run", [lambda f: f, cr.jit], ids=["eager", "jit"])
def test_scan_is_a_loop(reverse, run):
    xs = np.linspace(-1, 1, 5)
    last, ys = run(lambda xs: scan(cell, 0.2, xs, reverse=reverse))(xs)
    wanted = python_scan(cell, 0.2, xs, reverse)
    np.testing.assert_allclose(last, wanted[0], rtol=1e-14)
    np.testing.assert_allclose(ys, wanted[1], rtol=1e-14)


@pytest.mark.parametrize("reverse", [False, True])
def test_gradient_of_a_scan_is_that_of_the_loop(reverse):
    xs = np.linspace(-1, 1, 5)

    def loss(run, start, xs):
        last, ys = run(cell, start, xs, reverse=reverse)
        return last * 2.0 + np.sum(ys * np.arange(5.0))

    found = cr.grad(lambda s, x: loss(scan, s, x), (0, 1))(0.2, xs)
    wanted = cr.grad(lambda s, x: loss(python_scan, s, x), (0, 1))(0.2, xs)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_scan_of_no_steps():
    fn = lambda c, xs: scan(cell, c, xs)  # noqa: E731
    for run in (fn, cr.jit(fn)):
        last, ys = run(0.5, np.zeros(0))
        assert last == 0.5 and ys.shape == (0,)
    gradient = cr.grad(lambda c, xs: fn(c, xs)[0] ** 2, (0, 1))(0.5, np.zeros(0))
    assert gradient[0] == 1.0 and gradient[1].shape == (0,)
    assert fori_loop(3, 3, lambda i, v: v * 2, 5.0) == 5.0


def test_trees_as_carry_and_as_steps():
    def step(carry, x):
        new = {"m": 0.9 * carry["m"] + x["g"], "n": carry["n"] + 1}
        return new, (new["m"], x["g"] * 2)

    xs = {"g": np.arange(6.0).reshape(3, 2)}
    last, (ms, doubled) = scan(step, {"m": np.zeros(2), "n": 0}, xs)
    assert last["n"] == 3 and ms.shape == (3, 2)
    np.testing.assert_array_equal(doubled, 2 * xs["g"])


def test_a_module_with_buffers_as_carry():
    class Net(cr.nn.Module):
        def __init__(self):
            self.w = cr.nn.Parameter(np.array([1.0, -1.0]))
            self.register_buffer("seen", np.array(0.0))

        def forward(self, x):
            self.seen = self.seen + 1.0
            return self.w @ x

    def step(net, x):
        gradient = cr.grad(lambda n: (n(x) - 1.0) ** 2)(net)
        loss = (net(x) - 1.0) ** 2
        return cr.tree.map(lambda p, g: p - 0.1 * g, net, gradient), loss

    xs = np.tile(np.array([1.0, 2.0]), (30, 1))
    net, losses = scan(step, Net(), xs)
    assert isinstance(net, Net)
    assert losses[0] == 4.0 and losses[-1] < 1e-12


def test_scan_captures_outer_values_and_their_gradients():
    def fn(w, b):
        return scan(lambda c, x: (c * w + b, None), 1.0, None, length=3)[0]

    # ((w + b) w + b) w + b
    assert cr.grad(fn, (0, 1))(2.0, 3.0) == (12.0 + 12.0 + 3.0, 4.0 + 2.0 + 1.0)
    assert cr.vmap(cr.grad(fn), (0, None))(np.array([2.0, 1.0]), 3.0)[1] == 3.0 + 6.0 + 3.0


def test_nested_scans():
    def row(total, xs):
        return scan(lambda c, x: (c + x * x, None), total, xs)[0], None

    x = np.arange(6.0).reshape(2, 3)
    fn = lambda x: scan(row, 0.0, x)[0]  # noqa: E731
    np.testing.assert_array_equal(cr.grad(fn)(x), 2 * x)
    np.testing.assert_array_equal(cr.vmap(cr.grad(fn))(x[None])[0], 2 * x)


def test_cond_runs_one_branch_and_sees_closures():
    def fn(x, y):
        return cond(x > y, lambda: x * y, lambda: np.exp(y))

    for run in (fn, cr.jit(fn)):
        assert run(3.0, 2.0) == 6.0 and run(1.0, 2.0) == np.exp(2.0)
    assert cr.grad(fn, (0, 1))(3.0, 2.0) == (2.0, 3.0)
    assert cr.grad(fn, (0, 1))(1.0, 2.0) == (0.0, np.exp(2.0))


def test_only_the_branch_taken_is_evaluated():
    fn = cr.jit(lambda x: cond(x > 0, lambda v: np.log(v), lambda v: v * 0.0, x))
    with cr.debug_nans():
        assert fn(-1.0) == 0.0


def test_switch_clips_its_index():
    branches = [lambda v: v, lambda v: v * 10, lambda v: v * 100]
    found = [float(switch(i, branches, 1.0)) for i in (-3, 0, 1, 2, 7)]
    assert found == [1.0, 1.0, 10.0, 100.0, 100.0]
    np.testing.assert_array_equal(
        cr.vmap(cr.grad(lambda v, i: switch(i, branches, v)), (None, 0))(1.0, np.arange(3)),
        [1.0, 10.0, 100.0],
    )


def test_while_loop():
    def collatz(n):
        def step(state):
            n, steps = state
            return np.where(n % 2 == 0, n // 2, 3 * n + 1), steps + 1

        return while_loop(lambda state: state[0] != 1, step, (n, 0))[1]

    assert collatz(27) == 111
    assert cr.jit(collatz)(27) == 111
    np.testing.assert_array_equal(cr.vmap(collatz)(np.array([1, 6, 27])), [0, 8, 111])


def test_fori_loop_with_bounds_that_are_traced():
    fn = lambda n: fori_loop(0, n, lambda i, total: total + i, 0)  # noqa: E731
    assert [int(cr.jit(fn)(n)) for n in (0, 1, 5)] == [0, 0, 10]
    np.testing.assert_array_equal(cr.vmap(fn)(np.array([3, 0, 4])), [3, 0, 6])
    assert fori_loop(2, 5, lambda i, v: v * i, 1.0) == 24.0


def test_the_carry_is_widened_to_the_dtype_of_the_step():
    last, _ = scan(lambda c, x: (c + x, None), 0, np.array([0.5, 0.25]))
    assert last == 0.75
