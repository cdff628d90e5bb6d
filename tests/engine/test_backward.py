"""PyTorch's way: Parameters, backward(), grad, no_grad, detach."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr


def test_backward_accumulates_until_it_is_zeroed():
    w = cr.tensor([1.0, 2.0])
    for times in (1, 2, 3):
        np.sum(w * w).backward()
        np.testing.assert_array_equal(w.grad, times * np.array([2.0, 4.0]))
    w.grad = None
    (w @ w).backward()
    np.testing.assert_array_equal(w.grad, [2.0, 4.0])


def test_several_parameters_and_one_that_is_unused():
    a, b, unused = cr.tensor(2.0), cr.tensor(3.0), cr.tensor(4.0)
    (a * b + a).backward()
    assert (a.grad, b.grad, unused.grad) == (4.0, 2.0, None)


def test_frozen_parameters_get_no_gradient():
    a, b = cr.tensor(2.0), cr.tensor(3.0, requires_grad=False)
    (a * b).backward()
    assert (a.grad, b.grad) == (3.0, None)


def test_a_parameter_used_many_times():
    w = cr.tensor(2.0)
    (w * w * w + np.exp(w)).backward()
    assert w.grad == pytest.approx(12.0 + np.exp(2.0))


def test_no_grad_and_detach():
    w = cr.tensor(3.0)
    with cr.no_grad():
        assert not isinstance(w * 2.0, cr.Tensor)
    (w * (w * 2.0).detach()).backward()
    assert w.grad == 6.0
    assert not isinstance((w * 2).detach(), cr.Tensor)


def test_a_loss_remembers_the_values_it_was_computed_with():
    w = cr.tensor(3.0)
    loss = w * w
    w.data = np.array(100.0)
    assert loss.item() == 9.0
    loss.backward()
    assert w.grad == 6.0
    (w * w).backward()
    assert w.grad == 206.0


def test_training_as_people_write_it():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 1))
    w, b = cr.tensor(np.zeros((1, 1))), cr.tensor(np.zeros(1))
    for _ in range(200):
        loss = np.mean((x @ w + b - (2.5 * x + 1.0)) ** 2)
        loss.backward()
        for p in (w, b):
            p.data = p.data - 0.1 * p.grad
            p.grad = None
    assert loss.item() < 1e-10
    assert w.data.item() == pytest.approx(2.5) and b.data.item() == pytest.approx(1.0)


def test_backward_again_and_through_jit():
    w = cr.tensor(2.0)
    square = cr.jit(lambda p: p * p)
    loss = np.exp(w)
    loss.backward()
    loss.backward()
    assert w.grad == pytest.approx(2 * np.exp(2.0))
    assert square(w) == 4.0


def test_grad_of_a_function_that_captures_a_parameter():
    w = cr.tensor(2.0)
    assert cr.grad(lambda x: x * x * w)(3.0) == 12.0
    assert cr.grad(lambda p: p * p)(w) == 4.0
    assert w.grad is None


def test_backward_through_scan_and_cond():
    w = cr.tensor(0.5)
    total, _ = cr.lax.scan(lambda c, t: (c + w * t, None), 0.0, np.arange(4.0))
    total.backward()
    assert w.grad == 6.0
    w.grad = None
    cr.lax.cond(True, lambda v: v * w, lambda v: v, 3.0).backward()
    assert w.grad == 3.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda w: w * np.ones(3), "starts at a scalar"),
        (lambda w: np.sum(cr.tensor(np.ones(3), requires_grad=False) * 1.0), "no Parameter"),
    ],
)
def test_backward_errors(make, message):
    with pytest.raises(TypeError, match=message):
        make(cr.tensor(1.0)).backward()


def test_backward_inside_a_transformation():
    w = cr.tensor(1.0)
    with pytest.raises(TypeError, match="inside a transformation"):
        cr.jit(lambda x: (x * w).backward())(2.0)


def test_backward_on_values_that_are_known_inside_grad():
    w = cr.tensor(2.0)

    def fn(x):
        (w * x).backward()
        return x * x

    assert cr.grad(fn)(3.0) == 6.0 and w.grad == 3.0
    assert cr.grad(fn)(4.0) == 8.0 and w.grad == 7.0


def test_integers_have_no_gradient():
    with pytest.raises(TypeError, match=r"2\.0 instead of 2"):
        cr.tensor([1, 2])


def test_gradients_have_the_dtype_of_their_parameter():
    w = cr.tensor(np.ones(3, np.float32))
    np.mean(w * np.ones(3, np.float32) * 2.0).backward()
    assert w.grad.dtype == np.float32


def test_descent_by_hand_in_no_grad_changes_the_parameter_itself():
    w, c = cr.tensor(np.ones(2, np.float32)), cr.tensor(2.0)
    first, start = w.data, np.sum(w * w)
    for _ in range(3):
        np.sum((w - c) ** 2).backward()
        with cr.no_grad():
            w -= np.float64(0.25) * w.grad
            w *= c / 2
        w.grad = None
    assert isinstance(w, cr.Parameter) and w.dtype == np.float32
    np.testing.assert_array_equal(w.data, [1.875, 1.875])
    np.testing.assert_array_equal(first, [1, 1])  # what was computed from it stays true
    assert start.item() == 2.0
    with cr.no_grad(), pytest.raises(ValueError, match="broadcast"):
        w -= np.ones((3, 2))


def test_a_parameter_in_a_graph_does_not_change_in_place():
    w = cr.tensor([1.0])
    with pytest.raises(TypeError, match="no_grad"):
        w -= 0.1
    assert cr.grad(lambda w: np.sum(twice_in_place(w)))(np.ones(2)).tolist() == [2.0, 2.0]


def twice_in_place(x):
    x *= 2
    return x


def test_a_tensor_is_copied_and_pickled_by_its_value():
    for act in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match=r"x\.numpy\(\)"):
            act(cr.tensor([1.0]) * 2)
        act(cr.tensor([1.0]))
