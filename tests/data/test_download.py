"""What comes over the wire: addresses, archives, sizes."""

import io
import zipfile

import pytest

from chainrule.data import download


def archive(name, content=b"inside"):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return held.getvalue()


def serve(monkeypatch, content):
    monkeypatch.setattr(
        download.urllib.request, "urlopen", lambda request, timeout: io.BytesIO(content)
    )


@pytest.mark.parametrize("name", ["f.csv", "folder/f.csv"])
def test_a_zip_archive_is_opened(monkeypatch, name):
    serve(monkeypatch, archive(name))
    assert download.fetch("https://x/f.zip", "f.csv") == b"inside"


def test_what_is_no_archive_comes_as_it_is(monkeypatch):
    serve(monkeypatch, b"1;2")
    assert download.fetch("https://x/f.csv", "f.csv") == b"1;2"


@pytest.mark.parametrize(
    "content",
    [archive("other.csv"), archive("f.csv")[:60], b"PK\x03\x04 not really"],
    ids=["another file", "truncated", "no archive"],
)
def test_a_bad_archive_is_an_error_that_says_so(monkeypatch, content):
    serve(monkeypatch, content)
    with pytest.raises(download.CannotDownload, match=r"has no f\.csv"):
        download.fetch("https://x/f.zip", "f.csv")


def test_a_large_answer_is_refused(monkeypatch):
    monkeypatch.setattr(download, "LARGEST", 10)
    serve(monkeypatch, b"x" * 11)
    with pytest.raises(download.CannotDownload, match="more than 10 bytes"):
        download.fetch("https://x/f.csv", "f.csv")


@pytest.mark.parametrize("address", ["http://x/f.csv", "file:///etc/hostname", "ftp://x/f"])
def test_only_https_is_asked(address):
    with pytest.raises(download.CannotDownload, match="only https"):
        download.fetch(address, "f.csv")


def test_the_address_that_works_is_enough(monkeypatch):
    def fetch(address, member):
        if address == "https://bad":
            raise OSError("no route")
        return b"good"

    monkeypatch.setattr(download, "fetch", fetch)
    found = download.download_first(["https://bad", "https://good"], "f", accept=bytes)
    assert found == b"good"
