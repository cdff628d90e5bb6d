"""Lesson 13: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule import grad, lax, random, trace, value_and_grad, vmap
from chainrule.engine.errors import ConcreteValueError
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    Wrong,
    agrees,
    array,
    derivative,
    equals,
    holds,
    number,
    require,
    shape,
    show,
    unpack,
)


def no_loop(answer, small, large):
    """The graph of a program without loops has as many nodes for long arrays as for short ones."""
    try:
        few, many = [len(trace(answer, *args).nodes) for args in (small, large)]
    except ConcreteValueError:
        raise
    except (TypeError, ValueError) as error:
        raise Wrong(
            f"With tensors in the place of arrays it stops: {error}\n"
            "Is an array filled entry by entry, in a loop?"
        ) from None
    lengths = len(small[0]), len(large[0])
    require(
        few == many,
        f"There is a loop: for length {lengths[0]} it is {few} operations, "
        f"for {lengths[1]} {many}.",
    )


def distances(x):
    return np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)


def one_sided(found):
    """What is wrong with a table of distances that is not symmetric."""
    if np.allclose(found, found.T):
        return None
    i, j = np.argwhere(~np.isclose(found, found.T))[0]
    return f"From row {i} to row {j} it is {show(found[i, j])}, but back {show(found[j, i])}."


def check_distances(distances):
    yield "A square: every row with every row."
    shape(distances(np.ones((3, 2))), (3, 3), "For three points the result")
    yield "A row has no distance from itself."
    agrees(lambda x: np.diag(distances(x)), lambda x: np.zeros(len(x)), x=array("n", 2))
    yield "From a to b it is as far as from b to a."
    holds(lambda x: one_sided(np.asarray(distances(x))), distances, x=array("n", 2))
    yield "Pythagoras, squared: the sum of the squares of the differences."
    agrees(
        distances,
        lambda x: np.array([[np.sum((a - b) ** 2) for b in x] for a in x]),
        x=array("n", "d"),
    )
    yield "Without a loop."
    no_loop(distances, [np.ones((3, 2))], [np.ones((6, 2))])


def huber(x, delta):
    size = np.abs(x)
    return np.where(size <= delta, x**2 / 2, delta * (size - delta / 2))


def huber_of_one(x, delta):
    return x * x / 2 if abs(x) <= delta else delta * (abs(x) - delta / 2)


def check_huber(huber):
    kinds = {"x": number(), "delta": number(0.5, 2)}
    yield "Near 0 it is x²/2."
    agrees(lambda x: huber(x, 1.0), lambda x: x * x / 2, x=number(-0.9, 0.9))
    yield "Beyond delta it is the straight line, on both sides."
    agrees(huber, huber_of_one, **kinds)
    yield "It takes an array, and gives one of the same shape."
    agrees(
        huber,
        lambda x, delta: np.array([huber_of_one(each, delta) for each in x]),
        x=array("n"),
        delta=number(0.5, 2),
    )
    yield "Its slope never exceeds delta: grad finds x, cut off at ±delta."
    derivative(
        lambda x: huber(x, 1.25),
        lambda x: grad(lambda x: huber(x, 1.25).sum())(x),
        x=array("n"),
    )
    yield "Without a loop."
    no_loop(huber, [np.ones(3), 1.0], [np.ones(6), 1.0])


def pulls(loss, theta, x, y):
    return vmap(grad(loss), in_axes=(None, 0, 0))(theta, x, y)


def miss(theta, x, y):
    """The loss of one example: the squared miss of a line."""
    return (theta["w"] * x + theta["b"] - y) ** 2


def cube(theta, x, y):
    """Of one example with two columns, for a theta that is an array."""
    return (x @ theta - y) ** 3


def check_pulls(pulls):
    theta = {"w": 2.0, "b": -1.0}
    x, y = np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 0.0])
    yield "Like theta, with the number of examples in front of every shape."
    found = pulls(miss, theta, x, y)
    require(found is not None, "It returns nothing: is a `return` missing?")
    require(isinstance(found, dict), f"For a dict theta it gives {show(found)}, not a dict.")
    shape(found.get("w"), (3,), "For three examples, the part of w")
    yield "An example that is met exactly does not pull."
    equals(found["w"][1], 0.0, "for w = 2, b = -1 the pull of the example x = 1, y = 1 on w")
    yield "Each pull is the gradient for that example alone."

    def by_hand(w, b, x, y):
        return 2 * (w * x + b - y) * x, 2 * (w * x + b - y)

    def mine(w, b, x, y):
        made = pulls(miss, {"w": w, "b": b}, x, y)
        return np.asarray(made["w"]), np.asarray(made["b"])

    agrees(mine, by_hand, w=number(), b=number(), x=array("n"), y=array("n"))
    yield "Without a loop."
    few, many = [np.ones(3)] * 2, [np.ones(6)] * 2
    no_loop(lambda x, y: pulls(miss, theta, x, y), few, many)
    yield "For any loss and theta."
    agrees(
        lambda theta, x, y: pulls(cube, theta, x, y),
        lambda theta, x, y: 3 * ((x @ theta - y) ** 2)[:, None] * x,
        theta=array(2),
        x=array("n", 2),
        y=array("n"),
    )


def smooth(x, keep):
    def step(s, x):
        s = keep * s + (1 - keep) * x
        return s, s

    return lax.scan(step, x[0], x)[1]


def smooth_by_loop(x, keep):
    smoothed = [x[0]]
    for each in x[1:]:
        smoothed.append(keep * smoothed[-1] + (1 - keep) * each)
    return np.array(smoothed)


def check_smooth(smooth):
    x = np.array([4.0, 0.0, 0.0, 8.0])
    yield "A smoothed value for each x."
    found = smooth(x, 0.5)
    require(found is not None, "It returns nothing: is a `return` missing?")
    message = "It gives two things: scan's last carry, and all the y. Only the y are wanted."
    require(not isinstance(found, tuple), message)
    shape(found, (4,), "The result for four values")
    yield "With keep = 0 nothing is smoothed."
    agrees(lambda x: smooth(x, 0.0), lambda x: x, x=array("n"))
    yield "It begins with the first value."
    agrees(lambda x: smooth(x, 0.5)[0], lambda x: x[0], x=array("n"))
    yield "Then each is a mixture of the one before and the new x."
    agrees(smooth, smooth_by_loop, x=array("n"), keep=number(0, 1))
    yield "As one scan: the graph is as large for any length."
    no_loop(lambda x: smooth(x, 0.5), [np.ones(3)], [np.ones(6)])


def sample(key, n):
    for_x, for_noise = random.split(key)
    x = random.uniform(for_x, (n,), minval=-1.0, maxval=1.0)
    return x, 2 * x + 1 + 0.3 * random.normal(for_noise, (n,))


def check_sample(sample):
    key = random.key(7)
    yield "Two arrays of n numbers."
    x, y = map(np.asarray, unpack(sample(key, 1000), "x, y"))
    shape(x, (1000,), "x, for n = 1000,")
    shape(y, (1000,), "y, for n = 1000,")
    yield "x is spread evenly from −1 to 1."
    low, high = show(x.min()), show(x.max())
    inside = -1 <= x.min() < -0.95 and 0.95 < x.max() <= 1
    require(inside, f"Of 1000 places the smallest is {low}, the largest {high}.")
    middle = np.mean(np.abs(x) < 0.5)
    require(0.4 < middle < 0.6, f"{middle:.0%} lie between −0.5 and 0.5; it must be about half.")
    yield "The same key, the same numbers; another key, others."
    require(
        np.array_equal(x, sample(key, 1000)[0]) and np.array_equal(y, sample(key, 1000)[1]),
        "Asked twice with the same key, it gave different numbers.",
    )
    other = np.asarray(sample(random.key(8), 1000)[0])
    require(not np.array_equal(x, other), "For keys 7 and 8 it gives the same places.")
    yield "y − 2x − 1 is noise: its mean is 0, its spread 0.3."
    noise = y - 2 * x - 1
    require(abs(noise.mean()) < 0.05, f"Its mean is {show(noise.mean().round(2))}.")
    require(0.27 < noise.std() < 0.33, f"Its standard deviation is {show(noise.std().round(2))}.")
    yield "The noise knows nothing of x."
    together = np.corrcoef(x, noise)[0, 1]
    require(
        abs(together) < 0.2,
        f"x and the noise go together (correlation {together:.2f}). Was one key used twice?",
    )


def trainings(rates, x, y, steps):
    def loss(theta):
        return np.mean((theta["w"] * x + theta["b"] - y) ** 2)

    def train(rate):
        def step(theta, _):
            value, slopes = value_and_grad(loss)(theta)
            return {name: theta[name] - rate * slopes[name] for name in theta}, value

        return lax.scan(step, {"w": 0.0, "b": 0.0}, length=steps)[1]

    return vmap(train)(rates)


def trainings_by_loop(rates, x, y, steps):
    table = np.zeros((len(rates), steps))
    for row, rate in enumerate(rates):
        w = b = 0.0
        for i in range(steps):
            off = w * x + b - y
            table[row, i] = np.mean(off**2)
            w, b = w - rate * 2 * np.mean(off * x), b - rate * 2 * np.mean(off)
    return table


def check_trainings(trainings):
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 1.0, 4.0])
    rates = np.array([0.0, 0.01, 0.1, 0.2])
    yield "A row for each rate, a column for each step."
    found = trainings(rates, x, y, 5)
    require(found is not None, "It returns nothing: is a `return` missing?")
    shape(found, (4, 5), "For 4 rates and 5 steps the result")
    yield "All begin with the loss of w = b = 0; with rate 0 it stays there."
    equals(found[:, 0], np.full(4, 6.0), "for y = [1, 1, 4] the first loss of each training")
    equals(found[0], np.full(5, 6.0), "with rate 0 the row of losses")
    yield "Every row is the training with that rate."
    expected = trainings_by_loop(rates, x, y, 5)
    for rate, got, row in zip(rates, found, expected, strict=True):
        equals(got, row, f"with rate {rate:g} the row of losses")
    yield "Without a loop over the rates."
    no_loop(lambda rates: trainings(rates, x, y, 5), [np.ones(3)], [np.ones(6)])
    yield "Without a loop over the steps."
    no_loop(lambda each: trainings(rates, x, y, len(each)), [np.ones(3)], [np.ones(6)])


EXERCISES = (
    Exercise(
        "distances",
        check_distances,
        hints=(
            "`x[:, None, :] - x[None, :, :]` has all differences, of shape (n, n, d).",
            "Square them, and sum over the last axis: `axis=-1`.",
        ),
        mistakes=(
            Mistake("axis=-1", "axis=0", "A square"),
            Mistake(", axis=-1", "", "A square"),
            Mistake("- x[None", "+ x[None", "no distance from itself"),
            Mistake(
                "np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)",
                "np.stack([np.sum((row - x) ** 2, axis=1) for row in x])",
                "There is a loop: for length 3",
            ),
            Mistake(
                "    return np.sum((x[:, None, :] - x[None, :, :]) ** 2, axis=-1)",
                "    found = np.zeros((len(x), len(x)))\n"
                "    for i in range(len(x)):\n"
                "        for j in range(len(x)):\n"
                "            found[i, j] = np.sum((x[i] - x[j]) ** 2)\n"
                "    return found",
                "Is an array filled entry by entry",
            ),
        ),
    ),
    Exercise(
        "huber",
        check_huber,
        hints=(
            "The condition is `np.abs(x) <= delta`, an array of True and False.",
            "`np.where(condition, x**2 / 2, delta * (...))`.",
        ),
        mistakes=(
            Mistake(
                "np.where(size <= delta, x**2 / 2, delta * (size - delta / 2))",
                "x**2 / 2 if size <= delta else delta * (size - delta / 2)",
                "It takes an array",
            ),
            Mistake("np.abs(x)", "x", "on both sides"),
            Mistake("x**2 / 2", "x**2", "Near 0"),
            Mistake("(size - delta / 2)", "(size - delta)", "Beyond delta"),
            Mistake("size <= delta", "size > delta", "Near 0"),
        ),
    ),
    Exercise(
        "pulls",
        check_pulls,
        hints=(
            "`grad(loss)` is a function of theta, x and y, and of one example.",
            "`vmap(grad(loss), in_axes=(None, 0, 0))` is one of many: call it.",
        ),
        mistakes=(
            Mistake("vmap(grad(loss)", "vmap(loss", "not a dict"),
            Mistake(", in_axes=(None, 0, 0)", "", "It stops with ShapeError"),
            Mistake(
                "vmap(grad(loss), in_axes=(None, 0, 0))(theta, x, y)",
                "grad(lambda theta: np.mean(loss(theta, x, y)))(theta)",
                "the part of w",
            ),
            Mistake("return vmap", "vmap", "is a `return` missing?"),
            Mistake(
                "vmap(grad(loss), in_axes=(None, 0, 0))(theta, x, y)",
                "{k: np.stack([grad(loss)(theta, *each)[k] for each in zip(x, y)]) for k in theta}",
                "There is a loop",
            ),
        ),
    ),
    Exercise(
        "smooth",
        check_smooth,
        hints=(
            "An inner function `step(s, x)` that returns the new s twice: as carry, and as y.",
            "Begin with the carry `x[0]`, and take the second of what `lax.scan` returns.",
        ),
        mistakes=(
            Mistake("lax.scan(step, x[0], x)[1]", "lax.scan(step, x[0], x)", "two things"),
            Mistake("lax.scan(step, x[0], x)[1]", "lax.scan(step, x[0], x)[0]", "four values"),
            Mistake("step, x[0], x", "step, 0.0, x", "It begins with the first value"),
            Mistake("keep * s + (1 - keep) * x", "(1 - keep) * s + keep * x", "With keep = 0"),
            Mistake("return s, s", "return x, s", "a mixture of the one before"),
            Mistake(
                "    return lax.scan(step, x[0], x)[1]",
                "    s, found = x[0], []\n"
                "    for each in x:\n"
                "        s, _ = step(s, each)\n"
                "        found.append(s)\n"
                "    return np.stack(found)",
                "There is a loop",
            ),
        ),
    ),
    Exercise(
        "sample",
        check_sample,
        hints=(
            "First `for_x, for_noise = random.split(key)`.",
            "`0.3 * random.normal(for_noise, (n,))` is the noise.",
        ),
        mistakes=(
            Mistake("random.split(key)", "key, key", "Was one key used twice?"),
            Mistake("random.split(key)", "random.split(random.key(0))", "For keys 7 and 8"),
            Mistake(", minval=-1.0, maxval=1.0", "", "x is spread evenly"),
            Mistake("0.3 * random.normal", "0.3 * random.uniform", "Its mean is 0.15"),
            Mistake("random.normal(for_noise, (n,))", "np.random.normal(size=n)", "Asked twice"),
        ),
    ),
    Exercise(
        "trainings",
        check_trainings,
        hints=(
            "`loss(theta)`, in it `train(rate)`, in it `step(theta, _)`: functions in functions.",
            "`step` returns the new theta, and the loss before it: the carry, and y.",
            "`train` returns `lax.scan(step, start, length=steps)[1]`; then `vmap(train)(rates)`.",
        ),
        mistakes=(
            Mistake(")[1]", ")[0]", "For 4 rates and 5 steps"),
            Mistake(
                "}, value",
                "}, loss({n: theta[n] - rate * slopes[n] for n in theta})",
                "All begin with the loss",
            ),
            Mistake("theta[name] - rate", "theta[name] + rate", "with rate 0.01 the row"),
            Mistake(
                "vmap(train)(rates)", "np.stack([train(rate) for rate in rates])", "There is a loop"
            ),
            Mistake("np.mean((theta", "np.sum((theta", "All begin with the loss"),
            Mistake("vmap(train)(rates)", "train(rates)", "It stops with"),
        ),
    ),
)
