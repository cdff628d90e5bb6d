import numpy as np
import polars as pl
import pytest

from chainrule import random
from chainrule.data.errors import DataError
from chainrule.tabular.splitting import folds, groups_of, split, strata_of

ROWS = 200
STRATA = np.repeat([0, 1, 2], [140, 50, 10])
ALONE = np.arange(ROWS)


@pytest.mark.parametrize("seed", range(3))
def test_parts_are_the_whole_and_have_each_class(seed):
    parts = split(STRATA, ALONE, 0.2, 0.1, random.key(seed))
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(together) == list(range(ROWS))
    assert [len(parts.train), len(parts.validation), len(parts.test)] == [144, 16, 40]
    assert np.bincount(STRATA[parts.test]).tolist() == [28, 10, 2]
    assert (np.diff(parts.test) > 0).all()


def test_the_seed_decides():
    one, same, other = (split(STRATA, ALONE, 0.2, 0.1, random.key(s)) for s in (1, 1, 2))
    assert (one.test == same.test).all() and (one.train == same.train).all()
    assert (one.test != other.test).any()


def test_copies_stay_together():
    groups = np.arange(ROWS) // 3
    parts = split(STRATA, groups, 0.3, 0.3, random.key(0))
    found = [set(groups[part]) for part in vars(parts).values()]
    assert not found[0] & found[1] and not found[0] & found[2] and not found[1] & found[2]
    assert abs(len(parts.test) - 60) <= 2
    for learned_from, judged in folds(STRATA, groups, 4, random.key(0)):
        assert not set(groups[learned_from]) & set(groups[judged])


def test_folds_judge_every_row_once():
    judged = [rows for _, rows in folds(STRATA, ALONE, 5, random.key(0))]
    assert sorted(np.concatenate(judged)) == list(range(ROWS))
    assert {tuple(np.bincount(STRATA[rows])) for rows in judged} == {(28, 10, 2)}


def test_rare_classes_stay_in_training():
    strata = np.array([0] * 50 + [1])
    for seed in range(5):
        assert 50 in split(strata, np.arange(51), 0.2, 0.2, random.key(seed)).train


def test_too_few_rows_are_told():
    with pytest.raises(DataError, match="1 different rows are too few"):
        split(np.zeros(1, int), np.arange(1), 0.5, 0.0, random.key(0))
    with pytest.raises(DataError, match="5 folds need as many different rows, there are 3"):
        list(folds(np.zeros(6, int), np.arange(6) // 2, 5, random.key(0)))


def test_groups_are_copies_only_where_copies_are_rare():
    frame = pl.DataFrame({"a": [1.0, 2.0, 1.0, None, None, 3.0], "b": list("xyxxxz")})
    assert groups_of(frame, ["a", "b"]).tolist() == [0, 1, 0, 3, 3, 5]
    few = pl.DataFrame({"a": [0, 1] * 10})
    assert groups_of(few, ["a"]).tolist() == list(range(20))


def test_strata_of_labels_pool_rare_combinations():
    labels = np.array([[0, 0]] * 6 + [[1, 1]] * 6 + [[0, 1], [1, 0]])
    strata = strata_of("multilabel", labels)
    assert len(set(strata)) == 3 and strata[-1] == strata[-2]
    values = np.random.default_rng(0).normal(size=(100, 2))
    assert np.bincount(strata_of("regression", values)).tolist() == [10] * 10
