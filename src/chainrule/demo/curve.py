"""A curve: a network of ten hidden neurons learns y = x², and more neurons learn wilder curves.

The first network is a Module with a loop as one writes it in PyTorch: predict, `zero_grad`,
`backward`, `step`. Then the universal approximation theorem (Cybenko 1989; Hornik 1989) at work:
the more hidden neurons, the closer the fit of sin(3x) + 0.3x. Four starts train at once, by `vmap`
over their keys and `lax.scan` over the steps, and the best is kept.
"""

import numpy as np

from chainrule import data, jit, lax, nn, optim, random, value_and_grad, vmap

from .checks import Check, Outcome, Track, at_most, quietly

TITLE = "A curve"
STAGES = 2
NOISE = 0.05
WIDTHS = (1, 2, 5, 10, 50)
STARTS = 4


class Curve(nn.Module):
    """1-10-1: ten tanh neurons between one number and one number."""

    def __init__(self, key):
        for_hidden, for_output = random.split(key)
        self.hidden = nn.Linear(1, 10, key=for_hidden)
        self.output = nn.Linear(10, 1, key=for_output)

    def forward(self, x):
        """(N, 1) to (N, 1)."""
        return self.output(np.tanh(self.hidden(x)))


def train(net, x, y, rate, turns):
    """Descent in PyTorch's spelling, all points in each step; every loss kept."""
    criterion = nn.MSELoss()
    optimizer = optim.SGD(net.parameters(), lr=rate, momentum=0.9)
    losses = []
    for _ in turns:
        prediction = net(x)
        loss = criterion(prediction, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def wave(x):
    """The curve to approximate."""
    return np.sin(3 * x) + 0.3 * x


def network(theta, x):
    """One input, tanh neurons, one output, for x of shape (N,)."""
    hidden = np.tanh(np.outer(x, theta["w1"]) + theta["b1"])
    return hidden @ theta["w2"] + theta["b2"]


def approximate(width, x, y, steps):
    """The best of several networks of one width, all trained at once with Adam."""
    rate = optim.functional.exponential_decay(0.03, steps, 0.05)
    init, update, get_params = optim.functional.adam(rate)

    def loss(theta):
        return np.mean((network(theta, x) - y) ** 2)

    def train_from(key):
        first, second, third = random.split(key, 3)
        theta = {
            "w1": 2 * random.normal(first, (width,)),
            "b1": 4 * random.normal(second, (width,)),
            "w2": random.normal(third, (width,)) / np.sqrt(width),
            "b2": np.zeros(()),
        }

        def step(state, i):
            value, gradient = value_and_grad(loss)(get_params(state))
            return update(i, gradient, state), value

        state, losses = lax.scan(step, init(theta), np.arange(steps))
        return get_params(state), losses[-1]

    thetas, losses = jit(vmap(train_from))(random.split(random.key(8), STARTS))
    best = np.argmin(losses)
    return {name: thetas[name][best] for name in thetas}


def run(track: Track = quietly, steps: int = 3000) -> Outcome:
    """x² by one network, the wave by five."""
    x, y = data.parabola(random.key(6), n=100, noise=NOISE)
    net = Curve(random.key(7))
    losses = train(net, x, y, 0.1, track(range(steps), "x² by 1-10-1"))
    across = np.linspace(-1, 1, 201).reshape(-1, 1)
    fit = net(across).numpy()
    parabola = np.polynomial.Polynomial.fit(x[:, 0], y[:, 0], deg=2)
    best_loss = np.mean((parabola(x) - y) ** 2)

    points = np.linspace(-3, 3, 200)
    target = wave(points)
    waves, errors = {}, {}
    for width in track(WIDTHS, "sin(3x) + 0.3x"):
        theta = approximate(width, points, target, steps)
        waves[width] = network(theta, points)
        errors[width] = float(np.sqrt(np.mean((waves[width] - target) ** 2)))

    falling = all(np.diff([errors[width] for width in WIDTHS]) < 0)
    in_words = f"{errors[1]:.2g} to {errors[50]:.2g}"
    checks = [
        at_most("x²: distance from truth", np.sqrt(np.mean((fit - across**2) ** 2)), NOISE),
        at_most("x²: loss; 1.1 × least squares", losses[-1], 1.1 * best_loss),
        Check("sin: error, by width", in_words, "ever smaller", falling),
        at_most("sin: error, 50 neurons", errors[50], 0.02),
    ]
    found = {
        "x": x,
        "y": y,
        "net": net,
        "losses": losses,
        "across": across,
        "fit": fit,
        "points": points,
        "target": target,
        "waves": waves,
        "errors": errors,
    }
    return Outcome(found, checks)
