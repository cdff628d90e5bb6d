"""The molecules' page without a page: split, training, threshold, calibration, own tables."""

import numpy as np
import pytest
from sklearn import datasets
from sklearn import metrics as theirs

from chainrule.data import DataError, Dataset, load_breast_cancer
from chainrule.widgets import Molecules, UserError
from chainrule.widgets.molecules_network import Network, judge, reliability, roc, split


def made_table(rows=240, columns=5):
    rng = np.random.default_rng(0)
    x = 3 + 10 * rng.normal(size=(rows, columns))
    y = (x[:, 0] - x[:, 1] + 4 * rng.normal(size=rows) > 0) * 1.0
    return Dataset("made", x, y, tuple("abcde"[:columns]), ("no", "yes"))


@pytest.fixture
def page():
    page = Molecules(made_table())
    page.tick(0.02)
    return page


def trained(page, epochs=20):
    page.do_play()
    while page.state["epoch"] < epochs:
        page.tick(0.02)
    page.do_pause()
    return page.state


def test_the_stand_in_is_scikit_learns():
    ours, known = load_breast_cancer(), datasets.load_breast_cancer()
    assert np.array_equal(ours.x, known.data) and np.array_equal(ours.y, known.target)
    assert ours.features == tuple(known.feature_names)
    assert ours.classes == tuple(known.target_names)


def test_parts_keep_the_shares_and_share_no_row():
    y = (np.arange(200) % 4 == 0) * 1.0
    parts = split(y, 5)
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(200))
    assert [int(y[rows].sum()) for rows in parts.values()] == [30, 10, 10]


def test_scaling_knows_the_training_rows_alone():
    table = made_table()
    one = Network(table)
    rows = one.rows["training"]
    assert np.allclose(one._x[rows].mean(axis=0), 0, atol=1e-5)
    assert not np.allclose(one._x.mean(axis=0), 0, atol=1e-3)


def test_training_learns_what_there_is_to_learn(page):
    start = page.state["roc"]["area"]
    state = trained(page)
    assert state["roc"]["area"] > max(0.9, start)
    assert state["epoch"] == 20 and not page.running
    names = [row["name"] for row in state["importance"][:2]]
    assert sorted(names) == ["a", "b"]


def test_numbers_agree_with_scikit_learn(page):
    trained(page)
    truth, p = page._network.answers("test")
    for threshold in (0.2, 0.5, 0.85):
        found = judge(truth, p, threshold)
        guess = p > threshold
        assert found["confusion"] == theirs.confusion_matrix(truth, guess).tolist()
        assert found["precision"] == pytest.approx(theirs.precision_score(truth, guess))
        assert found["f1"] == pytest.approx(theirs.f1_score(truth, guess))
    assert roc(truth, p)["area"] == pytest.approx(theirs.roc_auc_score(truth, p))
    assert reliability(truth, p)["brier"] == pytest.approx(theirs.brier_score_loss(truth, p))
    bins = reliability(truth, p)["bins"]
    assert sum(count for _, _, count in bins) == len(p)
    assert sum(share * count for _, share, count in bins) == pytest.approx(truth.sum())


def test_the_threshold_moves_along_the_roc_curve(page):
    trained(page, 5)
    curve = np.asarray(page.state["roc"]["curve"])
    points = []
    for threshold in (0.0, 0.3, 0.7, 1.0):
        page.take({"threshold": threshold})
        point = page.state["judged"]["point"]
        assert np.abs(curve - point).sum(axis=1).min() < 1e-6
        points.append(point)
    assert points[0] == [1.0, 1.0] and points[-1] == [0.0, 0.0]
    assert points == sorted(points, reverse=True)


def test_dropped_units_and_l2_change_the_training(page):
    plain = trained(page, 3)["curves"]["loss"]["training"]
    for change in ({"dropout": 0.5}, {"l2": 0.02, "dropout": 0.0}, {"units": 3, "l2": 0.0}):
        page.take(change)
        assert page.state["epoch"] == 0
        assert not np.allclose(trained(page, 3)["curves"]["loss"]["training"], plain)


def test_a_link_trains_to_where_it_was(page):
    state = trained(page, 7)
    other = Molecules(made_table())
    other.restore(page.link_state())
    while other.running:
        other.tick(0.02)
    assert other.state["epoch"] == 7
    assert other.state["judged"] == state["judged"]
    assert other.state["importance"] == state["importance"]


def test_an_own_table(page):
    rows = "\n".join(f"{i / 7};{i % 5};{'ja' if i % 3 else 'nein'}" for i in range(60))
    page.do_read("eigene.csv", "groesse;ladung;klasse\n" + rows)
    assert page.state["data"]["name"] == "eigene.csv"
    assert page.state["data"]["classes"] == ["ja", "nein"]
    assert page._table.features == ("groesse", "ladung")
    assert page._table.x[3].tolist() == [3 / 7, 3.0]
    page.do_step()
    assert page.state["epoch"] == 1


GOOD = "size,kind\n" + "".join(f"{i},{i % 2}\n" for i in range(40))
ROW = "\n" + "1," * 299 + "{}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first row with names"),
        ("just words", "first row with names"),
        (GOOD + "1,2,3\n", "row 42 has 3 cells"),
        (GOOD + "5,2\n", "must have two values; it has 0, 1, 2"),
        (GOOD + "5,2.5\n", "many numbers"),
        (GOOD.replace("7,", "seven,", 1), "row 9, column 'size': 'seven'"),
        (GOOD.replace("7,", ",", 1), "row 9, column 'size': this cell is empty"),
        ("a,b\n" + "".join(f"{i},{int(i < 4)}\n" for i in range(40)), "Only 4 rows"),
        ("a,b\n" + "1,0\n" * 20_100, "at most 20,000"),
        (",".join(f"c{i}" for i in range(300)) + ROW.format(0) + ROW.format(1), "At most 200"),
        (GOOD + '"' + "a" * 200_000 + '",1\n', "field larger than"),
    ],
)
def test_wrong_tables_say_what_is_wrong(page, text, words):
    before = page.state["data"]
    with pytest.raises(UserError, match=words):
        page.do_read("wrong.csv", text)
    assert page.state["data"] is before


def test_nothing_breaks_before_the_data_are_read():
    page = Molecules(made_table())
    page.take({"threshold": 0.3})
    with pytest.raises(UserError, match="Reading the data"):
        page.do_step()


def test_a_fetch_that_fails_is_told_in_a_sentence(page, monkeypatch):
    def load():
        raise DataError("cannot be had:\n  - cache: none\n  - network: uci.edu: no route\nTo use")

    monkeypatch.setattr("chainrule.widgets.molecules.load_biodeg", load)
    with pytest.raises(UserError, match=r"not be fetched \(uci.edu: no route\)") as told:
        page.do_molecules()
    assert "\n" not in str(told.value) and page.state["data"]["name"] == "made"
