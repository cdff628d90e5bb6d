"""Layers, activations and losses as functions, in the spelling of ``torch.nn.functional``.

>>> import chainrule.nn.functional as F
>>> float(F.relu(-1.0))
0.0
"""

from .activations import (
    elu,
    gelu,
    identity,
    leaky_relu,
    log_sigmoid,
    log_softmax,
    prelu,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    step,
    swish,
    tanh,
)
from .dropout import dropout
from .embedding import embedding, one_hot
from .linear import linear
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    binary_focal_loss,
    cross_entropy,
    focal_loss,
    hinge_loss,
    huber_loss,
    l1_loss,
    mae_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .norm import layer_norm
from .penalties import l1_penalty, l2_penalty

logsigmoid = log_sigmoid

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "binary_focal_loss",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "focal_loss",
    "gelu",
    "hinge_loss",
    "huber_loss",
    "identity",
    "l1_loss",
    "l1_penalty",
    "l2_penalty",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_sigmoid",
    "log_softmax",
    "logsigmoid",
    "mae_loss",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "prelu",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "step",
    "swish",
    "tanh",
]
