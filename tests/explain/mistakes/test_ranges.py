"""Interval arithmetic is sound: no value of a random program lies outside its range."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.engine.interpret import values_of
from chainrule.explain.mistakes.ranges import Range, ranges

ONE = [
    np.exp, np.tanh, np.square, np.abs, np.negative, np.sign, np.floor, np.cbrt, np.arctan, np.sin,
    nn.sigmoid, nn.softplus, nn.relu, nn.gelu, nn.softmax, nn.log_softmax, np.expm1,
    lambda x: np.sqrt(np.abs(x)), lambda x: np.log(np.square(x) + 0.5), lambda x: 1 / (1 + x * x),
    lambda x: np.clip(x, -0.5, 0.75), lambda x: np.where(x > 0.25, x, 1.0), lambda x: x**3,
    lambda x: np.sum(x, axis=0, keepdims=True) + 0 * x, lambda x: x - np.max(x, axis=1)[:, None],
    lambda x: x @ x.T @ x, lambda x: np.where(x <= 0, x - 1, x), lambda x: np.abs(x) ** 1.5,
]  # fmt: skip
TWO = [np.add, np.subtract, np.multiply, np.maximum, np.minimum, lambda a, b: a / (b * b + 0.1)]


@pytest.mark.parametrize("seed", range(30))
def test_values_lie_in_their_ranges(seed):
    rng = np.random.default_rng(seed)

    def program(x, y):
        made = [x, y]
        for _ in range(8):
            if rng.random() < 0.6:
                made.append(ONE[rng.integers(len(ONE))](made[rng.integers(len(made))]))
            else:
                pair = [made[i] for i in rng.integers(len(made), size=2)]
                made.append(TWO[rng.integers(len(TWO))](*pair))
        return made[-4:]

    x, y = rng.normal(size=(2, 3, 4))
    graph = cr.trace(program, x, y)
    found = ranges(graph.nodes, dict.fromkeys(graph.inputs, Range(-4, 4)))
    for _ in range(5):
        x, y = rng.uniform(-4, 4, size=(2, 3, 4))
        with np.errstate(all="ignore"):
            known = values_of(graph, x, y)
        for node in graph.nodes:
            value = np.asarray(known[node])
            if not np.isfinite(value).all():
                continue
            low, high, apart = found[node]
            slack = 1e-9 * max(1.0, float(np.abs(value).max()))
            assert low - slack <= value.min() and value.max() <= high + slack, node
            assert not apart or (value != 0).all() or np.abs(value).min() < 1e-300
