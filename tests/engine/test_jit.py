"""jit's contract: one trace a signature, static arguments, no stale value, clear errors."""

import numpy as np
import pytest

import chainrule as cr


def counted(fn):
    """The function, and a list that grows each time its Python code runs."""
    runs = []

    def traced(*args, **kwargs):
        runs.append(len(runs))
        return fn(*args, **kwargs)

    return traced, runs


def test_python_runs_once_for_each_signature():
    fn, runs = counted(lambda x, y: np.sum(x * y))
    jitted = cr.jit(fn)
    for _ in range(3):
        assert jitted(np.ones(3), 2.0) == 6.0
    assert len(runs) == 1
    assert jitted(np.full(3, 5.0), 7.0) == 105.0
    assert len(runs) == 1, "values are no part of the signature"
    jitted(np.ones(4), 2.0)
    assert len(runs) == 2, "shapes are"
    jitted(np.ones(3, np.float32), 2.0)
    assert len(runs) == 3, "dtypes are"
    jitted([np.ones(3)][0], np.float64(2.0))
    assert len(runs) == 3


def test_structure_and_what_is_no_array_belong_to_the_signature():
    fn, runs = counted(lambda t, how: getattr(np, how)(t["a"]))
    jitted = cr.jit(fn)
    t = {"a": np.arange(4.0)}
    assert (jitted(t, "sum"), jitted(t, "max"), jitted(t, "sum")) == (6.0, 3.0, 6.0)
    assert len(runs) == 2
    jitted({"a": np.arange(4.0), "b": 1.0}, "sum")
    assert len(runs) == 3


def test_static_arguments():
    fn, runs = counted(lambda x, n, flag=False: sum(x**i for i in range(n)) * (2 if flag else 1))
    by_number = cr.jit(fn, static_argnums=1, static_argnames="flag")
    assert by_number(2.0, 3) == 7.0
    assert by_number(3.0, 3) == 13.0
    assert by_number(2.0, 4) == 15.0
    assert by_number(2.0, 4, flag=True) == 30.0
    assert len(runs) == 3


def test_jit_with_options_is_a_decorator():
    @cr.jit(static_argnames=("n",))
    def power(x, n):
        return x if n == 1 else x * power(x, n=n - 1)

    assert power(2.0, n=5) == 32.0


def test_static_arguments_must_be_hashable():
    jitted = cr.jit(lambda x, sizes: x * len(sizes), static_argnums=1)
    assert jitted(2.0, (1, 2)) == 4.0
    with pytest.raises(TypeError, match=r"static argument 1 is a list.*tuple"):
        jitted(2.0, [1, 2])


def test_values_are_not_known_inside():
    def fn(x):
        if x > 0:
            return x
        return -x

    with pytest.raises(TypeError, match="while the function is") as caught:
        cr.jit(fn)(1.0)
    text = str(caught.value)
    assert "if x > 0" in text and "np.where" in text and "static_argnums" in text


def test_captured_parameters_are_read_at_each_call():
    w = cr.tensor([1.0, 2.0])
    fn, runs = counted(lambda x: np.sum(w * x))
    jitted = cr.jit(fn)
    assert jitted(np.ones(2)) == 3.0
    w.data = w.data * 10
    assert jitted(np.ones(2)) == 30.0
    assert len(runs) == 1


def test_results_of_any_structure():
    jitted = cr.jit(lambda x: {"a": (x, x * 2), "b": None, "c": "text", "d": 3})
    found = jitted(np.ones(2))
    assert found["b"] is None and found["c"] == "text" and found["d"] == 3
    np.testing.assert_array_equal(found["a"][1], 2.0)


def test_methods_can_be_jitted():
    class Model:
        factor = 3.0

        @cr.jit
        def predict(self, x):
            return x * self.factor

    assert Model().predict(2.0) == 6.0


def test_gradients_flow_through_jit():
    jitted = cr.jit(lambda p, x: np.sum(np.tanh(p["w"] @ x)))
    p, x = {"w": np.ones((2, 3))}, np.arange(3.0) / 10
    wanted = np.outer(np.ones(2), (1 - np.tanh(0.3) ** 2) * x)
    np.testing.assert_allclose(cr.grad(jitted)(p, x)["w"], wanted)


def test_the_graph_can_be_looked_at():
    graph = cr.jit(lambda x: (x * 1.0 + 0.0) * 2.0).graph(3.0)
    assert [node.primitive.name for node in graph.nodes if node.inputs] == ["multiply"]


def test_buffers_of_modules_are_updated():
    class Counter(cr.nn.Module):
        def __init__(self):
            self.register_buffer("count", np.array(0.0))

        def forward(self, x):
            self.count = self.count + 1.0
            return x * self.count

    net = Counter()
    jitted = cr.jit(lambda m, x: m(x))
    assert [float(jitted(net, 2.0)) for _ in range(3)] == [2.0, 4.0, 6.0]
    assert net.count == 3.0
