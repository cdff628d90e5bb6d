"""``chainrule inspect``: what is in a table, a model file or a run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import models, options, terminal
from .errors import UsageError

if TYPE_CHECKING:
    from ..data.tables import Schema
    from ..tabular.summary import ColumnSummary

__all__ = ["EXAMPLES", "PANELS", "inspect"]

EXAMPLES = """
[bold]Examples:[/]
  chainrule inspect molecules.csv
  chainrule inspect molecules.csv --target toxic       what training would make of it
  chainrule inspect runs/molecules-1                   or a model file, of any kind
"""
PANELS = {
    "Table": [
        row
        for row in options.TABLE
        if row.key in ("target", "types", "ignore", "task", *(each.key for each in options.READING))
    ]
}
SIGNS = " ▁▂▃▄▅▆▇█"
MODELS = (".chainrule", ".safetensors")


def inspect(
    source: Annotated[
        list[str],
        typer.Argument(
            help="A table (files, or a pattern in quotes), a model file, or a run's folder.",
            metavar="SOURCE",
        ),
    ],
    most: Annotated[
        int, typer.Option("--most", help="How many columns are shown.", min=1, metavar="NUMBER")
    ] = 60,
    **given: Any,
) -> dict[str, Any]:
    """Show what is in a table or a model: columns, kinds, missing values, traps; or the network,
    its record and its metrics."""
    first = Path(source[0])
    if len(source) == 1 and (first.suffix in MODELS or first.is_dir()):
        return _model(models.model_file(first))
    return _table(source, most, given)


# -- a table -------------------------------------------------------------------------------------


def _table(source: list[str], most: int, given: dict[str, Any]) -> dict[str, Any]:
    from ..data.tables import examine, infer, read
    from ..tabular.summary import summarise

    asked = options.settings_of(given, PANELS["Table"])
    types = asked.get("types", {})
    reading = {row.key: asked[row.key] for row in options.READING if row.key in asked}
    frame = read(source[0] if len(source) == 1 else source, types=types, **reading)
    if "target" in asked:
        chosen = {key: asked[key] for key in ("types", "task") if key in asked}
        ignore = [_name(each, frame.columns) for each in asked.get("ignore", [])]
        schema = infer(frame, asked["target"], ignore=ignore, **chosen)
        findings = examine(frame, schema)
    else:
        schema, findings = _without_target(frame, types), []
    columns = summarise(frame, schema)
    facts = {"Rows": f"{len(frame):,}", "Columns": f"{len(frame.columns):,}"}
    if schema.targets:
        from .summary import task_of

        facts["Task"] = f"{', '.join(schema.targets)}: {task_of(schema)}"
    terminal.show(terminal.pairs(facts))
    _show_columns(columns, most, len(frame))
    if findings:
        from .summary import show_findings

        show_findings(findings)
    if not schema.targets:
        terminal.remark("With --target COLUMN: the task, and what is suspicious.", style="dim")
    return {
        "rows": len(frame),
        "task": schema.task if schema.targets else None,
        "targets": schema.targets,
        "classes": schema.classes,
        "columns": [vars(each) for each in columns],
        "findings": [vars(each) for each in findings],
    }


def _name(column: str, names: list[str]) -> str:
    from ..data.tables.schema import place_of

    place = place_of(column, names)
    return column if place is None else names[place]


def _without_target(frame: Any, types: dict[str, str]) -> Schema:
    """All columns as input: a target is not known."""
    from ..data.tables.inference import column_of
    from ..data.tables.schema import Schema

    kinds = tuple(column_of(frame[name], types.get(name)) for name in frame.columns)
    return Schema(kinds, (), "regression")


def _show_columns(columns: list[ColumnSummary], most: int, rows: int) -> None:
    table = terminal.table("column", "kind", "missing", "different", "values", right=(2, 3))
    for column in table.columns:
        column.no_wrap, column.overflow = True, "ellipsis"
    names = [len(each.name) for each in columns[:most]]
    table.columns[0].min_width = table.columns[0].max_width = min(24, max(6, *names, 6))
    table.columns[-1].ratio, table.expand = 1, True
    for each in columns[:most]:
        kind = f"[bold]{each.why}[/]" if each.why == "target" else each.kind
        missing = f"{each.missing:,}" if each.missing else ""
        table.add_row(
            terminal.literal(each.name), kind, missing, f"{each.different:,}", _values(each)
        )
    terminal.show(None, table)
    if len(columns) > most:
        terminal.say(f"and {len(columns) - most:,} more columns: --most {len(columns)}")


def _values(each: ColumnSummary) -> Any:
    """A histogram from the least to the largest, or the commonest values; or why it is left out."""
    from .summary import cell

    if each.kind == "ignore" and each.why not in ("", "asked"):
        return each.why
    if each.values:
        shown = ", ".join(each.values[:6])
        more = f" and {each.different - 6:,} more" if each.different > 6 else ""
        return terminal.literal(f"{shown}{more}")
    if not each.counts:
        return ""
    steps = [sum(each.counts[i : i + 2]) for i in range(0, len(each.counts), 2)]
    top = max(steps)
    bars = "".join(SIGNS[-(-8 * count // top)] for count in steps)
    return terminal.literal(f"{cell(each.low)} {bars} {cell(each.high)}")


# -- a model -------------------------------------------------------------------------------------


def _model(path: Path) -> dict[str, Any]:
    from ..export import describe
    from ..tabular.model import KIND

    if not path.exists():
        raise UsageError(f"there is no file {path}")
    found = describe(path)
    facts = {"File": f"{path}, {found['bytes']:,} bytes", "Kind": found["kind"] or "tensors only"}
    facts["Numbers"] = f"{found['numbers']:,} in {len(found['arrays'])} arrays"
    if found["kind"] == KIND:
        facts |= _table_facts(found)
    terminal.show(terminal.pairs(facts))
    table = terminal.table("array", "type")
    for name, what in found["arrays"].items():
        table.add_row(terminal.literal(name), terminal.literal(what))
    terminal.show(None, table)
    return found


def _table_facts(found: dict[str, Any]) -> dict[str, Any]:
    """What a model of a table says of itself; the file may lack anything."""
    header, record = found["header"], found["record"] or {}
    schema, network = header["schema"], header["learned"]["network"]
    sizes = [network["width"], *network["hidden"], network["outputs"]]
    metrics = record.get("test") or {}
    told = [f"{name} {each['value']:.3f}" for name, each in list(metrics.items())[:3]]
    files = [f"{each['file']} ({each['sha256'][:12]})" for each in record.get("data", [])]
    facts = {
        "Target": ", ".join(schema["targets"]),
        "Task": schema["task"],
        "Classes": ", ".join(schema["classes"]),
        "Columns": ", ".join(each["name"] for each in header["preparation"]["columns"]),
        "Network": " → ".join(map(str, sizes)),
        "Tested": ", ".join(told),
        "Data": ", ".join(files),
        "Command": record.get("command"),
        "Began": record.get("began"),
        "Versions": ", ".join(f"{name} {v}" for name, v in record.get("versions", {}).items()),
    }
    return {name: value for name, value in facts.items() if value}
