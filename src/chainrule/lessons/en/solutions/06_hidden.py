"""Lesson 6: solutions, checks, hints and typical mistakes."""

import numpy as np

from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    Wrong,
    agrees,
    array,
    equals,
    holds,
    labels,
    number,
    require,
    shape,
    show,
    unpack,
)


def sigmoid(z):
    return 0.5 * (1 + np.tanh(np.asarray(z) / 2))


def perceptron_step(w, b, x, y):
    error = y - (x @ w + b > 0)
    return w + error * x, b + error


def check_perceptron_step(perceptron_step):
    x = np.array([1.0, 2.0])
    yield "It returns the new w and b."
    w = np.array([1.0, -1.0])
    unpack(perceptron_step(w, 0.0, x, 1), "w, b")
    require(
        np.array_equal(w, [1.0, -1.0]),
        "It changes the w that it was given: write `w = w + ...`, not `w += ...`.",
    )
    yield "Right answers change nothing."

    def disturbed(w, b, x):
        after = perceptron_step(w, b, x, int(x @ w + b > 0))
        if np.allclose(after[0], w) and np.isclose(after[1], b):
            return None
        return (
            f"At w = {show(w)}, b = {show(b)} the point {show(x)} is right, but it moves the line."
        )

    kinds = {"w": array(2), "b": number(), "x": array(2)}
    holds(disturbed, perceptron_step, **kinds)
    yield "A 1 that was missed is added: from w = [0, 0] to the point itself."
    after = perceptron_step(np.zeros(2), 0.0, x, 1)
    equals(tuple(after), (x, 1.0), "After the point [1, 2] with label 1 the pair")
    yield "A 0 that was called 1 is subtracted."
    after = perceptron_step(np.zeros(2), 1.0, x, 0)
    equals(tuple(after), (-x, 0.0), "After the point [1, 2] with label 0 the pair")
    yield "It is the rule, for any line and point."

    def rule(w, b, x, y):
        error = float(y) - (x @ w + b > 0)
        return w + error * x, b + error

    agrees(perceptron_step, rule, **kinds, y=labels())


xor = {
    "W1": np.array([[1.0, 1.0], [1.0, 1.0]]),
    "b1": np.array([-0.5, -1.5]),
    "w2": np.array([1.0, -1.0]),
    "b2": -0.5,
}


def check_xor(xor):
    yield "A dict of W1, b1, w2 and b2 with their shapes."
    shapes = {"W1": (2, 2), "b1": (2,), "w2": (2,), "b2": ()}
    require(isinstance(xor, dict), f"It is {show(xor)}, not a dict.")
    missing = ", ".join(sorted(set(shapes) - set(xor)))
    require(not missing, f"There is no {missing} in it.")
    for name, expected in shapes.items():
        shape(xor[name], expected, name)
    for x, expected in (((0, 0), 0), ((1, 0), 1), ((0, 1), 1), ((1, 1), 0)):
        yield f"{x[0]} and {x[1]} give {expected}."
        before = np.array(x) @ xor["W1"] + xor["b1"]
        hidden = (before > 0).astype(float)
        z = hidden @ xor["w2"] + xor["b2"]
        if (z > 0) != expected:
            raise Wrong(
                f"The sums of the hidden neurons are {show(before)}, so they say {show(hidden)}; "
                f"the output's sum is then {show(z)}, which gives {int(z > 0)}."
            )


def bump(x, left, right, height, sharp):
    return height * (sigmoid(sharp * (x - left)) - sigmoid(sharp * (x - right)))


