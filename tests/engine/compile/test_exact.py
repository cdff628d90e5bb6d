"""What one looks at is what ran: an inner value as one more output changes no bit of anything."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim, random
from chainrule.demo import curve, line, logistic, molecules, signs
from tests.conformance.rows import draw
from tests.fuzz.compare import is_compiling, simplified
from tests.fuzz.generate import generate
from tests.fuzz.taps import check_taps, inner_values

pytestmark = pytest.mark.skipif(not is_compiling(), reason="there is no compiler")
GRAPHS = 60
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_looking_inside_a_random_graph_changes_no_bit(part):
    for seed in range(10_000 + part, 10_000 + GRAPHS, PARTS):
        generated = generate(seed)
        rng = np.random.default_rng(seed)
        assert not check_taps(generated.graph, generated.values[0], rng), seed


# -- the five experiments' steps ---------------------------------------------------------------


def the_line():
    x, y = draw((50,), seed=1), draw((50,), seed=2)
    return cr.value_and_grad(line.loss), line.BAD, line.line, x, y


def the_plane():
    theta = {"W": draw((5, 3)), "b": draw((3,))}
    x, y = draw((200, 5), seed=1), draw((200, 3), seed=2)
    return cr.value_and_grad(line.loss), theta, line.plane, x, y


def the_clouds():
    theta = {"w": draw((2,)), "b": 0.5}
    x, y = draw((200, 2), seed=1), (draw((200,), seed=2) > 0) * 1.0
    return cr.value_and_grad(logistic.cross_entropy), theta, logistic.logit, x, y


def the_signs():
    theta = signs.initial(random.key(5), 16)
    x, y = draw((200, 2), seed=1), (draw((200,), seed=2) > 0) * 1.0
    return cr.value_and_grad(logistic.cross_entropy), theta, signs.network, x, y


def the_curve():
    """Four networks at once, some steps of Adam in one scan."""
    init, update, get_params = optim.functional.adam(0.03)
    x, y = draw((200,), seed=1), draw((200,), seed=2)

    def loss(theta):
        return np.mean((curve.network(theta, x) - y) ** 2)

    def train(theta):
        def step(state, i):
            value, gradient = cr.value_and_grad(loss)(get_params(state))
            return update(i, gradient, state), value

        return cr.lax.scan(step, init(theta), np.arange(5))

    theta = {"w1": draw((4, 10)), "b1": draw((4, 10)), "w2": draw((4, 10)), "b2": draw((4,))}
    return cr.vmap(train), theta


def the_molecules():
    """Dropout, penalty, Adam."""
    init, update, get_params = optim.functional.adam(0.005)
    x = draw((32, 41), dtype=np.float32)
    y = (draw((32, 1), seed=2) > 0).astype(np.float32)

    def loss(net, key, x, y):
        first, tanh, dropout, last = net
        z = last(dropout(tanh(first(x)), key=key))
        return nn.BCEWithLogitsLoss()(z, y) + 1e-3 * np.sum(first.weight**2)

    def step(i, state, key, x, y):
        value, gradient = cr.value_and_grad(loss)(get_params(state), key, x, y)
        return update(i, gradient, state), value

    net = molecules.make_network(41, 0.2, random.key(0))
    return step, 3, init(net), random.key(1), x, y


STEPS = [the_line, the_plane, the_clouds, the_signs, the_curve, the_molecules]


@pytest.mark.parametrize("experiment", STEPS, ids=lambda f: f.__name__)
def test_looking_inside_an_experiments_step_changes_no_bit(experiment):
    function, *args = experiment()
    graph = cr.trace(function, *args)
    values = [
        np.asarray(x) for x in cr.tree.leaves(args) if isinstance(x, np.ndarray | float | int)
    ]
    assert not check_taps(graph, values, np.random.default_rng(0))


# -- the check itself --------------------------------------------------------------------------


def test_a_program_that_depends_on_its_outputs_is_found():
    x = draw((5, 7), dtype=np.float32)
    graph = cr.trace(lambda x: np.tanh(x).sum(axis=0) * x, x)
    rng = np.random.default_rng(0)

    def depends(graph):
        program, count = simplified(graph), np.float32(len(graph.outputs))
        return lambda values: [v * (1 + count * np.float32(1e-6)) for v in program(values)]

    assert len(inner_values(graph)) >= 3
    assert not check_taps(graph, [x], rng, simplified)
    assert check_taps(graph, [x], rng, depends)
