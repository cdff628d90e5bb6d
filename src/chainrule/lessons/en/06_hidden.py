"""Perceptron, XOR, hidden layers."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="6 · Perceptron, XOR, hidden layers")

with app.setup:
    from itertools import pairwise

    import marimo as mo
    import numpy as np

    from chainrule import data, random
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("06_hidden", mo.notebook_dir())
    mo.md(r"""
    # 6 · Perceptron, XOR, hidden layers

    **What can one neuron learn, what can it never learn, and what changes with a few more of
    them?**

    In 1958 Rosenblatt's **perceptron** learned to part two classes, and the newspapers promised
    machines that would walk and talk. In 1969 Minsky and Papert showed four points that no
    perceptron can part. This lesson walks through both, and through the way out.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## One neuron that learns

    It says 1 if $x \cdot w + b > 0$, else 0. Shown a point and its label (0 or 1), it does nothing
    if it was right. If it was wrong, it adds the point to $w$ (and 1 to $b$) when the label is 1,
    and subtracts them when it is 0.

    ## Exercise 1: the perceptron's rule

    One point `x` of shape `(2,)`, one label `y`. Return the new `w, b`, and leave the old `w` as
    it is.
    """)
    return


@app.function
def perceptron_step(w, b, x, y):
    """The pair w, b after one point."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("perceptron_step", perceptron_step)
    return


@app.cell
def _():
    def learn(points, label, epochs):
        """All lines that the rule goes through, and the errors of each."""
        w, b = np.zeros(2), 0.0
        lines = []
        for _ in range(epochs):
            for x, y in zip(points, label, strict=True):
                error = y - (x @ w + b > 0)
                w, b = w + error * x, b + error
            lines.append((w, b, np.sum((points @ w + b > 0) != label)))
        return lines

    clouds = data.two_clouds(random.key(0), n=60, distance=4)
    crossed = data.signs(random.key(3), n=60)
    runs = {"two clouds": (clouds, learn(*clouds, 30)), "XOR": (crossed, learn(*crossed, 30))}
    return (runs,)


@app.cell(hide_code=True)
def _():
    task = mo.ui.dropdown(["two clouds", "XOR"], value="two clouds", label="data")
    epoch = mo.ui.slider(1, 30, 1, value=1, label="after epoch", show_value=True)
    mo.hstack([task, epoch], justify="start", gap=2, wrap=True)
    return epoch, task


@app.cell(hide_code=True, expand_output=True)
def _(epoch, runs, task):
    (_points, _label), _lines = runs[task.value]
    _w, _b, _wrong = _lines[epoch.value - 1]
    _edge = 4.5 if task.value == "two clouds" else 1.1
    _box = (-_edge, _edge)
    _side = (chart.grid(_box, _box) @ _w + _b > 0).reshape(60, 60)
    chart.beside(
        chart.chart(
            chart.field(_side, _box, _box),
            chart.classes(_points, _label),
            x="x₁",
            y="x₂",
            title=f"{_wrong} of 60 wrong",
            xlim=_box,
            ylim=_box,
            width=360,
            height=340,
        ),
        chart.chart(
            chart.curve(range(1, 31), [wrong for _, _, wrong in _lines], colour="muted"),
            chart.dots([epoch.value], [_wrong], colour="vermilion", size=6),
            x="epoch",
            y="points on the wrong side",
            ylim=(-1, 45),
            width=360,
            height=340,
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    On XOR (red where both coordinates have the same sign) it never stops wandering: no straight
    line parts these points, so there is always one that is wrong.

    ## Exercise 2: three neurons solve XOR

    Do it by hand. `step` is 1 for positive numbers and 0 else. A **hidden layer** of two neurons
    and an output neuron compute, for inputs that are 0 or 1,

        hidden = step(x @ W1 + b1)      # two neurons
        answer = step(hidden @ w2 + b2)

    Choose the nine numbers so that the answer is 1 exactly if *one* of the two inputs is 1. Idea:
    let one neuron find out "at least one", and the other "both".
    """)
    return


@app.cell
def _():
    xor = ...  # {"W1": np.array([[...], [...]]), "b1": ..., "w2": ..., "b2": ...}
    return (xor,)


@app.cell(hide_code=True, expand_output=True)
def _(lesson, xor):
    lesson.check("xor", xor)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What a hidden layer can do

    Add up neurons, and you can build *any* continuous function on an interval, as exactly as you
    like (Cybenko 1989): the **universal approximation theorem**. Here is a proof that you can hold
    in your hands.

    ## Exercise 3: a bump

    The difference of two sigmoids is a bump: one switches on at `left`, the other, subtracted, at
    `right`. `sharp` says how steep they are. Return about `height` between `left` and `right`, and
    about 0 elsewhere.
    """)
    return


@app.function(hide_code=True)
def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    return 0.5 * (1 + np.tanh(np.asarray(z) / 2))


@app.function
def bump(x, left, right, height, sharp):
    """About height for left < x < right, about 0 elsewhere."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("bump", bump)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Many bumps side by side are a staircase that follows any curve. Each bump is two hidden neurons.
    """)
    return


