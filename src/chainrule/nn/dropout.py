"""Dropout: in training, each element is set to 0 by chance, so that no unit relies on another."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import random
from ..engine import trace
from ..engine.errors import ConcreteValueError
from ..engine.primitives import logic as lg
from ..engine.tensor import Tensor
from .module import Module


def dropout(x: Any, key: Any, p: float = 0.5, training: bool = True) -> Any:
    """x / (1 - p) with probability 1 - p, else 0, for each element; so the mean stays.

    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014. Without ``training`` it is x.

    >>> import chainrule as cr, numpy as np
    >>> y = dropout(np.ones(1000), cr.random.key(0), p=0.2)
    >>> sorted(set(y.tolist())), bool(abs(y.mean() - 1) < 0.05)
    ([0.0, 1.25], True)
    """
    _check_probability(p)
    if not training or p == 0:
        return x
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if p == 1:
        return lg.zeros_like(x)
    kept = random.uniform(key, x.shape) < 1 - p
    return lg.where(kept, x * (1 / (1 - p)), 0.0)


class Dropout(Module):
    """In training mode: x / (1 - p) with probability 1 - p, else 0. In evaluation mode: x.

    Its random key is a buffer, split at each call in training mode; ``layer(x, key=...)`` uses
    another for this call. Under ``jit`` and ``scan`` pass the network as an argument, so that its
    key goes on.

    >>> import chainrule as cr, numpy as np
    >>> layer = cr.nn.Dropout(0.5, key=cr.random.key(1))
    >>> bool((layer(np.ones(99)) == layer(np.ones(99))).all())
    False
    >>> layer.eval()(np.ones(3))
    array([1., 1., 1.])
    """

    key: Any

    def __init__(self, p: float = 0.5, *, key: Any = None) -> None:
        _check_probability(p)
        self.p = p
        self.register_buffer("key", random.default_key() if key is None else key)

    def forward(self, x: Any, key: Any = None) -> Any:
        """The input, thinned out in training mode."""
        if not self.training or self.p == 0:
            return x
        if key is None:
            if not isinstance(self.key, Tensor) and not _has_value(x):
                raise ConcreteValueError(
                    "Dropout in training mode inside jit, vmap or scan: its key came from outside, "
                    "so each call would drop the same elements. Pass the network as an argument "
                    "(under scan, in the carry and back), or a key: dropout(x, key=...), or call "
                    ".eval() first."
                )
            self.key, key = random.split(self.key)
        return dropout(x, key, self.p)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}"


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is the probability of dropping, from 0 to 1; got {p}")


def _has_value(x: Any) -> bool:
    """Whether all that x was computed from is known (so not under jit, vmap or scan)."""
    pending = [x]
    seen = set()
    while pending:
        value = pending.pop()
        if not isinstance(value, Tensor) or value in seen:
            continue
        seen.add(value)
        node = trace.node_of(value)
        if node.known is not None:
            pending.append(node.known)
        elif node.primitive is None:
            return False
        else:
            pending.extend(node.inputs)
    return True
