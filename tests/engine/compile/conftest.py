"""The compiler's own tests compile, even where CHAINRULE_COMPILE turns it off for all others."""

import pytest

from chainrule import config


@pytest.fixture(autouse=True)
def compiling(monkeypatch):
    """As installed, in all threads and in processes of the test."""
    monkeypatch.delenv("CHAINRULE_COMPILE", raising=False)
    before = config.compile
    config.compile = "auto"
    yield
    config.compile = before
