import numpy as np
import pytest
from sklearn import metrics as sk

from chainrule.tabular.evaluation import Metric, evaluate, newcombe, wilson
from chainrule.tabular.scores import scores_of

draw = np.random.default_rng(7)
ROWS = 300
Y = draw.integers(0, 2, ROWS)
P = 1 / (1 + np.exp(-(draw.normal(size=ROWS).round(1) + Y)))  # with ties
TWO = np.stack([1 - P, P], axis=1)
KIND = draw.integers(0, 3, ROWS)
THREE = np.exp(draw.normal(size=(ROWS, 3)) + 1.5 * np.eye(3)[KIND])
THREE /= THREE.sum(axis=1, keepdims=True)
LABELS = draw.integers(0, 2, (ROWS, 3))
CHANCES = 1 / (1 + np.exp(-(LABELS + draw.normal(size=(ROWS, 3)) - 0.5)))
VALUES = draw.normal(size=(ROWS, 2))
GUESSES = VALUES + 0.3 * draw.normal(size=(ROWS, 2))

CASES = {
    "binary": (Y, TWO, ("no", "yes")),
    "multiclass": (KIND, THREE, ("a", "b", "c")),
    "multilabel": (LABELS, CHANCES, ("a", "b", "c")),
    "regression": (VALUES, GUESSES, ("u", "v")),
}
REFERENCE = {
    "binary": {
        "accuracy": sk.accuracy_score(Y, P > 0.5),
        "balanced_accuracy": sk.balanced_accuracy_score(Y, P > 0.5),
        "auc": sk.roc_auc_score(Y, P),
        "average_precision": sk.average_precision_score(Y, P),
        "log_loss": sk.log_loss(Y, P),
        "brier": sk.brier_score_loss(Y, P),
        "f1:no": sk.f1_score(Y, P > 0.5, pos_label=0),
        "f1:yes": sk.f1_score(Y, P > 0.5),
    },
    "multiclass": {
        "accuracy": sk.accuracy_score(KIND, THREE.argmax(1)),
        "balanced_accuracy": sk.balanced_accuracy_score(KIND, THREE.argmax(1)),
        "auc": sk.roc_auc_score(KIND, THREE, multi_class="ovr"),
        "average_precision": sk.average_precision_score(KIND, THREE),
        "log_loss": sk.log_loss(KIND, THREE),
        "f1_macro": sk.f1_score(KIND, THREE.argmax(1), average="macro"),
    },
    "multilabel": {
        "accuracy": np.mean((CHANCES > 0.5) == LABELS),
        "subset_accuracy": sk.accuracy_score(LABELS, CHANCES > 0.5),
        "auc": sk.roc_auc_score(LABELS, CHANCES),
        "average_precision": sk.average_precision_score(LABELS, CHANCES),
        "f1_macro": sk.f1_score(LABELS, CHANCES > 0.5, average="macro"),
    },
    "regression": {
        "r2": sk.r2_score(VALUES, GUESSES),
        "rmse:v": sk.root_mean_squared_error(VALUES[:, 1], GUESSES[:, 1]),
        "mae:u": sk.mean_absolute_error(VALUES[:, 0], GUESSES[:, 0]),
    },
}


@pytest.mark.parametrize("task", CASES)
def test_values_are_those_of_scikit_learn(task):
    found = evaluate(task, *CASES[task], resamples=0)
    for name, expected in REFERENCE[task].items():
        assert found[name].value == pytest.approx(expected, abs=1e-12), name


@pytest.mark.parametrize("task", CASES)
def test_weights_stand_for_repeated_rows(task):
    truth, outputs, names = CASES[task]
    weights = np.random.default_rng(0).integers(0, 3, ROWS)
    rows = np.repeat(np.arange(ROWS), weights)
    whole = scores_of(task, truth, outputs, names)
    repeated = scores_of(task, truth[rows], outputs[rows], names)
    for one, other in zip(whole, repeated, strict=True):
        value = one(weights[None].astype(float))[0]
        assert value == pytest.approx(other(rows=len(rows)), abs=1e-12), one.name


@pytest.mark.parametrize("task", CASES)
def test_intervals_are_around_the_values_and_seeded(task):
    first, second = (evaluate(task, *CASES[task], seed=3, resamples=200) for _ in range(2))
    assert first == second
    assert evaluate(task, *CASES[task], seed=4, resamples=200) != first
    for metric in first.metrics:
        if metric.name != "ece":  # resampling makes it larger
            assert metric.low < metric.value < metric.high, metric.name


def test_expected_calibration_error_by_hand():
    p = np.array([0.15, 0.15, 0.85, 0.85])
    found = evaluate("binary", [0, 1, 1, 1], np.stack([1 - p, p], 1), ("n", "y"), resamples=0)
    assert found["ece"].value == pytest.approx((2 * abs(0.15 - 0.5) + 2 * abs(0.85 - 1)) / 4)


@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 0.9, 1.0])
def test_wilson_is_where_the_normal_test_is_at_its_limit(share):
    low, high = wilson(share, 40)
    for end in {low, high} - {0.0, 1.0}:
        assert abs(share - end) == pytest.approx(1.959964 * np.sqrt(end * (1 - end) / 40))


def test_newcombe_covers_the_true_area():
    generator = np.random.default_rng(1)
    true, covered = 0.8556, 0  # the normal distribution's at 1.5 / √2
    for _ in range(400):
        no, yes = generator.normal(size=25), generator.normal(size=25) + 1.5
        area = float((yes[:, None] > no[None]).mean())
        low, high = newcombe(area, 25, 25)
        covered += low <= true <= high
    assert 0.93 <= covered / 400 <= 0.985


def test_a_class_without_rows_has_no_part():
    outputs = np.eye(3)[[0, 1, 0, 1]] * 0.8 + 0.1
    found = evaluate("multiclass", [0, 1, 0, 1], outputs, ("a", "b", "c"), resamples=50)
    assert found["auc"].value == 1 and found["balanced_accuracy"].value == 1
    assert np.isnan(found["f1:c"].value) and not found["f1:c"].has_interval
    assert found.to_dict()["metrics"]["f1:c"]["value"] is None


def test_no_interval_where_all_resamples_agree():
    found = evaluate("binary", [0, 1] * 4, np.eye(2)[[0, 1] * 4], ("n", "y"), resamples=50)
    assert not found["f1:y"].has_interval
    assert found["accuracy"].has_interval and found["accuracy"].low < 0.8
    assert str(found["f1:y"]) == "F1 of y 1.000"


def test_no_rows_and_unknown_names_are_errors():
    with pytest.raises(ValueError, match="no rows"):
        evaluate("binary", [], np.empty((0, 2)), ("n", "y"))
    with pytest.raises(KeyError, match="there are accuracy"):
        evaluate("binary", *CASES["binary"], resamples=0)["acc"]
    assert not Metric("x", "x", 1.0).has_interval
