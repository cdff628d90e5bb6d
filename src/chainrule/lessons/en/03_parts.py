"""Model, loss, optimiser."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="3 · Model, loss, optimiser")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import random, value_and_grad
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("03_parts", mo.notebook_dir())
    mo.md(r"""
    # 3 · Model, loss, optimiser

    **What has every training in common, from a line to a network with a billion parameters?**

    Three parts that know nothing of each other. The **model** makes predictions from inputs and
    parameters. The **loss** says in one number how bad they are. The **optimiser** moves the
    parameters. Exchange one, and the others stay as they are.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Many inputs, many outputs

    A line had one input and one output. With $D$ inputs and $K$ outputs, $w$ becomes a matrix: each
    row of `x` is an example, and

    $$
    \underset{(N, K)}{\hat Y} = \underset{(N, D)}{X} \, \underset{(D, K)}{W} + \underset{(K)}{b}
    $$

    In NumPy the product of matrices is `X @ W`. Always know your shapes: it is half of the work.

    ## Exercise 1: the model

    `theta` is a dict with `"W"` and `"b"`.
    """)
    return


@app.function
def model(theta, x):
    """The prediction for each row of x, of shape (N, K)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("model", model)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: a loss that is on its guard

    The mean squared error again, with a trap. If `prediction` has shape `(N, 1)` and `target` has
    shape `(N,)`, NumPy does not complain: it pairs *every* prediction with *every* target, and the
    mean of these $N^2$ differences is a number that looks fine. A network trained with it learns
    the mean of all targets, nothing else. This is among the most frequent mistakes there are.

    Return the mean squared error; if the two shapes are not the same, `raise ValueError(...)` with
    both shapes in the message.
    """)
    return


@app.function
def mse(prediction, target):
    """The mean squared error of two arrays of the same shape."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("mse", mse)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Put together

    The training knows neither what the model is nor what the loss is. `value_and_grad` computes the
    loss and its gradient in one go.
    """)
    return


@app.function
def train(loss, theta, update, steps):
    """Parameters before each step, and the losses there; update is the optimiser."""
    dloss = value_and_grad(loss)
    thetas, losses, state = [], [], None
    for _ in range(steps):
        value, gradient = dloss(theta)
        thetas.append(theta)
        losses.append(value)
        theta, state = update(theta, gradient, state)
    return thetas, np.array(losses)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A valley

    This landscape is a long valley: steep across, nearly flat along. Plain descent shoots from
    side to side, or crawls. **Momentum** remembers: the velocity $v$ collects gradients, so what
    alternates cancels and what points the same way adds up (Polyak 1964).

    $$ v \leftarrow \mu v + g \qquad \theta \leftarrow \theta - \eta v $$
    """)
    return


@app.cell(hide_code=True)
def _():
    rate = mo.ui.slider(0.01, 0.21, 0.01, value=0.1, label="learning rate η", show_value=True)
    mu = mo.ui.slider(0, 0.98, 0.02, value=0, label="momentum µ", show_value=True)
    mo.hstack([rate, mu], justify="start", gap=2, wrap=True)
    return mu, rate


@app.cell
def _(mu, rate):
    def valley(theta):
        return 0.2 * theta["a"] ** 2 + 4.5 * theta["b"] ** 2

    def with_momentum(theta, gradient, velocity):
        velocity = velocity or {name: 0.0 for name in theta}
        velocity = {name: mu.value * velocity[name] + gradient[name] for name in theta}
        return {name: theta[name] - rate.value * velocity[name] for name in theta}, velocity

    thetas, losses = train(valley, {"a": -9.0, "b": 1.5}, with_momentum, steps=60)
    return losses, thetas


