"""How to get the same numbers again, and how to use the model."""

from __future__ import annotations

from html import escape

from ..extras import require
from ..tabular.outcome import Outcome
from .html import Raw, Section, definitions, details

USE = """chainrule predict {model} new.csv
chainrule export {model} --to onnx"""
PYTHON = """from chainrule.tabular import TableModel

model = TableModel.load("{model}")
model.predict("new.csv")"""


def reproduce(outcome: Outcome) -> Section:
    """The command, the data's hash, seed, versions, machine, times and settings."""
    record = outcome.record
    folder = outcome.settings.output
    model = "model.chainrule" if folder is None else f"{folder.rstrip('/')}/model.chainrule"
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    machine = record["machine"]
    rows: list[tuple[str, object]] = [
        *[(f"data {at}", Raw(_file(each))) for at, each in enumerate(record["data"], 1)],
        ("seed", str(outcome.settings.seed)),
        ("versions", versions),
        ("machine", f"{machine['processor']}, {machine['cores']} cores; {machine['system']}"),
        ("began", record["began"]),
        ("took", f"{record['seconds']:.1f} s: {_stages(outcome)}"),
    ]
    if len(record["data"]) == 1:
        rows[0] = ("data", rows[0][1])
    settings = require("tomli_w", "tables").dumps(outcome.settings.to_dict())
    content = (
        f"<p>The same data, seed and versions give the same numbers, bit for bit, on the same kind "
        f"of processor.</p><pre>{escape(record['command'])}</pre>{definitions(rows)}"
        f"{details('The settings, as TOML', f'<pre>{escape(settings)}</pre>')}"
        f"<h3>To use the model</h3><pre>{escape(USE.format(model=model))}</pre>"
        f"<pre>{escape(PYTHON.format(model=model))}</pre>"
    )
    return Section("reproduce", "To reproduce and to use", content)


def _file(each: dict) -> str:
    size = f"{each['bytes']:,} bytes" if "bytes" in each else f"{each['rows']:,} rows"
    name = escape(each["file"])
    return f'{name} ({size})<br><code class="muted">sha256 {escape(each["sha256"])}</code>'


def _stages(outcome: Outcome) -> str:
    return ", ".join(f"{name} {seconds:.2g} s" for name, seconds in outcome.seconds.items())
