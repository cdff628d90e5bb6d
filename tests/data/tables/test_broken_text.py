"""Text files with something wrong: the error names file, row, column, value, and what to do."""

import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from chainrule.data import tables
from chainrule.data.tables import DataError, Origin

pytest.importorskip("polars")

ROWS = [f"{i},{i * 1.5},{'no' if i % 2 else 'yes'}" for i in range(1, 31)]
GOOD = "\n".join(["a,b,y", *ROWS]) + "\n"


def with_row(number, text):
    """The good file with another row on a line (the names are line 1)."""
    lines = GOOD.splitlines()
    lines[number - 1] = text
    return "\n".join(lines) + "\n"


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


# What is in the file; how it is read; row, column and value of the error; words of the message.
CASES = {
    "wrong separator": (
        GOOD, {"separator": ";"}, (1, None, "a,b,y"), "every row has one cell", "separator=','",
    ),
    "a separator of two signs": (
        GOOD, {"separator": "::"}, (None, None, None), "one character, not '::'", "use ','",
    ),
    "a short row": (
        with_row(8, "7,10.5"), {}, (8, None, "7,10.5"), "2 cells, the first row has 3", "as many",
    ),
    "a long row": (
        with_row(8, "7,10,5,no"), {}, (8, None, "7,10,5,no"), "4 cells", "decimals with a point",
    ),
    "a long row and a short one": (
        with_row(8, "7,10,5,no").replace("9,13.5,no", "9,13.5"), {}, (8, None, "7,10,5,no"),
        "4 cells, the first row has 3", "in quotes",
    ),
    "a short row after a cell of two lines": (
        'a,b\n"x\ny",1\nz\n', {}, (4, None, "z"), "1 cell, the first row has 2", "as many",
    ),
    "a short row after blank lines": (
        "a,b\n\n\n1,2\n\n3\n", {}, (6, None, "3"), "1 cell, the first row has 2", "as many",
    ),
    "a name too few": (
        "b,y\nr1,1,2\nr2,3,4\n", {}, (2, None, "r1,1,2"), "3 cells", "seems to have no name",
    ),
    "a word among numbers": (
        with_row(8, "7,abc,no"), {}, (8, "b", "abc"), "no number, as nearly all", "'category'",
    ),
    "one unknown mark of missing values": (
        "a,y\n1,1\n2,2\n-,3\n4,4\n-,5\n", {}, (4, "a", "-"), "no number", "missing=",
    ),
    "infinity": (with_row(8, "7,inf,no"), {}, (8, "b", "inf"), "not finite", "leave it empty"),
    "minus infinity": (
        with_row(8, "7,-Infinity,no"), {}, (8, "b", "-Infinity"), "not finite", "leave it empty",
    ),
    "NaN where that does not mean missing": (
        with_row(8, "7,NaN,no"), {"missing": ()}, (8, "b", "NaN"), "no number", "missing=",
    ),
    "too large a number": (
        with_row(8, "7,1e999,no"), {}, (8, "b", "1e999"), "larger than any", "correct it",
    ),
    "too large a whole number": (
        "i,y\n12345678901234567890,1\n3,2\n", {}, (2, "i", "12345678901234567890"),
        "cannot be kept exactly", "types={'i': 'category'}",
    ),
    "a decimal comma among points": (
        with_row(8, '7,"10,5",no'), {}, (8, "b", "10,5"), "a decimal comma, others", "decimal=','",
    ),
    "a point among decimal commas": (
        "a;y\n1,5;1\n2,25;2\n3.5;3\n4,5;4\n5,5;5\n", {}, (4, "a", "3.5"),
        "a decimal point, others in the column a comma", "one way",
    ),
    "commas that may be decimal or not": (
        "a;y\n1,234;1\n2,345;2\n", {}, (2, "a", "1,234"), "thousands separator", "decimal=','",
    ),
    "points that may be decimal or not": (
        "a;b\n1.234;0,5\n2.345;1,5\n", {}, (2, "a", "1.234"), "thousands separator", "decimal='.'",
    ),
    "thousands separators": (
        "a;y\n1,234.5;1\n13,456.1;3\n", {}, (2, "a", "1,234.5"), "thousands", "write it without",
    ),
    "apostrophes for thousands": (
        "a;y\n999;1\n2'345;2\n", {}, (3, "a", "2'345"), "thousands", "write it without",
    ),
    "percent": ("a,y\n1%,1\n3.5%,2\n", {}, (2, "a", "1%"), "with a sign", "the number alone"),
    "limits of detection": (
        "a,y\n0.1,1\n<0.05,2\n0.2,2\n", {}, (3, "a", "<0.05"), "with a sign", "the number alone",
    ),
    "a decimal sign that is none": (
        GOOD, {"decimal": "'"}, (None, None, None), "decimal sign cannot be", "use '.' or ','",
    ),
    "cp1252": (
        "stoff,y\nthe,1\ncafé,2\n".encode("cp1252"), {}, (3, None, None),
        "byte 0xe9 is not valid in utf-8", "if 'café,2' looks right use encoding='cp1252'",
    ),
    "an unknown encoding": (GOOD, {"encoding": "utf-9"}, (None, None, None), "'utf-9'", "'cp1252'"),
    "the wrong encoding": (
        "a,b\n1,é\n".encode(), {"encoding": "ascii"}, (2, None, None), "not valid in ascii",
        "encoding=",
    ),
    "UTF-16 that ends too early": (
        GOOD.encode("utf-16")[:-1], {}, (31, None, None), "middle of a character", "get it again",
    ),
    "zero bytes": (with_row(8, "7,1\0,no"), {}, (8, None, None), "zero byte", "export the table"),
    "random bytes": (
        bytes(range(128, 256)) + bytes(range(1, 128)), {}, (1, None, None), "not valid in utf-8",
        "does not seem to be text",
    ),
    "an empty file": ("", {}, (None, None, None), "the file is empty", "with rows"),
    "blank lines only": ("\n \n\n", {}, (None, None, None), "the file is empty", "with rows"),
    "names only": ("a,b,y\n", {}, (None, None, None), "no rows below", "header=False"),
    "two columns of one name": (
        "a,b,a\n1,2,3\n", {}, (1, "a", None), "columns 1 and 3 have the same name", "rename",
    ),
    "a column without name": ("a,,y\n1,2,3\n", {}, (1, None, None), "column 2 has no name", "name"),
    "a name that polars takes for a pattern": (
        "a,^b$\n1,2\n", {}, (1, "^b$", None), "from ^ to $ would be taken for a pattern", "rename",
    ),
    "a separator at the end of each line": (
        "a,b,\n1,2,\n3,4,\n", {}, (1, None, None), "column 3 has no name, and", "remove",
    ),
    "a comment at the beginning": (
        "# of today\na,b\n1,2\n", {}, (1, None, "# of today"), "begins with a comment", "remove",
    ),
    "data in place of names": (
        "5.1,3.5,1.4,setosa\n4.9,3.0,1.4,setosa\n", {}, (1, None, "5.1"), "should hold names",
        "header=False (--no-header)",
    ),
    "names read as data": (
        GOOD, {"header": False}, (1, "column_1", "a"), "no number", "use header=True",
    ),
    "cells separated by a space": (
        "a b y\n1 2 3\n4 5 6\n", {}, (1, None, "a b y"), "separated by spaces", "separator=' '",
    ),
    "cells aligned by spaces": (
        "a   b  y\n1   2  3\n44  5  6\n", {}, (1, None, "a   b  y"), "separated by spaces",
        "one comma or tab",
    ),
    "a quote that is not closed": (
        with_row(8, '7,10.5,"no'), {}, (8, None, None), "is opened here is never closed",
        "close it",
    ),
    "a quote that is not closed before another": (
        'a,b\n"x",1\n"y,2\n"z",3\n', {}, (3, None, '"y,2'), "does not end it", "double those",
    ),
    "a quote inside a cell": (
        'a,b\nx,5" pipe\n', {}, (2, None, 'x,5" pipe'), "a quote stands inside a cell", "double",
    ),
    "a space before a quote": (
        'a,b\n1, "x, y"\n', {}, (2, None, '1, "x, y"'), "a quote stands inside a cell", "double",
    ),
    "dates of two forms": (
        "d,y\n2024-01-31,1\n2024-02-28,2\n31.03.2024,3\n", {}, (4, "d", "31.03.2024"),
        "no date in the form of the others, %Y-%m-%d", "in one form",
    ),
    "a date that there is not": (
        "d,y\n2024-01-31,1\n2024-02-30,2\n2024-03-01,2\n", {}, (3, "d", "2024-02-30"), "no date",
        "in one form",
    ),
    "day and month that cannot be told apart": (
        "d,y\n01/02/2024,1\n03/04/2024,2\n", {}, (2, "d", "01/02/2024"), "cannot be told apart",
        "types={'d': ...} with '%d/%m/%Y' or '%m/%d/%Y'",
    ),
    "truth in several ways": (
        "b,y\ntrue,1\nfalse,2\nyes,3\n1,4\n", {}, (5, "b", "1"), "in several ways", "in one way",
    ),
    "words where numbers are demanded": (
        "a,y\nlow,1\nhigh,2\n", {"types": {"a": "number"}}, (2, "a", "low"), "no number", "correct",
    ),
    "words where dates are demanded": (
        "a,y\nlow,1\nhigh,2\n", {"types": {"a": "%d.%m.%Y"}}, (2, "a", "low"), "no date", "form",
    ),
    "a kind that there is not": (
        GOOD, {"types": {"a": "numeric"}}, (None, "a", None), "no kind 'numeric'", "number, cat",
    ),
    "a kind for a column that is not there": (
        GOOD, {"types": {"B": "number"}}, (None, None, None), "no column 'B', whose", "rename 'b'",
    ),
    "a column that is not there": (
        GOOD, {"columns": ["a", "bb"]}, (None, None, None), "no column 'bb'", "one of these",
    ),
}  # fmt: skip

