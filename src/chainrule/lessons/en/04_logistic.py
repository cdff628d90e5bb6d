"""Logistic regression."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="4 · Logistic regression")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, random, value_and_grad
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("04_logistic", mo.notebook_dir())
    mo.md(r"""
    # 4 · Logistic regression

    **Is it yes or no, and how sure are you?**

    Two clouds of points, blue and red. A new point comes: which cloud does it belong to? A
    straight line can part them, but near the line one should not be too sure of oneself. So the
    model answers with a **probability**, and the loss punishes those who are sure and wrong.
    """)
    return (lesson,)


@app.cell
def _():
    points, label = data.two_clouds(random.key(2), n=200)
    return label, points


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## From a number to a probability

    The model computes a number for each point, the **logit** $z = w_1 x_1 + w_2 x_2 + b$, and the
    **sigmoid** squeezes it into the interval from 0 to 1:

    $$ \sigma(z) = \frac{1}{1 + e^{-z}} $$

    Turn the border by its angle and move it; then make the model more or less sure.
    """)
    return


@app.cell(hide_code=True)
def _():
    angle = mo.ui.slider(0, 360, 5, value=300, label="direction", show_value=True)
    length = mo.ui.slider(0.1, 8, 0.1, value=1, label="steepness", show_value=True)
    offset = mo.ui.slider(-3, 3, 0.1, value=0, label="b", show_value=True)
    mo.hstack([angle, length, offset], justify="start", gap=2, wrap=True)
    return angle, length, offset


@app.cell
def _(angle, label, length, offset, points):
    turn = np.radians(angle.value)
    by_hand = {"w": length.value * np.array([np.cos(turn), np.sin(turn)]), "b": offset.value}
    z = points @ by_hand["w"] + by_hand["b"]
    loss_by_hand = np.mean(np.logaddexp(0, z) - label * z)
    right_by_hand = np.mean((z > 0) == (label == 1))
    return by_hand, loss_by_hand, right_by_hand


@app.function(hide_code=True)
def probability_map(theta, points, label, title):
    """The probability of red at every place, with the points on it."""
    places = chart.grid((-4, 4), (-4, 4))
    odds = np.exp(-(places @ theta["w"] + theta["b"]).clip(-500, 500))
    return chart.chart(
        chart.field((1 / (1 + odds)).reshape(60, 60), (-4, 4), (-4, 4)),
        chart.classes(points, label),
        x="x₁",
        y="x₂",
        title=title,
        xlim=(-4, 4),
        ylim=(-4, 4),
        width=380,
        height=360,
    )


