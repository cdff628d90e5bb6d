"""Molecules: learning from a table without fooling oneself."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="11 · Molecules")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, nn, optim, random
    from chainrule.lessons import Lesson, chart
    from chainrule.train import fit


@app.cell(hide_code=True)
def _():
    lesson = Lesson("11_molecules", mo.notebook_dir())
    mo.md(r"""
    # 11 · Molecules

    **A network is right about 98 % of the molecules in your table. What will it be about the next
    one?**

    Nobody needs a prediction for a molecule whose answer is in the table. What counts is the next
    one, and the table cannot tell, unless part of it is **kept away** from the network. Most
    wrong results in this field come from a leak in that wall. In this lesson you build it.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    fetched = mo.ui.switch(label="fetch the molecules (150 KB, from the UCI archive)")
    mo.vstack(
        [
            mo.md(r"""
    ## The table

    The table of experiment 5 has 1,055 molecules, 41 numbers that describe each, and whether
    nature can break it down. It is fetched once. Until you do so, and wherever that fails, 569
    cell samples with 30 numbers each stand in, and whether they are benign.
    """),
            fetched,
        ]
    )
    return (fetched,)


@app.cell
def _(fetched):
    table = data.load_molecules(download=fetched.value)
    table
    return (table,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: three parts

    One part to **train** on, one to **validate** (to choose settings by), and one for the **test**,
    which is looked at once, at the very end. Return three arrays of row numbers: the test has
    `n // 5` of them, the validation as well, the training the rest. `order` is a random order of
    all rows (tables are often sorted, so the first rows are like none of the last).
    """)
    return


@app.function
def split(order):
    """Rows for training, validation and test: three parts of order."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("split", split)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: scale, and do not peek

    One column counts atoms, another has values around 0.001; descent wants them alike (lesson 2).
    So subtract the mean of each column, and divide by its standard deviation. But **whose** mean?
    That of the training rows, for all parts: the mean of the test rows is knowledge of the test. A
    column that never varies would be divided by 0: divide it by 1.
    """)
    return


@app.function
def standardize(training, other):
    """The rows of other, shifted and scaled by what the training rows are."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("standardize", standardize)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Too good

    A network with 20 hidden neurons has some 850 parameters, more than there are rows to learn
    from. It can learn the rows by heart. Then the training loss goes to 0 while the validation
    loss turns round and rises: **overfitting**. Two old remedies are a price on large weights,
    $\lambda \sum w^2$ (**L2**), and **dropout**, which switches off neurons at random so that none
    can rely on another. Choose a setting and look at both curves.
    """)
    return


@app.cell
def _(table):
    shuffled = np.asarray(random.permutation(random.key(0), len(table.y)))
    rows = {
        "training": shuffled[: len(shuffled) // 2],
        "validation": shuffled[len(shuffled) // 2 :],
    }
    _mean, _scale = table.x[rows["training"]].mean(0), table.x[rows["training"]].std(0)
    parts = {
        name: ((table.x[i] - _mean) / np.where(_scale > 0, _scale, 1), table.y[i].reshape(-1, 1))
        for name, i in rows.items()
    }
    return (parts,)


@app.cell
def _(parts):
    settings = {
        "nothing": (0.0, 0.0),
        "L2, λ = 0.001": (0.001, 0.0),
        "L2, λ = 0.01": (0.01, 0.0),
        "L2, λ = 0.1": (0.1, 0.0),
        "dropout, half": (0.0, 0.5),
    }
    curves = {}
    for name, (l2, rate) in settings.items():
        random.seed(0)
        net = nn.Sequential(
            nn.Linear(parts["training"][0].shape[1], 20),
            nn.Tanh(),
            nn.Dropout(rate),
            nn.Linear(20, 1),
        )
        curves[name] = fit(
            net,
            nn.BCEWithLogitsLoss(),
            optim.Adam(net.parameters(), lr=0.01),
            parts["training"],
            validation=parts["validation"],
            epochs=60,
            batch_size=64,
            l2=l2,
            progress=False,
        )
    return (curves,)


@app.cell(hide_code=True)
def _(curves):
    setting = mo.ui.dropdown(list(curves), value="nothing", label="against overfitting")
    setting
    return (setting,)


@app.cell(hide_code=True, expand_output=True)
def _(curves, setting):
    _seen = curves[setting.value]
    _least = int(np.argmin(_seen.validation_losses))
    chart.chart(
        chart.curve(range(60), _seen.epoch_losses, colour="muted", label="training (with L2)"),
        chart.curve(range(60), _seen.validation_losses, label="validation"),
        chart.dots([_least], [_seen.validation_losses[_least]], size=6),
        x="epoch",
        y="loss",
        title=f"least validation loss {_seen.validation_losses[_least]:.3f}, "
        f"at the end {_seen.validation_losses[-1]:.3f}",
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: dropout

    `keep` is an array of True and False, drawn anew in each step. What is dropped becomes 0. What
    is left must be enlarged, so that on average over all draws nothing changes: if each entry is
    kept with probability $1 - $ rate, by what must it be divided?
    """)
    return


@app.function
def dropout(x, keep, rate):
    """x with entries dropped where keep is False, and the others enlarged."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("dropout", dropout)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: batch normalisation

    Another idea for training deep networks: let every hidden neuron have mean 0 and variance 1
    *over the examples of the batch*, then let it have the scale and shift that it learns. For `x`
    of shape (n, d): subtract each column's mean, divide by the root of its variance plus `eps`,
    times `scale`, plus `shift` (both of shape (d,)).
    """)
    return


@app.function
def batch_norm(x, scale, shift, eps):
    """Normalised over the rows, of the shape of x."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("batch_norm", batch_norm)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: every row once

    A validation part of 100 rows is small: by luck one setting looks better than another.
    **Cross-validation** cuts the rows into `k` parts, and validates on each in turn, with the rest
    to train on. Return a list of `k` pairs (training rows, validation rows) in which each row
    number 0, ..., n − 1 is validated exactly once. Part sizes may differ by one
    (`np.array_split` does that).
    """)
    return


@app.function
def folds(n, k):
    """k pairs of arrays: rows to train on, rows to validate on."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("folds", folds)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(split, standardize, dropout, batch_norm, folds)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Leak on purpose: scale with the mean of all rows. How much better does the test get? (Often
      very little. With columns chosen by looking at all rows it is much more.)
    - Tune λ by cross-validation with your `folds`; then, once, look at the test.
    - Put the label itself among the columns, and let `chainrule.diagnose` look at the data.

    You can now say what your network will be worth. How to make it train well in the first place,
    and find out why it does not, is the next lesson.
    """)
    return


if __name__ == "__main__":
    app.run()
