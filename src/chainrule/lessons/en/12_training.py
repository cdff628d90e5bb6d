"""Training well: optimisers, schedules, diagnosis."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="12 · Training well")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import diagnose, nn, optim, random
    from chainrule.lessons import Lesson, chart
    from chainrule.optim import rules, schedules


@app.cell(hide_code=True)
def _():
    lesson = Lesson("12_training", mo.notebook_dir())
    mo.md(r"""
    # 12 · Training well

    **The loss stands still. Is it the optimiser, the rate, the data, or the network?**

    Descent has one number to choose, the rate, and one is not enough: too large for one weight is
    too small for another. In this lesson you write the remedies that everybody uses, up to AdamW
    with a schedule. At the end you are given a training that fails for four reasons at once, and
    you mend it.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A narrow valley

    The loss $\frac{1}{2}(w_1^2 + 25\,w_2^2)$ is 25 times as steep one way as the other. Plain
    descent must take a rate for the steep way, and then creeps along the flat one. **Momentum**
    (lesson 10) remembers where it was going. **RMSprop** and **Adam** divide each slope by how
    large it has recently been, so that both ways become alike.
    """)
    return


@app.cell(hide_code=True)
def _():
    speed = mo.ui.slider(0.005, 0.1, 0.005, value=0.06, label="rate", show_value=True)
    speed
    return (speed,)


@app.cell
def _():
    OPTIMISERS = {
        "SGD": (rules.sgd, {}, "muted"),
        "momentum": (rules.sgd, {"momentum": 0.9}, "orange"),
        "RMSprop": (rules.rmsprop, {}, "green"),
        "Adam": (rules.adam, {}, "blue"),
    }

    def path(rule, settings, rate, steps=60):
        """The places on the way down, of shape (steps + 1, 2)."""
        p = np.array([-3.0, 1.5])
        memory = rules.remember(rule, p, **settings)
        places = [p]
        for i in range(steps):
            slope = np.array([1.0, 25.0]) * p
            p, memory = rule(p, slope, memory, i, lr=rate, **settings)
            places.append(p)
        return np.array(places)

    return OPTIMISERS, path


@app.cell(hide_code=True, expand_output=True)
def _(OPTIMISERS, path, speed):
    _turn = np.linspace(0, 2 * np.pi, 90)
    _rings = [
        chart.curve(r * np.cos(_turn), r / 5 * np.sin(_turn), colour="muted", width=0.7)
        for r in (1, 2, 4, 6, 8)
    ]
    _paths = {
        name: np.clip(path(rule, settings, speed.value), -1e3, 1e3)
        for name, (rule, settings, _) in OPTIMISERS.items()
    }
    chart.beside(
        chart.chart(
            *_rings,
            *[
                chart.curve(*_paths[name].T, colour=colour, label=name)
                for name, (_, _, colour) in OPTIMISERS.items()
            ],
            x="w₁",
            y="w₂",
            xlim=(-3.5, 2),
            ylim=(-2, 2),
            width=400,
        ),
        chart.chart(
            *[
                chart.curve(range(61), _paths[name] ** 2 @ [0.5, 12.5], colour=colour)
                for name, (_, _, colour) in OPTIMISERS.items()
            ],
            x="step",
            y="loss",
            ylim=(0, 12),
            width=400,
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: RMSprop

    Keep for every entry an average of its squared slope, in which old ones fade:

    $$ s \leftarrow \kappa\, s + (1 - \kappa)\, g^2 \qquad
       p \leftarrow p - \eta\, \frac{g}{\sqrt{s} + 10^{-8}} $$

    $\kappa$ is `keep`, $\eta$ is `rate`. Use the new $s$. Return `p, square`.
    """)
    return


@app.function
def rmsprop(p, g, square, rate, keep):
    """One step: the new p, and the new average of g²."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("rmsprop", rmsprop)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: Adam

    Adam averages the slope as well, with 0.9, and its square with 0.999. Both averages begin at 0,
    so at first they are far too small: after one step, a tenth and a thousandth of what they
    should be. That is undone by a division, where $i$ counts the steps from 0:

    $$ m \leftarrow 0.9\, m + 0.1\, g \qquad s \leftarrow 0.999\, s + 0.001\, g^2 $$
    $$ p \leftarrow p - \eta\,\frac{m \,/\, (1 - 0.9^{i+1})}
       {\sqrt{s \,/\, (1 - 0.999^{i+1})} + 10^{-8}} $$

    Return `p, mean, square`, the averages as they are, undivided.
    """)
    return


@app.function
def adam(p, g, mean, square, i, rate):
    """One step: the new p, mean and square."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("adam", adam)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: AdamW

    Lesson 11 put a price on large weights, L2. Its slope $\lambda p$ was added to $g$. In Adam that
    goes wrong: the price is divided by $\sqrt{s}$ too, so weights with large slopes hardly pay.
    **AdamW** lets every weight shrink by itself, by the part $\eta\lambda$, and then takes Adam's
    step, with the slope of the loss alone. You may call your `adam`.
    """)
    return


