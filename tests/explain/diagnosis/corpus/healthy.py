"""Sound networks, trained and untrained: of none of them may a diagnosis complain."""

import numpy as np

import chainrule as cr
from chainrule import nn, optim

from .build import fitted, fresh, loop, mlp, pair
from .sets import (
    blobs,
    circles,
    draw,
    halves,
    moons,
    plane,
    rare,
    signals,
    sklearn_set,
    wave,
)

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- regression --------------------------------------------------------------------------------


def line():
    x, noise = draw().uniform(-2, 2, (50, 1)), draw(1).normal(size=(50, 1))
    return fresh(nn.Linear(1, 1), MSE, (x, 2.5 * x + 1 + 0.5 * noise), lr=0.1, kind=optim.SGD)


def line_trained():
    found = line()
    return fitted(nn.Linear(1, 1), MSE, found["data"], lr=0.1, kind=optim.SGD)


def exact_line():
    x = np.linspace(-1, 1, 40).reshape(-1, 1)
    return fitted(nn.Linear(1, 1), MSE, (x, 3 * x - 2), lr=0.1, kind=optim.SGD, epochs=50)


def wave_untrained():
    return fresh(mlp(1, 32, 32, 1, act=nn.Tanh), MSE, wave())


def wave_trained():
    train, valid = halves(wave())
    net = mlp(1, 32, 32, 1, act=nn.Tanh)
    return fitted(net, MSE, train, epochs=80, validation=valid)


def robust():
    x, y = plane()
    y[::29] += 25.0
    return fresh(mlp(6, 24, 1), nn.HuberLoss(), (x, y), lr=3e-3)


def diabetes():
    x, y = sklearn_set("diabetes")
    train, valid = halves((x, ((y - y.mean()) / y.std()).reshape(-1, 1)))
    net = mlp(10, 16, 1)
    return fitted(net, MSE, train, lr=3e-3, epochs=15, validation=valid)


def copies_its_input():
    x, _ = plane()
    return fresh(mlp(6, 3, 6, act=nn.Tanh), MSE, (x, x))


def sequence():
    class Recurrent(nn.Module):
        """h ← tanh(W h + U x), over twelve steps."""

        def __init__(self):
            self.inner, self.outer = nn.Linear(16, 16), nn.Linear(1, 16)
            self.last = nn.Linear(16, 1)

        def forward(self, x):
            hidden = np.zeros((len(x), 16), np.float32)
            for step in range(12):
                hidden = np.tanh(self.inner(hidden) + self.outer(x[:, step : step + 1]))
            return self.last(hidden)

    x = draw().normal(size=(200, 12))
    return fresh(Recurrent(), MSE, (x, x[:, -3:].sum(1, keepdims=True)), lr=3e-3)


REGRESSION = [
    ("a line", line),
    ("a line, trained", line_trained),
    ("a line without noise, trained", exact_line),
    ("a wave", wave_untrained),
    ("a wave, trained", wave_trained),
    ("Huber's loss with outliers", robust),
    ("diabetes, trained", diabetes),
    ("autoencoder", copies_its_input),
    ("recurrent", sequence),
]

# -- two classes -------------------------------------------------------------------------------


def moons_untrained():
    return fresh(mlp(2, 16, 16, 1), BCE, moons())


def moons_trained():
    train, valid = halves(moons(n=400))
    return fitted(mlp(2, 16, 16, 1), BCE, train, epochs=60, validation=valid)


def circles_trained_with_tanh():
    train, valid = halves(circles(n=400))
    net = mlp(2, 8, 1, act=nn.Tanh)
    return fitted(net, BCE, train, lr=0.03, epochs=100, validation=valid)


def four_points():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    y = np.array([[0], [1], [1], [0]], float)
    return fresh(mlp(2, 8, 1, act=nn.Tanh), BCE, (x, y), lr=0.05, batch_size=None)


def logistic_regression():
    x, y = sklearn_set("breast_cancer")
    net = nn.Sequential(nn.Linear(30, 1), nn.Sigmoid())
    data = (x, y.reshape(-1, 1).astype(float))
    train, valid = halves(data)
    return fitted(net, nn.BCELoss(), train, lr=0.1, kind=optim.SGD, validation=valid)


