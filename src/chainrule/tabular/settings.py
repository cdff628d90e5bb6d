"""What a training run is told: a TOML or JSON file, checked key by key."""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ..data.tables.schema import KINDS
from ..extras import require
from ..files import write_whole

if TYPE_CHECKING:
    import pydantic
else:
    pydantic = require("pydantic", "tables")

Task = Literal["classification", "binary", "multiclass", "multilabel", "regression"]
Name = str | int
NONE = "none"  # TOML has no null
Share = Annotated[float, pydantic.Field(gt=0, lt=1)]


class SettingsError(ValueError):
    """Settings that cannot be; the message has each key, its value and what is allowed."""

    def __init__(self, where: str, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(f"{where}: {each}" for each in self.problems))


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


class Tuning(_Strict):
    """How long to look for a better recipe, and for which metric."""

    trials: Annotated[int, pydantic.Field(ge=1)] = 30
    minutes: Annotated[float, pydantic.Field(gt=0)] | None = None
    streaming: bool | None = None
    folds: Annotated[int, pydantic.Field(ge=2)] | None = None
    metric: str | None = None


class Settings(_Strict):
    """All that ``train_table`` is told; what is not given has a default.

    Parameters
    ----------
    data
        A file, a pattern such as ``part-*.csv``, or a list of files: CSV, TSV or Parquet.
    target
        The column to predict, by name or place (−1 is the last); a list for several.
    test
        Files with the test part, in place of a share of the data.
    header, separator, decimal, encoding, missing
        How the text of the files is read; None: found out.
    types
        ``column -> "number" | "category" | "boolean" | "date" | "ignore"``, or the form of its
        dates such as ``"%d.%m.%Y"``, where the type found is wrong.
    ignore
        Columns to leave out.
    task
        ``"binary"``, ``"multiclass"``, ``"multilabel"`` or ``"regression"``; None: found out.
    test_fraction, validation_fraction
        The share of all rows that only judges the finished model; and, of the rest, the share
        on which training is stopped and probabilities are calibrated (None: as the recipe says,
        else none below 2,000 rows, and 0.1 from there on or with ``tune``).
    streaming
        Learn from the files piece by piece, in memory that does not grow with them; a sample of
        100,000 rows does the rest. None: where the files have more than 1 GB.
    folds
        From 2 on: cross-validation with so many folds on the rows outside the test part; 0: none.
        None: 5 where there is no validation part.
    seed
        From which every random choice follows.
    recipe
        The network and its training: fields of ``Recipe``; in TOML, ``"none"`` stands for None.
    tune
        ``trials``, ``minutes``, ``folds``, ``metric``: look for a better recipe first.
    output
        The run folder.

    Raises ``SettingsError`` with every key that is wrong.

    >>> Settings(data="molecules.csv", target="toxic").test_fraction
    0.2
    >>> Settings(data="molecules.csv", target="toxic", test_fracton=0.3)
    Traceback (most recent call last):
    ...
    chainrule.tabular.settings.SettingsError: settings: no key 'test_fracton' (0.3); did you mean
    'test_fraction'?
    """

    data: str | list[str] | None = None
    target: Name | list[Name]
    test: str | list[str] | None = None
    header: bool = True
    separator: str | None = None
    decimal: Literal[".", ","] | None = None
    encoding: str | None = None
    missing: list[str] | None = None
    types: dict[str, str] = pydantic.Field(default_factory=dict)
    ignore: list[Name] = pydantic.Field(default_factory=list)
    task: Task | None = None
    test_fraction: Share = 0.2
    validation_fraction: Share | None = None
    streaming: bool | None = None
    folds: Annotated[int, pydantic.Field(ge=0)] | None = None
    seed: Annotated[int, pydantic.Field(ge=0, lt=2**32)] = 0
    recipe: dict[str, Any] = pydantic.Field(default_factory=dict)
    tune: Tuning | None = None
    output: str | None = None

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**{key: _plain(value) for key, value in values.items()})
        except pydantic.ValidationError as error:
            raise SettingsError("settings", _problems(error.errors())) from None

    @pydantic.field_validator("recipe")
    @classmethod
    def _checked_recipe(cls, value: dict[str, Any]) -> dict[str, Any]:
        from .recipe import Recipe

        value = {name: None if each == NONE else each for name, each in value.items()}
        Recipe.from_dict(value)
        return value

    @pydantic.field_validator("types")
    @classmethod
    def _checked_types(cls, value: dict[str, str]) -> dict[str, str]:
        for column, kind in value.items():
            if kind not in KINDS and "%" not in kind:
                raise ValueError(f"{kind!r} for column {column!r} is none of {', '.join(KINDS)}")
        return value

    @pydantic.field_validator("folds")
    @classmethod
    def _checked_folds(cls, value: int | None) -> int | None:
        if value == 1:
            raise ValueError("0 (no cross-validation), or 2 and more")
        return value

    @classmethod
    def load(cls, path: str | Path, **changes: Any) -> Settings:
        """Settings from a TOML or JSON file; paths in it are relative to its folder.

        ``changes`` go before what the file says, in its tables key by key. Raises
        ``SettingsError`` that names the file.
        """
        path = Path(path)
        values = _parsed(path)
        for key in ("data", "test", "output"):
            values = _moved(values, key, lambda each: _joined(path.parent, each))
        try:
            return cls(**_merged(values, changes))
        except SettingsError as error:
            raise SettingsError(path.name, error.problems) from None

    def save(self, path: str | Path) -> None:
        """Write what differs from the defaults, as TOML (or JSON, by the path's ending)."""
        path = Path(path)
        values = self.to_dict()
        for key in ("data", "test", "output"):
            values = _moved(values, key, lambda each: _relative(each, path.parent))
        write_whole(_as_json(values) if path.suffix == ".json" else _as_toml(values), path)

    def to_dict(self) -> dict[str, Any]:
        """What differs from the defaults, ready for JSON or TOML."""
        values = self.model_dump(exclude_defaults=True)
        return {key: value for key, value in values.items() if value is not None}

    def changed(self, **changes: Any) -> Settings:
        """The same settings but for these.

        >>> Settings(data="a.csv", target=-1).changed(seed=3).seed
        3
        """
        return Settings(**{**self.to_dict(), **changes})

    @classmethod
    def schema_json(cls) -> str:  # type: ignore[override]
        """The JSON schema of a settings file, for editors.

        >>> "test_fraction" in Settings.schema_json()
        True
        """
        return _as_json(cls.model_json_schema())


