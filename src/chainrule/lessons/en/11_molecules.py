"""Molecules: learning from a table without fooling oneself."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="11 · Molecules")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, nn, no_grad, optim, random
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
def _(fetched, table):
    mo.callout(mo.md(table.note.replace("\n", "\n\n")), kind="warn") if (
        fetched.value and table.note
    ) else None
    return


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

    One column counts atoms, another has values around 0.001; descent wants them alike (lesson 3).
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
    loss turns round and rises: **overfitting**. Old remedies are a price on large weights,
    $\lambda \sum w^2$ (**L2**), or on all of them, $\lambda \sum |w|$ (**L1**, which makes many
    weights nearly 0), and **dropout**, which switches off neurons at random so that none can rely
    on another. Choose a setting and look at both curves, both without the price.
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


@app.function
def network(inputs, rate=0.0):
    """The network of this lesson, the same each time."""
    random.seed(0)
    return nn.Sequential(nn.Linear(inputs, 20), nn.Tanh(), nn.Dropout(rate), nn.Linear(20, 1))


@app.cell
def _(parts):
    cross_entropy = nn.BCEWithLogitsLoss()

    def watched(l1, l2, rate):
        """The cross entropy of both parts after each epoch."""
        net = network(parts["training"][0].shape[1], rate)
        seen = {name: [] for name in parts}

        def loss(net, x, y):
            return cross_entropy(net(x), y) + nn.l1_penalty(net, l1)

        def look(run):
            with no_grad():
                for name, (x, y) in parts.items():
                    seen[name].append(float(cross_entropy(run.model(x), y)))

        how = {"epochs": 60, "batch_size": 64, "l2": l2, "callbacks": look, "progress": False}
        fit(net, loss, optim.Adam(net.parameters(), lr=0.01), parts["training"], **how)
        return seen

    settings = {
        "nothing": (0.0, 0.0, 0.0),
        "L2, λ = 0.001": (0.0, 0.001, 0.0),
        "L2, λ = 0.01": (0.0, 0.01, 0.0),
        "L2, λ = 0.1": (0.0, 0.1, 0.0),
        "L1, λ = 0.003": (0.003, 0.0, 0.0),
        "dropout, half": (0.0, 0.0, 0.5),
    }
    curves = {name: watched(*each) for name, each in settings.items()}
    return (curves,)


@app.cell(hide_code=True)
def _(curves):
    setting = mo.ui.dropdown(list(curves), value="nothing", label="against overfitting")
    setting
    return (setting,)


@app.cell(hide_code=True, expand_output=True)
def _(curves, setting):
    _seen = curves[setting.value]
    _losses = _seen["validation"]
    _least = int(np.argmin(_losses))
    chart.chart(
        chart.curve(range(60), _seen["training"], colour="muted", label="training"),
        chart.curve(range(60), _losses, colour="blue", label="validation"),
        chart.dots([_least], [_losses[_least]], size=6),
        x="epoch",
        y="loss",
        title=f"validation: least {_losses[_least]:.3f}, at the end {_losses[-1]:.3f}",
        ylim=(0, 0.75),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: dropout

    `keep` is an array of True and False, drawn anew in each step. What is dropped becomes 0. What
    is left must be enlarged, so that on average over all draws nothing changes: if each entry is
    kept with probability 1 − rate, by what must it be divided?
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
def _():
    mo.md(r"""
    ## Choose by cross-validation, then look once

    A fifth of the rows is put away for the test. The others are cut into five parts, and each
    λ of L2 is tried five times: the dots are its five validation losses, the line is their mean.
    The λ with the least mean is chosen, and a network is trained with it on all five parts. Only
    now, turn the switch.
    """)
    return


@app.cell
def _(table):
    mixed = np.asarray(random.permutation(random.key(1), len(table.y)))
    test, others = np.split(mixed, [len(mixed) // 5])
    prices = [0.0001, 0.001, 0.01, 0.1]

    def trained(seen, held, l2):
        """A network that has seen some rows, and what it says to others; with their labels."""
        x, y = table.x, table.y.reshape(-1, 1)
        mean, scale = x[seen].mean(0), x[seen].std(0)
        x = (x - mean) / np.where(scale > 0, scale, 1)
        net = network(x.shape[1])
        how = {"epochs": 40, "batch_size": 64, "l2": l2, "progress": False}
        fit(
            net,
            nn.BCEWithLogitsLoss(),
            optim.Adam(net.parameters(), 0.01),
            (x[seen], y[seen]),
            **how,
        )
        with no_grad():
            return net(x[held]), y[held]

    tried = np.array(
        [
            [
                float(nn.BCEWithLogitsLoss()(*trained(np.setdiff1d(others, part), part, l2)))
                for part in np.array_split(others, 5)
            ]
            for l2 in prices
        ]
    )
    best = prices[int(np.argmin(tried.mean(axis=1)))]
    return best, others, prices, test, trained, tried


@app.cell(hide_code=True, expand_output=True)
def _(best, prices, tried):
    _x = np.log10(prices)
    chart.chart(
        chart.curve(_x, tried.mean(axis=1), colour="blue"),
        chart.dots(np.repeat(_x, 5), tried, colour="muted"),
        x="log₁₀ λ",
        y="validation loss",
        title=f"five parts each; the least mean is at λ = {best:g}",
    )
    return


@app.cell(hide_code=True)
def _():
    once = mo.ui.switch(label="look at the test")
    once
    return (once,)


@app.cell(hide_code=True)
def _(best, once, others, test, trained):
    if once.value:
        _z, _y = trained(others, test, best)
        _right = float(np.mean((_z > 0) == (_y == 1)))
        _by = np.sqrt(_right * (1 - _right) / len(test))
        _text = f"""With λ = {best:g} it is right about **{_right:.1%}** of {len(test)} rows that
        nothing was chosen by; another {len(test)} rows would give some ± {2 * _by:.1%}."""
    else:
        _text = "Not looked at yet."
    mo.md(_text)
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
    - Tune the number of hidden neurons as λ was tuned, with your `folds`; then look once.
    - Put the label itself among the columns, and let `chainrule.diagnose` look at the data.

    You can now say what your network will be worth. How to make it train well in the first place,
    and find out why it does not, is the next lesson.
    """)
    return


if __name__ == "__main__":
    app.run()
