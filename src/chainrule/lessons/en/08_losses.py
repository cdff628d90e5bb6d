"""Losses: what a network is punished for."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="8 · Losses")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import grad, nn, vmap
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("08_losses", mo.notebook_dir())
    mo.md(r"""
    # 8 · Losses

    **A network becomes good at what it is punished for. So what should it be punished for?**

    The loss is the only place where you say what you want. Square the errors, and one bad
    measurement can pull everything towards it. Take the wrong loss for classes, and a network that
    is surely wrong hears nothing. Each of the losses here is short; what matters is its **slope**,
    for that is all the network ever gets to see.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## One bad measurement

    Nine measurements, and a tenth that you can move. The best single number for all of them is the
    one with the least loss; but least by which? The **mean squared error** takes the mean, and
    follows the outlier wherever it goes. The **mean absolute error** takes the median. The **Huber
    loss** squares small errors and takes large ones as they are.
    """)
    return


@app.cell(hide_code=True)
def _():
    outlier = mo.ui.slider(0, 12, 0.1, value=9, label="the tenth", show_value=True)
    outlier
    return (outlier,)


@app.cell(hide_code=True, expand_output=True)
def _(outlier):
    _seen = np.array([1.2, 1.4, 1.7, 1.8, 2.0, 2.1, 2.3, 2.4, 2.8, outlier.value])
    _guess = np.linspace(0, 12, 481)
    _gap = _guess[:, None] - _seen
    _losses = {
        "squared": (np.mean(_gap**2, axis=1), "blue"),
        "absolute": (np.mean(abs(_gap), axis=1), "vermilion"),
        "Huber": (
            np.mean(nn.functional.huber_loss(_gap, 0 * _gap, reduction="none"), axis=1),
            "green",
        ),
    }
    chart.chart(
        *[chart.curve(_guess, y, colour=c, label=name) for name, (y, c) in _losses.items()],
        *[chart.dots([_guess[y.argmin()]], [y.min()], colour=c) for y, c in _losses.values()],
        chart.dots(_seen, 0 * _seen, colour="ink"),
        x="one number for all ten (below: the ten)",
        y="loss",
        ylim=(-0.3, 8),
        xlim=(0, 12),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: Huber

    With the gap $e$, prediction − target: $e^2 / 2$ where $|e| \le \delta$, and
    $\delta\,(|e| - \delta / 2)$ elsewhere; of all entries the mean. `np.where(condition, a, b)`
    chooses entry by entry.
    """)
    return


@app.function
def huber(prediction, target, delta):
    """The mean Huber loss, one number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("huber", huber)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Where the squares come from

    Nobody has to guess losses. Say how likely each measurement is, if the prediction is right; then
    take the prediction that makes what was measured most likely. Products of likelihoods become
    sums of logarithms, and a minus makes a loss of it: the **negative log-likelihood**.

    ## Exercise 2: from the bell curve to the square

    If the errors are normal with standard deviation $\sigma$, the likelihood of target $t$ is
    $\frac{1}{\sigma\sqrt{2\pi}} e^{-(t - p)^2 / 2\sigma^2}$. Return the mean of its negative
    logarithm. Multiply it out on paper first: no exponential is left.
    """)
    return


@app.function
def normal_nll(prediction, target, sigma):
    """The mean negative log-likelihood of the targets, one number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("normal_nll", normal_nll)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    For a fixed $\sigma$ this is the squared error, times and plus a constant: **who squares errors
    believes in the bell curve**, and to a bell curve outliers are next to impossible. (A network
    may also learn $\sigma$; then it says how sure it is.)

    ## Classes

    A network for $k$ classes gives $k$ numbers, the **logits**. Softmax makes probabilities of
    them: $p_j = e^{z_j} / \sum_i e^{z_i}$. The likelihood of the true class is its $p$, so the
    loss is $-\log p_\text{true}$: the **cross entropy**.

    ## Exercise 3: a logarithm that never overflows

    $\log p_j = z_j - \log \sum_i e^{z_i}$. But $e^{1000}$ is too large for a computer. Subtracting
    the largest logit from all of them changes no probability: do that first. `z` has shape (n, k),
    and so has the result. `axis=1, keepdims=True` keeps a column for each row.
    """)
    return


@app.function
def log_softmax(z):
    """The logarithms of the probabilities, of the shape of z."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("log_softmax", log_softmax)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: the cross entropy

    `labels` are whole numbers from 0 to k − 1, one for each row of `z`. Use your `log_softmax`;
    `a[np.arange(n), labels]` takes from each row the entry of its label. The mean, one number.
    """)
    return


@app.function
def cross_entropy(z, labels):
    """The mean cross entropy of logits z, (n, k), and labels, (n,)."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("cross_entropy", cross_entropy)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Why not square here, too?

    The label is 1, the network gives one logit $z$. Far left it is surely wrong. The cross entropy
    pulls with all its force there. The squared error of the probability is flat: the sigmoid has
    eaten the slope, and a network that is surely wrong learns nothing from it.

    The **focal loss** $(1 - p)^\gamma \cdot (-\log p)$ goes the other way: it says less about
    examples that are right already, so that a few difficult ones are heard among many easy ones.
    """)
    return


@app.cell(hide_code=True)
def _():
    gamma = mo.ui.slider(0, 5, 0.1, value=2, label="γ of the focal loss", show_value=True)
    gamma
    return (gamma,)


@app.cell(hide_code=True, expand_output=True)
def _(gamma):
    def _focal(z):
        return (1 - nn.sigmoid(z)) ** gamma.value * np.logaddexp(0.0, -z)

    def _squared(z):
        return (nn.sigmoid(z) - 1) ** 2

    def _entropy(z):
        return np.logaddexp(0.0, -z)

    _z = np.linspace(-6, 6, 121)
    _all = {"cross entropy": (_entropy, "blue"), "squared": (_squared, "muted")}
    _all["focal"] = (_focal, "green")
    chart.beside(
        chart.chart(
            *[chart.curve(_z, f(_z), colour=c, label=name) for name, (f, c) in _all.items()],
            x="logit of the true class",
            y="loss",
        ),
        chart.chart(
            *[chart.curve(_z, vmap(grad(f))(_z), colour=c) for f, c in _all.values()],
            x="logit of the true class",
            y="slope of the loss",
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: focal loss

    For two classes and logits `z` of shape (n,): with $p$ the probability of the *true* class,
    $\sigma(z)$ where the label is 1 and $\sigma(-z)$ where it is 0. The mean of
    $(1 - p)^\gamma \cdot (-\log p)$. Without overflow: $-\log \sigma(s)$ is
    `np.logaddexp(0, -s)`, and with `s = np.where(y == 1, z, -z)` both labels are one case.
    """)
    return


@app.function
def focal(z, y, gamma):
    """The mean focal loss of logits z and labels y."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("focal", focal)
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(huber, normal_nll, log_softmax, cross_entropy, focal)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - A network with random weights and 10 classes: what is its cross entropy, before any training?
      (Compute it: each class has probability 1/10.) What does it mean if yours begins at 8?
    - Move the tenth measurement, and watch where the Huber loss stops following it.
    - `nn.CrossEntropyLoss(label_smoothing=0.1)` never lets a network be quite sure. Which logits
      does it ask for?

    Model, loss, slope: you can write all of it. But who computes the slopes of a model that nobody
    has seen before? The next lesson builds that machine.
    """)
    return


if __name__ == "__main__":
    app.run()
