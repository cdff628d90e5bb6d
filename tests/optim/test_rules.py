"""Update rules against closed forms, and what both of their faces promise."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import optim
from chainrule.optim import functional, rules

CLASS_AND_TRIPLE = [
    (optim.SGD, {"lr": 0.1}, functional.sgd(0.1)),
    (optim.SGD, {"lr": 0.1, "momentum": 0.9}, functional.momentum(0.1)),
    (optim.SGD, {"lr": 0.1, "momentum": 0.5, "nesterov": True}, functional.nesterov(0.1, 0.5)),
    (optim.Adagrad, {"lr": 0.1}, functional.adagrad(0.1)),
    (optim.RMSprop, {"lr": 0.01, "alpha": 0.9}, functional.rmsprop(0.01)),
    (
        optim.RMSprop,
        {"lr": 0.01, "alpha": 0.9, "centered": True},
        functional.rmsprop(0.01, centered=True),
    ),
    (optim.RMSprop, {"lr": 0.01, "alpha": 0.9, "momentum": 0.9}, functional.rmsprop_momentum(0.01)),
    (optim.Adam, {"lr": 0.1}, functional.adam(0.1)),
    (optim.AdamW, {"lr": 0.1}, functional.adamw(0.1)),
    (optim.Lion, {"lr": 0.01, "weight_decay": 0.1}, functional.lion(0.01, weight_decay=0.1)),
]
NAMES = [f"{kind.__name__}-{number}" for number, (kind, _, _) in enumerate(CLASS_AND_TRIPLE)]
TRIPLES = [triple for _, _, triple in CLASS_AND_TRIPLE]

START = {"w": np.array([[1.0, -2.0, 0.5]]), "b": np.array(0.3)}


def bowl(params):
    return np.sum((params["w"] - 1.5) ** 2 * np.array([1.0, 10.0, 3.0])) + np.cosh(params["b"])


def run_triple(triple, steps, params=START, loss=bowl):
    state = triple.init(params)
    for i in range(steps):
        state = triple.update(i, cr.grad(loss)(triple.get_params(state)), state)
    return triple.get_params(state)


def test_sgd_on_a_parabola_shrinks_by_a_constant_factor():
    # f = a/2 w², so w_k = (1 - lr a)^k w_0
    found = run_triple(functional.sgd(0.1), 7, {"w": np.array(2.0)}, lambda p: 1.5 * p["w"] ** 2)
    assert found["w"] == pytest.approx(2.0 * (1 - 0.3) ** 7, rel=1e-14)


def test_momentum_under_a_constant_gradient_is_a_geometric_sum():
    found = run_triple(functional.momentum(0.1, 0.5), 3, {"w": np.array(0.0)}, lambda p: p["w"])
    assert found["w"] == pytest.approx(-0.1 * (1 + 1.5 + 1.75), rel=1e-14)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adams_steps_are_of_size_lr_whatever_the_gradients_size(scale):
    found = run_triple(functional.adam(0.1), 5, {"w": np.array(0.0)}, lambda p: scale * p["w"])
    assert found["w"] == pytest.approx(-0.5, rel=1e-4)


def test_adagrad_under_a_constant_gradient():
    found = run_triple(functional.adagrad(0.1), 3, {"w": np.array(0.0)}, lambda p: 7 * p["w"])
    assert found["w"] == pytest.approx(-0.1 * (1 + 2**-0.5 + 3**-0.5), rel=1e-9)


def test_rmsprop_first_step():
    found = run_triple(functional.rmsprop(0.1, 0.99), 1, {"w": np.array(0.0)}, lambda p: 7 * p["w"])
    assert found["w"] == pytest.approx(-0.1 / 0.01**0.5, rel=1e-6)


def test_lion_by_hand():
    p, memory = np.array([1.0, -1.0]), {"mean": np.array([0.5, 0.0])}
    g = np.array([-1.0, 2.0])
    p, memory = rules.lion(p, g, memory, 3, lr=0.1, betas=(0.9, 0.99), weight_decay=0.5)
    np.testing.assert_allclose(p, [0.95 - 0.1, -0.95 - 0.1], rtol=1e-14)
    np.testing.assert_allclose(memory["mean"], [0.99 * 0.5 - 0.01, 0.02], rtol=1e-12)


def test_adamw_decays_apart_from_the_gradient():
    p = np.array([3.0])
    memory = rules.remember(rules.adamw, p)
    p, _ = rules.adamw(p, np.array([0.0]), memory, 0, lr=0.1, weight_decay=0.2)
    np.testing.assert_allclose(p, [3.0 * (1 - 0.02)], rtol=1e-14)


@pytest.mark.parametrize(("kind", "settings", "triple"), CLASS_AND_TRIPLE, ids=NAMES)
def test_class_and_triple_agree(kind, settings, triple):
    params = {name: cr.tensor(value) for name, value in START.items()}
    optimizer = kind(params.values(), **settings)
    for _ in range(10):
        optimizer.zero_grad()
        bowl(params).backward()
        optimizer.step()
    for name, value in run_triple(triple, 10).items():
        np.testing.assert_allclose(params[name].data, value, rtol=1e-13)


@pytest.mark.parametrize("triple", TRIPLES, ids=NAMES)
def test_a_run_is_one_scan(triple):
    def step(state, i):
        value, grads = cr.value_and_grad(bowl)(triple.get_params(state))
        return triple.update(i, grads, state), value

    state, losses = cr.lax.scan(step, triple.init(START), np.arange(10))
    for name, value in run_triple(triple, 10).items():
        np.testing.assert_allclose(triple.get_params(state)[name], value, rtol=1e-12)
    assert losses.shape == (10,) and losses[0] == pytest.approx(bowl(START))


@pytest.mark.parametrize("triple", TRIPLES, ids=NAMES)
def test_jit_keeps_float32(triple):
    params = {"w": np.ones(3, np.float32), "b": np.float32(0.5)}
    update = cr.jit(triple.update)
    state = triple.init(params)
    for i in range(3):
        state = update(i, cr.grad(bowl)(triple.get_params(state)), state)
    assert {leaf.dtype for leaf in cr.tree.leaves(state)} == {np.dtype(np.float32)}
    expected = run_triple(triple, 3, params)
    for name, value in expected.items():
        np.testing.assert_allclose(state["params"][name], value, rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [functional.sgd, functional.momentum, functional.adam, functional.adamw, functional.lion],
)
def test_vmap_over_learning_rates(make):
    def final(lr):
        triple = make(lr)

        def step(state, i):
            return triple.update(i, cr.grad(bowl)(triple.get_params(state)), state), None

        return triple.get_params(cr.lax.scan(step, triple.init(START), np.arange(5))[0])

    rates = np.array([0.001, 0.01, 0.05])
    stacked = cr.vmap(final)(rates)
    for k, rate in enumerate(rates):
        for name, value in run_triple(make(float(rate)), 5).items():
            np.testing.assert_allclose(stacked[name][k], value, rtol=1e-10)


def test_schedules_in_a_triple_follow_the_step():
    triple = functional.sgd(optim.schedules.exponential(0.1, 0.5))
    found = run_triple(triple, 3, {"w": np.array(0.0)}, lambda p: p["w"])
    assert found["w"] == pytest.approx(-0.1 * 1.75, rel=1e-14)


def test_a_module_is_a_tree_of_parameters():
    class Line(cr.nn.Module):
        def __init__(self):
            self.w = cr.nn.Parameter(np.array(0.0))
            self.b = cr.nn.Parameter(np.array(0.0))

        def forward(self, x):
            return self.w * x + self.b

    x = np.linspace(-1, 1, 20)
    init, update, get_params = functional.adam(0.1)
    state = init(Line())
    for i in range(300):
        grads = cr.grad(lambda net: np.mean((net(x) - 2.5 * x - 1) ** 2))(get_params(state))
        state = update(i, grads, state)
    net = get_params(state)
    assert isinstance(net, Line)
    assert (float(net.w), float(net.b)) == (
        pytest.approx(2.5, abs=1e-3),
        pytest.approx(1, abs=1e-3),
    )


def test_a_gradient_of_another_structure_is_refused():
    init, update, _ = functional.sgd(0.1)
    with pytest.raises(cr.engine.errors.StructureError, match="like the parameters"):
        update(0, {"w": np.ones(3)}, init(START))


def rosenbrock(w):
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


@pytest.mark.parametrize("search", ["strong_wolfe", "armijo"])
def test_lbfgs_finds_the_floor_of_rosenbrocks_valley(search):
    w = cr.tensor([-1.2, 1.0])
    optimizer = optim.LBFGS([w], max_iter=100, max_eval=300, line_search_fn=search)
    evaluations = 0

    def closure():
        nonlocal evaluations
        evaluations += 1
        optimizer.zero_grad()
        loss = rosenbrock(w)
        loss.backward()
        return loss

    assert float(optimizer.step(closure)) == pytest.approx(24.2)
    np.testing.assert_allclose(w.data, [1.0, 1.0], atol=1e-4)
    assert evaluations < 100  # scipy's L-BFGS-B takes about 45


def test_adam_goes_down_rosenbrocks_valley():
    found = run_triple(functional.adam(0.05), 1500, np.array([-1.2, 1.0]), rosenbrock)
    np.testing.assert_allclose(found, [1.0, 1.0], atol=0.05)


def test_two_loop_solves_a_quadratic_after_as_many_steps_as_it_has_axes():
    # Pairs along conjugate axes carry the whole Hessian.
    hessian = np.diag([1.0, 5.0, 20.0])
    steps = list(np.eye(3))
    gradient = np.array([3.0, -2.0, 7.0])
    direction = optim.lbfgs.two_loop(gradient, steps, [hessian @ s for s in steps])
    np.testing.assert_allclose(direction, -np.linalg.solve(hessian, gradient), rtol=1e-12)