# -- files -------------------------------------------------------------------------------------


def _parsed(path: Path) -> dict[str, Any]:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), [f"cannot be read: {error}"]) from None
    try:
        found = json.loads(content) if path.suffix == ".json" else tomllib.loads(content)
    except ValueError as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise SettingsError(path.name, [f"this is no {kind}: {error}"]) from None
    if not isinstance(found, dict):
        raise SettingsError(path.name, ['needs keys and values, such as "target": "toxic"'])
    return found


def _merged(values: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The values with changes, also within tables such as the recipe."""
    found = dict(values)
    for key, change in changes.items():
        both = isinstance(change, Mapping) and isinstance(values.get(key), Mapping)
        found[key] = {**values[key], **change} if both else change
    return found


def _as_json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _as_toml(values: Mapping[str, Any]) -> str:
    values = dict(values)
    if "recipe" in values:
        recipe = values["recipe"].items()
        values["recipe"] = {key: NONE if value is None else value for key, value in recipe}
    text: str = require("tomli_w", "tables").dumps(values)
    return text


def _moved(values: dict[str, Any], key: str, move: Any) -> dict[str, Any]:
    """The values with a function applied to the path, or to each of the paths, at a key."""
    found = values.get(key)
    if isinstance(found, str):
        return values | {key: move(found)}
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return values | {key: [move(each) for each in found]}
    return values


def _joined(folder: Path, path: str) -> str:
    """A path as seen from here; an absolute one stays."""
    return os.path.normpath(os.path.join(folder, path))


def _relative(path: str, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive of Windows
        return str(Path(path).resolve())


def _plain(value: Any) -> Any:
    """Paths as strings, tuples as lists, a Recipe as its fields: what files can hold."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.to_dict() if hasattr(value, "to_dict") else value


# -- errors ------------------------------------------------------------------------------------


def _problems(errors: Iterable[Any]) -> list[str]:
    """A line for each key: of a union, pydantic reports each branch."""
    found = {}
    for each in errors:
        place = [part for part in each["loc"] if part not in _BRANCHES]
        found.setdefault(_key(place), _line(each, place))
    return list(found.values())


def _key(place: list[Any]) -> tuple[Any, ...]:
    """The key, but the entry's number in a list, where branches of a union differ."""
    return tuple(part for part in place if isinstance(part, str))


def _line(error: Any, place: list[Any]) -> str:
    key = ".".join(map(str, place))
    value = error["input"]
    if error["type"] == "extra_forbidden":
        known = Tuning.model_fields if place[0] == "tune" else Settings.model_fields
        return f"no key {key!r} ({value!r}){_guess(str(place[-1]), known)}"
    if error["type"] == "missing":
        return f"{key!r} is missing: {_ALLOWED.get(key, 'it has no default')}"
    if error["type"] == "value_error" and place[0] == "recipe":
        return f"recipe: {error['ctx']['error']}"
    allowed = _ALLOWED.get(str(place[0]))
    if error["type"] == "value_error" and place[0] == "types":
        return f"types: {error['ctx']['error']}"
    if place[0] == "tune" or allowed is None:
        allowed = error["msg"].removeprefix("Value error, ")
        allowed = allowed[0].lower() + allowed[1:]
    return f"{key} = {value!r}: {allowed}"


def _guess(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


_BRANCHES = {"str", "int", "list[str]", "list[union[str,int]]"}
_SHARE = "a number above 0 and below 1"
_ALLOWED = {
    "data": "a path, a pattern, or a list of paths",
    "target": "the column to predict: its name, its place (-1 is the last), or a list of them",
    "test": "a path, a pattern, or a list of paths",
    "header": "true or false",
    "separator": "one character, such as ';'",
    "decimal": "'.' or ','",
    "encoding": "a name such as 'utf-8' or 'latin-1'",
    "missing": "a list of texts that mean a missing value",
    "ignore": "a list of columns, by name or place",
    "task": "'classification', 'binary', 'multiclass', 'multilabel' or 'regression'",
    "test_fraction": _SHARE,
    "validation_fraction": _SHARE,
    "types": "a table of columns and their kinds",
    "folds": "0 (no cross-validation), or a whole number from 2 on",
    "streaming": "true or false",
    "seed": "a whole number from 0 to 4294967295",
    "recipe": "a table of fields of Recipe",
    "output": "the path of a folder",
}
