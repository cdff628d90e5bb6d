"""scikit-learn's own checks of an estimator, all of them, and its tools around ours."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_diabetes, load_iris, make_multilabel_classification
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from chainrule.estimators import NeuralClassifier, NeuralRegressor

# Small and quick. Weights against repeated rows are compared to nine digits: float64, and nothing
# that depends on the number of rows or is drawn for each (decay, dropout, batches). The same check
# takes scikit-learn's MLP with L-BFGS only.
QUICK = {
    "hidden": (16,),
    "epochs": 30,
    "learning_rate": 0.02,
    "dropout": 0.0,
    "weight_decay": 0.01,
    "batch_size": 64,
    "dtype": "float64",
}
FEW = {"hidden": (32,), "epochs": 40, "learning_rate": 0.02, "random_state": 0}


@parametrize_with_checks([NeuralClassifier(**QUICK), NeuralRegressor(**QUICK)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


def test_in_a_pipeline_with_a_grid(iris):
    x, y = iris
    pipeline = make_pipeline(StandardScaler(), NeuralClassifier(**FEW))
    search = GridSearchCV(pipeline, {"neuralclassifier__hidden": [(2,), (16,)]}, cv=2)
    search.fit(x, y)
    assert search.best_params_ == {"neuralclassifier__hidden": (16,)}
    assert search.score(x, y) > 0.9


def test_cross_validation_is_repeatable(iris):
    x, y = iris
    model = NeuralClassifier(**FEW)
    first = cross_val_score(model, x, y, cv=3)
    assert first.mean() > 0.9
    assert np.array_equal(first, cross_val_score(clone(model), x, y, cv=3))


def test_table_with_words_in_pandas(iris):
    pandas = pytest.importorskip("pandas")
    x, y = iris
    frame = pandas.DataFrame(x, columns=["a", "b", "c", "d"])
    frame["kind"] = np.array(["low", "high"])[(x[:, 0] > 5.8).astype(int)]
    encode = make_column_transformer(
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude=float)),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    pipeline = make_pipeline(encode, NeuralClassifier(**FEW)).set_output(transform="pandas")
    pipeline.fit(frame, np.array(["x", "y", "z"])[y])
    assert list(pipeline[-1].feature_names_in_) == ["kind_high", "kind_low", "a", "b", "c", "d"]
    assert set(pipeline.predict(frame)) == {"x", "y", "z"}
    assert pipeline[-1].explain(encode.transform(frame[:1])).features[0] == "kind_high"


def test_sparse_rows_are_the_same_as_dense(iris):
    x, y = iris
    model = NeuralClassifier(**FEW).fit(sparse.csr_array(x), y)
    dense = NeuralClassifier(**FEW).fit(x, y)
    assert np.array_equal(model.predict_proba(sparse.csc_array(x)), dense.predict_proba(x))


def test_several_labels():
    x, y = make_multilabel_classification(120, n_features=8, n_classes=3, random_state=0)
    model = NeuralClassifier(**FEW).fit(x, y)
    assert model.predict(x).shape == y.shape
    assert (model.predict(x) == y).mean() > 0.8
    p = model.predict_proba(x)
    assert p.shape == y.shape and (p.sum(axis=1) > 1.01).any()


def test_several_outputs():
    x, y = load_diabetes(return_X_y=True)
    both = np.stack([y, -1000 * y], axis=1)
    model = NeuralRegressor(**FEW).fit(x, both)
    assert model.score(x, both) > 0.4
    with pytest.raises(ValueError, match="there are 2 outputs: say which"):
        model.explain(x[:1])
    found = model.explain(x[:2], output=1)
    assert np.allclose(found.output, model.predict(x[:2])[:, 1], rtol=1e-4)


def test_pickle_and_partial_fit_go_on(iris):
    x, y = iris
    model = NeuralClassifier(hidden=(16,), learning_rate=0.01, random_state=0)
    for start in range(0, 150, 50):
        model.partial_fit(x[start : start + 50], y[start : start + 50], classes=[0, 1, 2])
    other = pickle.loads(pickle.dumps(model))
    for each in (model, other):
        each.partial_fit(x, y)
    assert np.array_equal(model.predict_proba(x), other.predict_proba(x))
    assert len(model.loss_curve_) == 4


def test_partial_fit_learns(iris):
    x, y = iris
    model = NeuralClassifier(hidden=(16,), learning_rate=0.02, batch_size=16, random_state=0)
    for _ in range(12):
        model.partial_fit(x, y, classes=np.unique(y))
    assert model.score(x, y) > 0.9
    with pytest.raises(ValueError, match=r"has classes not in .*\[7\]"):
        model.partial_fit(x[:3], [0, 1, 7])


def test_warm_start_goes_on(iris):
    x, y = iris
    model = NeuralClassifier(**FEW | {"epochs": 5}, warm_start=True).fit(x, y)
    before = model.loss_
    assert model.fit(x, y).loss_ < before


def test_chosen_by_importance():
    draw = np.random.default_rng(0)
    x = draw.normal(size=(200, 6))
    y = 3 * x[:, 1] - 2 * x[:, 4]
    chosen = SelectFromModel(NeuralRegressor(**FEW), threshold=0.1).fit(x, y)
    assert chosen.get_support().tolist() == [False, True, False, False, True, False]
