"""Activations."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="7 · Activations")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import grad, nn, random, vmap
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("07_activations", mo.notebook_dir())
    mo.md(r"""
    # 7 · Activations

    **Every neuron bends its sum a little. Why does it matter so much how?**

    Forwards an activation gives the network its power: without it, all layers together are one
    straight map. Backwards every slope is multiplied by its derivative, once a layer. A derivative
    of 0.25, ten layers deep, leaves a millionth.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## A function and its slope

    The slope is by `grad`. Where it is nearly 0 the neuron is **saturated**: it passes nothing
    back, and what is before it learns nothing.
    """)
    return


@app.cell
def _():
    activations = {
        "sigmoid": nn.sigmoid,
        "tanh": np.tanh,
        "ReLU": nn.relu,
        "leaky ReLU": lambda z: nn.leaky_relu(z, 0.1),
        "ELU": nn.elu,
        "softplus": nn.softplus,
        "SiLU": nn.silu,
        "GELU": nn.gelu,
    }
    return (activations,)


@app.cell(hide_code=True)
def _(activations):
    chosen = mo.ui.dropdown(list(activations), value="sigmoid", label="activation")
    place = mo.ui.slider(-5, 5, 0.1, value=1, label="z", show_value=True)
    mo.hstack([chosen, place], justify="start", gap=2, wrap=True)
    return chosen, place


@app.cell
def _(activations, chosen):
    f = activations[chosen.value]
    zs = np.linspace(-5, 5, 201)
    values, slopes = f(zs), vmap(grad(f))(zs)
    return slopes, values, zs


@app.cell(hide_code=True, expand_output=True)
def _(chosen, place, slopes, values, zs):
    _at = int(np.argmin(abs(zs - place.value)))
    chart.beside(
        chart.chart(
            chart.curve(zs, values),
            chart.dots([zs[_at]], [values[_at]], size=6),
            x="z",
            y="f(z)",
            title=f"{chosen.value}: {values[_at]:.3f}".replace("-", "−"),
        ),
        chart.chart(
            chart.curve(zs, slopes, colour="vermilion"),
            chart.dots([zs[_at]], [slopes[_at]], colour="vermilion", size=6),
            x="z",
            y="f′(z)",
            title=f"slope {slopes[_at]:.3f}".replace("-", "−"),
            ylim=(-0.2, 1.2),
        ),
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: the sigmoid's slope

    From its *output*, which is there already: with $s = \sigma(z)$ return $\sigma'(z)$, as a
    formula of $s$ alone. (Differentiate $1 / (1 + e^{-z})$, and find $s$ and $1 - s$ in what comes
    out.)
    """)
    return


@app.function
def sigmoid_slope(s):
    """The derivative of the sigmoid where its value is s."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("sigmoid_slope", sigmoid_slope)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: a leak

    A ReLU that is negative for all examples has a slope of 0 for all of them: it is **dead**, and
    nothing will wake it. The **leaky ReLU** lets a little through: `z` where it is positive,
    `slope * z` elsewhere.
    """)
    return


@app.function
def leaky_relu(z, slope=0.1):
    """z where z > 0, else slope * z."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("leaky_relu", leaky_relu)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: how many are dead?

    `z` has shape (n, h): the sums of h neurons for n examples, before the ReLU. Return the share of
    neurons that are dead on these examples, a number from 0 to 1.
    """)
    return


@app.function
def dead_share(z):
    """The share of the columns of z without any positive number."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("dead_share", dead_share)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: SiLU and its slope

    Newer ones are smooth, and dip a little below 0: **SiLU** (or swish) is $z \, \sigma(z)$. By the
    product rule, what is its derivative?
    """)
    return


@app.function
def silu_slope(z):
    """The derivative of z / (1 + np.exp(-z))."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("silu_slope", silu_slope)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 5: softmax

    At the end of a classifier k numbers become k probabilities: each is $e^{z_j}$ over the sum of
    all. Only differences matter, so subtract the largest first: then `np.exp` cannot overflow. `z`
    has shape (n, k), a row for each example.
    """)
    return


@app.function
def softmax(z):
    """Each row of z as probabilities."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("softmax", softmax)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Twenty layers deep

    A network of twenty layers of 64 neurons, as it is made. The picture shows, for each layer, how
    large the slopes are that arrive there, coming from the loss on the right. What scale of the
    weights suits which activation?
    """)
    return


@app.cell(hide_code=True)
def _():
    which = mo.ui.dropdown(["sigmoid", "tanh", "ReLU", "SiLU"], value="sigmoid", label="activation")
    gain = mo.ui.slider(0.2, 3, 0.1, value=1, label="weights times", show_value=True)
    mo.hstack([which, gain], justify="start", gap=2, wrap=True)
    return gain, which


@app.cell
def _():
    keys = random.split(random.key(0), 20)
    weights = [np.asarray(random.normal(key, (64, 64))) / 8 for key in keys]
    start = np.asarray(random.normal(random.key(1), (32, 64)))
    return start, weights


@app.cell
def _(activations, gain, start, weights, which):
    def layers(shifts):
        h = start
        for shift, w in zip(shifts, weights, strict=True):
            h = activations[which.value](h @ (gain.value * w) + shift)
        return np.mean(h**2)

    _slopes = grad(layers)([np.zeros((32, 64))] * 20)
    sizes = [np.sqrt(np.mean(each**2)) * each.size for each in _slopes]
    return (sizes,)


@app.cell(hide_code=True)
def _(sizes):
    _logs = np.log10(np.clip(sizes, 1e-20, 1e20))
    chart.chart(
        chart.curve(range(1, 21), _logs, colour="vermilion"),
        chart.dots(range(1, 21), _logs, colour="vermilion"),
        x="layer",
        y="log₁₀ of the slopes",
        title=f"first layer over last: {sizes[0] / max(sizes[-1], 1e-20):.1e}".replace("e-", "e−"),
        ylim=(-18, 10),
        width=560,
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(sigmoid_slope, leaky_relu, dead_share, silu_slope, softmax)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - For each activation find the scale of the weights with which the line above is flat. For ReLU
      it should be near $\sqrt 2$ (He et al. 2015); why?
    - Add an activation of your own to `activations`: `np.sin`, or `lambda z: z`. `grad` needs
      nothing else.
    - Which activation is best for the *output* of a network that predicts a price? A probability?
      One of ten kinds?
    - The page *Gallery* of the lab (`chainrule lab`) shows all activations, and what they do to
      twenty layers.

    The last layer's activation and the loss belong together. The losses come next.
    """)
    return


if __name__ == "__main__":
    app.run()
