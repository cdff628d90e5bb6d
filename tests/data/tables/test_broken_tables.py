"""Wrong files and folders, Parquet, frames and arrays: what is wrong with them, and what to do."""

import numpy as np
import pytest

from chainrule.data import tables
from chainrule.data.tables import DataError

pl = pytest.importorskip("polars")
pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")


def raised(source, **options):
    with pytest.raises(DataError) as error:
        tables.read(source, **options)
    return error.value


def test_a_folder_says_which_pattern_to_give(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    error = raised(tmp_path)
    assert error.file == str(tmp_path)
    assert "this is a folder; the tables in it: a.csv" in str(error)
    assert repr(str(tmp_path / "*.csv")) in error.fix
    (tmp_path / "empty").mkdir()
    assert "without tables in it" in str(raised(tmp_path / "empty"))


def test_a_file_that_is_not_there_says_what_is(tmp_path):
    (tmp_path / "molecules.csv").write_text("x\n1\n")
    error = raised(tmp_path / "molecule.csv")
    assert "there is no such file" in str(error)
    assert "molecules.csv" in error.fix
    error = raised(tmp_path / "*.parquet")
    assert "no file matches this pattern" in str(error)
    assert "molecules.csv" in error.fix
    assert "no such file" in str(raised(tmp_path / "nowhere" / "a.csv"))


def test_text_is_no_path_and_an_empty_list_no_table():
    assert "this is text, not the name of a file" in str(raised("a,b\n1,2\n"))
    assert "an empty list of files" in str(raised([]))
    assert "no list of files" in str(raised([[1, 2], [3, 4]]))
    assert "NoneType is no table" in str(raised(None))


def test_files_of_different_columns_are_named(tmp_path):
    (tmp_path / "p1.csv").write_text("a,b\n1,2\n")
    (tmp_path / "p2.csv").write_text("a,c\n1,2\n")
    error = raised(tmp_path / "p?.csv")
    assert error.file == str(tmp_path / "p2.csv")
    assert "lacks b and has also c" in str(error)
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "p3.parquet")
    error = raised([tmp_path / "p1.csv", tmp_path / "p3.parquet"])
    assert error.file == str(tmp_path / "p3.parquet")
    assert "p1.csv is text, this file is not" in str(error)


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "no data"])
def test_a_damaged_parquet_file_is_refused(damage, tmp_path):
    path = tmp_path / "table.parquet"
    pl.DataFrame({"a": range(1000), "b": [str(i) for i in range(1000)]}).write_parquet(path)
    whole = path.read_bytes()
    damaged = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"a,b\n1,2\n",
        "no data": b"PAR1" + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :],
    }
    path.write_bytes(damaged[damage])
    error = raised(path)
    assert error.file == str(path)
    assert "this Parquet file is damaged or not complete" in str(error)
    assert "again" in error.fix
    with pytest.raises(DataError, match="damaged or not complete"):
        list(tables.batches(path))


def test_a_column_of_lists_is_refused_or_left_out(tmp_path):
    path = tmp_path / "table.parquet"
    pl.DataFrame({"tags": [["a"], ["b", "c"]], "y": [0, 1]}).write_parquet(path)
    error = raised(path)
    assert (error.column, error.value, error.row) == ("tags", ["a"], "data row 1")
    assert "ignore" in error.fix
    assert tables.read(path, types={"tags": "ignore"}).columns == ["y"]
    assert tables.read(path, columns=["y"]).columns == ["y"]


def test_parquet_without_rows_and_of_two_types(tmp_path):
    pl.DataFrame({"a": [1]})[:0].write_parquet(tmp_path / "p1.parquet")
    assert "the table has no rows" in str(raised(tmp_path / "p1.parquet"))
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "p2.parquet")
    pl.DataFrame({"a": ["x"]}).write_parquet(tmp_path / "p3.parquet")
    error = raised(tmp_path / "p[23].parquet")
    assert (error.file, error.column) == (str(tmp_path / "p3.parquet"), "a")
    assert "this column is String here, and Int64 in" in str(error)
    as_words = tables.read(tmp_path / "p[23].parquet", types={"a": "category"})
    assert as_words["a"].to_list() == ["1", "x"]


