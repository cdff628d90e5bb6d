"""The disk cache: private, whole or absent, bounded, shared, and never in the way; its command."""

import errno
import json
import os
import subprocess
import sys
import time
import warnings

import pytest
from typer.testing import CliRunner

import chainrule
from chainrule.cli import app
from chainrule.engine.compile import cache
from chainrule.engine.compile.cache import DiskCache, key

posix = pytest.mark.skipif(os.name != "posix", reason="owners and permissions as POSIX has them")


@pytest.fixture
def store(tmp_path):
    return DiskCache(str(tmp_path / "deep" / "cache"))


def only_path(store):
    (entry,) = store.entries()
    return entry[2]


def names(count):
    """Keys whose writing never looks at the size."""
    return [name for name in (key(str(i)) for i in range(2 * count + 20)) if name > "08"][:count]


def test_what_was_written_is_read(store):
    assert store.read(key("a")) is None
    store.write(key("a"), b"one")
    store.write(key("b"), b"")
    assert store.read(key("a")) == b"one"
    assert store.read(key("b")) == b""
    store.write(key("a"), b"two")
    assert store.read(key("a")) == b"two"
    assert DiskCache(store.directory).read(key("a")) == b"two"


def test_keys_tell_all_parts_apart():
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("", "abc"), ("a", "b", "c"), ()]
    assert len({key(*each) for each in parts}) == len(parts)
    assert key("a", "b") == key(b"a", b"b")


@posix
def test_others_can_neither_read_nor_write(store):
    old = os.umask(0)
    try:
        store.write(key("a"), b"one")
    finally:
        os.umask(old)
    assert os.stat(store.directory).st_mode & 0o777 == 0o700
    assert os.stat(only_path(store)).st_mode & 0o777 == 0o600


@posix
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_directory_that_others_can_write_is_not_used(tmp_path, mode):
    tmp_path.chmod(mode)
    store = DiskCache(str(tmp_path))
    with pytest.warns(RuntimeWarning, match=r"can be written by others \(chmod go-w it\)") as seen:
        store.write(key("a"), b"one")
        assert store.read(key("a")) is None
        store.write(key("a"), b"one")
    assert len(seen) == 1
    assert os.listdir(tmp_path) == []


@posix
def test_a_directory_of_somebody_else_is_not_used(store, monkeypatch):
    store.write(key("a"), b"one")
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(store.directory).st_uid + 1)
    assert store.read(key("a")) is None  # the directory was fine, the entry is not
    fresh = DiskCache(store.directory)
    with pytest.warns(RuntimeWarning, match="belongs to another user"):
        assert fresh.read(key("a")) is None


def test_a_file_in_place_of_the_directory(tmp_path):
    path = tmp_path / "cache"
    path.write_text("mine")
    with pytest.warns(RuntimeWarning, match="is no directory"):
        DiskCache(str(path)).write(key("a"), b"one")
    assert path.read_text() == "mine"


@posix
def test_entries_that_others_could_have_made(store, tmp_path):
    store.write(key("a"), b"one")
    path = only_path(store)
    os.chmod(path, 0o620)
    assert store.read(key("a")) is None
    os.chmod(path, 0o600)
    assert store.read(key("a")) == b"one"
    os.rename(path, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", path)
    assert store.read(key("a")) is None
    os.unlink(path)
    os.mkfifo(path, 0o600)
    assert store.read(key("a")) is None  # and does not wait


def test_damaged_entries_are_absent_and_replaced(store):
    store.write(key("a"), b"machine code")
    path = only_path(store)
    with open(path, "rb") as file:
        whole = file.read()
    damaged = [whole[:size] for size in range(len(whole))] + [whole + b"x"]
    for place in range(len(whole)):
        damaged.append(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    for content in damaged:
        with open(path, "wb") as file:
            file.write(content)
        assert store.read(key("a")) is None
    store.write(key("a"), b"machine code")
    assert store.read(key("a")) == b"machine code"


def test_an_entry_under_another_name_is_absent(store):
    store.write(key("a"), b"one")
    path = only_path(store)
    os.rename(path, path.replace(key("a"), key("b")))
    assert store.read(key("b")) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EMFILE])
