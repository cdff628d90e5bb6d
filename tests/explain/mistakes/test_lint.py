"""Lint finds what is broken in known ways, and nothing in what is sound."""

import pytest

import chainrule as cr

from .lint_broken import BROKEN
from .lint_sound import SOUND


@pytest.mark.parametrize("name", BROKEN)
def test_names_the_mistake_and_its_line(name):
    rule, piece, make = BROKEN[name]
    report = cr.lint(*make())
    assert report.ids == [rule]
    assert any(piece in mistake.line for mistake in report)
    assert all(mistake.fix and mistake.what for mistake in report)


@pytest.mark.parametrize("name", SOUND)
def test_says_nothing_of_what_is_sound(name):
    report = cr.lint(*SOUND[name]())
    assert report.ids == [], report
