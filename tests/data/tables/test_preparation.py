"""Kinds and task of a table, and its rows as numbers: as documented, and the same from JSON."""

import datetime
import json

import numpy as np
import pytest

from chainrule.data.tables import Column, DataError, Preparation, Schema, infer, read
from chainrule.data.tables.encoders import DAY, PERIODS

pl = pytest.importorskip("polars")


def frame_of(**columns):
    return pl.DataFrame(columns)


def prepared(frame, target="y", **options):
    types = options.pop("types", None)
    return Preparation.fit(frame, infer(frame, target, types=types), **options)


Y = [0, 1] * 10
DATES = [datetime.date(2024, 1, 1) + datetime.timedelta(days=37 * i) for i in range(20)]


@pytest.mark.parametrize(
    ("values", "kind", "why"),
    [
        ([i / 7 for i in range(20)], "number", ""),
        ([i % 2 for i in range(20)], "number", ""),
        ([i * i for i in range(20)], "number", ""),
        ([True, False] * 10, "boolean", ""),
        (["yes", "no"] * 10, "boolean", ""),
        (["T", None] * 5 + ["F"] * 10, "boolean", ""),
        (["cod", "eel"] * 10, "category", ""),
        (DATES, "date", ""),
        ([None] * 20, "ignore", "empty"),
        ([float("nan")] * 20, "ignore", "empty"),
        ([3] * 20, "ignore", "constant"),
        (["x"] * 20, "ignore", "constant"),
        ([None, 3] * 10, "number", ""),
        (list(range(100, 120)), "ignore", "row number"),
        ([f"m{i}" for i in range(20)], "ignore", "identifier"),
    ],
)
def test_kinds_of_columns(values, kind, why):
    frame = pl.DataFrame({"x": values, "other": [1.5, 2.5] * 10, "y": Y}, strict=False)
    assert infer(frame, "y").columns[0] == Column("x", kind, why)


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([True, False] * 6, "binary", ("false", "true")),
        (["yes", "no"] * 6, "binary", ("no", "yes")),
        (["RB", "NRB"] * 6, "binary", ("NRB", "RB")),
        ([10, 2, 2, 10] * 3, "binary", ("2", "10")),
        ([1.0, 0.0] * 6, "binary", ("0", "1")),
        ([10, 2, 3] * 4, "multiclass", ("2", "3", "10")),
        (["b", "c", "a"] * 4, "multiclass", ("a", "b", "c")),
        ([0.5, 1.0, 1.5] * 4, "regression", ()),
        (list(range(12)), "regression", ()),
    ],
)
def test_the_task_that_a_target_sets(values, task, classes):
    frame = frame_of(x=[0.5 * i * i for i in range(12)], y=values)
    schema = infer(frame, "y")
    assert (schema.task, schema.classes) == (task, classes)
    y = Preparation.fit(frame, schema).targets(frame)
    if task == "regression":
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, np.float32(values))
    else:
        assert y.dtype == np.int64
        back = [classes[code] for code in y]
        plain = {"True": "true", "False": "false"}
        assert back == [plain.get(str(v), str(v).removesuffix(".0")) for v in values]


def test_several_targets_are_labels_or_outputs():
    frame = frame_of(x=[1.0, 2, 3, 5], a=[0, 1, 1, 0], b=[1, 1, 0, 0], c=[0.5, 1, 1.5, 2])
    labels = infer(frame, ["a", "b"])
    assert labels.task == "multilabel"
    y = Preparation.fit(frame, labels).targets(frame)
    assert y.dtype == np.float32
    assert y.tolist() == [[0, 1], [1, 1], [1, 0], [0, 0]]
    outputs = infer(frame, ["a", "c"])
    assert outputs.task == "regression"
    assert Preparation.fit(frame, outputs).targets(frame).shape == (4, 2)
    assert infer(frame, [1, -1]) == outputs


