"""Lesson 5: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule import grad
from chainrule.lessons.check import STEP
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    Wrong,
    agrees,
    array,
    labels,
    require,
    shape,
    show,
    slope,
    unpack,
)


def tanh_backward(h, dh):
    return dh * (1 - h**2)


def check_tanh_backward(tanh_backward):
    yield "Where tanh is saturated, at h = 1, nothing passes."
    agrees(lambda dh: tanh_backward(np.ones_like(dh), dh), lambda dh: 0 * dh, dh=array("n"))
    yield "At h = 0 everything passes."
    agrees(lambda dh: tanh_backward(0 * dh, dh), lambda dh: dh, dh=array("n"))
    yield "It is the slope, measured with finite differences."
    agrees(
        lambda z, dh: tanh_backward(np.tanh(z), dh),
        lambda z, dh: slope(lambda z: np.tanh(z) * dh, {"z": z}, "z"),
        tolerance=1e-4,
        z=array("n"),
        dh=array("n"),
    )


def relu_backward(z, dh):
    return dh * (z > 0)


def check_relu_backward(relu_backward):
    yield "Positive: it passes, whatever its sign and size."
    agrees(lambda dh: relu_backward(np.full(len(dh), 2.0), dh), lambda dh: dh, dh=array("n"))
    yield "Negative: it stops."
    agrees(lambda dh: relu_backward(np.full(len(dh), -2.0), dh), lambda dh: 0 * dh, dh=array("n"))
    yield "It is the slope, measured with finite differences."
    agrees(
        relu_backward,
        lambda z, dh: slope(lambda z: np.maximum(z, 0) * dh, {"z": z}, "z"),
        tolerance=1e-4,
        z=array("n", 2, avoid=(0.0,)),
        dh=array("n", 2),
    )


def linear_backward(x, W, dout):
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)


def check_linear_backward(linear_backward):
    yield "Each slope has the shape of what it belongs to."
    found = linear_backward(np.ones((5, 2)), np.ones((2, 3)), np.ones((5, 3)))
    names = {"dx": (5, 2), "dW": (2, 3), "db": (3,)}
    for (name, expected), part in zip(names.items(), unpack(found, "dx, dW, db"), strict=True):
        shape(part, expected, name)
    kinds = {"x": array("n", 2), "W": array(2, 3), "dout": array("n", 3)}

    def measured(by):
        def total(x, W, b, dout):
            return np.sum((x @ W + b) * dout)

        return lambda x, W, dout: slope(total, {"x": x, "W": W, "b": np.zeros(3), "dout": dout}, by)

    for index, name in enumerate(("x", "W", "b")):
        yield f"d{name} is the slope along {name}, measured with finite differences."
        agrees(
            lambda x, W, dout, index=index: linear_backward(x, W, dout)[index],
            measured(name),
            tolerance=1e-4,
            **kinds,
        )


def loss_backward(z, y):
    return (1 / (1 + np.exp(-z)) - y) / len(z)


def check_loss_backward(loss_backward):
    yield "One slope for each logit."
    shape(loss_backward(np.zeros(4), np.zeros(4)), (4,), "dz")
    yield "A label 1 pulls its logit upwards: its slope is negative."
    dz = loss_backward(np.array([0.5, 0.5]), np.array([1, 0]))
    require(dz[0] < 0 < dz[1], f"For labels [1, 0] the slopes are {show(dz)}.")
    yield "It is the slope of the mean loss, measured with finite differences."
    agrees(
        loss_backward,
        lambda z, y: slope(lambda z: np.mean(np.logaddexp(0, z) - y * z), {"z": z}, "z"),
        tolerance=1e-4,
        z=array("n"),
        y=labels("n"),
    )


def forward(theta, x):
    h = np.tanh(x @ theta["W1"] + theta["b1"])
    z = h @ theta["W2"] + theta["b2"]
    return z[:, 0], h


def loss(theta, x, y):
    z, _ = forward(theta, x)
    return np.mean(np.logaddexp(0, z) - y * z)


def backward(theta, x, y):
    z, h = forward(theta, x)
    dz = loss_backward(z, y)[:, None]
    dh, dW2, db2 = linear_backward(h, theta["W2"], dz)
    dbefore = tanh_backward(h, dh)
    _, dW1, db1 = linear_backward(x, theta["W1"], dbefore)
    return {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


def check_backward(backward):
    rng = np.random.default_rng(0)
    sizes = {"W1": (2, 3), "b1": (3,), "W2": (3, 1), "b2": (1,)}
    theta = {name: rng.normal(size=size).round(1) for name, size in sizes.items()}
    x, y = rng.normal(size=(4, 2)).round(1), np.array([0, 1, 1, 0])
    gradient = backward(theta, x, y)
    yield "A dict with the keys of theta."
    require(isinstance(gradient, dict), f"It gives {show(gradient)}, not a dict.")
    missing = sorted(set(theta) ^ set(gradient))
    require(not missing, f"These keys are missing or too many: {', '.join(missing)}.")
    yield "Each of the shape of its parameter."
    for name in theta:
        shape(gradient[name], sizes[name], f"The gradient of {name}")
    for name in ("b2", "W2", "b1", "W1"):
        yield f"{name}: every entry as measured with finite differences."
        for place in np.ndindex(sizes[name]):
            compare(gradient[name][place], measured(theta, name, place, x, y), name, place)
    yield "Equal to Chainrule's grad, to twelve digits."
    for name, expected in grad(loss)(theta, x, y).items():
        gap = np.max(np.abs(expected - gradient[name]))
        require(gap < 1e-12, f"{name} differs from grad by {show(gap)}.")


def measured(theta, name, place, x, y):
    ends = []
    for step in (STEP, -STEP):
        moved = {key: value.copy() for key, value in theta.items()}
        moved[name][place] += step
        ends.append(loss(moved, x, y))
    return (ends[0] - ends[1]) / (2 * STEP)


def compare(got, expected, name, place):
    if abs(got - expected) > 1e-6:
        entry = f"{name}[{', '.join(map(str, place))}]"
        factor = got / expected if expected else np.inf
        raise Wrong(
            f"The slope of {entry} is {show(got)}, but measured it is {show(expected)} "
            f"({factor:.3g} times)."
        )


EXERCISES = (
    Exercise(
        "tanh_backward",
        check_tanh_backward,
        hints=(
            "The local derivative is `1 - h**2`, for `h` is tanh(z) already.",
            "What comes from behind, times the local derivative.",
        ),
        mistakes=(
            Mistake("dh * ", "", "At h = 0 everything passes"),
            Mistake("h**2", "np.tanh(h) ** 2", "Where tanh is saturated"),
            Mistake("1 - h**2", "1 - h", "It is the slope"),
            Mistake("dh * (1", "dh + (1", "Where tanh is saturated"),
        ),
    ),
    Exercise(
        "relu_backward",
        check_relu_backward,
        hints=("`z > 0` is an array of True and False; times something they are 1 and 0.",),
        mistakes=(
            Mistake("z > 0", "dh > 0", "Positive: it passes"),
            Mistake("dh * (z > 0)", "(z > 0) * 1.0", "Positive: it passes"),
            Mistake("dh * (z > 0)", "np.maximum(dh, 0)", "Positive: it passes"),
            Mistake("dh * (z > 0)", "dh * np.maximum(z, 0)", "2 times too large"),
            Mistake("z > 0", "z < 0", "It is always 0"),
        ),
    ),
    Exercise(
        "linear_backward",
        check_linear_backward,
        hints=(
            "Write down the shapes: dW is (d, k), x is (n, d), dout is (n, k). Which product of "
            "the two, with which transposed, has shape (d, k)?",
            "`dW = x.T @ dout`. In the same way dx, (n, d), from dout (n, k) and W (d, k).",
            "b is added to every row, so its slope is the sum over rows: `dout.sum(axis=0)`.",
        ),
        mistakes=(
            Mistake("x.T @ dout", "dout.T @ x", "dW has shape (3, 2), but it must be (2, 3)"),
            Mistake("dout.sum(axis=0)", "dout", "db has shape (5, 3), but it must be (3,)"),
            Mistake("dout.sum(axis=0)", "dout.mean(axis=0)", "a mean where a sum is meant"),
            Mistake("x.T @ dout", "x.T @ dout / len(x)", "a mean where a sum is meant"),
            Mistake(", dout.sum(axis=0)", "", "must end with `return dx, dW, db`"),
            Mistake("dout @ W.T", "dout @ W", "It stops with"),
        ),
    ),
    Exercise(
        "loss_backward",
        check_loss_backward,
        hints=(
            "Lesson 4: sigmoid(z) − y for each point.",
            "The loss is a *mean* over n points, so each has 1/n of it.",
        ),
        mistakes=(
            Mistake(" / len(z)", "", "a sum where a mean is meant"),
            Mistake(
                "1 / (1 + np.exp(-z)) - y",
                "y - 1 / (1 + np.exp(-z))",
                "A label 1 pulls its logit upwards",
            ),
            Mistake(
                "(1 / (1 + np.exp(-z)) - y) / len(z)",
                "np.mean(1 / (1 + np.exp(-z)) - y)",
                "dz has shape (), but it must be (4,)",
            ),
            Mistake("1 / (1 + np.exp(-z)) - y", "z - y", "It is the slope of the mean loss"),
        ),
    ),
    Exercise(
        "backward",
        check_backward,
        hints=(
            "Begin at the end: `dz = loss_backward(z, y)[:, None]`.",
            'Then the last layer: `dh, dW2, db2 = linear_backward(h, theta["W2"], dz)`.',
            "Then through tanh to before it, and the first layer; its dx is not needed: `_`.",
        ),
        mistakes=(
            Mistake(
                "dbefore = tanh_backward(h, dh)", "dbefore = dh", "b1: every entry as measured"
            ),
            Mistake("[:, None]", "", "It stops with"),
            Mistake('"W1": dW1, "b1": db1, ', "", "missing or too many: W1, b1"),
            Mistake("linear_backward(x,", "linear_backward(2 * x,", "(2 times)"),
            Mistake(
                "tanh_backward(h, dh)",
                "tanh_backward(np.tanh(h), dh)",
                "b1: every entry as measured",
            ),
        ),
    ),
)