ARRAYS = {
    "complex": (np.eye(2) * 1j, "complex numbers", "real and the imaginary"),
    "objects": (np.array([[1, "a"], ["b", 2.0]], object), "this is a word, while 1", "one kind"),
    "three dimensions": (np.zeros((2, 2, 2)), "shape (2, 2, 2)", "two dimensions"),
    "no dimension": (np.array(1.0), "shape ()", "two dimensions"),
    "no rows": (np.zeros((0, 3)), "shape (0, 3)", "two dimensions"),
    "infinite": (np.array([[1, 2], [3, np.inf]]), "this is not finite", "NaN"),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays_that_are_no_tables(case):
    array, says, fix = ARRAYS[case]
    error = raised(array)
    assert error.file == "the array"
    assert says in str(error)
    assert fix in error.fix


def test_an_infinite_value_is_told_with_its_place():
    error = raised(np.array([[1, 2], [3, -np.inf]]))
    assert (error.row, error.column, error.value) == ("data row 2", "column_2", -np.inf)


def test_a_sparse_matrix_is_refused():
    sparse = pytest.importorskip("scipy.sparse")
    error = raised(sparse.csr_matrix(np.eye(3)))
    assert "a sparse matrix of shape (3, 3)" in str(error)
    assert "toarray" in error.fix


def test_names_of_a_data_frame():
    error = raised(pd.DataFrame(np.eye(2), columns=["a", "a"]))
    assert "columns 1 and 2 have the same name" in str(error)
    error = raised(pd.DataFrame(np.eye(2), columns=["1", 1]))
    assert error.column == "1"
    pairs = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")])
    error = raised(pd.DataFrame(np.eye(2), columns=pairs))
    assert "names of 2 levels" in str(error)
    assert "'_'.join" in error.fix
    assert tables.read(pd.DataFrame(np.eye(2), columns=[0, 1])).columns == ["0", "1"]


def test_a_column_of_mixed_objects():
    error = raised(pd.DataFrame({"a": [1, "x", 2.5]}))
    assert (error.row, error.column, error.value) == ("data row 2", "a", "x")
    assert "astype(str)" in error.fix
    error = raised({"a": [True, 2]})
    assert (error.row, error.value) == ("data row 2", 2)


def test_columns_of_a_dict():
    error = raised({"a": [1, 2], "b": [1]})
    assert (error.column, error.what) == ("b", "it has 1 values, the first column has 2")
    assert "an array of shape (2, 2) is no column" in str(raised({"a": np.eye(2)}))
    assert "a str is no column" in str(raised({"a": "xy"}))
    assert "the table has no columns" in str(raised({}))


def test_names_that_are_the_same():
    error = raised({1: [1], "1": [2]})
    assert (error.file, error.column) == ("the dict", "1")
    arrow = pytest.importorskip("pyarrow")
    twice = arrow.table([arrow.array([1]), arrow.array([2])], names=["a", "a"])
    assert "columns 1 and 2 have the same name" in str(raised(twice))


def test_names_that_are_the_same_in_parquet(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    twice = arrow.table([arrow.array([1]), arrow.array([2])], names=["a", "a"])
    pytest.importorskip("pyarrow.parquet").write_table(twice, tmp_path / "a.parquet")
    assert "columns 1 and 2 have the same name" in str(raised(tmp_path / "a.parquet"))


def test_objects_in_a_polars_frame():
    error = raised(pl.DataFrame({"a": [[1], [2]]}))
    assert (error.column, error.value) == ("a", [1])
    assert "neither numbers, words, truth nor dates" in str(error)


def test_a_wrong_size_of_batches():
    with pytest.raises(DataError, match="cannot have 0 rows; give 1 or more"):
        tables.batches({"a": [1]}, rows=0)
