"""The losses as Modules: made once with their settings, then called with prediction and target.

A weight for each sample is given at the call: ``criterion(prediction, target, weight=w)``.
"""

from __future__ import annotations

from typing import Any

from . import losses as fn
from .module import Module


class Loss(Module):
    """Base of the losses: holds ``reduction``, one of ``mean``, ``sum`` and ``none``."""

    def __init__(self, reduction: str = "mean") -> None:
        name = type(self).__name__
        if not isinstance(reduction, str):
            raise TypeError(f"make the loss first, then call it: {name}()(prediction, target)")
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"{name}: reduction is 'mean', 'sum' or 'none', not {reduction!r}")
        self.reduction = reduction

    def extra_repr(self) -> str:
        """Settings."""
        settings = {name: value for name, value in vars(self).items() if name[0] != "_"}
        settings.pop("training")
        return ", ".join(f"{name}={value!r}" for name, value in settings.items())


class MSELoss(Loss):
    """(prediction - target)²; see ``functional.mse_loss``.

    >>> import numpy as np
    >>> float(MSELoss()(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    2.0
    """

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.mse_loss(prediction, target, self.reduction, weight)


class L1Loss(Loss):
    """|prediction - target|; see ``functional.l1_loss``."""

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.l1_loss(prediction, target, self.reduction, weight)


MAELoss = L1Loss


class HuberLoss(Loss):
    """A square up to |error| = delta, then a line; see ``functional.huber_loss``."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.huber_loss(prediction, target, self.reduction, self.delta, weight)


class SmoothL1Loss(Loss):
    """Huber's loss divided by beta; see ``functional.smooth_l1_loss``."""

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.smooth_l1_loss(prediction, target, self.reduction, self.beta, weight)


class BCELoss(Loss):
    """Cross entropy of two classes, from probabilities; see ``functional.binary_cross_entropy``."""

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.binary_cross_entropy(prediction, target, self.reduction, weight)


class BCEWithLogitsLoss(Loss):
    """Cross entropy of two classes, from logits: ``functional.binary_cross_entropy_with_logits``.

    >>> import numpy as np
    >>> float(BCEWithLogitsLoss()(np.array([-1000.0]), np.array([1])))
    1000.0
    """

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.binary_cross_entropy_with_logits(prediction, target, self.reduction, weight)


class CrossEntropyLoss(Loss):
    """Cross entropy of several classes, from logits; see ``functional.cross_entropy``."""

    def __init__(self, reduction: str = "mean", label_smoothing: float = 0.0) -> None:
        super().__init__(reduction)
        self.label_smoothing = label_smoothing

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.cross_entropy(prediction, target, self.reduction, self.label_smoothing, weight)


class NLLLoss(Loss):
    """-ln p of the true class, from log-probabilities; see ``functional.nll_loss``."""

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.nll_loss(prediction, target, self.reduction, weight)


class FocalLoss(Loss):
    """Cross entropy from logits in which doubtful examples count more (Lin et al. 2017).

    Two classes (``functional.binary_focal_loss``), or several with ``multiclass=True``
    (``functional.focal_loss``).
    """

    def __init__(
        self,
        gamma: float = 2.0,
        alpha: Any = None,
        multiclass: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.gamma, self.alpha, self.multiclass = gamma, alpha, multiclass

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        loss = fn.focal_loss if self.multiclass else fn.binary_focal_loss
        return loss(prediction, target, self.reduction, self.gamma, self.alpha, weight)


class HingeLoss(Loss):
    """max(0, margin - y · prediction), y = ±1; see ``functional.hinge_loss``."""

    def __init__(self, reduction: str = "mean", margin: float = 1.0) -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, prediction: Any, target: Any, weight: Any = None) -> Any:
        """The loss."""
        return fn.hinge_loss(prediction, target, self.reduction, self.margin, weight)