def check_bump(bump):
    for x, expected in ((-3.0, 0.0), (0.0, 2.0), (3.0, 0.0)):
        yield f"Sharp, from −1 to 1, with height 2: at x = {show(x)} it is {show(expected)}."
        equals(bump(x, -1.0, 1.0, 2.0, 50.0), expected, f"The bump at x = {show(x)}", 1e-3)
    yield "At its ends it is half as high."
    equals(bump(1.0, -1.0, 1.0, 2.0, 50.0), 1.0, "The bump at its right end", 1e-3)
    yield "A small `sharp` makes it soft."
    soft, hard = bump(1.5, -1.0, 1.0, 1.0, 2.0), bump(1.5, -1.0, 1.0, 1.0, 50.0)
    require(
        soft > hard + 0.1,
        f"Half a unit outside, it is {show(soft)} with sharp = 2 and "
        f"{show(hard)} with sharp = 50: it must reach further when soft.",
    )
    yield "Two sigmoids and nothing else, for any bump."
    agrees(
        bump,
        lambda x, a, w, h, s: h * (sigmoid(s * (x - a)) - sigmoid(s * (x - w))),
        x=array("n"),
        left=number(-2, 0),
        right=number(0, 2),
        height=number(),
        sharp=number(1, 5),
    )


def hinges(knots, values):
    slopes = np.diff(values) / np.diff(knots)
    return np.diff(slopes, prepend=0.0)


def chain(x, knots, values, c):
    return values[0] + np.maximum(0, x[:, None] - knots[:-1]) @ c


def check_hinges(hinges):
    yield "One hinge for each knot but the last."
    knots, values = np.array([0.0, 1.0, 3.0, 4.0]), np.array([1.0, 2.0, 0.0, 0.0])
    c = hinges(knots, values)
    shape(c, (3,), "The array for 4 knots")
    yield "A straight line needs only the first hinge."
    line = np.asarray(hinges(knots, 2 * knots + 1))
    equals(line, np.array([2.0, 0.0, 0.0]), "For y = 2x + 1 it")
    yield "The chain goes through every point."

    def misses(steps, values):
        knots = np.cumsum(steps) - steps[0]
        found = chain(knots, knots, values, hinges(knots, values))
        wrong = np.flatnonzero(~np.isclose(found, values))
        if len(wrong) == 0:
            return None
        at = wrong[0]
        return (
            f"With knots {show(knots)} and values {show(values)} the chain is {show(found[at])} at "
            f"{show(knots[at])}, not {show(values[at])}."
        )

    holds(misses, None, steps=array("n", low=0.5, high=2), values=array("n"))


def fold(x, layers):
    for _ in range(layers):
        x = np.maximum(0, 2 * x) - np.maximum(0, 4 * x - 2)
    return x


def check_fold(fold):
    yield "No layer leaves x as it is."
    agrees(lambda x: fold(x, 0), lambda x: x, x=array("n", low=0, high=1))
    yield "One layer: 0 at both ends, 1 in the middle."
    ends = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    equals(fold(ends, 1), np.array([0.0, 0.5, 1.0, 0.5, 0.0]), "The tent at 0, ¼, ½, ¾, 1")
    yield "Left and right are the same."
    agrees(lambda x: fold(1 - x, 2), lambda x: fold(x, 2), x=array("n", low=0, high=1))
    yield "Each layer doubles the teeth: 2, 4, 8 straight pieces, and so on."
    x = np.linspace(0, 1, 257)
    for layers in (1, 2, 3, 5):
        rising = np.diff(fold(x, layers)) > 0
        pieces = 1 + np.sum(rising[1:] != rising[:-1])
        require(
            pieces == 2**layers, f"{layers} layers make {pieces} straight pieces, not {2**layers}."
        )


