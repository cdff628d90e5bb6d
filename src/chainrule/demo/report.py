"""The report: one HTML file that needs nothing else."""

from __future__ import annotations

import importlib
import inspect
import platform
import re
import textwrap
from collections.abc import Sequence
from html import escape
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from ..files import write_whole
from .checks import Check
from .runner import EXPERIMENTS, Finished

TOLD = ("numpy", "matplotlib", "scikit-learn")


def write_report(finished: Sequence[Finished], seconds: float, path: Path) -> None:
    """Write the page, whole or not at all."""
    write_whole(page(finished, seconds).encode("utf-8"), path)


def page(finished: Sequence[Finished], seconds: float) -> str:
    """The HTML text of the report."""
    checks = [check for each in finished for check in each.outcome.checks]
    passed = sum(check.passed for check in checks)
    sections = [_section(each) for each in finished]
    template = resources.files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    parts = {
        "VERDICT": f"{passed} of {len(checks)} checks passed",
        "VERDICT_CLASS": "good" if passed == len(checks) else "bad",
        "SECONDS": f"{seconds:.0f}",
        "VERSIONS": escape(_versions()),
        "NAVIGATION": "".join(_link(each) for each in finished),
        "NOTES": "".join(_note(each.outcome.note) for each in finished),
        "TABLE": _table(finished),
        "SECTIONS": "\n".join(sections),
    }
    return re.sub(r"@([A-Z_]+)@", lambda match: parts[match[1]], template)


def _versions() -> str:
    names = ", ".join(f"{name} {version(name)}" for name in TOLD)
    return f"Chainrule {version('chainrule')}, Python {platform.python_version()}, {names}"


def _link(each: Finished) -> str:
    return f'<a href="#{each.name}">{each.number} {escape(each.module.TITLE)}</a>'


def _note(note: str) -> str:
    if not note:
        return ""
    first, *rest = [escape(line) for line in note.splitlines()]
    return f'<div class="note"><strong>{first}</strong><br>{"<br>".join(rest)}</div>'


def _table(finished: Sequence[Finished]) -> str:
    rows = []
    for each in finished:
        count = len(each.outcome.checks)
        title = escape(f"{each.number} {each.module.TITLE}")
        time = f"<small>{each.seconds:.1f} s</small>"
        head = f'<th rowspan="{count}" scope="rowgroup">{title}{time}</th>'
        for index, check in enumerate(each.outcome.checks):
            rows.append(f"<tr>{head if index == 0 else ''}{_cells(check)}</tr>")
    columns = ("experiment", "what", "result", "reference", "")
    top = "".join(f"<th>{name}</th>" for name in columns)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cells(check: Check) -> str:
    mark = '<td class="pass">✓ passed</td>' if check.passed else '<td class="fail">✗ failed</td>'
    values = [f'<td class="number">{escape(v)}</td>' for v in (check.result, check.reference)]
    return f"<td>{escape(check.what)}</td>{''.join(values)}{mark}"


def _section(each: Finished) -> str:
    drawn = importlib.import_module(f"{__package__}.figures.{each.name}")
    from .figures.style import styled

    with styled():
        panels = drawn.figures(each.outcome.found)
    figures = "\n".join(
        f"<figure>{panel.html}<figcaption>{escape(panel.caption)}</figcaption></figure>"
        for panel in panels
    )
    code = "\n\n".join(inspect.getsource(function).rstrip() for function in drawn.EXCERPT)
    return (
        f'<section id="{each.name}"><h2><span>{each.number}</span> {escape(each.module.TITLE)}</h2>'
        f"{_story(each)}<details open><summary>The code</summary>{_highlighted(code)}</details>"
        f"{figures}</section>"
    )


def _story(each: Finished) -> str:
    """The module's docstring as paragraphs."""
    text = inspect.cleandoc(each.module.__doc__ or "")
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    marked = [re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(part)) for part in paragraphs]
    return "".join(f"<p>{part}</p>" for part in marked)


def _highlighted(code: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return highlight(
        textwrap.dedent(code), PythonLexer(), HtmlFormatter(noclasses=True, style="xcode")
    )


def write_picture(finished: Sequence[Finished], path: Path) -> None:
    """One picture of all experiments, as in the README; PNG, SVG or PDF by its ending."""
    import io

    from matplotlib.figure import Figure

    from .figures.style import styled

    if [each.name for each in finished] != list(EXPERIMENTS):
        raise ValueError("the picture shows all five experiments: run all of them")
    content = io.BytesIO()
    with styled():
        figure = Figure(figsize=(16, 3.6), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12)
        for each, axis in zip(finished, figure.subplots(1, 5), strict=True):
            drawn = importlib.import_module(f"{__package__}.figures.{each.name}")
            drawn.overview(axis, each.outcome.found)
            axis.set_title(f"{each.number} {each.module.TITLE}")
        figure.savefig(content, format=path.suffix.removeprefix(".") or "png", dpi=130)
    write_whole(content.getvalue(), path)
