"""Backpropagation by hand."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="5 · Backpropagation by hand")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import draw, grad, random, trace
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("05_backprop", mo.notebook_dir())
    mo.md(r"""
    # 5 · Backpropagation by hand

    **A network has thousands of parameters. How can one find all their slopes for the price of two
    evaluations?**

    By walking once forwards, keeping what was computed, and then once backwards, with the chain
    rule at every station. You write each station; at the end they make a network that trains, and
    its gradient is the same as `grad`'s, to the last digits.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The chain rule, once

    $y = \sin(a x)^2$ is computed in three steps. Forwards each box computes its value; backwards
    each gets the slope of the result by its own value (`grad`) and hands on that slope, times its
    local derivative. Where a value was used twice, two slopes arrive and are added.
    """)
    return


@app.cell(hide_code=True)
def _():
    a = mo.ui.slider(-2, 2, 0.1, value=0.5, label="a", show_value=True)
    x = mo.ui.slider(-3, 3, 0.1, value=1.5, label="x", show_value=True)
    mo.hstack([a, x], justify="start", gap=2, wrap=True)
    return a, x


@app.cell
def _(a, x):
    def f(a, x):
        return np.sin(a * x) ** 2

    draw.graph(trace(f, 0.5, 1.5), values=[float(a.value), float(x.value)], names=["a", "x"])
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Each exercise is one station. Its backward function gets what it needs from the way forward,
    and the slope that comes from behind: `dout` has the shape of `out`, and says how much the loss
    changes with each entry. It returns the slopes of its inputs, **each of the shape of that
    input**. That alone often tells you what to transpose.

    ## Exercise 1: an activation

    `h = np.tanh(z)`. Given `h` (not `z`) and `dh`, return `dz`. The derivative of tanh is
    $1 - \tanh^2$, entry by entry.
    """)
    return


@app.function
def tanh_backward(h, dh):
    """dz, for h = np.tanh(z)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("tanh_backward", tanh_backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: another one

    `h = np.maximum(z, 0)`, the **ReLU**. Where z was positive the slope passes, elsewhere it stops.
    """)
    return


@app.function
def relu_backward(z, dh):
    """dz, for h = np.maximum(z, 0)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("relu_backward", relu_backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: a layer

    `out = x @ W + b`, with `x` of shape (n, d), `W` (d, k), `b` (k,). Entry `W[d, k]` touches
    `out[i, k]` for every example `i`, with the weight `x[i, d]`: so its slope is $\sum_i x_{id} \,
    \mathrm{d}out_{ik}$, which is a product of matrices. Find the two others the same way. Return
    `dx, dW, db`.
    """)
    return


@app.function
def linear_backward(x, W, dout):
    """dx, dW, db, for out = x @ W + b."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("linear_backward", linear_backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: the loss

    The mean cross entropy of lesson 4, `np.mean(np.logaddexp(0, z) - y * z)`. Here everything
    begins: return `dz`, the slope of the loss by each logit.
    """)
    return


@app.function
def loss_backward(z, y):
    """dz, for the mean cross entropy of logits z and labels y."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("loss_backward", loss_backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: the network

    Two inputs, a hidden layer of tanh, one logit. This is the way forward; it returns the logits
    and what the way back needs.
    """)
    return


@app.function
def forward(theta, x):
    """The logits, of shape (n,), and what was kept."""
    h = np.tanh(x @ theta["W1"] + theta["b1"])
    z = h @ theta["W2"] + theta["b2"]
    return z[:, 0], h


@app.function(hide_code=True)
def loss(theta, x, y):
    """The mean cross entropy of the network."""
    z, _ = forward(theta, x)
    return np.mean(np.logaddexp(0, z) - y * z)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Write the way back: first `z, h = forward(theta, x)`, then station by station in the opposite
    order. Use what you wrote above. `W2` has shape (h, 1), so `dz` must become a column first:
    `dz[:, None]`. Return a dict with the keys of `theta`.
    """)
    return


@app.function
def backward(theta, x, y):
    """The gradient of the loss: a dict with the keys and shapes of theta."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("backward", backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## It trains

    The moons need a bent border. This is the descent with `grad`; your `backward` in its place
    gives the same numbers: try it (`slopes = backward(theta, points, label)`).
    """)
    return


@app.function(hide_code=True)
def moons(key, n=200):
    """Two half circles that reach into each other; labels 0 and 1."""
    turn = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(turn) - 0.5, np.sin(turn) - 0.25], axis=1)
    places = np.concatenate([upper, -upper])
    noise = np.asarray(random.normal(key, places.shape), dtype=float)
    return places * 1.5 + 0.2 * noise, np.repeat([0.0, 1.0], n // 2)


@app.cell
def _():
    points, label = moons(random.key(1))
    first, second = random.split(random.key(0))
    theta = {
        "W1": np.asarray(random.normal(first, (2, 8)), dtype=float),
        "b1": np.zeros(8),
        "W2": np.asarray(random.normal(second, (8, 1)), dtype=float) / 3,
        "b2": np.zeros(1),
    }
    thetas, losses = [], []
    for _ in range(600):
        slopes = grad(loss)(theta, points, label)
        thetas.append(theta)
        losses.append(loss(theta, points, label))
        theta = {name: theta[name] - 0.5 * slopes[name] for name in theta}
    return label, losses, points, thetas


@app.cell(hide_code=True)
def _():
    looked = mo.ui.slider(0, 599, 1, value=40, label="after step", show_value=True)
    looked
    return (looked,)


@app.cell(hide_code=True, expand_output=True)
def _(label, looked, losses, points, thetas):
    _places = chart.grid((-3, 3), (-2.5, 2.5))
    _z, _ = forward(thetas[looked.value], _places)
    chart.beside(
        chart.chart(
            chart.field((1 / (1 + np.exp(-_z))).reshape(60, 60), (-3, 3), (-2.5, 2.5)),
            chart.classes(points, label),
            x="x₁",
            y="x₂",
            title="probability of red",
            xlim=(-3, 3),
            ylim=(-2.5, 2.5),
        ),
        chart.chart(
            chart.curve(range(600), losses, colour="muted"),
            chart.dots([looked.value], [losses[looked.value]], colour="vermilion", size=6),
            x="step",
            y="loss",
            title=f"loss {losses[looked.value]:.3f}",
        ),
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(tanh_backward, relu_backward, linear_backward, loss_backward, backward)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Count: how many multiplications does the way back need, compared with the way forward?
    - Take ReLU in `forward` instead of tanh, and your `relu_backward` on the way back.
    - Let `chainrule.backprop(f)` show the steps of a function of yours: `backprop(f)(0.5, 1.5)`.
    - On the page *Chain rule* of the lab (`chainrule lab`) walk through any formula, node by node.

    You have written what all of deep learning runs on. Why a hidden layer is needed at all, and
    what it can do, is the next question.
    """)
    return


if __name__ == "__main__":
    app.run()
