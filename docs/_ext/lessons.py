"""Writes the lessons as pages and as Jupyter notebooks, from the marimo notebooks, run here."""

import ast
import importlib.util
import inspect
import json
import re
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from chainrule.lessons import entries

NOTE = """\
```{{note}}
This is the lesson on paper. `chainrule lessons` opens it in your browser, where sliders move and
the exercises check what you write. As a Jupyter notebook: {{download}}`{name}.ipynb`.
```
"""
JUPYTER = (
    "*Made for marimo (`chainrule lessons`): there sliders move, and what you change runs again by "
    "itself. In Jupyter change `value=` in the code, and run all cells below.*"
)


@dataclass
class Cell:
    """A cell: prose or code, whether its code is folded, and what it shows."""

    prose: str = ""
    code: str = ""
    is_hidden: bool = False
    shows: str = ""  # HTML

    @property
    def controls(self):
        """Labels of the sliders and menus that it makes."""
        return re.findall(r'label="([^"]+)"', self.code) if "mo.ui." in self.code else []


def read(source):
    """The cells of a marimo notebook, in order."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.With):
            yield Cell(code=text_of(source, node.body))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            (decorator,) = node.decorator_list
            is_hidden = "hide_code=True" in ast.unparse(decorator)
            if "app.cell" not in ast.unparse(decorator):  # a function or a class by itself
                yield Cell(code=text_of(source, [node]), is_hidden=is_hidden)
                continue
            body = [each for each in node.body if not isinstance(each, ast.Return)]
            words = [each for each in body if is_prose(each)]
            prose = "\n\n".join(inspect.cleandoc(each.value.args[0].value) for each in words)
            rest = [each for each in body if each not in words]
            yield Cell(prose, text_of(source, rest), is_hidden)


def is_prose(statement):
    """Whether it is words alone; words with numbers in are what a cell shows."""
    call = getattr(statement, "value", None)
    is_words = isinstance(call, ast.Call) and ast.unparse(call.func) == "mo.md"
    return is_words and isinstance(call.args[0], ast.Constant)


def text_of(source, statements):
    if not statements:
        return ""
    lines = source.splitlines()[statements[0].lineno - 1 : statements[-1].end_lineno]
    return textwrap.dedent("\n".join(lines))


def run(path):
    """The cells with what they show."""
    import marimo

    cells = list(read(path.read_text(encoding="utf-8")))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # marimo looks there for functions and classes
    spec.loader.exec_module(module)
    outputs, _ = module.app.run()
    for cell, output in zip(cells[1:], outputs, strict=True):  # the first is the imports
        if not isinstance(output, marimo.Html):
            cell.shows = html_of(output)
        elif re.search(r"mo\.md\(\s*f", cell.code):
            cell.shows = output.text
    return cells


def html_of(output):
    for name in ("_repr_html_", "_repr_svg_"):
        if hasattr(output, name):
            return getattr(output, name)()
    return ""


def page(name, cells):
    """The lesson as Markdown for Sphinx."""
    parts = []
    for index, cell in enumerate(cells):
        if cell.prose:
            parts.append(cell.prose)
        if index == 1:
            parts.append(NOTE.format(name=name))
        if cell.code and not cell.is_hidden:
            parts.append(f"```{{code-block}} python\n{cell.code}\n```")
        if cell.controls:
            parts.append(f"*In the notebook, to move: {', '.join(cell.controls)}.*")
        if cell.shows:
            parts.append(f"```{{raw}} html\n{cell.shows}\n```")
    _, *rest = parts  # the imports go below the title
    return "\n\n".join([rest[0], rest[1], parts[0], *rest[2:]]) + "\n"


def notebook(cells):
    """The lesson for Jupyter: https://nbformat.readthedocs.io, version 4.5."""
    found = [markdown(JUPYTER)]
    for cell in cells:
        if cell.prose:
            found.append(markdown(cell.prose))
        if cell.code:
            found.append(code(cell))
    for index, each in enumerate(found):
        each["id"] = f"cell-{index}"
    language = {"language_info": {"name": "python"}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": language, "cells": found}


def markdown(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(cell):
    shown = {"output_type": "display_data", "data": {"text/html": cell.shows}, "metadata": {}}
    return {
        "cell_type": "code",
        "metadata": {"jupyter": {"source_hidden": cell.is_hidden}},
        "execution_count": None,
        "outputs": [shown] if cell.shows else [],
        "source": cell.code,
    }


def write(app):
    folder = Path(app.srcdir) / "generated" / "lessons"
    folder.mkdir(parents=True, exist_ok=True)
    names = {entry.name for entry in entries()}
    for old in folder.iterdir():
        if old.stem not in names:
            old.unlink()
    for entry in entries():
        cells = run(entry.path)
        files = {
            f"{entry.name}.md": page(entry.name, cells),
            f"{entry.name}.ipynb": json.dumps(notebook(cells), indent=1, ensure_ascii=False),
        }
        for name, text in files.items():
            path = folder / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")


def setup(app):
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
