"""PyTorch's way: Module, backward, optimisers."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="10 · Modules, backward, optimisers")

with app.setup:
    import marimo as mo
    import numpy as np

    from chainrule import data, draw, nn, no_grad, optim, random
    from chainrule.lessons import Lesson, chart


@app.cell(hide_code=True)
def _():
    lesson = Lesson("10_modules", mo.notebook_dir())
    mo.md(r"""
    # 10 · Modules, backward, optimisers

    **A network has ten layers and a million parameters. Who keeps track of them?**

    Until now the parameters went in as an argument, and new ones came out: functions, all the way.
    PyTorch made another way popular. A **Module** holds its parameters; `loss.backward()` puts a
    slope beside each of them; an **optimiser** walks through them and changes them in place. It is
    the same chain rule underneath, and here you can write both ways.
    """)
    return (lesson,)


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 1: a network of your own

    A Module does two things. `__init__` makes the layers: whatever Module is assigned to `self` is
    found and kept track of. `forward` says what is done with them; it runs when the network is
    called like a function.

    Two layers, `nn.Linear(2, hidden)` and `nn.Linear(hidden, 1)`, and `np.tanh` between them. Call
    `super().__init__()` first.
    """)
    return


@app.class_definition
class Net(nn.Module):
    """Two inputs, hidden neurons of tanh, one logit: (n, 2) to (n, 1)."""

    def __init__(self, hidden): ...

    def forward(self, x): ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("Net", Net)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## What backward does

    A loss that was computed from a network remembers how. `loss.backward()` walks back along the
    graph (lesson 9) and **adds** to `parameter.grad`, for each parameter on the way. It adds, since
    a loss may come in several parts. So before the next step the old slopes must be thrown away:
    `optimizer.zero_grad()`. To forget that is the classic mistake of this style.
    """)
    return


@app.cell
def _():
    random.seed(1)
    small = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    shown = np.array([[0.5, -1.0]], dtype=np.float32)
    draw.neurons(draw.layers_of(small), x=shown[0])
    return shown, small


@app.cell
def _(shown, small):
    small.zero_grad()
    twice = []
    for _ in range(2):
        nn.BCEWithLogitsLoss()(small(shown), np.ones((1, 1), np.float32)).backward()
        twice.append(float(small[2].bias.grad[0]))
    mo.md(
        f"Slope of the last bias after one `backward()`: {twice[0]:.3f}, after two: {twice[1]:.3f}"
    )
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 2: one step of training

    In this order: the prediction, the loss, old slopes away, backward, the optimiser's step. Return
    the loss as a plain number, `loss.item()`.
    """)
    return


@app.function
def training_step(net, criterion, optimizer, x, y):
    """Change the network once; return the loss before that, a float."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("training_step", training_step)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 3: an optimiser is a loop

    Write the plainest one yourself: for every parameter, its `data` less rate times its `grad`.
    Both are NumPy arrays, so `parameter.data = ...` puts a new one in. A parameter that the loss
    did not use has the `grad` None: leave it as it is.
    """)
    return


@app.function
def descend(parameters, rate):
    """One step of gradient descent, in place."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("descend", descend)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Exercise 4: an optimiser that remembers

    Momentum, $v \leftarrow \mu v + g$ and $\theta \leftarrow \theta - \eta v$, needs a $v$ for each
    parameter, and must keep it from step to step. That is why optimisers are objects. Make one
    array of zeros for each parameter in `__init__` (they come as an iterator: keep a list).
    """)
    return


@app.class_definition
class Momentum:
    """Descent with momentum, of parameters that have their slopes in `grad`."""

    def __init__(self, parameters, rate, momentum): ...

    def step(self): ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("Momentum", Momentum)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## Measuring

    Two switches belong to this style. `net.eval()` makes layers like Dropout behave as in use, not
    as in training; `net.train()` switches back. And under `with no_grad():` nothing is written
    down, so results are plain arrays.

    ## Exercise 5: accuracy

    The share of points whose logit has the right sign: label 1 where it is above 0. Measure in
    evaluation mode and without notes, and leave the network in the mode in which it came
    (`net.training` is True or False).
    """)
    return


@app.function
def accuracy(net, x, y):
    """The share that is right, a float; x is (n, 2), y is (n, 1) of 0 and 1."""
    ...


@app.cell(hide_code=True, expand_output=True)
def _(lesson):
    lesson.check("accuracy", accuracy)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## All of it at work

    The same training with three optimisers of the library. What differs between them is only the
    line that makes the optimiser; why they differ is the matter of lesson 12.
    """)
    return


@app.cell
def _():
    points, labels = data.moons(random.key(0), 200, noise=0.1)
    points = points.astype(np.float32)
    labels = labels.astype(np.float32).reshape(-1, 1)
    return labels, points


@app.cell
def _(labels, points):
    makers = {
        "SGD": (lambda p: optim.SGD(p, lr=0.3), "muted"),
        "momentum": (lambda p: optim.SGD(p, lr=0.3, momentum=0.9), "blue"),
        "Adam": (lambda p: optim.Adam(p, lr=0.03), "vermilion"),
    }
    histories, nets = {}, {}
    for name, (make, _colour) in makers.items():
        random.seed(0)
        net = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1))
        optimizer = make(net.parameters())
        losses = []
        for _ in range(600):
            loss = nn.BCEWithLogitsLoss()(net(points), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        histories[name], nets[name] = losses, net
    return histories, makers, nets


@app.cell(hide_code=True)
def _(nets):
    which = mo.ui.dropdown(list(nets), value="Adam", label="the network of")
    which
    return (which,)


@app.cell(hide_code=True, expand_output=True)
def _(histories, labels, makers, nets, points, which):
    _places = chart.grid((-1.6, 1.6), (-1.2, 1.2)).astype(np.float32)
    with no_grad():
        _z = np.clip(nets[which.value](_places), -30, 30)
    chart.beside(
        chart.chart(
            chart.field((1 / (1 + np.exp(-_z))).reshape(60, 60), (-1.6, 1.6), (-1.2, 1.2)),
            chart.classes(points, labels[:, 0]),
            x="x₁",
            y="x₂",
            title="probability of red",
            xlim=(-1.6, 1.6),
            ylim=(-1.2, 1.2),
        ),
        chart.chart(
            *[
                chart.curve(range(600), losses, colour=makers[name][1], label=name)
                for name, losses in histories.items()
            ],
            x="step",
            y="loss",
        ),
    )
    return


@app.cell(hide_code=True)
def _(lesson):
    lesson.progress(Net, training_step, descend, Momentum, accuracy)
    return


@app.cell(hide_code=True)
def _():
    mo.md(r"""
    ## To try

    - Leave out `zero_grad()` in the training above. What does the loss do, and why not at once?
    - Train with your own `Momentum` in the place of `optim.SGD`: the same losses to the last digit?
    - `fit` of `chainrule.train` is the whole loop in one line, and compiled:
      `fit(net, criterion, optimizer, (points, labels), epochs=600, batch_size=None)`. How much
      faster is it?

    You can now read most of the code that is written in this field. What remains is to use it on
    something real, and not to fool oneself: molecules are next.
    """)
    return


if __name__ == "__main__":
    app.run()
