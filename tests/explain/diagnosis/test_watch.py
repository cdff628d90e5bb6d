"""The callback that looks on while fit trains."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim, train
from chainrule.explain.diagnosis import Diagnosis

from .corpus.build import filled, mlp, pair
from .corpus.sets import blobs, circles, halves, moons

BCE = nn.BCEWithLogitsLoss()


def watched(net, data, lr=0.02, epochs=12, every=1, validation=None):
    optimizer = optim.Adam(net.parameters(), lr=lr)
    watch = Diagnosis(net, BCE, data, validation, optimizer, every=every)
    settings = {"epochs": epochs, "validation": validation, "callbacks": [watch]}
    history = train.fit(net, BCE, optimizer, data, **settings)
    return watch, history


def test_a_healthy_training_is_recorded():
    part, valid = halves(moons(n=200))
    watch, history = watched(mlp(2, 12, 12, 1, act=nn.Tanh), part, validation=valid)
    assert watch.report.ids == []
    assert [seen["epoch"] for seen in watch.epochs] == list(range(12))
    assert [seen["loss"] for seen in watch.epochs] == pytest.approx(history.epoch_losses)
    last = watch.epochs[-1]
    assert last["validation_loss"] == pytest.approx(history.validation_losses[-1])
    assert list(last["gradients"]) == ["0 (Linear)", "2 (Linear)", "4 (Linear)"]
    assert list(last["flat"]) == ["tanh after 0 (Linear)", "tanh after 2 (Linear)"]


def test_it_changes_nothing_of_the_training():
    losses = []
    for watching in (True, False):
        cr.random.seed(0)
        net, data = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.2), nn.Linear(8, 1)), moons(n=100)
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        callbacks = [Diagnosis(net, BCE, data)] if watching else [lambda run: None]
        history = train.fit(net, BCE, optimizer, data, epochs=4, callbacks=callbacks)
        losses.append(history.losses)
    np.testing.assert_array_equal(*losses)


def test_dead_units_are_seen_while_training():
    net = nn.Sequential(filled(nn.Linear(2, 16), -10), nn.ReLU(), nn.Linear(16, 1))
    watch, _ = watched(net, moons(n=100), epochs=5, every=2)
    assert [seen["epoch"] for seen in watch.epochs] == [0, 2, 4]
    assert all(seen["dead"] == {"ReLU after 0 (Linear)": 1.0} for seen in watch.epochs)
    assert all("dead-relu" in seen["ids"] for seen in watch.epochs)


def test_the_end_is_judged_by_the_whole_history():
    watch, _ = watched(nn.Linear(2, 1), circles(), lr=0.05, epochs=30)
    assert watch.report.ids == ["underfitting"]


def test_a_function_of_parameters():
    model, data = pair(4, 12, 3), blobs()
    loss = nn.CrossEntropyLoss()
    watch = Diagnosis(model, loss, data)
    train.fit(model, loss, optim.functional.adam(0.01), data, epochs=3, callbacks=[watch])
    assert watch.report.ids == []
    assert list(watch.epochs[0]["gradients"]) == ["0", "1"]
    first, last = watch.epochs[0], watch.epochs[-1]
    assert first["gradients"] != last["gradients"]


def test_a_training_that_breaks_off_is_diagnosed():
    net, data = mlp(2, 16, 1), moons(n=100)
    optimizer = optim.SGD(net.parameters(), lr=1e6)
    watch = Diagnosis(net, nn.MSELoss(), data, optimizer=optimizer)
    with pytest.raises(cr.engine.errors.NonFiniteError):
        train.fit(net, nn.MSELoss(), optimizer, data, epochs=40, callbacks=[watch])
    assert watch.report.warnings