@app.cell(hide_code=True)
def _():
    bumps = mo.ui.slider(1, 40, 1, value=5, label="bumps", show_value=True)
    sharp = mo.ui.slider(2, 100, 2, value=40, label="sharp", show_value=True)
    mo.hstack([bumps, sharp], justify="start", gap=2, wrap=True)
    return bumps, sharp


@app.cell(hide_code=True)
def _(bumps, sharp):
    _x = np.linspace(-2, 2, 400)
    _curve = np.sin(3 * _x) + 0.3 * _x
    _ends = np.linspace(-2, 2, bumps.value + 1)
    _total = np.zeros_like(_x)
    for _left, _right in pairwise(_ends):
        _middle = (_left + _right) / 2
        _on = sigmoid(sharp.value * (_x - _left)) - sigmoid(sharp.value * (_x - _right))
        _total += (np.sin(3 * _middle) + 0.3 * _middle) * _on
    chart.chart(
        chart.curve(_x, _curve, colour="muted", label="the curve"),
        chart.curve(_x, _total, colour="blue", label=f"{2 * bumps.value} neurons"),
        x="x",
        y="y",
        title=f"mean error {np.mean(abs(_total - _curve)):.3f}",
        width=560,
        ylim=(-2, 2),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: the same with ReLU

    With $\max(0, x - k)$ a neuron is a **hinge**: flat up to its knot $k$, then a slope of 1. The
    sum of hinges

    $$ g(x) = y_0 + \sum_j c_j \max(0, x - k_j) $$

    is a chain of straight pieces. Given knots (rising) and the values that $g$ must have at them,
    return the array of the $c_j$ for all knots but the last: each is how much the slope *changes*
    at its knot.
    """)
    return


@app.function
def hinges(knots, values):
    """The c of each hinge: n - 1 numbers for n knots."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("hinges", hinges)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: depth folds space

    A hidden layer bends its input; two layers bend what is already bent. The "tent" $t(x) =
    \max(0, 2x) - \max(0, 4x - 2)$ is two ReLU neurons, and folds the interval from 0 to 1 in half:
    up to 1 and down again. Applied again, to what it gives, it makes twice as many teeth each time
    (Telgarsky 2016).

    Write `fold(x, layers)`: the tent, applied `layers` times.
    """)
    return


@app.function
def fold(x, layers):
    """The tent of the tent of ... x."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("fold", fold)
    return


@app.cell(hide_code=True)
def _():
    depth = mo.ui.slider(0, 7, 1, value=2, label="layers", show_value=True)
    depth
    return (depth,)


@app.cell(hide_code=True)
def _(depth):
    _x = np.linspace(0, 1, 1025)
    _y = _x
    for _ in range(depth.value):
        _y = np.maximum(0, 2 * _y) - np.maximum(0, 4 * _y - 2)
    chart.chart(
        chart.curve(_x, _y, colour="blue", width=1.5),
        x="x",
        y="y",
        title=f"{2 * depth.value} neurons, {2**depth.value} straight pieces",
        ylim=(-0.1, 1.1),
        width=560,
        height=240,
    )
    return


@app.cell(hide_code=True)
def _(lesson, xor):
    lesson.progress(perceptron_step, xor, bump, hinges, fold)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Put the clouds closer, `distance=2`. What does the perceptron do when almost, but not quite,
      all points can be parted?
    - How many neurons in *one* layer would make the 64 teeth of seven layers?
    - The theorem says that such a network exists. Does it say that descent finds it? Train one on
      `sin(20 * x)` and see.
    - In the lab (`chainrule lab`) the pages *Perceptron* and *Playground* learn before your eyes.

    Without the bend in the neuron, all layers together would be one straight line. Which bend is
    best? That is the next lesson.
    """)
    return


if __name__ == "__main__":
    app.run()
