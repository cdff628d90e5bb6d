"""State as bytes: arrays become buffers, the rest is JSON.

A frame is ``[u32 length of header][header: JSON][pad to 8][buffers, each padded to 8]``, all
little-endian. In the header ``{"$buffer": i}`` stands for a buffer, ``buffers`` lists
``[offset, length]`` of each, counted from the end of the padded header. An array is
``{"shape": ..., "dtype": ..., "data": buffer}``.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

# What JavaScript has typed arrays for that hold plain numbers.
_SENT_AS = {"bool": "uint8", "int64": "int32", "uint64": "uint32", "float16": "float32"}


def with_buffers(value: Any) -> Any:
    """The value with each array as ``{"shape", "dtype", "data": memoryview}``; the rest as JSON.

    >>> with_buffers({"x": np.zeros((2, 3), "float32"), "n": np.int64(3)})["n"]
    3
    """
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value, _SENT_AS.get(value.dtype.name, value.dtype))
        flat = array.reshape(-1).view(np.uint8)
        return {"shape": list(value.shape), "dtype": array.dtype.name, "data": memoryview(flat)}
    if isinstance(value, dict):
        return {str(name): with_buffers(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_buffers(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has neither NaN nor infinity
    return value


def pack(header: dict[str, Any]) -> bytes:
    """A frame of this header, whose values may hold arrays, bytes and memoryviews.

    >>> unpack(pack({"kind": "state", "state": {"w": 0.5}}))
    ({'kind': 'state', 'state': {'w': 0.5}}, [])
    """
    buffers: list[Any] = []
    plain = _without_buffers(with_buffers(header), buffers)
    places, offset = [], 0
    for each in buffers:
        places.append([offset, len(each)])
        offset += _padded(len(each))
    if places:
        plain["buffers"] = places
    text = json.dumps(plain, separators=(",", ":"), allow_nan=False).encode()
    parts = [struct.pack("<I", len(text)), text, _padding(4 + len(text))]
    for each in buffers:
        parts += [each, _padding(len(each))]
    return b"".join(parts)


def unpack(frame: bytes) -> tuple[dict[str, Any], list[memoryview]]:
    """Header and buffers of a frame; ``ValueError`` where it is none."""
    view = memoryview(frame)
    if len(view) < 4:
        raise ValueError(f"a frame begins with 4 bytes, this has {len(view)}")
    (length,) = struct.unpack_from("<I", view)
    if 4 + length > len(view):
        raise ValueError(f"a header of {length} bytes does not fit in {len(view)}")
    try:
        header = json.loads(bytes(view[4 : 4 + length]))
    except RecursionError:
        raise ValueError("the header is nested too deeply") from None
    if not isinstance(header, dict):
        raise ValueError("a header is a JSON object")
    rest = view[_padded(4 + length) :]
    return header, [_piece(rest, place) for place in header.pop("buffers", [])]


def _piece(rest: memoryview, place: Any) -> memoryview:
    match place:
        case [int(offset), int(length)] if offset >= 0 and 0 <= length <= len(rest) - offset:
            return rest[offset : offset + length]
    raise ValueError(f"no buffer at {place!r} of {len(rest)} bytes")


def _without_buffers(value: Any, buffers: list[Any]) -> Any:
    if isinstance(value, dict):
        return {name: _without_buffers(part, buffers) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_buffers(part, buffers) for part in value]
    if isinstance(value, bytes | bytearray | memoryview):
        buffers.append(value)
        return {"$buffer": len(buffers) - 1}
    return value


def _padded(length: int) -> int:
    return length + -length % 8


def _padding(length: int) -> bytes:
    return bytes(-length % 8)
