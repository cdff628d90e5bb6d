"""A run that is stopped anywhere and resumed ends in the same bits as one that was not."""

import itertools
import tempfile
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, Checkpoints, Chunks, StopTraining, fit, metrics
from chainrule.train.checkpoints import keeper
from chainrule.train.checkpoints.packing import pack

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


class Interrupt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


def network(*between):
    keys = cr.random.split(cr.random.key(1), 2)
    return nn.Sequential(
        nn.Linear(2, 8, key=keys[0]), nn.Tanh(), *between, nn.Linear(8, 1, key=keys[1])
    )


def noisy():
    return network(nn.BatchNorm1d(8), nn.Dropout(0.3, key=cr.random.key(7)))


def result(history, net=None, optimizer=None):
    """All that a run ends with but its seconds: JSON, and the bytes of all arrays by name."""
    found = {name: value for name, value in vars(history).items() if name != "seconds"}
    found["params"] = cr.tree.leaves(history.params)
    if net is not None:
        found["net"] = net.state_dict()
        saved = optimizer.state_dict()
        found["state"] = {str(number): memory for number, memory in saved["state"].items()}
        found["groups"] = saved["param_groups"]
    plain, arrays = pack(found)
    return plain, {name: (x.dtype, x.shape, x.tobytes()) for name, x in arrays.items()}


SETTINGS = {
    "batches": {"batch_size": 16},
    "whole": {"batch_size": None, "validation_split": 0.3, "early_stopping": 3},
    "even": {"batch_size": 15, "shuffle": False, "clip": 0.5},
    "metrics": {
        "batch_size": 25,
        "validation": (X[:9], Y[:9]),
        "metrics": {"mse": metrics.mse},
        "early_stopping": 2,
    },
    "schedule": {"batch_size": 16, "schedule": optim.schedules.cosine(0.1, 40), "l2": 0.01},
    "weights": {"batch_size": 16, "weights": np.linspace(0.5, 2.0, 60)},
}
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.05, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.02),
    "lbfgs": lambda p: optim.LBFGS(p, max_iter=3, line_search_fn="strong_wolfe"),
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("how", OPTIMIZERS)
def test_an_interrupted_run_ends_in_the_bits_of_one_that_was_not(name, how, tmp_path):
    named = SETTINGS[name]
    if how == "lbfgs" and (named.keys() & {"clip", "schedule"}):
        pytest.skip("L-BFGS searches its steps itself")

    def run(**more):
        net = network() if how == "lbfgs" else noisy()
        optimizer = OPTIMIZERS[how](net.parameters())
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=6, **named, **more)
        return result(history, net, optimizer)

    straight = run()
    steps = straight[1]["losses"][1][0]
    for step in {0, steps // 2}:
        folder = tmp_path / str(step)
        with pytest.raises(KeyboardInterrupt):
            run(checkpoints=folder, callbacks=Interrupt(step))
        resumed = run(checkpoints=folder, resume=True)
        assert resumed == straight
        assert run(checkpoints=folder, resume=True) == straight  # it knows that it is done


def test_every_epoch_of_an_unwatched_run_can_have_its_checkpoint(tmp_path):
    rule = Checkpoints(tmp_path, every_epochs=4, keep=2)
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=30, batch_size=None, checkpoints=rule)
    assert [path.name for path in rule.files] == [
        "step-0000000028.safetensors",
        "step-0000000030.safetensors",
    ]


# -- killed: no checkpoint but the last one that was due ---------------------------------------


class Killed(BaseException):
    """Like the end of a process: nobody is told."""


def killed_after(saves, run):
    """A run that ends just after so many checkpoints; each look at the clock takes a second."""
    count = itertools.count(1)
    save = keeper.save_checkpoint
    clock = itertools.count()

    def save_and_die(path, state):
        number = next(count)
        if number <= saves:
            save(path, state)
        if number >= saves:
            raise Killed

    with (
        mock.patch.object(keeper, "save_checkpoint", save_and_die),
        mock.patch.object(keeper.time, "monotonic", lambda: next(clock)),
        mock.patch.object(keeper, "SHARE", 1.0),
    ):
        try:
            return run()
        except Killed:
            return None


