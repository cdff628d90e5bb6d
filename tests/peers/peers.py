"""JAX and PyTorch behind one spelling: NumPy's, so that each function is written once."""

import functools

import pytest

pytest.importorskip("jax")
pytest.importorskip("torch")

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.scipy import special as jax_special

import chainrule as cr
from chainrule.scipy import special as our_special


class TorchNumpy:
    """PyTorch's functions by NumPy's names, where the two differ; the others by their own."""

    def __getattr__(self, name):
        return getattr(torch, name)

    linalg = torch.linalg
    pi = np.pi

    @staticmethod
    def array(values):
        return torch.tensor(values)

    @staticmethod
    def max(x, axis=None, keepdims=False):
        return torch.amax(x, () if axis is None else axis, keepdims)

    @staticmethod
    def min(x, axis=None, keepdims=False):
        return torch.amin(x, () if axis is None else axis, keepdims)

    @staticmethod
    def std(x, axis=None):
        return torch.std(x, axis, correction=0)

    @staticmethod
    def var(x, axis=None, keepdims=False):
        return torch.var(x, axis, correction=0, keepdim=keepdims)

    @staticmethod
    def maximum(a, b):
        return torch.maximum(a, torch.as_tensor(b, dtype=a.dtype))

    @staticmethod
    def minimum(a, b):
        return torch.minimum(a, torch.as_tensor(b, dtype=a.dtype))

    @staticmethod
    def logaddexp(a, b):
        return torch.logaddexp(a, torch.as_tensor(b, dtype=a.dtype))

    @staticmethod
    def sort(x, axis=-1):
        return torch.sort(x, axis).values

    @staticmethod
    def transpose(x, axes=None):
        return x.permute(axes or tuple(reversed(range(x.ndim))))

    @staticmethod
    def broadcast_to(x, shape):
        return torch.broadcast_to(x, shape)

    @staticmethod
    def repeat(x, n, axis):
        return torch.repeat_interleave(x, n, axis)

    @staticmethod
    def concatenate(xs, axis=0):
        return torch.cat(xs, axis)

    @staticmethod
    def expand_dims(x, axis):
        return torch.unsqueeze(x, axis)

    @staticmethod
    def flip(x, axis):
        return torch.flip(x, (axis,))

    @staticmethod
    def power(x, p):
        return torch.pow(x, p)

    @staticmethod
    def cbrt(x):
        return x ** (1 / 3)

    @staticmethod
    def pad(x, widths):
        return torch.nn.functional.pad(x, [n for pair in widths[::-1] for n in pair])

    @staticmethod
    def take_along_axis(x, index, axis):
        return torch.take_along_dim(x, index, axis)

    @staticmethod
    def trace(x):
        return torch.trace(x)


class TorchSpecial:
    """``torch.special`` by the names of ``scipy.special``."""

    erf, erfinv, expit = torch.erf, torch.erfinv, torch.sigmoid
    gammaln, digamma, polygamma = torch.lgamma, torch.digamma, staticmethod(torch.polygamma)
    erfc, log_ndtr, ndtr, xlogy = (
        torch.special.erfc, torch.special.log_ndtr, torch.special.ndtr, torch.special.xlogy,
    )  # fmt: skip

    @staticmethod
    def logsumexp(x, axis):
        return torch.logsumexp(x, axis)


def ours(fn, *args):
    """Value and gradients by Chainrule, of plain NumPy code."""
    return cr.value_and_grad(lambda *a: fn(np, our_special, *a), tuple(range(len(args))))(*args)


@functools.cache
def compiled(fn, count):
    whole = lambda *a: fn(jnp, jax_special, *a)  # noqa: E731
    return jax.jit(jax.value_and_grad(whole, tuple(range(count))))


def by_jax(fn, *args):
    with jax.enable_x64(True):
        value, gradients = compiled(fn, len(args))(*args)
        return np.asarray(value), jax.tree.map(np.asarray, gradients)


def by_torch(fn, *args):
    inputs = jax.tree.map(lambda x: torch.tensor(np.asarray(x), requires_grad=True), args)
    value = fn(TorchNumpy(), TorchSpecial, *inputs)
    value.backward()
    grads = jax.tree.map(lambda x: np.zeros(x.shape) if x.grad is None else x.grad.numpy(), inputs)
    return value.detach().numpy(), grads


PEERS = {"JAX": by_jax, "PyTorch": by_torch}


def difference(found, wanted):
    """The largest difference of two gradients, relative to the largest element of each array."""
    worst = 0.0
    for a, b in zip(cr.tree.leaves(found), cr.tree.leaves(wanted), strict=True):
        assert np.shape(a) == np.shape(b)
        assert np.isfinite(a).all()
        scale = max(np.max(np.abs(b), initial=0.0), 1e-3)
        worst = max(worst, float(np.max(np.abs(np.asarray(a) - b), initial=0.0)) / scale)
    return worst


class Report:
    """Differences, printed as a table in the end (pytest -s)."""

    def __init__(self, title):
        self.title, self.rows = title, {}

    def add(self, name, peer, value):
        self.rows.setdefault(name, {})[peer] = value

    def __str__(self):
        lines = [f"\n{self.title:<24}" + "".join(f"{peer:>12}" for peer in PEERS)]
        for name, found in self.rows.items():
            cells = [f"{found[p]:12.1e}" if p in found else f"{'-':>12}" for p in PEERS]
            lines.append(f"{name:<24}" + "".join(cells))
        worst = [max((r[p] for r in self.rows.values() if p in r), default=0.0) for p in PEERS]
        lines.append(f"{'largest':<24}" + "".join(f"{w:12.1e}" for w in worst))
        counts = [sum(p in r for r in self.rows.values()) for p in PEERS]
        return "\n".join([*lines, f"{'compared':<24}" + "".join(f"{n:12d}" for n in counts)])
