"""Serial layers as (init, apply) pairs under the name that workshop code knows: ``nn.serial``.

>>> from chainrule import stax
>>> init, apply = stax.serial(stax.Dense(8), stax.Relu, stax.Dense(1))
"""

from .nn.serial import (
    BatchNorm,
    Dense,
    Dropout,
    Elu,
    Exp,
    FanInConcat,
    FanInSum,
    FanOut,
    Flatten,
    Gelu,
    Identity,
    LeakyRelu,
    LogSoftmax,
    Relu,
    Selu,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    elementwise,
    parallel,
    serial,
)

__all__ = [
    "BatchNorm",
    "Dense",
    "Dropout",
    "Elu",
    "Exp",
    "FanInConcat",
    "FanInSum",
    "FanOut",
    "Flatten",
    "Gelu",
    "Identity",
    "LeakyRelu",
    "LogSoftmax",
    "Relu",
    "Selu",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "elementwise",
    "parallel",
    "serial",
]
