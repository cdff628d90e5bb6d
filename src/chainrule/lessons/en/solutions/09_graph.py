"""Lesson 9: solutions, checks, hints and typical mistakes."""

import math

import numpy as np

from chainrule import grad
from chainrule.lessons.kit import (
    Exercise,
    Mistake,
    agrees,
    equals,
    holds,
    number,
    require,
    show,
    slope,
)


class Value:
    def __init__(self, data, parents=()):
        self.data = data
        self.parents = tuple(parents)
        self.grad = 0.0


def add(a, b):
    return Value(a.data + b.data, [(a, 1.0), (b, 1.0)])


def multiply(a, b):
    return Value(a.data * b.data, [(a, b.data), (b, a.data)])


def tanh(a):
    data = np.tanh(a.data)
    return Value(data, [(a, 1 - data * data)])


def order(value):
    found = []

    def visit(value):
        if value not in found:
            for parent, _ in value.parents:
                visit(parent)
            found.append(value)

    visit(value)
    return found


def backward(result):
    values = order(result)
    for value in values:
        value.grad = 0.0
    result.grad = 1.0
    for value in reversed(values):
        for parent, local in value.parents:
            parent.grad += value.grad * local


class Number(Value):
    @staticmethod
    def lift(x):
        return x if isinstance(x, Value) else Number(x)

    def __add__(self, other):
        made = add(self, Number.lift(other))
        return Number(made.data, made.parents)

    def __mul__(self, other):
        made = multiply(self, Number.lift(other))
        return Number(made.data, made.parents)

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other


# -- checks ------------------------------------------------------------------------------------


def check_value(made, what):
    kind = type(made).__name__
    good = hasattr(made, "data") and hasattr(made, "parents")
    require(good, f"{what} gives {show(made) if made is None else kind}, not a Value.")
    pairs = all(isinstance(pair, tuple) and len(pair) == 2 for pair in made.parents)
    require(pairs, "Each parent is a pair: the value, and the local slope.")


def check_multiply(multiply):
    a, b = Value(3.0), Value(5.0)
    made = multiply(a, b)
    yield "A Value, whose parents are pairs."
    check_value(made, "multiply(a, b)")
    yield "It has the product."
    agrees(
        lambda a, b: multiply(Value(a), Value(b)).data, lambda a, b: a * b, a=number(), b=number()
    )
    yield "It knows a and b themselves, not copies."
    require([v for v, _ in made.parents] == [a, b], "The parents are a and b, in this order.")
    yield "The first local slope is how fast a·b changes with a."
    agrees(first_slope(multiply), lambda a, b: b, a=number(), b=number())
    yield "The second is how fast it changes with b."
    agrees(
        lambda a, b: multiply(Value(a), Value(b)).parents[1][1],
        lambda a, b: a,
        a=number(),
        b=number(),
    )


def first_slope(operation):
    return lambda *given: operation(*map(Value, given)).parents[0][1]


def check_tanh(tanh):
    yield "A Value, whose parents are pairs."
    check_value(tanh(Value(0.5)), "tanh(a)")
    yield "It has the tanh."
    agrees(lambda a: tanh(Value(a)).data, math.tanh, a=number())
    yield "One parent."
    count = len(tanh(Value(0.5)).parents)
    require(count == 1, f"It has {count} parents, but it was computed from one value.")
    yield "The local slope is the derivative, measured with finite differences."
    agrees(
        first_slope(tanh),
        lambda a: slope(np.tanh, {"a": a}, "a"),
        tolerance=1e-4,
        a=number(),
    )


def diamond():
    """x is used twice, at two depths: y = x·x, z = y + x."""
    x = Value(3.0)
    y = multiply(x, x)
    return x, y, add(y, x)


