"""Penalties on the size of parameters, to add to a loss: small weights make a smooth function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine import tree
from ..engine.primitives import elementwise as ew
from ..engine.primitives import reductions
from ..engine.tensor import Tensor
from .module import Module


def l1_penalty(parameters: Any, strength: float = 1.0) -> Any:
    """strength · Σ |w| over a Module or any tree of arrays; makes many w zero. Tibshirani 1996.

    >>> import numpy as np
    >>> float(l1_penalty({"w": np.array([1.0, -2.0]), "b": 3.0}, 0.5))
    3.0
    """
    return _total(ew.abs, parameters, strength)


def l2_penalty(parameters: Any, strength: float = 1.0) -> Any:
    """strength · Σ w² over a Module or any tree of arrays. Hoerl and Kennard 1970, Tikhonov.

    Its derivative is 2 · strength · w. To leave out biases give the weights alone:
    ``l2_penalty([layer.weight for layer in layers])``.

    >>> import numpy as np
    >>> float(l2_penalty({"w": np.array([1.0, -2.0]), "b": 3.0}, 0.5))
    7.0
    """
    return _total(ew.square, parameters, strength)


def _total(size: Callable[[Any], Any], parameters: Any, strength: float) -> Any:
    sums = [reductions.sum(size(_as_operand(leaf))) for leaf in _leaves(parameters)]
    if not sums:
        return 0.0
    total = sums[0]
    for each in sums[1:]:
        total = total + each
    return strength * total


def _as_operand(leaf: Any) -> Any:
    return leaf if isinstance(leaf, Tensor) else np.asarray(leaf)


def _leaves(parameters: Any) -> list[Any]:
    """Leaves of a tree; a Module's are its Parameters themselves, so that backward() finds them."""
    if isinstance(parameters, Module):
        return list(parameters.parameters())
    if isinstance(parameters, dict):
        parameters = list(parameters.values())
    if isinstance(parameters, list | tuple):
        return [leaf for item in parameters for leaf in _leaves(item)]
    if hasattr(parameters, "__next__"):
        return list(parameters)
    return tree.leaves(parameters)
