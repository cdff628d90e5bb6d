"""Losses against their formulas and finite differences; weights, extremes, wrong shapes."""

import numpy as np
import pytest
from sklearn import metrics

import chainrule as cr
from chainrule import nn
from chainrule.engine.errors import DtypeError, ShapeError
from chainrule.nn import functional as F

from .loss_table import BINARY, CASES, LABELS, REAL
from .numeric import finite_difference

ALL = pytest.mark.parametrize("case", CASES, ids=str)


@ALL
def test_value_is_that_of_the_formula(case):
    losses = case.formula(case.prediction, case.target)
    np.testing.assert_allclose(case(case.prediction, reduction="none"), losses, rtol=1e-12)
    np.testing.assert_allclose(case(case.prediction, reduction="sum"), losses.sum(), rtol=1e-12)
    np.testing.assert_allclose(case(case.prediction), losses.mean(), rtol=1e-12)
    np.testing.assert_allclose(cr.jit(case)(case.prediction), losses.mean(), rtol=1e-12)


@ALL
def test_gradient_is_that_of_finite_differences(case):
    wanted = finite_difference(lambda p: case.formula(p, case.target).mean(), case.prediction)
    found = cr.grad(case)(case.prediction)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


@ALL
def test_module_is_the_function(case):
    weight = np.arange(1.0, 7.0)
    criterion = case.module(reduction="sum", **case.settings)
    found = criterion(case.prediction, case.target, weight=weight)
    wanted = case(case.prediction, reduction="sum", weight=weight)
    assert found == wanted
    assert "reduction='sum'" in repr(criterion)


@ALL
def test_a_weight_of_two_is_a_sample_given_twice(case):
    weight = np.array([1, 2, 0, 1, 1, 0])
    places = np.repeat(np.arange(6), weight)
    for reduction in ("mean", "sum"):
        found = case(case.prediction, weight=weight, reduction=reduction)
        wanted = case(case.prediction[places], case.target[places], reduction=reduction)
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    losses = case(case.prediction, reduction="none")
    weighted = case(case.prediction, weight=weight, reduction="none")
    np.testing.assert_allclose(weighted, (losses.T * weight).T)


@ALL
def test_single_precision_stays(case):
    prediction = case.prediction.astype(np.float32)
    target = case.target if case.target.dtype.kind == "i" else case.target.astype(np.float32)
    value, gradient = cr.value_and_grad(case)(prediction, target)
    assert value.dtype == gradient.dtype == np.float32
    losses = case.formula(case.prediction, case.target)
    np.testing.assert_allclose(value, losses.mean(), rtol=3e-6)


def test_targets_may_be_truth_values_or_whole_numbers():
    z = REAL.astype(np.float32)
    for target in (BINARY.astype(bool), BINARY.astype(int)):
        loss = F.binary_cross_entropy_with_logits(z, target)
        assert loss.dtype == np.float32
        assert loss == F.binary_cross_entropy_with_logits(z, BINARY.astype(np.float32))


def test_against_scikit_learn():
    z, y = REAL[:, 0], BINARY[:, 0]
    weight = np.arange(1.0, 7.0)
    p = F.sigmoid(z)
    wanted = metrics.log_loss(y, p, sample_weight=weight)
    np.testing.assert_allclose(F.binary_cross_entropy(p, y, weight=weight), wanted, rtol=1e-12)
    wanted = metrics.log_loss(LABELS, F.softmax(REAL), sample_weight=weight)
    np.testing.assert_allclose(F.cross_entropy(REAL, LABELS, weight=weight), wanted, rtol=1e-12)
    wanted = metrics.hinge_loss(2 * y - 1, z, sample_weight=weight)
    np.testing.assert_allclose(F.hinge_loss(z, 2 * y - 1, weight=weight), wanted, rtol=1e-12)


# -- extremes ----------------------------------------------------------------------------------