def check_order(order):
    x = Value(3.0)
    yield "A value that was given is alone."
    found = order(x)
    require(isinstance(found, list), f"It gives {show(found)}, not a list.")
    require(found == [x], f"For one given value the list has {len(found)} entries, not 1.")
    x, y, z = diamond()
    found = order(z)
    yield "Of z = x·x + x: each value once."
    require(len(found) == 3, f"The list has {len(found)} entries, but there are 3 values.")
    yield "The value itself is the last."
    require(found[-1] is z, "The last entry is not the value that was asked for.")
    yield "Parents before children."
    require(found.index(x) < found.index(y), "y = x·x comes before x, from which it was computed.")
    yield "Also where a shorter way leads to the same value."
    a = Value(1.0)
    b = tanh(a)
    c = add(a, tanh(tanh(b)))
    found = order(c)
    places = {id(value): place for place, value in enumerate(found)}
    require(len(found) == 5, f"The list has {len(found)} entries, but there are 5 values.")
    for value in found:
        for parent, _ in value.parents:
            early = places[id(parent)] < places[id(value)]
            require(early, f"The value {show(value.data)} comes before one of its parents.")


def check_backward(backward):
    x = Value(3.0)
    backward(x)
    yield "The slope of a value by itself is 1."
    equals(x.grad, 1.0, "the grad of the result")
    a, b = Value(2.0), Value(5.0)
    backward(multiply(a, b))
    yield "Of a·b: b and a."
    equals(a.grad, 5.0, "the slope of 2·5 by the 2")
    equals(b.grad, 2.0, "the slope of 2·5 by the 5")
    yield "What was used twice gets both: x·x has the slope 2x."
    x = Value(3.0)
    backward(multiply(x, x))
    equals(x.grad, 6.0, "the slope of x·x at x = 3")
    yield "Asked again, it gives the same, not twice as much."
    x, _, z = diamond()
    backward(z)
    backward(z)
    equals(x.grad, 7.0, "the slope of x·x + x at x = 3, asked for the second time,")
    yield "Of a neuron: as measured with finite differences, and as grad says."

    def mine(w, x, b):
        given = Value(w), Value(x), Value(b)
        backward(tanh(add(multiply(given[0], given[1]), given[2])))
        return tuple(value.grad for value in given)

    def neuron(w, x, b):
        return np.tanh(w * x + b)

    def by_chainrule(w, x, b):
        return tuple(map(float, grad(neuron, argnums=(0, 1, 2))(float(w), float(x), float(b))))

    agrees(mine, by_chainrule, w=number(), x=number(), b=number())
    yield "Where ways of different length meet."

    def claim(x):
        value = Value(x)
        inner = tanh(value)
        backward(multiply(add(inner, value), tanh(inner)))
        measured = slope(lambda x: (np.tanh(x) + x) * np.tanh(np.tanh(x)), {"x": x}, "x")
        if abs(value.grad - measured) < 1e-4:
            return None
        return f"At x = {show(x)} it is {show(value.grad)}, but measured it is {show(measured)}."

    holds(claim, x=number())


def check_number(Number):
    yield "It is a Value with a number."
    equals(Number(2.0).data, 2.0, "Number(2.0).data")
    yield "a + b is a Number."
    total = Number(2.0) + Number(3.0)
    require(isinstance(total, Number), f"It is {describe(total)}.")
    yield "a * b, and 2 * a, and a + 1."
    formulas = {
        "a * b": lambda a, b: a * b,
        "2 * a": lambda a, b: 2 * a,
        "a + 1": lambda a, b: a + 1,
        "1 + a * b": lambda a, b: 1 + a * b,
        "a * (b + 3) + a * a": lambda a, b: a * (b + 3) + a * a,
    }
    for text, formula in formulas.items():
        got = formula(Number(2.0), Number(5.0))
        require(isinstance(got, Number), f"With a = 2, b = 5, {text} is {describe(got)}.")
        equals(got.data, formula(2.0, 5.0), f"with a = 2, b = 5, {text}")
    yield "The slopes come through: your notes are those of grad."
    for text, formula in formulas.items():
        a, b = Number(2.0), Number(5.0)
        backward(formula(a, b))
        for name, value, place in (("a", a, 0), ("b", b, 1)):
            expected = float(grad(formula, argnums=place)(2.0, 5.0))
            equals(value.grad, expected, f"with a = 2, b = 5, the slope of {text} by {name}")


