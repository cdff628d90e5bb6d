"""Learned: a trained network with what turns its raw outputs into predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..engine.primitives import elementwise as ew
from ..engine.primitives.views import concatenate, reshape
from ..engine.trace import no_grad
from ..nn import functional as F
from ..train import History
from .network import TableNetwork, count_parameters
from .recipe import Recipe

PIECE = 4096  # rows that are predicted at once


@dataclass(repr=False)
class Learned:
    """What ``learn`` gives back.

    ``task`` is binary, multiclass, multilabel or regression; ``classes`` the number of classes,
    labels or values. Logits are divided by ``temperature``; values in units are ``center + scale ·
    raw outputs``. ``is_flat`` says that a value is one number, not a row of one. ``settings`` are
    the arguments that make the network anew. Predictions are in the precision of x: float64 rows
    give the same digits alone as among others.
    """

    network: TableNetwork
    task: str
    classes: int
    recipe: Recipe
    settings: dict[str, Any]
    history: History = field(default_factory=History)
    temperature: float = 1.0
    center: Any = None
    scale: Any = None
    is_flat: bool = True
    optimizer: Any = None  # with its memories, to go on; in no file

    def __repr__(self) -> str:
        count = sum(p.size for p in self.network.parameters())
        return f"Learned({self.task}, {count:,} parameters; {self.history})"

    def function(self, x: Any) -> Any:
        """Final probabilities or values for float32[n, width]; can be traced, for export."""
        return self.finish(self.network.eval()(x))

    def finish(self, z: Any) -> Any:
        """Probabilities or values from raw outputs."""
        if self.task == "regression":
            values = z * self.scale.astype(z.dtype) + self.center.astype(z.dtype)
            return reshape(values, (-1,)) if self.is_flat else values
        z = z if self.temperature == 1 else z * (1 / self.temperature)
        if self.task == "multiclass":
            return F.softmax(z, -1)
        p = ew.sigmoid(z)
        return p if self.task == "multilabel" else concatenate([1 - p, p], axis=1)

    def raw(self, x: Any) -> Any:
        """Raw outputs of the network, float32[n, k]."""
        return self._by_pieces(self.network.eval(), x)

    def predict_proba(self, x: Any) -> Any:
        """Probabilities: (n, classes), of two classes too; of each label for several labels."""
        if self.task == "regression":
            raise TypeError("predict_proba is for classes; this network predicts values")
        return self._by_pieces(self.function, x)

    def predict(self, x: Any) -> Any:
        """The class's number, the labels as 0 and 1 (n, labels), or the values in their units."""
        found = self._by_pieces(self.function, x)
        if self.task == "regression":
            return found
        if self.task == "multilabel":
            return (found > 0.5).astype(np.int64)
        return found.argmax(axis=1)

    def _by_pieces(self, function: Any, x: Any) -> Any:
        x = np.ascontiguousarray(x)
        x = x if x.dtype.kind == "f" else x.astype(np.float32)
        with no_grad():
            parts = [
                np.asarray(function(x[start : start + PIECE]))
                for start in range(0, max(1, len(x)), PIECE)
            ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    # -- in a file

    def to_dict(self) -> dict[str, Any]:
        """All but the tensors, as JSON has it."""
        return {
            "task": self.task,
            "classes": self.classes,
            "recipe": self.recipe.to_dict(),
            "network": self.settings,
            "temperature": self.temperature,
            "center": None if self.center is None else np.ravel(self.center).tolist(),
            "scale": None if self.scale is None else np.ravel(self.scale).tolist(),
            "is_flat": self.is_flat,
        }

    def tensors(self) -> dict[str, Any]:
        """The network's parameters and buffers by name."""
        return self.network.state_dict()

    @classmethod
    def from_parts(cls, parts: Mapping[str, Any], tensors: Mapping[str, Any]) -> Learned:
        """What ``to_dict`` and ``tensors`` gave; without the history."""
        settings = dict(parts["network"])
        known = sum(value.size for value in tensors.values())
        if not 0 < (wanted := count_parameters(**settings)) <= known:
            raise ValueError(f"the network has {wanted:,} parameters, there are {known:,} numbers")
        network = TableNetwork(**settings)
        network.load_state_dict(tensors)
        units = {
            name: None if parts[name] is None else np.array(parts[name])
            for name in ("center", "scale")
        }
        return cls(
            network=network.eval(),
            task=parts["task"],
            classes=parts["classes"],
            recipe=Recipe.from_dict(parts["recipe"]),
            settings=settings,
            temperature=parts["temperature"],
            is_flat=parts["is_flat"],
            **units,
        )
