"""The tape: its numbers are those of training, and a change moves only what depends on it."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule import lax, nn, optim
from chainrule.engine.graph import node_names
from chainrule.optim import functional
from tests.explain.functions import FUNCTIONS

X = np.random.default_rng(0).normal(size=(6, 2))
Y = X[:, :1] * X[:, 1:]


def network(dtype=np.float64):
    cr.random.seed(0)
    return nn.Sequential(nn.Linear(2, 3, dtype=dtype), nn.Tanh(), nn.Linear(3, 1, dtype=dtype))


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.1),
    # A small rate: its first steps are ten times lr, and where tanh saturates 1 - y² cancels.
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adam": lambda p: optim.Adam(p, lr=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.1),
    "lion": lambda p: optim.Lion(p, lr=0.1, weight_decay=0.1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_that_of_the_optimizer(name, dtype):
    net = network(dtype)
    optimizer = OPTIMIZERS[name](net.parameters())
    loss = nn.MSELoss()
    x, y = X.astype(dtype), Y.astype(dtype)
    for _ in range(3):  # later steps start with a memory
        before = net.state_dict()
        tape = cr.tape(net, loss, optimizer, (x, y))
        for key, value in before.items():
            np.testing.assert_array_equal(net.state_dict()[key], value)
        optimizer.zero_grad()
        value = loss(net(x), y)
        value.backward()
        optimizer.step()
        close = dict(rtol=1e-12) if dtype == np.float64 else dict(rtol=2e-6, atol=1e-7)
        np.testing.assert_allclose(tape["v12"], value.item(), **close)
        for label, parameter in net.named_parameters():
            id = next(row["id"] for row in tape.to_dicts() if row["label"] == label)
            np.testing.assert_allclose(tape[f"d_{id}"], parameter.grad, **close)
            np.testing.assert_allclose(tape[f"new_{id}"], parameter.data, **close)
            assert tape[f"new_{id}"].dtype == parameter.dtype


@pytest.mark.parametrize("make", [functional.sgd, functional.adam, functional.lion])
def test_a_step_is_that_of_the_triple(make):
    triple = make(0.1)
    params = {"w": np.array([0.5, -1.0]), "b": np.array(0.2)}

    def apply(params, x):
        return np.tanh(x @ params["w"] + params["b"])

    def loss(prediction, y):
        return np.mean((prediction - y) ** 2)

    tape = cr.tape((params, apply), loss, triple, (X, Y[:, 0]))
    gradient = cr.grad(lambda p: loss(apply(p, X), Y[:, 0]))(params)
    after = triple.get_params(triple.update(0, gradient, triple.init(params)))
    ids = {row["label"]: row["id"] for row in tape.to_dicts()}
    for key, new in after.items():
        np.testing.assert_allclose(tape["new_" + ids[f"params[{key!r}]"]], new, rtol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_on_the_tape(name):
    function, args = FUNCTIONS[name]
    tape, steps = cr.tape(function, *args), cr.backprop(function)(*args)
    for id, value in steps.values.items():
        if not isinstance(value, tuple):
            np.testing.assert_allclose(tape[id], value, rtol=1e-12)
    for id, cotangent in steps.cotangents.items():
        if not isinstance(cotangent, tuple):
            np.testing.assert_allclose(tape[f"d_{id}"], cotangent, rtol=1e-5, atol=1e-12)
    json.dumps(tape.to_dicts(), allow_nan=False)


def test_walking():
    tape = cr.tape(lambda w: np.tanh(w) * w, 0.5)
    assert tape.here.id == "v1"
    assert tape.here.text == "v1 = np.tanh(x0)"
    assert tape.here.phase == "forward"
    assert "np.tanh(w) * w" in tape.here.line
    assert tape.forward().id == "v2"
    assert tape.forward().phase == "backward"
    assert tape.back(2).id == "v1"
    assert tape.back().id == "v1"
    assert tape.to(len(tape) - 1).id == "d_x0"
    assert tape.forward().id == "d_x0"
    assert tape.to("backward").index == 2
    assert tape.to("v2").value == tape["v2"]
    assert next(iter(tape)).id == "v1"
    assert ">" in str(tape)
    with pytest.raises(IndexError, match="the tape has"):
        tape.to(99)
    with pytest.raises(KeyError, match="no node is called 'v99'"):
        tape.to("v99")
    with pytest.raises(KeyError, match="is an input"):
        tape.to("x0")


def reaches(tape, id):
    """The ids of all that depends on a node, by its rows alone."""
    found = {id}
    for row in tape.to_dicts():
        if found & set(row["inputs"]):
            found.add(row["id"])
    return found - {id}


@pytest.mark.parametrize("id", ["x0", "v4", "v9", "d_v9", "lr", "mean_x4", "d_x2"])
def test_a_pin_recomputes_what_depends_on_it_and_nothing_else(id):
    net = network()
    tape = cr.tape(net, nn.MSELoss(), optim.Adam(net.parameters(), lr=0.1), (X, Y))
    before = {row["id"]: tape[row["id"]] for row in tape.to_dicts()}
    tape.pin(id, before[id] * 1.5 + 0.1)
    after = {row["id"]: tape[row["id"]] for row in tape.to_dicts()}
    changed = {key for key in before if before[key] is not after[key]}
    assert changed - {id} <= set(tape.recomputed)
    assert set(tape.recomputed) == reaches(tape, id)
    assert id not in tape.recomputed
    assert id in tape.pinned
    tape.unpin(id)
    for key, value in before.items():
        np.testing.assert_array_equal(tape[key], value)
    assert not tape.pinned


def test_a_pinned_value_stays_when_another_changes():
    tape = cr.tape(lambda w: np.exp(w * 2.0) * w, 0.5)
    tape.pin("v1", 0.0)
    tape.pin("x0", 3.0)
    assert tape["v1"] == 0.0
    assert tape["v2"] == 1.0
    assert tape["v3"] == 3.0
    assert "v1" not in tape.recomputed
    assert "pinned" in str(tape)
    tape.unpin()
    np.testing.assert_allclose(tape["v3"], np.exp(1.0) * 0.5)


def test_the_gradient_follows_a_pin():
    """With a weight pinned, the tape's gradient is that of the function at the pinned weight."""

    def loss(w, x):
        return np.mean(np.tanh(x @ w) ** 2)

    w, other = np.array([0.3, -0.2]), np.array([-1.0, 0.4])
    tape = cr.tape(loss, w, X)
    tape.pin("x0", other)
    np.testing.assert_allclose(tape["d_x0"], cr.grad(loss)(other, X), rtol=1e-12)


