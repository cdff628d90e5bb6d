"""A network as matrices: its linear layers, and what goes through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import nn
from ..engine.trace import no_grad
from ..nn import Module

_NO_ACTIVATION = ("Dropout", "Flatten", "Identity")


@dataclass(frozen=True)
class LayerMatrix:
    """One layer: its weights as rows of inputs and columns of outputs, and what follows it.

    Attributes
    ----------
    weight
        Shape (inputs, outputs), so that a layer is ``x @ weight + bias``.
    bias
        Shape (outputs,), or None.
    activation
        The name of the function after it; empty for none.
    function
        That function; by itself the one of this name in ``chainrule.nn``.
    """

    weight: np.ndarray
    bias: np.ndarray | None = None
    activation: str = ""
    function: Callable[[Any], Any] | None = None

    @property
    def parts(self) -> list[np.ndarray]:
        """The weight, and the bias where there is one."""
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The output of the layer, activation included."""
        product = x @ self.weight
        return self._activate(product if self.bias is None else product + self.bias)

    def _activate(self, z: np.ndarray) -> np.ndarray:
        function = self.function or self._by_name()
        with no_grad():
            return np.asarray(function(z))

    def _by_name(self) -> Callable[[Any], Any]:
        wanted = self.activation.lower() or "identity"
        for name in nn.__all__:
            if name.lower() == wanted and isinstance(getattr(nn, name), type):
                return getattr(nn, name)()  # type: ignore[no-any-return]
        raise ValueError(
            f"chainrule.nn has no activation called {self.activation}: give it to LayerMatrix as "
            "function="
        )


def layers_of(network: Module) -> list[LayerMatrix]:
    """The linear layers inside a Module, in order, each with the activation after it.

    >>> net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    >>> [(layer.weight.shape, layer.activation) for layer in layers_of(net)]
    [((3, 2), 'Tanh')]
    """
    found: list[LayerMatrix] = []
    for module in network.modules():
        weight = module._parameters.get("weight")
        if weight is not None and len(weight.shape) == 2:
            bias = module._parameters.get("bias")
            found.append(LayerMatrix(np.asarray(weight.data).T, _data(bias)))
        elif found and not found[-1].activation and not list(module.children()):
            name = type(module).__name__
            if name in _NO_ACTIVATION:
                continue
            function = copy(module).eval()  # so that drawing it changes no running statistics
            found[-1] = LayerMatrix(found[-1].weight, found[-1].bias, name, function)
    return found


def _data(parameter: Any) -> np.ndarray | None:
    return None if parameter is None else np.asarray(parameter.data)


def through(layers: Sequence[LayerMatrix], x: Any) -> list[np.ndarray]:
    """The input, and the output of each layer: one row an example.

    >>> double = LayerMatrix(2 * np.eye(2), activation="ReLU")
    >>> [a.tolist() for a in through([double], [1.0, -3.0])]
    [[[1.0, -3.0]], [[2.0, 0.0]]]
    """
    found = [np.atleast_2d(np.asarray(x))]
    inputs = len(layers[0].weight)
    if found[0].ndim != 2 or found[0].shape[1] != inputs:
        raise ValueError(f"the network takes rows of {inputs} numbers, not shape {np.shape(x)}")
    for layer in layers:
        found.append(layer(found[-1]))
    return found
