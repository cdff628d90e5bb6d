"""``grad`` of functions, and the page of conventions, against JAX and PyTorch in float64."""

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("torch")

import jax
import jax.numpy as jnp
import torch

from tests.engine.conventions import number, rows

from .peers import PEERS, Report, TorchNumpy, difference, ours

# name -> function of (np, special, x, y) with x, y of shape (3, 4) and elements in (0.2, 0.9)
TABLE = {
    # elementwise
    "add": lambda np, sp, x, y: np.sum((x + y) * x),
    "subtract": lambda np, sp, x, y: np.sum((x - y) * x),
    "multiply": lambda np, sp, x, y: np.sum(x * y),
    "divide": lambda np, sp, x, y: np.sum(x / y),
    "power": lambda np, sp, x, y: np.sum(x**y),
    "whole powers": lambda np, sp, x, y: np.sum(x**3 + y**-2 + x**0.5 + 2.0**y),
    "remainder": lambda np, sp, x, y: np.sum(np.remainder(x, 0.1 + y) * x),
    "negative, abs": lambda np, sp, x, y: np.sum(np.abs(-x + y) * y),
    "square, reciprocal": lambda np, sp, x, y: np.sum(np.square(x) * np.reciprocal(y)),
    "sqrt": lambda np, sp, x, y: np.sum(np.sqrt(x) * y),
    "cbrt": lambda np, sp, x, y: np.sum(np.cbrt(x) * y),
    "exp": lambda np, sp, x, y: np.sum(np.exp(x) * y),
    "exp2": lambda np, sp, x, y: np.sum(np.exp2(x * y)),
    "expm1": lambda np, sp, x, y: np.sum(np.expm1(x * y)),
    "log": lambda np, sp, x, y: np.sum(np.log(x) * y),
    "log2, log10": lambda np, sp, x, y: np.sum(np.log2(x) * np.log10(y)),
    "log1p": lambda np, sp, x, y: np.sum(np.log1p(x * y)),
    "logaddexp": lambda np, sp, x, y: np.sum(np.logaddexp(x, y) * x),
    "hypot": lambda np, sp, x, y: np.sum(np.hypot(x, y) * x),
    "sin": lambda np, sp, x, y: np.sum(np.sin(x) * y),
    "cos": lambda np, sp, x, y: np.sum(np.cos(x) * y),
    "tan": lambda np, sp, x, y: np.sum(np.tan(x) * y),
    "arcsin": lambda np, sp, x, y: np.sum(np.arcsin(x) * y),
    "arccos": lambda np, sp, x, y: np.sum(np.arccos(x) * y),
    "arctan": lambda np, sp, x, y: np.sum(np.arctan(x) * y),
    "arctan2": lambda np, sp, x, y: np.sum(np.arctan2(x, y) * x),
    "sinh": lambda np, sp, x, y: np.sum(np.sinh(x) * y),
    "cosh": lambda np, sp, x, y: np.sum(np.cosh(x) * y),
    "tanh": lambda np, sp, x, y: np.sum(np.tanh(x) * y),
    "arcsinh": lambda np, sp, x, y: np.sum(np.arcsinh(x) * y),
    "arccosh": lambda np, sp, x, y: np.sum(np.arccosh(1.0 + x) * y),
    "arctanh": lambda np, sp, x, y: np.sum(np.arctanh(x) * y),
    "maximum": lambda np, sp, x, y: np.sum(np.maximum(x, y) * x),
    "minimum": lambda np, sp, x, y: np.sum(np.minimum(x, y) * x),
    "clip": lambda np, sp, x, y: np.sum(np.clip(x, 0.4, 0.7) * y),
    "where": lambda np, sp, x, y: np.sum(np.where(x > y, np.exp(x), x * y)),
    "sinc": lambda np, sp, x, y: np.sum(np.sinc(x) * y),
    "floor, sign": lambda np, sp, x, y: np.sum(np.floor(3 * x) * y + np.sign(y - 0.5) * x),
    # special functions
    "erf": lambda np, sp, x, y: np.sum(sp.erf(x) * y),
    "erfc": lambda np, sp, x, y: np.sum(sp.erfc(x) * y),
    "erfinv": lambda np, sp, x, y: np.sum(sp.erfinv(x) * y),
    "expit": lambda np, sp, x, y: np.sum(sp.expit(x) * y),
    "gammaln": lambda np, sp, x, y: np.sum(sp.gammaln(x) * y),
    "digamma": lambda np, sp, x, y: np.sum(sp.digamma(x) * y),
    "logsumexp": lambda np, sp, x, y: np.sum(sp.logsumexp(x * y, 1)),
    "xlogy": lambda np, sp, x, y: np.sum(sp.xlogy(x, y)),
    "ndtr": lambda np, sp, x, y: np.sum(sp.ndtr(x) * y),
    "log_ndtr": lambda np, sp, x, y: np.sum(sp.log_ndtr(-3.0 * x) * y),
    # reductions
    "sum of an axis": lambda np, sp, x, y: np.sum(np.sum(x, 0) * np.sum(y, 0) ** 2),
    "mean": lambda np, sp, x, y: np.mean(x) * np.sum(np.mean(y, 1) ** 2),
    "prod": lambda np, sp, x, y: np.sum(np.prod(x, 1) * np.prod(y, 1)),
    "max": lambda np, sp, x, y: np.sum(np.max(x, 1) * np.max(y, 1)),
    "min": lambda np, sp, x, y: np.min(x) * np.sum(np.min(y, 0)),
    "var": lambda np, sp, x, y: np.sum(np.var(x, 0)) * np.var(y),
    "std": lambda np, sp, x, y: np.sum(np.std(x, 1)) * np.std(y),
    "cumsum": lambda np, sp, x, y: np.sum(np.cumsum(x, 1) * y),
    "cumprod": lambda np, sp, x, y: np.sum(np.cumprod(x, 0) * y),
    "norm": lambda np, sp, x, y: np.linalg.norm(x - y) * np.linalg.norm(x[0]),
    "softmax": lambda np, sp, x, y: np.sum(np.exp(x) / np.sum(np.exp(x), 1, keepdims=True) * y),
    # products
    "matmul": lambda np, sp, x, y: np.sum((x @ y.T) ** 2),
    "matrix and vector": lambda np, sp, x, y: np.sum(np.tanh(x @ y[0])),
    "dot": lambda np, sp, x, y: np.dot(x[0], y[1]) ** 2,
    "outer": lambda np, sp, x, y: np.sum(np.sin(np.outer(x[0], y[1]))),
    "einsum": lambda np, sp, x, y: np.sum(np.einsum("ij,kj->ik", x, y) ** 2),
    "einsum of three": lambda np, sp, x, y: np.sum(np.einsum("ij,kj,kl->il", x, y, x) ** 2),
    "tensordot": lambda np, sp, x, y: np.sum(np.tensordot(x, y, ([0], [0])) ** 2),
    "stacked matmul": lambda np, sp, x, y: np.sum((np.stack([x, y]) @ np.reshape(y, (4, 3))) ** 2),
    "trace": lambda np, sp, x, y: np.trace(x @ y.T) ** 2,
    "kron": lambda np, sp, x, y: np.sum(np.kron(x, y) ** 2),
    # moving elements
    "reshape": lambda np, sp, x, y: np.sum(np.reshape(x, (4, 3)) ** 2 * np.reshape(y, (4, 3))),
    "transpose": lambda np, sp, x, y: np.sum(np.transpose(x) ** 2 * y.T),
    "concatenate": lambda np, sp, x, y: np.sum(np.cumsum(np.concatenate([x, y], 1), 1) ** 2),
    "stack": lambda np, sp, x, y: np.sum(np.prod(np.stack([x, y, x]), 0)),
    "broadcast": lambda np, sp, x, y: np.sum(np.broadcast_to(x[:1], (3, 4)) * y**2),
    "slices": lambda np, sp, x, y: np.sum(x[1:, ::2] ** 2 * y[:-1, 1:3]),
    "index arrays": lambda np, sp, x, y: np.sum(
        x[np.array([0, 2, 2]), np.array([1, 3, 3])] ** 2 * y[np.array([0, 1, 0])][:, 0]
    ),
    "flip, roll": lambda np, sp, x, y: np.sum(np.flip(x, 1) ** 2 * np.roll(y, 1, 0)),
    "pad": lambda np, sp, x, y: np.sum(np.cumsum(np.pad(x, ((1, 0), (2, 1))), 1) ** 2) + np.sum(y),
    "repeat, tile": lambda np, sp, x, y: np.sum(np.repeat(x, 2, 1) ** 2 * np.tile(y, (1, 2))),
    "sort": lambda np, sp, x, y: np.sum(np.sort(x, 1) ** 2 * y),
    "take_along_axis": lambda np, sp, x, y: np.sum(
        np.take_along_axis(x, np.argsort(y, 1), 1) ** 2 * y
    ),
    "triangle": lambda np, sp, x, y: np.sum(np.tril(x) ** 2 * np.triu(y, 1)) + np.sum(np.tril(y)),
    # whole functions
    "Rosenbrock": lambda np, sp, x, y: np.sum(100 * (y - x**2) ** 2 + (1 - x) ** 2),
    "Ackley": lambda np, sp, x, y: (
        -20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) - np.exp(np.mean(np.cos(2 * np.pi * y)))
    ),
    "normal log density": lambda np, sp, x, y: np.sum(
        -0.5 * ((x - 0.3) / y) ** 2 - np.log(y) - 0.5 * np.log(np.exp(x * 0.0) * 2 * np.pi)
    ),
    "entropy": lambda np, sp, x, y: -np.sum(x * np.log(x)) - np.sum((1 - y) * np.log1p(-y)),
    "distances": lambda np, sp, x, y: np.sum(
        np.sqrt(np.sum((np.expand_dims(x, 1) - np.expand_dims(y, 0)) ** 2, -1))
    ),
}

