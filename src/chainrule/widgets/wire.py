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

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
# What JavaScript has typed arrays for that hold plain numbers.
_SENT_AS = {"bool": "uint8", "int64": "int32", "uint64": "uint32", "float16": "float32"}


def pack(header: dict[str, Any]) -> bytes:
    """A frame of this header, whose values may hold arrays, bytes and memoryviews.

    >>> unpack(pack({"kind": "state", "state": {"w": 0.5}}))
    ({'kind': 'state', 'state': {'w': 0.5}}, [])
    """
    buffers: list[Any] = []
    plain = _plain(header, buffers)
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


def _plain(value: Any, buffers: list[Any]) -> Any:
    """The value as JSON has it; what it has not goes to the buffers."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None  # JSON has neither NaN nor infinity
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        return {str(name): _plain(part, buffers) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, buffers) for part in value]
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value, _SENT_AS.get(value.dtype.name, value.dtype))
        data = _plain(memoryview(array.reshape(-1).view(np.uint8)), buffers)
        return {"shape": list(value.shape), "dtype": array.dtype.name, "data": data}
    if isinstance(value, bytes | bytearray | memoryview):
        buffers.append(value)
        return {"$buffer": len(buffers) - 1}
    return _plain(value.item(), buffers) if isinstance(value, np.generic) else value


def _padded(length: int) -> int:
    return length + -length % 8


def _padding(length: int) -> bytes:
    return bytes(-length % 8)
