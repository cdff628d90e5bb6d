"""Plain NumPy code becomes a graph; trees pass through; each node knows the user's line."""

import linecache
from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import chainrule as cr


def mlp(p, x):
    hidden = np.tanh(x @ p["w1"].T + p["b1"])
    return np.mean((hidden @ p["w2"] - np.sum(x, axis=1, keepdims=True)) ** 2)


def parameters():
    rng = np.random.default_rng(0)
    return {"w1": rng.normal(size=(4, 3)), "b1": np.zeros(4), "w2": rng.normal(size=(4, 1))}


X = np.random.default_rng(1).normal(size=(5, 3))


def test_plain_numpy_code_becomes_a_graph():
    graph = cr.trace(mlp, parameters(), X)
    names = [node.primitive.name for node in graph.nodes]
    assert "tanh" in names and names.count("einsum") == 2
    np.testing.assert_allclose(graph(*cr.tree.leaves(parameters()), X), [mlp(parameters(), X)])


def test_types_may_stand_for_arrays():
    graph = cr.trace(lambda x: np.exp(x).sum(), cr.TensorType.of((2, 3), "float32"))
    assert repr(graph.inputs[0].type) == "f32[2,3]"
    assert graph.outputs[0].type == cr.TensorType.of((), "float32")


def test_each_node_knows_the_users_line():
    def loss(x):
        inner = np.sin(x)
        return inner * 2.0

    first = loss.__code__.co_firstlineno
    for node, offset in zip(cr.trace(loss, 1.0).nodes[:1], [1], strict=True):
        file, line, text = node.line.rsplit(":", 2)
        assert (file, int(line)) == (__file__, first + offset)
        assert text.strip() == linecache.getline(__file__, first + offset).strip()


def test_derived_nodes_keep_the_line_they_come_from():
    graph = cr.backward(cr.trace(lambda x: np.sin(x), 1.0))
    assert all("np.sin(x)" in node.line for node in graph.nodes if node.inputs)


def test_a_printed_graph_is_readable():
    text = str(cr.trace(mlp, parameters(), X))
    assert text.splitlines()[0].startswith("inputs   x0: f64[4]")
    assert "= tanh(" in text and "test_tracing.py" in text
    assert text.splitlines()[-1].startswith("outputs")
    assert max(map(len, text.splitlines())) <= 110


# -- trees -------------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


@dataclass
class Layer:
    weight: np.ndarray
    name: str
    frozen: tuple[float, ...] = ()


TREES = {
    "dict": {"b": np.ones(2), "a": 2.0},
    "list": [np.ones(2), 2.0],
    "tuple": (np.ones(2), (2.0,)),
    "namedtuple": Point(np.ones(2), 2.0),
    "dataclass": Layer(np.ones(2), "first", (2.0,)),
    "nested": {"layers": [Layer(np.ones(2), "first"), Layer(np.ones(3), "second")], "scale": 2.0},
    "None": [None, 2.0, {}],
}


@pytest.mark.parametrize("kind", TREES)
def test_gradients_have_the_structure_of_the_argument(kind):
    tree = TREES[kind]

    def loss(t):
        return sum(np.sum(leaf * leaf) for leaf in cr.tree.leaves(t) if not isinstance(leaf, str))

    gradient = cr.grad(loss)(tree)
    assert cr.tree.structure(gradient) == cr.tree.structure(tree)
    for g, leaf in zip(cr.tree.leaves(gradient), cr.tree.leaves(tree), strict=True):
        assert g == leaf if isinstance(leaf, str) else np.all(g == 2 * leaf)


def test_gradient_of_a_module_is_a_module():
    class Line(cr.nn.Module):
        def __init__(self):
            self.w = cr.nn.Parameter(np.array([1.0, 2.0]))
            self.register_buffer("seen", np.array(0.0))

        def forward(self, x):
            return self.w @ x

    gradient = cr.grad(lambda net: net(np.array([3.0, 4.0])))(Line())
    assert isinstance(gradient, Line)
    np.testing.assert_array_equal(gradient.w.data, [3.0, 4.0])


def test_what_is_no_array_passes_through():
    def loss(theta, model, x, mode, nothing):
        assert mode == "sum" and nothing is None and callable(model)
        return getattr(np, mode)(model(theta, x))

    for transform in (cr.grad, lambda f: cr.jit(cr.grad(f)), lambda f: cr.grad(cr.jit(f))):
        gradient = transform(loss)(2.0, lambda t, x: t * x, np.arange(3.0), "sum", None)
        assert gradient == 3.0


def test_what_a_closure_captures_is_never_stale():
    data = np.ones(3)
    gradient = cr.grad(lambda w: np.sum(w * data))
    assert gradient(1.0) == 3.0
    data = np.full(3, 5.0)
    assert gradient(1.0) == 15.0
    data[0] = 0.0
    assert gradient(1.0) == 10.0


def test_integers_count_as_reals_for_a_derivative():
    assert cr.grad(lambda x: x**3)(2) == 12.0


def test_dtypes_follow_the_data():
    x = np.ones(3, np.float32)
    value, gradient = cr.value_and_grad(lambda x: np.mean(np.exp(x) * 2.0))(x)
    assert (value.dtype, gradient.dtype) == (np.float32, np.float32)


def test_columns_of_pandas_on_either_side():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    for product in (lambda w: table["a"] * w, lambda w: w * table["a"]):
        assert cr.grad(lambda w, product=product: np.sum(product(w) ** 2))(2.0) == 20.0
    assert cr.grad(lambda w: np.sum(table - w))(1.0) == -4.0
