"""Lesson 12: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule import diagnose, nn, no_grad, optim, random
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    Wrong,
    agrees,
    array,
    equals,
    labels,
    number,
    require,
    shape,
    show,
    unpack,
)
from chainrule.optim import rules, schedules
from chainrule.train import fit


def rmsprop(p, g, square, rate, keep):
    square = keep * square + (1 - keep) * g**2
    return p - rate * g / (np.sqrt(square) + 1e-8), square


def check_rmsprop(rmsprop):
    yield "It returns two arrays."
    unpack(rmsprop(np.ones(2), np.ones(2), np.zeros(2), 0.1, 0.9), "p, square")
    yield "The average of g²: the part keep of the old, the rest of the new."
    kinds = {"g": array("n"), "square": array("n", low=0), "keep": number(0.1, 0.9)}
    agrees(
        lambda g, square, keep: rmsprop(0 * g, g, square, 0.1, keep)[1],
        lambda g, square, keep: keep * square + (1 - keep) * g * g,
        **kinds,
    )
    yield "With keep = 0 every entry moves by the rate, however steep it is, downwards."
    agrees(
        lambda p, g: rmsprop(p, g, 0 * g, 0.5, 0.0)[0],
        lambda p, g: p - 0.5 * np.sign(g),
        p=array("n"),
        g=array("n", avoid=(0.0,)),
    )
    yield "Where the slope has always been 0, nothing moves."
    moved = rmsprop(np.ones(1), np.zeros(1), np.zeros(1), 0.1, 0.9)[0]
    equals(moved, np.ones(1), "p = [1] after a step with g = [0] and square = [0]")
    yield "A step divides by the root of the new average."
    agrees(
        rmsprop,
        lambda p, g, square, rate, keep: by_rule(rules.rmsprop, p, g, square, rate, keep),
        p=array("n"),
        g=array("n", avoid=(0.0,)),
        square=array("n", low=0),
        rate=number(0.1, 1),
        keep=number(0.1, 0.9),
    )


def by_rule(rule, p, g, square, rate, keep):
    p, memory = rule(p, g, {"square": square}, 0, lr=rate, alpha=keep)
    return p, memory["square"]


def adam(p, g, mean, square, i, rate):
    mean = 0.9 * mean + 0.1 * g
    square = 0.999 * square + 0.001 * g**2
    m = mean / (1 - 0.9 ** (i + 1))
    s = square / (1 - 0.999 ** (i + 1))
    return p - rate * m / (np.sqrt(s) + 1e-8), mean, square


def check_adam(adam):
    yield "It returns three arrays."
    unpack(adam(np.ones(2), np.ones(2), np.zeros(2), np.zeros(2), 0, 0.1), "p, mean, square")
    yield "The averages: 0.9 and 0.999 of the old ones."
    memory = {"g": array("n"), "mean": array("n"), "square": array("n", low=0)}
    agrees(
        lambda g, mean, square: tuple(adam(0 * g, g, mean, square, 3, 0.1)[1:]),
        lambda g, mean, square: (0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g * g),
        **memory,
    )
    yield "The very first step moves every entry by the rate, however steep it is."
    agrees(
        lambda p, g: adam(p, g, 0 * g, 0 * g, 0, 0.5)[0],
        lambda p, g: p - 0.5 * np.sign(g),
        tolerance=1e-5,
        p=array("n"),
        g=array("n", avoid=(0.0,)),
    )
    yield "Three steps: those of the library's Adam."
    agrees(
        lambda p, g: three_steps(adam, p, g),
        lambda p, g: three_steps(by_adam, p, g),
        p=array("n"),
        g=array(3, "n", avoid=(0.0,)),
    )


def by_adam(p, g, mean, square, i, rate, decay=0.0):
    memory = {"mean": mean, "square": square}
    p, memory = rules.adamw(p, g, memory, i, lr=rate, weight_decay=decay)
    return p, memory["mean"], memory["square"]


def three_steps(adam, p, slopes):
    """The parameter after three steps with these slopes."""
    mean, square = np.zeros_like(p), np.zeros_like(p)
    for i, g in enumerate(slopes):
        p, mean, square = adam(p, g, mean, square, i, 0.1)
    return p


def adamw(p, g, mean, square, i, rate, decay):
    return adam(p * (1 - rate * decay), g, mean, square, i, rate)


def check_adamw(adamw):
    none = np.zeros(2)
    yield "It returns three arrays."
    unpack(adamw(np.ones(2), np.ones(2), none, none, 0, 0.1, 0.1), "p, mean, square")
    yield "Without decay it is Adam."
    steps = {"g": array("n", avoid=(0.0,)), "i": labels(classes=9)}
    agrees(
        lambda p, g, i: adamw(p, g, 0 * g, 0 * g, i, 0.1, 0.0)[0],
        lambda p, g, i: by_adam(p, g, 0 * g, 0 * g, i, 0.1)[0],
        p=array("n"),
        **steps,
    )
    yield "Where the loss has no slope, a weight shrinks by the part rate · decay."
    agrees(
        lambda p, rate, decay: adamw(p, 0 * p, 0 * p, 0 * p, 0, rate, decay)[0],
        lambda p, rate, decay: p * (1 - rate * decay),
        p=array("n"),
        rate=number(0.1, 1),
        decay=number(0.1, 1),
    )
    yield "The averages are of the loss's slope alone: decay does not enter them."
    agrees(
        lambda p, g, decay: tuple(adamw(p, g, 0 * g, 0 * g, 0, 0.1, decay)[1:]),
        lambda p, g, decay: (0.1 * g, 0.001 * g * g),
        p=array("n"),
        g=array("n"),
        decay=number(0.1, 1),
    )
    yield "First it shrinks, then it steps."
    agrees(
        lambda p, g, i, decay: adamw(p, g, 0 * g, 0 * g, i, 0.1, decay)[0],
        lambda p, g, i, decay: by_adam(p, g, 0 * g, 0 * g, i, 0.1, decay)[0],
        p=array("n"),
        **steps,
        decay=number(0.1, 1),
    )


def schedule(i, rate, steps, warmup):
    if i < warmup:
        return rate * (i + 1) / warmup
    part = (i - warmup) / (steps - warmup)
    return rate * (1 + np.cos(np.pi * part)) / 2


def check_schedule(schedule):
    def rates(warmup):
        return [schedule(i, 0.5, 20, warmup) for i in range(21)]

    found = rates(4)
    yield "A number for each step."
    require(None not in found, "It returns nothing: is a `return` missing?")
    shape(found, (21,), "The rates of 21 steps")
    yield "Warm-up: a quarter, a half, three quarters, all of the rate, in 4 steps."
    equals(np.array(found[:4]), np.array([0.125, 0.25, 0.375, 0.5]), "the warm-up to 0.5")
    yield "The cosine begins at the full rate, where the warm-up ends."
    equals(found[4], 0.5, "at i = warmup the rate")
    yield "In the middle of the rest it is half, and at the end 0."
    equals(found[12], 0.25, "with 20 steps, 4 of warm-up, and the rate 0.5, at i = 12 it")
    equals(found[20], 0.0, "at i = steps the rate")
    yield "After the warm-up it only falls, slowly at first and at last."
    falls = -np.diff(found[4:])
    require((falls > 0).all(), f"From i = 4 on, the rates are {show(np.round(found[4:], 3))}.")
    require(
        falls[0] < falls[8] > falls[-1],
        f"It falls by {show(falls[0])} at first, {show(falls[8])} in the middle, and "
        f"{show(falls[-1])} at last; a cosine falls fastest in the middle.",
    )
    yield "It works without warm-up."
    expected = schedules.cosine(0.5, 20)
    equals(np.array(rates(0)), np.array([float(expected(i)) for i in range(21)]), "without it, all")


def clip(gradients, limit):
    length = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))
    factor = 1.0 if length <= limit else limit / length
    return {name: factor * g for name, g in gradients.items()}


def check_clip(clip):
    def clipped(W, b, limit):
        return clip({"W": W, "b": b}, limit)

    def length(parts):
        return np.sqrt(sum(np.sum(np.square(part)) for part in parts.values()))

    yield "A dict with the same names and shapes."
    made = clipped(np.ones((2, 3)), np.ones(3), 1.0)
    require(isinstance(made, dict) and set(made) == {"W", "b"}, f"It gives {show(made)}.")
    shape(made["W"], (2, 3), "The gradient of W")
    kinds = {"W": array("n", 2, avoid=(0.0,)), "b": array("n", avoid=(0.0,))}
    yield "What is short enough stays as it is, also where all of it is 0."
    agrees(
        lambda W, b: clipped(W, b, 100.0),
        lambda W, b: {"W": W, "b": b},
        W=array("n", 2),
        b=array("n"),
    )
    still = clipped(np.zeros((2, 3)), np.zeros(3), 1.0)
    equals(still["b"], np.zeros(3), "the gradient of b, where all is 0,")
    yield "What is longer gets the length limit, all arrays together."
    agrees(lambda W, b: length(clipped(W, b, 0.1)), lambda W, b: 0.1, **kinds)
    yield "It keeps its direction: every entry gets the same factor."
    agrees(
        lambda W, b: clipped(W, b, 0.1),
        lambda W, b: {
            "W": 0.1 / length({"": W, "b": b}) * W,
            "b": 0.1 / length({"": W, "b": b}) * b,
        },
        **kinds,
    )


def mended(x, y):
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    net = nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = optim.AdamW(net.parameters(), lr=0.01)
    return net, x, optimizer


def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    y = (x[:, 0] + np.abs(x[:, 1]) > 1).astype(int)
    return (x * [1, 100, 10000] + [0, 500, 0]).astype(np.float32), y


def check_mended(mended):
    random.seed(0)
    x, y = table()
    yield "A network, the columns, an optimiser."
    net, x, optimizer = unpack(mended(x, y), "net, x, optimizer")
    require(isinstance(net, nn.Module), f"The first is {show(net)}, not a network.")
    require(isinstance(optimizer, optim.Optimizer), "The third is not an optimiser.")
    shape(x, (200, 3), "The second, the columns,")
    yield "Two logits for each row."
    shape(net(np.asarray(x, np.float32)), (200, 2), "The output for 200 rows")
    yield "diagnose finds nothing."
    report = diagnose(net, nn.CrossEntropyLoss(), (x, y), optimizer=optimizer)
    if report.findings:
        first, more = report[0], f" (There are {len(report)} findings.)" * (len(report) > 1)
        raise Wrong(f"{first.title}: {first.measured}.\n{first.change}{more}")
    yield "It learns: after 40 epochs, nine of ten rows are right."
    fit(net, nn.CrossEntropyLoss(), optimizer, (x, y), epochs=40, progress=False)
    with no_grad():
        right = np.mean(np.argmax(net(x), axis=1) == y)
    require(right > 0.9, f"{right:.0%} of the rows are right.")


EXERCISES = (
    Exercise(
        "rmsprop",
        check_rmsprop,
        hints=(
            "First line: `square = keep * square + (1 - keep) * g**2`.",
            "`np.sqrt(square) + 1e-8` is below the line; both parts are arrays.",
        ),
        mistakes=(
            Mistake("(1 - keep) * g**2", "g**2", "The average of g²"),
            Mistake("(1 - keep) * g**2", "(1 - keep) * g", "The average of g²"),
            Mistake("np.sqrt(square)", "square", "every entry moves by the rate"),
            Mistake("p - rate", "p + rate", "every entry moves by the rate"),
            Mistake(
                "    square = keep * square + (1 - keep) * g**2\n"
                "    return p - rate * g / (np.sqrt(square) + 1e-8), square",
                "    new = keep * square + (1 - keep) * g**2\n"
                "    return p - rate * g / (np.sqrt(square) + 1e-8), new",
                "every entry moves by the rate",
            ),
            Mistake("1e-8), square", "1e-8)", "must end with `return p, square`"),
        ),
    ),
    Exercise(
        "adam",
        check_adam,
        hints=(
            "Four lines before the return: the two averages, then each divided, by other names.",
            "`m = mean / (1 - 0.9 ** (i + 1))`, and so `s`; then the step with `m` and `s`.",
        ),
        mistakes=(
            Mistake("    m = mean / (1 - 0.9 ** (i + 1))", "    m = mean", "The very first step"),
            Mistake("(i + 1)", "(i + 2)", "The very first step"),
            Mistake("    m = mean / ", "    m = mean = mean / ", "The averages"),
            Mistake("np.sqrt(s)", "s", "The very first step"),
            Mistake("0.999 * square + 0.001 * g**2", "g**2", "The averages"),
            Mistake("rate * m /", "rate * g /", "Three steps"),
        ),
    ),
    Exercise(
        "adamw",
        check_adamw,
        hints=(
            "To shrink by the part a is to multiply by 1 − a.",
            "`return adam(p * (1 - rate * decay), ...)`, with all else as it came.",
        ),
        mistakes=(
            Mistake("p * (1 - rate * decay), g,", "p, g + decay * p,", "a weight shrinks"),
            Mistake("(1 - rate * decay)", "(1 - decay)", "a weight shrinks"),
            Mistake("p * (1 - rate * decay)", "p", "a weight shrinks"),
            Mistake(
                "p * (1 - rate * decay), g,",
                "p * (1 - rate * decay), g + decay * p,",
                "a weight shrinks",
            ),
        ),
    ),
    Exercise(
        "schedule",
        check_schedule,
        hints=(
            "`if i < warmup:` return the straight line; everything after it is the cosine.",
            "t is `(i - warmup) / (steps - warmup)`: 0 at the end of the warm-up, 1 at the end.",
        ),
        mistakes=(
            Mistake("(i + 1) / warmup", "i / warmup", "Warm-up"),
            Mistake("(i - warmup) / (steps - warmup)", "i / steps", "The cosine begins"),
            Mistake("(i - warmup) / (steps - warmup)", "(i - warmup) / steps", "In the middle"),
            Mistake("(1 + np.cos(np.pi * part)) / 2", "(1 - part)", "fastest in the middle"),
            Mistake("(1 + np.cos", "(1 - np.cos", "The cosine begins"),
            Mistake("    if i < warmup:\n", "    if i < 4:\n", "It works without warm-up"),
        ),
    ),
    Exercise(
        "clip",
        check_clip,
        hints=(
            "`length = np.sqrt(sum(np.sum(g**2) for g in gradients.values()))`.",
            "The factor is 1 where the length is at most the limit, else limit / length.",
        ),
        mistakes=(
            Mistake("factor * g for", "np.clip(g, -limit, limit) for", "all arrays together"),
            Mistake("1.0 if length <= limit else limit / length", "limit / length", "stays as it"),
            Mistake(
                "factor * g for",
                "g * min(1, limit / (np.sqrt(np.sum(g**2)) + 1e-9)) for",
                "all arrays together",
            ),
            Mistake(
                "np.sqrt(sum(np.sum(g**2) for g in gradients.values()))",
                "sum(np.sum(g**2) for g in gradients.values())",
                "together",
            ),
        ),
    ),
    Exercise(
        "mended",
        check_mended,
        hints=(
            "Subtract each column's mean, and divide by its standard deviation (lesson 11).",
            "Two logits, without a softmax: the loss does that itself.",
            "One or two hidden layers of ReLU, and `optim.AdamW(net.parameters(), lr=0.01)`.",
        ),
        mistakes=(
            Mistake("(x - x.mean(axis=0)) / x.std(axis=0)", "x", "The inputs are not scaled"),
            Mistake("nn.Linear(16, 2)", "nn.Linear(16, 2), nn.Softmax(dim=1)", "sigmoid twice"),
            Mistake("lr=0.01", "lr=1e-6", "The learning rate is too low"),
            Mistake("lr=0.01", "lr=10.0", "The learning rate is too high"),
            Mistake(
                "nn.ReLU()",
                "nn.Sigmoid(), *[nn.Sequential(nn.Linear(16, 16), nn.Sigmoid()) for _ in range(6)]",
                "The gradient dies out",
            ),
            Mistake("nn.Linear(16, 2)", "nn.Linear(16, 1)", "The output for 200 rows"),
        ),
    ),
)
