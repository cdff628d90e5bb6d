"""Export of a model of a table: from the raw columns to the prediction, in one ONNX graph."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...extras import require
from ..traced import traced
from .expand import expand
from .model import assemble, finished, warn_if_fixed
from .writer import File, Writer

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
    outputs = _predicted(w, targets, result, [_length(n) for n in shape])
    rows = "N" if not found.fixed else 8
    given = [
        w.helper.make_tensor_value_info(inputs[column["name"]], _dtype(w, column), [rows, 1])
        for column in columns
    ]
    model = assemble(w, "table", given, outputs, found.fixed, {"ai.onnx.ml": ML_OPSET})
    return finished(model, path)


def _length(size: int) -> int | str:
    from .writer import size_text

    return size_text(size)


# -- the columns -------------------------------------------------------------------------------


def _width(column: Mapping[str, Any]) -> int:
    return _ENCODERS[column["kind"]].width(column)


def _dtype(w: Writer, column: Mapping[str, Any]) -> int:
    is_word = column["kind"] in ("boolean", "category")
    return w.helper.np_dtype_to_tensor_dtype(np.dtype(object if is_word else np.float64))


def _prepared(w: Writer, columns: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """x, from the raw columns; nodes are named after them."""
    parts = []
    for column in columns:
        w.owner = w.line = f"prepare {column['name']}"
        parts += _ENCODERS[column["kind"]].write(w, column, names[column["name"]])
    w.owner = w.line = "prepare"
    x = parts[0] if len(parts) == 1 else w.op("Concat", *parts, axis=1)
    w.owner = w.line = ""
    return x


def _indicator(w: Writer, column: Mapping[str, Any], missing: str) -> list[str]:
    return [w.cast(missing, np.float32)] if column["indicator"] else []


def _number(w: Writer, column: Mapping[str, Any], x: str) -> list[str]:
    """Filled, centred, scaled and softly limited, in float64."""
    missing, filled = _filled(w, column, x)
    return [_scaled(w, column, filled), *_indicator(w, column, missing)]


def _filled(w: Writer, column: Mapping[str, Any], x: str) -> tuple[str, str]:
    missing = w.op("IsNaN", x)
    return missing, w.op("Where", missing, w.constant(column["fill"], np.float64), x)


def _scaled(w: Writer, column: Mapping[str, Any], x: str) -> str:
    real = np.float64
    z = w.op("Sub", x, w.constant(column["center"], real))
    z = w.op("Div", z, w.constant(column["scale"], real))
    if column["limit"] is not None:
        ratio = w.op("Div", z, w.constant(column["limit"], real))
        square = w.op("Add", w.op("Mul", ratio, ratio), w.constant(1, real))
        z = w.op("Div", z, w.op("Sqrt", square))
    return w.cast(z, np.float32)


def _date(w: Writer, column: Mapping[str, Any], x: str) -> list[str]:
    missing, filled = _filled(w, column, x)
    parts = [_scaled(w, column, filled)]
    for period in column["periods"]:
        turns = w.op("Div", filled, w.constant(period, np.float64))
        angle = w.op("Mul", turns, w.constant(2 * math.pi, np.float64))
        parts += [w.cast(w.op(wave, angle), np.float32) for wave in ("Sin", "Cos")]
    return [*parts, *_indicator(w, column, missing)]


def _boolean(w: Writer, column: Mapping[str, Any], x: str) -> list[str]:
    missing = w.op("Equal", x, words(w, [""]))
    value = w.constant(column["missing"], np.float32)
    for number, word in enumerate(column["categories"]):
        is_it = w.op("Equal", x, words(w, [word]))
        value = w.op("Where", is_it, w.constant(number, np.float32), value)
    if not column["categories"]:
        value = w.op("Expand", value, w.op("Shape", x))
    return [value, *_indicator(w, column, missing)]


def _category(w: Writer, column: Mapping[str, Any], x: str) -> list[str]:
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
        return [codes]
    wanted = [*known, *([""] if column["missing"] == "own" else [])]
    return [w.cast(w.op("Equal", x, words(w, wanted)), np.float32)] if wanted else []


def words(w: Writer, values: Sequence[str]) -> str:
    """A constant row of strings."""
    return w.constant(np.array(values, dtype=object))


class _Encoder:
    """How a kind of column is written, and how many columns of x it makes."""

    def __init__(self, write: Callable[..., list[str]], width: Callable[..., int]) -> None:
        self.write, self.width = write, width


def _category_width(column: Mapping[str, Any]) -> int:
    if column["encoding"] == "embedding":
        return 1
    return len(column["categories"]) + (column["missing"] == "own")


_ENCODERS = {
    "number": _Encoder(_number, lambda c: 1 + c["indicator"]),
    "boolean": _Encoder(_boolean, lambda c: 1 + c["indicator"]),
    "category": _Encoder(_category, _category_width),
    "date": _Encoder(_date, lambda c: 1 + 2 * len(c["periods"]) + c["indicator"]),
}

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
