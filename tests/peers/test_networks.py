"""Gradients of whole networks, written once over NumPy's names, against JAX and PyTorch."""

import itertools

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("torch")

from .peers import PEERS, Report, difference, ours

N, D, H, K = 8, 5, 6, 3  # samples, features, hidden units, classes
LABELS = np.eye(K)[np.arange(N) % K]


def layers(rng, *sizes):
    """Weights and biases of a multilayer perceptron."""
    pairs = itertools.pairwise(sizes)
    return [
        {"w": rng.normal(size=(a, b)) / np.sqrt(a), "b": 0.1 * rng.normal(size=b)} for a, b in pairs
    ]


def affine(np, layer, x):
    return np.matmul(x, layer["w"]) + layer["b"]


def cross_entropy(np, logits, targets):
    shifted = logits - np.max(logits, -1, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), -1, keepdims=True))
    return -np.mean(np.sum(targets * log_p, -1))


def softmax(np, x):
    e = np.exp(x - np.max(x, -1, keepdims=True))
    return e / np.sum(e, -1, keepdims=True)


# -- networks: (np, special, parameters, x, y) -> loss -----------------------------------------


def linear_regression(np, sp, p, x, y):
    return np.mean((affine(np, p[0], x) - y) ** 2)


def logistic_regression(np, sp, p, x, y):
    logits = affine(np, p[0], x)
    return np.mean(np.logaddexp(logits, logits * 0.0) - y * logits) + 0.01 * np.sum(p[0]["w"] ** 2)


def tanh_mse(np, sp, p, x, y):
    return np.mean((affine(np, p[1], np.tanh(affine(np, p[0], x))) - y) ** 2)


def relu_cross_entropy(np, sp, p, x, y):
    for layer in p[:-1]:
        x = np.maximum(affine(np, layer, x), 0.0)
    return cross_entropy(np, affine(np, p[-1], x), y)


def gelu_huber(np, sp, p, x, y):
    h = affine(np, p[0], x)
    error = affine(np, p[1], h * 0.5 * (1 + sp.erf(h / 2**0.5))) - y
    size = np.abs(error)
    return np.mean(np.where(size < 0.5, 0.5 * error**2, 0.5 * (size - 0.25)))


def layer_norm_swish_smoothed(np, sp, p, x, y):
    h = affine(np, p[0], x)
    h = (h - np.mean(h, -1)[:, None]) / np.sqrt(np.var(h, -1)[:, None] + 1e-5)
    h = h * p[1]["w"][0] + p[1]["b"]
    smooth = 0.9 * y + 0.1 / y.shape[-1]
    return cross_entropy(np, affine(np, p[2], h * sp.expit(h)), smooth)


def batch_norm_leaky_relu(np, sp, p, x, y):
    h = affine(np, p[0], x)
    h = (h - np.mean(h, 0)) / np.sqrt(np.var(h, 0) + 1e-5)
    h = np.where(h > 0, h, 0.01 * h)
    return np.mean((affine(np, p[1], h) - y) ** 2)


def residual_softplus_absolute(np, sp, p, x, y):
    h = affine(np, p[0], x)
    for layer in p[1:-1]:
        h = h + np.logaddexp(affine(np, layer, h), h * 0.0)
    return np.mean(np.abs(affine(np, p[-1], h) - y))


def attention(np, sp, p, x, y):
    query, key, value = (affine(np, layer, x) for layer in p[:3])
    weights = softmax(np, np.matmul(query, np.transpose(key)) / query.shape[-1] ** 0.5)
    return np.mean((affine(np, p[3], np.matmul(weights, value)) - y) ** 2)


def recurrent(np, sp, p, x, y):
    """Each feature is a step in time; gates as in a minimal gated unit."""
    h = x[:, :1] * p[0]["b"] * 0.0
    for t in range(x.shape[1]):
        step = np.concatenate([h, x[:, t : t + 1]], 1)
        gate = sp.expit(affine(np, p[0], step))
        h = (1 - gate) * h + gate * np.tanh(affine(np, p[1], step))
    return np.mean((affine(np, p[2], h) - y) ** 2)


def convolution(np, sp, p, x, y):
    """Windows of three features, one filter bank for all, and the largest answer of each."""
    windows = np.stack([x[:, i : i + 3] for i in range(x.shape[1] - 2)], 1)
    h = np.einsum("nwi,ih->nwh", windows, p[0]["w"]) + p[0]["b"]
    pooled = np.max(np.maximum(h, 0.0) + 0.1 * h, 1)
    return cross_entropy(np, affine(np, p[1], pooled), y)


