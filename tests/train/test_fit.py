"""fit against loops written by hand, and what it promises beside."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import fit, metrics

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


def by_hand(net, optimizer, steps, criterion, after_backward=lambda net: None, **named):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = criterion(net(X), Y, **named)
        loss.backward()
        after_backward(net)
        optimizer.step()
        losses.append(loss.item())
    return losses


MAKERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.5, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=0.05, weight_decay=0.01),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, centered=True),
    "lion": lambda p: optim.Lion(p, lr=0.01),
}


@pytest.mark.parametrize("name", MAKERS)
def test_full_batches_are_the_loop_that_one_writes_by_hand(name):
    one, other = network(), network()
    criterion = nn.BCEWithLogitsLoss()
    expected = by_hand(one, MAKERS[name](one.parameters()), 20, criterion)
    history = fit(
        other, criterion, MAKERS[name](other.parameters()), (X, Y), epochs=20, batch_size=None
    )
    np.testing.assert_allclose(history.losses, expected, rtol=1e-9)
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-8)


def test_clipping_and_weights_as_by_hand():
    one, other = network(), network()
    criterion = nn.BCEWithLogitsLoss()

    def clip(net):
        optim.clip_grad_norm_(net.parameters(), 0.05)

    optimizer = optim.SGD(one.parameters(), lr=0.5)
    by_hand(one, optimizer, 10, criterion, clip, weight=WEIGHTS.reshape(-1, 1))
    optimizer = optim.SGD(other.parameters(), lr=0.5)
    weights = WEIGHTS.reshape(-1, 1)
    fit(other, criterion, optimizer, (X, Y), epochs=10, batch_size=None, clip=0.05, weights=weights)
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-9)


def test_l2_adds_the_squares_of_weights_but_not_of_biases():
    one, other = network(), network()

    def penalised(prediction, target):
        squares = (one[0].weight ** 2).sum() + (one[2].weight ** 2).sum()
        return nn.MSELoss()(prediction, target) + 0.1 * squares

    expected = by_hand(one, optim.SGD(one.parameters(), lr=0.1), 5, penalised)
    optimizer = optim.SGD(other.parameters(), lr=0.1)
    history = fit(other, nn.MSELoss(), optimizer, (X, Y), epochs=5, batch_size=None, l2=0.1)
    np.testing.assert_allclose(history.losses, expected, rtol=1e-12)


def test_optimizer_object_triple_and_pair_agree():
    one, two, pair = network(), network(), network()
    settings = {"epochs": 3, "batch_size": 16, "seed": 5}
    a = fit(one, nn.MSELoss(), optim.Adam(one.parameters(), lr=0.01), (X, Y), **settings)
    b = fit(two, nn.MSELoss(), optim.functional.adam(0.01), (X, Y), **settings)
    first, second = pair[0], pair[2]
    params = [(first.weight, first.bias), (second.weight, second.bias)]

    def apply(params, x):
        (w1, b1), (w2, b2) = params
        return np.tanh(x @ w1.T + b1) @ w2.T + b2

    c = fit((params, apply), nn.MSELoss(), optim.functional.adam(0.01), (X, Y), **settings)
    np.testing.assert_allclose(b.losses, a.losses, rtol=1e-10)
    np.testing.assert_allclose(c.losses, a.losses, rtol=1e-10)
    np.testing.assert_allclose(c.params[0][0], one[0].weight.data, rtol=1e-9)
    np.testing.assert_array_equal(
        first.weight.data, network()[0].weight.data
    )  # a pair is not changed


def test_a_loss_of_the_model_and_a_criterion_agree():
    one, two = network(), network()

    def loss(model, x, y):
        return np.mean((model(x) - y) ** 2)

    settings = {"epochs": 2, "batch_size": 20, "validation": (X[:7], Y[:7])}
    a = fit(one, nn.MSELoss(), optim.functional.sgd(0.1), (X, Y), **settings)
    b = fit(two, loss, optim.functional.sgd(0.1), (X, Y), **settings)
    np.testing.assert_allclose(a.losses, b.losses, rtol=1e-12)
    np.testing.assert_allclose(a.validation_losses, b.validation_losses, rtol=1e-12)


def test_the_seed_decides_everything():
    def run(seed):
        net = network(1, nn.Dropout(0.3, key=cr.random.key(7)))
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        settings = {"epochs": 3, "batch_size": 16, "validation_split": 0.2, "seed": seed}
        return fit(net, nn.MSELoss(), optimizer, (X, Y), **settings)

    one, again, other = run(3), run(3), run(4)
    np.testing.assert_array_equal(one.losses, again.losses)
    np.testing.assert_array_equal(one.validation_losses, again.validation_losses)
    assert not np.array_equal(one.losses, other.losses)


def test_each_epoch_sees_each_example_once_in_a_new_order():
    seen = []

    class Watch(nn.Module):
        def __init__(self):
            self.w = nn.Parameter(np.zeros(()))

        def forward(self, x):
            return self.w * x

    data = np.arange(1.0, 11.0)
    # The gradient by w at w = 0 with lr 0: the loss of a batch is the sum of its squared targets.
    history = fit(
        Watch(),
        lambda prediction, y: np.sum((prediction - 2.0**y) ** 1),
        optim.functional.sgd(0.0),
        (data, data),
        epochs=4,
        batch_size=3,
    )
    seen = [[int(-loss) for loss in epoch] for epoch in history.losses.reshape(4, 4)]
    for epoch in seen:
        assert sum(epoch) == sum(2**k for k in range(1, 11))  # binary digits: each example once
    assert len({tuple(epoch) for epoch in seen}) == 4


def test_one_trace_serves_all_steps_of_one_shape():
    traces = 0

    def loss(model, x, y):
        nonlocal traces
        traces += 1
        return np.mean((model(x) - y) ** 2)

    net = network()
    schedule = optim.schedules.cosine(0.1, 100)
    optimizer = optim.Adam(net.parameters())
    fit(net, loss, optimizer, (X, Y), epochs=10, batch_size=16, schedule=schedule, lint=False)
    assert traces == 2  # full batches, and the last one of 12


def test_validation_split_keeps_its_part_out_of_training():
    net = network()
    epochs = []
    history = fit(
        net,
        nn.MSELoss(),
        optim.SGD(net.parameters(), lr=0.0),
        (X, Y),
        epochs=2,
        batch_size=48,
        validation_split=0.2,
        metrics={"mae": metrics.mae},
        callbacks=lambda run: epochs.append((run.epoch, run.step, run.validation_loss)),
    )
    total = (history.losses[0] * 48 + history.validation_losses[0] * 12) / 60
    assert total == pytest.approx(np.mean((net(X).numpy() - Y) ** 2), rel=1e-12)
    assert [(e, s) for e, s, _ in epochs] == [(0, 0), (1, 1)]
    assert history.metrics["mae"].shape == (2,)


def test_batch_norm_and_dropout_train_in_training_mode_and_are_judged_in_evaluation_mode():
    net = network(1, nn.BatchNorm1d(8).double(), nn.Dropout(0.5, key=cr.random.key(1)))
    other = network(1, nn.BatchNorm1d(8).double(), nn.Dropout(0.5, key=cr.random.key(1)))
    optimizer = optim.SGD(other.parameters(), lr=0.1)
    other.train()
    expected = by_hand(other, optimizer, 6, nn.MSELoss())
    settings = {
        "epochs": 6,
        "batch_size": None,
        "validation": (X, Y),
        "metrics": {"mse": metrics.mse},
    }
    history = fit(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), (X, Y), **settings)
    np.testing.assert_allclose(history.losses, expected, rtol=1e-9)
    for (name, a), (_, b) in zip(net.named_buffers(), other.named_buffers(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, err_msg=name)
    assert not net.training and not net[2].training
    judged = np.mean((net(X).numpy() - Y) ** 2)
    assert history.validation_losses[-1] == pytest.approx(judged, rel=1e-12)
    assert history.metrics["mse"][-1] == pytest.approx(judged, rel=1e-12)


def test_shared_and_frozen_parameters():
    class Tied(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(2, 2, key=cr.random.key(0)).double()
            self.again = nn.Linear(2, 2, key=cr.random.key(1)).double()
            self.again.weight = self.inner.weight
            self.again.bias.requires_grad = False

        def forward(self, x):
            return self.again(np.tanh(self.inner(x)))

    net, other = Tied(), Tied()
    targets = np.concatenate([Y, 1 - Y], axis=1)
    bias = net.again.bias.data.copy()
    fit(
        net,
        nn.MSELoss(),
        optim.SGD(net.parameters(), lr=0.1),
        (X, targets),
        epochs=3,
        batch_size=None,
    )
    optimizer = optim.SGD(other.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        nn.MSELoss()(other(X), targets).backward()
        optimizer.step()
    assert net.again.weight is net.inner.weight
    np.testing.assert_allclose(net.inner.weight.data, other.inner.weight.data, rtol=1e-12)
    np.testing.assert_array_equal(net.again.bias.data, bias)


def test_a_second_fit_goes_on_where_the_first_ended():
    one, two = network(), network()
    long = optim.Adam(one.parameters(), lr=0.05)
    fit(one, nn.MSELoss(), long, (X, Y), epochs=10, batch_size=None)
    short = optim.Adam(two.parameters(), lr=0.05)
    for _ in range(2):
        fit(two, nn.MSELoss(), short, (X, Y), epochs=5, batch_size=None)
    np.testing.assert_allclose(numbers(two), numbers(one), rtol=1e-12)
    assert short.state[0]["step"] == 10
    np.testing.assert_allclose(short.state[0]["mean"], long.state[0]["mean"], rtol=1e-9)


def test_streams_of_batches():
    net, other = network(), network()
    batches = [(X[:40], Y[:40]), (X[40:], Y[40:])]
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    history = fit(net, nn.MSELoss(), optimizer, batches, epochs=2)
    optimizer = optim.SGD(other.parameters(), lr=0.1)
    same = fit(other, nn.MSELoss(), optimizer, (X, Y), epochs=2, batch_size=40, shuffle=False)
    np.testing.assert_allclose(history.losses, same.losses)
    with pytest.raises(ValueError, match="only once"):
        fit(net, nn.MSELoss(), optim.SGD(net.parameters()), iter(batches), epochs=2)


def test_random_numbers_reach_a_function_that_wants_them():
    def apply(params, x, rng=None):
        noise = 0.0 if rng is None else cr.random.normal(rng)
        return params["w"] * x + noise

    def run(seed):
        triple = optim.functional.sgd(0.0)
        return fit(
            ({"w": 1.0}, apply), nn.MSELoss(), triple, (X, X), epochs=3, batch_size=30, seed=seed
        )

    losses = run(0).losses
    assert len(set(losses.tolist())) == 6
    np.testing.assert_array_equal(losses, run(0).losses)


def test_float64_data_does_not_widen_a_float32_network():
    net = nn.Linear(2, 1)
    fit(net, nn.MSELoss(), optim.Adam(net.parameters()), (X, Y), epochs=1)
    assert net.weight.dtype == np.float32


def test_lbfgs_takes_few_steps():
    one, other = network(), network()
    settings = {"line_search_fn": "strong_wolfe", "max_iter": 5}
    optimizer = optim.LBFGS(one.parameters(), **settings)
    losses = []
    for _ in range(4):

        def closure():
            optimizer.zero_grad()
            loss = nn.MSELoss()(one(X), Y)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
    history = fit(
        other,
        nn.MSELoss(),
        optim.LBFGS(other.parameters(), **settings),
        (X, Y),
        epochs=4,
        batch_size=None,
    )
    np.testing.assert_allclose(history.losses, losses, rtol=1e-6)
    np.testing.assert_allclose(numbers(other), numbers(one), rtol=1e-4)
