"""Arrays and a header in one file: they come back as they went, and damage is told."""

import json
import math
import os

import numpy as np
import pytest

from chainrule.export import (
    ModelFileError,
    load_safetensors,
    load_tensors,
    save_safetensors,
    save_tensors,
    strict_json,
    tensors,
)
from chainrule.export.tensors import DTYPES, read_header

ARRAYS = {
    **{dtype.name: np.arange(6).reshape(2, 3).astype(dtype) for dtype in DTYPES.values()},
    "number": np.array(2.5),
    "empty": np.zeros((0, 3), np.float32),
    "transposed": np.arange(6.0).reshape(2, 3).T,
    "every second": np.arange(10)[::2],
    "big end first": np.arange(4, dtype=">f8"),
    "repeated": np.broadcast_to(np.float32(1), (3, 2)),
    "odd": np.array([math.nan, math.inf, -0.0]),
}
HEADER = {"name": "σ", "numbers": [1, 2.5, math.nan, -math.inf, 2**64 - 1], "none": None, "d": {}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.model"
    save_tensors(path, HEADER, ARRAYS)
    return path


def rewritten(path, change):
    """The file with another outer header, its length mended."""
    raw = path.read_bytes()
    end = 8 + int.from_bytes(raw[:8], "little")
    text = change(json.loads(raw[8:end]))
    text = text if isinstance(text, bytes) else json.dumps(text).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[end:])


def test_comes_back_bit_for_bit(path):
    header, arrays = load_tensors(path)
    assert repr(header) == repr(HEADER)
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        found = arrays[name]
        assert found.shape == array.shape and found.dtype == array.dtype.newbyteorder("=")
        assert found.tobytes() == array.astype(found.dtype).tobytes()
        assert found.flags.writeable and found.flags.c_contiguous


def test_same_content_gives_the_same_bytes(path, tmp_path):
    save_tensors(tmp_path / "b.model", HEADER, ARRAYS)
    assert (tmp_path / "b.model").read_bytes() == path.read_bytes()


def test_header_is_read_without_the_arrays(path):
    header, entries = read_header(path)
    assert header["name"] == "σ"
    assert {e.name: e.shape for e in entries} == {k: v.shape for k, v in ARRAYS.items()}


def test_the_well_known_library_reads_our_file_and_we_read_its(path, tmp_path):
    library = pytest.importorskip("safetensors.numpy")
    for name, array in library.load_file(path).items():
        assert array.tobytes() == ARRAYS[name].astype(array.dtype).tobytes(), name
    theirs = tmp_path / "theirs.safetensors"
    plain = {name: np.ascontiguousarray(ARRAYS[name]) for name in ("float32", "int64", "bool")}
    library.save_file(plain, theirs, metadata={"format": "pt"})
    for name, array in load_safetensors(theirs).items():
        np.testing.assert_array_equal(array, plain[name])
    save_safetensors(tmp_path / "ours.safetensors", plain, {"format": "pt"})
    assert library.load_file(tmp_path / "ours.safetensors").keys() == plain.keys()
    with pytest.raises(ModelFileError, match="none that chainrule wrote: load_safetensors"):
        load_tensors(theirs)


def test_bfloat16_becomes_float32(tmp_path):
    path = tmp_path / "b.safetensors"
    entry = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
    text = json.dumps({"w": entry}).encode()
    bits = np.array([1.0, -2.5], np.float32).view(np.uint32) >> 16
    path.write_bytes(len(text).to_bytes(8, "little") + text + bits.astype("<u2").tobytes())
    np.testing.assert_array_equal(load_safetensors(path)["w"], np.array([1, -2.5], np.float32))


def test_a_flipped_bit_is_noticed_wherever_it_is(path):
    raw = path.read_bytes()
    for place in range(0, len(raw), 3):
        damaged = bytearray(raw)
        damaged[place] ^= 1 << (place % 8)
        path.write_bytes(damaged)
        with pytest.raises(ModelFileError, match=r"damaged|none that chainrule|version"):
            load_tensors(path)


def test_every_truncation_is_noticed(path):
    raw = path.read_bytes()
    for length in range(0, len(raw), 7):
        path.write_bytes(raw[:length])
        with pytest.raises(ModelFileError, match="damaged"):
            load_tensors(path)
    path.write_bytes(raw + b"\0")
    with pytest.raises(ModelFileError, match=r"the arrays need \d+ bytes"):
        load_tensors(path)


def entry(**changes):
    return {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}


