"""The options that several verbs share, as tables: each row leads to a key of the settings."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import typer

from ..tabular.recipe import Recipe
from .errors import UsageError


class Row(NamedTuple):
    """An option: the settings' key (``recipe.dropout``), its type, names, help, and its reader."""

    key: str
    type: Any
    names: tuple[str, ...]
    help: str
    metavar: str | None = None
    read: Callable[[Any], Any] = lambda value: value

    @property
    def parameter(self) -> str:
        """Its name among a function's parameters."""
        return self.key.replace(".", "_")


# -- how values are written ----------------------------------------------------------------------


def sizes(text: str) -> list[int]:
    """``64,32`` as the sizes of two hidden layers; ``none``: no hidden layer.

    >>> sizes("64,32"), sizes("none")
    ([64, 32], [])
    """
    if text.strip().lower() == "none":
        return []
    try:
        return [int(each) for each in text.replace("x", ",").split(",")]
    except ValueError:
        raise UsageError(f"--hidden {text!r}: write sizes such as 64,32, or none") from None


def kinds(texts: Iterable[str]) -> dict[str, str]:
    """``column=kind`` pairs as a dict; the last ``=`` separates.

    >>> kinds(["zip=category", "a=b=number"])
    {'zip': 'category', 'a=b': 'number'}
    """
    found = {}
    for text in texts:
        name, sign, kind = text.rpartition("=")
        if not sign or not name:
            raise UsageError(f"--type {text!r}: write column=kind, such as zip=category")
        found[name] = kind
    return found


def more_missing(texts: list[str]) -> list[str]:
    """These, beside those that mean missing anyway."""
    from ..data.tables.cells import MISSING

    return [*MISSING, *texts]


def character(text: str) -> str:
    r"""A separator as typed in a shell: ``\t`` and ``tab`` are the tabulator.

    >>> character("tab") == character("\\t") == "\t"
    True
    """
    return "\t" if text in ("\\t", "tab") else text


# -- the tables ----------------------------------------------------------------------------------

READING = (
    Row("header", bool, ("--no-header",), "The first line has no names.", read=operator.not_),
    Row(
        "separator",
        str,
        ("--separator", "--sep"),
        "Between cells: ';', tab, ...; found out if not given.",
        "TEXT",
        character,
    ),
    Row("decimal", str, ("--decimal",), "The decimal sign: . or ,", "TEXT"),
    Row("encoding", str, ("--encoding",), "Such as utf-8 or latin-1.", "NAME"),
    Row(
        "missing",
        list[str],
        ("--missing",),
        "Another text that means missing, such as -999; repeat it.",
        "TEXT",
        more_missing,
    ),
)

TABLE = (
    Row(
        "target",
        list[str],
        ("--target", "-t"),
        "The column to predict: its name, or its place (0 first, -1 last). Repeat it for several.",
        "COLUMN",
    ),
    Row("test", list[str], ("--test",), "A file to test on, not a share of the data.", "FILE"),
    *READING,
    Row(
        "types",
        list[str],
        ("--type",),
        "A column's kind: number, category, boolean, date, ignore. Repeat it.",
        "COL=KIND",
        kinds,
    ),
    Row("ignore", list[str], ("--ignore",), "A column to leave out; repeat it.", "COLUMN"),
    Row("task", str, ("--task",), "binary, multiclass, multilabel, regression.", "NAME"),
    Row("test_fraction", float, ("--test-fraction",), "For the test: 0.2.", "SHARE"),
    Row(
        "validation_fraction",
        float,
        ("--validation-fraction",),
        "Of the rest, to stop by: 0.1 from 2,000 rows on.",
        "SHARE",
    ),
    Row("streaming", bool, ("--streaming",), "Read in pieces; by itself from 1 GB on."),
    Row("seed", int, ("--seed",), "From which every random choice follows: 0.", "NUMBER"),
)

NETWORK = (
    Row("recipe.hidden", str, ("--hidden",), "Sizes of the layers, or none.", "SIZES", sizes),
    Row("recipe.activation", str, ("--activation",), "relu, gelu, silu, tanh, ...", "NAME"),
    Row("recipe.dropout", float, ("--dropout",), "Share of neurons left out.", "SHARE"),
    Row("recipe.batch_norm", bool, ("--batch-norm",), "Batch normalisation."),
    Row("recipe.embedding", int, ("--embedding",), "Numbers for each category.", "NUMBER"),
)

TRAINING = (
    Row("recipe.epochs", int, ("--epochs",), "Passes over the rows; by their number.", "NUMBER"),
    Row("recipe.batch_size", int, ("--batch-size",), "Rows a step; by their number.", "NUMBER"),
    Row("recipe.learning_rate", float, ("--learning-rate", "--lr"), "The largest.", "NUMBER"),
    Row("recipe.optimizer", str, ("--optimizer",), "adamw, adam, sgd, rmsprop, ...", "NAME"),
    Row("recipe.schedule", str, ("--schedule",), "constant, cosine, one-cycle, ...", "NAME"),
    Row("recipe.weight_decay", float, ("--weight-decay",), "Of AdamW.", "NUMBER"),
    Row("recipe.l1", float, ("--l1",), "Penalty λ Σ |w|.", "NUMBER"),
    Row("recipe.l2", float, ("--l2",), "Penalty λ Σ w².", "NUMBER"),
    Row("recipe.loss", str, ("--loss",), "cross_entropy, focal, mse, huber, ...", "NAME"),
    Row("recipe.class_weight", str, ("--class-weight",), "balanced, for rare classes.", "NAME"),
    Row("recipe.patience", int, ("--patience",), "Epochs without gain to bear.", "NUMBER"),
    Row("recipe.clip", float, ("--clip",), "Largest norm of the gradient.", "NUMBER"),
)

PANELS = {"Data": TABLE, "Network": NETWORK, "Training": TRAINING}


def parameters(panels: Mapping[str, Iterable[Row]]) -> list[inspect.Parameter]:
    """The rows as parameters of a function that typer reads; not given is None."""
    found = []
    for panel, rows in panels.items():
        for row in rows:
            option = typer.Option(
                *row.names,
                help=row.help + _usual(row),
                metavar="" if row.type is bool else row.metavar,
                show_default=False,
                rich_help_panel=panel,
            )
            annotation = Annotated[row.type | None, option]
            kind = inspect.Parameter.KEYWORD_ONLY
            found.append(
                inspect.Parameter(row.parameter, kind, default=None, annotation=annotation)
            )
    return found


def _usual(row: Row) -> str:
    """What a recipe has if nothing is said."""
    group, _, key = row.key.rpartition(".")
    value = getattr(Recipe(), key) if group else None
    if value is None or isinstance(value, bool):
        return ""
    shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
    return f" \\[{shown}]"


def settings_of(given: Mapping[str, Any], rows: Iterable[Row]) -> dict[str, Any]:
    """What was given on the command line, as keys of the settings.

    >>> settings_of({"target": ["y"], "recipe_hidden": "8", "recipe_l2": None}, (*TABLE, *NETWORK))
    {'target': 'y', 'recipe': {'hidden': [8]}}
    """
    found: dict[str, Any] = {}
    for row in rows:
        value = given.get(row.parameter)
        if value is None or value == []:
            continue
        value = row.read(value)
        if row.key in ("target", "test") and len(value) == 1:
            value = value[0]
        group, _, key = row.key.rpartition(".")
        (found.setdefault(group, {}) if group else found)[key] = value
    return found
