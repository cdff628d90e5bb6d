"""fit takes many steps at once: how many must never show in its results."""

import re
import signal
from unittest import mock

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.engine.compile.threads import Team
from chainrule.train import Callback, fit, training
from chainrule.train.orders import Orders

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


class EachStep(Callback):
    def on_step(self, run):
        self.last = run.step


def network(*between):
    keys = cr.random.split(cr.random.key(1), 2)
    return nn.Sequential(
        nn.Linear(2, 8, key=keys[0]), nn.Tanh(), *between, nn.Linear(8, 1, key=keys[1])
    ).double()


def noisy():
    return network(nn.BatchNorm1d(8).double(), nn.Dropout(0.3, key=cr.random.key(7)))


def numbers(net, optimizer):
    memories = [leaf for n in sorted(optimizer.state) for leaf in optimizer.state[n].values()]
    buffers = [buffer for _, buffer in net.named_buffers()]
    leaves = [*[p.data for p in net.parameters()], *buffers, *memories]
    return np.concatenate([np.ravel(leaf) for leaf in leaves])


def same(one, other):
    """Two runs, (history, numbers), agree in every bit."""
    for name in ("losses", "epoch_losses", "learning_rates", "validation_losses"):
        np.testing.assert_array_equal(getattr(one[0], name), getattr(other[0], name))
    np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("batch_size", [None, 16, 15, 60])