def autoencoder(np, sp, p, x, y):
    h = affine(np, p[0], x)
    selu = 1.0507009873554805 * np.where(h > 0, h, 1.6732632423543772 * np.expm1(h))
    return np.mean((affine(np, p[1], selu) - x) ** 2) + 0.001 * np.sum(np.abs(p[0]["w"])) + 0 * y


def focal_loss(np, sp, p, x, y):
    prob = sp.expit(affine(np, p[1], np.sin(affine(np, p[0], x))))
    chance = y * prob + (1 - y) * (1 - prob)
    return np.mean(-((1 - chance) ** 2) * np.log(chance))


def variational(np, sp, p, x, y):
    """Mean and spread of a normal for each sample: likelihood, and divergence from N(0, 1)."""
    h = np.tanh(affine(np, p[0], x))
    mean, log_scale = affine(np, p[1], h), affine(np, p[2], h)
    surprise = 0.5 * ((y - mean) * np.exp(-log_scale)) ** 2 + log_scale
    divergence = 0.5 * (mean**2 + np.exp(2 * log_scale) - 1) - log_scale
    return np.mean(surprise + 0.1 * divergence)


# network, sizes of its layers, and what it learns
TABLE = {
    linear_regression: ([(D, 1)], "real"),
    logistic_regression: ([(D, 1)], "binary"),
    tanh_mse: ([(D, H), (H, 1)], "real"),
    relu_cross_entropy: ([(D, H), (H, H), (H, K)], "class"),
    gelu_huber: ([(D, H), (H, 1)], "real"),
    layer_norm_swish_smoothed: ([(D, H), (1, H), (H, K)], "class"),
    batch_norm_leaky_relu: ([(D, H), (H, 1)], "real"),
    residual_softplus_absolute: ([(D, H), (H, H), (H, H), (H, 1)], "real"),
    attention: ([(D, H), (D, H), (D, H), (H, 1)], "real"),
    recurrent: ([(H + 1, H), (H + 1, H), (H, 1)], "real"),
    convolution: ([(3, H), (H, K)], "class"),
    autoencoder: ([(D, 2), (2, D)], "nothing"),
    focal_loss: ([(D, H), (H, 1)], "binary"),
    variational: ([(D, H), (H, 1), (H, 1)], "real"),
}

report = Report("network")


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print(report)


def arguments(network):
    sizes, kind = TABLE[network]
    rng = np.random.default_rng(5)
    p = [layer for pair in sizes for layer in layers(rng, *pair)]
    x = rng.normal(size=(N, D))
    targets = {
        "real": rng.normal(size=(N, 1)),
        "binary": (np.arange(N)[:, None] % 2).astype(float),
        "class": LABELS,
        "nothing": np.array(0.0),
    }
    return p, x, targets[kind]


def test_the_table_is_long_enough():
    assert len(TABLE) >= 10


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("network", TABLE, ids=lambda fn: fn.__name__)
def test_gradients_of_parameters_and_data_agree(network, peer):
    args = arguments(network)
    value, gradients = ours(network, *args)
    peers_value, peers_gradients = PEERS[peer](network, *args)
    np.testing.assert_allclose(value, peers_value, rtol=1e-12)
    assert np.max(np.abs(gradients[0][0]["w"])) > 1e-4
    worst = difference(gradients, peers_gradients)
    report.add(network.__name__, peer, worst)
    assert worst < 1e-9


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("network", [tanh_mse, relu_cross_entropy], ids=lambda fn: fn.__name__)
def test_fifty_steps_of_descent_stay_together(network, peer):
    (p, *data) = arguments(network)
    mine = theirs = p
    for _ in range(50):
        mine = descend(mine, ours(network, mine, *data)[1][0])
        theirs = descend(theirs, PEERS[peer](network, theirs, *data)[1][0])
    assert difference(mine, theirs) < 1e-9
    assert ours(network, mine, *data)[0] < 0.8 * ours(network, p, *data)[0]


def descend(p, gradient):
    return [
        {name: layer[name] - 0.1 * g[name] for name in layer}
        for layer, g in zip(p, gradient, strict=True)
    ]
