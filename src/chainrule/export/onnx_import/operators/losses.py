"""Losses of classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from .... import numpy as cnp
from ....engine.primitives.reductions import as_operand
from ....nn import functional as F
from .common import by_name


def NegativeLogLikelihoodLoss(
    scores: Any,
    labels: Any,
    weight: Any = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> Any:
    """-scores[n, label] · weight[label]; the mean is weighted. Classes stand along axis 1."""
    scores, labels = as_operand(scores), as_operand(labels)
    counts = np.ones(labels.shape, scores.dtype)
    if ignore_index is not None:
        counts = cnp.astype(labels != ignore_index, scores.dtype)
        labels = cnp.where(labels == ignore_index, np.zeros((), labels.dtype), labels)
    if weight is not None:
        counts = counts * cnp.take(as_operand(weight), labels, 0)
    chosen = cnp.take_along_axis(scores, cnp.expand_dims(labels, 1), 1)
    each = -cnp.squeeze(chosen, 1) * counts
    if reduction == "none":
        return each
    total = cnp.sum(each)
    return total if reduction == "sum" else total / cnp.sum(counts)


def SoftmaxCrossEntropyLoss(
    scores: Any,
    labels: Any,
    weight: Any = None,
    *,
    ignore_index: int | None = None,
    reduction: str = "mean",
) -> tuple[Any, Any]:
    """The same of ln softmax(scores), which is the second output."""
    logs = F.log_softmax(scores, 1)
    settings: dict[str, Any] = {"ignore_index": ignore_index, "reduction": reduction}
    return NegativeLogLikelihoodLoss(logs, labels, weight, **settings), logs


OPERATORS = by_name(NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss)
