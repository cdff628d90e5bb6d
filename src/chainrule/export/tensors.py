"""Arrays and a JSON header in one safetensors file: written whole, read with suspicion.

The format (``docs/model-file.md``): eight bytes with the length of a JSON text, that text, the
arrays' bytes. It holds no code, so that reading it can fail, but not run anything. We read and
write it ourselves: saving then needs NumPy alone, and every length is checked against the file's
size before memory is taken for it.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..files import replacing
from . import strict_json
from .errors import ModelFileError

VERSION = 1  # of the header that we put into a safetensors file
LONGEST_HEADER = 2**24  # bytes of JSON
MOST_TENSORS = 100_000
LONGEST_NAME = 1000  # characters
LARGEST = 2**32  # bytes in a file
_BLOCK = 2**20
_NO_DIGEST = "0" * 64

DTYPES = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
}
_WORDS = {dtype: word for word, dtype in DTYPES.items()}
_BFLOAT16 = "BF16"  # read as float32, which holds each of its values


class Entry(NamedTuple):
    """Where an array stands in a file, and what it is."""

    name: str
    word: str
    shape: tuple[int, ...]
    start: int
    stop: int


class Contents(NamedTuple):
    """What a file says before its arrays: free words, entries as they are listed, its own text."""

    words: dict[str, str]
    entries: list[Entry]
    text: bytes

    @property
    def in_place(self) -> list[Entry]:
        """The entries in the order of their bytes."""
        return sorted(self.entries, key=lambda entry: (entry.start, entry.stop))


# -- our own files -----------------------------------------------------------------------------


def save_tensors(
    path: str | Path, header: Mapping[str, Any], tensors: Mapping[str, np.ndarray]
) -> None:
    """Write arrays by name, and a header of anything that JSON can hold, as one safetensors file.

    The file is written whole or not at all, and has a SHA-256 checksum. Raises ``ModelFileError``
    for what cannot be written, ``OSError`` where the disk is full.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_tensors(f"{folder}/a.model", {"epoch": 3}, {"w": np.eye(2)})
    ...     header, tensors = load_tensors(f"{folder}/a.model")
    >>> header, tensors["w"].tolist()
    ({'epoch': 3}, [[1.0, 0.0], [0.0, 1.0]])
    """
    try:
        inner = strict_json.to_text(dict(header))
    except TypeError as error:
        raise ModelFileError(f"{path}: the header cannot be saved: {error}") from None
    words = {"chainrule": inner, "chainrule_version": str(VERSION), "sha256": _NO_DIGEST}
    arrays = {name: _writable(path, name, value) for name, value in tensors.items()}
    text = _header_text(path, words, arrays)
    digest = hashlib.sha256(text)
    for array in _in_place(arrays).values():
        digest.update(_bytes_of(array))
    text = text.replace(_NO_DIGEST.encode(), digest.hexdigest().encode(), 1)
    _write(path, text, arrays)


def load_tensors(
    path: str | Path, *, largest: int = LARGEST
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of a file that ``save_tensors`` wrote.

    The file need not be trusted: reading it runs nothing, takes no more memory than the file's size
    and its header's values need, and ends in ``ModelFileError`` unless everything fits together and
    the checksum is right. ``largest`` is the size in bytes of the largest file to read.
    """
    with _opened(path, largest) as (file, size):
        contents = _read_contents(path, file, size)
        header = _inner_header(path, contents)
        digest = _start_of_digest(contents)
        raws = _read_arrays(path, file, contents, digest)
        _compare(path, contents, digest)
        return header, _as_arrays(path, contents, raws)


def read_header(
    path: str | Path, *, largest: int = LARGEST, check: bool = True
) -> tuple[dict[str, Any], list[Entry]]:
    """The header, and which arrays there are, without taking memory for them.

    With ``check``, the file is read through, block by block, to verify its checksum.
    """
    with _opened(path, largest) as (file, size):
        contents = _read_contents(path, file, size)
        header = _inner_header(path, contents)
        digest = _start_of_digest(contents)
        while check and (block := file.read(_BLOCK)):
            digest.update(block)
        if check:
            _compare(path, contents, digest)
    return header, contents.entries


# -- everybody's safetensors files -------------------------------------------------------------


