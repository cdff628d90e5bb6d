"""Tables from CSV: what is read, and how what is wrong is told."""

import numpy as np
import pytest

from chainrule.data import DataError, read_csv


def rows(*lines):
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_may_be_separated_by_commas_semicolons_and_tabs(mark):
    text = rows("a,b,y", "1,2,0.5", "", " 3 ,-4e1,1.5").replace(",", mark)
    table = read_csv(text)
    np.testing.assert_array_equal(table.x, [[1, 2], [3, -40]])
    np.testing.assert_array_equal(table.y, [0.5, 1.5])
    assert (table.features, table.target, table.classes) == (("a", "b"), "y", ())


def test_words_and_few_whole_numbers_are_classes():
    words = read_csv(rows("x,kind", "1,eel", "2,cod", "3,eel"))
    assert (words.classes, words.y.tolist()) == (("cod", "eel"), [1, 0, 1])
    numbers = read_csv(rows("x,kind", "1,10", "2,2", "3,10"))
    assert (numbers.classes, numbers.y.tolist()) == (("2", "10"), [1, 0, 1])
    many = read_csv(rows("x,y", *[f"{i},{i}" for i in range(20)]))
    assert many.classes == ()


def test_the_target_may_be_any_column():
    table = read_csv(rows("y,a,b", "0.5,1,2", "1.5,3,4"), target="y")
    assert (table.features, table.y.tolist()) == (("a", "b"), [0.5, 1.5])
    with pytest.raises(DataError, match="no column 'z'; the columns are y, a, b"):
        read_csv(rows("y,a,b", "0.5,1,2", "1.5,3,4"), target="z")


def test_files_of_spreadsheets(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes('\ufeff"a, first",y\r\n1,0.5\r\n2,1.5\r\n'.encode())
    assert read_csv(path).features == ("a, first",)
    path.write_bytes("größe,y\n1,0.5\n2,1.5\n".encode("latin-1"))
    with pytest.raises(DataError, match="UTF-8"):
        read_csv(str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n", "it has 0 rows in all"),
        (rows("a,y", "1,2"), "at least two rows"),
        (rows("1,2", "3,4", "5,6"), "row 1 holds numbers"),
        (rows("a", "3", "5"), "one column"),
        (rows("a,,y", "1,2,3", "1,2,3"), "row 1, column 2: this column has no name"),
        (rows("a,a,y", "1,2,3", "1,2,3"), "'a' stands more than once"),
        (rows("a,b,y", "1,2,3", "1,2"), "row 3 has 2 cells, the first row has 3"),
        (rows("a,b,y", "1,2,3", "", "1,x,3"), "row 4, column 'b': 'x' is no finite number"),
        (rows("a,b,y", "1,2,3", "1,nan,3"), "row 3, column 'b': 'nan' is no finite number"),
        (rows("a;b;y", "1;2;3", "1;2,5;3"), "write decimals with a point"),
        (rows("a,b,y", "1,2,3", "1,,3"), "row 3, column 'b': this cell is empty"),
        (rows("a,y", "1,eel", "2,"), "row 3, column 'y': this cell is empty"),
        (rows("a,y", "1,eel", "2,eel"), "'y' is 'eel' in every row"),
        (rows("a,y", *[f"1,w{i}" for i in range(12)]), "12 different words"),
        (rows("a,y", *[f"1,{i}" for i in range(11)], "1,x2"), "row 13, column 'y': 'x2'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, says):
    with pytest.raises(DataError, match=says):
        read_csv(text)


def test_long_tables_can_be_refused():
    with pytest.raises(DataError, match="30 rows; at most 20"):
        read_csv(rows("a,y", *[f"{i},{i / 3}" for i in range(30)]), rows=20)
