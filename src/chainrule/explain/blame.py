"""why: a weight's update as a sum of the optimiser's terms, of examples and of paths."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from ..draw import flow
from ..engine import trace
from ..engine.graph import Graph
from ..engine.tensor import Parameter
from ..engine.transforms import grad
from ..engine.vectorize import vmap
from ..nn import Module, l2_penalty
from ..optim import Optimizer
from ..optim.clipping import l2_norm
from .mistakes.subject import preserved
from .moves import update_of
from .paths import Path, paths_to

WIDTH = 80


@dataclass(frozen=True)
class Explanation:
    """Why one number moves: ``update`` is the sum of ``terms``; two of its parts have parts.

    Attributes
    ----------
    name, index, before, update
        Which number, its value, and by how much the next step changes it.
    terms
        By name: ``gradient``, ``clipping``, ``momentum``, ``decay``. They sum to ``update``.
    examples
        Pairs (row, share) of the gradient's term, the largest first; they and ``together`` sum to
        it. ``together`` is what no single example has: a penalty.
    paths
        The ways through the graph from the number to the loss; their ``gradient`` times ``factor``
        sum to the gradient's term too.
    factor
        By what the optimiser multiplies the gradient; ``scale`` says where it comes from.
    """

    name: str
    index: tuple[int, ...]
    before: float
    update: float
    terms: dict[str, float]
    examples: list[tuple[int, float]]
    together: float
    paths: list[tuple[Path, float]]
    factor: float
    scale: str
    optimizer: str

    def to_dicts(self) -> dict[str, Any]:
        """Everything as plain numbers and text, for JSON."""
        return {
            "parameter": self.name,
            "index": list(self.index),
            "before": self.before,
            "update": self.update,
            "terms": dict(self.terms),
            "factor": self.factor,
            "scale": self.scale,
            "examples": [{"row": row, "share": share} for row, share in self.examples],
            "together": self.together,
            "paths": [
                {"operations": p.operations, "lines": p.lines, "ways": p.count, "share": share}
                for p, share in self.paths
            ],
        }

    def __str__(self) -> str:
        after = self.before + self.update
        head = f"{self._title} moves by {self.update:+.4g}: {self.before:.6g} → {after:.6g}"
        lines = [head, *_wrapped(self.optimizer, "  "), ""]
        lines += _bars(self.terms)
        if self.scale:
            lines += _wrapped(f"The gradient is {self.scale}.", "  ")
        if self.examples:
            lines += ["", f"The gradient's {self.terms['gradient']:+.4g}, by example:"]
            lines += _bars(self._shown_examples())
        if self.paths:
            lines += ["", "and by path through the graph:"]
            for path, share in self.paths[:5]:
                lines += [f"  {share:+.4g}", *_wrapped(" → ".join(_steps(path)), "    ")]
        return "\n".join(lines)

    __repr__ = __str__

    @property
    def _title(self) -> str:
        place = ", ".join(map(str, self.index))
        return f"{self.name}[{place}]" if self.index else self.name

    def _shown_examples(self, most: int = 6) -> dict[str, float]:
        shown = {f"row {row}": share for row, share in self.examples[:most]}
        rest = self.examples[most:]
        if rest:
            shown[f"{len(rest)} others"] = sum(share for _, share in rest)
        if self.together:
            shown["together"] = self.together
        return shown

    def _repr_html_(self) -> str:
        parts = [
            f"<p><b>{escape(self._title)}</b> moves by <b>{self.update:+.4g}</b>, from "
            f"{self.before:.6g}<br><small>{escape(self.optimizer)}</small></p>",
            _html_bars("term", self.terms),
        ]
        if self.examples:
            parts.append(_html_bars("example", self._shown_examples()))
        ways = {" → ".join(_steps(path)): share for path, share in self.paths[:5]}
        parts.append(_html_bars("path", ways))
        return "".join(parts)


def why(
    model: Module,
    loss: Callable[..., Any],
    optimizer: Optimizer,
    data: tuple[Any, Any],
    *,
    parameter: Any,
    index: tuple[int, ...] | int = (),
    clip: float | None = None,
    l2: float = 0.0,
) -> Explanation:
    """Why the next step of the optimizer on this batch moves one weight as it does.

    Nothing is changed: neither parameters nor gradients, buffers or what the optimizer remembers.

    Parameters
    ----------
    model, loss, optimizer, clip, l2
        As for ``train.fit``; the model is looked at in training mode.
    data
        The batch, ``(x, y)``.
    parameter, index
        Which number: a Parameter or its name (``"0.weight"``), and the place in it.

    The update is split by the rule's formula (``explain.moves``); its gradient into examples by
    ``vmap(grad)`` of the loss of one example, and into paths by sending the derivative along one
    way at a time. Where examples influence each other (batch norm), or dropout draws anew, each
    example's share is the derivative of its own loss within the batch; this needs a criterion with
    ``weight=``.

    >>> import chainrule as cr, numpy as np
    >>> net = cr.nn.Linear(2, 1, init=cr.nn.init.zeros)
    >>> net.bias.data[:] = 0
    >>> x, y = np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[1.0], [1.0]])
    >>> optimizer = cr.optim.SGD(net.parameters(), lr=0.5)
    >>> found = why(net, cr.nn.MSELoss(), optimizer, (x, y), parameter="weight", index=(0, 0))
    >>> found.update, found.examples
    (2.0, [(1, 1.5), (0, 0.5)])
    """
    if not (isinstance(model, Module) and isinstance(optimizer, Optimizer)):
        raise TypeError("why: the model is a Module, the optimizer one of chainrule.optim")
    name, weight = _named(model, parameter)
    place = index if isinstance(index, tuple) else (index,)
    if len(place) != weight.ndim:
        raise IndexError(f"why: {name} has shape {weight.shape}; index= needs {weight.ndim} places")
    if not all(-n <= i < n for i, n in zip(place, weight.shape, strict=True)):
        raise IndexError(f"why: index {place} is outside of {name}, whose shape is {weight.shape}")
    place = tuple([range(n)[i] for i, n in zip(place, weight.shape, strict=True)])
    x, y = (_as_batch(part, weight.dtype) for part in data)
    objective = _objective(loss)
    with preserved(set(model.modules())):
        model.train()
        total = objective(model, x, y)
        if l2:
            matrices = [p for p in optimizer.parameters() if p.ndim >= 2]
            total = total + l2_penalty(matrices, l2)
    graph = Graph((), [trace.node_of(total)])
    seen = flow(graph)
    leaf = weight.snapshot()
    gradients = {id(p): seen.gradient.get(p.snapshot()) for p in optimizer.parameters()}
    own = gradients.get(id(weight))
    own = np.zeros(weight.shape, weight.dtype) if own is None else own
    scale = 1.0 if clip is None else _clipping(list(gradients.values()), clip)
    moved = update_of(optimizer, weight, own, place, scale)
    paths = [
        (path, moved.factor * float(path.gradient[place]))
        for path in paths_to(leaf, graph, seen.value, seen.gradient)
    ]
    penalty = 2 * l2 * float(weight.data[place]) if l2 and weight.ndim >= 2 else 0.0
    shares = _by_example(model, objective, loss, weight, place, x, y, float(own[place]) - penalty)
    before = float(weight.data[place])
    rest = float(own[place]) - float(np.sum(shares))
    order = np.argsort(-np.abs(shares), kind="stable")
    return Explanation(
        name=name,
        index=place,
        before=before,
        update=moved.after - before,
        terms=moved.terms,
        examples=[(int(i), moved.factor * float(shares[i])) for i in order],
        together=moved.factor * rest if l2 or not len(shares) else 0.0,
        paths=sorted(paths, key=lambda pair: -abs(pair[1])),
        factor=moved.factor,
        scale=moved.scale,
        optimizer=f"{_settings(optimizer)}, after {moved.turn} steps",
    )


# -- arguments ---------------------------------------------------------------------------------


def _named(model: Module, parameter: Any) -> tuple[str, Parameter]:
    held = dict(model.named_parameters())
    for name, own in held.items():
        if own is parameter or (isinstance(parameter, str) and name == parameter):
            return name, own
    wanted = repr(parameter) if isinstance(parameter, str) else "which is this one"
    raise ValueError(f"why: the model has no parameter {wanted}; it has {sorted(held)}")


def _as_batch(part: Any, dtype: Any) -> Any:
    array = np.asarray(part)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _settings(optimizer: Optimizer) -> str:
    """The optimiser with the settings that are not 0."""
    group = optimizer.param_groups[0]
    known = [f"{name}={group[name]}" for name in optimizer.defaults if group[name]]
    return f"{type(optimizer).__name__}({', '.join(known)})"


def _objective(loss: Callable[..., Any]) -> Callable[..., Any]:
    """``(model, x, y, **named) -> scalar``, whichever of the two forms the loss has (see fit)."""
    if not isinstance(loss, Module):
        parameters = inspect.signature(loss).parameters.values()
        if sum(p.default is p.empty and p.kind != p.VAR_KEYWORD for p in parameters) == 3:
            return loss
    return lambda model, x, y, **named: loss(model(x), y, **named)


def _clipping(gradients: list[Any], clip: float) -> float:
    """By what clipping to this norm multiplies these gradients (``clip_by_global_norm``)."""
    norm = float(l2_norm([g for g in gradients if g is not None]))
    return float(min(1.0, clip / (norm + 1e-6)))


# -- examples ----------------------------------------------------------------------------------


def _by_example(
    model: Module,
    objective: Callable[..., Any],
    loss: Callable[..., Any],
    weight: Parameter,
    place: tuple[int, ...],
    x: Any,
    y: Any,
    whole: float,
) -> Any:
    """Each example's part of the derivative by one number; they sum to ``whole``."""
    count = len(x)
    mark = np.zeros(weight.shape, weight.dtype)
    mark[place] = 1

    def of_one(change: Any, xi: Any, yi: Any) -> Any:
        with _replaced(model, weight, weight.data + change * mark):
            return objective(model, xi[None], yi[None])

    def of_row(change: Any, row: Any) -> Any:
        with _replaced(model, weight, weight.data + change * mark):
            return objective(model, x, y, weight=row)

    zero = np.zeros((), weight.dtype)
    rows = np.eye(count, dtype=weight.dtype)
    ways = [
        lambda: vmap(grad(of_one), in_axes=(None, 0, 0))(zero, x, y),
        lambda: vmap(grad(of_row), in_axes=(None, 0))(zero, rows),
    ]
    for way in ways:
        with preserved(set(model.modules())):
            model.train()
            try:
                found = np.asarray(way(), np.float64)
            except (TypeError, ValueError):
                continue
        for share in (found / count, found):
            bound = 1e-4 * float(np.abs(share).sum()) + 1e-12
            if abs(float(share.sum()) - whole) <= bound:
                return share
    return np.zeros(0)