LIES = [
    ({"a": entry(shape=[2**60])}, "no array can have"),
    ({"a": entry(shape=[0, 2**60], data_offsets=[0, 0])}, "no array can have"),
    ({"a": entry(shape=[1] * 33 + [2])}, "no array can have"),
    ({"a": entry(shape=[-2])}, "no array can have"),
    ({"a": entry(shape=[2.0])}, "no array can have"),
    ({"a": entry(shape=[True, 2])}, "no array can have"),
    ({"a": entry(shape=[3])}, "do not fit"),
    ({"a": entry(data_offsets=[8, 0])}, "do not fit"),
    ({"a": entry(data_offsets=[0, 2**70])}, "do not fit"),
    ({"a": entry(data_offsets=[4, 12])}, "begins at byte 4, not at 0"),
    ({"a": entry(), "b": entry()}, "begins at byte 0, not at 8"),
    ({"a": entry(data_offsets=[0])}, "no place"),
    ({"a": entry(dtype="F8_E4M3")}, "not known here"),
    ({"a": entry(dtype=[])}, "not known here"),
    ({"a": {}}, "needs dtype, shape"),
    ({"": entry()}, "empty or too long"),
    ({"a" * 1001: entry()}, "empty or too long"),
    ({"a": []}, "needs dtype, shape"),
    ({"__metadata__": {"a": 1}}, "no table of texts"),
    ([], "no table of arrays"),
    (b"[" * 5000, "damaged"),
    (b"[" * 80 + b"]" * 80, "nested more than 64 deep"),
    (b'{"a": 1, "a": 2}', "'a' comes twice"),
    (b'{"a": NaN}', "NaN is no JSON"),
    (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
    (b'{"a": "\\ud800"}', "half of a letter"),
    (b'{"a": [' + b"[]," * 2**20 + b"1]}", "more than 2097152 values"),
    (b"\xff\xfe", "UTF-8"),
    (b"", "only 8 bytes"),
]


@pytest.mark.parametrize(("header", "message"), LIES, ids=[m for _, m in LIES])
def test_lies_in_the_header_are_told(tmp_path, header, message):
    path = tmp_path / "lie.model"
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"\0" * (8 if text else 0))
    with pytest.raises(ModelFileError, match=message):
        load_safetensors(path)


def test_a_lie_about_the_headers_length_takes_no_memory(tmp_path):
    path = tmp_path / "lie.model"
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}" + b"\0" * 100)
    with pytest.raises(ModelFileError, match="its header should have"):
        load_tensors(path)


def test_a_newer_version_is_told(path):
    rewritten(
        path, lambda t: {**t, "__metadata__": {**t["__metadata__"], "chainrule_version": "9"}}
    )
    with pytest.raises(ModelFileError, match="has version '9' of the format"):
        load_tensors(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder"):
        load_tensors(tmp_path)
    with pytest.raises(ModelFileError, match="no such file"):
        load_tensors(tmp_path / "missing")
    if not hasattr(os, "mkfifo"):
        return
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="no ordinary file"):
        load_tensors(tmp_path / "pipe")


def test_a_file_larger_than_allowed(path):
    with pytest.raises(ModelFileError, match=f"read it with largest={path.stat().st_size}"):
        load_tensors(path, largest=100)


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"a": [{"b": {1}}]}, {}, r"a\[0\].b is a set"),
        ({1: 2}, {}, "keys must be text"),
        ({"$float": 1}, {}, "keys must be text"),
        ({"a": 10**50}, {}, "51 digits"),
        ({}, {"w": np.array(1j)}, "w has dtype complex128"),
        ({}, {"w": np.array(["a"])}, "w has dtype <U1"),
        ({}, {"w": np.array([None])}, "w has dtype object"),
        ({}, {"": np.zeros(2)}, "cannot be the name"),
    ],
)
def test_what_cannot_be_saved_leaves_the_old_file(path, header, arrays, message):
    before = path.read_bytes()
    with pytest.raises(ModelFileError, match=message):
        save_tensors(path, header, arrays)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_endless_nesting_cannot_be_saved(path):
    endless = []
    endless.append(endless)
    with pytest.raises(ModelFileError, match="nested more than 64 deep"):
        save_tensors(path, {"a": endless}, {})


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("largest", "too_large"),
    [
        ({"a": nested(63)}, {"a": nested(64)}),
        ({"a": 10**40 - 1}, {"a": 10**40}),
        ({"a": 1 - 10**39}, {"a": -(10**39)}),
        ({"a": [0] * 980}, {"a": [0] * 1010}),
        ({"a": "x" * (100_000 - 200)}, {"a": "x" * 100_000}),
        ({"a": "\U0001f600"}, {"a": "\ud83d"}),
    ],
    ids=["depth", "digits", "negative", "count", "length", "letters"],
)
def test_what_can_be_saved_can_be_loaded(tmp_path, monkeypatch, largest, too_large):
    monkeypatch.setattr(strict_json, "MOST_VALUES", 1000)
    monkeypatch.setattr(tensors, "LONGEST_HEADER", 100_000)
    save_tensors(tmp_path / "a", largest, {})
    assert load_tensors(tmp_path / "a")[0] == largest
    with pytest.raises(ModelFileError, match=r"cannot be saved|too much"):
        save_tensors(tmp_path / "b", too_large, {})
    assert not (tmp_path / "b").exists()
