"""Networks: Module, layers, activations, losses and initialisers."""

from ..engine.tensor import Parameter
from .module import Module

__all__ = ["Module", "Parameter"]
