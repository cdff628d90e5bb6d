"""Losses with their formulas in NumPy and SciPy, for the tests and for PyTorch's comparison."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import special

from chainrule import nn
from chainrule.nn import functional as F

RNG = np.random.default_rng(7)
REAL = RNG.normal(size=(6, 3)) * 2
OTHER = RNG.normal(size=(6, 3)) * 2
PROBABILITY = special.expit(REAL)
BINARY = (OTHER > 0).astype(float)
SOFT = special.expit(OTHER)
SIGNS = 2 * BINARY - 1
LABELS = np.array([0, 2, 1, 1, 0, 2])
SHARES = special.softmax(OTHER, axis=1)


@dataclass
class Case:
    """A loss: ours, the losses before reduction by formula, and where it is tried."""

    name: str
    ours: Any
    module: Any
    formula: Any
    prediction: Any
    target: Any
    settings: dict = field(default_factory=dict)
    torch: str | None = None  # its name in torch.nn.functional

    def __str__(self):
        return self.name

    def __call__(self, prediction, target=None, **kwargs):
        target = self.target if target is None else target
        return self.ours(prediction, target, **self.settings, **kwargs)


def bce(z, y):
    return -(y * special.log_expit(z) + (1 - y) * special.log_expit(-z))


def xlogy(p, y):
    return -(special.xlogy(y, p) + special.xlog1py(1 - y, -p))


def picked(z, labels):
    return -special.log_softmax(z, axis=1)[np.arange(len(labels)), labels]


def smoothed(z, labels, eps=0.1):
    shares = (1 - eps) * np.eye(3)[labels] + eps / 3
    return -(shares * special.log_softmax(z, axis=1)).sum(axis=1)


def focal(z, y, alpha=0.25, gamma=2):
    p = np.where(y == 1, special.expit(z), special.expit(-z))
    return -np.where(y == 1, alpha, 1 - alpha) * (1 - p) ** gamma * np.log(p)


def focal_classes(z, labels, gamma=1.5):
    log_p = -picked(z, labels)
    return -np.array([1.0, 2.0, 0.5])[labels] * (1 - np.exp(log_p)) ** gamma * log_p


CASES = [
    Case("mse", F.mse_loss, nn.MSELoss, lambda p, y: (p - y) ** 2, REAL, OTHER, torch="mse_loss"),
    Case("l1", F.l1_loss, nn.L1Loss, lambda p, y: np.abs(p - y), REAL, OTHER, torch="l1_loss"),
    Case(
        "huber",
        F.huber_loss,
        nn.HuberLoss,
        lambda p, y: special.huber(0.7, p - y),
        REAL,
        OTHER,
        {"delta": 0.7},
        "huber_loss",
    ),
    Case(
        "smooth_l1",
        F.smooth_l1_loss,
        nn.SmoothL1Loss,
        lambda p, y: special.huber(0.7, p - y) / 0.7,
        REAL,
        OTHER,
        {"beta": 0.7},
        "smooth_l1_loss",
    ),
    Case(
        "bce",
        F.binary_cross_entropy,
        nn.BCELoss,
        xlogy,
        PROBABILITY,
        BINARY,
        torch="binary_cross_entropy",
    ),
    Case(
        "bce soft",
        F.binary_cross_entropy,
        nn.BCELoss,
        xlogy,
        PROBABILITY,
        SOFT,
        torch="binary_cross_entropy",
    ),
    Case(
        "logits",
        F.binary_cross_entropy_with_logits,
        nn.BCEWithLogitsLoss,
        bce,
        REAL,
        BINARY,
        torch="binary_cross_entropy_with_logits",
    ),
    Case(
        "logits soft",
        F.binary_cross_entropy_with_logits,
        nn.BCEWithLogitsLoss,
        bce,
        REAL,
        SOFT,
        torch="binary_cross_entropy_with_logits",
    ),
    Case(
        "labels",
        F.cross_entropy,
        nn.CrossEntropyLoss,
        picked,
        REAL,
        LABELS,
        torch="cross_entropy",
    ),
    Case(
        "smoothed",
        F.cross_entropy,
        nn.CrossEntropyLoss,
        smoothed,
        REAL,
        LABELS,
        {"label_smoothing": 0.1},
        "cross_entropy",
    ),
    Case(
        "distributions",
        F.cross_entropy,
        nn.CrossEntropyLoss,
        lambda z, q: -(q * special.log_softmax(z, axis=1)).sum(axis=1),
        REAL,
        SHARES,
        torch="cross_entropy",
    ),
    Case(
        "nll",
        F.nll_loss,
        nn.NLLLoss,
        lambda log_p, labels: -log_p[np.arange(6), labels],
        special.log_softmax(REAL, axis=1),
        LABELS,
        torch="nll_loss",
    ),
    Case(
        "focal",
        F.binary_focal_loss,
        nn.FocalLoss,
        focal,
        REAL,
        BINARY,
        {"alpha": 0.25},
    ),
    Case(
        "focal classes",
        F.focal_loss,
        lambda **settings: nn.FocalLoss(multiclass=True, **settings),
        focal_classes,
        REAL,
        LABELS,
        {"gamma": 1.5, "alpha": (1.0, 2.0, 0.5)},
    ),
    Case(
        "hinge",
        F.hinge_loss,
        nn.HingeLoss,
        lambda z, y: np.maximum(0, 1 - y * z),
        REAL,
        SIGNS,
    ),
]
