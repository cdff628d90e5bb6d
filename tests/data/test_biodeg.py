"""The loader of the molecules: where it looks, and what it does with a file that is not the one."""

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule import data
from chainrule.data import biodeg, download

ROWS = [f"{i}.5;" + ";".join(["0"] * 40) + (";RB" if i % 3 == 0 else ";NRB") for i in range(9)]
CONTENT = ("\r\n".join(ROWS) + "\r\n").encode("ascii")


@pytest.fixture(autouse=True)
def a_small_published_file(monkeypatch, tmp_path):
    """The published file is a small one of ours; the cache is empty; nobody asks the network."""
    text = CONTENT.replace(b"\r\n", b"\n").strip()
    monkeypatch.setattr(biodeg, "SHA256", hashlib.sha256(text).hexdigest())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CHAINRULE_DATA", raising=False)
    monkeypatch.setattr(download, "fetch", unreachable)


def unreachable(address, member):
    raise OSError("unreachable")


def folder_with(monkeypatch, tmp_path, content):
    (tmp_path / "biodeg.csv").write_bytes(content)
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))


@pytest.mark.parametrize(
    "content",
    [CONTENT, CONTENT.replace(b"\r\n", b"\n"), CONTENT.rstrip()],
    ids=["CRLF", "LF", "end"],
)
def test_a_local_folder_is_used_whatever_its_line_endings(monkeypatch, tmp_path, content):
    folder_with(monkeypatch, tmp_path, content)
    table = data.load_biodeg()
    assert table.x.shape == (9, 41)
    np.testing.assert_array_equal(table.x[:, 0], np.arange(9) + 0.5)
    np.testing.assert_array_equal(table.y, [1, 0, 0] * 3)
    assert len(set(table.features)) == 41
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (CONTENT[: len(CONTENT) // 2], "not the published file"),
        (CONTENT.replace(b"1.5", b"1.6"), "not the published file"),
        (b"", "not the published file: 0 bytes"),
        (b"\xff\xfe<html>", "not the published file"),
    ],
    ids=["truncated", "one digit", "empty", "no text"],
)
def test_a_wrong_local_file_is_refused_and_named(monkeypatch, tmp_path, content, reason):
    folder_with(monkeypatch, tmp_path, content)
    with pytest.raises(data.DataError) as error:
        data.load_biodeg(download=False)
    assert reason in str(error.value)
    assert str(tmp_path / "biodeg.csv") in str(error.value)


def test_the_error_names_every_place_and_the_remedy():
    with pytest.raises(data.DataError) as error:
        data.load_biodeg()
    message = str(error.value)
    for part in (
        "CHAINRULE_DATA",
        "cache",
        "uci.edu: unreachable",
        biodeg.SOURCES[0],
        "put biodeg.csv",
    ):
        assert part in message


def test_a_folder_in_place_of_the_file_is_an_error_not_a_crash(monkeypatch, tmp_path):
    (tmp_path / "biodeg.csv").mkdir()
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    with pytest.raises(data.DataError, match=r"cannot be read|there is no"):
        data.load_biodeg(download=False)


def test_a_download_is_kept_and_found_again(monkeypatch):
    asked = []

    def answer(address, member):
        asked.append(address)
        return CONTENT

    monkeypatch.setattr(download, "fetch", answer)
    first = data.load_biodeg()
    count = len(asked)
    assert count >= 1
    second = data.load_biodeg()
    assert len(asked) == count
    np.testing.assert_array_equal(first.x, second.x)
    assert os.listdir(biodeg.cache_folder()) == ["biodeg.csv"]


def test_a_broken_cache_is_replaced_by_a_download(monkeypatch):
    kept = biodeg.cache_folder() / "biodeg.csv"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(CONTENT[:50])
    monkeypatch.setattr(download, "fetch", lambda address, member: CONTENT)
    assert data.load_biodeg().x.shape == (9, 41)
    assert kept.read_bytes() == CONTENT


def test_a_wrong_download_is_refused_and_not_kept(monkeypatch):
    monkeypatch.setattr(download, "fetch", lambda address, member: b"<html>moved</html>")
    with pytest.raises(data.DataError, match="not the published file"):
        data.load_biodeg()
    assert not biodeg.cache_folder().exists()


def test_a_cache_that_cannot_be_written_is_no_error(monkeypatch, tmp_path):
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file, not a folder")
    monkeypatch.setattr(download, "fetch", lambda address, member: CONTENT)
    assert data.load_biodeg().x.shape == (9, 41)


def test_without_the_molecules_breast_cancer_stands_in_and_says_so():
    table = data.load_molecules()
    assert table.name == "breast cancer"
    assert table.x.shape == (569, 30)
    assert table.note.startswith("Breast cancer stands in")
    assert "CHAINRULE_DATA" in table.note


def test_with_the_molecules_there_is_no_note(monkeypatch, tmp_path):
    folder_with(monkeypatch, tmp_path, CONTENT)
    table = data.load_molecules()
    assert table.name == "QSAR biodegradation"
    assert table.note == ""


def test_a_silent_network_costs_less_than_ten_seconds(monkeypatch):
    assert download.DEADLINE < 10
    monkeypatch.setattr(download, "fetch", lambda address, member: time.sleep(1))
    start = time.monotonic()
    with pytest.raises(download.CannotDownload, match="no answer"):
        download.download_first(["https://a", "https://b"], "f", accept=bytes, wait=0.2)
    assert time.monotonic() - start < 0.9


REAL = Path(os.environ.get("CHAINRULE_DATA", "")) / "biodeg.csv"


@pytest.mark.skipif(not REAL.is_file(), reason="CHAINRULE_DATA names no folder with biodeg.csv")
def test_the_real_file(monkeypatch):
    monkeypatch.undo()
    table = data.load_biodeg(download=False)
    assert table.x.shape == (1055, 41)
    assert table.y.sum() == 356
    assert np.isfinite(table.x).all()