report = Report("function")


@pytest.fixture(scope="module", autouse=True)
def table():
    yield
    print(report)


def inputs():
    rng = np.random.default_rng(3)
    places = rng.permutation(24).reshape(2, 3, 4) + 0.5
    x, y = 0.2 + 0.7 * places / 24
    return x, y


def test_the_table_is_long_enough():
    assert len(TABLE) >= 60


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("name", TABLE)
def test_value_and_gradient_agree(name, peer):
    fn, (x, y) = TABLE[name], inputs()
    value, gradients = ours(fn, x, y)
    peers_value, peers_gradients = PEERS[peer](fn, x, y)
    np.testing.assert_allclose(value, peers_value, rtol=1e-12)
    worst = difference(gradients, peers_gradients)
    report.add(name, peer, worst)
    assert worst < 1e-9


# -- the columns of docs/conventions.md --------------------------------------------------------

F = torch.nn.functional
JAX_NAMES = {
    name: getattr(jax.nn, name)
    for name in ("relu", "leaky_relu", "elu", "selu", "sigmoid", "softplus", "logsumexp")
} | {"np": jnp, "softmax": jax.nn.softmax, "log_softmax": jax.nn.log_softmax}


class Widened(TorchNumpy):
    """Numbers beside a tensor become tensors, as NumPy has it."""

    hypot = staticmethod(lambda a, b: torch.hypot(a, torch.as_tensor(b, dtype=a.dtype)))
    arctan2 = staticmethod(lambda a, b: torch.arctan2(a, torch.as_tensor(b, dtype=a.dtype)))
    cumprod = staticmethod(lambda x: torch.cumprod(x, 0))
    mod = staticmethod(torch.remainder)
    max, min = staticmethod(torch.amax), staticmethod(torch.amin)
    std = staticmethod(lambda x: torch.std(x, correction=0))
    var = staticmethod(lambda x: torch.var(x, correction=0))
    sort = staticmethod(lambda x: torch.sort(x, stable=True).values)


TORCH_NAMES = {
    "np": Widened(), "relu": F.relu, "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu,
    "sigmoid": torch.sigmoid, "softplus": F.softplus,
    "softmax": lambda x: F.softmax(x, -1), "log_softmax": lambda x: F.log_softmax(x, -1),
    "logsumexp": lambda x: torch.logsumexp(x, -1),
}  # fmt: skip


@pytest.mark.parametrize("row", rows(), ids=str)
def test_the_page_tells_what_jax_does(row):
    with jax.enable_x64(True):
        found = jax.grad(row.function(**JAX_NAMES))(jnp.asarray(row.point))
    np.testing.assert_allclose(np.asarray(found), row.derivative_of("jax"), rtol=1e-3)


@pytest.mark.parametrize("row", rows(), ids=str)
def test_the_page_tells_what_pytorch_does(row):
    x = torch.tensor(row.point, requires_grad=True)
    row.function(**TORCH_NAMES)(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), row.derivative_of("torch"), rtol=1e-3)


def test_a_peers_cell_is_read_as_a_number():
    assert np.isnan(number("nan")) and number("[0, inf]")[1] == np.inf
