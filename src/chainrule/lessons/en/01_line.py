"""A line and its loss."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="1 · A line and its loss")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, random
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("01_line", mo.notebook_dir())
    mo.md(r"""
    # 1 · A line and its loss

    **Fifty points lie roughly on a line. Which line is the best one, and what does "best" mean?**

    To a computer, "good" has to be a number. In this lesson you choose a line by hand, write the
    number that says how bad it is, and find out that for one half of the question there is a
    formula. In the next lesson the computer finds the other half.

    Change the code where it says `...`; whatever depends on it runs again at once.
    """)
    return (lesson,)


@app.cell
def _():
    x, y = data.noisy_line(random.key(10), n=50)
    return x, y


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A model has parameters

    A line says: $y = w x + b$. The **slope** $w$ and the **intercept** $b$ are its *parameters*.
    The red strokes are the **residuals**, what the line misses by. Move the sliders until the loss
    is as small as you can get it.
    """)
    return


@app.cell(hide_code=True)
def _():
    w = mo.ui.slider(-2, 5, 0.1, value=0, label="slope w", show_value=True)
    b = mo.ui.slider(-3, 5, 0.1, value=3, label="intercept b", show_value=True)
    mo.hstack([w, b], justify="start", gap=2, wrap=True)
    return b, w


@app.cell
def _(b, w, x, y):
    prediction = w.value * x + b.value
    loss = np.mean((prediction - y) ** 2)
    return loss, prediction


@app.cell(hide_code=True, expand_output=True)
def _(b, loss, prediction, w, x, y):
    _ends = np.array([-2.1, 2.1])
    _slopes = np.linspace(-2, 5, 71)
    _losses = [np.mean((each * x + b.value - y) ** 2) for each in _slopes]
    chart.beside(
        chart.chart(
            chart.segments(x, y, prediction),
            chart.dots(x, y),
            chart.curve(_ends, w.value * _ends + b.value),
            x="x",
            y="y",
            title=f"loss {loss:.3f}",
            ylim=(-6, 9),
        ),
        chart.chart(
            chart.curve(_slopes, _losses, colour="muted"),
            chart.dots([w.value], [loss], colour="vermilion", size=6),
            x="slope w",
            y="loss",
            title=f"the loss along w, at b = {b.value:.1f}",
            ylim=(0, 40),
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: the line

    Write the model as a function. `w` and `b` are numbers; `x` is a number or an array of any
    length, and so is what you return.
    """)
    return


@app.function
def line(w, b, x):
    """w times x plus b."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("line", line)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: the loss

    The **mean squared error** is the number to make small:

    $$ L = \frac{1}{n} \sum_{i=1}^{n} (\hat y_i - y_i)^2 $$

    Squares, so that too high and too low are both bad, and a big miss is much worse than a small
    one. A mean, so that twice as many points are not twice as bad.
    """)
    return


@app.function
def mse(prediction, target):
    """The mean of the squared misses, one number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("mse", mse)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: another loss

    The **mean absolute error** takes the size of each miss as it is. Move the one bad point below
    and see how much each of the two losses cares.
    """)
    return


@app.function
def mae(prediction, target):
    """The mean of the sizes of the misses, one number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("mae", mae)
    return


@app.cell(hide_code=True)
def _():
    outlier = mo.ui.slider(0, 10, 0.5, value=2, label="the bad point misses by", show_value=True)
    outlier
    return (outlier,)


@app.cell(hide_code=True)
def _(outlier):
    _misses = np.array([0.5, -0.5, 0.3, -0.2, outlier.value])
    _sizes = np.linspace(0, 10, 81)
    _rest = _misses[:-1]
    chart.chart(
        chart.curve(_sizes, (np.sum(_rest**2) + _sizes**2) / 5, colour="blue", label="mse"),
        chart.curve(_sizes, (np.sum(abs(_rest)) + _sizes) / 5, colour="green", label="mae"),
        chart.dots([outlier.value], [np.mean(_misses**2)], size=5),
        chart.dots([outlier.value], [np.mean(abs(_misses))], colour="green", size=5),
        x="miss of the bad point",
        y="loss of five points",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: half of the answer by a formula

    Suppose that somebody has told you the slope `w`. Which intercept makes the mean squared error
    least? No search is needed. (Look at the picture: the strokes above the line and those below it
    should balance.)
    """)
    return


@app.function
def best_intercept(w, x, y):
    """The b with the least mean squared error for this w."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("best_intercept", best_intercept)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: the bowl

    Every pair $(w, b)$ has a loss, so the loss is a landscape over a plane. Compute it for many
    pairs: `bowl(ws, bs, x, y)` gives an array of shape `(len(ws), len(bs))`, whose entry `[i, j]`
    is the mean squared error of the line with `ws[i]` and `bs[j]`. Two loops will do; without a
    loop it is more fun.
    """)
    return


@app.function
def bowl(ws, bs, x, y):
    """Mean squared errors, one row a slope and one column an intercept."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("bowl", bowl)
    return


@app.cell(hide_code=True)
def _(b, loss, w, x, y):
    _ws, _bs = np.linspace(-2, 5, 60), np.linspace(-3, 5, 60)
    _miss = _ws[:, None, None] * x + _bs[:, None] - y
    _losses = np.mean(_miss**2, axis=2)
    _low = np.unravel_index(np.argmin(_losses), _losses.shape)
    chart.chart(
        chart.field(np.sqrt(_losses.T) / 6, (-2, 5), (-3, 5)),
        chart.dots([w.value], [b.value], colour="ink", size=6),
        chart.dots([_ws[_low[0]]], [_bs[_low[1]]], colour="green", label="lowest", size=5),
        x="slope w",
        y="intercept b",
        title=f"the bowl from above; you are at {loss:.2f}",
        xlim=(-2, 5),
        ylim=(-3, 5),
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(line, mse, mae, best_intercept, bowl)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Give `data.noisy_line` above `noise=2.0`. Where does the lowest loss end up, and why can no
      line get it to 0?
    - Give it `n=3`, and another key. How far does the best line move when only three points speak?
    - Replace the square by the fourth power. Which points does the best line now listen to?
    - `chainrule lab` opens the lab. On its page *Line* you can drag the points themselves, and walk
      around in the bowl.

    You found the lowest point by moving two sliders. A network has thousands. The next lesson asks
    the loss itself which way is down.
    """)
    return


if __name__ == "__main__":
    app.run()