@app.function
def adamw(p, g, mean, square, i, rate, decay):
    """p shrunk by the part rate · decay, then a step of Adam: p, mean, square."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("adamw", adamw)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A rate for each time

    Slopes of small batches are noisy. With a constant rate the loss comes down to where noise and
    slope are in balance, and stays. So begin with a large one and end small: a **schedule**.
    """)
    return


@app.cell(hide_code=True)
def _():
    _plans = ["constant", "step", "cosine", "one cycle"]
    plan = mo.ui.dropdown(_plans, value="constant", label="schedule")
    top = mo.ui.slider(0.01, 0.07, 0.01, value=0.05, label="rate", show_value=True)
    mo.hstack([plan, top], justify="start", gap=2, wrap=True)
    return plan, top


@app.cell
def _(plan, top):
    rate_at = {
        "constant": schedules.constant(top.value),
        "step": schedules.step(top.value, every=80, factor=0.2),
        "cosine": schedules.cosine(top.value, 240, warmup=20),
        "one cycle": schedules.one_cycle(top.value, 240),
    }[plan.value]
    rates = [float(rate_at(i)) for i in range(240)]
    noise = np.random.default_rng(0).normal(size=(240, 2)) * 2
    p, losses = np.array([-3.0, 1.5]), []
    for _rate, _noise in zip(rates, noise, strict=True):
        losses.append((p**2 @ [0.5, 12.5]).item())
        p = p - _rate * ([1.0, 25.0] * p + _noise)
    return losses, rates


@app.cell(hide_code=True, expand_output=True)
def _(losses, rates):
    chart.beside(
        chart.chart(
            chart.curve(range(240), rates),
            x="step",
            y="rate",
            ylim=(0, 0.075),
            width=400,
        ),
        chart.chart(
            chart.curve(range(240), losses, width=1.5),
            x="step",
            y="loss",
            ylim=(0, 1),
            width=400,
            title=f"mean of the last 20: {np.mean(losses[-20:]):.3f}",
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: warm up, then a cosine

    The most used one. In step $i$ (from 0) of the `warmup` first steps the rate rises in a straight
    line: `rate · (i + 1) / warmup`. Then it falls along half a cosine, from `rate` at
    `i = warmup` to 0 at `i = steps`:
    $\frac{\eta}{2}(1 + \cos \pi t)$, where $t$ goes from 0 to 1.
    """)
    return


@app.function
def schedule(i, rate, steps, warmup):
    """The rate of step i, a number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("schedule", schedule)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: clipping

    One odd batch can give a slope so large that a single step destroys what was learned.
    **Clipping** shortens the whole gradient to the length `limit` where it is longer, and leaves
    its direction. Its length is the root of the sum of the squares of **all** entries of **all**
    arrays in the dict.
    """)
    return


@app.function
def clip(gradients, limit):
    """A dict like gradients, with all of it together no longer than limit."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("clip", clip)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 6: mend it

    This table has three columns and two classes. The training below does not learn: after a
    hundred epochs its loss is what it was.
    """)
    return


@app.cell
def _():
    def table():
        """200 rows of three columns, and a class for each: 0 or 1."""
        rng = np.random.default_rng(0)
        x = rng.normal(size=(200, 3))
        y = (x[:, 0] + np.abs(x[:, 1]) > 1).astype(int)
        return (x * [1, 100, 10000] + [0, 500, 0]).astype(np.float32), y

    def broken(x, y):
        hidden = [part for _ in range(6) for part in (nn.Linear(8, 8), nn.Sigmoid())]
        net = nn.Sequential(
            nn.Linear(3, 8), nn.Sigmoid(), *hidden, nn.Linear(8, 2), nn.Softmax(dim=1)
        )
        optimizer = optim.SGD(net.parameters(), lr=1e-5)
        return net, x, optimizer

    return broken, table


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    One may guess. `diagnose` **measures**: it runs copies of the network on the data, and compares
    some thirty numbers with bounds. One fault often hides the next, so mend and look again.
    """)
    return


@app.cell(expand_output=True)
def _(broken, table):
    random.seed(0)
    _x, _y = table()
    _net, _x, _optimizer = broken(_x, _y)
    diagnose(_net, nn.CrossEntropyLoss(), (_x, _y), optimizer=_optimizer)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    Write your own version, with whatever network and optimiser you like, without a finding. The
    loss stays `nn.CrossEntropyLoss()`, which wants two logits for each row. `x` are the columns as
    they are to be fed to the network.
    """)
    return


@app.function
def mended(x, y):
    """net, x, optimizer, of which diagnose finds nothing."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("mended", mended)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(rmsprop, adam, adamw, schedule, clip, mended)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - In the valley, find the largest rate with which each optimiser still arrives. Why is it
      $2/25$ for SGD?
    - Break `mended` in one way at a time, all weights zero for instance, and see whether `diagnose`
      names it. `report[0].picture()` shows what was measured.
    - Let `Diagnosis` of `chainrule.explain.diagnosis` look on while `fit` trains, as a callback.

    You can train now. What remains is to write such programs briefly, and to make them fast.
    """)
    return


if __name__ == "__main__":
    app.run()
