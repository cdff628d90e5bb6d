"""Every update rule and scheduler against PyTorch's, step by step in float64."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr
from chainrule import optim

RULES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    ("Adagrad", {"lr": 0.1}),
    (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
    ),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "centered": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-4, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3}),
]

WEIGHTS = np.array([1.0, 4.0, 0.3])
START = np.array([[0.5, -1.0, 2.0], [-0.1, 0.7, 1.5]])
TARGET = np.array([[1.0, 2.0, -1.0], [0.0, 0.5, 3.0]])


def loss_of(w, b, lib):
    """Not quadratic, so that gradients change in size and sign."""
    return (lib.cosh(w - TARGET_OF[lib]) * WEIGHTS_OF[lib]).sum() / 10 + ((b - 3.0) ** 2).sum()


TARGET_OF = {np: TARGET, torch: torch.tensor(TARGET)}
WEIGHTS_OF = {np: WEIGHTS, torch: torch.tensor(WEIGHTS)}


def pairs():
    theirs = [torch.tensor(START, requires_grad=True), torch.tensor(1.0, dtype=torch.float64)]
    theirs[1].requires_grad_()
    return [cr.tensor(START), cr.tensor(np.float64(1.0))], theirs


def assert_same(mine, theirs, tolerance=1e-12):
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(("name", "settings"), RULES, ids=str)
def test_twenty_steps_of_each_rule(name, settings):
    mine, theirs = pairs()
    my_optimizer = getattr(optim, name)(mine, **settings)
    their_optimizer = getattr(torch.optim, name)(theirs, **settings)
    for _ in range(20):
        my_optimizer.zero_grad()
        loss_of(*mine, np).backward()
        my_optimizer.step()
        their_optimizer.zero_grad()
        loss_of(*theirs, torch).backward()
        their_optimizer.step()
        assert_same(mine, theirs)


def test_defaults_are_pytorchs():
    for name in ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "LBFGS"):
        mine, theirs = pairs()
        ours = getattr(optim, name)(mine).defaults
        expected = getattr(torch.optim, name)(theirs).defaults
        for key, value in ours.items():
            assert expected[key] == value, (name, key)


def closure_of(optimizer, parameters, lib):
    def closure():
        optimizer.zero_grad()
        loss = loss_of(*parameters, lib)
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("settings", [{"lr": 0.5}, {"lr": 0.3, "max_iter": 3, "history_size": 2}])
def test_lbfgs_without_a_search(settings):
    mine, theirs = pairs()
    my_optimizer = optim.LBFGS(mine, **settings)
    their_optimizer = torch.optim.LBFGS(theirs, **settings)
    for _ in range(4):
        a = my_optimizer.step(closure_of(my_optimizer, mine, np))
        b = their_optimizer.step(closure_of(their_optimizer, theirs, torch))
        assert float(a) == pytest.approx(b.item(), rel=1e-12)
        assert_same(mine, theirs, 1e-11)


def test_lbfgs_with_strong_wolfe_ends_at_the_same_minimum():
    mine, theirs = pairs()
    my_optimizer = optim.LBFGS(mine, max_iter=60, line_search_fn="strong_wolfe")
    their_optimizer = torch.optim.LBFGS(theirs, max_iter=60, line_search_fn="strong_wolfe")
    my_optimizer.step(closure_of(my_optimizer, mine, np))
    their_optimizer.step(closure_of(their_optimizer, theirs, torch))
    assert_same(mine, theirs, 1e-5)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1000.0])
def test_clipping(norm_type, max_norm):
    mine, theirs = pairs()
    loss_of(*mine, np).backward()
    loss_of(*theirs, torch).backward()
    ours = optim.clip_grad_norm_(mine, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert ours == pytest.approx(float(expected), rel=1e-12)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-12)
    optim.clip_grad_value_(mine, 0.1)
    torch.nn.utils.clip_grad_value_(theirs, 0.1)
    for a, b in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(a.grad, b.grad.numpy(), rtol=1e-12)


SCHEDULERS = [
    ("LambdaLR", {"lr_lambda": lambda i: 1 / (1 + i)}),
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 11]}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 30, "eta_min": 0.01}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 31}),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 31, "pct_start": 0.5, "div_factor": 10.0}),
]


@pytest.mark.parametrize(("name", "settings"), SCHEDULERS, ids=[n for n, _ in SCHEDULERS])
@pytest.mark.filterwarnings("ignore:Detected call of")
def test_schedulers(name, settings):
    mine, theirs = pairs()
    my_optimizer = optim.SGD(mine, lr=0.3, momentum=0.9)
    their_optimizer = torch.optim.SGD(theirs, lr=0.3, momentum=0.9)
    ours = getattr(optim.lr_scheduler, name)(my_optimizer, **settings)
    expected = getattr(torch.optim.lr_scheduler, name)(their_optimizer, **settings)
    for _ in range(30):
        assert ours.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-12)
        ours.step()
        expected.step()


@pytest.mark.parametrize("mode", ["min", "max"])
def test_reduce_on_plateau(mode):
    mine, theirs = pairs()
    settings = {"mode": mode, "patience": 2, "cooldown": 1, "factor": 0.5, "min_lr": 0.01}
    my_optimizer = optim.SGD(mine, lr=0.3)
    their_optimizer = torch.optim.SGD(theirs, lr=0.3)
    ours = optim.lr_scheduler.ReduceLROnPlateau(my_optimizer, **settings)
    expected = torch.optim.lr_scheduler.ReduceLROnPlateau(their_optimizer, **settings)
    values = np.abs(np.random.default_rng(0).normal(2.0, 1.0, 60))
    for value in values:
        ours.step(value)
        expected.step(value)
        assert ours.get_last_lr() == pytest.approx([g["lr"] for g in their_optimizer.param_groups])


def jax_triples():
    optimizers = pytest.importorskip("jax.example_libraries.optimizers")
    ours = optim.functional
    return [
        (ours.sgd(0.05), optimizers.sgd(0.05)),
        (ours.momentum(0.05, 0.9), optimizers.momentum(0.05, 0.9)),
        (ours.nesterov(0.05, 0.9), optimizers.nesterov(0.05, 0.9)),
        (ours.adam(0.05), optimizers.adam(0.05)),
        (
            ours.sgd(ours.exponential_decay(0.05, 10, 0.5)),
            optimizers.sgd(optimizers.exponential_decay(0.05, 10, 0.5)),
        ),
        (
            ours.sgd(ours.inverse_time_decay(0.05, 3, 0.5, True)),
            optimizers.sgd(optimizers.inverse_time_decay(0.05, 3, 0.5, True)),
        ),
        (
            ours.sgd(ours.polynomial_decay(0.05, 10, 0.01, 2.0)),
            optimizers.sgd(optimizers.polynomial_decay(0.05, 10, 0.01, 2.0)),
        ),
        (
            ours.adam(ours.piecewise_constant([3, 7], [0.1, 0.01, 0.001])),
            optimizers.adam(optimizers.piecewise_constant([3, 7], [0.1, 0.01, 0.001])),
        ),
    ]


def test_triples_against_jax():
    jax = pytest.importorskip("jax")
    start = {"w": START, "b": np.array(1.0)}

    def gradient(params):
        return {"w": np.sinh(params["w"] - TARGET) * WEIGHTS, "b": 2 * (params["b"] - 3.0)}

    def run(triple):
        init, update, get_params = triple
        state = init(start)
        for i in range(12):
            params = {name: np.asarray(p) for name, p in get_params(state).items()}
            state = update(i, gradient(params), state)
        return get_params(state)

    was = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        for number, (ours, theirs) in enumerate(jax_triples()):
            mine, expected = run(ours), run(theirs)
            for name, value in mine.items():
                np.testing.assert_allclose(
                    value, np.asarray(expected[name]), rtol=1e-12, err_msg=f"pair {number}"
                )
    finally:
        jax.config.update("jax_enable_x64", was)
