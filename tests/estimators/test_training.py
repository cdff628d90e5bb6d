"""What the estimators do beyond the contract: losses, weights, validation, callbacks, files."""

import numpy as np
import pytest
import sklearn
from sklearn.callback import ProgressBar
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from chainrule import nn
from chainrule.estimators import NeuralClassifier, NeuralRegressor, load
from chainrule.export import ModelFileError, load_tensors, save_tensors

FEW = {"hidden": (16,), "epochs": 30, "learning_rate": 0.01, "random_state": 0}


@pytest.fixture(scope="module")
def cancer():
    x, y = load_breast_cancer(return_X_y=True)
    return train_test_split(x, y, test_size=0.3, random_state=0, stratify=y)


@pytest.fixture(scope="module")
def sugar():
    return load_diabetes(return_X_y=True)


def test_own_validation_set_stops_and_takes_the_best(cancer):
    x, x_test, y, y_test = cancer
    settings = {**FEW, "epochs": 200, "schedule": "constant", "calibrate": False}
    model = NeuralClassifier(**settings, patience=5)
    model.fit(x, y, validation=(x_test, y_test))
    curve = model.validation_loss_curve_
    best = int(np.argmin(curve))
    assert model.n_iter_ == len(curve) == len(model.loss_curve_) == best + 6 < 200
    assert np.isclose(log_loss(y_test, model.predict_proba(x_test)), curve[best], rtol=1e-4)


def test_validation_set_is_routed(cancer):
    x, x_test, y, y_test = cancer
    with sklearn.config_context(enable_metadata_routing=True):
        model = NeuralClassifier(**FEW).set_fit_request(validation=True)
        pipeline = make_pipeline(model)
        pipeline.fit(x, y, validation=(x_test, y_test))
    assert len(pipeline[-1].validation_loss_curve_) == pipeline[-1].n_iter_


def test_temperature_makes_probabilities_less_wrong(cancer):
    """Overfitted on purpose: on the rows that the temperature was fitted to, log loss falls."""
    x, x_test, y, y_test = cancer
    wrong = np.random.default_rng(0).random(len(y)) < 0.2
    noisy = np.where(wrong, 1 - y, y)
    raw = {"hidden": (64,), "epochs": 60, "dropout": 0.0, "random_state": 0}
    found = {}
    for calibrate in (False, True):
        model = NeuralClassifier(**raw, calibrate=calibrate, patience=None)
        model.fit(x, noisy, validation=(x_test, y_test))
        found[calibrate] = log_loss(y_test, model.predict_proba(x_test)), model
    assert found[True][0] < found[False][0]
    assert found[True][1].learned_.temperature != 1 == found[False][1].learned_.temperature


@pytest.mark.parametrize("loss", ["focal", "hinge", nn.BCEWithLogitsLoss()])
def test_losses_of_classes(cancer, loss):
    x, x_test, y, y_test = cancer
    assert NeuralClassifier(**FEW, loss=loss).fit(x, y).score(x_test, y_test) > 0.93


@pytest.mark.parametrize("loss", ["mae", "huber", lambda z, y: ((z - y) ** 4).mean()])
def test_losses_of_values(sugar, loss):
    x, y = sugar
    assert NeuralRegressor(**FEW, loss=loss).fit(x, y).score(x, y) > 0.4


def test_own_loss_with_weights(sugar):
    x, y = sugar

    def loss(z, y, weight=None):
        return nn.functional.mse_loss(z, y, weight=weight)

    weight = np.where(np.arange(len(y)) < 200, 2.0, 1.0)
    ours = NeuralRegressor(**FEW, loss=loss).fit(x, y, sample_weight=weight)
    assert ours.score(x, y) > 0.4
    with pytest.raises(ValueError, match="your loss has no parameter weight="):
        NeuralRegressor(**FEW, loss=lambda z, y: abs(z - y).mean()).fit(x, y, weight)


