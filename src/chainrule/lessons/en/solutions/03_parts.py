"""Lesson 3: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    equals,
    number,
    require,
    shape,
    show,
    unpack,
)


def model(theta, x):
    return x @ theta["W"] + theta["b"]


def check_model(model):
    def predict(W, b, x):
        return model({"W": W, "b": b}, x)

    kinds = {"W": array(2, 3), "b": array(3), "x": array("n", 2)}
    yield "Five examples with two inputs and three outputs give shape (5, 3)."
    shape(predict(np.ones((2, 3)), np.ones(3), np.ones((5, 2))), (5, 3), "The prediction")
    yield "Inputs of 0 give b in every row."
    agrees(
        lambda W, b, x: predict(W, b, 0 * x),
        lambda W, b, x: np.tile(b, (len(x), 1)),
        **kinds,
    )
    yield "An example's prediction does not depend on the others."
    agrees(lambda W, b, x: predict(W, b, x)[:1], lambda W, b, x: predict(W, b, x[:1]), **kinds)
    yield "It is the sum of each input times its weight, plus b."

    def by_loops(W, b, x):
        return np.array(
            [[sum(row[d] * W[d, k] for d in (0, 1)) + b[k] for k in (0, 1, 2)] for row in x]
        )

    agrees(predict, by_loops, **kinds)


def mse(prediction, target):
    if np.shape(prediction) != np.shape(target):
        raise ValueError(f"shapes {np.shape(prediction)} and {np.shape(target)}")
    return np.mean((prediction - target) ** 2)


def check_mse(mse):
    yield "Arrays of the same shape: the mean of the squares."
    kinds = {"prediction": array("n", "k"), "target": array("n", "k")}
    agrees(mse, lambda p, y: np.mean((p - y) ** 2), **kinds)
    yield "(3, 1) against (3,) is refused."
    refused(mse, (3, 1), (3,))
    yield "So is (3,) against (3, 1), and any other that does not match."
    refused(mse, (3,), (3, 1))
    refused(mse, (3, 2), (1, 2))


def refused(mse, one, other):
    try:
        loss = mse(np.zeros(one), np.zeros(other))
    except ValueError as error:
        message = str(error)
        if str(one) not in message or str(other) not in message:
            require(
                False, f"The message is {message!r}: it must name both shapes, {one} and {other}."
            )
        return
    require(
        False, f"With shapes {one} and {other} it gives {show(loss)}; it must raise a ValueError."
    )


def momentum(theta, gradient, velocity, rate, mu):
    velocity = {name: mu * velocity[name] + gradient[name] for name in theta}
    return {name: theta[name] - rate * velocity[name] for name in theta}, velocity


def check_momentum(momentum):
    kinds = {"w": number(), "g": number(), "v": number(), "rate": number(0, 1), "mu": number(0, 1)}

    def step(w, g, v, rate, mu):
        found = momentum({"w": w}, {"w": g}, {"w": v}, rate, mu)
        return unpack(found, "theta, velocity")

    yield "It returns two dicts."
    theta, _ = step(1.0, 2.0, 3.0, 0.1, 0.9)
    require(isinstance(theta, dict), f"The first is {show(theta)}, not a dict.")
    yield "Without momentum it is plain descent."
    agrees(
        lambda w, g, v, rate, mu: step(w, g, v, rate, 0.0)[0]["w"],
        lambda w, g, v, rate, mu: w - rate * g,
        **kinds,
    )
    yield "Where the gradient is 0 it rolls on, and the velocity shrinks by mu."
    agrees(
        lambda w, g, v, rate, mu: step(w, 0.0, v, rate, mu)[1]["w"],
        lambda w, g, v, rate, mu: mu * v,
        **kinds,
    )
    yield "In a long even slope the velocity grows to g / (1 − mu)."
    velocity = {"w": 0.0}
    for _ in range(200):
        _, velocity = momentum({"w": 0.0}, {"w": 2.0}, velocity, 0.1, 0.9)
    equals(float(velocity["w"]), 20.0, "The velocity after 200 steps with g = 2, mu = 0.9", 1e-4)
    yield "The step is taken with the new velocity."
    agrees(
        lambda w, g, v, rate, mu: step(w, g, v, rate, mu)[0]["w"],
        lambda w, g, v, rate, mu: w - rate * (mu * v + g),
        **kinds,
    )


def batches(n, size, rng):
    order = rng.permutation(n)
    return [order[start : start + size] for start in range(0, n, size)]


def check_batches(batches):
    def sizes(n, size):
        return [len(each) for each in batches(n, size, np.random.default_rng(0))]

    yield "12 examples in fours: three batches."
    equals(np.array(sizes(12, 4)), np.array([4, 4, 4]), "The sizes of the batches")
    yield "10 in fours: the last has 2."
    equals(np.array(sizes(10, 4)), np.array([4, 4, 2]), "The sizes of the batches")
    yield "Every example comes exactly once."
    found = np.concatenate(batches(10, 4, np.random.default_rng(1)))
    missing = sorted(set(range(10)) - set(found.tolist()))
    require(not missing, f"Of 10 examples these never come: {show(np.array(missing))}.")
    yield "The order is random, and another one for another rng."
    one, other = (np.concatenate(batches(20, 5, np.random.default_rng(s))) for s in (0, 1))
    require(not np.array_equal(one, np.arange(20)), "They come in the order 0, 1, 2, ...")
    require(not np.array_equal(one, other), "With another rng the order is still the same.")


def standardize(x):
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread == 0, 1, spread)


def check_standardize(standardize):
    table = np.array([[1.0, 100.0], [2.0, 300.0], [6.0, 200.0], [3.0, 900.0]])
    scaled = standardize(table)
    yield "The shape stays."
    shape(scaled, (4, 2), "The result")
    yield "Each column has mean 0."
    equals(np.mean(scaled, axis=0), np.zeros(2), "The means of the columns")
    yield "Each column has standard deviation 1."
    equals(np.std(scaled, axis=0), np.ones(2), "The standard deviations of the columns")
    yield "Other units change nothing."
    equals(standardize(table * 1000 + 5), scaled, "The result for 1000 · x + 5")
    yield "A column of equal numbers becomes zeros."
    with np.errstate(all="ignore"):
        constant = standardize(np.array([[1.0, 7.0], [3.0, 7.0]]))[:, 1]
    equals(constant, np.zeros(2), "A column of two sevens")


EXERCISES = (
    Exercise(
        "model",
        check_model,
        hints=(
            "`x @ W` has shape (N, K); b has shape (K,) and is added to every row by itself.",
            'The parameters are `theta["W"]` and `theta["b"]`.',
        ),
        mistakes=(
            Mistake("@", "*", "It stops with"),
            Mistake(' + theta["b"]', "", "Inputs of 0 give b in every row"),
            Mistake(
                'x @ theta["W"] + theta["b"]',
                '(x @ theta["W"] + theta["b"]).T',
                "has shape (3, 5), but it must be (5, 3)",
            ),
            Mistake(
                "x @",
                "(x - x.mean(axis=0)) @",
                "An example's prediction does not depend on the others",
            ),
        ),
    ),
    Exercise(
        "mse",
        check_mse,
        hints=(
            "`np.shape(prediction) != np.shape(target)` is the question.",
            '`raise ValueError(f"{...} and {...}")` with both shapes in the braces.',
        ),
        mistakes=(
            Mistake(
                """    if np.shape(prediction) != np.shape(target):
        raise ValueError(f"shapes {np.shape(prediction)} and {np.shape(target)}")
