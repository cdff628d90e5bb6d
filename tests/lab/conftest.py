"""A lab and a browser for the tests of pages; what tests do with a page is in help.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.help import strangers, token_cookie

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def lab() -> Iterator[str]:
    """A lab in a process of its own; its address, with the token."""
    command = [sys.executable, "-m", "chainrule", "lab", "--no-browser"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            yield line.removeprefix("The lab: ").strip()
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window; where there is none the test is skipped, in CI it fails."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing = "no Chromium was found: apt-get install chromium"
        if os.environ.get("CHAINRULE_BROWSER") == "required":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, lab: str) -> Iterator[Any]:
    """A page of the lab: ``goto(page, "line")`` opens one. Errors and strangers fail the test."""
    yield from watched_page(browser, lab)


def watched_page(browser: Any, address: str, **options: Any) -> Iterator[Any]:
    """A page in a context of its own that has the token; what went wrong fails the test."""
    settings = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | options
    context = browser.new_context(**settings)
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.extend(strangers(request.url)))
    page.lab = address
    page.wrong = wrong
    context.add_cookies([token_cookie(address)])
    yield page
    context.close()
    assert wrong == []