@app.cell(hide_code=True, expand_output=True)
def _(by_hand, label, length, loss_by_hand, points, right_by_hand):
    _z = np.linspace(-6, 6, 121)
    chart.beside(
        probability_map(
            by_hand, points, label, f"loss {loss_by_hand:.3f}, {right_by_hand:.0%} right"
        ),
        chart.chart(
            chart.curve(_z, 1 / (1 + np.exp(-length.value * _z)), colour="blue"),
            x="way across the border",
            y="probability of red",
            title="how sure",
            ylim=(-0.05, 1.05),
            width=380,
            height=360,
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: the sigmoid

    For a number or an array. Beware: `np.exp(1000)` is infinite. A sigmoid that is careful never
    takes `exp` of something large and positive; `np.exp(-abs(z))` is always between 0 and 1. (Hint
    2 says how to use it.)
    """)
    return


@app.function
def sigmoid(z):
    """1 / (1 + exp(-z)), without overflow."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("sigmoid", sigmoid)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: the cross entropy

    The loss of one point is minus the logarithm of the probability that the model gave to what was
    true: $-\log p$ if the label is 1, and $-\log(1 - p)$ if it is 0. Certain and right costs
    nothing; certain and wrong costs without limit. Return the mean over all points.
    """)
    return


@app.function
def cross_entropy(p, y):
    """The mean of -log of the probability of what is true."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("cross_entropy", cross_entropy)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: the same, in one stroke

    With $p = \sigma(z)$ exactly 0 or 1 after rounding, the logarithm above is infinite. Put the two
    formulas together before you compute, and what remains is harmless:

    $$ \ell = \log(1 + e^{z}) - y z $$

    `np.logaddexp(0, z)` is $\log(e^0 + e^z)$, and never overflows. All libraries have such a loss
    "with logits"; use it, and hand it $z$, not $p$.
    """)
    return


@app.function
def loss_with_logits(z, y):
    """The cross entropy, from logits."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("loss_with_logits", loss_with_logits)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: its gradient

    The most beautiful derivative in the field: of all the logarithms and exponentials nothing is
    left but the error of the probability,

    $$ \frac{\partial \ell}{\partial z} = \sigma(z) - y. $$

    By the chain rule, with $z = x \cdot w + b$, write the gradient of the mean loss: `dw` of shape
    `(2,)` and `db`, a number. `x` has shape `(n, 2)`.
    """)
    return


@app.function
def gradient(w, b, x, y):
    """The pair dw, db."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("gradient", gradient)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Trained

    The descent of lesson 2, on this loss. Look at the beginning, and at the end.
    """)
    return


@app.cell
def _(label, points):
    def loss(theta):
        z = points @ theta["w"] + theta["b"]
        return np.mean(np.logaddexp(0, z) - label * z)

    dloss = value_and_grad(loss)
    theta = {"w": np.array([0.5, -1.0]), "b": 2.0}
    thetas, losses = [], []
    for _ in range(200):
        value, slopes = dloss(theta)
        thetas.append(theta)
        losses.append(value)
        theta = {name: theta[name] - 0.3 * slopes[name] for name in theta}
    return losses, thetas


@app.cell(hide_code=True)
def _():
    looked = mo.ui.slider(0, 199, 1, value=5, label="after step", show_value=True)
    looked
    return (looked,)


@app.cell(hide_code=True, expand_output=True)
def _(label, looked, losses, points, thetas):
    _now = looked.value
    chart.beside(
        probability_map(thetas[_now], points, label, f"loss {losses[_now]:.3f}"),
        chart.chart(
            chart.curve(range(200), losses, colour="muted"),
            chart.dots([_now], [losses[_now]], colour="vermilion", size=6),
            x="step",
            y="loss",
            width=380,
            height=360,
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: what it is worth

    A probability becomes an answer by a **threshold**. From probabilities, labels and a threshold,
    return the pair **precision** (which share of those called 1 are 1) and **recall** (which share
    of those that are 1 are called 1). A point exactly at the threshold is called 1. Where nothing
    is called 1, let the precision be 1: nothing was called wrongly.
    """)
    return


@app.function
def precision_recall(p, y, threshold=0.5):
    """The pair precision, recall."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("precision_recall", precision_recall)
    return


@app.cell(hide_code=True)
def _():
    threshold = mo.ui.slider(0.02, 0.98, 0.02, value=0.5, label="threshold", show_value=True)
    threshold
    return (threshold,)


@app.cell(hide_code=True)
def _(label, points, thetas, threshold):
    _last = thetas[-1]
    _p = 1 / (1 + np.exp(-(points @ _last["w"] + _last["b"])))
    _wobble = np.random.default_rng(0).uniform(-0.3, 0.3, len(label))
    _called = _p >= threshold.value
    _hits = np.sum(_called & (label == 1))
    _precision, _recall = _hits / max(_called.sum(), 1), _hits / label.sum()
    chart.chart(
        chart.classes(np.stack([_p, label + _wobble], axis=1), label),
        chart.curve([threshold.value] * 2, [-0.5, 1.5], dashed=True),
        x="probability of red",
        y="label",
        title=f"precision {_precision:.2f}, recall {_recall:.2f}",
        xlim=(-0.02, 1.02),
        ylim=(-0.5, 1.5),
        width=600,
        height=240,
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(sigmoid, cross_entropy, loss_with_logits, gradient, precision_recall)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Put the clouds far apart: `data.two_clouds(random.key(2), distance=8)`. The loss has no lowest
      point any more. What happens to the length of `w` if you train longer and longer?
    - You are to find an illness. Which threshold would you choose, and what do you pay?
    - Start the training with `w = [10, -10]`: sure and wrong. How long does it take to come back?

    For this gradient you needed the chain rule twice. A network needs it once a layer: in the next
    lesson you write that by hand.
    """)
    return


if __name__ == "__main__":
    app.run()
