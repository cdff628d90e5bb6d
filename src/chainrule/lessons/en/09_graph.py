"""The computational graph: an autograd in 60 lines."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="9 · The computational graph")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import backprop, draw, grad, trace
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("09_graph", mo.notebook_dir())
    mo.md(r"""
    # 9 · The computational graph

    **How can a library know the derivative of a function that it has never seen?**

    It never sees the function. It sees the additions and multiplications go by, writes each one
    down, and later walks through its notes backwards. In this lesson you write such a library, for
    numbers, in about 60 lines; then you open Chainrule and find the same thing there.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What is written down

    A formula is a **graph**: a box for each operation, an arrow from each value to where it is
    used. These are the notes of $\tanh(w x + b)$, with the value of each box, and the slope of the
    result by it.
    """)
    return


@app.cell(hide_code=True)
def _():
    w = mo.ui.slider(-2, 2, 0.1, value=0.8, label="w", show_value=True)
    x = mo.ui.slider(-2, 2, 0.1, value=1.5, label="x", show_value=True)
    b = mo.ui.slider(-2, 2, 0.1, value=-0.5, label="b", show_value=True)
    mo.hstack([w, x, b], justify="start", gap=2, wrap=True)
    return b, w, x


@app.function
def neuron(w, x, b):
    """A neuron with one input."""
    return np.tanh(w * x + b)


@app.cell
def _(b, w, x):
    given = [float(w.value), float(x.value), float(b.value)]
    draw.graph(trace(neuron, *given), values=given, names=["w", "x", "b"])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A number that remembers

    This is all of the bookkeeping. A `Value` holds a number, and its **parents**: pairs of a value
    that it was computed from, and the local slope, which is how fast it changes with that one. A
    value that was given, not computed, has none.
    """)
    return


@app.class_definition
class Value:
    """A number that remembers how it was made."""

    def __init__(self, data, parents=()):
        self.data = data
        self.parents = tuple(parents)  # pairs (value, local slope)
        self.grad = 0.0


@app.function
def add(a, b):
    """a + b: it changes as fast as a, and as fast as b."""
    return Value(a.data + b.data, [(a, 1.0), (b, 1.0)])


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: multiply

    In the same way: a `Value` with the product and the two parents. How fast does $a \cdot b$
    change with $a$?
    """)
    return


@app.function
def multiply(a, b):
    """The Value a · b, with its parents and local slopes."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("multiply", multiply)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: tanh

    One parent. `np.tanh` computes it, and its slope is $1 - \tanh^2$: use the result that you
    have already.
    """)
    return


@app.function
def tanh(a):
    """The Value tanh(a), with its parent and local slope."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("tanh", tanh)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: in which order?

    Backwards, a value may hand its slope on only when all of it has arrived: after everything that
    was computed from it. So one needs an order in which **parents come before children**, to walk
    through from its end: a topological order.

    Go from a value to its parents first, each in turn, and only then append the value itself; skip
    what has been seen. A function that calls itself does it in a few lines. Return the list.
    """)
    return


@app.function
def order(value):
    """All values behind this one, each once, parents first; the value itself is the last."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("order", order)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: backwards

    Here is the chain rule. Set every `grad` to 0, that of the result to 1; then take the values in
    the opposite order, and let each one give to each of its parents its own `grad` times the local
    slope. What was used twice receives twice, so it **adds**.
    """)
    return


@app.function
def backward(result):
    """Fill in `grad` of every value behind the result."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("backward", backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: operators

    Nobody wants to write `add(multiply(w, x), b)`. Python calls `__add__` for `+` and `__mul__` for
    `*`; and `__radd__`, `__rmul__` where a plain number stands on the left, as in `2 * x`. Complete
    the class: each method returns a `Number`, and `other` may be a plain number.

    `lift` makes a Number of whatever it gets; `Number(v.data, v.parents)` makes one of a `Value`.
    """)
    return


@app.class_definition
class Number(Value):
    """A Value with + and *."""

    @staticmethod
    def lift(x):
        return x if isinstance(x, Value) else Number(x)

    def __add__(self, other): ...

    def __mul__(self, other): ...

    def __radd__(self, other): ...

    def __rmul__(self, other): ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("Number", Number)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The same, in Chainrule

    Chainrule writes down the same notes while your function runs: what it passes in is no number
    but a `Tensor`, a node with operators, like your `Number`. This is its list for the neuron,
    already in topological order (`f64[]` is the type, one number):
    """)
    return


@app.cell
def _():
    notes = trace(neuron, 0.8, 1.5, -0.5)
    mo.plain_text("\n".join(line.partition("#")[0] for line in str(notes).splitlines()))
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    One thing is different. Your values keep the local slope as a number. A Chainrule node keeps
    only which operation it is; the operation has a rule, and the rule is written in operations
    again. So walking backwards writes down a second graph, which can be differentiated too. That
    is all it takes to have second derivatives:
    """)
    return


@app.cell
def _():
    places = np.linspace(-3, 3, 121)
    first = [grad(np.tanh)(place) for place in places]
    second = [grad(grad(np.tanh))(place) for place in places]
    chart.chart(
        chart.curve(places, np.tanh(places), label="tanh"),
        chart.curve(places, first, colour="vermilion", label="its slope"),
        chart.curve(places, second, colour="muted", label="the slope of the slope"),
        x="x",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    And this is its walk backwards, for the sliders above: what arrives at each node, times the
    local slope, goes on to its parents. It is your `backward`, with its notes on the table.
    """)
    return


@app.cell
def _(b, w, x):
    backprop(neuron, argnums=(0, 1, 2))(float(w.value), float(x.value), float(b.value))
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(multiply, tanh, order, backward, Number)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Give `Number` a `__pow__`, `__neg__` and `__sub__`, and train the line of lesson 1 with it.
    - How long does your autograd take for a sum of 10,000 numbers? Where does `order` stop, and
      why? (A loop with a list of its own instead of a function that calls itself does not.)
    - Open `chainrule/engine/differentiate.py`. Find the loop that walks backwards, and the line
      that adds.

    You have written an autograd. Frameworks put a box of layers, losses and optimisers on top of
    one; how those are used is the next lesson.
    """)
    return


if __name__ == "__main__":
    app.run()
