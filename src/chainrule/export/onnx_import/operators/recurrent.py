"""RNN, GRU and LSTM: one step for a gate's formulas, and a scan of it over time.

x is (time, batch, in); the weights of input and of state are stacked by gates, and there is one set
for each direction. * is elementwise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .... import lax
from .... import numpy as cnp
from ....nn import functional as F
from . import activations as act
from .common import by_name

Step = Callable[[tuple[Any, ...], Any], tuple[Any, ...]]


def RNN(
    x,
    w,
    r,
    b=None,
    lengths=None,
    h=None,
    *,
    hidden_size,
    activations=None,
    direction="forward",
    layout=0,
):
    """h = f(x Wᵀ + h Rᵀ + b)."""

    def cell(functions, r, rb, _):
        (f,) = functions
        return lambda state, x: (f(x + state[0] @ r.T + rb),)

    names = activations, ["Tanh"]
    return _run(cell, x, w, r, b, lengths, [h], names, direction, layout, 1)


def GRU(
    x,
    w,
    r,
    b=None,
    lengths=None,
    h=None,
    *,
    hidden_size,
    activations=None,
    direction="forward",
    layout=0,
    linear_before_reset=0,
):
    """z, r = f(x Wᵀ + h Rᵀ + b); n = g(x Wᵀ + (r * h) Rᵀ + b); h = (1 - z) * n + z * h."""

    def cell(functions, weights, rb, _):
        f, g = functions
        zr, new = weights[: 2 * hidden_size], weights[2 * hidden_size :]
        zr_bias, new_bias = rb[: 2 * hidden_size], rb[2 * hidden_size :]

        def step(state, x):
            (h,) = state
            gates = f(x[:, : 2 * hidden_size] + h @ zr.T + zr_bias)
            z, r = gates[:, :hidden_size], gates[:, hidden_size:]
            late, early = r * (h @ new.T + new_bias), (r * h) @ new.T + new_bias
            n = g(x[:, 2 * hidden_size :] + (late if linear_before_reset else early))
            return ((1 - z) * n + z * h,)

        return step

    names = activations, ["Sigmoid", "Tanh"]
    return _run(cell, x, w, r, b, lengths, [h], names, direction, layout, 3)


def LSTM(
    x,
    w,
    r,
    b=None,
    lengths=None,
    h=None,
    c=None,
    p=None,
    *,
    hidden_size,
    activations=None,
    direction="forward",
    layout=0,
):
    """i, o, f = σ(x Wᵀ + h Rᵀ + p * c + b); c = f * c + i * g(x Wᵀ + h Rᵀ + b); h = o * tanh(c)."""

    def cell(functions, r, rb, peepholes):
        f, g, last = functions
        pi, po, pf = (_part(peepholes, k, hidden_size) for k in range(3))

        def step(state, x):
            h, c = state
            gates = x + h @ r.T + rb
            i, o, forget, new = (_part(gates, k, hidden_size) for k in range(4))
            c_new = f(forget + pf * c) * c + f(i + pi * c) * g(new)
            return f(o + po * c_new) * last(c_new), c_new

        return step

    names = activations, ["Sigmoid", "Tanh", "Tanh"]
    return _run(cell, x, w, r, b, lengths, [h, c], names, direction, layout, 4, p)


def _part(x, number, size):
    """One of the equal parts of the last axis; nothing where there are no such weights."""
    return 0 if x is None else x[..., number * size : (number + 1) * size]


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "elu": F.elu,
    "hardsigmoid": act.HardSigmoid,
    "leakyrelu": F.leaky_relu,
    "relu": F.relu,
    "sigmoid": F.sigmoid,
    "softplus": F.softplus,
    "softsign": act.Softsign,
    "tanh": F.tanh,
    "thresholdedrelu": act.ThresholdedRelu,
}

_BACKWARD = {"forward": [False], "reverse": [True], "bidirectional": [False, True]}


def _run(
    cell,
    x,
    w,
    r,
    b,
    lengths,
    states,
    names,
    direction,
    layout,
    gates,
    peepholes=None,
):
    """All outputs (time, direction, batch, hidden), then the last of each state."""
    x = cnp.swapaxes(x, 0, 1) if layout else x
    count, hidden = w.shape[0], r.shape[-1]
    b = np.zeros((count, 2 * gates * hidden), x.dtype) if b is None else b
    zeros = np.zeros((count, x.shape[1], hidden), x.dtype)
    states = [zeros if s is None else cnp.swapaxes(s, 0, 1) if layout else s for s in states]
    alive = _alive(lengths, *x.shape[:2])
    given, usual = names
    functions = [ACTIVATIONS[name.lower()] for name in given or usual * count]
    each = len(usual)
    found = []
    for d, backward in enumerate(_BACKWARD[direction]):
        mine = functions[d * each : (d + 1) * each]
        weights = None if peepholes is None else peepholes[d]
        step = cell(mine, r[d], b[d][gates * hidden :], weights)
        seen = x @ w[d].T + b[d][: gates * hidden]
        found.append(_scan(step, tuple(s[d] for s in states), seen, alive, backward))
    outputs = cnp.stack([y for y, _ in found], 1)
    last = [cnp.stack(column) for column in zip(*[state for _, state in found], strict=True)]
    if layout:
        return [cnp.transpose(outputs, (2, 0, 1, 3)), *[cnp.swapaxes(s, 0, 1) for s in last]]
    return [outputs, *last]


def _scan(step, state, seen, alive, backward):
    """After the end of a sequence its state stays, and its output is 0."""

    def guarded(state, here):
        x, goes_on = here
        new = step(state, x)
        kept = tuple(cnp.where(goes_on, n, s) for n, s in zip(new, state, strict=True))
        return kept, cnp.where(goes_on, new[0], np.zeros((), seen.dtype))

    last, outputs = lax.scan(guarded, state, (seen, alive), reverse=backward)
    return outputs, last


def _alive(lengths, steps, batch):
    """Whether each sequence has not ended yet: (time, batch, 1)."""
    if lengths is None:
        return np.ones((steps, batch, 1), bool)
    return np.arange(steps)[:, None, None] < lengths[:, None]


OPERATORS = by_name(GRU, LSTM, RNN)