def with_batch_norm():
    x, y = sklearn_set("breast_cancer")
    train, valid = halves((x, y.reshape(-1, 1).astype(float)))
    net = nn.Sequential(nn.Linear(30, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
    return fitted(net, BCE, train, lr=3e-3, epochs=10, validation=valid)


def weighted():
    x, y = rare(0.05)
    weights = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    return fresh(mlp(3, 16, 1), BCE, (x, y), weights=weights)


def weighted_by_its_loss():
    def loss(prediction, target):
        weight = 1 + 18 * target
        return nn.functional.binary_cross_entropy_with_logits(prediction, target, weight=weight)

    return fresh(mlp(3, 16, 1), loss, rare(0.05))


def one_in_six():
    return fresh(mlp(3, 16, 1), BCE, rare(1 / 6))


def weak_signal():
    rng = draw(5)
    x = rng.normal(size=(600, 5))
    y = (x[:, :1] + 3 * rng.normal(size=(600, 1)) > 0).astype(float)
    train, valid = halves((x, y))
    return fitted(nn.Linear(5, 1), BCE, train, lr=0.03, epochs=20, validation=valid)


def support_vectors():
    x, y = moons()
    return fresh(nn.Linear(2, 1), nn.HingeLoss(), (x, 2 * y - 1), lr=0.05, kind=optim.SGD)


def whole_numbers():
    """Three columns of few levels: rows repeat in both parts by themselves."""
    rng = draw(2)
    x = rng.integers(0, 3, (300, 3)).astype(float)
    y = ((x.sum(1) > 3) ^ (rng.random(300) < 0.1)).astype(float).reshape(-1, 1)
    train, valid = halves((x, y))
    return fitted(mlp(3, 12, 1), BCE, train, epochs=20, validation=valid)


def gelu_with_adamw():
    return fresh(mlp(2, 32, 32, 1, act=nn.GELU), BCE, moons(), lr=3e-4, kind=optim.AdamW)


TWO_CLASSES = [
    ("moons", moons_untrained),
    ("moons, trained", moons_trained),
    ("circles with tanh, trained", circles_trained_with_tanh),
    ("exclusive or", four_points),
    ("logistic regression, trained", logistic_regression),
    ("batch norm, trained", with_batch_norm),
    ("rare but weighted", weighted),
    ("rare but weighted by its loss", weighted_by_its_loss),
    ("one in six", one_in_six),
    ("a weak signal, trained", weak_signal),
    ("hinge loss", support_vectors),
    ("whole numbers, trained", whole_numbers),
    ("GELU with AdamW", gelu_with_adamw),
]

# -- several classes ---------------------------------------------------------------------------


def digits():
    x, y = sklearn_set("digits")
    return fresh(mlp(64, 64, 10), CE, (x, y), lr=0.1, kind=optim.SGD)


def digits_with_dropout():
    train, valid = halves(sklearn_set("digits"))
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
    return fitted(net, CE, train, lr=1e-3, epochs=10, validation=valid)


def iris():
    train, valid = halves(sklearn_set("iris"))
    return fitted(mlp(4, 8, 3, act=nn.Tanh), CE, train, epochs=40, validation=valid)


def one_hot_rows():
    x, y = blobs()
    return fresh(mlp(4, 16, 3, act=nn.ELU), CE, (x, np.eye(3)[y]))


def log_softmax_and_nll():
    net = mlp(4, 16, 3, act=nn.SiLU, end=nn.LogSoftmax(dim=-1))
    return fresh(net, nn.NLLLoss(), blobs())


def selu():
    return fresh(mlp(4, 32, 32, 32, 3, act=nn.SELU, init=nn.init.lecun_normal), CE, blobs())


def softplus_and_leaky():
    net = nn.Sequential(
        nn.Linear(4, 16), nn.Softplus(), nn.Linear(16, 16), nn.LeakyReLU(), nn.Linear(16, 3)
    )
    return fresh(net, CE, blobs(), lr=0.01)


def prelu_trained():
    return fitted(mlp(4, 16, 3, act=nn.PReLU), CE, blobs(), epochs=20)


def focal():
    return fresh(mlp(4, 16, 3), nn.functional.focal_loss, blobs())


def sigmoids():
    return fresh(mlp(4, 16, 16, 3, act=nn.Sigmoid), CE, blobs(), lr=0.03)


MANY_CLASSES = [
    ("digits", digits),
    ("digits with dropout, trained", digits_with_dropout),
    ("iris, trained", iris),
    ("one-hot rows", one_hot_rows),
    ("log-softmax and NLL", log_softmax_and_nll),
    ("SELU", selu),
    ("softplus and leaky ReLU", softplus_and_leaky),
    ("PReLU, trained", prelu_trained),
    ("focal loss", focal),
    ("two layers of sigmoids", sigmoids),
]

# -- deep, and other architectures -------------------------------------------------------------


def deep_relu():
    net = mlp(4, *[32] * 12, 3, init=nn.init.kaiming_normal)
    return fresh(net, CE, blobs(), lr=1e-3)


def deep_tanh():
    net = mlp(6, *[32] * 10, 1, act=nn.Tanh, init=nn.init.xavier_normal)
    return fresh(net, MSE, plane(), lr=1e-3)


def residual():
    class Block(nn.Module):
        """x + f(x), normalised first."""

        def __init__(self):
            self.norm, self.first = nn.LayerNorm(16), nn.Linear(16, 16)
            self.second = nn.Linear(16, 16)

        def forward(self, x):
            return x + self.second(nn.relu(self.first(self.norm(x))))

    layers = [nn.Linear(4, 16), *[Block() for _ in range(6)], nn.Linear(16, 3)]
    return fresh(nn.Sequential(*layers), CE, blobs(), lr=3e-3)


def last_layer_of_zeros():
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3, init=nn.init.zeros))
    return fresh(net, CE, blobs())


