"""Pictures for the documentation: of the lab's pages, and of a report about a table.

    .venv/bin/python scripts/take_screenshots.py [report | page ...]

The pages are written to docs/images/lab-<page>-<light|dark>.png, light on a desk and dark on a
tablet, the top of the report to docs/images/report-light.png; with 256 colours, to be small.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
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
    """Take the pictures that are named, or all."""
    names = sys.argv[1:] or ["report", *PAGES]
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with Lab().start() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        if "report" in names:
            take_report(browser)
        for look in LOOKS:
            for name in names:
                if name != "report":
                    take(browser, lab.url, name, look)
        browser.close()


def take_report(browser: Any) -> None:
    """The top of the report about scikit-learn's breast cancer table."""
    from sklearn.datasets import load_breast_cancer

    from chainrule import report
    from chainrule.tabular import Settings, train_table

    data = load_breast_cancer(as_frame=True)
    frame = data.data.assign(tumour=data.target.map({0: "malignant", 1: "benign"}))
    with tempfile.TemporaryDirectory() as folder:
        table, page = Path(folder) / "tumours.csv", Path(folder) / "report.html"
        frame.to_csv(table, index=False)
        settings = Settings(data=str(table), target="tumour")
        report.write(train_table(settings, command="chainrule train tumours.csv"), page)
        tab = browser.new_page(viewport={"width": 1280, "height": 1500}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.wait_for_timeout(300)
        keep(tab.screenshot(), "report-light.png")


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
    keep(page.screenshot(), f"lab-{name}-{look}.png")
    context.close()


def keep(screenshot: bytes, name: str) -> None:
    """Write a picture."""
    target = IMAGES / name
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    picture.quantize(256).save(target, optimize=True)
    print(f"{target}: {target.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
