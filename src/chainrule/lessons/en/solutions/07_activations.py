"""Lesson 7: solutions, checks, hints and typical mistakes."""

import warnings

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    derivative,
    equals,
    holds,
    number,
    require,
    shape,
    show,
    slope,
)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(s):
    return s * (1 - s)


def check_sigmoid_slope(sigmoid_slope):
    yield "It is steepest in the middle: 0.25 where s = 0.5."
    equals(sigmoid_slope(0.5), 0.25, "The slope where s = 0.5")
    yield "It is the same on both sides: for s and for 1 − s."
    agrees(lambda s: sigmoid_slope(1 - s), sigmoid_slope, s=number(0, 1))
    yield "It is the slope of the sigmoid, measured with finite differences."
    agrees(
        lambda z: sigmoid_slope(sigmoid(z)),
        lambda z: slope(sigmoid, {"z": z}, "z"),
        tolerance=1e-5,
        z=array("n"),
    )


def leaky_relu(z, slope=0.1):
    return np.where(z > 0, z, slope * z)


def check_leaky_relu(leaky_relu):
    yield "Positive numbers stay as they are."
    agrees(lambda z: leaky_relu(z, 0.2), lambda z: z, z=array("n", low=0.1))
    yield "Negative ones become `slope` times as large."
    agrees(leaky_relu, lambda z, slope: slope * z, z=array("n", high=-0.1), slope=number(0, 0.5))
    yield "There is no jump at 0."
    gap = leaky_relu(1e-9, 0.1) - leaky_relu(-1e-9, 0.1)
    require(np.all(np.abs(gap) < 1e-6), f"From just below 0 to just above it jumps by {show(gap)}.")
    yield "With a slope of 0 it is the ReLU; with a slope of 1, nothing happens."
    agrees(lambda z: leaky_relu(z, 0.0), lambda z: np.maximum(z, 0), z=array("n", 2))
    agrees(lambda z: leaky_relu(z, 1.0), lambda z: z, z=array("n", 2))


def dead_share(z):
    return np.mean(np.all(z <= 0, axis=0))


def check_dead_share(dead_share):
    z = np.array([[1.0, -1.0, -2.0, 0.5], [-3.0, -1.0, -0.1, 2.0], [2.0, -5.0, 0.3, 1.0]])
    yield "It is one number from 0 to 1."
    share = dead_share(z)
    shape(share, (), "The share")
    require(0 <= share <= 1, f"It is {show(share)}.")
    yield "All positive: none is dead. All negative: all are."
    equals(float(dead_share(np.ones((3, 4)))), 0.0, "The share for a z of ones")
    equals(float(dead_share(-np.ones((3, 4)))), 1.0, "The share for a z of −1")
    yield "One example that wakes a neuron is enough."
    equals(
        float(share), 0.25, f"The share for z = {show(z)}, where only the second column is dead,"
    )
    yield "More examples can only wake neurons, never kill one."

    def kills(z):
        fewer, more = dead_share(z[:-1]), dead_share(z)
        if more <= fewer:
            return None
        return (
            f"For z = {show(z)} the share is {show(more)}, but without the last row {show(fewer)}."
        )

    holds(kills, None, z=array(4, "h", low=-4, high=1))


def silu_slope(z):
    s = 1 / (1 + np.exp(-z))
    return s + z * s * (1 - s)


def check_silu_slope(silu_slope):
    yield "At 0 it is one half."
    equals(silu_slope(0.0), 0.5, "The slope at 0")
    yield "Far right it is 1, far left 0."
    equals(silu_slope(30.0), 1.0, "The slope at 30")
    equals(silu_slope(-30.0), 0.0, "The slope at −30")
    yield "It is the slope of z · σ(z), measured with finite differences."
    derivative(lambda z: z / (1 + np.exp(-z)), silu_slope, z=array("n"))


def softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_softmax(softmax):
    yield "The shape stays."
    shape(softmax(np.ones((2, 3))), (2, 3), "The result")
    yield "Each row sums to 1."

    def total(z):
        sums = np.sum(softmax(z), axis=1)
        if np.allclose(sums, 1):
            return None
        return f"For z = {show(z)} the rows sum to {show(sums)}."

    holds(total, softmax, z=array("n", 3))
    yield "Equal numbers give equal probabilities."
    equals(softmax(np.zeros((1, 4))), np.full((1, 4), 0.25), "The softmax of four zeros")
    yield "The same number added to a row changes nothing."
    agrees(lambda z, c: softmax(z + c), lambda z, c: softmax(z), z=array("n", 3), c=number())
    yield "One more by 1 is e times as likely."
    ratio = softmax(np.array([[0.0, 1.0]]))
    equals(ratio[0, 1] / ratio[0, 0], np.e, "For z = [[0, 1]] the second over the first")
    yield "Numbers of 1000 do not overflow."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        large = softmax(np.array([[1000.0, 1000.0], [0.0, -1000.0]]))
    equals(large, np.array([[0.5, 0.5], [1.0, 0.0]]), "The softmax of [[1000, 1000], [0, −1000]]")


