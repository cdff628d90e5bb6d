"""Gradients and descent."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="2 · Gradients and descent")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, grad, random, vmap
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("02_descent", mo.notebook_dir())
    mo.md(r"""
    # 2 · Gradients and descent

    **You stand in the dark on a slope. Which way is down, and how far do you dare to step?**

    The loss of lesson 1 was a landscape that you could see whole. A network's landscape has a
    thousand dimensions, and nobody sees it. But at the place where you stand you can feel the
    slope, and that is enough to go down.
    """)
    return (lesson,)


@app.function
def f(w):
    return w**2 + 3 * w - 5


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The slope at a place

    The **derivative** $f'(w)$ is the slope of the tangent. Where it is positive, going right goes
    up. Where is it zero?
    """)
    return


@app.cell(hide_code=True)
def _():
    place = mo.ui.slider(-6, 3, 0.1, value=1, label="w", show_value=True)
    place
    return (place,)


@app.cell(hide_code=True, expand_output=True)
def _(place):
    _w = np.linspace(-6, 3, 181)
    _slopes = vmap(grad(f))(_w)
    _slope = grad(f)(float(place.value))
    _near = place.value + np.array([-1.5, 1.5])
    chart.beside(
        chart.chart(
            chart.curve(_w, f(_w)),
            chart.curve(_near, f(place.value) + _slope * (_near - place.value), "vermilion"),
            chart.dots([place.value], [f(place.value)], size=6),
            x="w",
            y="f(w)",
            title=f"slope {_slope:.1f}".replace("-", "−"),
            ylim=(-9, 15),
        ),
        chart.chart(
            chart.curve(_w, _slopes, colour="vermilion"),
            chart.dots([place.value], [_slope], colour="vermilion", size=6),
            x="w",
            y="f′(w)",
            title="the derivative",
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: measure a slope

    Any function's slope can be measured: go a little to both sides, and divide the difference by
    the way between the two places, which is $2h$.

    $$ f'(w) \approx \frac{f(w + h) - f(w - h)}{2h} $$
    """)
    return


@app.function
def slope(f, w, h=1e-4):
    """The slope of f at w, from two values of f."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("slope", slope)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: a derivative by rules

    Measuring costs two evaluations for each parameter, and rounds. Rules are exact: $w^2$ becomes
    $2w$, $3w$ becomes $3$, a constant becomes nothing. Write the derivative of
    $f(w) = w^2 + 3w - 5$.
    """)
    return


@app.function
def df(w):
    """The derivative of w**2 + 3 * w - 5."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("df", df)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: the gradient of a loss

    With two parameters there are two slopes; together they are the **gradient**. For the line and
    its mean squared error $L = \frac{1}{n} \sum (w x_i + b - y_i)^2$ the **chain rule** gives:
    outer derivative $2 \cdot (\ldots)$, times the derivative of what is inside.

    Return the pair $(\partial L / \partial w, \; \partial L / \partial b)$.
    """)
    return


@app.function
def gradient(w, b, x, y):
    """The pair dL/dw, dL/db."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("gradient", gradient)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## How far?

    **Gradient descent** goes against the gradient, again and again:

    $$ w \leftarrow w - \eta \, f'(w) $$

    The **learning rate** $\eta$ says how far. Move it: at what rate does the descent stop to
    arrive?
    """)
    return


@app.cell(hide_code=True)
def _():
    rate = mo.ui.slider(0.02, 1.06, 0.02, value=0.1, label="learning rate", show_value=True)
    rate
    return (rate,)


@app.cell
def _(rate):
    path = [3.0]
    for _ in range(15):
        path.append(path[-1] - rate.value * grad(f)(path[-1]))
    path = np.array(path)
    return (path,)


@app.cell(hide_code=True, expand_output=True)
def _(path):
    _w = np.linspace(-7, 4, 221)
    _above = f(path) - f(_w).min()
    chart.beside(
        chart.chart(
            chart.curve(_w, f(_w), colour="muted"),
            chart.curve(path, f(path), colour="vermilion", width=1.2),
            chart.dots(path, f(path), colour="vermilion", size=4),
            x="w",
            y="f(w)",
            title="15 steps",
            xlim=(-7, 4),
            ylim=(-9, 18),
        ),
        chart.chart(
            chart.curve(range(len(path)), _above),
            chart.dots(range(len(path)), _above, size=4),
            x="step",
            y="above the lowest point",
            ylim=(-1, 25),
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    `grad(f)` above is Chainrule's: it makes the function that computes the derivative, for any
    function that you write. It also takes a dict of parameters, and gives a dict of slopes.

    ## Exercise 4: one step

    `theta` is a dict of parameters, `slopes` a dict with the same keys. Return a **new** dict, a
    step further down. The old one must stay as it was: one wants to look back.
    """)
    return


@app.function
def step(theta, slopes, rate):
    """A new dict: each parameter, moved against its slope."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("step", step)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: the whole descent

    Write gradient descent for any loss of a dict: `descend(loss, theta, rate, steps)` returns the
    last `theta` and the list of the losses, the first before any step (so it has `steps + 1`
    entries). Use `grad(loss)(theta)`.
    """)
    return


@app.function
def descend(loss, theta, rate, steps):
    """The last theta, and all steps + 1 losses."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("descend", descend)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## The line of lesson 1, found

    The same in a few lines: the loss of a line, its gradient by `grad`, 100 steps.
    """)
    return


@app.cell
def _():
    x, y = data.noisy_line(random.key(10), n=50)

    def loss(theta):
        return np.mean((theta["w"] * x + theta["b"] - y) ** 2)

    theta = {"w": -1.0, "b": 4.0}
    thetas = [theta]
    for _ in range(100):
        slopes = grad(loss)(theta)
        theta = {name: theta[name] - 0.1 * slopes[name] for name in theta}
        thetas.append(theta)
    losses = [loss(each) for each in thetas]
    return losses, thetas, x, y


@app.cell(hide_code=True)
def _():
    looked = mo.ui.slider(0, 100, 1, value=10, label="after step", show_value=True)
    looked
    return (looked,)


@app.cell(hide_code=True, expand_output=True)
def _(looked, losses, thetas, x, y):
    _theta = thetas[looked.value]
    _ends = np.array([-2.1, 2.1])
    _title = f"y = {_theta['w']:.2f} x + {_theta['b']:.2f}".replace("+ -", "− ").replace("-", "−")
    chart.beside(
        chart.chart(
            chart.dots(x, y),
            chart.curve(_ends, _theta["w"] * _ends + _theta["b"]),
            x="x",
            y="y",
            title=_title,
            ylim=(-6, 9),
        ),
        chart.chart(
            chart.curve(range(101), losses, colour="muted"),
            chart.dots([looked.value], [losses[looked.value]], colour="vermilion", size=6),
            x="step",
            y="loss",
            title=f"loss {losses[looked.value]:.3f}",
        ),
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(slope, df, gradient, step, descend)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Make $f$ steeper: `5 * w**2`. At what learning rate does it diverge now? Find the rule that
      connects this rate with the second derivative.
    - Give the descent a landscape with two valleys, `w**4 - 3 * w**2 + w`, and start it at `2.0`
      and at `-2.0`.
    - Make `h` in your `slope` smaller and smaller: `1e-4`, `1e-8`, `1e-12`. Why does it get worse?
    - On the page *Slope* of the lab (`chainrule lab`) type a function of your own and step down it.

    A line, its loss, a descent: three parts that know nothing of each other. The next lesson takes
    them apart, so that each can be exchanged.
    """)
    return


if __name__ == "__main__":
    app.run()
