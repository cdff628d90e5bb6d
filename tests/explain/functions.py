"""Scalar functions of all kinds, each with arguments: what backprop must be able to explain."""

import numpy as np

import chainrule as cr
from chainrule import lax, nn
from chainrule.scipy import special

FUNCTIONS = {}


def case(*args):
    """Keep a function with the arguments to call it with."""

    def keep(function):
        FUNCTIONS[function.__name__] = (function, args)
        return function

    return keep


def normal(*shape, seed=0, dtype=np.float64):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)


X, Y = normal(6, 3), normal(6, seed=1)
LABELS = np.array([0, 2, 1, 1, 0, 2])

# -- formulas ----------------------------------------------------------------------------------


@case(3.0)
def parabola(w):
    return w**2 + 3 * w - 5


@case(0.7)
def used_three_times(x):
    y = np.sin(x)
    return y * np.exp(y) + y / (1 + x * x)


@case(1.5, 2.5)
def powers(x, p):
    return x**p + x**3 + x**-1 + np.sqrt(x) + abs(x - p)


@case(np.float32(0.3))
def single_precision(x):
    return np.tanh(2.5 * x) ** 2 / (1 + x)


@case(normal(4))
def piecewise(x):
    return np.sum(np.where(x > 0, x * x, 0.1 * x) + np.maximum(x, 0.2) + np.clip(x, -0.5, 0.5))


@case(np.array([0.0, 1.0, 2.0]))
def zero_times_infinity(x):
    return np.sum(np.where(x > 0, np.log(x), 0.0) + np.sqrt(x) * 0)


@case(normal(5))
def ties(x):
    return np.max(np.concatenate([x, x])) + np.min(x) * np.prod(x) + np.cumsum(x)[2]


@case(2.0)
def python_flow(x):
    for _ in range(5):
        x = x / 2 if x > 1 else 3 * x + 1
    return x


@case(np.abs(normal(4)) + 0.5)
def special_functions(x):
    return np.sum(special.erf(x) + special.gammaln(x) + special.digamma(x) + special.expit(x))


@case(np.array([0.1, -0.4, 0.8]))
def inverse_normal(x):
    return np.sum(special.erfinv(x) * special.erf(2 * x))


@case(normal(3, 4))
def every_view(x):
    parts = np.concatenate([x[::-1, 1:], x.T.reshape(3, 4)[:, ::2]], axis=1)
    return np.sum(parts * np.arange(5)) + np.sum(x[:, None, :] * x[None, :, :]) + np.pad(x, 1).var()


@case(normal(5, 3))
def fancy_indexing(x):
    return np.sum(x[[0, 0, 3]] * x[1:4]) + x[LABELS[:3], [0, 1, 2]].sum() + x[:, [2, 0]].prod()


@case(normal(6))
def sorting(x):
    return np.sum(np.sort(x) * np.arange(6)) + x[np.argmax(x)]


@case(normal(2, 3), normal(3, 2))
def products(a, b):
    c = a @ b
    outer = np.outer(a[0], b[:, 0])
    return np.einsum("ij,ji->", c, c) + np.trace(outer) + a[0] @ b @ a[:, 1] + (b.T @ a.T).sum()


@case(normal(2, 3, 4), normal(2, 4, 3))
def stacks_of_matrices(a, b):
    return np.mean(np.einsum("sij,sjk,sk->si", a, b, b[:, 0]) * (a @ b)[..., 1])


# -- trees, closures, randomness ---------------------------------------------------------------


@case({"layers": [{"w": normal(3, 2), "b": normal(2)}, {"w": normal(2, 1), "b": normal(1)}]}, X, Y)
def tree_of_parameters(params, x, y):
    for layer in params["layers"]:
        x = np.tanh(x @ layer["w"] + layer["b"])
    return np.mean((x[:, 0] - y) ** 2)


@case(normal(3), 0.5)
def data_from_outside(w, b):
    return np.mean((X @ w + b - Y) ** 2)


@case(normal(3))
def logistic_regression(w):
    p = 1 / (1 + np.exp(-(X @ w)))
    return -np.mean(np.where(Y > 0, np.log(p + 1e-8), np.log(1 - p + 1e-8)))


@case(normal(4))
def random_numbers(x):
    noise = cr.random.normal(cr.random.key(3), (4,))
    return np.sum(x * noise) ** 2


@case(normal(4), cr.random.key(1))
def dropout(x, key):
    return np.sum(nn.functional.dropout(x, key, 0.5) ** 2)


