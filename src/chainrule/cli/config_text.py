"""``--print-config``: settings as TOML, with the defaults as comments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import options, running, terminal


def show_config(
    data: list[str] | None, config: Path | None, given: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Print what a run would be told; without a target, as a form to fill in."""
    changes = options.settings_of(given, running.ROWS)
    if config is None and (not data or "target" not in changes):
        values = {**changes, **more} | ({"data": data} if data else {})
    else:
        values = running.settings_of(data, config, given, **more).to_dict()
    terminal.say(text_of(values).rstrip())
    return values


def text_of(values: Mapping[str, Any]) -> str:
    """The TOML text."""
    from dataclasses import fields

    from ..tabular import Recipe, Settings
    from ..tabular.settings import Tuning

    defaults = {"data": None, "target": None} | _defaults(Settings)
    sections = {name: defaults.pop(name) for name in ("recipe", "tune", "types")}
    lines = _lines({name: v for name, v in values.items() if name not in sections}, defaults)
    recipe = {field.name: field.default for field in fields(Recipe)}
    for name, known in (("types", {}), ("recipe", recipe), ("tune", _defaults(Tuning))):
        found = values.get(name)
        header = f"[{name}]" if found is not None else f"# [{name}]"
        lines += ["", header, *_lines(found or {}, known)]
    return "\n".join(lines) + "\n"


def _defaults(model: Any) -> dict[str, Any]:
    """The defaults of a pydantic model."""
    found = {name: field.get_default(call_default_factory=True) for name, field in _optional(model)}
    return found


def _optional(model: Any) -> list[tuple[str, Any]]:
    return [(name, field) for name, field in model.model_fields.items() if not field.is_required()]


def _lines(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    names = [*defaults, *(name for name in values if name not in defaults)]
    lines = []
    for name in names:
        key = name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)
        if name in values:
            lines.append(f"{key} = {_text(values[name])}")
        else:
            default = defaults[name]
            lines.append(f"# {key} =" if default is None else f"# {key} = {_text(default)}")
    return lines


def _text(value: Any) -> str:
    """A value as TOML writes it: JSON, where numbers, texts, lists and truth are concerned."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