def test_a_task_can_be_demanded():
    frame = frame_of(x=[1.0, 2, 3, 5], y=[0, 1, 1, 0], w=["a", "b", "a", "b"])
    assert infer(frame, "y", task="regression").task == "regression"
    assert infer(frame, "y", types={"y": "number"}).task == "regression"
    assert infer(frame, "y", task="multiclass").task == "multiclass"
    with pytest.raises(DataError, match="binary target has two classes"):
        infer(frame_of(x=[1.0] * 5 + [2.0], y=[1, 2, 3] * 2), "y", task="binary")
    with pytest.raises(DataError, match="no number"):
        infer(frame, "w", task="regression")
    with pytest.raises(DataError, match="there is no task 'guess'; use one of binary"):
        infer(frame, "y", task="guess")


def test_columns_that_were_left_out_in_reading_are_no_error():
    frame = frame_of(x=[1.0, 2, 3, 5], y=[0, 1, 1, 0])
    assert infer(frame, "y", types={"gone": "ignore"}).types == {"x": "number"}
    with pytest.raises(DataError, match="no column 'gone'"):
        infer(frame, "y", types={"gone": "number"})
    with pytest.raises(DataError, match="no column 'gone'"):
        infer(frame, "y", ignore=["gone"])
    with pytest.raises(DataError, match="no kind 'numeric'"):
        infer(frame, "y", types={"x": "numeric"})


def test_a_schema_survives_json():
    schema = infer(frame_of(x=[1.0, 2, 3, 5], i=[1, 1, 1, 1], y=["a", "b", "a", "b"]), "y")
    assert Schema.from_dict(json.loads(json.dumps(schema.to_dict()))) == schema
    assert schema.types == {"x": "number"}


def test_numbers_are_centred_scaled_and_softly_limited():
    values = np.random.default_rng(0).normal(50, 3, 1000)
    values[0] = 1e9
    frame = pl.DataFrame({"x": values, "y": Y * 50})
    preparation = prepared(frame)
    (column,) = preparation.to_dict()["columns"]
    x = preparation.transform(frame)[:, 0]
    assert abs(np.median(x)) < 1e-6
    assert 0.8 < x[1:].std() < 1.1
    assert 3.99 < x[0] <= column["limit"]
    z = (values - column["center"]) / column["scale"]
    np.testing.assert_array_equal(x, np.float32(z / np.sqrt(1 + (z / column["limit"]) ** 2)))


def test_missing_numbers_are_filled_and_told():
    frame = frame_of(x=[1.0, None, 3.0, float("nan"), 5.0, 7.0], y=[0, 1] * 3)
    preparation = prepared(frame)
    assert preparation.features == ("x", "x missing")
    x = preparation.transform(frame)
    assert x[:, 1].tolist() == [0, 1, 0, 1, 0, 0]
    assert x[1, 0] == x[3, 0] == 0
    complete = prepared(frame_of(x=[1.0, 2.0, 3.0, 4.0], y=[0, 1, 0, 1]))
    assert complete.features == ("x",)
    assert complete.transform(frame_of(x=[None, 2.5]))[:, 0].tolist() == [0, 0]


def test_a_number_that_hardly_varies_does_not_explode():
    frame = frame_of(x=[0.0] * 19 + [1.0], c=[2.0] * 20, y=Y)
    preparation = prepared(frame, types={"c": "number"})
    assert np.abs(preparation.transform(frame)).max() <= 4
    assert np.isfinite(preparation.transform(frame_of(x=[1e300], c=[-1e300]))).all()


def test_categories_are_one_hot_with_zeros_for_what_is_new():
    frame = frame_of(x=["b", "a", None, "b"], y=[0, 1, 0, 1])
    preparation = prepared(frame)
    assert preparation.features == ("x=a", "x=b", "x missing")
    x = preparation.transform(frame_of(x=["a", "b", None, "new"]))
    assert x.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
    assert preparation.notes(frame_of(x=["a", None, "new", "new"])) == {"x": 2}
    complete = prepared(frame_of(x=["b", "a", "b", "a"], y=[0, 1, 0, 1]))
    assert complete.transform(frame_of(x=[None, "a"])).tolist() == [[0, 0], [1, 0]]


def test_many_categories_are_codes_to_embed():
    words = [f"w{i % 5}" for i in range(20)]
    words[7] = "once"
    frame = pl.DataFrame({"n": range(0, 40, 2), "x": words, "y": Y})
    preparation = prepared(frame, one_hot=3)
    assert preparation.features == ("n", "x")
    assert preparation.embedded == ((1, 7),)
    assert preparation.columns[1]["categories"] == ["w0", "w1", "w2", "w3", "w4"]
    x = preparation.transform(pl.DataFrame({"n": [1] * 4, "x": ["w0", "w4", None, "once"]}))
    assert x[:, 1].tolist() == [0, 4, 5, 6]


