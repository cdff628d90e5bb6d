"""Pictures of the lab's pages for the documentation: light on a desk, dark on a tablet.

    .venv/bin/python scripts/take_screenshots.py [page ...]

They are written to docs/images/lab-<page>-<light|dark>.png, with 256 colours to keep them small.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from chainrule.lab import Lab
from chainrule.widgets import PAGES

IMAGES = Path("docs/images")
LOOKS = {"light": (1280, 800), "dark": (820, 1180)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
# What is pressed before the picture is taken, and for how long it then runs.
SCENES = {
    "line": (".cr-play", 700),
    "playground": (".cr-play", 6000),
    "chain": (".cr-play", 9000),
    "perceptron": (".cr-play", 5000),
    "molecules": (".cr-play", 2500),
}


def main() -> None:
    """Take the pictures of the pages that are named, or of all."""
    names = sys.argv[1:] or list(PAGES)
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with Lab().start() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for look in LOOKS:
            for name in names:
                take(browser, lab.url, name, look)
        browser.close()


def take(browser: Any, address: str, name: str, look: str) -> None:
    """One picture."""
    width, height = LOOKS[look]
    size = {"width": width, "height": height}
    context = browser.new_context(viewport=size, color_scheme=look)
    page = context.new_page()
    page.goto(f"{address}&page={name}")
    page.wait_for_selector(f'main[data-page="{name}"][aria-busy="false"]')
    if name in SCENES:
        button, milliseconds = SCENES[name]
        page.click(button)
        page.wait_for_timeout(milliseconds)
    page.wait_for_timeout(600)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    target = IMAGES / f"lab-{name}-{look}.png"
    picture.quantize(256).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size / 1e3:.0f} kB")
    context.close()


if __name__ == "__main__":
    main()