def save_safetensors(
    path: str | Path,
    tensors: Mapping[str, np.ndarray],
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write arrays by name as a plain safetensors file, as PyTorch's users exchange them."""
    arrays = {name: _writable(path, name, value) for name, value in tensors.items()}
    words = {str(key): str(value) for key, value in (metadata or {}).items()}
    _write(path, _header_text(path, words, arrays), arrays)


def load_safetensors(path: str | Path, *, largest: int = LARGEST) -> dict[str, np.ndarray]:
    """The arrays of any safetensors file, read with the same care; bfloat16 becomes float32."""
    with _opened(path, largest) as (file, size):
        contents = _read_contents(path, file, size)
        return _as_arrays(path, contents, _read_arrays(path, file, contents))


# -- writing -----------------------------------------------------------------------------------


def _writable(path: Any, name: str, value: Any) -> np.ndarray:
    """The value as a little-endian array in C order."""
    array = np.asarray(value)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _WORDS:
        raise ModelFileError(
            f"{path}: {name} has dtype {array.dtype}, which a model file cannot hold; "
            f"it holds {', '.join(str(d) for d in _WORDS)}"
        )
    if not 0 < len(name) <= LONGEST_NAME or name in ("__metadata__", "$float"):
        raise ModelFileError(f"{path}: {name[:60]!r} cannot be the name of an array")
    return np.asarray(array, dtype, order="C")


def _header_text(path: Any, words: dict[str, str], arrays: dict[str, np.ndarray]) -> bytes:
    table: dict[str, Any] = {"__metadata__": words} if words else {}
    start, offsets = 0, {}
    for name, array in _in_place(arrays).items():
        offsets[name] = [start, start + array.nbytes]
        start += array.nbytes
    for name, array in arrays.items():
        table[name] = {
            "dtype": _WORDS[array.dtype],
            "shape": list(array.shape),
            "data_offsets": offsets[name],
        }
    try:
        text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
        strict_json.check_count(text)
    except ValueError as error:  # half a letter is one, too
        raise ModelFileError(f"{path}: the header cannot be saved: {error}") from None
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST_HEADER or len(arrays) > MOST_TENSORS:
        raise ModelFileError(
            f"{path}: {len(arrays)} arrays and a header of {len(text)} bytes are too much; there "
            f"may be {MOST_TENSORS} and {LONGEST_HEADER}: keep tables of numbers as arrays"
        )
    return text


def _write(path: str | Path, text: bytes, arrays: dict[str, np.ndarray]) -> None:
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for array in _in_place(arrays).values():
            file.write(_bytes_of(array))


def _in_place(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Arrays in the order of the file: wide elements first, so that each begins aligned."""
    return dict(sorted(arrays.items(), key=lambda item: -item[1].itemsize))


def _bytes_of(array: np.ndarray) -> memoryview:
    return memoryview(array.reshape(-1).view(np.uint8)) if array.size else memoryview(b"")


# -- reading -----------------------------------------------------------------------------------


@contextmanager
def _opened(path: str | Path, largest: int) -> Iterator[tuple[IO[bytes], int]]:
    """The file and its size in bytes; every failure to read it becomes a ``ModelFileError``."""
    try:
        mode = os.stat(path).st_mode  # before opening: to open a pipe would wait for its writer
        if not stat.S_ISREG(mode):
            what = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
            raise ModelFileError(f"{path} is {what}: give the path of a model file")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > largest:
                raise ModelFileError(
                    f"{path} has {size} bytes, more than the {largest} allowed: "
                    f"if you trust it, read it with largest={size}"
                )
            yield file, size
    except MemoryError:
        raise ModelFileError(f"{path}: there is not enough memory to read it") from None
    except FileNotFoundError:
        raise ModelFileError(f"{path}: there is no such file") from None
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error}") from error


def _damaged(path: Any, what: str) -> ModelFileError:
    return ModelFileError(
        f"{path} is no model file, or is damaged: {what}. Copy it again from where it was "
        "written, or use an earlier one."
    )


def _read_contents(path: Any, file: IO[bytes], size: int) -> Contents:
    length = int.from_bytes(file.read(8), "little")
    if size < 10:
        raise _damaged(path, f"it has only {size} bytes")
    if length > min(size - 8, LONGEST_HEADER):
        raise _damaged(
            path,
            f"its header should have {length} bytes, but the file has {size} "
            f"and a header at most {LONGEST_HEADER}",
        )
    text = file.read(length)
    if len(text) < length:
        raise _damaged(path, "it ends within its header")
    try:
        return _checked(text, size - 8 - length)
    except ValueError as error:
        raise _damaged(path, f"in its header, {error}") from None


def _checked(text: bytes, available: int) -> Contents:
    """What the header says; its arrays must fill the rest of the file without a gap."""
    table = strict_json.from_text(text)
    if not isinstance(table, dict):
        raise ValueError("there is no table of arrays")
    words = table.pop("__metadata__", {})
    if not isinstance(words, dict) or not all(isinstance(v, str) for v in words.values()):
        raise ValueError("__metadata__ is no table of texts")
    if len(table) > MOST_TENSORS:
        raise ValueError(f"there are {len(table)} arrays, more than {MOST_TENSORS}")
    contents = Contents(words, [_entry(*item) for item in table.items()], text)
    place = 0
    for entry in contents.in_place:
        if entry.start != place:
            raise ValueError(f"{entry.name!r} begins at byte {entry.start}, not at {place}")
        place = entry.stop
    if place != available:
        raise ValueError(f"the arrays need {place} bytes, and {available} are there")
    return contents


def _entry(name: str, row: Any) -> Entry:
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueError(f"the name {name[:60]!r} is empty or too long")
    if not isinstance(row, dict) or row.keys() != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name!r} needs dtype, shape and data_offsets, and nothing else")
    word, shape, offsets = row["dtype"], row["shape"], row["data_offsets"]
    if not isinstance(word, str) or (word not in DTYPES and word != _BFLOAT16):
        raise ValueError(f"{name!r} has the dtype {str(word)[:20]!r}, which is not known here")
    if not _are_lengths(shape) or len(shape) > 32 or math.prod(n or 1 for n in shape) > 2**48:
        raise ValueError(f"{name!r} has a shape that no array can have")
    if not _are_lengths(offsets) or len(offsets) != 2:
        raise ValueError(f"{name!r} has no place in the file")
    width = 2 if word == _BFLOAT16 else DTYPES[word].itemsize
    start, stop = offsets
    if stop - start != math.prod(shape) * width:
        raise ValueError(f"{name!r} has {stop - start} bytes, which do not fit its shape {shape}")
    return Entry(name, word, tuple(shape), start, stop)


def _are_lengths(values: Any) -> bool:
    return isinstance(values, list) and all(type(n) is int and n >= 0 for n in values)


def _read_arrays(
    path: Any, file: IO[bytes], contents: Contents, digest: Any = None
) -> dict[str, np.ndarray]:
    """The bytes of each array."""
    found = {}
    for entry in contents.in_place:
        raw = found[entry.name] = np.empty(entry.stop - entry.start, np.uint8)
        if file.readinto(raw) != raw.size:  # type: ignore[attr-defined]
            raise _damaged(path, f"it ends within {entry.name!r}")
        if digest is not None:
            digest.update(raw)
    return found


def _as_arrays(path: Any, contents: Contents, raws: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {entry.name: _as_array(path, entry, raws[entry.name]) for entry in contents.entries}


def _as_array(path: Any, entry: Entry, raw: np.ndarray) -> np.ndarray:
    if entry.word == _BFLOAT16:
        widened = raw.view("<u2").astype(np.uint32) << 16
        return widened.view(np.float32).reshape(entry.shape)
    if entry.word == "BOOL" and raw.size and raw.max() > 1:
        raise _damaged(path, f"{entry.name!r} has truth values that are neither 0 nor 1")
    dtype = DTYPES[entry.word].newbyteorder("=")
    return raw.view(DTYPES[entry.word]).reshape(entry.shape).astype(dtype, copy=False)


def _inner_header(path: Any, contents: Contents) -> dict[str, Any]:
    words = contents.words
    if len(words.get("sha256", "")) != 64:
        words = {}
    if words.keys() != {"chainrule", "chainrule_version", "sha256"}:
        raise ModelFileError(
            f"{path} is a safetensors file, but none that chainrule wrote: "
            "load_safetensors reads its arrays"
        )
    version = words["chainrule_version"]
    if version != str(VERSION):
        raise ModelFileError(
            f"{path} has version {version[:20]!r} of the format, and this chainrule reads "
            f"{VERSION}: install the chainrule that wrote it, or a newer one"
        )
    try:
        header = strict_json.from_text(words["chainrule"])
    except ValueError as error:
        raise _damaged(path, f"in its inner header, {error}") from None
    if not isinstance(header, dict):
        raise _damaged(path, "its inner header is no table")
    return header


def _start_of_digest(contents: Contents) -> Any:
    """The checksum is taken of the file with zeros in the checksum's place."""
    given = contents.words["sha256"].encode("ascii", "replace")
    return hashlib.sha256(contents.text.replace(given, _NO_DIGEST.encode(), 1))


def _compare(path: Any, contents: Contents, digest: Any) -> None:
    if digest.hexdigest() != contents.words["sha256"]:
        raise _damaged(path, "its checksum is wrong")
