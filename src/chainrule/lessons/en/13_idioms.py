"""NumPy idioms: broadcasting, vmap, scan, random keys, jit."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="13 · NumPy idioms")

with app.setup:
    import time

    import marimo as mo
    import numpy as np

    from chainrule import grad, jit, lax, random, trace, value_and_grad, vmap  # noqa: F401
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("13_idioms", mo.notebook_dir())
    mo.md(r"""
    # 13 · NumPy idioms

    **3,600 descents, sixty steps each. How many loops does that program need?**

    None that Python runs. Whoever writes for arrays says *what* is done to one example, and then,
    in a word, to how many. Such programs are shorter, and since nothing is decided in Python while
    they run, they can be compiled. There are five idioms; the rest is practice.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## All at once

    `hills` has two deep valleys. `descend` goes down from **one** start. `vmap` makes of it a
    function of an array of starts, `jit` compiles that. The colour says in which valley the descent
    ends that began there. Raise the rate, and look at the border.
    """)
    return


@app.function
def hills(w):
    """A loss of two weights."""
    return (w[0] ** 2 - 1) ** 2 + 0.5 * (w[1] ** 2 - 1) ** 2 + 0.8 * w[0] * w[1]


@app.function
def descend(start, rate):
    """Sixty steps from one start; no weight ever leaves -3 to 3."""

    def step(w, _):
        return np.clip(w - rate * grad(hills)(w), -3, 3), None

    last, _ = lax.scan(step, start, length=60)
    return last


@app.cell
def _():
    starts = chart.grid((-2, 2), (-2, 2))
    descend_all = jit(vmap(descend, in_axes=(0, None)))
    descend_all(starts, 0.1)  # the first call traces and compiles
    return descend_all, starts


@app.cell(hide_code=True)
def _():
    rate = mo.ui.slider(0.05, 0.4, 0.01, value=0.1, label="rate", show_value=True)
    rate
    return (rate,)


@app.cell(hide_code=True, expand_output=True)
def _(descend_all, rate, starts):
    _began = time.perf_counter()
    _ends = descend_all(starts, rate.value)
    _took = 1000 * (time.perf_counter() - _began)
    chart.chart(
        chart.field(1 / (1 + np.exp(-4 * _ends[:, 0].reshape(60, 60))), (-2, 2), (-2, 2)),
        x="w₁ at the start",
        y="w₂ at the start",
        xlim=(-2, 2),
        ylim=(-2, 2),
        title=f"{len(starts):,} descents in {_took:.1f} ms",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: broadcasting

    `x` has shape (n, d). Return the squared distance of every row from every row, of shape (n, n),
    without a loop. `x[:, None, :]` has shape (n, 1, d), and `x[None, :, :]` (1, n, d). Where one
    has length 1 and the other n, NumPy repeats: so their difference has shape (n, n, d).
    """)
    return


@app.function
def distances(x):
    """Squared distances between all pairs of rows, (n, n)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("distances", distances)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    How does the check see a loop? It traces your function for arrays of two lengths, and counts
    the operations in the graph. One on a whole array is one node, however long the array is:
    """)
    return


