"""Data in chunks: the batches of arrays, whatever the pieces; errors and early ends are clean."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import config, nn, optim, random
from chainrule.train import Chunks, EarlyStopping, StopTraining, fit
from chainrule.train.chunks import ahead, regroup

RNG = np.random.default_rng(0)
X = RNG.normal(size=(330, 3)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:2]).astype(np.float32)
W = RNG.uniform(size=330).astype(np.float32)


def train(data, **settings):
    random.seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    loss = settings.pop("loss", nn.MSELoss())
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    with config(compile=True):  # few steps, if their number is known, are evaluated
        history = fit(net, loss, optimizer, data, batch_size=32, progress=False, **settings)
    return history, net


def pieces(sizes, weights=False):
    edges = np.cumsum([0, *sizes])
    parts = [slice(a, b) for a, b in pairwise(edges)]
    return [(X[p], Y[p], W[p]) if weights else (X[p], Y[p]) for p in parts]


@pytest.mark.parametrize("sizes", [[330], [1] * 330, [100, 7, 223], [32] * 10 + [10]])
@pytest.mark.parametrize("rows", [1, 64, 100, 10_000])
def test_in_the_order_of_the_data_they_give_the_bits_of_arrays(sizes, rows):
    whole, _ = train((X, Y), shuffle=False, epochs=2)
    parts, _ = train(Chunks(pieces(sizes), rows=rows), shuffle=False, epochs=2)
    np.testing.assert_array_equal(parts.losses, whole.losses)


def test_shuffled_every_example_is_taken_once_an_epoch_in_a_new_order():
    seen = []

    def loss(model, x, y):
        return (model(x) * 0).mean() + y.sum()

    numbers = np.arange(330.0)
    data = Chunks([(X, numbers)], rows=128)
    history, _ = train(data, epochs=2, loss=loss)
    first, second = np.split(history.losses, 2)
    seen = [first.sum(), second.sum()]
    np.testing.assert_allclose(seen, numbers.sum())
    assert not np.array_equal(first, second)
    again, _ = train(data, epochs=2, loss=loss)
    np.testing.assert_array_equal(again.losses, history.losses)


def test_weights_come_with_the_pieces():
    def loss(prediction, y, weight=None):
        return np.mean(weight[:, None] * (prediction - y) ** 2)

    whole, _ = train((X, Y), weights=W, shuffle=False, loss=loss)
    parts, _ = train(Chunks(pieces([100, 230], weights=True)), shuffle=False, loss=loss)
    np.testing.assert_array_equal(parts.losses, whole.losses)


def test_the_source_is_told_the_epoch():
    epochs = []
    data = Chunks(lambda epoch: epochs.append(epoch) or pieces([330]), examples=330)
    train(data, epochs=3, validation=(X, Y), early_stopping=EarlyStopping(5))
    assert epochs == [0, 1, 2]


def test_an_error_in_a_piece_is_raised_and_the_model_keeps_the_steps_before():
    def broken(epoch):
        yield X[:64], Y[:64]
        raise OSError("the disk went away")

    history = []
    random.seed(0)
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    before = net.weight.data.copy()
    with pytest.raises(OSError, match="went away"):
        fit(
            net,
            nn.MSELoss(),
            optimizer,
            Chunks(broken, rows=32),
            batch_size=32,
            callbacks=[history.append],
        )
    assert not np.array_equal(net.weight.data, before)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "no example"),
        ([X], r"\(x, y\)"),
        ([(X, Y[:5])], "same first axis"),
    ],
)
def test_what_is_no_data_is_an_error(source, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(Chunks(source))


def test_all_examples_at_once_are_not_for_chunks():
    net = nn.Linear(3, 1)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    with pytest.raises(TypeError, match="batch_size"):
        fit(net, nn.MSELoss(), optimizer, Chunks(pieces([330])), batch_size=None)


def test_stopping_early_ends_the_reading():
    class Stop:
        def on_step(self, run):
            raise StopTraining("enough")

    given_out = []

    def endless(epoch):
        while True:
            given_out.append(1)
            yield X, Y

    train(Chunks(endless, rows=64), callbacks=[Stop()])
    names = [thread.name for thread in threading.enumerate()]
    assert "chainrule chunks" not in names
    assert len(given_out) < 10


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 12))
def test_regrouped_pieces_are_the_same_examples(sizes, rows):
    numbers = np.arange(sum(sizes))
    parts = [p for p in np.split(numbers, np.cumsum(sizes)[:-1]) if len(p)] if sizes else []
    groups = list(regroup(parts, rows))
    np.testing.assert_array_equal(np.concatenate([[], *groups]), numbers)
    assert all(len(group) == rows for group in groups[:-1])
    assert all(1 <= len(group) <= rows for group in groups[-1:])


def test_items_made_ahead_keep_their_order():
    assert list(ahead(iter(range(100)))) == list(range(100))
