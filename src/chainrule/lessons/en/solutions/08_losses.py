"""Lesson 8: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    equals,
    holds,
    labels,
    number,
    require,
    shape,
    show,
    slope,
)


def huber(prediction, target, delta):
    gap = np.abs(prediction - target)
    return np.mean(np.where(gap <= delta, gap**2 / 2, delta * (gap - delta / 2)))


def check_huber(huber):
    yield "No error, no loss."
    equals(huber(np.array([1.0, 2.0]), np.array([1.0, 2.0]), 1.0), 0.0, "huber of equal arrays")
    yield "Small errors are squared and halved."
    agrees(
        lambda e: huber(e, 0 * e, 5.0),
        lambda e: np.mean(e**2) / 2,
        e=array("n"),
    )
    yield "Large errors count as they are: their slope is delta, and no more."
    agrees(
        lambda e, delta: slope(lambda e: huber(e, np.zeros(1), delta), {"e": e + 9}, "e"),
        lambda e, delta: np.full(1, delta),
        tolerance=1e-4,
        e=array(1),
        delta=number(0.5, 2),
    )
    yield "Where the two parts meet there is no jump."
    both = [huber(np.array([e]), np.zeros(1), 2.0) for e in (2 - 1e-9, 2 + 1e-9)]
    require(abs(both[0] - both[1]) < 1e-6, f"At e = delta = 2 it jumps from {show(both[0])} to "
                                           f"{show(both[1])}.")  # fmt: skip
    yield "Too high or too low is the same."
    agrees(lambda e: huber(e, 0 * e, 1.0), lambda e: huber(-e, 0 * e, 1.0), e=array("n"))
    yield "It is the mean, for any arrays."
    agrees(
        huber,
        lambda p, t, d: np.mean(
            np.where(abs(p - t) <= d, (p - t) ** 2 / 2, d * (abs(p - t) - d / 2))
        ),
        prediction=array("n"),
        target=array("n"),
        delta=number(0.1, 2),
    )


def normal_nll(prediction, target, sigma):
    gap = (target - prediction) / sigma
    return np.mean(gap**2 / 2 + np.log(sigma) + np.log(2 * np.pi) / 2)


def check_normal_nll(normal_nll):
    zero = np.zeros(1)
    yield "No error, sigma 1: half the logarithm of 2π."
    equals(normal_nll(zero, zero, 1.0), np.log(2 * np.pi) / 2, "normal_nll(0, 0, 1)")
    yield "For sigma = 1 its slope is that of half the mean square."
    agrees(
        lambda p, t: slope(lambda p, t: normal_nll(p, t, 1.0), {"p": p, "t": t}, "p"),
        lambda p, t: (p - t) / len(p),
        tolerance=1e-4,
        p=array("n"),
        t=array("n"),
    )
    yield "It is a density: over all targets the likelihood has the integral 1."

    def claim(sigma):
        t = np.linspace(-40, 40, 4001)
        likelihood = [np.exp(-normal_nll(zero, np.array([each]), sigma)) for each in t]
        area = np.sum(likelihood) * (t[1] - t[0])
        if abs(area - 1) < 1e-3:
            return None
        return f"For sigma = {show(sigma)} the likelihoods of all targets sum up to {show(area)}."

    for sigma in (1.0, 2.0):
        problem = claim(sigma)
        require(problem is None, problem or "")
    yield "The best sigma is the root of the mean square."
    gap = np.array([1.0, -2.0, 3.0, 0.0])
    best = np.sqrt(np.mean(gap**2))
    at, near = (normal_nll(gap, 0 * gap, sigma) for sigma in (best, 1.1 * best))
    require(at < near, "It still gets less when sigma grows beyond the errors.")
    yield "For any arrays."
    agrees(
        normal_nll,
        lambda p, t, s: np.mean((p - t) ** 2 / (2 * s**2) + np.log(s * np.sqrt(2 * np.pi))),
        prediction=array("n"),
        target=array("n"),
        sigma=number(0.5, 3),
    )


def log_softmax(z):
    moved = z - np.max(z, axis=1, keepdims=True)
    return moved - np.log(np.sum(np.exp(moved), axis=1, keepdims=True))


def check_log_softmax(log_softmax):
    z = np.array([[0.0, 0.0], [1.0, 3.0], [-2.0, 0.5]])
    found = log_softmax(z)
    yield "The shape of z."
    shape(found, (3, 2), "the result")
    yield "Equal logits: each class has the probability 1/2."
    equals(found[0], np.log([0.5, 0.5]), "log_softmax([[0, 0], ...])[0]")
    yield "The probabilities of each row have the sum 1."

    def claim(z):
        sums = np.sum(np.exp(log_softmax(z)), axis=1)
        return None if np.allclose(sums, 1) else f"With z = {show(z)} the sums are {show(sums)}."

    holds(claim, z=array("n", 3))
    yield "The same number added to a whole row changes nothing."
    agrees(lambda z: log_softmax(z + 7.0), log_softmax, z=array("n", 3))
    yield "Logits of 1000 are no trouble."
    with np.errstate(all="ignore"):
        large = log_softmax(np.array([[1000.0, 0.0], [-1000.0, 0.0]]))
    require(np.all(np.isfinite(large)), f"With z = [[1000, 0], [−1000, 0]] it gives {show(large)}.")
    yield "For any logits."
    agrees(log_softmax, lambda z: z - np.log(np.exp(z).sum(1, keepdims=True)), z=array("n", 3))


def cross_entropy(z, labels):
    return -np.mean(log_softmax(z)[np.arange(len(z)), labels])


def check_cross_entropy(cross_entropy):
    yield "One number."
    shape(cross_entropy(np.zeros((4, 3)), np.array([0, 1, 2, 0])), (), "the loss")
    yield "Knowing nothing costs the logarithm of the number of classes."
    equals(
        cross_entropy(np.zeros((4, 3)), np.array([0, 1, 2, 0])),
        np.log(3),
        "for logits of 0 and 3 classes the loss",
    )
    yield "Surely right costs nothing, surely wrong costs much."
    sure = np.array([[20.0, 0.0], [0.0, 20.0]])
    right = cross_entropy(sure, np.array([0, 1]))
    wrong = cross_entropy(sure, np.array([1, 0]))
    require(abs(right) < 1e-6, f"Surely right, it costs {show(right)}.")
    require(abs(wrong - 20) < 1e-3, f"Surely wrong, with logits 20 and 0, it costs {show(wrong)}.")
    yield "Its slope by the logits is softmax minus the label, divided by n."

    def expected(z, labels):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        return (p - np.eye(3)[labels]) / len(z)

    agrees(
        lambda z, labels: slope(lambda z: cross_entropy(z, labels), {"z": z}, "z"),
        expected,
        tolerance=1e-4,
        z=array("n", 3),
        labels=labels("n", classes=3),
    )


def focal(z, y, gamma):
    s = np.where(y == 1, z, -z)
    p = 1 / (1 + np.exp(-s))
    return np.mean((1 - p) ** gamma * np.logaddexp(0, -s))


def check_focal(focal):
    yield "With gamma = 0 it is the cross entropy of lesson 4."
    agrees(
        lambda z, y: focal(z, y, 0.0),
        lambda z, y: np.mean(np.logaddexp(0, z) - y * z),
        z=array("n"),
        y=labels("n"),
    )
    yield "The labels are treated alike: z for 1 is −z for 0."
    one = np.ones(1, int)
    agrees(
        lambda z: focal(z, one, 2.0),
        lambda z: focal(-z, 0 * one, 2.0),
        z=array(1),
    )
    yield "An easy example hardly counts, a hard one nearly as before."
    easy = focal(np.array([4.0]), one, 2.0) / focal(np.array([4.0]), one, 0.0)
    hard = focal(np.array([-4.0]), one, 2.0) / focal(np.array([-4.0]), one, 0.0)
    require(easy < 0.01, f"At z = 4 it is {show(easy)} of the cross entropy, for gamma = 2.")
    require(hard > 0.9, f"At z = −4 it is {show(hard)} of the cross entropy, for gamma = 2.")
    yield "For any logits, labels and gamma."
    agrees(
        focal,
        lambda z, y, g: np.mean(
            np.where(y == 1, 1 / (1 + np.exp(z)), 1 / (1 + np.exp(-z))) ** g
            * np.where(y == 1, np.logaddexp(0, -z), np.logaddexp(0, z))
        ),
        z=array("n"),
        y=labels("n"),
        gamma=number(0, 3),
    )


EXERCISES = (
    Exercise(
        "huber",
        check_huber,
        hints=(
            "First `gap = np.abs(prediction - target)`: then there is one border, not two.",
            "`np.where(gap <= delta, ..., ...)`, and the mean around it.",
        ),
        mistakes=(
            Mistake("gap**2 / 2", "gap**2", "2 times too large"),
            Mistake("gap - delta / 2", "gap", "it jumps"),
            Mistake("np.abs(prediction - target)", "prediction - target", "Too high or too low"),
            Mistake("delta * (gap", "(gap", "Large errors count as they are"),
            Mistake("np.mean(", "np.sum(", "a sum where a mean is meant"),
        ),
    ),
    Exercise(
        "normal_nll",
        check_normal_nll,
        hints=(
            "The logarithm of a product is a sum: of 1/σ, of 1/√(2π), and of the exponential.",
            "−log gives (t − p)² / 2σ² + log σ + log(2π) / 2.",
        ),
        mistakes=(
            Mistake(" + np.log(2 * np.pi) / 2", "", "half the logarithm of 2π"),
            Mistake(" + np.log(sigma)", "", "For sigma = 2 the likelihoods of all targets"),
            Mistake("gap**2 / 2", "gap**2", "2 times too large"),
            Mistake("gap**2 / 2", "-(gap**2) / 2", "The sign is the other way round"),
        ),
    ),
    Exercise(
        "log_softmax",
        check_log_softmax,
        hints=(
            "`moved = z - np.max(z, axis=1, keepdims=True)`: the largest of each row is now 0.",
            "Then the formula with `moved` in the place of z; the sum is over axis 1.",
        ),
        mistakes=(
            Mistake("z - np.max(z, axis=1, keepdims=True)", "z", "Logits of 1000"),
            Mistake("np.sum(np.exp(moved), axis=1, keepdims=True)", "np.sum(np.exp(moved))", "1/2"),
            Mistake("np.log(np.sum", "(np.sum", "each class has the probability 1/2"),
            Mistake("axis=1", "axis=0", "each class has the probability 1/2"),
        ),
    ),
    Exercise(
        "cross_entropy",
        check_cross_entropy,
        hints=(
            "`log_softmax(z)[np.arange(len(z)), labels]`: n numbers, all negative.",
            "Their mean, with a minus.",
        ),
        mistakes=(
            Mistake("-np.mean", "np.mean", "but it must be 1.0986"),
            Mistake("np.mean(", "np.sum(", "Knowing nothing costs"),
            Mistake("log_softmax(z)[np.arange(len(z)), labels]", "log_softmax(z)", "Surely right"),
            Mistake("log_softmax(z)", "z", "Knowing nothing costs"),
        ),
    ),
    Exercise(
        "focal",
        check_focal,
        hints=(
            "With `s` from the text, p = 1 / (1 + np.exp(-s)).",
            "`(1 - p) ** gamma * np.logaddexp(0, -s)`, and the mean.",
        ),
        mistakes=(
            Mistake("(1 - p) ** gamma", "p**gamma", "An easy example hardly counts"),
            Mistake("np.where(y == 1, z, -z)", "z", "it is the cross entropy of lesson 4"),
            Mistake("np.logaddexp(0, -s)", "np.logaddexp(0, s)", "it is the cross entropy"),
            Mistake("** gamma", "* gamma", "it is the cross entropy"),
        ),
    ),
)
