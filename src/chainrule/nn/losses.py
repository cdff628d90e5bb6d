"""Losses, as functions of a prediction and a target; ``chainrule.nn`` has each as a Module too.

Common to all: ``reduction`` is ``mean``, ``sum`` or ``none``; ``weight`` has a weight for each
sample (the shape of the losses, or of their first axes), and the mean is then the weighted one, Σ
weight · loss / Σ weight. Prediction and target must have the same shape: (N,) against (N, 1) would
broadcast to (N, N), and is an error. Whole numbers and truth values as targets become the
prediction's dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.errors import DtypeError, ShapeError
from ..engine.primitives import activation, reductions
from ..engine.primitives import elementwise as ew
from ..engine.primitives import logic as lg
from ..engine.primitives.indexing import take_along_axis
from ..engine.primitives.views import broadcast_to, expand_dims, reshape, squeeze
from ..engine.tensor import Tensor
from ..hints.shapes import equal
from .activations import log_softmax, sigmoid, softplus

# -- squared and absolute errors ---------------------------------------------------------------


def mse_loss(prediction: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Squared error (prediction - target)². Gauss, Legendre.

    >>> import numpy as np
    >>> float(mse_loss(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    2.0
    """
    prediction, target = same_shape("mse_loss", prediction, target)
    return reduce_loss("mse_loss", ew.square(prediction - target), reduction, weight)


