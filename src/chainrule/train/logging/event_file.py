"""TensorBoard's event files: records of a length, its checksum, bytes and their checksum."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...extras import require

NAME = "events.out.tfevents.{}.chainrule"


def new_path(folder: Path) -> Path:
    """Where a new file of ours goes."""
    return folder / NAME.format(time.time_ns())


def our_files(folder: Path) -> list[Path]:
    """The files that we wrote, the oldest first."""
    return sorted(folder.glob(NAME.format("*")))


def record(content: bytes) -> bytes:
    """A record with this content."""
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def records(raw: bytes) -> Iterator[bytes]:
    """The contents of the records in a file, up to the first that is torn or damaged."""
    place = 0
    while place + 12 <= len(raw):
        (length,) = struct.unpack_from("<Q", raw, place)
        start, stop = place + 12, place + 12 + length
        content = raw[start:stop]
        if raw[stop : stop + 4] != _checksum(content):
            return
        yield content
        place = stop + 4


def _checksum(content: bytes) -> bytes:
    masked = require("tensorboardX.record_writer", "logging").masked_crc32c
    return struct.pack("<I", masked(content))


def event(step: int | None = None, at: float | None = None, **fields: Any) -> bytes:
    """A record with an event, of this moment unless another is given."""
    kind = require("tensorboardX.proto.event_pb2", "logging").Event
    moment = time.time() if at is None else at
    return record(kind(wall_time=moment, step=step, **fields).SerializeToString())


def read_events(path: Path) -> Iterator[Any]:
    """The events of a file, as tensorboardX's ``Event``."""
    kind = require("tensorboardX.proto.event_pb2", "logging").Event
    return map(kind.FromString, records(path.read_bytes()))
