"""Export as one readable Python file that needs NumPy alone."""

from __future__ import annotations

import base64
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..engine import tree
from ..engine.trace import no_grad
from ..explain.code import Scope
from ..explain.code.helpers import wrapped
from ..explain.code.numpy_text import array_text, dtype_text
from ..explain.code.source import Source
from ..files import write_whole
from . import standalone
from .batch_size import warn_if_fixed
from .numpy_lines import freed, write_lines
from .traced import Traced, evaluating, label_of, traced

SMALL = 24  # elements of an array that is written as numbers
_LINE = 96  # characters of a line of the block of data


def to_numpy_file(
    fn: Callable[..., Any],
    *examples: Any,
    path: str | Path | None = None,
    name: str = "network",
    batch: bool | Sequence[int] = True,
) -> str:
    """A function, or a Module in evaluation mode, as a Python module that needs NumPy alone.

    Its one public function, ``name``, takes the arrays of the arguments in order and returns the
    result's (several as a tuple), for any number of rows (``batch`` is as for ``to_onnx``). Lines
    have the ids of ``print(chainrule.trace(fn, *examples))``. Small arrays are written as numbers,
    large ones as a block of base64 at the end. What the file computes for the examples is compared
    with the function's own values before it is written.

    Returns the text. Raises ``NotImplementedError`` for a primitive of one's own whose NumPy rule
    has no plain source.

    >>> import chainrule as cr, numpy as np
    >>> net = cr.nn.Sequential(cr.nn.Linear(1, 2), cr.nn.Tanh())
    >>> print(to_numpy_file(net, np.zeros((5, 1), np.float32)))
    \"\"\"network: a function of NumPy arrays, ...
    def network(x0):
        x0 = np.asarray(x0, np.float32)
        # 0: Linear
        v1 = x0 @ W["0.weight"].T
        v3 = v1 + W["0.bias"]
        # 1: Tanh
        v4 = np.tanh(v3)
        return v4
    ...
    """
    found = traced(fn, examples, batch)
    warn_if_fixed(found.fixed)
    parts = _Module(found, name)
    about = f"{name}: a function of NumPy arrays, written by chainrule {__version__}."
    text = parts.text(about)
    _check(text, name, found, fn, examples)
    if path is not None:
        write_whole(text, path)
    return text


def table_to_numpy_file(
    preparation: Mapping[str, Any], function: Callable[[Any], Any], path: str | Path | None = None
) -> str:
    """A model of a table as a Python module that needs NumPy alone, preparation inside.

    ``predict(rows)`` takes a list of dicts, such as ``csv.DictReader`` gives, and returns one;
    ``python model.py data.csv > predictions.csv`` predicts a file. ``preparation`` and ``function``
    are as for ``table_to_onnx``. Returns the text.
    """
    from ..data.tables.cells import MISSING

    width = _width(preparation)
    examples = [np.zeros((8, width), np.float32)]
    found = traced(function, examples)
    warn_if_fixed(found.fixed)
    parts = _Module(found, "network", with_lines=False)
    usage = "It needs NumPy alone:\n\n    python THIS_FILE data.csv > predictions.csv"
    about = f"A model of a table, written by chainrule {__version__}. {usage}\n\n"
    about += textwrap.fill(_columns_text(preparation), 96)
    source = inspect.getsource(standalone).split("# -- copied from here on", 1)[1]
    source = source.split("\n", 2)[2]
    tables = {
        "COLUMNS": list(preparation["columns"]),
        "TARGETS": dict(preparation["targets"]),
        "MISSING": tuple(MISSING),
    }
    definitions = "\n".join([line for pair in tables.items() for line in _definition(*pair)])
    text = parts.text(about, definitions + "\n" + source.rstrip())
    _check(text, "network", found, function, examples)
    if path is not None:
        write_whole(text, path)
    return text


def _definition(name: str, value: Any) -> list[str]:
    """A constant of the module; of a list, a line for each item."""
    if not isinstance(value, list):
        return _filled([f"{name} =", *_pieces(value)], "")
    items = [line for item in value for line in _filled(_pieces(item, ","), "    ")]
    return [f"{name} = [", *items, "]"]


def _pieces(value: Any, ending: str = "") -> list[str]:
    """A value as Python's text, in pieces between which a line may end."""
    if isinstance(value, str):
        return [json.dumps(value, ensure_ascii=False) + ending]
    if isinstance(value, dict):
        items = []
        for key, item in value.items():
            first, *rest = _pieces(item, ",")
            items.append([f"{json.dumps(key)}: {first}", *rest])
    elif isinstance(value, list | tuple):
        items = [_pieces(item, ",") for item in value]
    else:
        return [repr(value) + ending]
    opening, closing = {dict: "{}", list: "[]", tuple: "()"}[type(value)]
    inside = [piece for item in items for piece in item] or [","]
    inside[0] = opening + inside[0]
    if not (isinstance(value, tuple) and len(items) == 1):
        inside[-1] = inside[-1].removesuffix(",")
    inside[-1] += closing + ending
    return inside


def _filled(pieces: Sequence[str], indent: str) -> list[str]:
    """Pieces in lines, as many as fit; those after the first are indented further."""
    lines = [indent + pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) > _LINE:
            lines.append(f"{indent}    {piece}")
        else:
            lines[-1] += f" {piece}"
    return lines


def _width(preparation: Mapping[str, Any]) -> int:
    from ..data.tables import Preparation

    return Preparation.from_dict(dict(preparation)).width