def l1_loss(prediction: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """Absolute error |prediction - target|; its derivative at 0 is 0.

    >>> import numpy as np
    >>> float(l1_loss(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    1.0
    """
    prediction, target = same_shape("l1_loss", prediction, target)
    return reduce_loss("l1_loss", ew.abs(prediction - target), reduction, weight)


mae_loss = l1_loss


def huber_loss(
    prediction: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None
) -> Any:
    """d²/2 where |d| ≤ delta, else delta · (|d| - delta/2), for the error d. Huber 1964.

    >>> import numpy as np
    >>> huber_loss(np.array([0.5, 3.0]), np.zeros(2), reduction="none")
    array([0.125, 2.5  ])
    """
    prediction, target = same_shape("huber_loss", prediction, target)
    return reduce_loss("huber_loss", _huber(prediction - target, delta), reduction, weight)


def smooth_l1_loss(
    prediction: Any, target: Any, reduction: str = "mean", beta: float = 1.0, weight: Any = None
) -> Any:
    """d²/(2 beta) where |d| ≤ beta, else |d| - beta/2: Huber's loss over beta. Girshick 2015."""
    if beta == 0:
        return l1_loss(prediction, target, reduction, weight)
    prediction, target = same_shape("smooth_l1_loss", prediction, target)
    losses = _huber(prediction - target, beta) / beta
    return reduce_loss("smooth_l1_loss", losses, reduction, weight)


def _huber(error: Any, delta: float) -> Any:
    if delta <= 0:
        raise ValueError(f"the loss changes its form at |error| = {delta}; that must be positive")
    size = ew.abs(error)
    near = lg.less_equal(size, delta)
    # Where the error is large the square is not computed from it, so that it cannot overflow.
    inner = 0.5 * ew.square(lg.where(near, error, 0.0))
    return lg.where(near, inner, delta * (size - 0.5 * delta))


# -- two classes -------------------------------------------------------------------------------


def binary_cross_entropy(
    prediction: Any, target: Any, reduction: str = "mean", weight: Any = None
) -> Any:
    """-(y ln p + (1 - y) ln(1 - p)), for probabilities p and targets y between 0 and 1.

    Logarithms are at least -100, as in PyTorch; p = 0 or 1 gives a finite loss with derivative 0.
    From a linear layer, ``binary_cross_entropy_with_logits`` loses nothing.

    >>> import numpy as np
    >>> binary_cross_entropy(np.array([0.5, 0.0]), np.array([1.0, 1.0]), reduction="none")
    array([  0.69314718, 100.        ])
    """
    p, y = same_shape("binary_cross_entropy", prediction, target)
    with np.errstate(divide="ignore"):
        hit, miss = ew.log(p), ew.log1p(ew.negative(p))
    losses = -(y * lg.maximum(hit, -100.0) + (1 - y) * lg.maximum(miss, -100.0))
    return reduce_loss("binary_cross_entropy", losses, reduction, weight)


def binary_cross_entropy_with_logits(
    prediction: Any, target: Any, reduction: str = "mean", weight: Any = None
) -> Any:
    """-(y ln σ(z) + (1 - y) ln σ(-z)), for logits z (any number) and targets y between 0 and 1.

    ln σ(z) = -softplus(-z), so that nothing overflows and small losses stay exact.

    >>> import numpy as np
    >>> z = np.array([0.0, 1000.0])
    >>> binary_cross_entropy_with_logits(z, np.array([1.0, 0.0]), reduction="none")
    array([6.93147181e-01, 1.00000000e+03])
    """
    z, y = same_shape("binary_cross_entropy_with_logits", prediction, target)
    return reduce_loss("binary_cross_entropy_with_logits", _bce(z, y), reduction, weight)


def _bce(z: Any, y: Any) -> Any:
    return y * softplus(-z) + (1 - y) * softplus(z)


def binary_focal_loss(
    prediction: Any,
    target: Any,
    reduction: str = "mean",
    gamma: float = 2.0,
    alpha: float | None = None,
    weight: Any = None,
) -> Any:
    """-α (1 - p)^γ ln p, with p the probability given to the true class. Lin et al. 2017.

    ``prediction`` holds logits, ``target`` 0 and 1. gamma 0 is cross entropy; the larger, the less
    count examples that are right already. ``alpha`` weighs class 1 by alpha and class 0 by 1 -
    alpha.

    >>> import numpy as np
    >>> float(binary_focal_loss(np.array([0.0]), np.array([1.0])))  # 0.5² ln 2
    0.17328679513998632
    """
    z, y = same_shape("binary_focal_loss", prediction, target)
    doubt = y * sigmoid(-z) + (1 - y) * sigmoid(z)
    losses = ew.power(doubt, gamma) * _bce(z, y)
    if alpha is not None:
        losses = losses * (alpha * y + (1 - alpha) * (1 - y))
    return reduce_loss("binary_focal_loss", losses, reduction, weight)


def hinge_loss(
    prediction: Any, target: Any, reduction: str = "mean", margin: float = 1.0, weight: Any = None
) -> Any:
    """max(0, margin - y · prediction), for targets y of -1 and 1. Cortes and Vapnik 1995.

    Its derivative at the kink is 0.

    >>> import numpy as np
    >>> hinge_loss(np.array([2.0, 0.5, 1.0]), np.array([1, 1, -1]), reduction="none")
    array([0. , 0.5, 2. ])
    """
    z, y = same_shape("hinge_loss", prediction, target)
    if isinstance(y, np.ndarray) and not np.isin(y, (-1, 1)).all():
        raise ValueError("hinge_loss: targets must be -1 and 1; for 0 and 1 give 2 * y - 1")
    return reduce_loss("hinge_loss", activation.relu(margin - y * z), reduction, weight)


# -- several classes ---------------------------------------------------------------------------


def cross_entropy(
    prediction: Any,
    target: Any,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    weight: Any = None,
) -> Any:
    """-Σ_c q_c ln softmax(z)_c, for logits z of shape (N, C) (or (N, C, ...), or (C,)).

    Parameters
    ----------
    target
        Labels 0 to C - 1, whole numbers of shape (N,); or distributions q, of the logits' shape.
    label_smoothing
        ε: q becomes (1 - ε) q + ε/C. Szegedy et al. 2016.
    weight
        For each sample; for weights of classes give ``class_weight[labels]``.

    >>> import numpy as np
    >>> float(cross_entropy(np.array([[0.0, 1000.0]]), np.array([0])))
    1000.0
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing is from 0 to 1, not {label_smoothing}")
    z = as_operand(prediction)
    axis = _class_axis("cross_entropy", z)
    log_p = log_softmax(z, axis)
    target = as_operand(target)
    if target.dtype.kind == "f":
        log_p, q = same_shape("cross_entropy", log_p, target)
        losses = -reductions.sum(q * log_p, axis=axis)
    else:
        losses = -_at_labels("cross_entropy", log_p, target, axis)
    if label_smoothing:
        spread = -reductions.mean(log_p, axis=axis)
        losses = (1 - label_smoothing) * losses + label_smoothing * spread
    return reduce_loss("cross_entropy", losses, reduction, weight)


def nll_loss(log_probability: Any, target: Any, reduction: str = "mean", weight: Any = None) -> Any:
    """-ln p of the true class, for log-probabilities (N, C) (log_softmax gives them), labels (N,).

    >>> import numpy as np
    >>> float(nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0])))  # ln √8
    1.0397207708399179
    """
    log_p = as_operand(log_probability)
    losses = -_at_labels("nll_loss", log_p, as_operand(target), _class_axis("nll_loss", log_p))
    return reduce_loss("nll_loss", losses, reduction, weight)


def focal_loss(
    prediction: Any,
    target: Any,
    reduction: str = "mean",
    gamma: float = 2.0,
    alpha: Any = None,
    weight: Any = None,
) -> Any:
    """-α (1 - p)^γ ln p, with p the softmax of the true class, for logits (N, C) and labels (N,).

    ``alpha`` has a weight for each class. Lin et al. 2017.

    >>> import numpy as np
    >>> float(focal_loss(np.array([[0.0, 0.0]]), np.array([1])))  # 0.5² ln 2
    0.17328679513998632
    """
    z, labels = as_operand(prediction), as_operand(target)
    axis = _class_axis("focal_loss", z)
    log_p = _at_labels("focal_loss", log_softmax(z, axis), labels, axis)
    doubt = -ew.expm1(log_p)
    losses = -(ew.power(doubt, gamma) * log_p)
    if alpha is not None:
        losses = losses * np.asarray(alpha, z.dtype)[labels]
    return reduce_loss("focal_loss", losses, reduction, weight)


def _class_axis(name: str, z: Any) -> int:
    if not z.ndim:
        raise ShapeError(f"{name}: wants one number for each class, shape (N, C); got a scalar")
    return 1 if z.ndim > 1 else 0


def _are_labels(shapes: Sequence[tuple[int, ...]]) -> bool:
    """Whether the second shape is the first one without its classes."""
    values, labels = shapes
    return labels == values[:1] + values[2:] and len(values) > 1


def _at_labels(name: str, values: Any, labels: Any, axis: int) -> Any:
    """Of each sample's values, one for each class, the one at its label."""
    count = values.shape[axis]
    wanted = values.shape[:axis] + values.shape[axis + 1 :]
    if labels.dtype.kind not in "iu":
        is_text = labels.dtype.kind in "USO"
        cure = "np.unique(labels, return_inverse=True)[1]" if is_text else ".astype(int)"
        raise DtypeError(f"{name}: labels must be whole numbers, got {labels.dtype}: {cure}")
    if labels.shape != wanted:
        hint = ""
        if labels.shape == values.shape:
            hint = "; one-hot rows must be floats to be distributions: target.astype(float)"
        elif labels.size == np.prod(wanted):
            hint = f": target.reshape{wanted}"
        text = f"{name}: predictions {values.shape} want labels of shape {wanted}, "
        text += f"got {labels.shape}{hint}"
        raise ShapeError(text, name, (values, labels), _are_labels, ("prediction", "target"))
    if isinstance(labels, np.ndarray) and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if low < 0 or high >= count:
            raise IndexError(
                f"{name}: labels go from {low} to {high}, but {count} classes have labels "
                f"0 to {count - 1}"
            )
    picked = take_along_axis(values, expand_dims(labels, axis), axis=axis)
    return squeeze(picked, axis)