def test_class_weights_shift_the_decision(cancer):
    x, x_test, y, y_test = cancer
    rows = np.concatenate([np.flatnonzero(y == 1), np.flatnonzero(y == 0)[:15]])
    plain, fair = (
        NeuralClassifier(**FEW, class_weight=wanted).fit(x[rows], y[rows]).predict(x_test)
        for wanted in (None, {0: 20.0})
    )
    rare = y_test == 0
    assert (fair[rare] == 0).mean() > (plain[rare] == 0).mean()
    with pytest.raises(ValueError, match=r"class_weight: \['a'\] are no classes of y"):
        NeuralClassifier(class_weight={"a": 2}).fit(x, y)


def test_l1_leaves_few_weights(sugar):
    x, y = sugar
    many, few = (
        np.abs(NeuralRegressor(**FEW, l1=l1).fit(x, y).learned_.tensors()["layers.0.weight"])
        for l1 in (0.0, 0.01)
    )
    assert (few < 1e-2).mean() > 2 * (many < 1e-2).mean()


def test_the_same_seed_the_same_bits(sugar):
    x, y = sugar
    made = [NeuralRegressor(**FEW, dropout=0.2).fit(x, y).predict(x) for _ in range(2)]
    assert np.array_equal(*made)


@pytest.mark.parametrize(
    "wrong",
    [
        {"hidden": (16, 0)},
        {"activation": "rellu"},
        {"optimizer": 3},
        {"epochs": 0},
        {"loss": "cross_entropy"},
        {"scaling": "soft!"},
        {"validation_fraction": 1.0},
    ],
)
def test_wrong_arguments_are_named(sugar, wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=name):
        NeuralRegressor(**FEW | wrong).fit(*sugar)


# -- explanations ------------------------------------------------------------------------------


def test_contributions_add_up_to_the_probability(cancer):
    x, x_test, y, _ = cancer
    model = NeuralClassifier(**FEW).fit(x, y)
    found = model.explain(x_test[:8])
    likely = model.predict_proba(x_test[:8]).max(axis=1)
    assert np.allclose(found.output, likely, atol=1e-6)
    assert np.allclose(found.contributions.sum(axis=1), found.output - found.start, atol=1e-3)
    assert len(found.top(0, 3)) == 3
    lines = repr(found).splitlines()
    assert len(lines) == 11 and lines[-2].endswith("22 others")
    shown = sum(float(line.split()[0]) for line in lines[:-1])
    assert shown == pytest.approx(likely[0], abs=2e-3)


def test_contributions_of_a_line_are_its_terms():
    draw = np.random.default_rng(1)
    x = draw.normal(size=(300, 3))
    y = 2 * x[:, 0] - 3 * x[:, 1]
    settings = {"scaling": "standard", "learning_rate": 0.03, "weight_decay": 0.0}
    model = NeuralRegressor((), **settings, random_state=0).fit(x, y)
    found = model.explain(x[:4])
    expected = (x[:4] - x.mean(axis=0)) * [2, -3, 0]
    assert np.allclose(found.contributions, expected, atol=0.05)


# -- scikit-learn's callbacks ------------------------------------------------------------------


