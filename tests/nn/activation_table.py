"""Activations with their formulas in NumPy and SciPy, for the tests and for PyTorch's part."""

import numpy as np
from scipy import special, stats

from chainrule.nn import functional as F

ALPHA, SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
CUBIC = 0.044715

# name: (ours, reference in float64, PyTorch's name, derivative at 0 or None where it is no choice)
ACTIVATIONS = {
    "identity": (F.identity, lambda x: x, None, None),
    "sigmoid": (F.sigmoid, special.expit, "sigmoid", 0.25),
    "log_sigmoid": (F.log_sigmoid, special.log_expit, "logsigmoid", 0.5),
    "tanh": (F.tanh, np.tanh, "tanh", 1.0),
    "relu": (F.relu, lambda x: np.where(x > 0, x, 0), "relu", 0.0),
    "leaky_relu": (F.leaky_relu, lambda x: np.where(x > 0, x, 0.01 * x), "leaky_relu", 0.01),
    "elu": (F.elu, lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1), "elu", 1.0),
    "selu": (
        F.selu,
        lambda x: SCALE * np.where(x > 0, x, ALPHA * special.expm1(np.minimum(x, 0))),
        "selu",
        SCALE * ALPHA,
    ),
    "softplus": (F.softplus, lambda x: np.logaddexp(0, x), "softplus", 0.5),
    "silu": (F.silu, lambda x: x * special.expit(x), "silu", 0.5),
    "gelu": (F.gelu, lambda x: x * stats.norm.cdf(x), "gelu", 0.5),
    "gelu_tanh": (
        lambda x: F.gelu(x, "tanh"),
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + CUBIC * x**3))),
        None,
        0.5,
    ),
    "softmax": (F.softmax, lambda x: special.softmax(x, -1), None, None),
    "log_softmax": (F.log_softmax, lambda x: special.log_softmax(x, -1), None, None),
}