@st.composite
def runs(draw):
    """The settings of a run, and how to make its network and optimizer."""
    rate = draw(st.sampled_from([0.003, 0.05]))
    named = {
        "batch_size": draw(st.sampled_from([None, 7, 20, 32])),
        "shuffle": draw(st.booleans()),
        "seed": draw(st.integers(0, 99)),
        "validation_split": draw(st.sampled_from([None, 0.25])),
        "early_stopping": draw(st.sampled_from([None, 2])),
        "l2": draw(st.sampled_from([0.0, 0.01])),
        "clip": draw(st.sampled_from([None, 0.5])),
        "schedule": draw(st.sampled_from([None, optim.schedules.cosine(rate, 30)])),
        "epochs": draw(st.integers(2, 7)),
    }
    makers = [optim.SGD, optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad]
    make = draw(st.sampled_from(makers))
    is_noisy, is_watched = draw(st.booleans()), draw(st.booleans())
    if is_watched:
        named["callbacks"] = lambda run: None

    def run(**more):
        net = noisy() if is_noisy else network()
        optimizer = make(net.parameters(), lr=rate)
        history = fit(net, nn.BCEWithLogitsLoss(), optimizer, (X, Y), **named, **more)
        return result(history, net, optimizer)

    return run


@settings(max_examples=10, deadline=None)
@given(runs(), st.integers(1, 9), st.integers(1, 4))
def test_any_run_that_is_killed_after_any_checkpoint_ends_in_the_same_bits(run, saves, seconds):
    straight = run()
    with tempfile.TemporaryDirectory() as folder:
        rule = Checkpoints(folder, every_seconds=seconds)
        ended = killed_after(saves, lambda: run(checkpoints=rule))
        assert ended in (None, straight)
        killed_after(1, lambda: run(checkpoints=rule, resume=True))
        assert run(checkpoints=rule, resume=True) == straight


def twice_killed(run, folder):
    """Kill after the second checkpoint and, resumed, after another one."""
    rule = Checkpoints(folder, every_seconds=0)
    for resume, saves in [(False, 2), (True, 1)]:
        assert killed_after(saves, lambda r=resume: run(checkpoints=rule, resume=r)) is None
    return run(checkpoints=rule, resume=True)


class Batches:
    """A stream in an order of its own for each epoch."""

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        order = np.random.default_rng(self.epoch).permutation(6)
        for part in order:
            rows = slice(10 * part, 10 * part + 10 - part)
            yield X[rows], Y[rows]


def pieces(epoch):
    order = np.random.default_rng(epoch).permutation(4)
    return ((X[15 * part : 15 * part + 15], Y[15 * part : 15 * part + 15]) for part in order)


@pytest.mark.parametrize("make", [Batches, lambda: Chunks(pieces, rows=25)])
def test_streams_go_on_at_the_batch_where_they_were(make, tmp_path):
    def run(**more):
        net = noisy()
        optimizer = optim.Adam(net.parameters())
        history = fit(net, nn.MSELoss(), optimizer, make(), epochs=5, batch_size=8, **more)
        return result(history, net, optimizer)

    assert twice_killed(run, tmp_path) == run()


def test_a_pair_with_a_triple_goes_on_with_its_random_numbers(tmp_path):
    def apply(params, x, key=None):
        noise = 0.0 if key is None else cr.random.normal(key, (1,))
        return np.tanh(x @ params["layers"][0] + noise) @ params["layers"][1]

    def run(**more):
        layers = [np.linspace(-1, 1, 6).reshape(2, 3), np.ones((3, 1))]
        triple = optim.functional.adam(optim.schedules.exponential_decay(0.1, 10, 0.9))
        pair = ({"layers": layers}, apply)
        return result(fit(pair, nn.MSELoss(), triple, (X, Y), epochs=5, batch_size=16, **more))

    assert twice_killed(run, tmp_path) == run()


