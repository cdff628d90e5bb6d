"""Python's own control flow on values that are known: if, loops, recursion, deep chains."""

import numpy as np
import pytest

import chainrule as cr


def test_branches_on_values():
    def fn(x):
        if x > 1.0:
            return x * x
        return 3.0 * x if x > 0 else -x

    assert [float(cr.grad(fn)(x)) for x in (2.0, 0.5, -1.0)] == [4.0, 3.0, -1.0]
    assert cr.grad(cr.grad(fn))(2.0) == 2.0


def test_loops_until_a_value_is_reached():
    def newton_root(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    assert cr.grad(newton_root)(2.0) == pytest.approx(0.5 / np.sqrt(2), rel=1e-9)


def test_recursion():
    def power(x, n):
        return x * power(x, n - 1) if n else 1.0

    assert cr.grad(power)(2.0, 10) == 10 * 2.0**9


def test_values_can_be_printed_and_converted(capsys):
    def fn(x):
        print(x, f"{x:.2f}", float(x), int(x))
        return x * x

    assert cr.grad(fn)(3.0) == 6.0
    assert "3.00 3.0 3" in capsys.readouterr().out


def test_a_value_serves_as_a_count_or_an_index():
    table = np.array([1.0, 10.0, 100.0])

    def fn(x):
        index = int(np.argmax(x))
        return x[index] * table[index] * sum(1 for _ in range(index + 1))

    np.testing.assert_array_equal(cr.grad(fn)(np.array([1.0, 3.0, 2.0])), [0.0, 20.0, 0.0])


def test_iteration_and_unpacking():
    def fn(v):
        a, b = v
        return sum(x * x for x in v) + a * b + len(v)

    np.testing.assert_array_equal(cr.grad(fn)(np.array([2.0, 3.0])), [7.0, 8.0])


def test_a_chain_of_5000_operations():
    def chain(x):
        for _ in range(5000):
            x = x * 0.999 + 0.001
        return x

    assert cr.grad(chain)(2.0) == pytest.approx(0.999**5000, rel=1e-10)
    assert cr.jit(cr.grad(chain))(2.0) == pytest.approx(0.999**5000, rel=1e-10)
    w = cr.tensor(2.0)
    chain(w).backward()
    assert w.grad == pytest.approx(0.999**5000, rel=1e-10)


def test_a_long_list_of_inputs():
    values = [float(i) for i in range(2000)]
    gradient = cr.grad(lambda xs: sum(x * x for x in xs))(values)
    assert gradient[-1] == 2 * values[-1]