@contextmanager
def _replaced(model: Module, weight: Parameter, value: Any) -> Iterator[None]:
    """Another value in every place that holds this Parameter."""
    places = [
        (module._parameters, slot)
        for module in model.modules()
        for slot, held in module._parameters.items()
        if held is weight
    ]
    for table, slot in places:
        table[slot] = value
    try:
        yield
    finally:
        for table, slot in places:
            table[slot] = weight


# -- text --------------------------------------------------------------------------------------


def _steps(path: Path) -> list[str]:
    if path.count > 1:
        first, last = path.operations
        return [first, f"{path.count} ways", last]
    return path.operations


def _bars(parts: dict[str, float]) -> list[str]:
    """A row for each part, with a bar for its size."""
    most = max(map(abs, parts.values()), default=0.0) or 1.0
    wide = max(map(len, parts), default=0)
    return [
        f"  {name:<{wide}}  {share:+11.4g}  {'█' * round(24 * abs(share) / most)}".rstrip()
        for name, share in parts.items()
    ]


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=f"{lead}  ")


def _html_bars(title: str, parts: dict[str, float]) -> str:
    most = max(map(abs, parts.values()), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{escape(name)}</td>"
        f"<td style='text-align:right;white-space:nowrap'>{share:+.4g}</td>"
        f"<td style='min-width:12em'><div style='width:{100 * abs(share) / most:.1f}%;height:.8em;"
        f"background:{'#0072b2' if share > 0 else '#d55e00'}'></div></td></tr>"
        for name, share in parts.items()
    )
    return f"<table><thead><tr><th>{title}</th><th>share</th><th></th></tr></thead>{rows}</table>"
