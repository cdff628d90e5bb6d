"""Tables that are in order are read as they are, from whatever holds them."""

import bz2
import gzip
import io
import itertools
import lzma
import zipfile
from datetime import date, datetime

import numpy as np
import pytest

from chainrule.data import tables
from chainrule.data.tables import DataError, Origin, delimited, reading

pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

TEXT = "name,size,count,good\neel,1.5,3,true\ncod,2.25,4,false\n,,,\n"
ROWS = [("eel", 1.5, 3, True), ("cod", 2.25, 4, False), (None, None, None, None)]


def written(tmp_path, content, name="table.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def in_zip(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("inside.csv", content)
        archive.writestr("__MACOSX/inside.csv", "")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (TEXT, {}),
        (TEXT.replace(",", ";").replace(".", ","), {}),
        (TEXT.replace(",", ";").replace(".", ","), {"decimal": ","}),
        (TEXT.replace(",", "\t"), {}),
        (TEXT.replace(",", "|"), {}),
        (TEXT.replace(",", " "), {"separator": " "}),
        ("sep=;\r\n" + TEXT.replace(",", ";"), {}),
        (TEXT.replace("\n", "\r\n"), {}),
        (TEXT.replace("\n", "\r"), {}),
        (TEXT.rstrip("\n"), {}),
        ("\n" + TEXT.replace("cod", "\n  \ncod") + "\n\n", {}),
        (TEXT.replace("cod", '"cod"').replace("size", '"size"'), {}),
        (TEXT.replace(",", " , "), {}),
        (TEXT.replace(",,,", "NA,NaN,?,null"), {}),
        (TEXT.replace(",,,", "-,-,-,-"), {"missing": ["-"]}),
        (TEXT.encode("utf-8-sig"), {}),
        (TEXT.encode("utf-16"), {}),
        (TEXT.encode("utf-16-le"), {}),
        (TEXT.encode("utf-16-be"), {}),
        (TEXT.encode("utf-32"), {}),
        (gzip.compress(TEXT.encode()), {}),
        (bz2.compress(TEXT.encode()), {}),
        (lzma.compress(TEXT.encode()), {}),
        (pa.compress(TEXT.encode(), codec="zstd", asbytes=True), {}),
        (in_zip(TEXT), {}),
    ],
    ids=itertools.count(),  # not the bytes: gzip's hold the time
)
def test_the_same_table_in_many_forms(content, options, tmp_path):
    frame = tables.read(written(tmp_path, content), **options)
    assert frame.columns == ["name", "size", "count", "good"]
    assert frame.dtypes == [pl.String, pl.Float64, pl.Int64, pl.Boolean]
    assert frame.rows() == ROWS


def test_quoted_cells_may_hold_separators_quotes_and_line_breaks(tmp_path):
    path = written(tmp_path, 'a,b\n"x ""q"" , z\nw",1\n"",2\n')
    assert tables.read(path).rows() == [('x "q" , z\nw', 1), (None, 2)]


def test_a_text_in_another_encoding_is_read_where_that_is_named(tmp_path):
    path = written(tmp_path, "stoff\ncafé\nthé\n".encode("cp1252"))
    assert tables.read(path, encoding="cp1252")["stoff"].to_list() == ["café", "thé"]


def test_without_header_columns_are_numbered_from_1(tmp_path):
    frame = tables.read(written(tmp_path, "1;2;x\n3;4;y\n"), header=False)
    assert frame.columns == ["column_1", "column_2", "column_3"]
    assert frame.rows() == [(1, 2, "x"), (3, 4, "y")]
    schema = tables.infer(pl.concat([frame] * 4), -1)
    assert schema.targets == ("column_3",)


@pytest.mark.parametrize(
    "names", [[str(i) for i in range(5)], [str(i) for i in range(400, 800, 10)], ["x1", "x2", "3"]]
)
def test_numbers_that_count_or_rise_are_names(names, tmp_path):
    path = written(tmp_path, ",".join(names) + "\n" + ",".join("7" * len(names)) + "\n")
    assert tables.read(path).columns == names