class Watch:
    """Notes each epoch, and what the estimator of that moment scores."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.scores, self.ended = 0, [], False

    def setup(self, estimator, context):
        self.most = context.max_subtasks

    def teardown(self, estimator, context):
        self.ended = True

    def on_fit_task_begin(self, estimator, context):
        self.begun += context.task_name == "epoch"

    def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
        if context.task_name != "epoch" or fitted_estimator is None:
            return False
        self.scores.append(fitted_estimator.score(X, y))
        return self.stop_after is not None and len(self.scores) >= self.stop_after


@pytest.mark.parametrize("kind", [NeuralClassifier, NeuralRegressor])
def test_callbacks_see_each_epoch(kind, cancer):
    x, _, y, _ = cancer
    watch = Watch()
    model = kind(**FEW | {"epochs": 8}).set_callbacks(watch).fit(x, y)
    assert watch.ended and watch.begun == len(watch.scores) == watch.most == 8
    assert watch.scores[-1] == pytest.approx(model.score(x, y))
    assert watch.scores[0] < watch.scores[-1]


def test_a_callback_can_stop(cancer):
    x, _, y, _ = cancer
    watch = Watch(stop_after=3)
    assert NeuralClassifier(**FEW).set_callbacks(watch).fit(x, y).n_iter_ == 3
    assert watch.begun == 3 and watch.ended


def test_callbacks_change_no_bit(cancer):
    x, _, y, _ = cancer
    plain = NeuralClassifier(**FEW).fit(x, y).predict_proba(x)
    watched = NeuralClassifier(**FEW).set_callbacks(Watch()).fit(x, y).predict_proba(x)
    assert np.array_equal(plain, watched)


def test_scikit_learns_progress_bar(cancer, capsys):
    x, _, y, _ = cancer
    NeuralClassifier(**FEW | {"epochs": 3}).set_callbacks(ProgressBar()).fit(x, y)
    assert "NeuralClassifier" in capsys.readouterr().out


# -- other runtimes ----------------------------------------------------------------------------


def test_onnx_gives_the_same_probabilities(cancer, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    x, x_test, y, _ = cancer
    model = NeuralClassifier(**FEW).fit(x, y)
    model.to_onnx(tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    (found,) = session.run(None, {"x": x_test.astype(np.float32)})
    assert np.allclose(found, model.predict_proba(x_test), atol=1e-5)


# -- files -------------------------------------------------------------------------------------


def test_a_file_gives_the_same_predictions(cancer, tmp_path):
    x, x_test, y, _ = cancer
    words = np.array(["bad", "good"])[y]
    model = NeuralClassifier(**FEW, class_weight={"bad": 2.0}).fit(x, words)
    model.save(tmp_path / "model")
    other = NeuralClassifier.load(tmp_path / "model")
    assert np.array_equal(model.predict_proba(x_test), other.predict_proba(x_test))
    assert set(other.predict(x_test)) == {"bad", "good"}
    assert other.get_params() == model.get_params()
    with pytest.raises(AttributeError, match="keeps no training rows"):
        other.feature_importances_  # noqa: B018
    assert other.importances(x, words).mean.shape == (30,)
    with pytest.raises(TypeError, match="holds a NeuralClassifier"):
        NeuralRegressor.load(tmp_path / "model")


def test_importances_are_kept_in_a_file(sugar, tmp_path):
    x, y = sugar
    model = NeuralRegressor(**FEW).fit(x, y)
    importances = model.feature_importances_
    assert np.argmax(importances) in (2, 8)  # body mass, and a serum, as a linear model finds too
    model.save(tmp_path / "model")
    other = load(tmp_path / "model")
    assert np.array_equal(other.feature_importances_, importances)
    assert np.array_equal(other.predict(x), model.predict(x))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "OrderedDict"},
        {"version": 99},
        {"content": "network"},
        {"scaling": 7},
        {"arguments": {"__class__": 1}},
        {"learned": {}},
    ],
)
def test_a_file_that_does_not_fit_is_refused(sugar, tmp_path, change):
    x, y = sugar
    path = tmp_path / "model"
    NeuralRegressor(**FEW | {"epochs": 1}).fit(x, y).save(path)
    header, tensors = load_tensors(path)
    save_tensors(path, {**header, **change}, tensors)
    with pytest.raises(ModelFileError):
        load(path)


def test_a_file_cannot_ask_for_much_memory(sugar, tmp_path):
    x, y = sugar
    path = tmp_path / "model"
    NeuralRegressor(**FEW | {"epochs": 1}).fit(x, y).save(path)
    header, tensors = load_tensors(path)
    header["learned"]["network"]["hidden"] = [10**9]
    save_tensors(path, header, tensors)
    with pytest.raises(ModelFileError, match="parameters, there are"):
        load(path)