@case(np.array([1.5, 2.5]))
def sampled_gamma(a):
    return np.sum(cr.random.gamma(cr.random.key(0), a) ** 2)


# -- transformations inside --------------------------------------------------------------------


@case(0.8)
def second_derivative(x):
    return cr.grad(lambda t: np.sin(t) * t)(x) * x


@case(normal(3), X)
def per_example_gradients(w, x):
    gradients = cr.vmap(lambda row: cr.grad(lambda w: np.tanh(row @ w))(w))(x)
    return np.sum(gradients**2)


@case(normal(3))
def checkpointed(x):
    return np.sum(cr.checkpoint(lambda t: np.sin(t) * np.exp(t))(x) * x)


@cr.custom_vjp
def _halved(x):
    return x * 1.0


_halved.defvjp(lambda x: (x, None), lambda kept, ct: (ct / 2,))


@case(normal(3))
def by_hand(x):
    return np.sum(_halved(np.sin(x)) * x)


@case(normal(3))
def compiled_inside(x):
    return np.sum(cr.jit(lambda t: np.sin(t) * t)(x) ** 2)


@case(normal(3))
def stopped(x):
    return np.sum(x * cr.stop_gradient(np.exp(x)))


# -- loops and branches ------------------------------------------------------------------------


@case({"u": normal(2, 2), "w": normal(3, 2), "b": normal(2)}, X)
def recurrent_network(p, x):
    def step(h, row):
        h = np.tanh(h @ p["u"] + row @ p["w"] + p["b"])
        return h, h.sum()

    last, sums = lax.scan(step, np.zeros(2), x)
    return np.sum(last**2) + sums.mean()


@case(normal(4), 0.3)
def scan_backwards(x, c):
    total, ys = lax.scan(lambda s, e: (c * s + e, s * e), 0.0, x, reverse=True)
    return total * ys.sum()


@case(1.3)
def counted_loop(x):
    return lax.fori_loop(0, 4, lambda i, s: s * x + i, 1.0)


@case(normal(3))
def branches(x):
    return np.sum(lax.cond(x[0] > 0, lambda t: t**2, lambda t: np.cos(t), x))


@case(normal(4))
def products_of_all(x):
    return np.prod(x) + np.sum(np.cumprod(x))


# -- networks ----------------------------------------------------------------------------------


def _mlp():
    cr.random.seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 3), nn.ELU(), nn.Linear(3, 1))


@case(X)
def captured_network(x):
    return nn.functional.mse_loss(NETWORK(x)[:, 0], Y)


NETWORK = _mlp()


@case(_mlp(), X)
def network_as_argument(network, x):
    return nn.functional.huber_loss(network(x)[:, 0], Y, delta=0.5)


@case(normal(3, 3), X)
def softmax_cross_entropy(w, x):
    return nn.functional.cross_entropy(x @ w, LABELS)


@case(normal(3, 3), X)
def softmax_with_one_hot(w, x):
    z = x @ w
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(np.sum(np.eye(3)[LABELS] * log_p, axis=1))


@case(normal(3), normal(3), X)
def layer_norm(scale, shift, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return np.sum(np.sin(centred / spread * scale + shift))


@case(nn.BatchNorm1d(3, dtype=np.float64), X)
def batch_norm(layer, x):
    return np.sum(layer(x) ** 3)


@case({"q": normal(3, 4), "k": normal(3, 4, seed=2), "v": normal(3, 2)}, X)
def attention(p, x):
    q, k, v = x @ p["q"], x @ p["k"], x @ p["v"]
    weights = nn.functional.softmax(q @ k.T / 2.0, axis=-1)
    return np.mean((weights @ v) ** 2)


@case(normal(2, 1, 3, 3), normal(2), normal(2, 1, 6, 6))
def convolution(kernel, bias, images):
    rows = np.arange(4)[:, None] + np.arange(3)
    windows = images[:, :, rows[:, None, :, None], rows[None, :, None, :]]
    maps = np.einsum("ncijkl,ockl->noij", windows, kernel) + bias[:, None, None]
    pooled = np.maximum(maps, 0).reshape(2, 2, 2, 2, 2, 2).max(axis=(3, 5))
    return np.mean(pooled**2)


@case(normal(7, 4, dtype=np.float32))
def embedding(table):
    return np.mean(np.tanh(nn.functional.embedding(LABELS, table)).sum(axis=1) ** 2)


@case(normal(3), X)
def regularised(w, x):
    return np.mean(np.abs(x @ w)) + 0.1 * np.sum(np.abs(w)) + 0.01 * np.linalg.norm(w)
