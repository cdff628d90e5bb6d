"""Random tables, written as CSV and Parquet, are read back equal; so are preparations as JSON."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.data.tables import Preparation, batches, infer, read
from chainrule.data.tables.cells import MISSING

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

# Words that stay words: a letter that no number, date, truth or mark of missing begins with.
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6).map(lambda s: f"w{s}w")
WITH_BREAKS = st.sampled_from(['w"w', "w,w", "w\nw", "w;w", '""w'])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES = {
    pl.String: WORDS | WITH_BREAKS,
    pl.Float64: NUMBERS,
    pl.Int64: INTEGERS,
    pl.Boolean: st.booleans(),
    pl.Date: st.dates(),
}


@st.composite
def frames(draw):
    rows = draw(st.integers(1, 12))
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=2, max_size=5))
    columns = []
    for at, kind in enumerate(kinds):
        cells = st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)
        columns.append(pl.Series(f"c{at}", draw(cells), dtype=kind))
    return pl.DataFrame(columns)


def as_read(frame):
    """What is known of a column whose cells are all missing is that they are missing."""
    empty = [name for name in frame.columns if frame[name].null_count() == len(frame)]
    return frame.with_columns(pl.lit(None, pl.Float64).alias(name) for name in empty)


def assert_same(found, expected):
    assert found.columns == expected.columns
    for name in expected.columns:
        numeric = expected[name].dtype.is_numeric() and found[name].dtype.is_numeric()
        assert numeric or found[name].dtype == expected[name].dtype
        assert found[name].to_list() == expected[name].to_list()


@given(frame=frames(), separator=st.sampled_from(",;\t|"), crlf=st.booleans())
@QUICK
def test_csv(frame, separator, crlf, tmp_path):
    path = tmp_path / "table.csv"
    frame.write_csv(path, separator=separator, line_terminator="\r\n" if crlf else "\n")
    assert_same(read(path, separator=separator), as_read(frame))
    assert_same(pl.concat(batches(path, rows=3, separator=separator)), as_read(frame))


@given(frame=frames())
@QUICK
def test_parquet(frame, tmp_path):
    path = tmp_path / "table.parquet"
    frame.write_parquet(path, row_group_size=5)
    assert_same(read(path), frame)
    assert_same(pl.concat(batches(path, rows=3)), frame)


@given(frame=frames())
@QUICK
def test_preparation(frame):
    small = [pl.col(name).clip(-(2**60), 2**60) for name in frame.select(pl.col(pl.Int64)).columns]
    frame = frame.with_columns(*small, y=pl.Series([0.5 * i for i in range(len(frame))]))
    if len(frame) < 2:
        return
    try:
        schema = infer(frame, "y")
    except ValueError:
        return  # nothing to learn from
    preparation = Preparation.fit(frame, schema)
    again = Preparation.from_dict(json.loads(json.dumps(preparation.to_dict())))
    x = preparation.transform(frame)
    assert again.transform(frame).tobytes() == x.tobytes()
    assert x.shape == (len(frame), len(preparation.features))
    assert not (x != x).any()


def test_no_word_means_missing():
    assert all(not mark.startswith("w") for mark in MISSING)