""",
                "",
                "With shapes (3, 1) and (3,) it gives 0; it must raise a ValueError",
            ),
            Mistake(
                "np.shape(prediction) != np.shape(target)",
                "len(prediction) != len(target)",
                "it must raise a ValueError",
            ),
            Mistake(
                "np.shape(prediction) != np.shape(target)",
                "np.ndim(prediction) > np.ndim(target)",
                "With shapes (3,) and (3, 1)",
            ),
            Mistake(
                'f"shapes {np.shape(prediction)} and {np.shape(target)}"',
                '"wrong shapes"',
                "it must name both shapes",
            ),
            Mistake("np.mean", "np.sum", "a sum where a mean is meant"),
        ),
    ),
    Exercise(
        "momentum",
        check_momentum,
        hints=(
            "First the new velocity of each name: mu times the old one, plus the gradient.",
            "Then the new theta, with the *new* velocity. Return both.",
        ),
        mistakes=(
            Mistake(
                " for name in theta}, velocity",
                " for name in theta}",
                "must end with `return theta, velocity`",
            ),
            Mistake("- rate", "+ rate", "Without momentum it is plain descent"),
            Mistake(
                "mu * velocity[name] + gradient[name]",
                "mu * velocity[name] + (1 - mu) * gradient[name]",
                "but it must be 20",
            ),
            Mistake(
                "rate * velocity[name]",
                "rate * gradient[name]",
                "The step is taken with the new velocity",
            ),
            Mistake(
                "mu * velocity[name] + gradient[name]",
                "velocity[name] + gradient[name]",
                "Without momentum it is plain descent",
            ),
        ),
    ),
    Exercise(
        "batches",
        check_batches,
        hints=(
            "`order = rng.permutation(n)`, then cut it into pieces.",
            "The pieces begin at `range(0, n, size)`; a slice past the end is just shorter.",
        ),
        mistakes=(
            Mistake("rng.permutation(n)", "np.arange(n)", "They come in the order 0, 1, 2"),
            Mistake(
                "range(0, n, size)",
                "range(0, n - size + 1, size)",
                "is [4, 4], but it must be [4, 4, 2]",
            ),
            Mistake("rng.permutation(n)", "rng.integers(0, n, n)", "these never come"),
            Mistake(
                "rng.permutation(n)",
                "np.random.default_rng(0).permutation(n)",
                "With another rng the order is still the same",
            ),
            Mistake("start : start + size", "start : start + size - 1", "is [3, 3, 3]"),
        ),
    ),
    Exercise(
        "standardize",
        check_standardize,
        hints=(
            "`x.mean(axis=0)` and `x.std(axis=0)` have one number a column.",
            "Where the deviation is 0, divide by 1: `np.where(spread == 0, 1, spread)`.",
        ),
        mistakes=(
            Mistake("(axis=0)", "()", "The means of the columns"),
            Mistake("np.where(spread == 0, 1, spread)", "spread", "A column of two sevens"),
            Mistake("(axis=0)", "(axis=1, keepdims=True)", "The means of the columns"),
            Mistake(
                "spread = x.std(axis=0)",
                "spread = x.std(axis=0) ** 2",
                "The standard deviations of the columns",
            ),
            Mistake(
                "np.where(spread == 0, 1, spread)",
                "(spread + 1)",
                "The standard deviations of the columns",
            ),
        ),
    ),
)