# -- what all share ----------------------------------------------------------------------------


def as_operand(x: Any) -> Any:
    """A tensor as it is; anything else as an array."""
    return x if isinstance(x, Tensor) else np.asarray(x)


def same_shape(name: str, prediction: Any, target: Any) -> tuple[Any, Any]:
    """Both as floating-point arrays, or an error if their shapes differ."""
    prediction, target = as_operand(prediction), as_operand(target)
    if prediction.shape != target.shape:
        message = _explain(name, prediction.shape, target.shape)
        raise ShapeError(message, name, (prediction, target), equal, ("prediction", "target"))
    if prediction.dtype.kind != "f":
        prediction = lg.astype(prediction, np.float64)
    if target.dtype.kind != "f":
        target = lg.astype(target, prediction.dtype)
    return prediction, target


def _explain(name: str, prediction: tuple[int, ...], target: tuple[int, ...]) -> str:
    message = (
        f"{name}: the prediction has shape {prediction}, the target {target}; they must be equal"
    )
    if prediction == (*target, 1):
        picked = "pred[" + ":, " * len(target) + "0]"
        shaped = ", ".join(map(str, (-1, *prediction[1:])))
        return (
            f"{message}, broadcasting would pair every prediction with every target. Squeeze the "
            f"prediction: {picked}, or shape the target: y.reshape({shaped})"
        )
    if target == (*prediction, 1):
        picked = "y[" + ":, " * len(prediction) + "0]"
        shaped = ", ".join(map(str, (-1, *target[1:])))
        return (
            f"{message}, broadcasting would pair every prediction with every target. Squeeze the "
            f"target: {picked}, or shape the prediction: pred.reshape({shaped})"
        )
    if len(prediction) == 2 and prediction == target[::-1]:
        return f"{message}. One of them transposed would fit: y.T"
    if not target:
        return f"{message}. For one target for all: np.full(pred.shape, y)"
    if (
        len(prediction) == 2
        and prediction[1] > 1
        and target in [prediction[:1], (prediction[0], 1)]
    ):
        if name == "cross_entropy":
            return f"{message}, unless these are labels: whole numbers then, target.astype(int)"
        return f"{message}. For labels of {prediction[1]} classes take cross_entropy"
    return message


def reduce_loss(name: str, losses: Any, reduction: str, weight: Any) -> Any:
    """Weighted losses, or their sum or mean."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
    if weight is None:
        if reduction == "none":
            return losses
        return reductions.mean(losses) if reduction == "mean" else reductions.sum(losses)
    weight = _weights_like(name, losses, as_operand(weight))
    weighted = weight * losses
    if reduction == "none":
        return weighted
    total = reductions.sum(weighted)
    return total / reductions.sum(weight) if reduction == "mean" else total


def _weights_like(name: str, losses: Any, weight: Any) -> Any:
    if weight.shape != losses.shape[: weight.ndim]:
        raise ShapeError(
            f"{name}: weight has shape {weight.shape}, but there is one loss for each of "
            f"{losses.shape}: give one weight for each sample (for classes: class_weight[labels])"
        )
    if weight.dtype.kind != "f":
        weight = lg.astype(weight, losses.dtype)
    column = (*weight.shape, *[1] * (losses.ndim - weight.ndim))
    return broadcast_to(reshape(weight, column), losses.shape)
