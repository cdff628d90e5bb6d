"""The disk cache of machine code: entries under a key, private to the user, never in the way.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     cache = DiskCache(folder)
...     name = key("define void @f()", "O2")
...     cache.write(name, b"code")
...     cache.read(name)
b'code'

Machine code from a file is run, so a directory or entry that somebody else could have written is
not used. An entry carries a checksum over its key and its content: what is cut off, damaged or
copied from elsewhere counts as absent and is written anew. Whatever the disk refuses, the run goes
on without it.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
import sys
import time
import warnings
from collections.abc import Iterator

from ..config import config

try:  # hashlib imports OpenSSL, which takes 2 ms of a warm start
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

FORMAT = b"chainrule-code-1\n"  # to be raised when the meaning of entries changes
LIMIT = 256_000_000  # bytes
MOST = 8192  # entries: looking through more takes too long
_TOUCH_AFTER = 3600  # seconds after which reading an entry renews its time
_ENTRY = re.compile(r"[0-9a-f]{64}\.code")
_TEMPORARY = re.compile(r"\.[0-9a-f]{64}\.\d+\.\d+")

_counter = itertools.count()


def key(*parts: str | bytes) -> str:
    """A name for everything that the code depends on."""
    digest = blake2b(FORMAT, digest_size=32)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def default_directory() -> str | None:
    """Where the cache lies; None where nothing says where it could.

    ``$CHAINRULE_CACHE_DIR``, or the folder ``chainrule`` in the platform's place for caches.
    """
    chosen = os.environ.get("CHAINRULE_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    if sys.platform == "win32":
        place = os.environ.get("LOCALAPPDATA", "")
        return os.path.join(place, "chainrule", "cache") if place else None
    place = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(place):
        home = os.path.expanduser("~")
        place = os.path.join(home, "Library/Caches" if sys.platform == "darwin" else ".cache")
    return os.path.join(place, "chainrule") if os.path.isabs(place) else None


def default_cache() -> DiskCache | None:
    """The cache in use, if ``config.cache`` allows one."""
    directory = default_directory() if config.cache else None
    if directory is None:
        return None
    if directory not in _caches:
        _caches[directory] = DiskCache(directory)
    return _caches[directory]


class DiskCache:
    """Entries in one directory, bounded in bytes and number; the least recently used go first.

    Any number of processes and threads may use it at once.
    """

    def __init__(self, directory: str, limit: int = LIMIT, most: int = MOST) -> None:
        self.directory, self.limit, self.most = directory, limit, most
        self._is_usable: bool | None = None

    def read(self, name: str) -> bytes | None:
        """What was written under a key, if it is there and whole."""
        if not self._usable():
            return None
        path = self._path(name)
        try:
            with open(path, "rb", opener=_open_plainly) as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or _complaint(status):
                    return None
                data = file.read()
            if time.time() - status.st_mtime > _TOUCH_AFTER:
                os.utime(path)
        except OSError:
            return None
        head = len(FORMAT)
        content = data[head + 32 :]
        is_whole = data[:head] == FORMAT and data[head : head + 32] == _checksum(name, content)
        return content if is_whole else None

    def write(self, name: str, content: bytes) -> None:
        """Keep something under a key. It appears whole or not at all."""
        if not self._usable():
            return
        temporary = os.path.join(self.directory, f".{name}.{os.getpid()}.{next(_counter)}")
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            with open(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(FORMAT + _checksum(name, content) + content)
            os.replace(temporary, self._path(name))
            if int(name[:2], 16) < 8:  # one write in 32, whichever process makes it
                self._shrink()
        except OSError:
            _remove(temporary)

    def entries(self) -> list[tuple[float, int, str]]:
        """Time of the last use, bytes and path of each entry."""
        return [
            (status.st_mtime, status.st_size, path)
            for path, status in self._files()
            if _ENTRY.fullmatch(os.path.basename(path))
        ]

    def clear(self) -> int:
        """Remove all entries; how many there were. Other files in the directory stay."""
        count = 0
        for path, _ in self._files():
            count += _remove(path) and not os.path.basename(path).startswith(".")
        return count

    def obstacle(self) -> str | None:
        """Why the directory is not used, although it is there; None if it may be."""
        try:
            status = os.stat(self.directory)
        except OSError:
            return None
        if not stat.S_ISDIR(status.st_mode):
            return "is no directory"
        return _complaint(status)

    def _usable(self) -> bool:
        if self._is_usable is None:
            try:
                os.makedirs(self.directory, mode=0o700, exist_ok=True)
            except FileExistsError:
                pass
            except OSError:
                self._is_usable = False
                return False
            found = self.obstacle()
            self._is_usable = found is None
            if found:
                warnings.warn(
                    f"compiled code is not kept on disk: {self.directory} {found}; "
                    "CHAINRULE_CACHE_DIR names another directory, CHAINRULE_CACHE=0 needs none",
                    RuntimeWarning,
                    stacklevel=2,
                )
        return self._is_usable

    def _path(self, name: str) -> str:
        return os.path.join(self.directory, f"{name}.code")

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Entries and what interrupted writers left behind."""
        try:
            with os.scandir(self.directory) as found:
                files = [
                    f for f in found if _ENTRY.fullmatch(f.name) or _TEMPORARY.fullmatch(f.name)
                ]
        except OSError:
            return
        for file in files:
            try:
                yield file.path, file.stat(follow_symlinks=False)
            except OSError:  # another process removed it
                continue

    def _shrink(self) -> None:
        """Remove the longest unused entries until a tenth of the limit is free."""
        entries = []
        for path, status in self._files():
            if _ENTRY.fullmatch(os.path.basename(path)):
                entries.append((status.st_mtime, status.st_size, path))
            elif time.time() - status.st_mtime > 3600:  # its writer was interrupted
                _remove(path)
        total, count = sum(size for _, size, _ in entries), len(entries)
        if total <= self.limit and count <= self.most:
            return
        for _, size, path in sorted(entries):
            if total <= 0.9 * self.limit and count <= 0.9 * self.most:
                break
            total, count = total - size, count - 1
            _remove(path)


_caches: dict[str, DiskCache] = {}


def _checksum(name: str, content: bytes) -> bytes:
    return blake2b(name.encode() + content, digest_size=32).digest()


def _complaint(status: os.stat_result) -> str | None:
    """What is wrong with the owner or the permissions of a file; nothing where there are none."""
    if not hasattr(os, "geteuid"):
        return None
    if status.st_uid != os.geteuid():
        return "belongs to another user"
    if status.st_mode & 0o022:
        return "can be written by others (chmod go-w it)"
    return None


def _open_plainly(path: str, flags: int) -> int:
    """Open a file, but no link and nothing that would wait for a writer."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError:
        return False
    return True
