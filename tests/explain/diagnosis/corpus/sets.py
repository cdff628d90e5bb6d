"""Small data sets, made by formulas and noise, and scikit-learn's where it is installed."""

import numpy as np
import pytest


def draw(seed=0):
    return np.random.default_rng(seed)


def moons(n=300, noise=0.15, seed=0):
    rng = draw(seed)
    angle = np.pi * rng.random(n)
    label = np.arange(n) % 2
    x = np.stack([np.cos(angle) * (1 - 2 * label) + label, np.sin(angle) * (1 - 2 * label)], 1)
    x += [[-0.5, -0.2]] + noise * rng.normal(size=(n, 2)) + np.outer(label, [0, 0.4])
    return x, label.astype(float).reshape(-1, 1)


def circles(n=300, seed=0):
    rng = draw(seed)
    label = np.arange(n) % 2
    angle = 2 * np.pi * rng.random(n)
    radius = 0.6 + 0.9 * label + 0.1 * rng.normal(size=n)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    return x, label.astype(float).reshape(-1, 1)


def blobs(n=300, classes=3, features=4, distance=2.0, seed=0):
    rng = draw(seed)
    centres = distance * rng.normal(size=(classes, features))
    label = np.arange(n) % classes
    x = centres[label] + rng.normal(size=(n, features))
    return (x - x.mean(0)) / x.std(0), label


def wave(n=256, noise=0.1, seed=0):
    rng = draw(seed)
    x = rng.uniform(-2, 2, (n, 1))
    return x, np.sin(2 * x) + noise * rng.normal(size=(n, 1))


def plane(n=300, features=6, noise=0.5, seed=0):
    rng = draw(seed)
    x = rng.normal(size=(n, features))
    weights = rng.normal(size=(features, 1))
    return x, x @ weights + 0.3 * x[:, :1] * x[:, 1:2] + noise * rng.normal(size=(n, 1))


def signals(n=200, length=24, seed=0):
    """Sines of two frequencies with random phase, shape (n, length)."""
    rng = draw(seed)
    label = np.arange(n) % 2
    t = np.linspace(0, 2 * np.pi, length)
    phase = 2 * np.pi * rng.random((n, 1))
    x = np.sin((2 + 3 * label)[:, None] * t + phase) + 0.3 * rng.normal(size=(n, length))
    return x, label


def people(n=400, seed=0):
    """Raw columns as they come: age, income, years of school, height in metres; bought or not."""
    rng = draw(seed)
    age, income = rng.uniform(18, 80, n), rng.lognormal(10.3, 0.5, n)
    x = np.stack([age, income, rng.integers(8, 20, n), rng.normal(1.7, 0.1, n)], 1)
    score = (age - 45) / 15 + (income - 35_000) / 20_000 + rng.normal(size=n)
    return x, (score > 0).astype(float).reshape(-1, 1)


def rare(share, n=1000, seed=0):
    rng = draw(seed)
    label = np.zeros(n)
    label[: round(share * n)] = 1
    x = rng.normal(size=(n, 3)) + 1.5 * label[:, None]
    order = rng.permutation(n)
    return x[order], label[order].reshape(-1, 1)


def halves(data, part=0.7):
    """Training and validation part."""
    x, y = data
    cut = int(part * len(x))
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def sklearn_set(name):
    """Standardised features and the target of one of scikit-learn's own sets."""
    sets = pytest.importorskip("sklearn.datasets")
    x, y = getattr(sets, f"load_{name}")(return_X_y=True)
    order = draw(1).permutation(len(x))
    x = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
    return x[order], y[order]
