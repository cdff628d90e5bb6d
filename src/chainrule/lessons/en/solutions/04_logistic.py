"""Lesson 4: solutions, checks, hints and typical mistakes."""

import warnings

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    derivative,
    equals,
    labels,
    number,
    require,
    shape,
    show,
    unpack,
)


def quietly(function, *args):
    """What it gives, and whether NumPy warned."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        value = function(*args)
    return value, [str(each.message) for each in warned]


def sigmoid(z):
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def check_sigmoid(sigmoid):
    yield "At 0 it is undecided: 0.5."
    equals(sigmoid(0.0), 0.5, "The sigmoid of 0")
    yield "It turns with the sign: σ(−z) = 1 − σ(z)."
    agrees(lambda z: sigmoid(-z), lambda z: 1 - sigmoid(z), z=number(-8, 8))
    yield "It is 1 / (1 + exp(−z)), for arrays too."
    agrees(sigmoid, lambda z: 1 / (1 + np.exp(-z)), z=array("n", low=-8, high=8))
    yield "Numbers as large as 1000 do not overflow."
    for z, expected in ((1000.0, 1.0), (-1000.0, 0.0)):
        value, warned = quietly(sigmoid, np.array([z]))
        equals(value, np.array([expected]), f"The sigmoid of {show(z)}")
        require(not warned, f"For z = {show(z)} NumPy warns: {', '.join(warned)}.")


def cross_entropy(p, y):
    return np.mean(np.where(y == 1, -np.log(p), -np.log(1 - p)))


def check_cross_entropy(cross_entropy):
    half = np.array([0.5, 0.5, 0.5])
    yield "Who always says 0.5 pays log 2."
    equals(cross_entropy(half, np.array([0, 1, 1])), np.log(2), "The loss of p = [0.5, 0.5, 0.5]")
    yield "Nearly certain and right costs nearly nothing; wrong costs a lot."
    sure = np.array([0.999, 0.001])
    right, wrong = cross_entropy(sure, np.array([1, 0])), cross_entropy(sure, np.array([0, 1]))
    require(
        right < wrong, f"p = {show(sure)} costs {show(right)} if right and {show(wrong)} if wrong."
    )
    yield "To exchange the names of the classes changes nothing."
    kinds = {"p": array("n", low=0.1, high=0.9), "y": labels("n")}
    agrees(lambda p, y: cross_entropy(1 - p, 1 - y), cross_entropy, **kinds)
    yield "It is the mean of −log of what was given to the truth."
    agrees(
        cross_entropy,
        lambda p, y: np.mean([-np.log(a if b else 1 - a) for a, b in zip(p, y, strict=True)]),
        **kinds,
    )


def loss_with_logits(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


def check_loss_with_logits(loss_with_logits):
    yield "A logit of 0 costs log 2."
    equals(loss_with_logits(np.zeros(4), np.array([0, 1, 1, 0])), np.log(2), "The loss of z = 0")
    yield "It is the cross entropy of the sigmoid."

    def two_steps(z, y):
        p = 1 / (1 + np.exp(-z))
        return np.mean(np.where(y == 1, -np.log(p), -np.log(1 - p)))

    agrees(loss_with_logits, two_steps, z=array("n"), y=labels("n"))
    yield "Sure and wrong by 1000 costs 1000, not infinity."
    value, warned = quietly(loss_with_logits, np.array([1000.0]), np.array([0]))
    equals(value, 1000.0, "The loss of z = 1000 with y = 0")
    require(not warned, f"NumPy warns: {', '.join(warned)}.")


def gradient(w, b, x, y):
    error = 1 / (1 + np.exp(-(x @ w + b))) - y
    return x.T @ error / len(y), np.mean(error)


def check_gradient(gradient):
    def loss(w, b, x, y):
        z = x @ w + b
        return np.mean(np.logaddexp(0, z) - y * z)

    def part(index):
        return lambda w, b, x, y: gradient(w, b, x, y)[index]

    kinds = {"w": array(2), "b": number(), "x": array("n", 2), "y": labels("n")}
    yield "It is a pair: an array of shape (2,) and a number."
    dw, db = unpack(gradient(np.ones(2), 0.0, np.ones((5, 2)), np.ones(5)), "dw, db")
    shape(dw, (2,), "dw")
    shape(db, (), "db")
    yield "If all are called 1 that are 0, both point upwards, towards less."
    dw, db = gradient(np.ones(2), 3.0, np.ones((5, 2)), np.zeros(5))
    require(
        db > 0 and np.all(np.asarray(dw) > 0),
        f"dw = {show(dw)} and db = {show(db)}, but the loss grows with w and b here.",
    )
    yield "dw is the slope along w, measured with finite differences."
    derivative(loss, part(0), by="w", **kinds)
    yield "db is the slope along b."
    derivative(loss, part(1), by="b", **kinds)


def precision_recall(p, y, threshold=0.5):
    called = p >= threshold
    hits = np.sum(called & (y == 1))
    precision = hits / called.sum() if called.any() else 1.0
    return precision, hits / np.sum(y == 1)


def check_precision_recall(precision_recall):
    p, y = np.array([0.9, 0.8, 0.6, 0.3, 0.2]), np.array([1, 0, 1, 1, 0])
    yield "Two of the three called 1 are 1, and two of the three ones are found."
    found = unpack(precision_recall(p, y), "precision, recall")
    equals(found[0], 2 / 3, "The precision at 0.5")
    equals(found[1], 2 / 3, "The recall at 0.5")
    yield "A threshold of 0 calls everything 1: recall 1, and precision the share of ones."
    equals(tuple(precision_recall(p, y, 0.0)), (0.6, 1.0), "The pair at threshold 0")
    yield "Exactly at the threshold is called 1."
    equals(tuple(precision_recall(p, y, 0.3)), (0.75, 1.0), "The pair at threshold 0.3")
    yield "A threshold of 0.85 is careful: precise, but it misses most."
    equals(tuple(precision_recall(p, y, 0.85)), (1.0, 1 / 3), "The pair at threshold 0.85")
    yield "Where nothing is called 1, precision is 1 and recall 0."
    value, warned = quietly(precision_recall, p, y, 0.95)
    equals(tuple(value), (1.0, 0.0), "The pair at threshold 0.95")
    require(not warned, f"At threshold 0.95 NumPy warns: {', '.join(warned)}.")


EXERCISES = (
    Exercise(
        "sigmoid",
        check_sigmoid,
        hints=(
            "For z ≥ 0 the formula is harmless as it stands, for `np.exp(-z)` is small then.",
            "For z < 0 use the same with numerator and denominator times exp(z): "
            "exp(z) / (1 + exp(z)). In both cases the exponential is `small = np.exp(-abs(z))`.",
            "`np.where(z >= 0, 1, small) / (1 + small)`",
        ),
        mistakes=(
            Mistake(
                "np.where(z >= 0, 1, small) / (1 + small)",
                "1 / (1 + np.exp(-z))",
                "For z = −1000 NumPy warns",
            ),
            Mistake(
                "np.where(z >= 0, 1, small) / (1 + small)",
                "np.exp(z) / (1 + np.exp(z))",
                "The sigmoid of 1000 is [nan]",
            ),
            Mistake("np.where(z >= 0, 1, small)", "1", "It turns with the sign"),
            Mistake("z >= 0, 1, small", "z >= 0, small, 1", "It is 1 / (1 + exp(−z))"),
            Mistake(
                "np.where(z >= 0, 1, small) / (1 + small)",
                "np.tanh(z)",
                "The sigmoid of 0 is 0, but it must be 0.5",
            ),
        ),
    ),
    Exercise(
        "cross_entropy",
        check_cross_entropy,
        hints=(
            "`np.where(y == 1, ..., ...)` chooses for each point.",
            "Or `-(y * np.log(p) + (1 - y) * np.log(1 - p))`; then the mean.",
        ),
        mistakes=(
            Mistake("-np.log", "np.log", "is −0.69315, but it must be 0.69315"),
            Mistake("np.mean", "np.sum", "is 2.0794, but it must be 0.69315"),
            Mistake("-np.log(1 - p)", "0.0", "The loss of p = [0.5, 0.5, 0.5]"),
            Mistake("np.log", "np.log2", "is 1, but it must be 0.69315"),
            Mistake("y == 1", "y == 0", "if right and"),
        ),
    ),
    Exercise(
        "loss_with_logits",
        check_loss_with_logits,
        hints=("`np.logaddexp(0, z)` is the first part.", "Minus `y * z`, and the mean of it all."),
        mistakes=(
            Mistake(
                "np.logaddexp(0, z)",
                "np.log(1 + np.exp(z))",
                "The loss of z = 1000 with y = 0 is inf",
            ),
            Mistake("- y * z", "+ y * z", "It is the cross entropy of the sigmoid"),
            Mistake(
                "np.logaddexp(0, z)",
                "np.logaddexp(0, -z)",
                "It is the cross entropy of the sigmoid",
            ),
            Mistake("np.mean", "np.sum", "must be 0.69315"),
        ),
    ),
    Exercise(
        "gradient",
        check_gradient,
        hints=(
            "First the error of each point: `sigmoid(x @ w + b) - y`, of shape (n,).",
            "b adds 1 to each z, so `db` is the mean of the errors.",
            "w changes each z by x, so `dw` is the mean of errors times rows: `x.T @ error / n`.",
        ),
        mistakes=(
            Mistake(
                "x.T @ error / len(y), np.mean(error)",
                "x.T @ error, np.sum(error)",
                "a sum where a mean is meant",
            ),
            Mistake(" - y\n", "\n", "dw is the slope along w"),
            Mistake(
                "1 / (1 + np.exp(-(x @ w + b))) - y",
                "y - 1 / (1 + np.exp(-(x @ w + b)))",
                "but the loss grows with w and b here",
            ),
            Mistake(
                "x.T @ error / len(y)", "np.mean(error)", "dw has shape (), but it must be (2,)"
            ),
            Mistake(
                "1 / (1 + np.exp(-(x @ w + b))) - y", "x @ w + b - y", "dw is the slope along w"
            ),
        ),
    ),
    Exercise(
        "precision_recall",
        check_precision_recall,
        hints=(
            "`called = p >= threshold`; hits are those that are called *and* are 1.",
            "Precision divides the hits by all that are called, recall by all that are 1.",
            "`if called.any()` keeps you from dividing by 0.",
        ),
        mistakes=(
            Mistake(
                "return precision, hits / np.sum(y == 1)",
                "return hits / np.sum(y == 1), precision",
                "The pair at threshold 0",
            ),
            Mistake(">=", ">", "The pair at threshold 0.3"),
            Mistake(" if called.any() else 1.0", "", "The pair at threshold 0.95"),
            Mistake(
                "np.sum(called & (y == 1))", "np.sum(called == (y == 1))", "The precision at 0.5"
            ),
            Mistake("called = p >= threshold", "called = p >= 0.5", "The pair at threshold 0 is"),
        ),
    ),
)
