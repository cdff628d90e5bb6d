"""Networks written after the checks, to see whether these hold elsewhere; broken and sound ones."""

import numpy as np

import chainrule as cr
from chainrule import data, nn, optim

from .build import fitted, fresh, mlp, squared
from .sets import draw, moons, wave

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()


def points(name):
    x, y = getattr(data, name)(cr.random.key(0))
    return np.asarray(x), np.asarray(y, float).reshape(-1, 1)


def playground(act, lr, name, hidden, kind=optim.SGD):
    """As the playground begins: few units, batches of ten."""
    return fresh(mlp(2, *hidden, 1, act=act), BCE, points(name), lr=lr, kind=kind, batch_size=10)


# -- sound -------------------------------------------------------------------------------------


def small_tanh():
    return playground(nn.Tanh, 0.03, "circles", (4, 2))


def spiral_of_three_layers():
    return playground(nn.Tanh, 0.03, "spiral", (8, 8, 6))


def spiral_of_six_layers():
    return playground(nn.ReLU, 0.003, "spiral", [8] * 6, optim.Adam)


def small_sigmoid():
    return playground(nn.Sigmoid, 0.1, "clouds", (4, 2))


def signs_trained():
    net = mlp(2, 8, 1, act=nn.Tanh)
    return fitted(net, BCE, points("signs"), lr=0.05, epochs=300, batch_size=None)


def trained_with_a_fresh_optimizer():
    found = fitted(mlp(2, 8, 8, 1), BCE, moons(), lr=0.02, epochs=40)
    net = found["model"]
    return fresh(net, BCE, found["data"], lr=0.01)


def one_hot_inputs():
    rng = draw()
    kind = rng.integers(0, 20, 400)
    x = np.column_stack([np.eye(20)[kind], rng.normal(size=(400, 2))])
    return fresh(mlp(22, 32, 4), CE, (x, kind % 3 + (x[:, -1] > 0)), lr=3e-3)


def several_labels():
    x = draw().normal(size=(300, 6))
    y = (x @ draw(1).normal(size=(6, 4)) > 0).astype(float)
    return fresh(mlp(6, 24, 4), BCE, (x, y))


def several_numbers():
    x = draw().normal(size=(300, 6))
    y = np.tanh(x @ draw(1).normal(size=(6, 3))) * [1, 5, 0.1]
    return fresh(mlp(6, 24, 3, act=nn.SiLU), MSE, (x, y))


def counts():
    def poisson(prediction, count):
        return np.mean(np.exp(prediction) - count * prediction)

    x = draw().normal(size=(400, 3))
    y = draw(1).poisson(np.exp(0.5 * x[:, :1])).astype(float)
    return fresh(mlp(3, 16, 1, act=nn.Tanh), poisson, (x, y))


def scanned():
    def apply(params, x):
        def step(h, now):
            return np.tanh(h @ params["w"] + now @ params["u"]), 0.0

        start = np.zeros((x.shape[0], 8))
        return cr.lax.scan(step, start, np.swapaxes(x, 0, 1))[0] @ params["v"]

    rng = draw()
    shapes = {"u": (1, 8), "v": (8, 1), "w": (8, 8)}
    params = {name: 0.3 * rng.normal(size=shape) for name, shape in shapes.items()}
    x = rng.normal(size=(100, 10, 1))
    return {"model": (params, apply), "loss": squared, "data": (x, x[:, -1])}


def attention():
    class Attention(nn.Module):
        """softmax(q kᵀ / √d) v of embedded tokens, their mean, a linear layer."""

        def __init__(self):
            self.embed, self.out = nn.Embedding(12, 16), nn.Linear(16, 2)
            self.query, self.key, self.value = (nn.Linear(16, 16) for _ in range(3))

        def forward(self, tokens):
            x = self.embed(tokens)
            scores = np.einsum("nid,njd->nij", self.query(x), self.key(x)) / 4
            mixed = np.einsum("nij,njd->nid", nn.softmax(scores, axis=-1), self.value(x))
            return self.out(np.mean(mixed, axis=1))

    tokens = draw().integers(0, 12, (200, 8))
    return fresh(Attention(), CE, (tokens, (tokens[:, 0] > 5).astype(int)), lr=3e-3)