HUGE = np.array([1e3, -1e3], np.float32)
EXTREMES = [
    (F.binary_cross_entropy_with_logits, HUGE, [1.0, 0.0], [0, 0], [0, 0]),
    (F.binary_cross_entropy_with_logits, HUGE, [0.0, 1.0], [1e3, 1e3], [1, -1]),
    (F.binary_focal_loss, HUGE, [1.0, 0.0], [0, 0], [0, 0]),
    (F.binary_focal_loss, HUGE, [0.0, 1.0], [1e3, 1e3], [1, -1]),
    (F.hinge_loss, HUGE, [-1.0, -1.0], [1001, 0], [1, 0]),
    (F.huber_loss, HUGE, [0.0, 0.0], [999.5, 999.5], [1, -1]),
    (F.cross_entropy, HUGE, 0, 0, [0, 0]),
    (F.cross_entropy, HUGE, 1, 2e3, [1, -1]),
    (F.focal_loss, HUGE, 0, 0, [0, 0]),
    (F.focal_loss, HUGE, 1, 2e3, [1, -1]),
    (F.binary_cross_entropy, np.array([0.0, 1.0], np.float32), [0.0, 1.0], [0, 0], [1, -1]),
    (F.binary_cross_entropy, np.array([0.0, 1.0], np.float32), [1.0, 0.0], [100, 100], [0, 0]),
]


@pytest.mark.parametrize(("loss", "z", "y", "value", "slope"), EXTREMES)
def test_extremes_in_single_precision(loss, z, y, value, slope):
    target = np.array(y, np.float32) if isinstance(y, list) else y
    np.testing.assert_allclose(loss(z, target, reduction="none"), value, rtol=1e-6)
    gradient = cr.grad(lambda z: loss(z, target, reduction="sum"))(z)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)


def test_small_losses_keep_their_digits():
    z = np.array([20.0, -20.0], np.float32)
    found = F.binary_cross_entropy_with_logits(z, np.array([1.0, 0.0]), reduction="none")
    np.testing.assert_allclose(found, np.log1p(np.exp(-20.0)), rtol=1e-6)


def test_binary_cross_entropy_at_logit_zero_has_a_slope():
    slope = cr.grad(F.binary_cross_entropy_with_logits)(np.zeros(2), np.array([0.0, 1.0]))
    np.testing.assert_allclose(slope, [0.25, -0.25])


# -- what must not meet ------------------------------------------------------------------------

COLUMN, ROW = np.ones((4, 1)), np.ones(4)
ELEMENTWISE = [
    F.mse_loss,
    F.l1_loss,
    F.huber_loss,
    F.smooth_l1_loss,
    F.binary_cross_entropy,
    F.binary_cross_entropy_with_logits,
    F.binary_focal_loss,
    F.hinge_loss,
]


@pytest.mark.parametrize("loss", ELEMENTWISE, ids=lambda f: f.__name__)
def test_shapes_that_would_broadcast_are_an_error(loss):
    for wrapped in (loss, cr.jit(loss), cr.value_and_grad(loss)):
        with pytest.raises(ShapeError) as error:
            wrapped(COLUMN, ROW)
        for part in (loss.__name__, "(4, 1)", "(4,)", "pred[:, 0]", "y.reshape(-1, 1)"):
            assert part in str(error.value)
    with pytest.raises(ShapeError, match=r"y\[:, 0\].*pred\.reshape\(-1, 1\)"):
        loss(ROW, COLUMN)


@pytest.mark.parametrize(
    ("prediction", "target", "advice"),
    [
        ((4, 2), (2, 4), r"y\.T"),
        ((4,), (), r"np\.full\(pred\.shape, y\)"),
        ((4, 3), (4,), "cross_entropy"),
        ((2, 5, 1), (2, 5), r"pred\[:, :, 0\], or shape the target: y\.reshape\(-1, 5, 1\)"),
        ((4, 2), (1, 2), "must be equal"),
    ],
)
def test_advice_fits_the_shapes(prediction, target, advice):
    with pytest.raises(ShapeError, match=advice):
        F.mse_loss(np.ones(prediction), np.ones(target))


def test_the_advice_works():
    pred, y = COLUMN * 3, ROW
    assert F.mse_loss(pred[:, 0], y) == F.mse_loss(pred, y.reshape(-1, 1)) == 4


