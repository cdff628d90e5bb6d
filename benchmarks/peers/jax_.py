"""JAX: the whole run in one jitted ``lax.scan``, its best; and a jitted step called in a loop."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..workloads import Arrays, Work, make_loss, parameters_of


class Ops:
    relu, tanh = jax.nn.relu, jnp.tanh

    @staticmethod
    def dense(x: Any, w: Any, b: Any) -> Any:
        return x @ w + b

    @staticmethod
    def mse(prediction: Any, y: Any) -> Any:
        return jnp.mean((prediction - y) ** 2)

    @staticmethod
    def bce(z: Any, y: Any) -> Any:
        return jnp.mean(jax.nn.softplus(z) - y * z)

    @staticmethod
    def xent(z: Any, y: Any) -> Any:
        # One-hot: the derivative of indexing is a scatter, which is slow on a CPU.
        chosen = jax.nn.one_hot(y, z.shape[-1], dtype=z.dtype)
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(z) * chosen, axis=-1))


def _make_step(work: Work) -> Any:
    gradient = jax.value_and_grad(make_loss(work, Ops))

    def step(state: Any, i: Any, rows: Any, x: Any, y: Any) -> Any:
        batch = (x, y) if rows is None else (x[rows], y[rows])
        loss, grads = gradient(state["theta"], *batch)
        return _update(work, state, grads, i), loss

    return step


def _update(work: Work, state: Any, grads: Any, i: Any) -> Any:
    lr, theta = work.rate, state["theta"]
    if work.optimizer == "gd":
        return {"theta": jax.tree.map(lambda p, g: p - lr * g, theta, grads)}
    if work.optimizer == "adamw":
        theta = jax.tree.map(lambda p: p * (1 - lr * 0.01), theta)
    mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, state["mean"], grads)
    square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, state["square"], grads)
    rate = lr / -jnp.expm1((i + 1) * math.log(0.9))  # 1 - 0.9 ** t would lose float32's digits
    root = jnp.sqrt(-jnp.expm1((i + 1) * math.log(0.999)))
    theta = jax.tree.map(
        lambda p, m, s: p - rate * m / (jnp.sqrt(s) / root + 1e-8), theta, mean, square
    )
    return {"theta": theta, "mean": mean, "square": square}


def _start(work: Work, arrays: Arrays) -> Any:
    theta = {name: jnp.asarray(value) for name, value in parameters_of(arrays).items()}
    if work.optimizer == "gd":
        return {"theta": theta}
    return {
        "theta": theta,
        "mean": jax.tree.map(jnp.zeros_like, theta),
        "square": jax.tree.map(jnp.zeros_like, theta),
    }


def scan(work: Work, arrays: Arrays) -> Any:
    step = _make_step(work)
    x, y = jnp.asarray(arrays["x"]), jnp.asarray(arrays["y"])
    order = jnp.asarray(arrays["order"]) if work.batch else None
    numbers = jnp.arange(work.updates)

    @jax.jit
    def train(state: Any, x: Any, y: Any, numbers: Any, order: Any) -> Any:
        return lax.scan(lambda state, each: step(state, *each, x, y), state, (numbers, order))

    start = _start(work, arrays)

    def run() -> Any:
        state, losses = train(start, x, y, numbers, order)
        jax.block_until_ready(state)
        return np.asarray(losses)

    return run


def step(work: Work, arrays: Arrays) -> Any:
    jitted = jax.jit(_make_step(work))
    x, y = jnp.asarray(arrays["x"]), jnp.asarray(arrays["y"])
    order = arrays.get("order")
    start = _start(work, arrays)

    def run() -> Any:
        state, losses = start, []
        for i in range(work.updates):
            state, loss = jitted(state, i, None if order is None else order[i], x, y)
            losses.append(loss)
        jax.block_until_ready(state)
        return np.array(jax.device_get(losses))

    return run
