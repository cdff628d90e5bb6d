import numpy as np
import pytest

from chainrule.widgets import wire


def test_arrays_arrive_anywhere_in_a_header():
    sent = {"state": {"list": [np.arange(5, dtype="float32")], "deep": {"b": np.eye(3)}}, "n": 3}
    header, buffers = wire.unpack(wire.pack(sent))
    first = header["state"]["list"][0]
    assert (first["shape"], first["dtype"], header["n"]) == ([5], "float32", 3)
    np.testing.assert_array_equal(np.frombuffer(buffers[first["data"]["$buffer"]], "f4"), range(5))
    deep = header["state"]["deep"]["b"]
    np.testing.assert_array_equal(
        np.frombuffer(buffers[deep["data"]["$buffer"]]), np.eye(3).ravel()
    )


@pytest.mark.parametrize(
    "array",
    [
        np.float64(2),
        np.zeros((0, 3)),
        np.array(3.5),
        np.arange(12.0).reshape(3, 4).T,
        np.ones(3, bool),
    ],
    ids=["scalar", "empty", "0-d", "transposed", "bool"],
)
def test_every_kind_of_array_is_sent(array):
    header, buffers = wire.unpack(wire.pack({"a": array}))
    if isinstance(array, np.generic):
        assert header["a"] == array
        return
    got = np.frombuffer(buffers[0], header["a"]["dtype"]).reshape(header["a"]["shape"])
    np.testing.assert_array_equal(got, array)


def test_numbers_that_json_has_not_are_null():
    assert wire.unpack(wire.pack({"a": float("nan"), "b": [np.float32("inf")]}))[0] == {
        "a": None,
        "b": [None],
    }


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xff\xff\xff",
        b"\x02\x00\x00\x00[]",
        b"\x02\x00\x00\x00{",
        wire.pack({"buffers": [[0, 99]]}),
        wire.pack({"buffers": [[-8, 4]]}),
        wire.pack({"buffers": ["x"]}),
        b"\xa0\x0f\x03\x00" + b"[" * 200_000,
    ],
)
def test_what_is_no_frame_is_a_value_error(frame):
    with pytest.raises(ValueError):
        wire.unpack(frame)
