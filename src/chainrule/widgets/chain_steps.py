"""A call as the page of the chain rule shows it: boxes, values, steps, and what a nudge does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..draw import placing
from ..draw.maths import plain, runs
from ..engine import trace
from ..engine.graph import Graph, node_names
from ..explain.numbers import as_json
from ..explain.steps import Backprop, backprop

FEW = 3  # numbers that stand in a box; of larger arrays it shows the largest
MOST_NUDGED = 64
NUDGE = 1e-6
HEADINGS = ("# forward", "# backward")


class Seen:
    """One call of a function, forward and backward, ready to be shown.

    ``names`` are what the arguments are called; all are differentiated by, but for those in
    ``fixed``. ``has_lines``: the function is the learner's, so its lines are shown.

    >>> seen = Seen(lambda w, x: w * x, ["w", "x"], [2.0, 3.0])
    >>> seen.forward(), seen.backward()
    (['x0', 'x1', 'v2'], ['v2'])
    >>> seen.nodes()["v2"]["value"]
    6.0
    """

    def __init__(
        self,
        function: Callable[..., Any],
        names: Sequence[str],
        values: Sequence[Any],
        fixed: Sequence[str] = (),
        has_lines: bool = True,
    ) -> None:
        self.has_lines = has_lines
        wanted = [i for i, name in enumerate(names) if name not in fixed]
        given = [np.asarray(value, np.float64) for value in values]
        self.steps: Backprop = backprop(function, wanted)(*given)
        self.graph: Graph = self.steps.graph
        self.ids = node_names(self.graph)
        self.inputs = dict(zip(names, self.graph.inputs, strict=True))
        self.labels = {self.ids[node]: name for name, node in self.inputs.items()}
        self._boxes, self._edges = placing.arranged(
            self.graph, {node: name for name, node in self.inputs.items()}, None
        )

    # ------------------------------------------------------------------------ the drawing

    def drawing(self) -> dict[str, Any]:
        """Boxes and edges with their places, as ``chainrule.draw.placed`` gives them."""
        found = placing.place_boxes(self._boxes, self._edges, _room)
        return placing.as_data(found, self.ids)

    def forward(self) -> list[str]:
        """The boxes in the order in which they are computed."""
        places = {name: i for i, name in enumerate(self.ids.values())}
        return sorted((box.name for box in self._boxes), key=places.__getitem__)

    def backward(self) -> list[str]:
        """The boxes in the order in which the chain rule comes to them."""
        drawn = {box.name for box in self._boxes}
        return [step.id for step in self.steps if step.id in drawn]

    # ------------------------------------------------------------------------ the numbers

    def nodes(self) -> dict[str, dict[str, Any]]:
        """What there is to say of each box, by its id."""
        steps = {step["id"]: step for step in self.steps.to_dicts()}
        found = {}
        for box in self._boxes:
            value = self.steps.values[box.name]
            cotangent = self.steps.cotangents.get(box.name)
            step = steps.get(box.name)
            found[box.name] = {
                "label": box.label,
                "formula": pieces(box.latex),
                "type": box.type if np.ndim(value) else "",
                "line": _line(box.line) if self.has_lines else "",
                "value": as_json(value),
                "short": short(value),
                "cotangent": None if cotangent is None else as_json(cotangent),
                "short_cotangent": "" if cotangent is None else short(cotangent),
                "sends": [self._sent(sent) for sent in step["sends"]] if step else [],
            }
        return found

    def _sent(self, sent: dict[str, Any]) -> dict[str, Any]:
        local = sent["local"]
        is_local = local["number"] is not None
        return {
            "to": sent["to"],
            "name": self.labels.get(sent["to"], sent["to"]),
            "rule": pieces(self._named(local["latex"])) if is_local else None,
            "code": self._named(local["formula"]),
            "local": short(local["number"]) if is_local else "",
            "amount": short(sent["amount"]),
            "total": short(sent["total"]),
        }

    def _named(self, text: str) -> str:
        """A formula or code with the learner's names: x0 and x_{0} are the first argument."""
        found = r"(?<![A-Za-z0-9])(d_)?(x)_?\{?(\d+)\}?"

        def name(match: re.Match[str]) -> str:
            label = self.labels.get(match[2] + match[3])
            return match[0] if label is None else (match[1] or "") + label

        return re.sub(found, name, text)

    def nudged(self, name: str) -> dict[str, Any] | None:
        """Finite differences: the output's change, divided by how far the value was nudged.

        Each of at most 64 elements is nudged up and down by 10⁻⁶; what comes after is computed
        again. ``difference`` is the largest one from the chain rule's cotangent.
        """
        cotangent = self.steps.cotangents.get(name)
        node = next((node for node, known in self.ids.items() if known == name), None)
        if cotangent is None or node is None or np.size(cotangent) > MOST_NUDGED:
            return None
        value = np.asarray(self.steps.values[name], np.float64)
        found = np.empty(value.shape)
        if not np.isfinite(value).all():
            return None
        for place in np.ndindex(value.shape):
            step = np.float64(NUDGE * max(1.0, abs(value[place])))
            ends = []
            for sign in (1, -1):
                moved = value.copy()
                moved[place] = value[place] + sign * step
                ends.append(float(self._outcome(node, moved[()])))
            found[place] = (ends[0] - ends[1]) / (2 * step)
        gap = float(np.abs(found - cotangent).max())
        return {"numbers": short(found, few=8), "difference": gap, "steps": 2 * found.size}

    def _outcome(self, node: Any, value: Any) -> Any:
        """The output, where this node has another value."""
        known = dict(self.steps.value_of)
        known[node] = value
        moved = {node}
        for each in self.graph.nodes:
            if each is not node and any(operand in moved for operand in each.inputs):
                operands = [known[operand] for operand in each.inputs]
                with np.errstate(all="ignore"):
                    known[each] = trace.apply(each.primitive, *operands, **each.params)
                moved.add(each)
        (output,) = self.graph.outputs
        return known[output]

    def code(self) -> str:
        """The same as NumPy code, with the learner's names."""
        lines = str(self.steps.code("chain_rule")).splitlines()
        kept = [line for line in lines if "#" not in line or line.strip() in HEADINGS]
        return self._named("\n".join(kept))


