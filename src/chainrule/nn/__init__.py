"""Networks: Module, layers, activations, losses and initialisers."""

from ..engine.tensor import Parameter
from . import functional, init, serial
from .activation_layers import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Step,
    Swish,
    Tanh,
)
from .containers import (
    Flatten,
    Identity,
    Lambda,
    ModuleDict,
    ModuleList,
    ParameterList,
    Sequential,
)
from .criteria import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    FocalLoss,
    HingeLoss,
    HuberLoss,
    L1Loss,
    MAELoss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from .dropout import Dropout
from .embedding import Embedding
from .linear import Linear, Perceptron
from .module import Module
from .norm import BatchNorm1d, LayerNorm
from .penalties import l1_penalty, l2_penalty

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "FocalLoss",
    "HingeLoss",
    "HuberLoss",
    "Identity",
    "L1Loss",
    "Lambda",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "LogSigmoid",
    "LogSoftmax",
    "MAELoss",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "PReLU",
    "Parameter",
    "ParameterList",
    "Perceptron",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SmoothL1Loss",
    "Softmax",
    "Softplus",
    "Step",
    "Swish",
    "Tanh",
    "functional",
    "init",
    "l1_penalty",
    "l2_penalty",
    "serial",
]
