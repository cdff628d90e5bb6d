"""Export of a model of a table: from the raw columns to the prediction, in one ONNX graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...extras import require
from ..batch_size import warn_if_fixed
from ..traced import traced
from .expand import expand
from .model import assemble, finished
from .writer import File, Writer, size_text

ML_OPSET = 3  # of ai.onnx.ml, whose LabelEncoder looks words up


def table_to_onnx(
    preparation: Mapping[str, Any],
    function: Callable[[Any], Any],
    path: str | Path | None = None,
) -> Any:
    """A model of a table as an ``onnx.ModelProto`` that takes the raw columns.

    Inputs, one for each column, under its name: numbers are float64 of shape (N, 1), NaN where they
    are missing; dates too, in seconds since 1970; categories and booleans are strings (N, 1), ""
    where they are missing. Outputs: ``probabilities`` (N, classes) and ``label``, the name of the
    likeliest class (N); for several labels at once ``label`` is int64 (N, labels), 1 where the
    probability is above one half; for quantities ``values``.

    Values of a category that were not met in training are what the preparation makes of them;
    where it refuses them (``unseen="error"``), which a graph cannot, they are zeros or the code of
    the unseen.

    Parameters
    ----------
    preparation
        What ``chainrule.data.tables.Preparation.to_dict()`` returns.
    function
        From the prepared x, float32 (n, width), to probabilities or values; it is traced.
    path
        Where to write the model, if anywhere.
    """
    require("onnx", "onnx")
    columns, targets = preparation["columns"], preparation["targets"]
    width = sum(_width(column) for column in columns)
    found = traced(function, [np.zeros((8, width), np.float32)], True, expand)
    warn_if_fixed(found.fixed)
    w = Writer(File(found.sizes, found.labels), names=found.names)
    inputs = {column["name"]: w.unique(column["name"]) for column in columns}
    w.file.batch = (next(iter(inputs.values())), 0)
    x = _prepared(w, columns, inputs)
    held = found.graph.inputs[1:]
    w.values = {
        node: w.parameter(array, name)
        for node, (name, array) in zip(held, found.parameters, strict=True)
    }
    w.values[found.inputs[0]] = x
    (result,) = w.write(found.graph)
    shape = found.sizes.shape(found.graph.outputs[0])
    outputs = _predicted(w, targets, result, [size_text(n) for n in shape])
    rows = "N" if not found.fixed else 8
    given = [
        w.helper.make_tensor_value_info(inputs[column["name"]], _dtype(w, column), [rows, 1])
        for column in columns
    ]
    model = assemble(w, "table", given, outputs, found.fixed, {"ai.onnx.ml": ML_OPSET})
    return finished(model, path)


# -- the columns -------------------------------------------------------------------------------
#
# Numbers and dates are one matrix, which is filled, centred and scaled as a whole; the columns of x
# come to their places in the end. A piece of x is a value (N, k) with the place of each column:
# the number of the raw column and the place among what it becomes.

Piece = tuple[str, list[tuple[int, int]]]
REAL = ("number", "date")


def _dtype(w: Writer, column: Mapping[str, Any]) -> int:
    dtype = np.dtype(np.float64 if column["kind"] in REAL else object)
    return w.helper.np_dtype_to_tensor_dtype(dtype)


def _width(column: Mapping[str, Any]) -> int:
    """How many columns of x a column becomes."""
    if column["kind"] == "category":
        is_one = column["encoding"] == "embedding"
        return 1 if is_one else len(column["categories"]) + (column["missing"] == "own")
    return 1 + 2 * len(column.get("periods", ())) + column["indicator"]


def _prepared(w: Writer, columns: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """x, from the raw columns."""
    pieces: list[Piece] = []
    real = [(i, column) for i, column in enumerate(columns) if column["kind"] in REAL]
    if real:
        w.owner = w.line = "prepare numbers"
        pieces += _numbers(w, real, [names[column["name"]] for _, column in real])
    for i, column in enumerate(columns):
        if column["kind"] not in REAL:
            w.owner = w.line = f"prepare {column['name']}"
            write = _boolean if column["kind"] == "boolean" else _category
            pieces += write(w, i, column, names[column["name"]])
    w.owner = w.line = "prepare"
    values = [value for value, _ in pieces]
    places = [place for _, some in pieces for place in some]
    x = values[0] if len(values) == 1 else w.op("Concat", *values, axis=1)
    if places != sorted(places):
        order = sorted(range(len(places)), key=places.__getitem__)
        x = w.op("Gather", x, w.ints(*order), axis=1)
    w.owner = w.line = ""
    return x


def _numbers(w: Writer, real: Sequence[tuple[int, Any]], names: Sequence[str]) -> list[Piece]:
    """z = (v - center) / scale, then z / sqrt(1 + (z / limit)²), in float64."""

    def row(key: str) -> str:
        numbers = [np.inf if column[key] is None else column[key] for _, column in real]
        return w.constant(numbers, np.float64)

    raw = names[0] if len(names) == 1 else w.op("Concat", *names, axis=1)
    missing = w.op("IsNaN", raw)
    filled = w.op("Where", missing, row("fill"), raw)
    z = w.op("Div", w.op("Sub", filled, row("center")), row("scale"))
    ratio = w.op("Div", z, row("limit"))
    square = w.op("Add", w.op("Mul", ratio, ratio), w.constant(1, np.float64))
    z = w.cast(w.op("Div", z, w.op("Sqrt", square)), np.float32)
    pieces: list[Piece] = [(z, [(i, 0) for i, _ in real])]
    flagged = [at for at, (_, column) in enumerate(real) if column["indicator"]]
    if flagged:
        flags = w.cast(w.op("Gather", missing, w.ints(*flagged), axis=1), np.float32)
        pieces.append((flags, [(real[at][0], _width(real[at][1]) - 1) for at in flagged]))
    for at, (i, column) in enumerate(real):
        if column.get("periods"):
            pieces += _waves(w, i, column, w.op("Gather", filled, w.ints(at), axis=1))
    return pieces


def _waves(w: Writer, i: int, column: Mapping[str, Any], seconds: str) -> list[Piece]:
    """A sine and a cosine for each period."""
    turns = w.op("Div", seconds, w.constant(column["periods"], np.float64))
    angles = w.op("Mul", turns, w.constant(2 * math.pi, np.float64))
    count = range(len(column["periods"]))
    return [
        (w.cast(w.op(wave, angles), np.float32), [(i, first + 2 * at) for at in count])
        for wave, first in (("Sin", 1), ("Cos", 2))
    ]


def _boolean(w: Writer, i: int, column: Mapping[str, Any], x: str) -> list[Piece]:
    missing = w.op("Equal", x, words(w, [""]))
    value = w.op("Expand", w.constant(column["missing"], np.float32), w.op("Shape", x))
    for number, word in enumerate(column["categories"]):
        is_it = w.op("Equal", x, words(w, [word]))
        value = w.op("Where", is_it, w.constant(number, np.float32), value)
    flags = [(w.cast(missing, np.float32), [(i, 1)])] if column["indicator"] else []
    return [(value, [(i, 0)]), *flags]


def _category(w: Writer, i: int, column: Mapping[str, Any], x: str) -> list[Piece]:
    known = column["categories"]
    if column["encoding"] == "embedding":
        codes = w.op(
            "LabelEncoder",
            x,
            domain="ai.onnx.ml",
            keys_strings=["", *known],
            values_floats=[float(len(known)), *map(float, range(len(known)))],
            default_float=float(len(known) + 1),
        )
        return [(codes, [(i, 0)])]
    wanted = [*known, *([""] if column["missing"] == "own" else [])]
    if not wanted:
        return []
    ones = w.cast(w.op("Equal", x, words(w, wanted)), np.float32)
    return [(ones, [(i, at) for at in range(len(wanted))])]


def words(w: Writer, values: Sequence[str]) -> str:
    """A constant row of strings."""
    return w.constant(np.array(values, dtype=object))


# -- the prediction ----------------------------------------------------------------------------


def _predicted(w: Writer, targets: Mapping[str, Any], result: str, shape: list[Any]) -> list[Any]:
    """Types of the outputs, which are written."""
    info = w.helper.make_tensor_value_info
    kinds = {k: w.helper.np_dtype_to_tensor_dtype(np.dtype(k)) for k in ("f4", "i8", "O")}
    if targets["task"] == "regression":
        return [info(w.op("Identity", result, name="values"), kinds["f4"], shape)]
    chances = w.op("Identity", result, name="probabilities")
    found = [info(chances, kinds["f4"], shape)]
    w.owner = "choose"
    if targets["task"] == "multilabel":
        above = w.op("Greater", result, w.constant(0.5, np.float32))
        label = w.op("Cast", above, to=kinds["i8"], name="label")
        return [*found, info(label, kinds["i8"], shape)]
    place = w.op("ArgMax", result, axis=1, keepdims=0)
    label = w.op("Gather", words(w, targets["classes"]), place, name="label", axis=0)
    return [*found, info(label, kinds["O"], shape[:1])]