@pytest.mark.parametrize("kind", ["exponential", "plateau"])
def test_schedulers_and_callbacks_with_a_state_go_on(kind, tmp_path):
    class Sum(Callback):
        total = 0.0
        seen = np.zeros(0)

        def on_epoch(self, run):
            self.total += run.loss
            self.seen = np.append(self.seen, run.epoch)

        def state_dict(self):
            return {"total": self.total, "seen": self.seen}

        def load_state_dict(self, saved):
            self.total, self.seen = saved["total"], saved["seen"]

    def run(**more):
        net = network()
        optimizer = optim.SGD(net.parameters(), lr=1.0)
        scheduler = (
            optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
            if kind == "exponential"
            else optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        )
        total = Sum()
        callbacks = [total, scheduler]
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=9, callbacks=callbacks, **more)
        assert len(set(history.learning_rates)) > 2
        return result(history, net, optimizer), total.total, total.seen.tolist()

    straight = run()
    assert straight[2] == list(range(9))
    assert twice_killed(run, tmp_path) == straight


def test_a_second_fit_of_one_optimizer_goes_on_with_its_counts(tmp_path):
    def run(**more):
        net = noisy()
        optimizer = optim.Adam(net.parameters(), lr=0.05)
        fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=2)
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=5, **more)
        return result(history, net, optimizer)

    assert twice_killed(run, tmp_path) == run()


def test_frozen_parameters_and_several_groups(tmp_path):
    def run(**more):
        net = network()
        net[0].weight.requires_grad = False
        groups = [{"params": [net[0].bias]}, {"params": net[2].parameters(), "lr": 0.1}]
        optimizer = optim.SGD(groups, lr=0.01, momentum=0.5)
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=5, **more)
        return result(history, net, optimizer)

    assert twice_killed(run, tmp_path) == run()


def test_a_run_that_a_callback_stopped_stays_stopped(tmp_path):
    class Enough(Callback):
        def on_step(self, run):
            if run.step == 5:
                raise StopTraining("enough")

    def run(**more):
        net = network()
        optimizer = optim.Adam(net.parameters())
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=5, callbacks=Enough(), **more)
        return result(history, net, optimizer)

    straight = run(checkpoints=tmp_path)
    assert straight[0]["stopped"] == "enough" and straight[1]["losses"][1] == (6,)
    assert run(checkpoints=tmp_path, resume=True) == straight


def test_fewer_epochs_end_those_in_progress(tmp_path):
    def run(epochs, **more):
        net = network()
        optimizer = optim.Adam(net.parameters())
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=epochs, batch_size=20, **more)
        return history.epochs

    rule = Checkpoints(tmp_path, every_seconds=0)
    assert killed_after(9, lambda: run(4000, checkpoints=rule)) is None
    assert 1 < run(1, checkpoints=rule, resume=True) < 4000


def test_a_stream_that_fails_leaves_a_checkpoint_of_the_last_step(tmp_path):
    class Fails(Batches):
        left = 9

        def __iter__(self):
            for batch in super().__iter__():
                self.left -= 1
                if not self.left:
                    raise OSError("the network is gone")
                yield batch

    def run(data, **more):
        net = noisy()
        optimizer = optim.Adam(net.parameters())
        return result(fit(net, nn.MSELoss(), optimizer, data, epochs=3, **more), net, optimizer)

    with pytest.raises(OSError, match="network"):
        run(Fails(), checkpoints=tmp_path)
    assert [path.name for path in Checkpoints(tmp_path).files] == ["step-0000000008.safetensors"]
    assert run(Batches(), checkpoints=tmp_path, resume=True) == run(Batches())


def test_an_interruption_between_epochs_leaves_the_last_checkpoint(tmp_path):
    def interrupt(run):
        if run.epoch == 3 and not more:
            raise KeyboardInterrupt

    def run():
        net = network()
        optimizer = optim.Adam(net.parameters())
        rule = {"checkpoints": Checkpoints(tmp_path, every_epochs=2), **more}
        history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=5, callbacks=interrupt, **rule)
        return result(history, net, optimizer)

    more = {}
    with pytest.raises(KeyboardInterrupt):
        run()
    more = {"checkpoints": tmp_path / "straight"}
    straight = run()
    more = {"resume": True}
    assert run() == straight
