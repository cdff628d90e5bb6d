"""Losses of classification."""

from __future__ import annotations

import numpy as np

from ....nn import functional as F
from ....numpy import astype, expand_dims, squeeze, take, take_along_axis, where
from .common import by_name


def NegativeLogLikelihoodLoss(scores, labels, weight=None, *, ignore_index=None, reduction="mean"):
    """-scores[n, label] · weight[label]; the mean is weighted. Classes stand along axis 1."""
    counts = np.ones(labels.shape, scores.dtype)
    if ignore_index is not None:
        counted = labels != ignore_index
        counts = astype(counted, scores.dtype)
        labels = where(counted, labels, np.zeros((), labels.dtype))
    if weight is not None:
        counts = counts * take(weight, labels, 0)
    chosen = take_along_axis(scores, expand_dims(labels, 1), 1)
    each = -squeeze(chosen, 1) * counts
    if reduction == "none":
        return each
    total = each.sum()
    return total if reduction == "sum" else total / counts.sum()


def SoftmaxCrossEntropyLoss(scores, labels, weight=None, *, ignore_index=None, reduction="mean"):
    """The same of ln softmax(scores), which is the second output."""
    logs = F.log_softmax(scores, 1)
    settings = {"ignore_index": ignore_index, "reduction": reduction}
    return NegativeLogLikelihoodLoss(logs, labels, weight, **settings), logs


OPERATORS = by_name(NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss)
