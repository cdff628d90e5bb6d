"""Which files a source means, what they are by their first bytes, and their content unpacked."""

from __future__ import annotations

import bz2
import glob
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ...extras import require
from ..errors import DataError, listed

CHUNK = 1 << 23  # bytes that are read at a time
PARQUET = b"PAR1"
TABLES = (".csv", ".tsv", ".txt", ".tab", ".data", ".dat", ".parquet")
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")

# First bytes of files that are no table of text, and what to do instead.
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "an Excel file", "save it in Excel as 'CSV UTF-8'"),
    (b"\x89PNG", "a PNG picture", "give a CSV or Parquet file"),
    (b"\xff\xd8\xff", "a JPEG picture", "give a CSV or Parquet file"),
    (b"%PDF", "a PDF document", "give a CSV or Parquet file"),
    (b"\x89HDF", "an HDF5 file", "write the table from it as CSV or Parquet"),
    (b"ARROW1", "an Arrow (Feather) file", "read it with polars.read_ipc and give the frame"),
    (b"\x93NUMPY", "a NumPy file", "read it with numpy.load and give the array"),
    (b"SQLite format", "an SQLite database", "write the table from it as CSV or Parquet"),
    (b"\x80\x04\x95", "a Python pickle", "pickles can run code: write the table as CSV or Parquet"),
    (b"\x80\x05\x95", "a Python pickle", "pickles can run code: write the table as CSV or Parquet"),
)
WORDS = (
    (b"<!doctype html", "a web page (HTML)", "download the file itself, not the page about it"),
    (b"<html", "a web page (HTML)", "download the file itself, not the page about it"),
    (b"<?xml", "XML", "write the table from it as CSV or Parquet"),
    (b"{", "JSON", "read it with polars.read_json and give the frame"),
    (b"[{", "JSON", "read it with polars.read_json and give the frame"),
    (b"[[", "JSON", "read it with polars.read_json and give the frame"),
)


def files_of(source: Any) -> list[Path]:
    """The files that a path, a pattern (with * ? or [) or a list of them means, in order.

    Those of a pattern come sorted by name. A folder is an error that says which pattern to give.
    """
    if isinstance(source, str | os.PathLike):
        found = _matching(os.path.expanduser(os.fspath(source)))
    else:
        found = [path for one in source for path in files_of(one)]
    if not found:
        raise DataError("an empty list of files", fix="give at least one")
    return found


def _matching(text: str) -> list[Path]:
    if "\n" in text:
        raise DataError("this is text, not the name of a file", value=text, fix="give a path")
    path = Path(text)
    if path.is_dir():
        raise _folder(path)
    if path.exists():
        return [path]
    if any(sign in text for sign in "*?["):
        found = [Path(name) for name in sorted(glob.glob(text, recursive=True))]
        found = [path for path in found if path.is_file()]
        if not found:
            raise DataError("no file matches this pattern", file=text, fix=_beside(path))
        return found
    raise DataError("there is no such file", file=text, fix=_beside(path))


def _beside(path: Path) -> str:
    """What there is instead of a file that is not there."""
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    names = [entry.name for entry in _tables_in(folder)]
    there = f"{folder.absolute()} holds {listed(names)}" if names else f"{folder} holds no tables"
    return f"check the name: {there}"


def _tables_in(folder: Path) -> list[Path]:
    try:
        found = sorted(entry for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return []
    return [entry for entry in found if set(entry.suffixes) & set(TABLES)]


def _folder(path: Path) -> DataError:
    tables = _tables_in(path)
    endings = sorted({"".join(entry.suffixes[-2:]) for entry in tables})
    if not tables:
        return DataError("this is a folder, without tables in it", file=path, fix="give a file")
    patterns = " or ".join(repr(str(path / f"*{ending}")) for ending in endings)
    return DataError(
        f"this is a folder; the tables in it: {listed(entry.name for entry in tables)}",
        file=path,
        fix=f"give one of them, or all as one table: {patterns}",
    )


def is_parquet(path: Path) -> bool:
    """Whether a file is Parquet by its first bytes; or by its name, should it be damaged."""
    return path.suffix.lower() in (".parquet", ".pq") or first_bytes(path, 4) == PARQUET


def first_bytes(path: Path, count: int) -> bytes:
    """The beginning of a file as it is on the disk."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"the file cannot be read ({reason})", file=path, fix="check it") from None


def chunks(path: Path, size: int = CHUNK) -> Iterator[bytes]:
    """The content in pieces, unpacked; an error where it is no text or damaged."""
    name = str(path)
    try:
        with _unpacked(path) as file:
            head = file.read(size)
            refuse_foreign(head, path)
            while head:
                yield head
                head = file.read(size)
    except DataError:
        raise
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"the file is damaged or not complete ({reason})",
            file=name,
            fix="get or pack it again",
        ) from None
    except RuntimeError as error:  # a zip with a password
        raise DataError(f"it cannot be unpacked ({error})", file=name, fix="unpack it") from None


def refuse_foreign(head: bytes, path: Path) -> None:
    """An error where the first bytes are those of something that is no table of text."""
    start = head[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signs, what, fix in FOREIGN:
        if head.startswith(signs):
            raise DataError(f"this is {what}, not a table", file=path, fix=fix)
    for signs, what, fix in WORDS:
        if start.startswith(signs):
            raise DataError(f"this is {what}, not a table", file=path, fix=fix)
    if head.startswith(PARQUET):
        raise DataError("this is Parquet inside an archive", file=path, fix="unpack it first")


def _unpacked(path: Path) -> IO[bytes]:
    head = first_bytes(path, 6)
    if head.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    if head.startswith(b"BZh"):
        return bz2.open(path)
    if head.startswith(b"\xfd7zXZ\x00"):
        return lzma.open(path)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return require("pyarrow", "tables").CompressedInputStream(str(path), "zstd")
    if head.startswith(b"PK"):
        return _only_member(path)
    return path.open("rb")


def _only_member(path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if not name.endswith("/")]
    if any(name.startswith(("xl/", "word/")) for name in names):
        fix = "save it in Excel as 'CSV UTF-8'"
        raise DataError("this is an Excel file, not a table of text", file=path, fix=fix)
    names = [name for name in names if not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise DataError(
            f"the archive holds {len(names)} files: {listed(names)}",
            file=path,
            fix="unpack it, and give one of the files",
        )
    return archive.open(names[0])
