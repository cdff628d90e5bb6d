"""What each ONNX operator means, in Chainrule's functions; a file a family.

An operator is a function of its inputs, arrays or tensors (None: left out), with the attributes as
keywords by ONNX's names; it returns one value, or a tuple or list of several. What was an attribute
in old versions and is an input in new ones (``axes`` of Squeeze) is one parameter, so one function
serves both. Where the meaning changed, the table has a function for each version since which it
holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import (
    activations,
    casting,
    control,
    creation,
    elementwise,
    images,
    indexing,
    labels,
    losses,
    normalization,
    pooling,
    products,
    quantization,
    recurrent,
    reductions,
    sequences,
    shapes,
)

Row = Callable[..., Any] | dict[int, Callable[..., Any]]

OPERATORS: dict[str, Row] = {
    **elementwise.OPERATORS,
    **activations.OPERATORS,
    **casting.OPERATORS,
    **control.OPERATORS,
    **creation.OPERATORS,
    **images.OPERATORS,
    **indexing.OPERATORS,
    **labels.OPERATORS,
    **losses.OPERATORS,
    **normalization.OPERATORS,
    **pooling.OPERATORS,
    **products.OPERATORS,
    **quantization.OPERATORS,
    **recurrent.OPERATORS,
    **reductions.OPERATORS,
    **sequences.OPERATORS,
    **shapes.OPERATORS,
}

# Inputs that are settings of an operator, by their places: arrays there are not trained.
NUMBERS: dict[str, tuple[int, ...]] = {
    "Clip": (1, 2),
    "DequantizeLinear": (1,),
    "NegativeLogLikelihoodLoss": (2,),
    "OneHot": (1, 2),
    "Pad": (2,),
    "Pow": (1,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
    "QuantizeLinear": (1,),
    "Resize": (1, 2),
    "SoftmaxCrossEntropyLoss": (2,),
    "Upsample": (1,),
}

# Inputs that are averages over the training data: buffers.
STATISTICS: dict[str, tuple[int, ...]] = {"BatchNormalization": (3, 4)}


def find(domain: str, kind: str, version: int) -> Callable[..., Any] | None:
    """The function of an operator as it was in this version of ONNX's operators, or None.

    >>> find("", "Softmax", 12).__name__, find("", "Softmax", 13).__name__
    ('flattened', 'Softmax')
    >>> print(find("", "NoSuchThing", 21), find("other.domain", "Softmax", 1))
    None None
    """
    row = OPERATORS.get(f"{domain}.{kind}" if domain else kind)
    if not isinstance(row, dict):
        return row
    since = max((v for v in row if v <= version), default=None)
    return None if since is None else row[since]