def describe(x):
    return f"a {type(x).__name__}, not a Number"


EXERCISES = (
    Exercise(
        "multiply",
        check_multiply,
        hints=(
            "Look at `add`: it has the value, then a list of two pairs.",
            "If a grows by a little, a·b grows by b times as much.",
        ),
        mistakes=(
            Mistake(
                "(a, b.data), (b, a.data)", "(a, a.data), (b, b.data)", "The first local slope"
            ),
            Mistake("(a, b.data), (b, a.data)", "(a, 1.0), (b, 1.0)", "The first local slope"),
            Mistake("(a, b.data), (b, a.data)", "(a, b.data)", "The parents are a and b"),
            Mistake("a.data * b.data, [", "a.data + b.data, [", "It has the product"),
            Mistake(
                "Value(a.data * b.data, [(a, b.data), (b, a.data)])", "a.data * b.data", "not a"
            ),
        ),
    ),
    Exercise(
        "tanh",
        check_tanh,
        hints=(
            "First `data = np.tanh(a.data)`: you need it twice.",
            "The local slope is `1 - data * data`, a number.",
        ),
        mistakes=(
            Mistake("1 - data * data", "1 - a.data * a.data", "The local slope is the derivative"),
            Mistake("1 - data * data", "1.0", "The local slope is the derivative"),
            Mistake("np.tanh(a.data)", "a.data", "It has the tanh"),
            Mistake("[(a, 1 - data * data)]", "()", "It has 0 parents"),
        ),
    ),
    Exercise(
        "order",
        check_order,
        hints=(
            "An inner function `visit(value)`, which appends to a list outside of it.",
            "In `visit`: if the value is not in the list yet, visit its parents, then append it.",
        ),
        mistakes=(
            Mistake("        if value not in found:\n", "        if True:\n", "there are 3 values"),
            Mistake(
                "            for parent, _ in value.parents:\n                visit(parent)\n"
                "            found.append(value)",
                "            found.append(value)\n            for parent, _ in value.parents:\n"
                "                visit(parent)",
                "The last entry is not the value",
            ),
            Mistake(
                "    return found", "    return found[::-1]", "The last entry is not the value"
            ),
            Mistake("    visit(value)\n    return found", "    return visit(value)", "not a list"),
        ),
    ),
    Exercise(
        "backward",
        check_backward,
        hints=(
            "Three loops: all grads to 0; `result.grad = 1.0`; then `for value in reversed(...)`.",
            "In the last: `for parent, local in value.parents`, add `value.grad * local`.",
        ),
        mistakes=(
            Mistake("parent.grad += ", "parent.grad = ", "the slope of x·x at x = 3 is 3"),
            Mistake("    result.grad = 1.0\n", "", "the grad of the result is 0"),
            Mistake("reversed(values)", "values", "Of a·b"),
            Mistake("        value.grad = 0.0\n", "        pass\n", "for the second time"),
            Mistake("value.grad * local", "local", "as measured with finite differences"),
        ),
    ),
    Exercise(
        "Number",
        check_number,
        hints=(
            "`made = add(self, Number.lift(other))`, and a Number of its data and parents.",
            "Addition and multiplication do not mind the order: `__radd__` is `self + other`.",
        ),
        mistakes=(
            Mistake("made = add(self, Number", "return add(self, Number", "a Value, not a Number"),
            Mistake(
                "return Number(made.data, made.parents)", "return Number(made.data)", "slope of"
            ),
            Mistake("return self * other", "return self + other", "2 * a"),
            Mistake("multiply(self, Number.lift(other))", "multiply(self, other)", "It stops with"),
        ),
    ),
)