def convolution():
    class Filters(nn.Module):
        """Eight filters of width 5 over windows, their largest answers, a linear layer."""

        def __init__(self):
            self.filters, self.last = nn.Linear(5, 8), nn.Linear(8, 2)

        def forward(self, x):
            windows = x[:, np.arange(20)[:, None] + np.arange(5)]
            return self.last(np.max(nn.relu(self.filters(windows)), axis=1))

    return fresh(Filters(), CE, signals())


def normalises_its_inputs():
    x, y = blobs(classes=2)
    raw = x * [20, 3000, 1, 15] + [45, 35_000, 0, 100]
    net = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    return fresh(net, CE, (raw, y))


def function_with_triple():
    model = pair(4, 24, 3)
    data = blobs()
    history = cr.train.fit(model, CE, optim.functional.adam(0.01), data, epochs=15)
    trained = (history.params, model[1])
    return {"model": trained, "loss": CE, "data": data, "history": history}


def function_untrained():
    params, apply = pair(2, 20, 20, 1, act=lambda z: np.maximum(z, 0))

    def loss(model, x, y):
        return nn.functional.mse_loss(model(x), y)

    return {"model": (params, cr.jit(apply)), "loss": loss, "data": moons()}


def words():
    rng = draw(7)
    tokens = rng.integers(0, 50, (300, 6))
    label = (tokens < 25).sum(1) > 2

    class Bag(nn.Module):
        """The mean of the words' vectors, and a linear layer."""

        def __init__(self):
            self.vectors, self.last = nn.Embedding(50, 8), nn.Linear(8, 2)

        def forward(self, x):
            return self.last(np.mean(self.vectors(x), axis=1))

    return fresh(Bag(), CE, (tokens, label.astype(int)), lr=0.03)


def loop_as_it_should_be():
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 3))
    data, optimizer = blobs(), optim.Adam(net.parameters(), lr=0.01)
    loop(net, CE, data, optimizer, 60)

    def step(x, y):
        optimizer.zero_grad()
        loss = CE(net(x), y)
        loss.backward()
        optimizer.step()

    def predict(x):
        net.eval()
        answer = net(x)
        net.train()
        return answer

    found = {"model": net, "loss": CE, "data": data, "optimizer": optimizer}
    return found | {"step": step, "predict": predict}


def gated():
    class Gates(nn.Module):
        """A gate of its own, often shut: σ(8 g) · tanh(v)."""

        def __init__(self):
            self.gate, self.value = nn.Linear(4, 16), nn.Linear(4, 16)
            self.last = nn.Linear(16, 3)

        def forward(self, x):
            return self.last(nn.sigmoid(8 * self.gate(x)) * np.tanh(self.value(x)))

    return fresh(Gates(), CE, blobs())


ARCHITECTURES = [
    ("deep ReLU with He's weights", deep_relu),
    ("deep tanh with Xavier's weights", deep_tanh),
    ("shortcuts and layer norm", residual),
    ("last layer of zeros", last_layer_of_zeros),
    ("filters over a signal", convolution),
    ("normalises its inputs", normalises_its_inputs),
    ("a function with a triple, trained", function_with_triple),
    ("a compiled function", function_untrained),
    ("bag of words", words),
    ("a loop as it should be", loop_as_it_should_be),
    ("gates", gated),
]

HEALTHY = [*REGRESSION, *TWO_CLASSES, *MANY_CLASSES, *ARCHITECTURES]