# Files that are no text: content, words of the message.
FOREIGN = {
    "an Excel file": (zipped(xl__workbook="x", other="y"), "an Excel file", "CSV UTF-8"),
    "an old Excel file": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an Excel", "CSV UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG picture", "CSV or Parquet"),
    "JSON": (b'[{"a": 1}, {"a": 2}]', "this is JSON", "polars.read_json"),
    "a web page": (b"<!DOCTYPE html><html><body></body></html>", "a web page", "file itself"),
    "a pickle": (b"\x80\x04\x95\x05\x00\x00\x00", "a Python pickle", "can run code"),
    "a cut gzip": (gzip.compress(GOOD.encode())[:60], "damaged or not complete", "again"),
    "a gzip with a wrong checksum": (
        gzip.compress(GOOD.encode())[:-8] + bytes(8), "damaged or not complete (CRC", "again",
    ),
    "a cut bzip2": (bz2.compress(GOOD.encode())[:-9], "damaged or not complete", "again"),
    "a cut xz": (lzma.compress(GOOD.encode())[:-9], "damaged or not complete", "again"),
    "a cut zip": (zipped(a=GOOD)[:-30], "damaged or not complete", "again"),
    "a zip of two files": (zipped(a=GOOD, b=GOOD), "holds 2 files: a, b", "one of the files"),
    "an empty zip": (zipped(), "holds 0 files", "one of the files"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_in_a_text_file_is_told_with_its_place(case, tmp_path):
    content, options, (row, column, value), says, fix = CASES[case]
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as raised:
        tables.read(path, **options)
    error = raised.value
    message = str(error)
    assert error.row == row
    assert error.column == column
    if value is not None:
        assert error.value == value
    assert says in message
    assert fix in error.fix
    assert row is None or message.startswith(f"{path}, row {row}")
    assert column is None or f"column {column!r}" in message
    assert value is None or f"value {value!r}" in message
    with pytest.raises(DataError) as in_batches:
        list(tables.batches(path, **options))
    assert str(in_batches.value) == message


@pytest.mark.parametrize("case", FOREIGN)
def test_a_file_that_is_no_text_is_refused_by_what_it_is(case, tmp_path):
    content, says, fix = FOREIGN[case]
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        tables.read(path)
    assert raised.value.file == str(path)
    assert says in str(raised.value)
    assert fix in raised.value.fix


def test_a_cut_zstandard_file_is_refused(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "table.csv.zst"
    path.write_bytes(arrow.compress(GOOD.encode(), codec="zstd", asbytes=True)[:-10])
    with pytest.raises(DataError, match="damaged or not complete"):
        tables.read(path)


# Targets: content, target, row, words of the message.
TARGETS = {
    "not there": (GOOD, "z", None, "the target: there is no column 'z'", "one of these"),
    "with another case": (GOOD, "Y", None, "no column 'Y'; the columns are a, b, y", "write 'y'"),
    "a place that is not there": (GOOD, 7, None, "no column 7: the table has 3", "-3 to 2"),
    "missing everywhere": ("a,y\n1,\n2,\n", "y", None, "missing in every row", "another target"),
    "missing in a row": (
        with_row(8, "7,10.5,NA"), "y", 8, "missing in 1 of 30 rows", "fill in these cells",
    ),
    "missing after a cell of two lines": (
        'n,"y\nz"\n1,2\n\n"3\n",\n4,5\n', -1, 5, "missing in 1 of 3 rows", "fill in",
    ),
    "of one class": (GOOD.replace("yes", "no"), "y", None, "'no' in every row", "other values"),
    "of one number": ("a,y\n1,2.5\n3,2.5\n", "y", None, "'2.5' in every row", "other values"),
    "of more classes than rows allow": (
        "a,y\n1,p\n2,q\n3,r\n4,s\n", "y", None, "4 classes in 4 rows: p, q, r, s", "two rows",
    ),
    "a date": ("a,y\n1,2024-01-01\n2,2024-01-02\n", "y", None, "the target is a date", "days"),
    "named twice": (GOOD, ["y", "y"], None, "the targets are y, y", "each once"),
    "of two kinds": (GOOD, ["b", "y"], 2, "no number", "correct"),
    "the only column": ("y\n1\n2\n", "y", None, "no column is left to learn from", "columns"),
    "beside constants": ("a,y\n1,1\n1,2\n1,3\n1,4\n", "y", None, "a (constant)", "differ"),
    "beside identifiers": (
        "a,y\n" + "".join(f"m{i},{i % 2}\n" for i in range(40)), "y", None, "a (identifier)",
        "types=",
    ),
    "beside row numbers": (
        "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(40)), "y", None, "a (row number)",
        "types=",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_that_cannot_be_learned_is_told_with_its_place(case, tmp_path):
    content, target, row, says, fix = TARGETS[case]
    path = tmp_path / "table.csv"
    path.write_text(content)
    frame = tables.read(path)
    with pytest.raises(DataError) as raised:
        tables.infer(frame, target, file=Origin(path))
    assert raised.value.row == row
    assert says in str(raised.value)
    assert fix in raised.value.fix
    if not isinstance(target, list):
        assert str(path) in str(raised.value)


def test_there_are_at_least_forty_kinds_of_bad_input():
    assert len(CASES) + len(FOREIGN) + len(TARGETS) > 80