EXERCISES = (
    Exercise(
        "sigmoid_slope",
        check_sigmoid_slope,
        hints=(
            "The derivative of 1/u is −1/u², and u = 1 + exp(−z) has the derivative −exp(−z).",
            "So it is exp(−z) / u². Now 1/u is s, and exp(−z) / u is 1 − s.",
        ),
        mistakes=(
            Mistake("s * (1 - s)", "1 - s**2", "is 0.75, but it must be 0.25"),
            Mistake("1 - s", "s - 1", "is −0.25, but it must be 0.25"),
            Mistake("s * (1 - s)", "s / 2", "for s and for 1 − s"),
            Mistake("s * (1 - s)", "np.exp(-s) / (1 + np.exp(-s)) ** 2", "The slope where s = 0.5"),
        ),
    ),
    Exercise(
        "leaky_relu",
        check_leaky_relu,
        hints=("`np.where(condition, a, b)` takes from a where the condition holds, else from b.",),
        mistakes=(
            Mistake("slope * z", "slope", "Negative ones become"),
            Mistake("slope * z", "0 * z", "It is always 0"),
            Mistake("slope * z", "z - slope", "Negative ones become"),
            Mistake(
                "np.where(z > 0, z, slope * z)",
                "np.maximum(z, 0) - slope * z",
                "Positive numbers stay as they are",
            ),
            Mistake("slope * z", "-slope * z", "The sign is the other way round"),
            Mistake(
                "return np.where(z > 0, z, slope * z)",
                "z = np.asarray(z)\n    if z.ndim:\n        z[z <= 0] *= slope\n"
                "        return z\n    return z if z > 0 else slope * z",
                "It changes `z`, which it was given",
            ),
        ),
    ),
    Exercise(
        "dead_share",
        check_dead_share,
        hints=(
            "A neuron is a column. It is dead if *all* of its numbers are ≤ 0.",
            "`np.all(z <= 0, axis=0)` says so for each column; the mean of True and False is a "
            "share.",
        ),
        mistakes=(
            Mistake("np.mean(np.all(z <= 0, axis=0))", "np.mean(z <= 0)", "One example that wakes"),
            Mistake("axis=0", "axis=1", "One example that wakes"),
            Mistake("np.all", "np.any", "One example that wakes"),
            Mistake("np.mean", "np.sum", "The share for a z of −1 is 4"),
            Mistake(
                "np.mean(np.all(z <= 0, axis=0))",
                "np.all(z <= 0, axis=0)",
                "The share has shape (4,)",
            ),
        ),
    ),
    Exercise(
        "silu_slope",
        check_silu_slope,
        hints=(
            "The product rule: the first factor's derivative times the second, plus the first "
            "times the second's derivative.",
            "The derivative of z is 1; that of the sigmoid is s · (1 − s).",
        ),
        mistakes=(
            Mistake("s + z * s * (1 - s)", "s * (1 - s)", "is 0.25, but it must be 0.5"),
            Mistake("s + z * s", "s + s", "is 0.75, but it must be 0.5"),
            Mistake("z * s * (1 - s)", "z * s", "The slope at 30 is 31"),
            Mistake("s + z", "s - z", "It is the slope of z · σ(z)"),
            Mistake("s + z * s * (1 - s)", "z * s", "is 0, but it must be 0.5"),
        ),
    ),
    Exercise(
        "softmax",
        check_softmax,
        hints=(
            "`z.max(axis=1, keepdims=True)` has shape (n, 1): it can be subtracted from z.",
            "In the same way divide by the sum of each row, with `keepdims=True`.",
        ),
        mistakes=(
            Mistake("z - z.max(axis=1, keepdims=True)", "z", "The softmax of [[1000, 1000]"),
            Mistake("powers.sum(axis=1, keepdims=True)", "powers.sum()", "the rows sum to"),
            Mistake("axis=1", "axis=0", "the rows sum to"),
            Mistake(
                "powers.sum(axis=1, keepdims=True)",
                "powers.max(axis=1, keepdims=True)",
                "the rows sum to",
            ),
            Mistake(
                "np.exp(z - z.max(axis=1, keepdims=True))",
                "z - z.min(axis=1, keepdims=True) + 1",
                "One more by 1 is e times as likely",
            ),
        ),
    ),
)
