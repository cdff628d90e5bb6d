"""How a run of fit is watched, stopped, interrupted and refused."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, EarlyStopping, StopTraining, fit, metrics

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)
WEIGHTS = np.linspace(0.5, 2.0, 60)


def network(key=1, *between):
    keys = cr.random.split(cr.random.key(key), 2)
    return nn.Sequential(
        nn.Linear(2, 8, key=keys[0]), nn.Tanh(), *between, nn.Linear(8, 1, key=keys[1])
    ).double()


def numbers(net):
    return np.concatenate([p.data.ravel() for p in net.parameters()])


def test_early_stopping_takes_the_best_back():
    net = network()
    kept = {}

    def keep(run):
        kept[run.epoch] = numbers(run.model)

    history = fit(
        net,
        nn.MSELoss(),
        optim.SGD(net.parameters(), lr=2.5),  # too fast: the loss bounces
        (X, Y),
        epochs=100,
        batch_size=15,
        validation_split=0.3,
        early_stopping=4,
        callbacks=[keep],
    )
    best = int(np.argmin(history.validation_losses))
    assert history.best_epoch == best and history.epochs == best + 5 < 100
    assert "4 epochs" in history.stopped
    np.testing.assert_array_equal(numbers(net), kept[best])


def test_early_stopping_by_a_metric_that_should_be_large():
    net = network()
    history = fit(
        net,
        nn.BCEWithLogitsLoss(),
        optim.SGD(net.parameters(), lr=1e-9),
        (X, Y),
        epochs=50,
        metrics={"accuracy": lambda y, z: metrics.accuracy(y, z, threshold=0.0)},
        early_stopping=EarlyStopping(3, monitor="accuracy", mode="max"),
    )
    assert history.epochs == 4 and history.best_epoch == 0


def test_schedules_and_changed_learning_rates():
    net = network()
    schedule = optim.schedules.step(0.1, 2, 0.5)
    optimizer = optim.SGD(net.parameters(), lr=9.0)
    history = fit(
        net, nn.MSELoss(), optimizer, (X, Y), epochs=4, batch_size=None, schedule=schedule
    )
    np.testing.assert_allclose(history.learning_rates, [0.1, 0.1, 0.05, 0.05])

    optimizer = optim.SGD(net.parameters(), lr=1.0)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    history = fit(
        net,
        nn.MSELoss(),
        optimizer,
        (X, Y),
        epochs=3,
        batch_size=None,
        callbacks=lambda run: scheduler.step(),
    )
    np.testing.assert_allclose(history.learning_rates, [1.0, 0.5, 0.25])


class Boom(Exception):
    pass


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt])
def test_after_an_interruption_the_model_is_that_of_the_last_finished_step(error):
    net, other = network(), network()
    ended = []

    class Break(Callback):
        def on_step(self, run):
            if run.step == 6:
                raise error

        def on_end(self, run):
            ended.append(run.step)

    optimizer = optim.Adam(net.parameters())
    with pytest.raises(error):
        fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=9, batch_size=None, callbacks=[Break()])
    fit(other, nn.MSELoss(), optim.Adam(other.parameters()), (X, Y), epochs=7, batch_size=None)
    np.testing.assert_array_equal(numbers(net), numbers(other))
    assert optimizer.state[0]["step"] == 7 and ended == [6]


def test_a_callback_can_stop():
    net = network()

    def enough(run):
        if run.epoch == 2:
            raise StopTraining("good enough")

    optimizer = optim.SGD(net.parameters(), lr=0.1)
    history = fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=50, callbacks=[enough])
    assert (history.epochs, history.stopped) == (3, "good enough")


def test_a_loss_that_blows_up_names_step_and_epoch_and_keeps_finite_parameters():
    net = nn.Linear(2, 1, key=cr.random.key(0))
    optimizer = optim.SGD(net.parameters(), lr=1e8)
    with (
        np.errstate(all="ignore"),
        pytest.raises(
            cr.engine.errors.NonFiniteError, match=r"step \d+ \(epoch \d+\).*lower learning"
        ),
    ):
        fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=100, batch_size=30)
    assert np.isfinite(numbers(net)).all()


@pytest.mark.parametrize("progress", [True, False, "lines"])
def test_progress_elsewhere_than_on_a_terminal(progress, capsys):
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=30, batch_size=None, progress=progress)
    out, err = capsys.readouterr()
    assert err == ""
    assert len(out.splitlines()) == (10 if progress == "lines" else 0)
    assert progress != "lines" or out.splitlines()[-1].startswith("epoch 30/30  loss 0.")


def test_the_bar_draws(monkeypatch, capsys):
    import sys

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=3, batch_size=None)
    assert "3/3" in capsys.readouterr().err


def call(**changes):
    net = network()
    settings = {
        "model": net,
        "loss": nn.MSELoss(),
        "optimizer": optim.SGD(net.parameters(), lr=0.1),
        "data": (X, Y),
        **changes,
    }
    return lambda: fit(**settings)


@pytest.mark.parametrize(
    ("go", "says"),
    [
        (call(data=(X, Y[:-1])), "same first axis"),
        (call(data=(X[:0], Y[:0])), "no examples"),
        (call(data=(X, Y), weights=WEIGHTS[:3]), "same first axis"),
        (call(data=[]), "no batch"),
        (call(data=5), "iterable of batches"),
        (call(data=(X,)), "pair"),
        (call(data=(X.astype(str), Y)), "numbers"),
        (call(batch_size=0), "None takes all"),
        (call(epochs=0), "epochs"),
        (call(l2=-1.0), "l2"),
        (call(validation_split=0.001), "empty"),
        (call(validation=X), "pair"),
        (call(validation_split=1.5), "between 0 and 1"),
        (call(data=[(X, Y)], validation_split=0.2), "cannot be split"),
        (call(data=[(X, Y)], metrics={"mse": metrics.mse}), "validation="),
        (call(model=lambda x: x), "Module, or a pair"),
        (call(optimizer="adam"), "triple"),
        (call(optimizer=optim.SGD(network().parameters())), "other|has not"),
        (call(optimizer=optim.functional.sgd(0.1), schedule=lambda i: 0.1), "to the triple"),
        (call(loss=nn.MSELoss(reduction="none")), "scalar"),
        (call(callbacks=[3]), "no callback"),
        (call(progress="loud"), "progress"),
        (call(early_stopping=EarlyStopping(3, monitor="acc")), "monitor='acc'"),
        (call(data=(X, Y.ravel())), r"\(32,\)"),
    ],
)
def test_errors_say_what_to_do(go, says):
    with pytest.raises((TypeError, ValueError), match=says):
        go()


def test_one_callback_need_not_stand_in_a_list():
    class Counter:  # no Callback by birth
        epochs = 0

        def on_epoch(self, run):
            self.epochs += 1

    counter = Counter()
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=3, callbacks=counter)
    assert counter.epochs == 3
