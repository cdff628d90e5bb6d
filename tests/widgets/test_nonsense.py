"""Whatever a page or a link sends, a picture takes it or says in words why not."""

import json
import random
import time

import numpy as np
import pytest

from chainrule.data import Dataset
from chainrule.widgets import (
    ChainRule,
    Gallery,
    Molecules,
    Perceptron,
    UserError,
    chain_network,
    wire,
)

VALUES = [
    *(None, True, 0, 1, -1, 0.5, 1e9, float("nan"), "", "x", [], {}, [[0, 0, 0]], [[0, 1]]),
    *([[1, 1, 1], [0, 0, 0]], [[0, 1], [2, 0.5], [1, 1]], {"alpha": 2}, {"w": 1}, {"w": "x"}),
    *("rule", "layer", "curve", "xor", "own", "drawn", "network", "formula", "losses", "p"),
    *("initialisers", "tanh", "relu", "HuberLoss", "FocalLoss", "ReLU", "zeros", "normal"),
    *("w*x", "1/w", "log(w)", "w**20*1e9", "sqrt(-w)", "test", chain_network.START),
]
NOT_HERE = ("do_molecules", "do_read")  # they read from the network, and files


def molecules():
    x = np.random.default_rng(0).normal(size=(60, 3))
    return Molecules(Dataset("made", x, (x[:, 0] > 0) * 1.0, tuple("abc"), ("no", "yes")))


def disturb(page, make, chance):
    kind = chance.random()
    if kind < 0.6:
        names = chance.sample(list(page.accepts), 2)
        page.take({name: chance.choice(VALUES) for name in names})
    elif kind < 0.8:
        known = [name[3:] for name in dir(page) if name[:3] == "do_" and name not in NOT_HERE]
        page.asked({"do": chance.choice([*known, "nothing"])}, [])
    elif kind < 0.95 and page.running:
        page.tick(0.002)
    else:
        make().restore(json.loads(json.dumps(page.link_state())))


@pytest.mark.parametrize("make", [ChainRule, Gallery, Perceptron, molecules])
def test_nonsense_is_refused_in_words(make):
    chance = random.Random(1)
    page = make()
    end = time.monotonic() + 5
    for _ in range(200):
        try:
            disturb(page, make, chance)
        except UserError as error:
            assert str(error)
        wire.pack({"kind": "state", "state": page.state})
        if time.monotonic() > end:
            break
