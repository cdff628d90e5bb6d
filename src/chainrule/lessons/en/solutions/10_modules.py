"""Lesson 10: solutions, checks, hints and typical mistakes."""

import warnings

import numpy as np

from chainrule import nn, no_grad, optim, random
from chainrule.lessons.kit import Exercise, Mistake, equals, require, shape, show


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.first = nn.Linear(2, hidden)
        self.last = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.last(np.tanh(self.first(x)))


def check_net(Net):
    net = Net(5)
    yield "Every layer is found: four parameters."
    sizes = sorted(p.shape for p in net.parameters())
    require(
        sizes == [(1,), (1, 5), (5,), (5, 2)],
        f"Net(5) has parameters of the shapes {sizes}; expected are the weights (5, 2) and (1, 5) "
        "and the biases (5,) and (1,). Layers are found if they are assigned to self.",
    )
    yield "A logit for each row."
    x = np.array([[0.5, -1.0], [2.0, 0.3], [0.0, 0.0]], np.float32)
    with no_grad():
        logits = net(x)
    require(logits is not None, "forward returns nothing: is a `return` missing?")
    shape(logits, (3, 1), "Net(5) of three points")
    yield "Layer, tanh, layer: as computed by hand."
    weights = {p.shape: np.asarray(p.data) for p in net.parameters()}
    hidden = np.tanh(x @ weights[5, 2].T + weights[5,])
    equals(logits, hidden @ weights[1, 5].T + weights[1,], "Net(5) of three points", 1e-4)
    yield "The size of the hidden layer is what was asked for."
    count = sum(p.data.size for p in Net(9).parameters())
    require(count == 37, f"Net(9) has {count} numbers, but it must be 9·2 + 9 + 9 + 1 = 37.")


def problem():
    """A little network, four points, and their labels; the same each time."""
    random.seed(3)
    net = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return net, x, np.array([[0], [1], [1], [0]], np.float32)


def values_of(net):
    return [np.array(p.data) for p in net.parameters()]