@pytest.mark.parametrize("call", ["open", "replace", "makedirs", "scandir"])
def test_whatever_the_disk_refuses(store, monkeypatch, call, number):
    def refuse(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    if call != "makedirs":
        store.write(key("a"), b"one")
    monkeypatch.setattr(os, call, refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for i in range(64):
            store.write(key(str(i)), b"two")
        store.read(key("0"))
        store.entries()
    monkeypatch.undo()
    assert not [name for name in _listed(store) if name.startswith(".")]  # nothing half-written


def _listed(store):
    return os.listdir(store.directory) if os.path.isdir(store.directory) else []


def test_the_longest_unused_go_first(tmp_path):
    store = DiskCache(str(tmp_path / "cache"), limit=20_000)
    old, *rest = names(30)
    store.write(old, bytes(1000))
    for i, name in enumerate(rest):
        store.write(name, bytes(1000))
        os.utime(store._path(name), (1000.0 + i, 1000.0 + i))
    os.utime(store._path(old), (999.0, 999.0))
    assert store.read(old) is not None  # used: now it is the newest
    store._shrink()
    sizes = [size for _, size, _ in store.entries()]
    assert 15_000 < sum(sizes) <= 18_000
    kept = [name for name in rest if store.read(name) is not None]
    assert kept == rest[-len(kept) :]
    assert store.read(old) is not None


def test_so_do_the_longest_unused_of_too_many(tmp_path):
    store = DiskCache(str(tmp_path / "cache"), most=10)
    for i, name in enumerate(names(12)):
        store.write(name, b"one")
        os.utime(store._path(name), (1000.0 + i, 1000.0 + i))
    store._shrink()
    assert [store.read(name) is not None for name in names(12)] == [False] * 3 + [True] * 9


def test_writing_keeps_the_size_bounded(tmp_path):
    store = DiskCache(str(tmp_path / "cache"), limit=50_000)
    for i in range(1000):
        store.write(key(str(i)), bytes(900))
    # The size is looked at in one write of 32, here at the latest after 200.
    assert sum(size for _, size, _ in store.entries()) < 50_000 + 200 * 1000


def test_what_an_interrupted_writer_left_goes(store):
    store.write(names(1)[0], b"one")
    left = os.path.join(store.directory, f".{key('b')}.123.0")
    foreign = os.path.join(store.directory, "thesis.txt")
    for path in (left, foreign):
        with open(path, "w"):
            pass
        os.utime(path, (time.time() - 7200, time.time() - 7200))
    store._shrink()
    assert not os.path.exists(left)
    assert os.path.exists(foreign)


def test_clear_removes_entries_only(store):
    for i in range(5):
        store.write(key(str(i)), b"one")
    foreign = os.path.join(store.directory, "thesis.txt")
    with open(foreign, "w"):
        pass
    assert store.clear() == 5
    assert os.listdir(store.directory) == ["thesis.txt"]
    assert store.clear() == 0


def test_processes_share_it(store):
    """Four processes write and read the same keys, with long contents, while one clears."""
    program = f"""
import sys
from chainrule.engine.compile.cache import DiskCache, key
store = DiskCache({store.directory!r}, limit=3_000_000)
read = 0
for turn in range(40):
    for i in range(8):
        content = str(i).encode() * 50_000
        found = store.read(key(str(i)))
        assert found in (None, content)
        read += found is not None
        store.write(key(str(i)), content)
    if sys.argv[1] == "0" and turn % 10 == 9:
        store.clear()
print(read)
"""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(i)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in range(4)
    ]
    results = [process.communicate() for process in running]
    assert [error for _, error in results] == [""] * 4
    assert sum(int(read) for read, _ in results) > 400


def test_where_it_lies(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("CHAINRULE_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/to/be/ignored")
    assert cache.default_directory() == f"{tmp_path}/.cache/chainrule"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache.default_directory() == f"{tmp_path}/Library/Caches/chainrule"
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert cache.default_directory() == "/caches/chainrule"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert cache.default_directory() == os.path.join("/local", "chainrule", "cache")
    monkeypatch.delenv("LOCALAPPDATA")
    assert cache.default_directory() is None
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "/mine")
    assert cache.default_directory() == os.path.abspath("/mine")


class TestCommand:
    """chainrule cache info, chainrule cache clear."""

    @pytest.fixture(autouse=True)
    def directory(self, store, monkeypatch):
        monkeypatch.setenv("CHAINRULE_CACHE_DIR", store.directory)
        monkeypatch.setenv("COLUMNS", "80")
        store.write(names(1)[0], bytes(1_000_000))
        with chainrule.config(cache=True):
            yield store.directory

    def run(self, *arguments):
        result = CliRunner().invoke(app, ["cache", *arguments])
        assert result.exit_code == 0, result.output
        return result.output

    def test_info(self, directory):
        output = self.run("info")
        assert directory in output.replace("\n", "").replace(" ", "")
        assert "1.0 MB of at most 256 MB" in output
        assert max(map(len, output.splitlines())) <= 80

    def test_info_for_programs(self, directory):
        found = json.loads(self.run("info", "--json"))
        assert (found["directory"], found["entries"], found["why_not"]) == (directory, 1, None)
        assert 1_000_000 < found["bytes"] < 1_000_100

    @posix
    def test_info_says_why_it_is_not_used(self, directory):
        os.chmod(directory, 0o777)
        assert "can be written by others" in " ".join(self.run("info").split())

    def test_clear(self):
        assert self.run("clear").startswith("1 entry removed")
        assert self.run("clear").startswith("0 entries removed")
        assert json.loads(self.run("info", "--json"))["entries"] == 0
