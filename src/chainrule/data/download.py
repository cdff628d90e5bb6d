"""Fetch a small public file: several addresses, one deadline, never half a file."""

from __future__ import annotations

import contextlib
import io
import queue
import threading
import time
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlparse

from ..files import write_whole

DEADLINE = 8.0  # seconds, for all addresses together
TIMEOUT = 4.0  # seconds, for a connection to answer
LARGEST = 5_000_000  # bytes


class CannotDownload(OSError):
    """No address gave the file."""


def download_first(
    addresses: Sequence[str],
    member: str,
    accept: Callable[[bytes], bytes],
    wait: float = DEADLINE,
) -> bytes:
    """The file from whichever address gives it first, asked all at once.

    A zip archive is opened, and its ``member`` taken. ``accept`` returns the content or raises
    ValueError. Looking up a name cannot be interrupted, so each address has a thread that is left
    behind when ``wait`` seconds are over.
    """
    answers: queue.Queue[tuple[str, bytes | Exception]] = queue.Queue()

    def ask(address: str) -> None:
        try:
            answers.put((address, accept(fetch(address, member))))
        except Exception as error:  # it is told by the caller, not by this thread
            answers.put((address, error))

    for address in addresses:
        threading.Thread(target=ask, args=(address,), daemon=True).start()
    end = time.monotonic() + wait
    failed = {}
    while len(failed) < len(addresses):
        try:
            address, answer = answers.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(answer, bytes):
            return answer
        failed[address] = str(getattr(answer, "reason", answer))
    silent = f"no answer in {wait:g} s"
    reasons = [f"{urlparse(a).netloc}: {failed.get(a, silent)}" for a in addresses]
    raise CannotDownload("network: " + "; ".join(dict.fromkeys(reasons)))


def fetch(address: str, member: str) -> bytes:
    """The bytes at an address, or of ``member`` where it is a zip archive."""
    if urlparse(address).scheme != "https":
        raise CannotDownload(f"only https is used, not {address}")
    request = urllib.request.Request(address, headers={"User-Agent": "chainrule"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        content: bytes = response.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise CannotDownload(f"more than {LARGEST:,} bytes")
    return unzip(content, member) if content[:2] == b"PK" else content


def unzip(content: bytes, member: str) -> bytes:
    """One file of a zip archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            name = next(n for n in archive.namelist() if n.rpartition("/")[2] == member)
            with archive.open(name) as file:
                return file.read(LARGEST)
    except (zipfile.BadZipFile, StopIteration, EOFError):
        raise CannotDownload(f"an archive that is broken, or has no {member}") from None


def keep(content: bytes, path: Path) -> None:
    """Write a file whole or not at all; a cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        write_whole(content, path)