@pytest.mark.parametrize(
    ("words", "dtype", "values"),
    [
        (["1", "-2", "+3"], "Int64", [1, -2, 3]),
        (["1", "2.", ".5"], "Float64", [1, 2, 0.5]),
        (["1e3", "1E-3"], "Float64", [1000, 0.001]),
        (["0.1", "0.3000000000000000444"], "Float64", [0.1, 0.1 + 0.2]),
        (["9223372036854775807", "1"], "Int64", [2**63 - 1, 1]),
        (["00501", "90210"], "String", ["00501", "90210"]),
        (["64-17-5", "1634-04-4"], "String", ["64-17-5", "1634-04-4"]),
        (["1", "x", "y"], "String", ["1", "x", "y"]),
        (["yes", "no"], "String", ["yes", "no"]),
        (["True", "FALSE"], "Boolean", [True, False]),
        (["2024-01-31", "2024-02-01"], "Date", [date(2024, 1, 31), date(2024, 2, 1)]),
        (["31.01.2024", "1.2.2024"], "Date", [date(2024, 1, 31), date(2024, 2, 1)]),
        (["01/02/2024", "23/02/2024"], "Date", [date(2024, 2, 1), date(2024, 2, 23)]),
        (["01/02/2024", "01/23/2024"], "Date", [date(2024, 1, 2), date(2024, 1, 23)]),
        (["2024-01-31 10:30:00", "2024-01-31 10:30:00.5"], "Datetime", [
            datetime(2024, 1, 31, 10, 30), datetime(2024, 1, 31, 10, 30, 0, 500000),
        ]),
        (["", ""], "Float64", [None, None]),
    ],
)  # fmt: skip
def test_words_become_what_all_of_them_are(words, dtype, values, tmp_path):
    frame = tables.read(written(tmp_path, "v,w\n" + "".join(f"{word},x\n" for word in words)))
    assert str(frame["v"].dtype).startswith(dtype)
    assert frame["v"].to_list() == values


def test_kinds_can_be_demanded(tmp_path):
    path = written(tmp_path, "a,b,c,d,e\n1.50,007,01/02/2024,5,x\n2,8,03/04/2024,6,y\n")
    types = {"a": "category", "b": "number", "c": "%d/%m/%Y", "e": "ignore"}
    frame = tables.read(path, types=types)
    assert frame.rows() == [
        ("1.50", 7.0, date(2024, 2, 1), 5),
        ("2", 8.0, date(2024, 4, 3), 6),
    ]


def test_columns_and_rows_can_be_chosen(tmp_path):
    path = written(tmp_path, TEXT)
    assert tables.read(path, columns=["count", 0], rows=1).rows() == [(3, "eel")]


def test_files_of_a_pattern_are_one_table_in_the_order_of_their_names(tmp_path):
    for at in (10, 2, 1):
        written(tmp_path, f"a,b\n{at},x\n", f"part{at:02}.csv")
    written(tmp_path, "b,a\ny,2.5\n", "part11.csv")
    frame = tables.read(tmp_path / "part*.csv")
    assert frame.rows() == [(1, "x"), (2, "x"), (10, "x"), (2.5, "y")]
    two = tables.read([tmp_path / "part10.csv", str(tmp_path / "part01.csv")])
    assert two["a"].to_list() == [10, 1]


def test_a_word_late_in_many_files_is_found_in_its_file(tmp_path):
    rows = "".join(f"{i},{i}\n" for i in range(30))
    written(tmp_path, "a,b\n" + rows, "p1.csv")
    written(tmp_path, "a,b\n" + rows.replace("17,17", "17,x"), "p2.csv")
    with pytest.raises(DataError) as raised:
        tables.read(tmp_path / "p*.csv")
    assert raised.value.file == str(tmp_path / "p2.csv")
    assert (raised.value.row, raised.value.column, raised.value.value) == (19, "b", "x")


