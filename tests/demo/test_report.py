"""The report: complete, one file, and never half written."""

import html.parser
import re

import pytest

from chainrule.demo import EXPERIMENTS
from chainrule.demo.checks import Check, Outcome
from chainrule.demo.report import page, write_picture, write_report
from chainrule.demo.runner import Finished


class Reader(html.parser.HTMLParser):
    """Collects what a browser would fetch, and which elements were left open."""

    def __init__(self, text):
        super().__init__()
        self.fetched, self.open, self.ids, self.images = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.fetched += [v for k, v in attributes if k in ("src", "data", "xlink:href")]
        if tag == "img":
            self.images.append(given)
        if tag not in ("img", "meta", "br", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def text(finished):
    return page(finished, 12.3)


def test_it_is_one_file_that_fetches_nothing(text):
    reader = Reader(text)
    assert reader.fetched and all(part.startswith("data:image/") for part in reader.fetched)
    assert not re.search(r"@import|url\(\s*['\"]?https?:|<script|<link", text)
    assert reader.open == []


def test_it_has_every_experiment_every_check_and_a_text_for_every_image(text, finished):
    reader = Reader(text)
    assert set(EXPERIMENTS) <= set(reader.ids)
    assert text.count("✓ passed") == sum(len(each.outcome.checks) for each in finished)
    assert all(image["alt"] for image in reader.images)
    for part in (
        "backprop_by_hand",
        "Universal approximation",
        "numpy",
        "12 s",
        "the graph of the loss",
    ):
        assert part in text
    assert not re.search(r"@[A-Z_]+@", text)


def test_ids_of_svg_parts_do_not_clash(text):
    references = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", text))
    ids = Reader(text).ids
    assert references
    assert all(ids.count(name) == 1 for name in references)


def test_a_stand_in_is_said_plainly(finished):
    molecules = finished[-1]
    note = "Breast cancer stands in for the molecules, as <they> cannot be had:\n  - no network"
    outcome = Outcome(molecules.outcome.found, molecules.outcome.checks, note)
    each = Finished("molecules", molecules.module, outcome, 1.0)
    assert "Breast cancer stands in for the molecules, as &lt;they&gt; cannot" in page([each], 1.0)


def test_a_failed_check_is_shown_as_failed(finished):
    first = finished[0]
    outcome = Outcome(first.outcome.found, [Check("w", "1", "2", False)])
    text = page([Finished("line", first.module, outcome, 1.0)], 1.0)
    assert "0 of 1 checks passed" in text and "✗ failed" in text


def test_an_interrupted_report_leaves_the_old_one(finished, tmp_path, monkeypatch):
    path = tmp_path / "new" / "index.html"
    write_report(finished[:1], 1.0, path)
    old = path.read_bytes()

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.files.os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_report(finished[:1], 2.0, path)
    assert path.read_bytes() == old
    assert [p.name for p in path.parent.iterdir()] == ["index.html"]


@pytest.mark.parametrize(("name", "start"), [("five.png", b"\x89PNG"), ("five.svg", b"<?xml")])
def test_the_picture_of_all_five(finished, tmp_path, name, start):
    write_picture(finished, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_the_picture_needs_all_five(finished, tmp_path):
    with pytest.raises(ValueError, match="all five"):
        write_picture(finished[:2], tmp_path / "x.png")