def training_step(net, criterion, optimizer, x, y):
    loss = criterion(net(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def check_training_step(training_step):
    criterion = nn.BCEWithLogitsLoss()
    net, x, y = problem()
    first = values_of(net)
    before = criterion(net(x), y).item()
    with warnings.catch_warnings(action="ignore"):  # a step without slopes warns
        loss = training_step(net, criterion, optim.SGD(net.parameters(), lr=0.5), x, y)
    yield "It returns the loss, a plain number."
    require(isinstance(loss, float), f"It returns {show_kind(loss)}, not a float: see loss.item().")
    equals(loss, before, "the loss", 1e-5)
    yield "The network has changed."
    changed = any(not np.array_equal(a, b) for a, b in zip(first, values_of(net), strict=True))
    require(changed, "No parameter has changed: was there a backward(), and a step()?")
    yield "One step is the parameters minus rate times gradient."
    expected = reference_losses(1)
    equals(criterion(net(x), y).item(), expected[-1], "the loss after one step", 1e-4)
    yield "Old slopes do not come back in later steps."
    net, x, y = problem()
    optimizer = optim.SGD(net.parameters(), lr=0.5)
    found = [training_step(net, criterion, optimizer, x, y) for _ in range(5)]
    message = (
        f"The losses of 5 steps are {show(np.round(found, 4))}, but they must be "
        f"{show(np.round(reference_losses(4), 4))}. Were old slopes thrown away before backward()?"
    )
    require(np.allclose(found, reference_losses(4), rtol=1e-4), message)


def reference_losses(steps):
    """Losses of descent with gradients that are new in each step; also the one after the last."""
    net, x, y = problem()
    losses = []
    for _ in range(steps + 1):
        for parameter in net.parameters():
            parameter.grad = None
        loss = nn.BCEWithLogitsLoss()(net(x), y)
        losses.append(loss.item())
        loss.backward()
        for parameter in net.parameters():
            parameter.data = parameter.data - np.float32(0.5) * parameter.grad
    return losses


def show_kind(x):
    return "nothing" if x is None else f"a {type(x).__name__}"


def descend(parameters, rate):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.data = parameter.data - rate * parameter.grad


def with_slopes():
    net, x, y = problem()
    nn.BCEWithLogitsLoss()(net(x), y).backward()
    return net


def check_descend(descend):
    net = with_slopes()
    before, slopes = values_of(net), [np.array(p.grad) for p in net.parameters()]
    descend(net.parameters(), 0.1)
    yield "Each parameter goes down its slope."
    moved = any(not np.array_equal(a, b) for a, b in zip(before, values_of(net), strict=True))
    require(moved, "No parameter has changed. Is the new array assigned to `parameter.data`?")
    for old, new, slope in zip(before, values_of(net), slopes, strict=True):
        equals(new, old - 0.1 * slope, "a parameter after a step of rate 0.1", 1e-4)
    yield "Rate 0 changes nothing."
    net = with_slopes()
    before = values_of(net)
    descend(net.parameters(), 0.0)
    require(
        all(np.array_equal(a, b) for a, b in zip(before, values_of(net), strict=True)),
        "With rate 0 the parameters have changed.",
    )
    yield "The slopes themselves stay."
    kept = [np.array(p.grad) for p in net.parameters()]
    same = all(np.array_equal(a, b) for a, b in zip(kept, slopes, strict=True))
    require(same, "The `grad` of a parameter has changed; only its `data` should.")
    yield "A parameter without a slope is left alone."
    net, _, _ = problem()
    descend(net.parameters(), 0.1)


class Momentum:
    def __init__(self, parameters, rate, momentum):
        self.parameters = list(parameters)
        self.rate = rate
        self.momentum = momentum
        self.velocities = [np.zeros_like(p.data) for p in self.parameters]

    def step(self):
        for i, parameter in enumerate(self.parameters):
            self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad
            parameter.data = parameter.data - self.rate * self.velocities[i]


def check_momentum(Momentum):
    net = with_slopes()
    before = values_of(net)
    Momentum(net.parameters(), 0.1, 0.9).step()
    yield "A step changes the parameters."
    changed = any(not np.array_equal(a, b) for a, b in zip(before, values_of(net), strict=True))
    require(
        changed,
        "Nothing has changed. `net.parameters()` can be walked through only once: keep a list.",
    )
    yield "The first step is that of plain descent."
    compare(Momentum, 1, 0.9)
    yield "Without momentum every step is."
    compare(Momentum, 3, 0.0)
    yield "The second step remembers the first."
    compare(Momentum, 2, 0.9)
    yield "Ten steps: those of the library's SGD with momentum."
    compare(Momentum, 10, 0.9)


def compare(Momentum, steps, momentum):
    """The learner's optimiser beside the library's, on the same network."""
    found = []
    for make in (Momentum, lambda p, rate, m: optim.SGD(p, lr=rate, momentum=m)):
        net, x, y = problem()
        optimizer = make(net.parameters(), 0.2, momentum)
        for _ in range(steps):
            for parameter in net.parameters():
                parameter.grad = None
            nn.BCEWithLogitsLoss()(net(x), y).backward()
            optimizer.step()
        found.append(values_of(net)[0][0])
    what = f"after {steps} steps with momentum {momentum}, the first neuron's weights"
    equals(found[0], found[1], what, 1e-4)


def accuracy(net, x, y):
    was_training = net.training
    net.eval()
    with no_grad():
        right = (net(x) > 0) == (y == 1)
    net.train(was_training)
    return float(np.mean(right))


def fixed(weights):
    """A network of one layer with these weights, bias 0, and a dropout in front."""
    net = nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 1))
    net[1].weight.data = np.array([weights], np.float32)
    net[1].bias.data = np.zeros(1, np.float32)
    return net


def check_accuracy(accuracy):
    x = np.array([[0.3, 0], [2, 0], [-0.3, 0], [-3, 0]], np.float32)
    y = np.array([[1], [1], [0], [0]], np.float32)
    net = fixed([1.0, 0.0]).eval()
    yield "All right: 1. All wrong: 0."
    equals(accuracy(net, x, y), 1.0, "the accuracy of a perfect network")
    equals(accuracy(net, x, 1 - y), 0.0, "the accuracy of one that is always wrong")
    yield "Three of four: 0.75."
    equals(accuracy(net, x, np.array([[1], [1], [0], [1]], np.float32)), 0.75, "the accuracy")
    yield "Measured in evaluation mode: dropout sleeps."
    net = fixed([1.0, 0.0]).train()
    found = {accuracy(net, x, y) for _ in range(8)}
    require(found == {1.0}, f"A network with dropout, in training mode, gives {sorted(found)}; "
                            "in evaluation mode it would always be 1.")  # fmt: skip
    yield "It leaves the mode as it was."
    require(net.training, "The network came in training mode, and was left in evaluation mode.")
    net.eval()
    accuracy(net, x, y)
    require(not net.training, "It came in evaluation mode, and was left in training mode.")


