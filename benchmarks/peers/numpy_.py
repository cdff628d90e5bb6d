"""NumPy: backpropagation written by hand, arrays reused; and the bare matrix products of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..workloads import Arrays, Work, layers


def by_hand(work: Work, arrays: Arrays) -> Any:
    return _network(work, arrays) if work.sizes else _line(work, arrays)


def _line(work: Work, arrays: Arrays) -> Any:
    x, y, rate = arrays["x"], arrays["y"], work.rate
    two_over_n = 2 / work.rows

    def run() -> Any:
        w, b = float(arrays["w"]), float(arrays["b"])
        losses = []
        for _ in range(work.steps):
            error = w * x
            error += b
            error -= y
            losses.append(error @ error / work.rows)
            w -= rate * two_over_n * float(error @ x)
            b -= rate * two_over_n * float(error.sum())
        return np.array(losses)

    return run


# -- a network ---------------------------------------------------------------------------------


def _network(work: Work, arrays: Arrays) -> Any:
    """All parameters lie in one array, and so do their gradients: an update is a few calls."""
    start = {f"{kind}{i}": arrays[f"{kind}{i}"] for i in range(1, len(work.sizes)) for kind in "Wb"}
    flat = np.concatenate([value.ravel() for value in start.values()])
    theta, slope = flat.copy(), np.empty_like(flat)
    parameters, gradients = _views(theta, start), _views(slope, start)
    rows = work.batch or work.rows
    hidden = [np.empty((rows, n), np.float32) for n in work.sizes[1:]]
    deltas = [np.empty_like(h) for h in hidden]
    criterion = {"mse": _mse, "bce": _bce, "xent": _xent}[work.loss]
    x, y, order = arrays["x"], arrays["y"], arrays.get("order")
    is_relu = work.activation == "relu"
    batch = np.empty((rows, x.shape[1]), np.float32)

    def gradient(x: np.ndarray, y: np.ndarray) -> Any:
        below = x
        for i, out in enumerate(hidden):
            np.matmul(below, parameters[2 * i], out=out)
            out += parameters[2 * i + 1]
            if i < work.depth - 1:
                np.maximum(out, 0, out=out) if is_relu else np.tanh(out, out=out)
            below = out
        loss = criterion(hidden[-1], y, deltas[-1])
        for i in reversed(range(work.depth)):
            below = hidden[i - 1] if i else x
            np.matmul(below.T, deltas[i], out=gradients[2 * i])
            np.add.reduce(deltas[i], axis=0, out=gradients[2 * i + 1])
            if i:
                np.matmul(deltas[i], parameters[2 * i].T, out=deltas[i - 1])
                deltas[i - 1] *= below > 0 if is_relu else 1 - below * below
        return loss

    def run() -> Any:
        theta[:] = flat
        update = _make_update(work, theta, slope)
        losses = np.empty(work.updates, np.float32)
        for i in range(work.updates):
            if order is None:
                losses[i] = gradient(x, y)
            else:
                losses[i] = gradient(np.take(x, order[i], axis=0, out=batch), y[order[i]])
            update(i)
        return losses

    return run


def _views(flat: np.ndarray, like: Arrays) -> list[np.ndarray]:
    views, begin = [], 0
    for value in like.values():
        views.append(flat[begin : begin + value.size].reshape(value.shape))
        begin += value.size
    return views


def _make_update(work: Work, theta: np.ndarray, g: np.ndarray) -> Callable[[int], None]:
    lr = np.float32(work.rate)

    def descend(i: int) -> None:
        np.multiply(g, lr, out=g)
        np.subtract(theta, g, out=theta)

    mean, square, room = np.zeros_like(g), np.zeros_like(g), np.empty_like(g)

    def adam(i: int) -> None:
        if work.optimizer == "adamw":
            np.multiply(theta, 1 - lr * 0.01, out=theta)
        np.multiply(mean, 0.9, out=mean)
        np.multiply(g, 0.1, out=room)
        np.add(mean, room, out=mean)
        np.multiply(square, 0.999, out=square)
        np.multiply(g, g, out=room)
        np.multiply(room, 0.001, out=room)
        np.add(square, room, out=square)
        np.sqrt(square, out=room)
        np.divide(room, (1 - 0.999 ** (i + 1)) ** 0.5, out=room)
        np.add(room, 1e-8, out=room)
        np.divide(mean, room, out=room)
        np.multiply(room, work.rate / (1 - 0.9 ** (i + 1)), out=room)
        np.subtract(theta, room, out=theta)

    return descend if work.optimizer == "gd" else adam


def _mse(z: np.ndarray, y: np.ndarray, delta: np.ndarray) -> Any:
    error = z[:, 0] - y
    np.multiply(error, 2 / len(y), out=delta[:, 0])
    return error @ error / len(y)


def _bce(z: np.ndarray, y: np.ndarray, delta: np.ndarray) -> Any:
    z = z[:, 0]
    small = np.exp(-np.abs(z))  # never overflows
    loss = np.mean(np.maximum(z, 0) - y * z + np.log1p(small))
    probability = np.where(z > 0, 1, small) / (1 + small)
    np.divide(probability - y, len(y), out=delta[:, 0])
    return loss


def _xent(z: np.ndarray, y: np.ndarray, delta: np.ndarray) -> Any:
    numbers = np.arange(len(y))
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=delta)
    total = delta.sum(axis=1, keepdims=True)
    loss = np.mean(np.log(total[:, 0]) - z[numbers, y])
    delta /= total
    delta[numbers, y] -= 1
    delta /= len(y)
    return loss


# -- the floor ---------------------------------------------------------------------------------


def products(work: Work, arrays: Arrays) -> Any:
    """Nothing but the matrix products of the run, in this NumPy's BLAS."""
    if work.depth < 2 or work.loss != "xent":
        return None
    rows = work.batch or work.rows
    sides = [np.ones((rows, n), np.float32) for n in work.sizes]
    weights = [np.ones(shape, np.float32) for shape in layers(work)]
    rooms = [np.empty_like(side) for side in sides]
    slopes = [np.empty_like(weight) for weight in weights]

    def run() -> Any:
        for _ in range(work.updates):
            for i, weight in enumerate(weights):
                np.matmul(sides[i], weight, out=rooms[i + 1])
                np.matmul(sides[i].T, rooms[i + 1], out=slopes[i])
                if i:
                    np.matmul(rooms[i + 1], weight.T, out=rooms[i])
        return np.zeros(0)

    return run