@app.cell(hide_code=True, expand_output=True)
def _(losses, thetas):
    _a, _b = (np.array([theta[name] for theta in thetas]) for name in "ab")
    _places = chart.grid((-10, 4), (-2, 2))
    _height = 0.2 * _places[:, 0] ** 2 + 4.5 * _places[:, 1] ** 2
    chart.beside(
        chart.chart(
            chart.field(np.sqrt(_height).reshape(60, 60) / 5, (-10, 4), (-2, 2)),
            chart.curve(_a, _b, width=1.4),
            chart.dots(_a, _b, colour="ink", size=2.5),
            chart.dots([0], [0], colour="green", size=5),
            x="a",
            y="b",
            title="60 steps from above",
            xlim=(-10, 4),
            ylim=(-2, 2),
        ),
        chart.chart(
            chart.curve(range(60), np.log10(np.clip(losses, 1e-12, 1e12))),
            x="step",
            y="log₁₀ of the loss",
            title=f"last loss {losses[-1]:.2g}",
            ylim=(-7, 3),
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: momentum

    Write one step of it: from dicts of parameters, gradients and velocities of the same names,
    return the new parameters and the new velocities, in this order.
    """)
    return


@app.function
def momentum(theta, gradient, velocity, rate, mu):
    """The pair: new theta, new velocity."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("momentum", momentum)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: batches

    With a million examples nobody computes the gradient of all of them for one step: a few at a
    time, a **batch**, give a rough gradient much sooner. One pass over all is an **epoch**. In
    each epoch every example comes exactly once, in a random order.

    `rng.permutation(n)` gives the numbers 0 to n − 1 in random order. Return a list of arrays of
    such numbers, `size` in each; the last has what is left.
    """)
    return


@app.function
def batches(n, size, rng):
    """A list of arrays of indices that together are one epoch."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("batches", batches)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: why inputs are scaled

    Where do valleys come from? One input counts in thousands (a molecule's weight), another in
    tenths (a share): the loss is steep along one parameter and flat along the other. So inputs are
    **standardised**: each column minus its mean, over its standard deviation. A column that is the
    same everywhere becomes zeros, not NaN.
    """)
    return


@app.function
def standardize(x):
    """Each column of x with mean 0 and standard deviation 1."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("standardize", standardize)
    return


@app.cell(hide_code=True)
def _():
    scale = mo.ui.slider(1, 10, 0.5, value=4, label="second input times", show_value=True)
    scale
    return (scale,)


@app.cell
def _(scale):
    x = np.asarray(random.normal(random.key(0), (100, 2)))
    wide = x * np.array([1.0, scale.value])
    target = x @ np.array([2.0, -1.0])

    def loss_on(inputs):
        return lambda theta: np.mean((inputs @ theta["W"] - target) ** 2)

    def descent(theta, gradient, state):
        return {"W": theta["W"] - safe * gradient["W"]}, state

    curves = {}
    for name, inputs in {"scaled": x, "as they are": wide}.items():
        safe = 0.8 / np.linalg.norm(inputs.T @ inputs / len(x), 2)  # near the largest that works
        _, curves[name] = train(loss_on(inputs), {"W": np.zeros(2)}, descent, steps=40)
    return (curves,)


@app.cell(hide_code=True)
def _(curves):
    _logs = {name: np.log10(np.clip(each, 1e-16, None)) for name, each in curves.items()}
    chart.chart(
        chart.curve(range(40), _logs["scaled"], colour="green", label="scaled"),
        chart.curve(range(40), _logs["as they are"], colour="vermilion", label="as they are"),
        x="step",
        y="log₁₀ of the loss",
        title="each at nearly the largest rate that works",
        ylim=(-16, 2),
        width=520,
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(model, mse, momentum, batches, standardize)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - In the valley, find the momentum that brings the last loss lowest at a rate of 0.2, and at
      0.05.
    - Exchange a part: give `train` another loss, the mean absolute error of `inputs @ theta["W"]`.
      What changes near the end of the descent, and why?
    - Write an `update` that divides the gradient by its own length. What does it do in flat places?

    So far the outputs were numbers. In the next lesson the answer is yes or no, and the model says
    how sure it is.
    """)
    return


if __name__ == "__main__":
    app.run()