EXERCISES = (
    Exercise(
        "Net",
        check_net,
        hints=(
            "In `__init__`, after super: `self.first = nn.Linear(2, hidden)`, and so `self.last`.",
            "`forward` returns `self.last(np.tanh(self.first(x)))`.",
        ),
        mistakes=(
            Mistake("self.last = nn", "last = nn", "Layers are found if they are assigned to self"),
            Mistake("np.tanh(self.first(x))", "self.first(x)", "as computed by hand"),
            Mistake("return self.last", "self.last", "is a `return` missing?"),
            Mistake(
                "self.last(np.tanh(self.first(x)))", "np.tanh(self.last(self.first(x)))", "hand"
            ),
            Mistake(
                "super().__init__()", "super().__init__(); hidden = 5", "Net(9) has 21 numbers"
            ),
        ),
    ),
    Exercise(
        "training_step",
        check_training_step,
        hints=(
            "`loss = criterion(net(x), y)`; then three calls; then `return loss.item()`.",
            "The three: `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`.",
        ),
        mistakes=(
            Mistake("    optimizer.zero_grad()\n", "", "Were old slopes thrown away"),
            Mistake("    optimizer.step()\n", "", "No parameter has changed"),
            Mistake("loss.item()", "loss", "not a float"),
            Mistake(
                "    optimizer.zero_grad()\n    loss.backward()\n",
                "    loss.backward()\n    optimizer.zero_grad()\n",
                "No parameter has changed",
            ),
        ),
    ),
    Exercise(
        "descend",
        check_descend,
        hints=(
            "`for parameter in parameters:`, and in it `if parameter.grad is not None:`",
            "`parameter.data = parameter.data - rate * parameter.grad`",
        ),
        mistakes=(
            Mistake("parameter.data - rate", "parameter.data + rate", "goes down its slope"),
            Mistake("rate * parameter.grad", "parameter.grad", "goes down its slope"),
            Mistake("        if parameter.grad is not None:\n    ", "", "It stops with"),
            Mistake("parameter.data = parameter", "new = parameter", "goes down its slope"),
        ),
    ),
    Exercise(
        "Momentum",
        check_momentum,
        hints=(
            "Keep `self.parameters = list(parameters)`, and a list of zeros of the same shapes.",
            "In `step`, for each: the new velocity, kept; then data less rate times velocity.",
        ),
        mistakes=(
            Mistake("list(parameters)", "parameters", "only once: keep a list"),
            Mistake(
                "self.velocities[i] = self.momentum * self.velocities[i] + parameter.grad",
                "self.velocities[i] = parameter.grad",
                "The second step remembers the first",
            ),
            Mistake(
                "self.momentum * self.velocities[i] + parameter.grad",
                "self.momentum * self.velocities[i] + (1 - self.momentum) * parameter.grad",
                "The first step is that of plain descent",
            ),
            Mistake("- self.rate", "+ self.rate", "The first step is that of plain descent"),
        ),
    ),
    Exercise(
        "accuracy",
        check_accuracy,
        hints=(
            "Keep `net.training`; then `net.eval()`, and at the end `net.train(...)` with it.",
            "`(net(x) > 0) == (y == 1)` is True where it is right; its mean is the share.",
        ),
        mistakes=(
            Mistake("    net.eval()\n", "", "in evaluation mode it would always be 1"),
            Mistake("    net.train(was_training)\n", "", "was left in evaluation mode"),
            Mistake("net.train(was_training)", "net.train()", "was left in training mode"),
            Mistake("net(x) > 0", "net(x) > 0.5", "the accuracy of a perfect network is 0.75"),
            Mistake("np.mean", "np.sum", "the accuracy of a perfect network is 4"),
        ),
    ),
)
