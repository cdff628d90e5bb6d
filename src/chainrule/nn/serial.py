"""Networks without objects: a layer is a pair of functions (init, apply), as in ``jax``'s ``stax``.

    init(key, input_shape) -> (output_shape, params)
    apply(params, inputs, **kwargs) -> outputs

``params`` is a tree of arrays that ``grad``, ``jit``, ``vmap`` and ``scan`` take as it is. A
length in a shape that is not known yet, the batch's for instance, is -1.

>>> import chainrule as cr, numpy as np
>>> init, apply = serial(Dense(16), Tanh, Dense(1))
>>> shape, params = init(cr.random.key(0), (-1, 2))
>>> shape, apply(params, np.ones((5, 2), np.float32)).shape
((-1, 1), (5, 1))
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from .. import random
from ..engine.primitives import contraction, reductions, views
from ..engine.primitives import elementwise as ew
from . import activations
from . import init as weights
from .dropout import dropout

Shape = tuple[int, ...]
Init = Callable[[Any, Any], tuple[Any, Any]]
Layer = tuple[Init, Callable[..., Any]]
Initialiser = Callable[..., Any]

small_normal = functools.partial(weights.normal, std=1e-2)


def elementwise(function: Callable[..., Any], **settings: Any) -> Layer:
    """A layer without parameters from a function that keeps the shape."""

    def init(key: Any, input_shape: Shape) -> tuple[Shape, Any]:
        return input_shape, ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        return function(inputs, **settings)

    return init, apply


Tanh = elementwise(activations.tanh)
Relu = elementwise(activations.relu)
Exp = elementwise(ew.exp)
Sigmoid = elementwise(activations.sigmoid)
Softplus = elementwise(activations.softplus)
Softmax = elementwise(activations.softmax)
LogSoftmax = elementwise(activations.log_softmax)
Elu = elementwise(activations.elu)
LeakyRelu = elementwise(activations.leaky_relu)
Selu = elementwise(activations.selu)
Gelu = elementwise(activations.gelu)
Identity = elementwise(activations.identity)


def Dense(
    out_dim: int,
    W_init: Initialiser = weights.xavier_normal,
    b_init: Initialiser = small_normal,
) -> Layer:
    """x W + b, with params (W, b) of shapes (in, out_dim) and (out_dim,).

    The initialisers are called with a key and the shape; note that W is (in, out) here.
    """

    def init(key: Any, input_shape: Shape) -> tuple[Shape, Any]:
        weight_key, bias_key = random.split(key)
        weight = W_init(weight_key, (input_shape[-1], out_dim))
        return (*input_shape[:-1], out_dim), (weight, b_init(bias_key, (out_dim,)))

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        weight, bias = params
        return contraction.dot(inputs, weight) + bias

    return init, apply


def Dropout(rate: float, mode: str = "train") -> Layer:
    """Each element kept with probability ``rate`` and divided by it, else 0.

    ``rate`` is the probability of keeping, as in ``stax``. Apply needs ``rng=``, a key; with
    ``mode="test"`` all are kept.
    """

    def init(key: Any, input_shape: Shape) -> tuple[Shape, Any]:
        return input_shape, ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        if mode != "train":
            return inputs
        key = kwargs.get("rng")
        if key is None:
            raise TypeError("Dropout needs a random key: apply(params, inputs, rng=key)")
        return dropout(inputs, key, 1 - rate)

    return init, apply


def BatchNorm(
    axis: int | Sequence[int] = (0,),
    epsilon: float = 1e-5,
    center: bool = True,
    scale: bool = True,
    beta_init: Initialiser = weights.zeros,
    gamma_init: Initialiser = weights.ones,
) -> Layer:
    """gamma · (x - mean) / √(variance + epsilon) + beta, mean and variance over ``axis``.

    It keeps no running averages. Ioffe and Szegedy 2015.
    """
    axes = (axis,) if isinstance(axis, int) else tuple(axis)

    def init(key: Any, input_shape: Shape) -> tuple[Shape, Any]:
        kept = tuple(n for i, n in enumerate(input_shape) if i not in axes)
        beta_key, gamma_key = random.split(key)
        beta = beta_init(beta_key, kept) if center else ()
        gamma = gamma_init(gamma_key, kept) if scale else ()
        return input_shape, (beta, gamma)

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        beta, gamma = params
        column = tuple(1 if i in axes else n for i, n in enumerate(views.shape_of(inputs)))
        middle = reductions.mean(inputs, axis=axes, keepdims=True)
        variance = reductions.mean(ew.square(inputs - middle), axis=axes, keepdims=True)
        y = (inputs - middle) / ew.sqrt(variance + epsilon)
        y = views.reshape(gamma, column) * y if scale else y
        return y + views.reshape(beta, column) if center else y

    return init, apply


def _flatten() -> Layer:
    def init(key: Any, input_shape: Shape) -> tuple[Shape, Any]:
        return (input_shape[0], math.prod(input_shape[1:])), ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        return views.reshape(
            inputs, (views.shape_of(inputs)[0], math.prod(views.shape_of(inputs)[1:]))
        )

    return init, apply


Flatten = _flatten()  # all axes but the first as one

# -- several layers ----------------------------------------------------------------------------


def FanOut(num: int) -> Layer:
    """The input, ``num`` times: a list for ``parallel``."""

    def init(key: Any, input_shape: Shape) -> tuple[Any, Any]:
        return [input_shape] * num, ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        return [inputs] * num

    return init, apply


def _fan_in_sum() -> Layer:
    def init(key: Any, input_shape: Any) -> tuple[Shape, Any]:
        return input_shape[0], ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        return functools.reduce(ew.add, inputs)

    return init, apply


FanInSum = _fan_in_sum()  # the sum of a list of inputs


def FanInConcat(axis: int = -1) -> Layer:
    """A list of inputs, joined along an axis."""

    def init(key: Any, input_shape: Any) -> tuple[Shape, Any]:
        first = list(input_shape[0])
        first[axis] = sum(shape[axis] for shape in input_shape)
        return tuple(first), ()

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        return views.concatenate(inputs, axis)

    return init, apply


def serial(*layers: Layer) -> Layer:
    """Layers one after another; params is the list of theirs."""

    def init(key: Any, input_shape: Any) -> tuple[Any, Any]:
        params = []
        for init_one, _ in layers:
            key, own_key = random.split(key)
            input_shape, own = init_one(own_key, input_shape)
            params.append(own)
        return input_shape, params

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        keys = _keys(kwargs.pop("rng", None), len(layers))
        for (_, apply_one), own, key in zip(layers, params, keys, strict=True):
            inputs = apply_one(own, inputs, rng=key, **kwargs)
        return inputs

    return init, apply


def parallel(*layers: Layer) -> Layer:
    """Each layer on its own of a list of inputs: a list of outputs, a tuple of params."""

    def init(key: Any, input_shape: Any) -> tuple[Any, Any]:
        keys = random.split(key, len(layers))
        made = [
            init_one(own_key, shape)
            for (init_one, _), own_key, shape in zip(layers, keys, input_shape, strict=True)
        ]
        return tuple([shape for shape, _ in made]), tuple([params for _, params in made])

    def apply(params: Any, inputs: Any, **kwargs: Any) -> Any:
        keys = _keys(kwargs.pop("rng", None), len(layers))
        return [
            apply_one(own, x, rng=key, **kwargs)
            for (_, apply_one), own, x, key in zip(layers, params, inputs, keys, strict=True)
        ]

    return init, apply


def _keys(key: Any, count: int) -> Any:
    return [None] * count if key is None else random.split(key, count)
