"""The page of the documentation says what the code does."""

import re
from pathlib import Path

from chainrule.explain.diagnosis import CHECKS

from .corpus.broken import BROKEN
from .corpus.healthy import HEALTHY

PAGE = Path(__file__).parents[3] / "docs" / "see" / "diagnose.md"


def test_the_table_is_that_of_the_checks():
    text = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(check.id, check.title, check.bound) for check in CHECKS]


def test_the_size_of_the_corpus():
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"hold {len(BROKEN)} networks" in text
    assert f"and {len(HEALTHY)} healthy ones" in text
