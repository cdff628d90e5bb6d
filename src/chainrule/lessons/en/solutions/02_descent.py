"""Lesson 2: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule import grad
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    decreases,
    derivative,
    equals,
    number,
    require,
    show,
    unpack,
)


def slope(f, w, h=1e-4):
    return (f(w + h) - f(w - h)) / (2 * h)


def check_slope(slope):
    yield "A line's slope is its w, everywhere."
    agrees(
        lambda w, b, x: slope(lambda x: w * x + b, x),
        lambda w, b, x: w,
        w=number(),
        b=number(),
        x=number(),
    )
    yield "It goes equally far to both sides: for w² it is exact, even with h = 0.5."
    agrees(lambda x: slope(lambda x: x * x, x, 0.5), lambda x: 2 * x, tolerance=1e-8, x=number())
    yield "The slope of sin is cos."
    agrees(lambda x: slope(np.sin, x), np.cos, x=number())


def df(w):
    return 2 * w + 3


def check_df(df):
    yield "Its slope is 0 at the lowest point, w = −1.5."
    equals(df(-1.5), 0.0, "Your derivative at the lowest point, w = −1.5,")
    yield "It is the slope of f, measured with finite differences."
    derivative(lambda w: w**2 + 3 * w - 5, df, w=number(-5, 5))


def gradient(w, b, x, y):
    miss = w * x + b - y
    return np.mean(2 * miss * x), np.mean(2 * miss)


def check_gradient(gradient):
    def loss(w, b, x, y):
        return np.mean((w * x + b - y) ** 2)

    def part(index):
        return lambda w, b, x, y: gradient(w, b, x, y)[index]

    kinds = {"w": number(), "b": number(), "x": array("n"), "y": array("n")}
    yield "It is a pair."
    unpack(gradient(1.0, 2.0, np.array([1.0, 2.0]), np.array([0.0, 1.0])), "dw, db")
    yield "Where the line goes through all points, both slopes are 0."
    x = np.array([-1.0, 0.0, 2.0])
    equals(tuple(gradient(2.0, 1.0, x, 2 * x + 1)), (0.0, 0.0), "The gradient of a perfect line")
    yield "The first is the slope along w, measured with finite differences."
    derivative(loss, part(0), by="w", **kinds)
    yield "The second is the slope along b."
    derivative(loss, part(1), by="b", **kinds)


def step(theta, slopes, rate):
    return {name: theta[name] - rate * slopes[name] for name in theta}


def check_step(step):
    yield "Where the ground is flat it stays."
    theta = {"w": 1.0, "b": -2.0}
    equals(step(theta, {"w": 0.0, "b": 0.0}, 0.1), theta, "A step with both slopes 0")
    yield "The old theta is as it was."
    given = dict(theta)
    moved = step(given, {"w": 3.0, "b": 1.0}, 0.1)
    require(
        given == theta and moved is not given,
        "It changes the theta that it was given: make a new dict, `{name: ... for name in theta}`.",
    )
    yield "It goes down."
    require(
        moved["w"] < 1.0,
        f"At w = 1 the slope is 3, so w must become less, but it becomes {show(moved['w'])}.",
    )
    yield "It moves each parameter by the rate times its own slope."
    agrees(
        lambda w, b, dw, db, rate: step({"w": w, "b": b}, {"w": dw, "b": db}, rate),
        lambda w, b, dw, db, rate: {"w": w - rate * dw, "b": b - rate * db},
        w=number(),
        b=number(),
        dw=number(),
        db=number(),
        rate=number(0, 1),
    )


def descend(loss, theta, rate, steps):
    losses = [loss(theta)]
    for _ in range(steps):
        slopes = grad(loss)(theta)
        theta = {name: theta[name] - rate * slopes[name] for name in theta}
        losses.append(loss(theta))
    return theta, losses


def check_descend(descend):
    def bowl(theta):
        return (theta["u"] - 3) ** 2 + 2 * (theta["v"] + 1) ** 2

    start = {"u": 0.0, "v": 0.0}
    yield "No step leaves theta where it is, and there is one loss, that at the start."
    theta, losses = unpack(descend(bowl, start, 0.1, 0), "theta, losses")
    equals(theta, start, "theta after 0 steps")
    equals(np.array(losses), np.array([11.0]), "The list of losses of 0 steps")
    yield "After n steps there are n + 1 losses."
    theta, losses = unpack(descend(bowl, start, 0.1, 20), "theta, losses")
    count = len(losses)
    require(count == 21, f"After 20 steps there are {count} losses, but there must be 21.")
    yield "They go down."
    decreases(losses, "The loss")
    yield "The last loss is that of the last theta."
    equals(float(losses[-1]), float(bowl(theta)), "The last loss")
    yield "In the end it is at the lowest point."
    theta, _ = descend(bowl, start, 0.1, 200)
    equals({key: float(theta[key]) for key in start}, {"u": 3.0, "v": -1.0}, "theta", 1e-4)


EXERCISES = (
    Exercise(
        "slope",
        check_slope,
        hints=(
            "You need f at two places: `f(w + h)` and `f(w - h)`.",
            "Divide their difference by the way between them. Mind the brackets around `2 * h`.",
        ),
        mistakes=(
            Mistake("(2 * h)", "2 * h", "It is always 0"),
            Mistake("/ (2 * h)", "/ h", "2 times too large"),
            Mistake(
                "f(w + h) - f(w - h)", "f(w - h) - f(w + h)", "The sign is the other way round"
            ),
            Mistake(
                "(f(w + h) - f(w - h)) / (2 * h)",
                "(f(w + h) - f(w)) / h",
                "It goes equally far to both sides",
            ),
            Mistake("(2 * h)", "(2 * 1e-4)", "It goes equally far to both sides"),
        ),
    ),
    Exercise(
        "df",
        check_df,
        hints=(
            "Term by term: w² gives 2w, and 3w gives ...",
            "The constant −5 moves the whole curve up and down; no slope changes.",
        ),
        mistakes=(
            Mistake("2 * w + 3", "2 * w", "w = −1.5, is −3, but it must be 0"),
            Mistake("2 * w + 3", "2 * w + 3 - 5", "is −5, but it must be 0"),
            Mistake("2 * w + 3", "w + 1.5", "2 times too small"),
            Mistake("2 * w + 3", "w**2 + 3 * w - 5", "is −7.25, but it must be 0"),
        ),
    ),
    Exercise(
        "gradient",
        check_gradient,
        hints=(
            "First the misses: `miss = w * x + b - y`.",
            "The derivative of miss² is 2 · miss, times the derivative of the miss itself.",
            "By b the miss changes by 1, by w it changes by x.",
        ),
        mistakes=(
            Mistake("2 * miss", "miss", "2 times too small"),
            Mistake("miss * x", "miss", "The first is the slope along w"),
            Mistake("np.mean", "np.sum", "a sum where a mean is meant"),
            Mistake("w * x + b - y", "y - w * x - b", "The sign is the other way round"),
            Mistake(", np.mean(2 * miss)", "", "must end with `return dw, db`"),
            Mistake(
                "np.mean(2 * miss * x), np.mean(2 * miss)",
                "np.mean(2 * miss), np.mean(2 * miss * x)",
                "The first is the slope along w",
            ),
        ),
    ),
    Exercise(
        "step",
        check_step,
        hints=(
            "A dict of all names: `{name: ... for name in theta}`.",
            "Down is against the slope: minus.",
        ),
        mistakes=(
            Mistake("- rate", "+ rate", "so w must become less"),
            Mistake(
                "return {name: theta[name] - rate * slopes[name] for name in theta}",
                "for name in theta:\n        theta[name] -= rate * slopes[name]\n    return theta",
                "It changes the theta that it was given",
            ),
            Mistake(
                "theta[name] - rate * slopes[name]",
                "-rate * slopes[name]",
                "A step with both slopes 0",
            ),
            Mistake("rate * slopes", "slopes", "rate times its own slope"),
        ),
    ),
    Exercise(
        "descend",
        check_descend,
        hints=(
            "Begin with `losses = [loss(theta)]`; then the loop over `range(steps)`.",
            "In the loop: the slopes by `grad(loss)(theta)`, the new theta as in your `step`, and "
            "`losses.append(loss(theta))`.",
            "`return theta, losses`, after the loop.",
        ),
        mistakes=(
            Mistake("losses = [loss(theta)]", "losses = []", "The list of losses of 0 steps"),
            Mistake(
                "    return theta, losses", "        return theta, losses", "It gives nothing back"
            ),
            Mistake("- rate * slopes", "+ rate * slopes", "The loss must go down all the time"),
            Mistake("        slopes = grad(loss)(theta)\n", "", "NameError"),
            Mistake(
                "losses.append(loss(theta))",
                "losses.append(losses[0])",
                "The loss must go down all the time",
            ),
        ),
    ),
)
