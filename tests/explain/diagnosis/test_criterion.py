"""What a loss wants is found by asking it."""

import math

import numpy as np
import pytest

from chainrule import nn
from chainrule.explain.diagnosis.criterion import Criterion, expected_loss, kind_of

N = 60
LABELS = np.arange(N) % 4
BINARY = (np.arange(N) % 3 == 0).astype(float)
REAL = np.sin(np.arange(N))

ROWS = [
    (nn.CrossEntropyLoss(), (N, 4), LABELS, "logits", math.log(4)),
    (nn.CrossEntropyLoss(label_smoothing=0.1), (N, 4), LABELS, "logits", math.log(4)),
    (nn.CrossEntropyLoss(), (N, 4), np.eye(4)[LABELS], "logits", math.log(4)),
    (nn.CrossEntropyLoss(reduction="sum"), (N, 4), LABELS, "logits", N * math.log(4)),
    (nn.NLLLoss(), (N, 4), LABELS, "log-probabilities", math.log(4)),
    (nn.BCEWithLogitsLoss(), (N,), BINARY, "logit", math.log(2)),
    (nn.BCELoss(), (N,), BINARY, "probability", math.log(2)),
    (nn.MSELoss(), (N,), REAL, "number", REAL.var()),
    (nn.MSELoss(), (N,), BINARY, "number", BINARY.var()),
    (nn.L1Loss(), (N,), REAL, "number", np.abs(REAL - REAL.mean()).mean()),
    (lambda p, y: np.mean((p - y) ** 2), (N,), REAL, "number", REAL.var()),
    (lambda net, x, y: nn.functional.mse_loss(net(x), y), (N,), REAL, "number", REAL.var()),
    (lambda p, y: -np.mean(p), (N,), REAL, None, math.nan),
    (nn.HingeLoss(), (N,), 2 * BINARY - 1, None, math.nan),
]


@pytest.mark.parametrize(("loss", "shape", "y", "kind", "expected"), ROWS)
def test_kind_and_expected_loss(loss, shape, y, kind, expected):
    prediction = np.zeros(shape, np.float32)
    judge = Criterion(loss).judge(None, y)
    assert kind_of(judge, prediction, y) == kind
    if kind is not None:
        found, _ = expected_loss(judge, kind, prediction, y)
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-3)


def test_a_loss_that_is_no_number():
    with pytest.raises(ValueError, match="take its mean"):
        Criterion(nn.MSELoss(reduction="none"))(lambda x: x, REAL, REAL)
