"""What kind each column is, and what task the target sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...extras import require
from ..errors import DataError, listed, no_column
from .options import check_kind
from .preparation import refuse_missing
from .schema import TASKS, Column, Schema, place_of
from .values import as_text, first, numbers, place, words_of_truth

if TYPE_CHECKING:
    import polars

MOST_CLASSES = 10  # a target of at most so many different whole numbers is one of classes
FREE_TEXT = 0.9  # words of which so large a part are different are names, not categories
FEW_ROWS = 20  # fewer rows tell nothing about names and counters


def infer(
    frame: polars.DataFrame,
    target: str | int | Sequence[str | int],
    *,
    types: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    task: str | None = None,
    file: Any = None,
) -> Schema:
    """The kinds of the columns, the targets, and the task.

    ``target`` is a name, a place (0 is the first column, -1 the last), or several of them.
    ``types`` overrides kinds ("number", "category", "boolean", "date", "ignore") by name.

    Left out by themselves (kind "ignore", ``why`` says the reason) are columns that are empty or
    the same in every row, words of which at least 9 in 10 are different, and whole numbers that
    count the rows. The task is "binary" or "multiclass" for words, truth, and at most 10 different
    whole numbers; "regression" for other numbers; "multilabel" for several targets of two values.

    Raises ``DataError`` where the target is not there, is missing in some row or the same in all,
    has more classes than half the rows, or no column is left to learn from.

    >>> import polars
    >>> frame = polars.DataFrame({"x": [1.5, 2.0, 3.0, 1.0], "kind": ["cod", "eel", "cod", "eel"]})
    >>> schema = infer(frame, "kind")
    >>> schema.task, schema.classes, schema.columns
    ('binary', ('cod', 'eel'), (Column(name='x', kind='number', why='', form=''),))
    """
    types = dict(types or {})
    if task is not None and task not in (*TASKS, "classification"):
        raise DataError(f"there is no task {task!r}", fix=f"use one of {listed(TASKS)}")
    if not len(frame):
        raise DataError("the table has no rows", file=_name(file), fix="give it rows to learn from")
    asked = [target] if isinstance(target, str | int) else list(target)
    targets = tuple(_target_name(name, frame.columns, file) for name in asked)
    if not targets or len(set(targets)) < len(targets):
        raise DataError(f"the targets are {listed(targets) or 'none'}", fix="name each once")
    kept = [name for name, kind in types.items() if kind != "ignore"]  # ``read`` leaves them out
    for name in (*kept, *ignore):
        if name not in frame.columns:
            raise no_column(name, frame.columns, _name(file))
    for name, kind in types.items():
        check_kind(name, kind)
    types.update(dict.fromkeys(ignore, "ignore"))
    columns = tuple(
        column_of(frame[name], types.get(name), file)
        for name in frame.columns
        if name not in targets
    )
    task, classes = _task([frame[name] for name in targets], task, types, file)
    schema = Schema(columns, targets, task, classes)
    if not schema.used:
        reasons = [f"{column.name} ({column.why or 'asked'})" for column in columns]
        raise DataError(
            f"no column is left to learn from: {listed(reasons) or 'the target is the only one'}",
            file=_name(file),
            fix="give columns that differ from row to row, or say their kind with types=",
        )
    return schema


def _name(file: Any) -> Any:
    return getattr(file, "name", file)


def _target_name(target: str | int, names: list[str], file: Any) -> str:
    place = place_of(target, names)
    if place is None:
        if isinstance(target, int):
            what = f"there is no column {target}: the table has {len(names)}"
            raise DataError(what, file=_name(file), fix=f"use {-len(names)} to {len(names) - 1}")
        error = no_column(target, names, _name(file))
        raise DataError(f"the target: {error.what}", file=error.file, fix=error.fix)
    return names[place]


def column_of(series: polars.Series, asked: str | None = None, file: Any = None) -> Column:
    """The kind of a column, as asked for or by itself, and why it is left out if it is."""
    if asked is not None:
        if "%" in asked:
            return Column(series.name, "date", form=asked)
        return Column(series.name, asked, "asked" * (asked == "ignore"))
    kind = natural_kind(series, file)
    why = _useless(series)
    return Column(series.name, "ignore" if why else kind, why)


def natural_kind(series: polars.Series, file: Any = None) -> str:
    """The kind that the type and the values of a column suggest."""
    pl = require("polars", "tables")
    dtype = series.dtype
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_numeric() or dtype == pl.Duration or dtype == pl.Null:
        return "number"
    if dtype == pl.Date or dtype == pl.Datetime:
        return "date"
    if dtype == pl.String or dtype == pl.Categorical or dtype == pl.Enum:
        texts = as_text(series)
        if texts.n_unique() <= 3 and words_of_truth(texts.drop_nulls().unique().to_list()):
            return "boolean"
        return "category"
    at = first(series.is_not_null())
    raise DataError(
        f"a column of {dtype} is neither numbers, words, truth nor dates",
        column=series.name,
        value=series[at],
        fix="split it into plain columns, or leave it out: ignore=",
        **place(file, at),
    )


def _useless(series: polars.Series) -> str:
    """Why nothing can be learned from a column, or nothing."""
    present = series.drop_nulls()
    if series.dtype.is_float():
        present = present.drop_nans()
    if not len(present):
        return "empty"
    is_words = not (series.dtype.is_numeric() or series.dtype.is_temporal())
    if len(present) == len(series) and _is_constant(series, is_words):
        return "constant"
    if len(present) < FEW_ROWS:
        return ""
    if series.dtype.is_integer() and _counts_rows(series):
        return "row number"
    if is_words and present.n_unique() >= FREE_TEXT * len(present):
        return "identifier"
    return ""


def _is_constant(series: polars.Series, is_words: bool) -> bool:
    if is_words:
        return series[:FEW_ROWS].n_unique() == 1 and series.n_unique() == 1
    return series.min() == series.max()


def _counts_rows(series: polars.Series) -> bool:
    if series.null_count() or series[FEW_ROWS - 1] != series[0] + FEW_ROWS - 1:
        return False
    return bool((series.diff().drop_nulls() == 1).all())


def _task(
    columns: list[polars.Series], asked: str | None, types: Mapping[str, str], file: Any
) -> tuple[str, tuple[str, ...]]:
    for series in columns:
        if series.null_count() == len(series):
            raise DataError(
                "the target is missing in every row",
                file=_name(file),
                column=series.name,
                fix="fill it in, or name another target",
            )
        refuse_missing(series, file)
    if len(columns) > 1:
        return _task_of_several(columns, asked, file), ()
    series = columns[0]
    kind = types.get(series.name)
    if asked == "regression" or (asked is None and kind == "number"):
        _quantity(series, file)
        return "regression", ()
    if asked == "multilabel":
        raise DataError("multilabel needs several targets", fix="name them all")
    if asked is None and kind not in ("category", "boolean") and not _is_of_classes(series, file):
        _quantity(series, file)
        return "regression", ()
    classes = _classes(series, file)
    if asked == "binary" and len(classes) > 2:
        raise DataError(
            f"a binary target has two classes, this one has {len(classes)}: {listed(classes)}",
            file=_name(file),
            column=series.name,
            fix="use task='multiclass'",
        )
    return "multiclass" if asked == "multiclass" or len(classes) > 2 else "binary", classes


def _task_of_several(columns: list[polars.Series], asked: str | None, file: Any) -> str:
    two_values = all(series.n_unique() <= 2 and _is_of_classes(series, file) for series in columns)
    if asked == "multilabel" or (asked is None and two_values):
        for series in columns:
            values = numbers(series, file)
            wrong = (values != 0) & (values != 1)
            if wrong.any():
                at = int(wrong.argmax())
                raise DataError(
                    "a label is 0 or 1",
                    column=series.name,
                    value=series[at],
                    fix="write 1 where a row has the label, else 0",
                    **place(file, at),
                )
        return "multilabel"
    if asked not in (None, "regression"):
        raise DataError(f"a {asked} task has one target, not {len(columns)}", fix="name one")
    for series in columns:
        _quantity(series, file)
    return "regression"


def _is_of_classes(series: polars.Series, file: Any) -> bool:
    if natural_kind(series, file) != "number":
        return True
    if series.n_unique() > min(MOST_CLASSES, max(2, len(series) // 2)):
        return False
    return bool((series.round(0) == series).all()) if series.dtype.is_float() else True


def _quantity(series: polars.Series, file: Any) -> None:
    values = numbers(series, file)
    if values.min() == values.max():
        raise _nothing_to_learn(series, file)


def _classes(series: polars.Series, file: Any) -> tuple[str, ...]:
    """The classes in order: numbers by size, words by the alphabet, "no" before "yes"."""
    if natural_kind(series, file) == "date":
        raise DataError(
            "the target is a date",
            file=_name(file),
            column=series.name,
            fix="give it as a number, such as days since the first",
        )
    ordered = series if series.dtype.is_numeric() else as_text(series)
    classes = as_text(ordered.unique().sort()).to_list()
    if len(classes) == 1:
        raise _nothing_to_learn(series, file)
    if len(classes) > max(2, len(series) // 2):
        raise DataError(
            f"the target has {len(classes):,} classes in {len(series):,} rows: {listed(classes)}",
            file=_name(file),
            column=series.name,
            fix="each class needs two rows or more; if it is a quantity, use task='regression'",
        )
    return tuple(words_of_truth(classes) or classes)


def _nothing_to_learn(series: polars.Series, file: Any) -> DataError:
    return DataError(
        f"the target is {as_text(series)[0]!r} in every row: there is nothing to learn",
        file=_name(file),
        column=series.name,
        fix="add rows with other values, or name another target",
    )