def test_all_different_categories_share_the_code_of_the_new():
    frame = pl.DataFrame({"x": [f"w{i}" for i in range(20)], "y": Y})
    preparation = prepared(frame, types={"x": "category"})
    assert preparation.embedded == ((0, 2),)
    assert preparation.transform(frame)[:, 0].tolist() == [1.0] * 20


def test_new_categories_can_be_refused():
    preparation = prepared(frame_of(x=["b", "a", "b", "a"], y=[0, 1, 0, 1]), unseen="error")
    with pytest.raises(DataError) as raised:
        preparation.transform(frame_of(x=["a", None, "new"]), file="new.csv")
    error = raised.value
    assert (error.file, error.row, error.column) == ("new.csv", "data row 3", "x")
    assert error.value == "new"
    assert "those are a, b" in error.what


def test_truth_is_zero_and_one_and_half_if_unknown():
    frame = frame_of(x=["no", "yes", None, "yes"], b=[True, False, True, False], y=[0, 1, 0, 1])
    preparation = prepared(frame)
    assert preparation.features == ("x=yes", "x missing", "b=true")
    x = preparation.transform(frame_of(x=["yes", "no", None, "maybe"], b=[True, False, None, True]))
    assert x.tolist() == [[1, 0, 1], [0, 0, 0], [0.5, 1, 0.5], [0.5, 0, 1]]


def test_a_boolean_of_three_values_is_refused():
    frame = frame_of(x=["a", "b", "c", "a"], y=[0, 1, 0, 1])
    with pytest.raises(DataError, match="data row 3, column 'x', value 'c': a boolean has two"):
        prepared(frame, types={"x": "boolean"})


def test_dates_are_a_time_and_places_in_the_week_and_year():
    frame = frame_of(x=DATES, y=Y)
    preparation = prepared(frame)
    assert preparation.features == ("x", "x sin week", "x cos week")
    long = frame.with_columns(x=pl.Series([d + (d - DATES[0]) * 3 for d in DATES]))
    assert prepared(long).features[-1] == "x cos year"
    (column,) = preparation.columns
    assert column["periods"] == [PERIODS["week"]]
    x = preparation.transform(frame)
    seconds = np.array([(d - datetime.date(1970, 1, 1)).days for d in DATES]) * DAY
    np.testing.assert_allclose(x[:, 1], np.sin(2 * np.pi * seconds / (7 * DAY)), atol=1e-6)
    np.testing.assert_allclose(x[:, 2], np.cos(2 * np.pi * seconds / (7 * DAY)), atol=1e-6)
    assert (np.diff(x[:, 0]) > 0).all()
    moments = frame.with_columns(pl.col("x").cast(pl.Datetime("ms", "UTC")))
    np.testing.assert_array_equal(preparation.transform(moments), x)


def test_a_form_of_dates_is_kept_for_the_next_file(tmp_path):
    path = tmp_path / "dates.csv"
    path.write_text("d,y\n" + "".join(f"0{i % 9 + 1}/02/2024,{i % 2}\n" for i in range(20)))
    types = {"d": "%d/%m/%Y"}
    frame = read(path, types=types)
    preparation = prepared(frame, types=types)
    again = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    assert again.types == types
    new = tmp_path / "new.csv"
    new.write_text("d\n05/02/2024\n")
    x = again.transform(read(new, types=again.types))
    np.testing.assert_array_equal(x, preparation.transform(frame)[4:5])


def test_codes_are_the_same_words_however_the_numbers_are_kept():
    frame = frame_of(x=[1, 2, 3, 1, 2, 3], y=[0, 1] * 3)
    preparation = prepared(frame, types={"x": "category"})
    expected = preparation.transform(frame).tolist()
    for dtype in (pl.Float64, pl.String, pl.Int8):
        assert (
            preparation.transform(frame.with_columns(pl.col("x").cast(dtype))).tolist() == expected
        )