EXERCISES = (
    Exercise(
        "perceptron_step",
        check_perceptron_step,
        hints=(
            "What does it say? `said = x @ w + b > 0`.",
            "`error = y - said` is 0 if right, 1 for a missed 1, −1 for a missed 0.",
            "So in all three cases: `w + error * x`, `b + error`.",
        ),
        mistakes=(
            Mistake("y - (x @ w + b > 0)", "y", "but it moves the line"),
            Mistake("y - (x @ w + b > 0)", "2 * y - 1", "but it moves the line"),
            Mistake(
                "y - (x @ w + b > 0)", "(x @ w + b > 0) * 1.0 - y", "A 1 that was missed is added"
            ),
            Mistake(", b + error", ", b", "is ([1, 2], 0), but it must be ([1, 2], 1)"),
            Mistake(
                "return w + error * x, b + error",
                "w += error * x\n    return w, b + error",
                "It changes the w that it was given",
            ),
            Mistake(
                "y - (x @ w + b > 0)",
                "max(y - (x @ w + b > 0), 0)",
                "A 0 that was called 1 is subtracted",
            ),
        ),
    ),
    Exercise(
        "xor",
        check_xor,
        hints=(
            "Both hidden neurons add the two inputs: all of W1 is 1. They differ in b1.",
            'The sum is 0, 1 or 2. "At least one" switches between 0 and 1 (b = −0.5), "both" '
            "between 1 and 2.",
            "The output: the first, but not the second. A weight of 1, a weight of −1, and b2 so "
            "that a sum of 1 is enough and a sum of 0 is not.",
        ),
        mistakes=(
            Mistake("[-0.5, -1.5]", "[-0.5, -0.5]", "1 and 0 give 1"),
            Mistake("[1.0, -1.0]", "[1.0, 1.0]", "1 and 1 give 0"),
            Mistake("-0.5,\n}", "0.5,\n}", "0 and 0 give 0"),
            Mistake('    "b2": -0.5,\n', "", "There is no b2 in it"),
            Mistake("np.array([-0.5, -1.5])", "-0.5", "b1 has shape (), but it must be (2,)"),
        ),
    ),
    Exercise(
        "bump",
        check_bump,
        hints=(
            "A sigmoid that switches on at left: `sigmoid(sharp * (x - left))`.",
            "Minus the one that switches on at right; times height.",
        ),
        mistakes=(
            Mistake(" - sigmoid", " + sigmoid", "at x = 3 it is 0"),
            Mistake("height * ", "", "at x = 0 it is 2"),
            Mistake("sharp * (x - left)", "sharp * x - left", "The bump at x = 0 is 1.4621"),
            Mistake("sharp * ", "50 * ", "it must reach further when soft"),
            Mistake("sharp * (x - left)", "sharp * (left - x)", "The bump at x = −3 is"),
        ),
    ),
    Exercise(
        "hinges",
        check_hinges,
        hints=(
            "The slopes of the pieces: `np.diff(values) / np.diff(knots)`.",
            "Before the first knot the slope is 0. A hinge adds its c to all that comes after it, "
            "so c is the difference between a slope and the one before: `np.diff` again.",
            "`np.diff(slopes, prepend=0.0)`",
        ),
        mistakes=(
            Mistake(
                "np.diff(slopes, prepend=0.0)",
                "slopes",
                "A straight line needs only the first hinge",
            ),
            Mistake(", prepend=0.0", "", "has shape (2,), but it must be (3,)"),
            Mistake(" / np.diff(knots)", "", "A straight line needs only the first hinge"),
            Mistake("prepend=0.0", "prepend=slopes[0]", "A straight line needs"),
            Mistake(
                "np.diff(slopes, prepend=0.0)",
                "-np.diff(slopes, prepend=0.0)",
                "[−2, 0, 0], but it must be [2, 0, 0]",
            ),
        ),
    ),
    Exercise(
        "fold",
        check_fold,
        hints=(
            "A loop over `range(layers)`; in it `x` becomes the tent of `x`.",
            "The tent is `np.maximum(0, 2 * x) - np.maximum(0, 4 * x - 2)`.",
        ),
        mistakes=(
            Mistake("range(layers)", "range(1)", "No layer leaves x as it is"),
            Mistake(" - np.maximum", " + np.maximum", "One layer: 0 at both ends"),
            Mistake("4 * x - 2", "2 * x - 1", "One layer: 0 at both ends"),
            Mistake("    return x", "        return x", "Is a `return` missing"),
            Mistake(
                "range(layers)", "range(min(layers, 2))", "3 layers make 4 straight pieces, not 8"
            ),
        ),
    ),
)