def frozen_first_layer():
    net = mlp(4, 32, 2)
    net[0].requires_grad_(False)
    x = draw().normal(size=(200, 4))
    optimizer = optim.Adam(net[2].parameters(), lr=0.01)
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    return {"model": net, "loss": CE, "data": (x, y), "optimizer": optimizer}


def searched_by_lbfgs():
    return fresh(mlp(1, 8, 1, act=nn.Tanh), MSE, wave(), lr=1.0, kind=optim.LBFGS)


SOUND = [
    ("small tanh network", small_tanh),
    ("spiral, three layers", spiral_of_three_layers),
    ("spiral, six layers", spiral_of_six_layers),
    ("small sigmoid network", small_sigmoid),
    ("signs, trained", signs_trained),
    ("trained, with a fresh optimizer", trained_with_a_fresh_optimizer),
    ("one-hot inputs", one_hot_inputs),
    ("several labels", several_labels),
    ("several numbers", several_numbers),
    ("counts", counts),
    ("a scan", scanned),
    ("attention", attention),
    ("first layer frozen", frozen_first_layer),
    ("L-BFGS", searched_by_lbfgs),
]

# -- broken ------------------------------------------------------------------------------------


def killed_by_its_learning_rate():
    found = playground(nn.ReLU, 30.0, "moons", (8, 8))
    net, (x, y) = found["model"], found["data"]
    for _ in range(30):
        found["optimizer"].zero_grad()
        BCE(net(x.astype(np.float32)), y).backward()
        found["optimizer"].step()
    return {"model": net, "loss": BCE, "data": (x, y)}


def parameters_times_thirty():
    found = playground(nn.Tanh, 0.03, "circles", (8, 8))
    for parameter in found["model"].parameters():
        parameter.data = 30 * parameter.data
    return found


def seven_sigmoids():
    return playground(nn.Sigmoid, 0.03, "circles", [8] * 7)


def adam_at_one():
    return playground(nn.ReLU, 1.0, "spiral", (16, 16), optim.Adam)


def sgd_at_thirty():
    return playground(nn.Tanh, 30.0, "circles", (8, 8))


def sgd_at_a_hundred_thousandth():
    return playground(nn.Tanh, 1e-5, "moons", (8, 8))


def compared_by_argmax():
    def loss(prediction, label):
        return np.mean((np.argmax(prediction, axis=1) - label) ** 2.0)

    x = draw().normal(size=(200, 4))
    return fresh(mlp(4, 8, 3), loss, (x, draw().integers(0, 3, 200).astype(float)))


def chemistry_of_wine():
    spread = [1, 1, 0.3, 3, 14, 0.6, 1, 0.1, 0.6, 2.3, 0.2, 0.7, 315]
    middle = [13, 2.3, 2.4, 19, 100, 2.3, 2, 0.36, 1.6, 5, 1, 2.6, 750]
    x = draw().normal(size=(178, 13)) * spread + middle
    return fresh(mlp(13, 16, 3), CE, (x, (x[:, -1] > 750).astype(int) + (x[:, 0] > 13)))


def validated_on_training_rows():
    x = draw().normal(size=(200, 4))
    y = (x[:, :1] > 0).astype(float)
    return fresh(mlp(4, 8, 1), BCE, (x, y), validation=(x[:40], y[:40]))


def too_much_decay():
    def kind(params, lr):
        return optim.AdamW(params, lr=lr, weight_decay=50.0)

    return fitted(mlp(2, 16, 1), BCE, moons(), epochs=40, kind=kind)


FAULTY = [
    ("killed by its learning rate", {"dead-relu"}, killed_by_its_learning_rate),
    ("parameters times thirty", {"saturated"}, parameters_times_thirty),
    ("seven sigmoids", {"vanishing-gradients"}, seven_sigmoids),
    ("Adam at 1", {"learning-rate-too-high"}, adam_at_one),
    ("SGD at 30", {"learning-rate-too-high"}, sgd_at_thirty),
    ("SGD at 1e-5", {"learning-rate-too-low"}, sgd_at_a_hundred_thousandth),
    ("compared by argmax", {"no-gradient"}, compared_by_argmax),
    ("chemistry of wine", {"unscaled-inputs"}, chemistry_of_wine),
    ("validated on training rows", {"shared-rows"}, validated_on_training_rows),
    ("too much decay", {"underfitting"}, too_much_decay),
]
