"""Lesson 1: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    array,
    equals,
    holds,
    number,
    require,
    show,
)


def line(w, b, x):
    return w * x + b


def check_line(line):
    yield "With w = 0 the line is flat: b everywhere."
    agrees(lambda b, x: line(0.0, b, x), lambda b, x: b + 0 * x, b=number(), x=number())
    yield "One step to the right is w upwards."
    agrees(
        lambda w, b, x: line(w, b, x + 1) - line(w, b, x),
        lambda w, b, x: w,
        w=number(),
        b=number(),
        x=number(),
    )
    yield "It takes all of x at once."
    agrees(line, lambda w, b, x: w * x + b, w=number(), b=number(), x=array("n"))


def mse(prediction, target):
    return np.mean((prediction - target) ** 2)


def check_mse(mse):
    yield "It is one number."
    some = mse(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    require(
        np.shape(some) == (),
        f"For two points it gives {show(some)}: one number is missing, "
        "that for all points together.",
    )
    yield "A perfect prediction costs nothing."
    agrees(lambda y: mse(y, y), lambda y: 0.0, y=array("n"))
    yield "Too high and too low are equally bad."
    agrees(lambda p, y: mse(y - p, y), lambda p, y: mse(y + p, y), p=number(), y=array("n"))
    yield "The same points twice are not worse."

    def worse(p, y):
        once, twice = mse(p, y), mse(np.tile(p, 2), np.tile(y, 2))
        if np.isclose(once, twice):
            return None
        return f"The same points cost {show(once)}, but given twice {show(twice)}: take the mean."

    holds(worse, p=array("n"), y=array("n"))
    yield "It is the mean of the squares."
    agrees(mse, lambda p, y: np.mean((p - y) ** 2), prediction=array("n"), target=array("n"))


def mae(prediction, target):
    return np.mean(np.abs(prediction - target))


def check_mae(mae):
    yield "It never counts one miss against another."

    def cancels(size):
        loss = mae(np.array([size, -size]), np.zeros(2))
        if np.shape(loss) == () and loss < size / 2:
            return f"Two misses of {show(size)}, one too high and one too low, cost {show(loss)}."
        return None

    holds(cancels, mae, size=number(0.5, 3))
    yield "A miss twice as big costs twice as much."
    agrees(lambda p: mae(2 * p, np.zeros(2)), lambda p: 2 * mae(p, np.zeros(2)), p=array(2))
    yield "It is the mean of the sizes."
    agrees(mae, lambda p, y: np.mean(np.abs(p - y)), prediction=array("n"), target=array("n"))


def best_intercept(w, x, y):
    return np.mean(y - w * x)


def check_best_intercept(best_intercept):
    yield "Flat lines: for w = 0 it is the mean of y."
    agrees(
        lambda x, y: best_intercept(0.0, x, y), lambda x, y: np.mean(y), x=array("n"), y=array("n")
    )
    yield "No other intercept is better."

    def beaten(w, x, y):
        b = best_intercept(w, x, y)
        for other in (b + 0.05, b - 0.05):
            before, after = (np.mean((w * x + each - y) ** 2) for each in (b, other))
            if after < before:
                where = f"For w = {show(w)}, x = {show(x)}, y = {show(y)}"
                yours = f"you choose {show(b)} with loss {show(before)}"
                return f"{where} {yours}; but {show(other)} has {show(after)}."
        return None

    holds(beaten, best_intercept, w=number(), x=array("n"), y=array("n"))
    yield "Points exactly on a line give back its intercept."
    x = np.array([0.0, 1.0, 3.0])
    equals(best_intercept(2.0, x, 2 * x + 5), 5.0, "The intercept of y = 2x + 5")


def bowl(ws, bs, x, y):
    predictions = ws[:, None, None] * x + bs[None, :, None]
    return np.mean((predictions - y) ** 2, axis=2)


def check_bowl(bowl):
    def by_loops(ws, bs, x, y):
        return np.array([[np.mean((w * x + b - y) ** 2) for b in bs] for w in ws])

    yield "One row a slope, one column an intercept."
    ws, bs = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0])
    shape = np.shape(bowl(ws, bs, ws, ws))
    require(shape == (3, 2), f"For 3 slopes and 2 intercepts its shape is {shape}, not (3, 2).")
    yield "Every entry is the loss of its line."
    kinds = {"ws": array("i"), "bs": array("j"), "x": array("n"), "y": array("n")}
    agrees(bowl, by_loops, **kinds)
    yield "A line through all points is at the bottom, 0."
    x = np.array([-1.0, 0.0, 2.0])
    equals(np.min(bowl(ws, bs, x, 2 * x + 1)), 0.0, "The lowest point for y = 2x + 1")


EXERCISES = (
    Exercise(
        "line",
        check_line,
        hints=(
            "Read the formula aloud: w times x, plus b. NumPy does that for whole arrays.",
            "The function must `return` it: `return w * x + ...`",
        ),
        mistakes=(
            Mistake("w * x + b", "b * x + w", "With w = 0 the line is flat"),
            Mistake("return ", "", "Is a `return` missing?"),
            Mistake("w * x", "w + x", "With b = 0, x = 1 yours gives 1, but it must be 0"),
            Mistake("x + b", "x - b", "The sign is the other way round"),
            Mistake("w * x + b", "float(w * x[0] + b)", "not subscriptable"),
        ),
    ),
    Exercise(
        "mse",
        check_mse,
        hints=(
            "First the misses, `prediction - target`, all at once.",
            "Square them with `** 2`.",
            "`np.mean` makes one number of them.",
        ),
        mistakes=(
            Mistake(
                "np.mean((prediction - target) ** 2)",
                "(prediction - target) ** 2",
                "one number is missing",
            ),
            Mistake("np.mean", "np.sum", "given twice 2: take the mean"),
            Mistake("** 2", "", "Too high and too low are equally bad"),
            Mistake(
                "np.mean((prediction - target) ** 2)",
                "np.mean(prediction - target) ** 2",
                "With prediction = ",
            ),
            Mistake("np.mean(", "0.5 * np.mean(", "2 times too small"),
            Mistake(
                "np.mean((prediction - target) ** 2)",
                "np.sqrt(np.mean((prediction - target) ** 2))",
                "It is the mean of the squares",
            ),
        ),
    ),
    Exercise(
        "mae",
        check_mae,
        hints=(
            "The size of a number without its sign is `np.abs`.",
            "Take the size of every miss first, the mean afterwards.",
        ),
        mistakes=(
            Mistake("np.abs(prediction - target)", "prediction - target", "cost 0"),
            Mistake(
                "np.mean(np.abs(prediction - target))",
                "np.abs(np.mean(prediction - target))",
                "one too high and one too low, cost 0",
            ),
            Mistake(
                "np.abs(prediction - target)", "(prediction - target) ** 2", "2 times too large"
            ),
            Mistake("np.mean", "np.max", "It is the mean of the sizes"),
        ),
    ),
    Exercise(
        "best_intercept",
        check_best_intercept,
        hints=(
            "Without an intercept the line predicts `w * x`. What is left of y then?",
            "One number that is nearest to many, by squares, is their mean.",
        ),
        mistakes=(
            Mistake("np.mean(y - w * x)", "np.mean(y)", "No other intercept is better"),
            Mistake("y - w * x", "w * x - y", "The sign is the other way round"),
            Mistake("np.mean(", "np.median(", "Flat lines: for w = 0 it is the mean"),
            Mistake("np.mean(y - w * x)", "y[0] - w * x[0]", "With x = "),
        ),
    ),
    Exercise(
        "bowl",
        check_bowl,
        hints=(
            "With loops: for each w and each b the mean squared error, into `np.zeros((len(ws), "
            "len(bs)))`.",
            "Without: `ws[:, None, None]` has shape (i, 1, 1), `bs[None, :, None]` (1, j, 1), "
            "and x (n,). Together they make (i, j, n).",
            "The mean is only over the last axis: `axis=2`.",
        ),
        mistakes=(
            Mistake(
                "ws[:, None, None] * x + bs[None, :, None]",
                "ws[None, :, None] * x + bs[:, None, None]",
                "its shape is (2, 3), not (3, 2)",
            ),
            Mistake(", axis=2", "", "its shape is (), not (3, 2)"),
            Mistake("np.mean", "np.sum", "a sum where a mean is meant"),
            Mistake("** 2", "** 4", "Every entry is the loss of its line"),
        ),
    ),
)
