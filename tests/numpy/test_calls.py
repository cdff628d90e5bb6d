"""Code written with ``import numpy as np`` gives NumPy's values and right derivatives."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine.errors import ConcreteValueError
from tests.numpy.calls import DATA_DEPENDENT, DISCRETE, SMOOTH

rng = np.random.default_rng(1)


def names(rows):
    return [row[0] for row in rows]


def same(actual, expected):
    expected = np.asarray(expected)
    actual = np.asarray(actual)
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "function", "arrays"), SMOOTH + DISCRETE, ids=names(SMOOTH + DISCRETE)
)
def test_traced_calls_give_numpys_values(name, function, arrays):
    expected = function(*arrays)
    same(cr.jit(function)(*arrays), expected)
    seen = []

    def watched(*tensors):
        result = function(*tensors)
        seen.append(result.numpy() if isinstance(result, cr.Tensor) else result)
        return (tensors[0] * 0).sum()

    cr.grad(watched)(*arrays)
    same(seen[0], expected)


@pytest.mark.parametrize(("name", "function", "arrays"), SMOOTH, ids=names(SMOOTH))
def test_derivatives_agree_with_differences(name, function, arrays):
    weights = rng.normal(size=np.shape(function(*arrays)))

    def loss(*args):
        return np.sum(function(*args) * weights)

    gradients = cr.grad(loss, argnums=tuple(range(len(arrays))))(*arrays)
    for i, gradient in enumerate(gradients):
        direction = rng.normal(size=arrays[i].shape)
        step = 1e-6

        def moved(by, i=i, direction=direction):
            return loss(*[a + by * direction if j == i else a for j, a in enumerate(arrays)])

        difference = (moved(step) - moved(-step)) / (2 * step)
        np.testing.assert_allclose(np.sum(gradient * direction), difference, rtol=2e-6, atol=2e-8)


@pytest.mark.parametrize(("name", "function", "arrays"), DATA_DEPENDENT, ids=names(DATA_DEPENDENT))
def test_results_whose_shape_depends_on_values(name, function, arrays):
    expected = function(*arrays)
    seen = []

    def watched(*tensors):
        result = function(*tensors)
        seen.append(result.numpy() if isinstance(result, cr.Tensor) else result)
        return (tensors[0] * 0).sum()

    cr.grad(watched)(*arrays)
    same(seen[0], expected)
    with pytest.raises(ConcreteValueError, match="value"):
        cr.jit(function)(*arrays)
