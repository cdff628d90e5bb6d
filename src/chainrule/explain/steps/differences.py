"""The chain rule against finite differences, node by node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..walk.recompute import Values, compute_wide, dependents, widened

if TYPE_CHECKING:
    from . import Backprop


@dataclass(frozen=True)
class Difference:
    """One node: the slope along a direction by backprop, and by two evaluations."""

    id: str
    op: str
    backprop: float
    difference: float
    ok: bool


class Differences(Sequence[Difference]):
    """The comparison for every node; ``ok`` if all agree."""

    def __init__(self, rows: list[Difference]) -> None:
        self._rows = rows
        self.ok = all(row.ok for row in rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._rows[index]

    def __str__(self) -> str:
        lines = [f"{'node':<8}{'operation':<16}{'backprop':>16}{'difference':>16}"]
        for row in self._rows:
            is_finite = np.isfinite([row.backprop, row.difference]).all()
            mark = "" if row.ok else "  differs" if is_finite else "  not finite"
            numbers = f"{row.backprop:>16.8g}{row.difference:>16.8g}"
            lines.append(f"{row.id:<8}{row.op:<16}{numbers}{mark}")
        return "\n".join(lines)

    __repr__ = __str__

    def to_dicts(self) -> list[dict[str, Any]]:
        """The rows as data for JSON."""
        return [dict(vars(row)) for row in self._rows]


def differences(steps: Backprop, eps: float | None) -> Differences:
    """See ``Backprop.check``."""
    nodes = [n for n in steps.graph.nodes if n.inputs]
    value = {node: widened(v) for node, v in steps.value_of.items()}
    fixed = {n for n in nodes if n.primitive.name == "stop_gradient"}
    for node in nodes:
        value[node] = compute_wide(node, value)
    checked = [n for n in (*steps.graph.inputs, *steps.graph.nodes) if n in steps.flow]
    checked = [node for node in checked if not isinstance(node.type, tuple)]
    is_single = any(node.dtype.itemsize < 8 for node in checked)
    is_rough = is_single and any(n.primitive.family == "control" for n in nodes)
    # A kink that lies within the first step may lie outside of the second.
    sizes = (eps,) if eps else (1e-3,) if is_rough else (1e-6, 1e-8)
    noise = 1e-7 if is_rough else 1e-15
    given = set(steps.graph.inputs)
    rows = []
    for node in checked:
        direction = _direction(node)
        slope = float(np.sum(widened(steps.flow[node]) * direction))
        later = dependents(nodes, {node}, fixed)
        for step in sizes:
            size = step * max(1.0, float(np.max(np.abs(value[node]), initial=0.0)))
            with np.errstate(all="ignore"):
                ends = [_output(steps, node, value, direction * s, later) for s in (size, -size)]
                found = (ends[0] - ends[1]) / (2 * size)
            loss = abs(float(value[steps.graph.outputs[0]]))
            larger, rounding = max(abs(slope), abs(found)), 100 * noise / size * (1 + loss)
            allowed = rounding + (1e-3 if is_single else 1e-5) * larger
            tells = step == sizes[0] or rounding < 0.01 * larger
            is_ok = bool(tells and abs(slope - found) <= allowed)
            if is_ok:
                break
        op = "input" if node in given else node.primitive.name
        rows.append(Difference(steps.names[node], op, slope, found, is_ok))
    return Differences(rows)


def _direction(node: Any) -> Any:
    """Numbers between 1/2 and 3/2 with both signs, the same each time; 1 for a scalar."""
    if not node.shape:
        return 1.0
    random = np.random.default_rng(0)
    return random.uniform(0.5, 1.5, node.shape) * random.choice([-1.0, 1.0], node.shape)


def _output(steps: Backprop, node: Any, value: Values, step: Any, later: list[Any]) -> float:
    moved = {**value, node: value[node] + step}
    for other in later:
        moved[other] = compute_wide(other, moved)
    return float(moved[steps.graph.outputs[0]])
