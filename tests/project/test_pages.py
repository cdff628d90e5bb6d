"""Every example of the README and of the documentation runs, and prints what it says."""

import doctest
import re
from pathlib import Path

import pytest

import chainrule

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(?:python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(page):
    """The examples of a page as one doctest: later ones may use the names of earlier ones."""
    text = page.read_text(encoding="utf-8")
    parser = doctest.DocTestParser()
    found = []
    for block in FENCE.finditer(text):
        first = text[: block.start(1)].count("\n")
        for example in parser.get_examples(block[1], page.name):
            example.lineno += first
            found.append(example)
    return doctest.DocTest(found, {"__name__": page.stem}, page.name, str(page), 0, text)


def with_examples():
    pages = (page for page in PAGES if page.is_file() and "generated" not in page.parts)
    return [page for page in pages if examples(page).examples]


@pytest.mark.parametrize("page", with_examples(), ids=lambda page: page.name)
def test_examples_of_the_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some save pictures
    if page.name == "compiled.md" and chainrule.config.why_not is not None:
        pytest.skip(f"nothing is compiled: {chainrule.config.why_not}")
    test = examples(page)
    report = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.append)
    assert result.attempted == len(test.examples)
    assert not result.failed, "".join(report)


def test_code_of_pages_has_prompts():
    """A Python block without `>>>` would be shown, but never run."""
    silent = [
        f"{page.name}: {block[1].splitlines()[0]}"
        for page in PAGES
        if page.is_file()
        for block in FENCE.finditer(page.read_text(encoding="utf-8"))
        if ">>>" not in block[1]
    ]
    assert not silent