@app.cell
def _():
    def norm_by_loop(x):
        return np.sqrt(sum(entry**2 for entry in x))

    def norm(x):
        return np.sqrt(np.sum(x**2))

    counted = {f: [len(trace(f, np.ones(n)).nodes) for n in (5, 50)] for f in (norm_by_loop, norm)}
    [
        f"{f.__name__}: {few} nodes for 5 numbers, {many} for 50"
        for f, (few, many) in counted.items()
    ]
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: where, not if

    An array cannot take both ways of an `if`. `np.where(condition, a, b)` takes, entry by entry,
    from `a` where it is true and else from `b`. The **Huber loss** of a miss is quadratic near 0,
    and a straight line beyond $\delta$, so that outliers do not rule:

    $$ x^2/2 \;\text{ where } |x| \le \delta, \qquad
       \delta\,(|x| - \delta/2) \;\text{ elsewhere.} $$
    """)
    return


@app.function
def huber(x, delta):
    """The Huber loss of each entry of x, of the shape of x."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("huber", huber)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: vmap

    The gradient of a mean loss hides who pulls where. How does **each example** pull? Here `loss`
    is a function of `theta` and of one example `x`, `y`; `grad(loss)` is its gradient by `theta`.
    `vmap(f, in_axes=(None, 0, 0))` calls `f` for each entry of its second and third argument, and
    with all of its first.
    """)
    return


@app.function
def pulls(loss, theta, x, y):
    """The gradient by theta for each example: like theta, with n in front of every shape."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("pulls", pulls)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: scan

    Some loops cannot go: each step needs the one before. `lax.scan(step, carry, xs)` runs
    `carry, y = step(carry, x)` for each x, and returns the last carry and all the y in an array. It
    is one operation, whatever the number of steps.

    Smooth a curve: $s_0 = x_0$, and then each time
    $s_i = \kappa\, s_{i-1} + (1 - \kappa)\, x_i$, where $\kappa$ is `keep`. Return all $s_i$.
    """)
    return


@app.function
def smooth(x, keep):
    """The smoothed curve, of the shape of x."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("smooth", smooth)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Random keys

    `np.random.normal()` gives another number each time: it changes a hidden state. A compiled or
    repeated function must not. So here chance comes out of a **key**: the same key, the same
    numbers. Who needs several, splits it: `first, second = random.split(key)`. To use a key twice
    is the classic mistake. Both pictures show 300 points:
    """)
    return


@app.cell(hide_code=True)
def _():
    seed = mo.ui.slider(0, 20, 1, value=0, label="key", show_value=True)
    seed
    return (seed,)


@app.cell(hide_code=True, expand_output=True)
def _(seed):
    _key = random.key(seed.value)
    _first, _second = random.split(_key)
    _look = {"x": "uniform", "y": "normal", "width": 400, "xlim": (0, 1), "ylim": (-3.5, 3.5)}
    chart.beside(
        chart.chart(
            chart.dots(random.uniform(_key, (300,)), random.normal(_key, (300,))),
            title="one key, used twice",
            **_look,
        ),
        chart.chart(
            chart.dots(random.uniform(_first, (300,)), random.normal(_second, (300,))),
            title="a key of its own for each",
            **_look,
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: a sample

    Draw `n` places x, uniform between −1 and 1, with
    `random.uniform(key, (n,), minval=..., maxval=...)`, and measurements
    $y = 2x + 1 + 0.3\,\varepsilon$, where $\varepsilon$ is normal. Return `x, y`.
    """)
    return


@app.function
def sample(key, n):
    """n places and their measurements; the same for the same key."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("sample", sample)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## jit

    `jit(f)` runs your Python once, with tensors in the place of numbers, and keeps the graph. From
    then on only the graph runs, compiled. So what Python does besides, it does once:
    """)
    return


@app.cell
def _():
    calls = []

    @jit
    def double(x):
        calls.append("Python was here")
        return 2 * x

    [double(number) for number in (1.0, 2.0, 3.0)], calls
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 6: all rates at once

    The line of lesson 1 again: prediction $w x + b$, the mean of the squared misses as loss, from
    $w = b = 0$. Train it with **each** of the `rates`, for `steps` steps, and return the losses
    before each step, of shape (number of rates, steps). Write the training for one rate with a
    scan, whose y is the loss; then map it over the rates. `value_and_grad(loss)` gives both.
    """)
    return


@app.function
def trainings(rates, x, y, steps):
    """The losses of a training for each rate, (len(rates), steps)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("trainings", trainings)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(distances, huber, pulls, smooth, sample, trainings)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Plot the last loss of `trainings` over 200 rates from 0.01 to 1.5. Where is the best one, and
      where does it end?
    - `jit` a function with an `if`, and read what it says. When does `static_argnums` help?
    - Which example pulls hardest? Sort `pulls` by length, and look at the outliers of a table.
    - Colour the first picture by the number of steps until the descent arrives.

    Compiled it took a millisecond where NumPy takes ten. What happens in between, and how to add an
    operation of your own to it, is the last lesson.
    """)
    return


if __name__ == "__main__":
    app.run()
