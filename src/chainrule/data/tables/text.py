"""The text of a file as UTF-8, whatever it was written in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError
from .sources import CHUNK, chunks

MARKS = (  # longer ones first: that of UTF-32 begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
PLAIN = ("utf-8", "ascii")


def utf8_chunks(path: Path, encoding: str | None = None, size: int = CHUNK) -> Iterator[bytes]:
    """The content in pieces of UTF-8, without byte order mark, lines ended by a line feed.

    Without ``encoding`` it is UTF-8, or UTF-16 or 32 if it begins with their mark or has the zero
    bytes of UTF-16. Anything else is an error with the row and the byte: which of the many
    one-byte encodings it is cannot be known.
    """
    decoder = None
    rows = 1
    only_returns = False
    for chunk in chunks(path, size):
        if decoder is None:
            encoding = encoding or detected(chunk, path)
            decoder = _decoder(encoding, path)
            plain = encoding in PLAIN
            only_returns = b"\r" in chunk and b"\n" not in chunk
        if plain and chunk.isascii() and not decoder.getstate()[0]:
            text = chunk
        else:
            text = _decoded(decoder, chunk, path, rows, encoding).encode()
        if only_returns:
            text = text.replace(b"\r", b"\n")
        zero = text.find(b"\0")
        if zero >= 0:
            raise DataError(
                "a zero byte: this is no text, or it is damaged",
                file=path,
                row=rows + text.count(b"\n", 0, zero),
                fix="export the table again as CSV, or name its encoding=",
            )
        yield text
        rows += text.count(b"\n")
    if decoder is not None:
        _decoded(decoder, b"", path, rows, encoding or "", last=True)


def detected(head: bytes, path: Path) -> str:
    """The encoding by the mark at the beginning, or by zero bytes at every second place."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[:4096]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros = sample[offset::2].count(0)
        if zeros > 0.7 * len(sample) / 2 and not sample[1 - offset :: 2].count(0):
            return encoding
    return "utf-8"


def _decoder(encoding: str, path: Path) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)()
    except LookupError:
        fix = "use a name that Python knows, such as 'utf-8', 'cp1252' or 'utf-16'"
        raise DataError(f"there is no encoding {encoding!r}", file=path, fix=fix) from None


def _decoded(
    decoder: codecs.IncrementalDecoder,
    chunk: bytes,
    path: Path,
    rows: int,
    encoding: str,
    last: bool = False,
) -> str:
    pending = decoder.getstate()[0]
    try:
        return decoder.decode(chunk, last)
    except UnicodeDecodeError as error:
        data = pending + chunk
        if last:
            what = "the file ends in the middle of a character"
            fix = "it is not complete: get it again"
            raise DataError(what, file=path, row=rows, fix=fix) from None
        start = data.rfind(b"\n", 0, error.start) + 1
        end = data.find(b"\n", error.start)
        line = data[start : end if end >= 0 else None]
        byte = data[error.start] if error.start < len(data) else 0
        fix = "name the encoding that it was written in: encoding='cp1252', for example"
        if encoding in (*PLAIN, "utf-8-sig"):
            around = line[max(0, error.start - start - 12) : error.start - start + 12]
            seen = around.decode("cp1252", "replace").strip()
            fix = f"if {seen!r} looks right use encoding='cp1252', else the one it was written in"
            if "\ufffd" in seen or not seen.replace("\t", " ").isprintable():
                fix = "it does not seem to be text: give a CSV or Parquet file"
        raise DataError(
            f"byte {byte:#04x} is not valid in {encoding}",
            file=path,
            row=rows + data.count(b"\n", 0, error.start),
            fix=fix,
        ) from None
