"""The page: its parts in order, in the frame of ``page.html``."""

from __future__ import annotations

import re
from html import escape
from importlib import resources
from pathlib import Path

from ..files import write_whole
from ..tabular.outcome import Outcome
from . import data, judged, network, reasons, reproduce, training, words
from .html import Section

SECTIONS = (
    data.data,
    data.findings,
    judged.judged,
    reasons.reasons,
    training.training,
    network.network,
    reproduce.reproduce,
)


def write(outcome: Outcome, path: str | Path) -> None:
    """Write the report, whole or not at all."""
    write_whole(page(outcome), path)


def page(outcome: Outcome) -> str:
    """The HTML text of the report; whatever comes from the data is escaped."""
    sections = [section for make in SECTIONS if (section := make(outcome)) is not None]
    target = ", ".join(outcome.schema.targets)
    template = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    parts = {
        "TITLE": escape(f"{target}: report"),
        "HEADER": words.header(outcome),
        "NAVIGATION": "".join(_link(section) for section in sections),
        "SECTIONS": "\n".join(_as_html(section) for section in sections),
        "FOOTER": escape(words.footer(outcome)),
    }
    return re.sub(r"@([A-Z]+)@", lambda match: parts[match[1]], template)


def _link(section: Section) -> str:
    return f'<a href="#{section.name}">{escape(section.title)}</a>'


def _as_html(section: Section) -> str:
    head = f'<section id="{section.name}"><h2>{escape(section.title)}</h2>'
    return f"{head}\n{section.content}\n</section>"