@pytest.mark.parametrize("make", [optim.Adam, lambda p: optim.SGD(p, lr=0.5, momentum=0.9)])
def test_chunks_of_any_length_give_the_bits_of_single_steps(batch_size, make, monkeypatch):
    def run(period, **settings):
        monkeypatch.setattr(training.Pace, "PERIOD", period)
        net = noisy()
        optimizer = make(net.parameters())
        settings = {"epochs": 9, "batch_size": batch_size, "clip": 0.5, "l2": 0.01, **settings}
        history = fit(net, nn.BCEWithLogitsLoss(), optimizer, (X, Y), **settings)
        return history, numbers(net, optimizer)

    schedule = optim.schedules.cosine(0.1, 40)
    for named in ({}, {"schedule": schedule}, {"shuffle": False}):
        single = run(1.0, callbacks=EachStep(), **named)
        assert len(single[0].losses) == 9 * (1 if batch_size is None else -(-60 // batch_size))
        same(run(0.0, **named), single)
        same(run(1e-3, **named), single)
        same(run(1e9, **named), single)
        same(run(1e9, callbacks=lambda run: None, **named), single)


def test_random_numbers_are_those_of_the_step_however_long_the_chunk(monkeypatch):
    def apply(params, x, key=None):
        return params["w"] * x + (0.0 if key is None else cr.random.normal(key))

    def run(**named):
        triple = optim.functional.adam(0.1)
        pair = ({"w": 1.0}, apply)
        return fit(pair, nn.MSELoss(), triple, (X, X), epochs=4, batch_size=16, seed=3, **named)

    single = run(callbacks=EachStep())
    monkeypatch.setattr(training.Pace, "PERIOD", 1e9)
    chunked = run()
    np.testing.assert_array_equal(chunked.losses, single.losses)
    np.testing.assert_array_equal(chunked.params["w"], single.params["w"])
    assert len(set(single.losses.tolist())) == 16


@pytest.mark.parametrize("compiled", [True, False])
def test_a_second_fit_goes_on_with_the_bits_of_one_long_one(compiled):
    def run(*parts):
        net = noisy()
        optimizer = optim.AdamW(net.parameters())
        for epochs in parts:
            settings = {"epochs": epochs, "batch_size": 16, "shuffle": False}
            fit(net, nn.MSELoss(), optimizer, (X, Y), **settings)
        return numbers(net, optimizer)

    with cr.config(compile=compiled):  # "auto" may evaluate the short runs and compile the long one
        np.testing.assert_array_equal(run(2, 3), run(5))


def test_batches_of_several_sizes_and_types_share_the_numbers():
    net, other = network().float(), network().float()
    net[0].double(), other[0].double()  # mixed, so that nothing is converted
    narrow = [(X[:9].astype(np.float32), Y[:9]), (X[9:20], Y[9:20]), (X[20:29], Y[20:29])]
    optimizers = [optim.Adam(each.parameters()) for each in (net, other)]
    fit(net, nn.MSELoss(), optimizers[0], narrow, epochs=2)
    wide = [(x.astype(np.float64), y) for x, y in narrow]
    fit(other, nn.MSELoss(), optimizers[1], wide, epochs=2)
    np.testing.assert_allclose(
        numbers(net, optimizers[0]), numbers(other, optimizers[1]), rtol=1e-4, atol=1e-6
    )
    assert optimizers[0].state[0]["step"] == 6


def test_threads_change_no_bit():
    x = np.random.default_rng(1).normal(size=(600, 64)).astype(np.float32)
    y = np.arange(600) % 10

    def run(threads):
        first, second = cr.random.split(cr.random.key(1), 2)
        net = nn.Sequential(
            nn.Linear(64, 128, key=first), nn.ReLU(), nn.Linear(128, 10, key=second)
        )
        optimizer = optim.AdamW(net.parameters())
        always = mock.patch.object(Team, "choose", lambda team: team.most)
        with cr.config(threads=threads, compile=True), always:
            history = fit(net, nn.CrossEntropyLoss(), optimizer, (x, y), epochs=3, batch_size=256)
        return history, numbers(net, optimizer)

    same(run(2), run(1))


# -- how a run ends early ----------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [None, 16])
def test_a_loss_that_blows_up_within_a_chunk_leaves_what_single_steps_leave(
    batch_size, monkeypatch
):
    def run(**named):
        net = noisy()
        optimizer = optim.SGD(net.parameters(), momentum=0.9)
        settings = {"epochs": 20, "batch_size": batch_size, **named}
        settings["schedule"] = lambda step: 1e200 if step == 13 else 0.01
        with pytest.raises(cr.engine.errors.NonFiniteError) as found:
            fit(net, nn.MSELoss(), optimizer, (X, Y), **settings)
        return re.sub("is (inf|nan)", "", str(found.value)), numbers(net, optimizer)

    message, single = run(callbacks=EachStep())
    monkeypatch.setattr(training.Pace, "PERIOD", 1e9)
    chunked_message, chunked = run()
    assert chunked_message == message
    assert f"step 14 (epoch {14 if batch_size is None else 3})" in message
    np.testing.assert_array_equal(chunked, single)


class Ends(Callback):
    def on_end(self, run):
        self.step, self.losses = run.step, list(run.losses)


@pytest.mark.parametrize("batch_size", [None, 16])
@pytest.mark.parametrize("watched", [False, True])
def test_ctrl_c_leaves_the_numbers_after_a_finished_step(batch_size, watched):
    def interrupt(number, frame):
        raise KeyboardInterrupt

    def schedule(step):
        if step == 20:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
        return 0.001

    net, ends = noisy(), Ends()
    optimizer = optim.Adam(net.parameters())
    before = signal.signal(signal.SIGALRM, interrupt)
    settings = {"epochs": 10**7, "batch_size": batch_size, "schedule": schedule}
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(
                net,
                nn.MSELoss(),
                optimizer,
                (X, Y),
                callbacks=[ends] if watched else (),
                **settings,
            )
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not net.training
    steps = optimizer.state[0]["step"]
    assert not watched or steps - 1 == ends.step

    class Break(Callback):
        def on_step(self, run):
            if run.step + 1 == steps:
                self.losses = list(run.losses)
                raise KeyboardInterrupt

    other, last = noisy(), Break()
    again = optim.Adam(other.parameters())
    with pytest.raises(KeyboardInterrupt):
        fit(other, nn.MSELoss(), again, (X, Y), epochs=10**7, batch_size=batch_size, callbacks=last)
    np.testing.assert_array_equal(numbers(net, optimizer), numbers(other, again))
    assert not watched or ends.losses == last.losses


def test_debug_nans_names_the_operation_and_keeps_the_last_good_numbers():
    w = nn.Linear(1, 1, key=cr.random.key(0)).double()
    optimizer = optim.SGD(w.parameters(), lr=0.0)

    def loss(model, x, y):
        return np.mean(np.log(x)) + np.mean(model(x))

    x = np.ones((40, 1))
    x[35] = 0.0
    with cr.debug_nans(), pytest.raises(cr.engine.errors.NonFiniteError, match="log"):
        fit(w, loss, optimizer, (x, x), batch_size=4, shuffle=False)
    assert optimizer.state[0]["step"] == 8


# -- parts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 5, 97, 2000, 70_000])
def test_orders_are_permutations_by_the_keys_of_the_epochs(size):
    key = cr.random.key(5)
    orders = Orders(key, 7)
    for epoch in (0, 1, 2, 4, 6):
        expected = cr.random.permutation(cr.random.fold_in(key, epoch), size)
        (found,) = orders.of(range(epoch, epoch + 1), size)
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(orders.of(range(3, 7), size)[3], expected)


def test_the_pace_follows_the_time_a_step_takes():
    pace = training.Pace()
    assert pace.share(100) == 1
    pace.took(1, 1e-5)
    assert pace.steps == 16  # growth is limited
    pace.took(16, 16e-5)
    pace.took(256, 256e-5)
    assert pace.steps == int(pace.PERIOD / 1e-5)
    assert pace.share(10_000) == 2500  # equal parts
    pace.took(2500, 25.0)
    assert pace.steps == 3
    pace.took(3, 3.0)
    assert pace.steps == 1
