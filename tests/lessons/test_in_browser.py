"""A learner's way through a lesson, in a real browser."""

import os
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainrule.cli.lessons import command
from chainrule.lessons import copy_to, exercises
from chainrule.lessons.progress import Progress
from tests.lab.conftest import BROWSERS, FLAGS

pytest.importorskip("marimo", reason="lessons need marimo: pip install 'chainrule[lessons]'")
playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install it")


@pytest.fixture
def served(tmp_path):
    """A folder of lessons, and the address that marimo prints for it."""
    copy_to(tmp_path)
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            command(tmp_path, browser=False, port=None), cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        yield tmp_path, address(log, process)
    finally:
        process.terminate()
        process.wait(10)


def address(log, process):
    for _ in range(200):
        found = re.search(r"http://\S+access_token=\S+", log.read_text(encoding="utf-8"))
        if found:
            return found[0]
        assert process.poll() is None, log.read_text(encoding="utf-8")
        time.sleep(0.1)
    raise AssertionError("marimo printed no address")


def test_without_the_token_nothing_is_served(served):
    _, url = served
    base = url.partition("?")[0].rstrip("/")
    assert status(f"{base}/api/status") == 401
    assert status(f"{base}/api/status?{url.partition('?')[2]}") == 200


def status(url):
    """The status of the answer; the server prints its address a moment before it listens."""
    for _ in range(100):
        try:
            return urllib.request.urlopen(url).status
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


def test_a_learner_moves_a_slider_writes_an_answer_and_sees_it_checked(served):
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None and os.environ.get("CHAINRULE_BROWSER") != "required":
        pytest.skip("no Chromium was found: apt-get install chromium")
    folder, url = served
    # A thread of its own: Playwright runs once a thread, and other tests have theirs open.
    with ThreadPoolExecutor(1) as thread:
        wrong = thread.submit(first_lesson, path, url).result()
    assert wrong == []
    assert Progress(folder).solved("01_line") == ["mse"]


def first_lesson(path, url):
    """Go through the beginning of lesson 1; errors of the console and requests to elsewhere."""
    wrong = []
    with playwright.sync_playwright() as starter:
        browser = starter.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: None if is_local(r.url) else wrong.append(r.url))
        page.goto(url.replace("?", "?file=01_line.py&"))
        card = page.locator(".cr-card", has_text="mse").first
        card.wait_for(state="attached", timeout=120_000)
        assert "open" in card.get_attribute("class")

        slider = page.get_by_role("slider").first
        slider.scroll_into_view_if_needed()
        slider.press("ArrowRight")
        page.get_by_text("loss 13.621").first.wait_for(timeout=120_000)

        answer(page, "def mse(prediction, target):\n    return np.mean(prediction - target)")
        page.locator(".cr-card.failed", has_text="mse").wait_for(timeout=120_000)
        answer(page, exercises("01_line")["mse"].solution)
        page.locator(".cr-card.passed", has_text="mse").wait_for(timeout=120_000)
        browser.close()
    return wrong


def is_local(url):
    return re.match(r"(http|ws)://(localhost|127\.0\.0\.1)[:/]|data:|blob:", url)


def answer(page, source):
    """Replace the text of the cell that defines mse, and run it."""
    editor = page.locator(".cm-content", has_text="def mse(").first
    editor.scroll_into_view_if_needed()
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("ControlOrMeta+Enter")