def _columns_text(preparation: Mapping[str, Any]) -> str:
    names = ", ".join(column["name"] for column in preparation["columns"])
    return f"Columns: {names}. Predicted: {', '.join(preparation['targets']['names'])}."


def _check(
    text: str, name: str, found: Traced, fn: Callable[..., Any], examples: Sequence[Any]
) -> None:
    """What the text computes is what the function does: for the examples, and for three rows."""
    namespace: dict[str, Any] = {"__name__": "exported"}
    exec(text, namespace)
    leaves, structure = tree.flatten(tuple(examples))
    free = [node in found.sizes.shapes for node in found.inputs]
    fewer = [_rows(x, 3) if is_free else x for x, is_free in zip(leaves, free, strict=True)]
    for given in (leaves, fewer if any(free) else leaves):
        with evaluating(fn), no_grad():
            wanted = tree.leaves(fn(*tree.unflatten(structure, given)))
        result = namespace[name](*given)
        results = result if isinstance(result, tuple) else (result,)
        for one, other in zip(results, wanted, strict=True):
            if not np.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True):
                raise AssertionError(f"to_numpy_file: the text of {name} computes something else")


def _rows(array: Any, count: int) -> Any:
    return np.resize(array, (count, *np.shape(array)[1:]))


# -- the module --------------------------------------------------------------------------------


class _Arrays(Source):
    """Definitions of the module, where an array is an entry of ``W``."""

    def __init__(self, labels: Mapping[int, str]) -> None:
        super().__init__()
        self.labels = labels
        self.held: dict[str, Any] = {}

    def array(self, value: Any) -> str:
        """The entry that holds this array."""
        return self.keep(label_of(dict(self.labels), value) or f"c{len(self.held)}", value)

    def keep(self, name: str, value: Any) -> str:
        """The entry of this name, or of one like it that fits between quotes."""
        plain = re.sub(r"[^\w.]", "_", name)
        while plain in self.held and self.held[plain] is not value:
            plain += "_"
        self.held[plain] = np.asarray(value)
        return f'W["{plain}"]'


class _Module:
    """The parts of the file for a traced function."""

    def __init__(self, found: Traced, name: str, with_lines: bool = True) -> None:
        self.source = _Arrays(found.labels)
        graph, names, texts = freed(found, self.source.array)
        count = len(found.inputs)
        scope = Scope(self.source, {node: names[node] for node in graph.inputs[:count]})
        for node, held in zip(graph.inputs[count:], found.parameters, strict=True):
            scope.name({node: self.source.keep(*held)})
        scope.texts.update(texts)
        write_lines(scope, graph, names, with_lines)
        results = ", ".join(scope.operand(node) for node in graph.outputs)
        lines = [*scope.lines, f"return {results}"]
        inputs = [found.names[node] for node in found.inputs]
        first = [
            f"{label} = np.asarray({label}, {dtype_text(node.type)})"
            for label, node in zip(inputs, found.inputs, strict=True)
        ]
        free = [
            label for label, n in zip(inputs, found.inputs, strict=True) if n in found.sizes.shapes
        ]
        if any(re.search(r"\bn\b", line) for line in lines if not line.startswith("#")):
            first += [f"n = len({free[0]})"]
        head = f"def {name}({', '.join(inputs)}):"
        body = [piece for line in first + lines for piece in wrapped(f"    {line}".rstrip())]
        self.function = "\n".join([*wrapped(head), *body])

    def text(self, about: str, before: str = "") -> str:
        """The whole file; ``before`` are definitions that come first, with ``main``."""
        entries, data = _entries(self.source.held)
        code = [before] if before else []
        code += [*self.source.helpers.values(), self.function]
        if data:
            code += [_UNPACK, f'DATA = base64.b64decode(\n    """\n{data}\n"""\n)']
        if entries:
            code.append("\n".join(["W = {", *[f"    {line}" for line in entries], "}"]))
        if before:
            code.append('if __name__ == "__main__":\n    main()')
        return "\n\n\n".join([_head(about, "\n".join(code)), *code]) + "\n"


def _head(about: str, code: str) -> str:
    """The docstring and the imports that the code needs."""
    used = [name for name in _STANDARD if re.search(rf"\b{name}\.", code)]
    lines = [f"import {name}" for name in used if name != "datetime"]
    if "datetime" in used:
        lines.append("from datetime import UTC, datetime")
    about = about.replace("\\", "\\\\").replace('"', '\\"')  # names in it may be anything
    ending = "\n" if "\n" in about else ""
    lines += ["", "import numpy as np"] if lines else ["import numpy as np"]
    return "\n".join([f'"""{about}{ending}"""', "", *lines])


_STANDARD = ("base64", "csv", "io", "math", "sys", "datetime")
_UNPACK = '''
def packed(start, shape, dtype):
    """An array of the block of numbers below, which begins at this byte."""
    count = int(np.prod(shape))
    return np.frombuffer(DATA, dtype, count, start).reshape(shape)
'''.strip()


def _entries(held: Mapping[str, Any]) -> tuple[list[str], str]:
    """Lines of the dict of arrays, and the block of data that large ones stand in."""
    lines: list[str] = []
    data = b""
    for name, array in held.items():
        if array.size <= SMALL:
            lines += wrapped(f'"{name}": {array_text(array)},', 92)
            continue
        dtype = array.dtype.newbyteorder("<").str
        lines.append(f'"{name}": packed({len(data)}, {array.shape}, "{dtype}"),')
        data += np.ascontiguousarray(array, dtype).tobytes()
    text = base64.b64encode(data).decode()
    pieces = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    return lines, "\n".join(pieces)