@pytest.fixture
def small_chunks(monkeypatch):
    """Files are read a few bytes at a time, so that every row is cut somewhere."""
    monkeypatch.setattr(delimited, "CHUNK", 7)


def test_a_file_in_many_chunks_is_the_same_table(tmp_path, small_chunks):
    text = "".join(f'"w {i}\nand, more",{i},{i / 4}\n' for i in range(50))
    path = written(tmp_path, "a,b,c\n" + text)
    expected = [(f"w {i}\nand, more", i, i / 4) for i in range(50)]
    assert tables.read(path).rows() == expected
    assert [row for batch in tables.batches(path, rows=3) for row in batch.rows()] == expected
    assert Origin(path).place(20) == {"file": path, "row": 42}


def test_a_column_that_changes_late_is_read_as_a_whole(tmp_path, small_chunks):
    text = "".join(f"{i},{i},{'x' * (i > 20)}{i}\n" for i in range(40))
    path = written(tmp_path, "a,b,c\n" + text.replace("35,35,", "35,35.5,"))
    frame = tables.read(path)
    assert frame.dtypes == [pl.Int64, pl.Float64, pl.String]
    assert frame["b"][35] == 35.5
    assert frame["c"].to_list() == [f"{'x' * (i > 20)}{i}" for i in range(40)]
    codes = written(tmp_path, "a\n" + "\n".join(["12"] * 20 + ["0012"]) + "\n", "codes.csv")
    assert tables.read(codes)["a"].to_list() == ["12"] * 20 + ["0012"]


def test_batches_refuse_what_the_first_rows_did_not_promise(tmp_path, small_chunks):
    path = written(tmp_path, "a,b\n" + "".join(f"{i},{i}\n" for i in range(30)) + "x,1.5\n")
    with pytest.raises(DataError) as raised:
        list(tables.batches(path))
    assert (raised.value.row, raised.value.column, raised.value.value) == (32, "a", "x")
    assert "types={'a': 'category'}" in raised.value.fix
    as_words = list(tables.batches(path, types={"a": "category"}))
    assert as_words[-1].rows()[-1] == ("x", 1.5)


def test_a_column_of_one_name_keeps_its_missing_cells(tmp_path):
    assert tables.read(written(tmp_path, "v\n1\n\n3\n\n"))["v"].to_list() == [1, None, 3]


def test_parquet_is_read_whole_and_in_batches(tmp_path):
    frame = pl.DataFrame(
        {"a": range(10), "b": [float(i) if i % 3 else float("nan") for i in range(10)]}
    )
    frame[:6].write_parquet(tmp_path / "p1.parquet", row_group_size=4)
    frame[6:].write_parquet(tmp_path / "p2.data")
    files = [tmp_path / "p1.parquet", tmp_path / "p2.data"]
    expected = [(i, float(i) if i % 3 else None) for i in range(10)]
    assert tables.read(files).rows() == expected
    assert tables.read(files, rows=7).rows() == expected[:7]
    parts = list(tables.batches(files, rows=4))
    assert max(map(len, parts)) <= 4
    assert [row for part in parts for row in part.rows()] == expected


FRAME = pl.DataFrame({"a": [1.5, None], "b": ["x", "y"]})


