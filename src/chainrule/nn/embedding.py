"""Embedding: a table with a row of numbers for each of a finite set of things."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import random
from ..engine.errors import DtypeError
from ..engine.primitives import logic as lg
from ..engine.primitives.indexing import take
from ..engine.primitives.views import expand_dims
from ..engine.tensor import Tensor
from . import init
from .module import Module


def one_hot(labels: Any, num_classes: int, dtype: Any = np.float32) -> Any:
    """1 at the place of each label, else 0: shape (..., num_classes).

    >>> import numpy as np
    >>> one_hot(np.array([0, 2]), 3)
    array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    labels = _as_labels("one_hot", labels, num_classes)
    return lg.astype(lg.equal(expand_dims(labels, -1), np.arange(num_classes)), dtype)


def embedding(indices: Any, weight: Any) -> Any:
    """Row ``weight[i]`` for each index i: shape (*indices.shape, weight.shape[1])."""
    return take(weight, _as_labels("embedding", indices, weight.shape[0]), axis=0)


def _as_labels(name: str, labels: Any, count: int) -> Any:
    """Whole numbers from 0 to count - 1; checked where they are known."""
    labels = labels if isinstance(labels, Tensor) else np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise DtypeError(f"{name}: indices must be whole numbers, got {labels.dtype}: .astype(int)")
    if isinstance(labels, np.ndarray) and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= count:
            raise IndexError(
                f"{name}: indices go from {low} to {high}, but must lie in 0 to {count - 1}"
            )
    return labels


class Embedding(Module):
    """Row i of a learned table of shape (num_embeddings, embedding_dim), initially N(0, 1).

    >>> import chainrule as cr, numpy as np
    >>> cr.nn.Embedding(10, 3)(np.array([[1, 2], [9, 0]])).shape
    (2, 2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, *, key: Any = None, dtype: Any = np.float32
    ) -> None:
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        key = random.default_key() if key is None else key
        table = init.normal(key, (num_embeddings, embedding_dim), dtype)
        self.register_parameter("weight", table)

    def forward(self, indices: Any) -> Any:
        """The rows with these indices."""
        return embedding(indices, self.weight)

    def extra_repr(self) -> str:
        """Sizes."""
        return f"{self.num_embeddings}, {self.embedding_dim}"