EVERYTHING = pl.DataFrame(
    {
        "number": [1.5, None, 2.5, 1e6] * 10,
        "whole": [i * i % 17 for i in range(40)],
        "word": ["cod", "eel", None, "ray"] * 10,
        "truth": [True, None, False, True] * 10,
        "many": [f"w{i % 19}" for i in range(40)],
        "date": [*DATES, None, *DATES[:19]],
        "y": ["p", "n"] * 20,
    }
)


def test_a_preparation_from_json_gives_the_same_bits():
    preparation = prepared(EVERYTHING)
    again = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    x = preparation.transform(EVERYTHING)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert x.shape == (40, preparation.width)
    assert again.transform(EVERYTHING).tobytes() == x.tobytes()
    assert again.features == preparation.features
    assert again.embedded == preparation.embedded
    assert again.to_dict() == preparation.to_dict()
    np.testing.assert_array_equal(again.targets(EVERYTHING), preparation.targets(EVERYTHING))


def test_rows_do_not_depend_on_each_other_nor_on_the_order_of_columns(monkeypatch):
    preparation = prepared(EVERYTHING)
    x = preparation.transform(EVERYTHING)
    alone = [preparation.transform(EVERYTHING[i : i + 1])[0] for i in range(40)]
    np.testing.assert_array_equal(np.stack(alone), x)
    turned = EVERYTHING.select(EVERYTHING.columns[::-1]).drop("y")
    np.testing.assert_array_equal(preparation.transform(turned), x)
    monkeypatch.setattr("chainrule.data.tables.preparation.ROWS", 7)
    np.testing.assert_array_equal(preparation.transform(EVERYTHING), x)


def test_only_the_rows_given_are_learned_from():
    first = EVERYTHING[:20]
    other = EVERYTHING[20:].with_columns(number=pl.lit(1e9), word=pl.lit("new"))
    schema = infer(EVERYTHING, "y")
    alone = Preparation.fit(first, schema).to_dict()
    assert Preparation.fit(pl.concat([first, other])[:20], schema).to_dict() == alone
    assert Preparation.fit(pl.concat([first, other]), schema).to_dict() != alone


def test_a_renamed_or_missing_column_is_told():
    preparation = prepared(EVERYTHING)
    with pytest.raises(DataError) as raised:
        preparation.transform(EVERYTHING.rename({"whole": "Whole "}), file="new.csv")
    assert str(raised.value).startswith("new.csv, column 'whole': the column 'whole' is missing")
    assert raised.value.fix == "rename the column 'Whole ' to it"
    with pytest.raises(DataError, match="add it, empty if it is not known"):
        preparation.transform(EVERYTHING.drop("date"))


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("number", "old", "no number, and the column is one of numbers"),
        ("number", float("inf"), "not finite"),
        ("date", "soon", "no date, and the column is one of dates"),
    ],
)
def test_a_value_of_another_kind_is_told_with_its_place(column, value, says, monkeypatch):
    monkeypatch.setattr("chainrule.data.tables.preparation.ROWS", 7)
    preparation = prepared(EVERYTHING)
    values = [None] * 30 + [value] + [None] * 9
    with pytest.raises(DataError) as raised:
        preparation.transform(EVERYTHING.with_columns(pl.Series(column, values)), file="new.csv")
    error = raised.value
    assert (error.file, error.column, error.value) == ("new.csv", column, value)
    assert error.row == "data row 31"
    assert says in error.what


def test_targets_at_evaluation_are_checked():
    preparation = prepared(EVERYTHING)
    with pytest.raises(
        DataError, match="value 'q': this is no class of the target; those are n, p"
    ):
        preparation.targets(frame_of(y=["p", "q"]))
    with pytest.raises(DataError, match="the target is missing in 1 of 2 rows"):
        preparation.targets(frame_of(y=["p", None]))
    with pytest.raises(DataError, match="the column 'y' is missing"):
        preparation.targets(frame_of(z=["p"]))
    amounts = prepared(frame_of(x=[1.0, 2, 3, 4], y=[0.5, 1, 1.5, 2]))
    with pytest.raises(DataError, match=r"data row 2, .*value 1e\+50: the target is too large"):
        amounts.targets(frame_of(y=[1.0, 1e50]))