@pytest.mark.parametrize(
    "source",
    [
        FRAME,
        FRAME.lazy(),
        FRAME.to_arrow(),
        FRAME.to_arrow().to_batches()[0],
        pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "y"]}, index=[7, 8]),
        pd.DataFrame({"a": pd.array([1.5, None], "Float64"), "b": pd.Categorical(["x", "y"])}),
        pd.DataFrame({"a": [1.5, None], "b": ["x", "y"]}, dtype=object),
        {"a": [1.5, None], "b": np.array(["x", "y"])},
        {"a": np.array([1.5, np.nan]), "b": pl.Series(["x", "y"])},
        {"a": np.array([1.5, np.nan], object), "b": ("x", "y")},
        np.array([(1.5, "x"), (np.nan, "y")], dtype=[("a", float), ("b", "U1")]),
    ],
    ids=lambda source: f"{type(source).__module__.partition('.')[0]}.{type(source).__name__}",
)
def test_tables_in_memory(source):
    frame = tables.read(source)
    assert frame.columns == ["a", "b"]
    assert frame["a"].to_list() == [1.5, None]
    assert frame["b"].cast(pl.String).to_list() == ["x", "y"]


def test_an_array_has_numbered_columns():
    frame = tables.read(np.array([[1, 2], [3, 4]], np.int16))
    assert frame.rows() == [(1, 2), (3, 4)]
    assert frame.columns == ["column_1", "column_2"]
    assert tables.read(np.arange(3.0)).shape == (3, 1)


def test_an_array_of_words_has_columns_of_numbers_where_all_are():
    frame = tables.read(np.array([["1", "x"], ["2.5", "y"], ["", "z"]]))
    assert frame.rows() == [(1.0, "x"), (2.5, "y"), (None, "z")]
    assert tables.read(np.array([[b"1", b"x"]])).rows() == [(1, "x")]
    with pytest.raises(DataError, match="the array, data row 2, column 'column_1', value 'x'"):
        tables.read(np.array([["1"], ["x"], ["2"], ["3"]]))


def test_columns_of_pandas_keep_their_meaning():
    frame = tables.read(
        pd.DataFrame(
            {
                "code": pd.Categorical([1, 2, 1]),
                "sparse": pd.arrays.SparseArray([0.0, 0.0, 1.5]),
                "hours": pd.to_timedelta([1, 2, 3], unit="h"),
            }
        )
    )
    assert frame["code"].to_list() == ["1", "2", "1"]
    assert frame["sparse"].to_list() == [0, 0, 1.5]
    assert tables.infer(frame, "code").columns[1].kind == "number"
    assert tables.Preparation.fit(frame, tables.infer(frame, "code")).columns[1]["fill"] == 7200


def test_origin_knows_the_line_of_a_row(tmp_path):
    path = written(tmp_path, 'a,b\n\n1,"x\ny"\n\n2,z\n')
    assert Origin(path).place(1) == {"file": path, "row": 6}
    assert Origin(FRAME).place(1) == {"file": "the DataFrame", "row": "data row 2"}


def test_importing_the_package_imports_no_library_of_tables():
    import subprocess
    import sys

    code = "import sys, chainrule.data.tables; print({'polars', 'pyarrow'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_an_unknown_option_is_a_type_error():
    with pytest.raises(TypeError, match=r"read\(\).*'sep'"):
        reading.read({"a": [1]}, sep=";")


STRANGE = ["*", "^", "rows", "value", "a b", "c0", "c1", "len", "literal", "a.b", "ünïcode", "'"]


def test_columns_may_have_any_name(tmp_path):
    cells = [f"{i},{i % 7 + 0.5},{'cod' if i % 3 else 'eel'}" for i in range(40)]
    lines = [",".join([cell] * 4) for cell in cells]
    path = written(tmp_path, ",".join(STRANGE) + "\n" + "\n".join(lines) + "\n")
    frame = tables.read(path)
    assert frame.columns == STRANGE
    assert frame.equals(pl.concat(tables.batches(path, rows=11)))
    for target in ("rows", "*", -1):
        schema = tables.infer(frame, target, types={"value": "number", "c0": "category"})
        assert tables.examine(frame, schema)
        preparation = tables.Preparation.fit(frame, schema, one_hot=1)
        assert np.isfinite(preparation.transform(frame)).all()
    frame.write_parquet(tmp_path / "t.parquet")
    assert tables.read(tmp_path / "t.parquet").equals(frame)
