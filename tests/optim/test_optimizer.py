"""The classes: groups, saving, errors; schedulers and clipping."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim


def two_parameters():
    return [cr.tensor(np.array([1.0, 2.0])), cr.tensor(np.array(3.0))]


def descend(optimizer, params, turns=3):
    for _ in range(turns):
        optimizer.zero_grad()
        ((params[0] ** 2).sum() + params[1] ** 2 * 2).backward()
        optimizer.step()


KINDS = [
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (optim.Adagrad, {}),
    (optim.RMSprop, {"momentum": 0.5, "centered": True}),
    (optim.Adam, {}),
    (optim.AdamW, {}),
    (optim.Lion, {}),
]


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_saved_and_loaded_it_goes_on_as_if_nothing_had_happened(kind, settings):
    one, other = two_parameters(), two_parameters()
    first = kind(one, **settings)
    descend(first, one)
    saved = first.state_dict()
    second = kind(other)
    for p, q in zip(one, other, strict=True):
        q.data = p.data
    second.load_state_dict(saved)
    kept = {name: np.array(value) for name, value in saved["state"][0].items()}
    descend(first, one)
    descend(second, other)
    for p, q in zip(one, other, strict=True):
        np.testing.assert_array_equal(p.data, q.data)
    for name, value in kept.items():
        np.testing.assert_array_equal(saved["state"][0][name], value)  # a copy, not a view


def test_lbfgs_saved_and_loaded():
    def run(params, optimizer, turns):
        def closure():
            optimizer.zero_grad()
            loss = (np.cosh(params[0])).sum() + (params[1] - 1) ** 4
            loss.backward()
            return loss

        for _ in range(turns):
            optimizer.step(closure)

    one, other = two_parameters(), two_parameters()
    first = optim.LBFGS(one, lr=0.5, max_iter=2)
    run(one, first, 2)
    second = optim.LBFGS(other)
    for p, q in zip(one, other, strict=True):
        q.data = p.data
    second.load_state_dict(first.state_dict())
    run(one, first, 2)
    run(other, second, 2)
    for p, q in zip(one, other, strict=True):
        np.testing.assert_array_equal(p.data, q.data)


def test_data_is_replaced_never_changed_in_place():
    params = two_parameters()
    before = params[0].data
    descend(optim.Adam(params), params)
    np.testing.assert_array_equal(before, [1.0, 2.0])


def test_groups_have_settings_of_their_own():
    a, b = two_parameters()
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.0}], lr=0.1)
    descend(optimizer, [a, b], 1)
    np.testing.assert_allclose(a.data, [0.8, 1.6])
    assert b.item() == 3.0
    optimizer.param_groups[1]["lr"] = 0.1
    descend(optimizer, [a, b], 1)
    assert b.item() == pytest.approx(3.0 - 0.1 * 12)


def test_frozen_parameters_stay():
    a, b = two_parameters()
    b.requires_grad = False
    optimizer = optim.SGD([a, b], lr=0.1, momentum=0.9, weight_decay=0.1)
    descend(optimizer, [a, b])
    assert b.item() == 3.0


def test_a_shared_parameter_is_updated_once():
    a = cr.tensor(1.0)
    optimizer = optim.SGD([a, a], lr=0.1)
    (a * a).backward()
    optimizer.step()
    assert a.item() == pytest.approx(0.8)


def test_float32_stays_float32():
    w = cr.tensor(np.ones(3, np.float32))
    for kind, settings in KINDS:
        optimizer = kind([w], **settings)
        (w * w).sum().backward()
        optimizer.step()
        assert w.dtype == np.float32, kind


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: optim.SGD([]), ValueError, "no parameters"),
        (lambda: optim.SGD([np.ones(2)]), TypeError, "chainrule.tensor"),
        (lambda: optim.SGD(two_parameters(), lr=-1), ValueError, "lr must"),
        (lambda: optim.Adam(two_parameters(), betas=(1.0, 0.9)), ValueError, r"\[0, 1\)"),
        (lambda: optim.SGD(two_parameters(), nesterov=True), ValueError, "momentum above 0"),
        (lambda: optim.LBFGS(two_parameters(), line_search_fn="x"), ValueError, "armijo"),
        (lambda: optim.LBFGS(two_parameters()).step(), TypeError, "closure"),
        (lambda: optim.SGD([{"params": two_parameters(), "mass": 1}]), TypeError, "mass"),
        (lambda: optim.schedules.cosine(0.1, 10, warmup=10), ValueError, "warmup"),
        (lambda: optim.schedules.piecewise_constant([1], [1.0]), ValueError, "need 2 values"),
    ],
)
def test_errors_say_what_to_do(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_a_parameter_in_two_groups_is_refused():
    a = cr.tensor(1.0)
    with pytest.raises(ValueError, match="more than one group"):
        optim.SGD([{"params": [a]}, {"params": [a]}])


def test_a_step_without_gradients_warns():
    with pytest.warns(UserWarning, match="backward"):
        optim.SGD(two_parameters()).step()


def test_loading_what_does_not_fit_changes_nothing():
    params = two_parameters()
    optimizer = optim.Adam(params)
    descend(optimizer, params)
    saved = optimizer.state_dict()
    saved["state"][1]["mean"] = np.ones(5)
    before = optimizer.state[0]["mean"]
    with pytest.raises(ValueError, match=r"mean of parameter 1 has shape \(5,\)"):
        optimizer.load_state_dict(saved)
    assert optimizer.state[0]["mean"] is before


def test_schedules_are_the_same_for_numbers_arrays_and_traces():
    rates = [
        optim.schedules.constant(0.1),
        optim.schedules.step(0.1, 5),
        optim.schedules.exponential(0.1, 0.9),
        optim.schedules.cosine(0.1, 20, warmup=4, final=0.01),
        optim.schedules.one_cycle(0.1, 20),
        optim.schedules.exponential_decay(0.1, 5, 0.5),
        optim.schedules.inverse_time_decay(0.1, 5, 0.5, staircase=True),
        optim.schedules.polynomial_decay(0.1, 10, 0.01, 2.0),
        optim.schedules.piecewise_constant([3, 7], [1.0, 0.5, 0.1]),
    ]
    for rate in rates:
        expected = [float(rate(i)) for i in range(25)]
        traced = cr.jit(lambda i, rate=rate: rate(i) + 0.0 * i)
        np.testing.assert_allclose([traced(i) for i in range(25)], expected, rtol=1e-12)


def test_warm_up_rises_in_a_line_and_then_falls():
    rate = optim.schedules.cosine(1.0, 30, warmup=10)
    values = np.array([float(rate(i)) for i in range(31)])
    np.testing.assert_allclose(values[:10], np.arange(1, 11) / 10)
    assert (np.diff(values[10:]) < 0).all() and values[30] == pytest.approx(0)


def test_clipping_by_global_norm_bounds_the_norm_and_keeps_the_direction():
    grads = {"a": np.array([3.0, 4.0]), "b": [np.array(12.0)]}
    clipped = optim.clip_by_global_norm(grads, 1.3)
    assert optim.clipping.l2_norm(clipped) == pytest.approx(1.3, rel=1e-6)
    np.testing.assert_allclose(clipped["a"] / 0.1, grads["a"], rtol=1e-6)
    same = optim.clip_by_global_norm(grads, 100.0)
    np.testing.assert_array_equal(same["a"], grads["a"])
    jitted = cr.jit(optim.clip_by_global_norm)(grads, 1.3)
    np.testing.assert_allclose(jitted["a"], clipped["a"])


def test_clipping_reports_gradients_that_are_not_finite():
    w = cr.tensor([1.0, 2.0])
    w.grad = np.array([np.nan, 1.0])
    with pytest.raises(cr.engine.errors.NonFiniteError, match="debug_nans"):
        optim.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)


def test_debug_nans_names_the_step_that_leaves_the_finite_numbers():
    w = cr.tensor(np.ones(2, np.float32))
    optimizer = optim.SGD([w], lr=1e30)
    (w * 1e30).sum().backward()
    with np.errstate(over="ignore"):
        with cr.debug_nans(), pytest.raises(FloatingPointError, match=r"SGD.step\(\) with lr=1e"):
            optimizer.step()
        np.testing.assert_array_equal(w.data, [1, 1])
        optimizer.step()
    assert np.isinf(w.data).all()