def test_wrong_labels_are_named():
    with pytest.raises(IndexError, match="labels go from 0 to 3, but 3 classes have labels 0 to 2"):
        F.cross_entropy(REAL, np.array([0, 1, 2, 3, 0, 0]))
    with pytest.raises(IndexError, match="from -1"):
        F.nll_loss(REAL, np.array([0, 1, 2, -1, 0, 0]))
    with pytest.raises(ShapeError, match=r"shape \(6,\), got \(6, 1\): target.reshape\(6,\)"):
        F.cross_entropy(REAL, LABELS.reshape(-1, 1))
    with pytest.raises(ShapeError, match="one-hot"):
        F.cross_entropy(REAL, np.eye(3, dtype=int)[LABELS])
    with pytest.raises(ShapeError, match=r"\(6, 3\), the target \(6,\).*target\.astype\(int\)"):
        F.cross_entropy(REAL, LABELS.astype(float))
    with pytest.raises(DtypeError, match="whole numbers"):
        F.nll_loss(REAL, LABELS.astype(float))
    with pytest.raises(ValueError, match="-1 and 1"):
        F.hinge_loss(REAL, BINARY)


def test_wrong_settings_are_named():
    with pytest.raises(ValueError, match="'average'"):
        nn.MSELoss("average")
    with pytest.raises(TypeError, match=r"CrossEntropyLoss\(\)\(prediction, target\)"):
        nn.CrossEntropyLoss(REAL, LABELS)
    with pytest.raises(ValueError, match="'average'"):
        F.mse_loss(ROW, ROW, reduction="average")
    with pytest.raises(ValueError, match="label_smoothing"):
        F.cross_entropy(REAL, LABELS, label_smoothing=1.5)
    with pytest.raises(ValueError, match="positive"):
        F.huber_loss(ROW, ROW, delta=0.0)
    with pytest.raises(
        ShapeError, match=r"weight has shape \(3,\).*\(6,\).*class_weight\[labels\]"
    ):
        F.cross_entropy(REAL, LABELS, weight=np.ones(3))


def test_weights_of_classes():
    class_weight = np.array([1.0, 5.0, 2.0])
    found = F.cross_entropy(REAL, LABELS, weight=class_weight[LABELS])
    wanted = np.average(F.cross_entropy(REAL, LABELS, "none"), weights=class_weight[LABELS])
    np.testing.assert_allclose(found, wanted)


def test_cross_entropy_of_one_sample_and_of_many_axes():
    np.testing.assert_allclose(
        F.cross_entropy(REAL[0], 2), F.cross_entropy(REAL[:1], np.array([2]))
    )
    z = np.moveaxis(REAL.reshape(2, 3, 3), -1, 1)
    np.testing.assert_allclose(
        F.cross_entropy(z, LABELS.reshape(2, 3)), F.cross_entropy(REAL, LABELS)
    )


# -- penalties ---------------------------------------------------------------------------------


def test_penalties_over_trees_and_modules():
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    arrays = [np.array(p.data, float) for p in net.parameters()]
    tree = {"w": arrays[0], "rest": (arrays[1], [arrays[2], arrays[3]])}
    squares, sizes = sum((a**2).sum() for a in arrays), sum(np.abs(a).sum() for a in arrays)
    for parameters in (net, tree, arrays, {"net": net}, net.parameters()):
        np.testing.assert_allclose(float(nn.l2_penalty(parameters, 0.1)), 0.1 * squares, rtol=1e-6)
    np.testing.assert_allclose(float(nn.l1_penalty(net)), sizes, rtol=1e-6)
    assert nn.l2_penalty({}) == 0


def test_penalties_have_gradients_in_both_styles():
    net = nn.Linear(2, 3)
    nn.l2_penalty(net, 0.5).backward()
    np.testing.assert_allclose(net.weight.grad, net.weight.data)
    found = cr.grad(lambda net: nn.l2_penalty(net, 0.5) + nn.l1_penalty(net))(net)
    wanted = net.weight.data + np.sign(net.weight.data)
    np.testing.assert_allclose(found.weight.data, wanted, rtol=1e-6)
