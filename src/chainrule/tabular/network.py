"""TableNetwork: numbers and categories of a row, through hidden layers, to the raw outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from .. import nn, random
from ..engine.primitives import logic as lg
from ..engine.primitives.indexing import take
from ..engine.primitives.views import concatenate

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


def embedding_size(codes: int) -> int:
    """How many numbers stand for a category of so many values: about 1.6 · codes^0.56, at most 50.

    >>> [embedding_size(codes) for codes in (2, 20, 10_000)]
    [2, 9, 50]
    """
    return min(50, round(1.6 * codes**0.56))


def count_parameters(
    width: int,
    outputs: int,
    *,
    hidden: Sequence[int] = (),
    embedded: Sequence[tuple[int, int]] = (),
    embedding: int | None = None,
    **others: Any,
) -> int:
    """How many numbers a ``TableNetwork`` of these arguments learns at least, before it is made.

    >>> count_parameters(3, 1, hidden=(4,), embedded=[(2, 10)])  # 10·6 + (8 + 1)·4 + 5
    101
    """
    sizes = [(codes, embedding or embedding_size(codes)) for _, codes in embedded]
    inputs = width - len(sizes) + sum(size for _, size in sizes)
    layers = [inputs, *hidden, outputs]
    if min(layers) < 1 or any(codes < 1 for codes, _ in sizes):
        raise ValueError(f"a network has layers of 1 or more numbers, not {layers}")
    weights = sum((ins + 1) * outs for ins, outs in pairwise(layers))
    return weights + sum(codes * size for codes, size in sizes)


class TableNetwork(nn.Module):
    """float32[n, width] to raw outputs float32[n, outputs]: a multi-layer perceptron.

    Parameters
    ----------
    width, outputs
        Columns of x, and numbers that come out.
    hidden, activation, dropout, batch_norm
        The hidden layers; after each, in this order: batch norm, activation, dropout.
    embedded
        Pairs (column of x, number of codes): such a column holds codes 0, 1, ..., each of which
        stands for a row of learned numbers (Guo and Berkhahn 2016).
    embedding
        How many numbers; None: ``embedding_size``.
    dtype
        Of the parameters.
    key
        Decides the first weights.

    >>> net = TableNetwork(3, 1, hidden=(4,), embedded=[(2, 10)], key=random.key(0))
    >>> net(np.array([[0.5, -1.0, 7.0]], np.float32)).shape
    (1, 1)
    """

    def __init__(
        self,
        width: int,
        outputs: int,
        *,
        hidden: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        batch_norm: bool = False,
        embedded: Sequence[tuple[int, int]] = (),
        embedding: int | None = None,
        dtype: str = "float32",
        key: Any = None,
    ) -> None:
        keys = random.split(random.default_key() if key is None else key, 2)
        self.width, self.outputs = width, outputs
        self.embedded = tuple([(int(place), int(codes)) for place, codes in embedded])
        places = [place for place, _ in self.embedded]
        self.plain = tuple([place for place in range(width) if place not in places])
        sizes = [embedding or embedding_size(codes) for _, codes in self.embedded]
        table_keys = random.split(keys[0], max(1, len(sizes)))
        self.tables = nn.ModuleList(
            nn.Embedding(codes, size, key=own)
            for (_, codes), size, own in zip(self.embedded, sizes, table_keys, strict=False)
        )
        self.layers = nn.Sequential(
            *_layers(
                [len(self.plain) + sum(sizes), *hidden, outputs],
                activation,
                dropout,
                batch_norm,
                keys[1],
            )
        )
        if dtype != "float32":
            self.to(dtype)

    def forward(self, x: Any) -> Any:
        """Raw outputs: logits, or standardised values."""
        return self.layers(self.columns(x) if self.embedded else x)

    def columns(self, x: Any) -> Any:
        """x with the looked-up numbers instead of the codes, after the plain columns."""
        parts = [take(x, np.array(self.plain), axis=1)] if self.plain else []
        for (place, _), table in zip(self.embedded, self.tables, strict=True):
            parts.append(table(lg.astype(x[:, place], np.int32)))
        return concatenate(parts, axis=1)


def _layers(
    sizes: list[int], activation: str, dropout: float, batch_norm: bool, key: Any
) -> list[nn.Module]:
    found: list[nn.Module] = []
    keys = random.split(key, 2 * len(sizes))
    start = {"init": nn.init.kaiming_normal} if activation in ("relu", "leaky_relu") else {}
    last = len(sizes) - 2
    for i in range(last + 1):
        own = start if i < last else {}
        found.append(nn.Linear(sizes[i], sizes[i + 1], key=keys[2 * i], **own))
        if i == last:
            break
        found += [nn.BatchNorm1d(sizes[i + 1])] if batch_norm else []
        found.append(LAYERS[activation]())
        found += [nn.Dropout(dropout, key=keys[2 * i + 1])] if dropout else []
    return found