def test_pins_are_checked():
    tape = cr.tape(lambda w: np.sum(w * w), np.ones(3))
    with pytest.raises(ValueError, match=r"x0 is f64\[3\], and the value has shape \(2,\)"):
        tape.pin("x0", np.ones(2))
    with pytest.raises(KeyError, match="not pinned"):
        tape.unpin("x0")


def test_a_function_without_a_scalar_has_a_forward_phase_alone():
    tape = cr.tape(lambda x: np.tanh(x) * 2, np.ones(3))
    assert {place.phase for place in tape} == {"forward"}


def test_a_derivative_that_ends_on_the_way():
    tape = cr.tape(lambda x: np.copysign(2.0, x) * x, 3.0)
    assert (tape["d_v1"], tape["d_x0"]) == (3.0, 2.0)
    tape.to("backward")
    assert "grad 3" in str(tape.picture())


def test_a_step_of_ones_own():
    """With grad inside, the gradient is on the way forward."""

    def step(w, x):
        return w - 0.5 * cr.grad(lambda w: np.mean((w * x) ** 2))(w)

    tape = cr.tape(step, 2.0, X[:, 0], backward=False)
    assert {place.phase for place in tape} == {"forward"}
    assert tape[tape.to(len(tape) - 1).id] == step(2.0, X[:, 0])


def test_shown_in_a_notebook():
    tape = cr.tape(lambda w: w * w, 2.0)
    assert "forward 1 of 4" in tape._repr_html_()
    assert "<svg" in tape._repr_html_()


def test_buffers_and_keys_stay():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 1))
    before = net.state_dict()
    tape = cr.tape(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), (X, Y))
    for key, value in before.items():
        np.testing.assert_array_equal(net.state_dict()[key], value)
    again = cr.tape(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), (X, Y))
    assert [place.text for place in tape] == [place.text for place in again]


def test_names_are_those_of_the_drawing():
    net = network()
    drawn = cr.trace(lambda x, y: nn.functional.mse_loss(net(x), y), X, Y)
    names = {name: node.primitive.name for node, name in node_names(drawn).items() if node.inputs}
    tape = cr.tape(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), (X, Y))
    forward = {place.id: place.op for place in tape if place.phase == "forward"}
    assert len(forward) > 8 and forward.items() <= names.items()


def test_what_cannot_be_taped():
    net = network()
    with pytest.raises(TypeError, match="LBFGS"):
        cr.tape(net, nn.MSELoss(), optim.LBFGS(net.parameters()), (X, Y))
    with pytest.raises(TypeError, match="the optimizer is one of"):
        cr.tape(net, nn.MSELoss(), "adam", (X, Y))
    with pytest.raises(TypeError, match="a function and its arguments"):
        cr.tape(3.0)
    with pytest.raises(TypeError, match=r"got \(Sequential, MSELoss, tuple\)"):
        cr.tape(net, nn.MSELoss(), (X, Y))
    with pytest.raises(ValueError, match="nothing is computed"):
        cr.tape(lambda x: x, 2.0)


def test_long_values_end_with_an_ellipsis_within_80_columns():
    def total(w):
        return lax.scan(lambda h, x: (np.tanh(h @ w + x), h), np.zeros(4), np.ones((6, 4)))[0].sum()

    lines = str(cr.tape(total, np.eye(4))).splitlines()
    assert max(map(len, lines)) <= 80 and any(line.endswith("…") for line in lines)


def test_pictures_of_every_place():
    net = network()
    tape = cr.tape(net, nn.MSELoss(), optim.SGD(net.parameters(), lr=0.1), (X, Y))
    sizes = set()
    for phase in ("forward", "backward", "update"):
        tape.to(phase)
        picture = tape.picture()
        assert picture.title.startswith(phase)
        sizes.add((picture.width, picture.height))
    assert len(sizes) == 1  # the graph stands still while one walks
    assert "grad" in str(picture)
