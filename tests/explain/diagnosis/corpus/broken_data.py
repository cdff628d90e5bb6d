"""Broken data: name, what must be found, how it is made."""

import numpy as np

from chainrule import nn

from .build import fresh, mlp
from .sets import blobs, moons, people, plane, rare

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- data -----------------------------------------------------------------------------------------


def raw_pixels():
    x, y = blobs(n=300, classes=4, features=16)
    pixels = np.clip(128 + 50 * x, 0, 255).round()
    return fresh(mlp(16, 32, 4), CE, (pixels, y), lr=1e-3)


def raw_columns():
    return fresh(mlp(4, 16, 1), BCE, people(), lr=1e-3)


def tiny_inputs():
    x, y = blobs()
    return fresh(mlp(4, 16, 3), CE, (1e-4 * x, y))


def one_column_in_millionths():
    x, y = plane()
    return fresh(mlp(6, 16, 1), MSE, (x * [1, 1, 1, 1, 1, 1e-6], y))


def holes_in_the_data():
    x, y = plane()
    x[17, 3] = x[90, 0] = np.nan
    return fresh(mlp(6, 16, 1), MSE, (x, y))


def infinite_target():
    x, y = plane()
    return fresh(mlp(6, 16, 1), MSE, (x, np.where(np.arange(300) == 5, np.inf, y.T).T))


def split_with_overlap():
    x, y = moons(n=400)
    return fresh(mlp(2, 16, 1), BCE, (x[:300], y[:300]), validation=(x[260:], y[260:]))


def oversampled_before_the_split():
    x, y = rare(0.1, n=500)
    positives = np.flatnonzero(y[:, 0] == 1)
    rows = np.concatenate([np.arange(500), np.repeat(positives, 8)])
    rows = np.random.default_rng(0).permutation(rows)
    cut = int(0.7 * len(rows))
    train, valid = rows[:cut], rows[cut:]
    return fresh(mlp(3, 16, 1), BCE, (x[train], y[train]), validation=(x[valid], y[valid]))


def label_among_the_columns():
    x, y = blobs(classes=2)
    return fresh(mlp(5, 16, 2), CE, (np.column_stack([x, 2.0 * y - 1]), y))


def target_in_another_unit():
    x, y = plane()
    return fresh(mlp(7, 16, 1), MSE, (np.column_stack([x, 0.3048 * y]), y))


def rare_class():
    return fresh(mlp(3, 16, 1), BCE, rare(0.02))


def rare_of_three():
    x, y = blobs(n=600)
    kept = np.flatnonzero((y != 2) | (np.arange(600) % 60 == 2))
    return fresh(mlp(4, 16, 3), CE, (x[kept], y[kept]))


def labels_from_one():
    x, y = blobs()
    return fresh(mlp(4, 16, 3), CE, (x, y + 1))


def labels_from_one_with_room():
    x, y = blobs()
    return fresh(mlp(4, 16, 4), CE, (x, y + 1))


def signs_for_cross_entropy():
    x, y = moons()
    return fresh(mlp(2, 16, 1), BCE, (x, 2 * y - 1))


DATA = [
    ("raw pixels", {"unscaled-inputs"}, raw_pixels),
    ("raw columns", {"unscaled-inputs"}, raw_columns),
    ("tiny inputs", {"unscaled-inputs"}, tiny_inputs),
    ("one column in millionths", {"unscaled-inputs"}, one_column_in_millionths),
    ("NaN among the inputs", {"non-finite-data"}, holes_in_the_data),
    ("infinite target", {"non-finite-data"}, infinite_target),
    ("overlapping split", {"shared-rows"}, split_with_overlap),
    ("oversampled before the split", {"shared-rows"}, oversampled_before_the_split),
    ("label among the columns", {"leaking-column"}, label_among_the_columns),
    ("target in another unit", {"leaking-column"}, target_in_another_unit),
    ("two in a hundred", {"imbalance"}, rare_class),
    ("one rare class of three", {"imbalance"}, rare_of_three),
    ("labels from 1", {"target-coding"}, labels_from_one),
    ("labels from 1, one output too many", {"target-coding"}, labels_from_one_with_room),
    ("-1 and 1 for cross entropy", {"target-coding"}, signs_for_cross_entropy),
]
