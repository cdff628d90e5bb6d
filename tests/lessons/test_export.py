"""The lessons as pages and as Jupyter notebooks."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from chainrule.lessons import entries, exercises

pytest.importorskip("marimo", reason="lessons need marimo: pip install 'chainrule[lessons]'")
FILE = Path(__file__).parents[2] / "docs" / "_ext" / "lessons.py"


@pytest.fixture(scope="module")
def export():
    spec = importlib.util.spec_from_file_location("export_lessons", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["export_lessons"] = module  # dataclasses look for it
    spec.loader.exec_module(module)
    return module


def test_an_exported_notebook_runs_from_top_to_bottom_without_marimo_around_it(export):
    entry = entries()[0]
    cells = export.run(entry.path)
    exported = json.loads(json.dumps(export.notebook(cells)))
    assert exported["cells"][1]["source"].startswith("import marimo")
    assert len({cell["id"] for cell in exported["cells"]}) == len(exported["cells"])
    space = {}
    for cell in exported["cells"]:
        if cell["cell_type"] == "code":
            exec(cell["source"], space)
    assert set(exercises(entry.name)) <= set(space)


def test_a_page_has_the_prose_the_code_and_the_pictures(export):
    entry = entries()[0]
    page = export.page(entry.name, export.run(entry.path))
    assert page.startswith("# 1 · A line and its loss")
    assert page.count("<svg") >= 4
    assert page.count("cr-card open") == len(exercises(entry.name))
    assert "def mse(prediction, target):" in page
    assert "lesson.check" not in page
    assert "to move: slope w, intercept b" in page


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_every_cell_of_every_lesson_is_read(export, entry):
    source = entry.path.read_text(encoding="utf-8")
    cells = list(export.read(source))
    assert len(cells) == 1 + source.count("\n@app.")
    assert all(cell.prose or cell.code for cell in cells)
    assert sum("lesson.check(" in cell.code for cell in cells) == len(exercises(entry.name))
