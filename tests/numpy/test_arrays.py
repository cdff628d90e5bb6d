"""Arrays that tensors index, ``.at``, and the conventions of norms and spreads."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
import chainrule.numpy as cnp
from chainrule import lax
from chainrule.engine.array import Array, as_array
from chainrule.engine.errors import ConcreteValueError

MADE = {
    "array": lambda: cnp.array([1.0, 2.0, 3.0]),
    "arange": lambda: cnp.arange(3.0),
    "linspace": lambda: cnp.linspace(0.0, 1.0, 3),
    "zeros": lambda: cnp.zeros(3),
    "ones": lambda: cnp.ones(3),
    "full": lambda: cnp.full(3, 2.0),
    "eye": lambda: cnp.eye(3),
    "zeros_like": lambda: cnp.zeros_like(np.ones(3)),
    "operators": lambda: 2 * cnp.arange(3.0) + 1,
    "ufuncs": lambda: np.exp(cnp.arange(3.0)),
    "sin": lambda: cnp.sin(cnp.arange(3.0)),
    "where": lambda: cnp.where(np.arange(3) > 1, 1.0, 0.0),
    "concatenate": lambda: cnp.concatenate([np.zeros(2), np.ones(1)]),
    "stack": lambda: cnp.stack([np.zeros(2), np.ones(2), np.ones(2)]),
    "einsum": lambda: cnp.einsum("i,i->i", np.ones(3), np.ones(3)),
    "outer": lambda: cnp.outer(np.ones(3), np.ones(3)),
    "matmul": lambda: cnp.eye(3) @ cnp.ones(3),
    "dot": lambda: cnp.dot(cnp.eye(3), cnp.ones(3)),
    "sum": lambda: cnp.sum(cnp.eye(3), axis=0),
    "mean": lambda: cnp.mean(cnp.eye(3), axis=0),
    "sort": lambda: cnp.sort(cnp.arange(3.0)),
    "reshape": lambda: cnp.reshape(cnp.arange(6.0), (3, 2)),
    "slice": lambda: cnp.arange(6.0)[1:4],
}


@pytest.mark.parametrize("name", MADE)
def test_a_traced_number_indexes_what_the_namespace_makes(name):
    x = MADE[name]()
    np.testing.assert_array_equal(cr.jit(lambda i: x[i])(1), np.asarray(x)[1])
    np.testing.assert_array_equal(cr.jit(lambda i: x[i, ...])(2), np.asarray(x)[2])


def test_scan_and_vmap_index_captured_arrays():
    table = cnp.arange(10.0) ** 2
    _, rows = lax.scan(lambda total, i: (total + table[i], table[i]), 0.0, np.array([1, 3]))
    np.testing.assert_array_equal(rows, [1.0, 9.0])
    picked = cr.vmap(lambda i: table[i] * 2)(np.array([2, 0]))
    np.testing.assert_array_equal(picked, [8.0, 0.0])


def test_at_changes_a_copy():
    x = cnp.arange(6.0).reshape(2, 3)
    before = np.array(x)
    changed = {
        "set": (x.at[0].set(9.0), [[9, 9, 9], [3, 4, 5]]),
        "add": (x.at[[0, 0], [1, 1]].add(1.0), [[0, 3, 2], [3, 4, 5]]),
        "multiply": (x.at[:, 1].multiply(3.0), [[0, 3, 2], [3, 12, 5]]),
        "min": (x.at[-1].min(3.5), [[0, 1, 2], [3, 3.5, 3.5]]),
        "max": (x.at[0].max(1.5), [[1.5, 1.5, 2], [3, 4, 5]]),
        "mask": (x.at[x > 2].set(0.0), [[0, 1, 2], [0, 0, 0]]),
    }
    for actual, expected in changed.values():
        assert type(actual) is Array
        np.testing.assert_array_equal(actual, expected)
    np.testing.assert_array_equal(x, before)
    by_tensor = cr.jit(lambda i: x.at[i, 0].set(7.0))(1)
    np.testing.assert_array_equal(by_tensor, [[0, 1, 2], [7, 4, 5]])


def test_it_stays_a_numpy_array():
    x = cnp.arange(4.0)
    assert isinstance(x, np.ndarray)
    assert repr(x) == repr(np.arange(4.0))
    assert repr(x.astype(np.float32)) == repr(np.arange(4.0, dtype=np.float32))
    assert str(x) == str(np.arange(4.0))
    assert f"{x.sum():.1f}" == "6.0"
    for scalar in (x.sum(), x.mean(), x[1], np.max(x), x @ x, as_array(3.0) * 2):
        assert isinstance(scalar, np.float64)
    for again in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), x.copy(), x.reshape(2, 2).T):
        assert type(again) is Array
    x[0] = 5.0
    x += 1
    np.testing.assert_array_equal(x, [6.0, 2.0, 3.0, 4.0])
    assert type(np.asarray(x)) is np.ndarray
    np.testing.assert_array_equal(cr.grad(lambda a: (a * x).sum())(np.ones(4)), x)


FLAT_AT_ZERO = {
    "norm": np.linalg.norm,
    "norm 3": lambda x: np.linalg.norm(x, 3),
    "norm of rows": lambda x: np.linalg.norm(x.reshape(2, 2), axis=1).sum(),
    "frobenius": lambda x: np.linalg.norm(x.reshape(2, 2)),
    "distance": lambda x: np.linalg.norm(x - x),
    "std": np.std,
    "std ddof": lambda x: np.std(x, ddof=1),
}


@pytest.mark.parametrize("name", FLAT_AT_ZERO)
@pytest.mark.parametrize("value", [0.0, 0.5])
def test_lengths_and_spreads_of_nothing_are_flat(name, value):
    x = np.full(4, value)
    if (value and "norm" in name) or name == "frobenius":
        x = x - value
    np.testing.assert_array_equal(cr.grad(FLAT_AT_ZERO[name])(x), np.zeros(4))
    np.testing.assert_array_equal(cr.hessian(FLAT_AT_ZERO[name])(x), np.zeros((4, 4)))


def test_nan_is_not_hidden_by_the_convention():
    assert np.isnan(cr.jit(np.std)(np.array([np.nan, 1.0])))
    assert np.isnan(cr.jit(np.linalg.norm)(np.array([np.nan, 1.0])))


def test_functions_without_a_rule_say_so():
    with pytest.raises(TypeError, match=r"numpy.linalg.inv has no rule"):
        cr.grad(lambda x: np.linalg.inv(x).sum())(np.eye(2))
    with pytest.raises(TypeError, match=r"bincount has no rule"):
        cr.jit(np.bincount)(np.arange(3))
    with pytest.raises(TypeError, match="out="):
        cr.jit(lambda x: np.exp(x, out=np.zeros(3)))(np.ones(3))
    with pytest.raises(ValueError, match="singular values"):
        cr.grad(lambda x: np.linalg.norm(x, 2))(np.eye(2))


def test_a_tensor_as_index_of_a_numpy_array_is_a_teaching_error():
    table = np.arange(3.0)
    with pytest.raises(ConcreteValueError, match=r"chainrule\.numpy\.asarray\(array\)\[i\]"):
        cr.jit(lambda i: table[i])(1)
    assert cr.jit(lambda i: cnp.take(table, i, axis=0))(1) == 1.0
    assert cr.jit(lambda i: cnp.asarray(table)[i])(1) == 1.0