def _line(line: str) -> str:
    """The learner's line; of a typed formula what is computed."""
    return line.partition(": return ")[2] if line.startswith("<formula") else line


def _room(box: Any) -> list[str]:
    """The longest texts that may stand under a box's formula."""
    formula = plain(box.latex)
    shape = box.node.type.shape
    widest = "∂ −0.0000" if shape == () else f"∂ {_sizes(shape)}, |·| ≤ 0.0000"
    if len(shape) == 1 and shape[0] <= FEW:
        widest = "∂ [" + ", ".join(["−0.0000"] * shape[0]) + "]"
    # The page writes the formula larger than the lines below it, and bold.
    return [formula + formula[: len(formula) // 3 + 1], widest]


def pieces(latex: str) -> list[list[Any]]:
    r"""A formula as pieces [text, is italic, level]; level 1 is an exponent, -1 an index.

    >>> pieces("w^2")
    [['w', True, 0], ['2', False, 1]]
    """
    return [[run.text, run.italic, run.level] for run in runs(latex)]


def short(value: Any, few: int = FEW) -> str:
    """Some numbers for a box: all where they are few, else how many and the largest.

    >>> short(0.123456), short(np.array([1.0, -2.5])), short(np.zeros((3, 2)))
    ('0.1235', '[1, −2.5]', '3×2, |·| ≤ 0')
    """
    array = np.asarray(value, np.float64) if not isinstance(value, dict) else None
    if array is None:
        return "…"
    if array.ndim == 0:
        return _digits(float(array), 4)
    if array.ndim == 1 and array.size <= few:
        return "[" + ", ".join(_digits(float(v), 2) for v in array) + "]"
    return f"{_sizes(array.shape)}, |·| ≤ {_digits(float(np.abs(array).max()), 2)}"


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))


def _digits(value: float, digits: int) -> str:
    if not np.isfinite(value):
        return "–" if np.isnan(value) else ("∞" if value > 0 else "−∞")
    return f"{value:.{digits}g}".replace("-", "−")
