"""Splits cover the data once and keep the shares of classes; scaling, against scikit-learn."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.train import kfold, standardize, train_test_split

LABELS = np.repeat([0, 1, 2], [70, 20, 10])


@pytest.mark.parametrize("stratify", [None, LABELS])
@pytest.mark.parametrize("test_size", [0.3, 30])
def test_split_is_a_partition(stratify, test_size):
    x = np.arange(100)
    train, test, x_train, x_test = train_test_split(
        x, x.reshape(100, 1) * 2, test_size=test_size, stratify=stratify
    )
    assert sorted([*train, *test]) == list(range(100)) and len(test) == 30
    np.testing.assert_array_equal(x_train[:, 0], 2 * train)
    np.testing.assert_array_equal(x_test[:, 0], 2 * test)


def test_stratified_parts_have_each_classs_share():
    for seed in range(20):
        _, test = train_test_split(LABELS, test_size=0.3, stratify=LABELS, seed=seed)
        assert np.bincount(test).tolist() == [21, 6, 3]
        for _, rows in kfold(LABELS, 5, stratify=LABELS, seed=seed):
            assert np.bincount(LABELS[rows]).tolist() == [14, 4, 2]


def test_folds_are_a_partition_and_random():
    for stratify in (None, LABELS):
        pairs = list(kfold(100, 7, stratify=stratify))
        assert sorted(np.concatenate([test for _, test in pairs])) == list(range(100))
        for train, test in pairs:
            assert sorted([*train, *test]) == list(range(100))
            assert len(test) in (14, 15)
        other = list(kfold(100, 7, stratify=stratify, seed=1))
        assert not np.array_equal(pairs[0][1], other[0][1])


def test_the_key_decides():
    x = np.arange(50)
    same = [train_test_split(x, key=cr.random.key(4))[0] for _ in range(2)]
    np.testing.assert_array_equal(*same)
    assert not np.array_equal(same[0], train_test_split(x, key=cr.random.key(5))[0])


def test_standardize():
    reference = pytest.importorskip("sklearn.preprocessing").StandardScaler()
    rng = np.random.default_rng(0)
    x = rng.normal(5.0, [1.0, 100.0, 0.0], (40, 3)) + np.array([0.0, 0.0, 0.1])
    new = rng.normal(size=(5, 3))
    scaler = standardize(x)
    reference.fit(x)
    np.testing.assert_allclose(scaler(new), reference.transform(new), rtol=1e-10)
    np.testing.assert_allclose(scaler.inverse(scaler(new)), new, rtol=1e-10)
    assert scaler(x)[:, 2] == pytest.approx(0.0, abs=1e-9)
    assert standardize(x.astype(np.float32))(x.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: train_test_split(np.ones(3), np.ones(4)), "common length"),
        (lambda: train_test_split(np.ones(3), test_size=0.01), "empty"),
        (lambda: train_test_split(np.ones(3), stratify=[1]), "1 labels for 3"),
        (lambda: kfold(3, 4), "folds"),
        (lambda: standardize(np.ones((0, 2))), "no examples"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call()
