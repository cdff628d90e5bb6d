"""Tall matrices lie across: full vectors, the same numbers, and the same bits whoever looks."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.compile import prepare
from chainrule.engine.compile.layout import is_across, is_tall
from tests.conformance.rows import draw
from tests.fuzz.compare import is_compiling
from tests.fuzz.taps import check_taps

pytestmark = pytest.mark.skipif(not is_compiling(), reason="there is no compiler")


def hidden_layer(x, w, b, v, y):
    def loss(w, b, v):
        h = np.tanh(x @ w + b)
        return np.mean((h @ v - y) ** 2) + np.mean(h.max(axis=1)) + np.mean(h.sum(axis=0) ** 2)

    return cr.value_and_grad(loss, argnums=(0, 1, 2))(w, b, v)


def arrays(rows, inputs, width, kind=np.float32):
    shapes = (rows, inputs), (inputs, width), (width,), (width,), (rows,)
    return [draw(shape, seed=i).astype(kind) for i, shape in enumerate(shapes)]


@pytest.mark.parametrize("inputs, width", [(1, 10), (2, 16), (5, 3), (13, 20), (20, 2)])
@pytest.mark.parametrize("rows", [128, 203])
def test_values_and_gradients(rows, inputs, width):
    given = arrays(rows, inputs, width, np.float64)
    wanted = cr.evaluate(cr.trace(hidden_layer, *given), *given)
    found = cr.tree.leaves(cr.jit(hidden_layer)(*given))
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("inputs, width", [(1, 10), (3, 16)])
def test_looking_at_a_matrix_changes_no_bit(inputs, width):
    given = arrays(203, inputs, width)
    graph = cr.trace(hidden_layer, *given)
    assert not check_taps(graph, given, np.random.default_rng(0))


def test_looking_at_a_transposed_matrix_changes_no_bit_of_its_product():
    given = [draw(shape, dtype=np.float32) for shape in ((8, 200), (16, 200))]
    graph = cr.trace(lambda a, b: a @ np.tanh(b).T, *given)
    assert not check_taps(graph, given, np.random.default_rng(0))


def test_a_hidden_layer_lies_across_and_parameters_do_not():
    prepared = prepare.prepare(cr.trace(hidden_layer, *arrays(200, 2, 16)))
    tall = [n for n in prepared.nodes if n.primitive is not None and is_tall(n.shape)]
    assert any(is_across(node) for node in tall)
    assert not any(node.primitive.name in ("tanh", "einsum") for node in tall)
    assert not is_tall((784, 128))
