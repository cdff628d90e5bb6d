"""A training step in onnxruntime: the same gradients, and after 100 steps the same parameters."""

import numpy as np
import onnxruntime
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.export import training_step_to_onnx

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 5)).astype(np.float32)
Y = (X.sum(1, keepdims=True) > 0).astype(np.float32)
WORDS, LABELS = RNG.integers(0, 7, 40), RNG.integers(0, 3, 40)

NETWORKS = {
    "linear": (lambda: nn.Linear(5, 1), nn.MSELoss(), X, Y),
    "mlp": (
        lambda: nn.Sequential(nn.Linear(5, 8), nn.GELU(), nn.Linear(8, 1)),
        nn.BCEWithLogitsLoss(),
        X,
        Y,
    ),
    # Without a bias before it: batch norm takes it away, so that its gradient is rounding alone,
    # which Adam makes as large as any other.
    "batch norm": (
        lambda: nn.Sequential(
            nn.Linear(5, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3)
        ),
        nn.CrossEntropyLoss(),
        X,
        LABELS,
    ),
    "dropout": (
        lambda: nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.3), nn.Tanh(), nn.Linear(8, 1)),
        nn.HuberLoss(),
        X,
        Y,
    ),
    "embedding": (
        lambda: nn.Sequential(nn.Embedding(7, 4), nn.Linear(4, 3)),
        nn.CrossEntropyLoss(),
        WORDS,
        LABELS,
    ),
}
RULES = {
    "sgd": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "adamw": lambda p: optim.AdamW(p, lr=0.01),
}
PAIRS = [
    *[("linear", rule) for rule in RULES],
    ("mlp", "sgd"),
    ("mlp", "adam"),
    ("batch norm", "adamw"),
    ("dropout", "adam"),
    ("embedding", "adamw"),
]


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of each default of an input
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [output.name for output in session.get_outputs()]
    return lambda feeds: dict(zip(names, session.run(None, feeds), strict=True))


@pytest.mark.parametrize(("network", "rule"), PAIRS)
def test_it_trains_as_fit_does(network, rule):
    make, loss, x, y = NETWORKS[network]
    net = make()
    optimizer = RULES[rule](net.parameters())
    step = training_step_to_onnx(net, loss, optimizer, x[:8], y[:8])
    run, state = session_of(step), {}
    first = run({"x": x, "y": y})
    for _ in range(100):
        found = run({"x": x, "y": y, **state})
        state = {n.removeprefix("new/"): v for n, v in found.items() if n.startswith("new/")}
    assert state["step"] == 100

    key = {path: module.key for path, module in net.named_modules() if hasattr(module, "key")}
    before = {name: np.array(value) for name, value in net.state_dict().items()}
    loss(net.train()(x), y).backward()
    for name, parameter in net.named_parameters():
        np.testing.assert_allclose(first[f"grad/{name}"], parameter.grad, rtol=1e-5, atol=1e-6)
        parameter.grad = None
    net.load_state_dict(before)
    assert all(np.array_equal(dict(net.named_modules())[p].key, k) for p, k in key.items())

    history = cr.train.fit(net, loss, optimizer, (x, y), epochs=100, batch_size=None)
    np.testing.assert_allclose(found["loss"], history.losses[-1], rtol=1e-5)
    for name, value in net.state_dict().items():
        np.testing.assert_allclose(state[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    assert history.losses[-1] < 0.99 * float(first["loss"])


def test_it_goes_on_from_the_optimizers_memory_with_a_rate_of_ones_own():
    net = nn.Linear(5, 1)
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    cr.train.fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=3)
    step = training_step_to_onnx(net, nn.MSELoss(), optimizer, X, Y)
    count = optimizer.state[0]["step"]
    found = session_of(step)({"x": X, "y": Y, "lr": np.array(0.5)})
    assert found["new/step"] == count + 1
    optimizer.param_groups[0]["lr"] = 0.5
    nn.MSELoss()(net(X), Y).backward()
    optimizer.step()
    np.testing.assert_allclose(found["new/weight"], net.weight.data, rtol=1e-5, atol=1e-6)


def test_penalty_and_clipping_are_those_of_fit():
    net = NETWORKS["mlp"][0]()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    settings = {"l2": 0.1, "clip": 0.05}
    step = training_step_to_onnx(net, nn.BCEWithLogitsLoss(), optimizer, X, Y, **settings)
    run, state = session_of(step), {}
    for _ in range(20):
        found = run({"x": X, "y": Y, **state})
        state = {n.removeprefix("new/"): v for n, v in found.items() if n.startswith("new/")}
    data = {"epochs": 20, "batch_size": None, **settings}
    history = cr.train.fit(net, nn.BCEWithLogitsLoss(), optimizer, (X, Y), **data)
    np.testing.assert_allclose(found["loss"], history.losses[-1], rtol=1e-5)
    for name, value in net.state_dict().items():
        np.testing.assert_allclose(state[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def test_frozen_parameters_are_constants_of_the_step():
    net = nn.Sequential(nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1))
    net[0].weight.requires_grad = False
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    step = training_step_to_onnx(net, nn.MSELoss(), optimizer, X, Y)
    assert "0.weight" in {tensor.name for tensor in step.graph.initializer}
    found = session_of(step)({"x": X, "y": Y})
    assert {n for n in found if n.startswith("new/")} == {
        "new/step", "new/0.bias", "new/2.weight", "new/2.bias"
    }  # fmt: skip


def test_it_names_what_it_cannot_export():
    net = nn.Linear(5, 1)
    with pytest.raises(TypeError, match="not LBFGS"):
        training_step_to_onnx(net, nn.MSELoss(), optim.LBFGS(net.parameters()), X, Y)
    with pytest.raises(ValueError, match="no Parameter of the model"):
        other = optim.SGD(nn.Linear(5, 1).parameters())
        training_step_to_onnx(net, nn.MSELoss(), other, X, Y)
