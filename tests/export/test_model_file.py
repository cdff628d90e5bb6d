"""Modules in model files: they come back as they went, or an error says why not."""

import functools

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.export import ModelFileError, describe, load, load_tensors, save, save_tensors
from chainrule.export.graph_module import GraphModule
from chainrule.export.layers import CONTAINERS, LAYERS

X = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)


class Residual(nn.Module):
    """A Module of a user's own."""

    def __init__(self, width, scale=0.5):
        self.hidden = nn.Linear(width, width)
        self.norm = nn.BatchNorm1d(width)
        self.scale, self.sizes, self.table = scale, (width, [1, 2]), {"a": 1}
        self.offset = np.arange(width, dtype=np.float32)

    def forward(self, x):
        return x + self.scale * np.tanh(self.norm(self.hidden(x))) + self.offset


class Holder(nn.Module):
    def __init__(self, function):
        self.function = function

    def forward(self, x):
        return self.function(x)


def bits(values):
    return np.asarray(values.numpy() if hasattr(values, "numpy") else values).tobytes()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net.model"


def round_trip(module, path, **options):
    save(module, path)
    again = load(path, **options)
    assert type(again) is type(module)
    assert repr(again) == repr(module)
    assert again.state_dict().keys() == module.state_dict().keys()
    for name, value in module.state_dict().items():
        assert value.dtype == again.state_dict()[name].dtype
        assert bits(value) == bits(again.state_dict()[name])
    return again


def test_every_layer_is_in_a_table():
    kinds = {
        c.__name__ for c in vars(nn).values() if isinstance(c, type) and issubclass(c, nn.Module)
    }
    assert kinds - {"Module", "Lambda"} == LAYERS.keys() | CONTAINERS.keys()


NETWORKS = [
    nn.Linear(4, 3, bias=False),
    nn.Linear(4, 3, dtype=np.float64),
    nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Dropout(0.3), nn.Linear(3, 1), np.tanh),
    nn.Sequential(nn.BatchNorm1d(4), nn.BatchNorm1d(4, momentum=None, affine=False)),
    nn.BatchNorm1d(4, track_running_stats=False),
    nn.Sequential(nn.LayerNorm(4), nn.LayerNorm((4,), elementwise_affine=False)),
    nn.Sequential(nn.PReLU(), nn.PReLU(4), nn.LeakyReLU(0.2), nn.ELU(0.5), nn.GELU("tanh")),
    nn.Sequential(nn.Softmax(0), nn.LogSoftmax(), nn.Flatten(0), nn.Identity()),
    nn.Sequential(nn.SELU(), nn.SiLU(), nn.Softplus(), nn.Sigmoid(), nn.LogSigmoid(), nn.Step()),
    nn.Sequential(cr.numpy.sin, nn.relu, nn.Tanh()),
    nn.Perceptron(4, 2),
    nn.Sequential(),
]


@pytest.mark.parametrize("network", NETWORKS, ids=repr)
def test_layers_come_back(network, path):
    again = round_trip(network, path)
    assert bits(again.eval()(X)) == bits(network.eval()(X))


def test_other_layers_come_back(path):
    embedding = round_trip(nn.Embedding(7, 3), path)
    assert embedding(np.array([1, 6])).shape == (2, 3)
    heads = nn.ModuleDict({"mean": nn.Linear(4, 1), "rest": nn.ModuleList([nn.Tanh()])})
    assert list(round_trip(heads, path)) == ["mean", "rest"]
    weights = nn.ParameterList([np.ones(2), nn.Parameter(np.zeros(3), requires_grad=False)])
    assert [p.requires_grad for p in round_trip(weights, path)] == [True, False]


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(label_smoothing=0.1),
        nn.FocalLoss(alpha=[0.2, 0.8], multiclass=True),
        nn.FocalLoss(alpha=0.25),
        nn.HuberLoss("sum", delta=2.0),
        nn.SmoothL1Loss(),
        nn.MAELoss(),
        nn.HingeLoss(),
    ],
    ids=repr,
)
def test_losses_come_back(loss, path):
    round_trip(loss, path)


def test_modes_frozen_and_tied_parameters_are_kept(path):
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    shared = nn.BatchNorm1d(4)
    network = nn.Sequential(first, shared, second, shared, nn.Dropout(0.5))
    first.bias.requires_grad = False
    shared.eval()
    again = round_trip(network, path)
    assert again[2].weight is again[0].weight
    assert again[3] is again[1]
    assert not again[0].bias.requires_grad and again[2].bias.requires_grad
    assert [part.training for part in again.modules()] == [p.training for p in network.modules()]
    assert bits(again(X)) == bits(network(X))  # dropout's key as well


def test_training_goes_on_as_if_nothing_happened(path):
    network = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))
    again = round_trip(network, path)
    for net in (network, again):
        optimizer = cr.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (net(X) ** 2).mean().backward()
            optimizer.step()
    assert all(
        bits(a) == bits(b)
        for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True)
    )


def test_loading_draws_no_random_numbers(path):
    save(nn.Linear(4, 3), path)
    cr.random.seed(5)
    load(path)
    with_load = nn.Linear(2, 2).state_dict()
    cr.random.seed(5)
    assert bits(nn.Linear(2, 2).weight.data) == bits(with_load["weight"])


# -- classes of a user's own -------------------------------------------------------------------


def test_own_class_with_the_class_at_hand(path):
    network = nn.Sequential(Residual(4), nn.Linear(4, 1))
    network(X)
    again = round_trip(network, path, classes=[Residual])
    assert again[0].sizes == (4, [1, 2]) and again[0].table == {"a": 1}
    assert bits(again.eval()(X)) == bits(network.eval()(X))
    with pytest.raises(ModelFileError, match=r"the class 'Residual', .* classes=\[...\]"):
        load(path)


def test_own_class_as_a_graph(path):
    network = nn.Sequential(Residual(4), nn.Linear(4, 1))
    network(X)
    network[1].bias.requires_grad = False
    save(network, path, example=X)
    assert network.training
    again = load(path)
    assert repr(again) == "BatchModule(f32[n,4] -> f32[n,1])  # 33 parameters"
    for x in (X, X[:1], np.concatenate([X, X])):
        np.testing.assert_array_equal(again(x).numpy(), network.eval()(x).numpy())
    assert [n for n, p in again.named_parameters() if not p.requires_grad] == ["1.bias"]
    assert again.state_dict().keys() == dict(network.named_parameters()).keys()
    round_trip(again, path)


def test_several_examples(path):
    class Two(nn.Module):
        def __init__(self):
            self.left, self.right = nn.Linear(4, 2), nn.Linear(3, 2)

        def forward(self, x, y):
            return self.left(x) * self.right(y), self.left(x)

    network, y = Two(), np.ones((5, 3), np.float32)
    save(network, path, example=(X, y))
    for found, wanted in zip(load(path)(X, y), network(X, y), strict=True):
        assert bits(found) == bits(wanted)


def test_graph_inside_a_network(path):
    graph = cr.trace(lambda x, w: np.tanh(x @ w) + 0.25, X, np.ones((4, 2), np.float32))
    inner = GraphModule(graph, {"0.weight": np.ones((4, 2), np.float32)})
    network = nn.Sequential(inner, nn.Linear(2, 1))
    again = round_trip(network, path)
    assert bits(again(X)) == bits(network(X))
    assert isinstance(again[0].graph, cr.Graph)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.Linear(4, 2), lambda x: x), "the function <lambda>.* example=x"),
        (Holder(functools.partial(np.add, 1)), "Holder: function is a partial.* example=x"),
        (Holder(object()), "Holder: function is a object"),
    ],
)
def test_code_is_not_saved(network, message, path):
    path.write_bytes(b"before")
    with pytest.raises(ModelFileError, match=message):
        save(network, path)
    assert path.read_bytes() == b"before"


def test_code_is_saved_as_the_graph(path):
    network = nn.Sequential(nn.Linear(4, 2), lambda x: np.sin(x))
    save(network, path, example=X)
    assert bits(load(path)(X)) == bits(network(X))


def test_extra_attributes_are_not_lost_silently(path):
    layer = nn.Linear(2, 1)
    layer.note = "mine"
    with pytest.raises(ModelFileError, match="'note'"):
        save(layer, path)


def test_no_module(path):
    with pytest.raises(TypeError, match="wants a Module, not a dict"):
        save({}, path)


# -- what a file may say, and what not ---------------------------------------------------------


def test_describe(path):
    save(nn.Linear(4, 3), path, record={"loss": float("nan"), "epochs": 3})
    found = describe(path)
    assert found["kind"] == "module" and found["numbers"] == 15
    assert found["arrays"] == {"weight": "f32[3,4]", "bias": "f32[3]"}
    assert np.isnan(found["record"]["loss"])
    assert found["bytes"] == path.stat().st_size
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelFileError, match="checksum is wrong"):
        describe(path)


def test_another_kind_of_file(path):
    save_tensors(path, {"kind": "table"}, {})
    with pytest.raises(ModelFileError, match="holds a table, no module"):
        load(path)


def at(header, *keys):
    for key in keys:
        header = header[key]
    return header


FIRST = ("module", "parts", "0")
LIES = [
    (lambda h, a: at(h, *FIRST).update({"class": "os.system"}), "class 'os.system'"),
    (lambda h, a: at(h, *FIRST).update({"class": "Module"}), "class 'Module'"),
    (lambda h, a: at(h, *FIRST).update({"class": 3}), "no text"),
    (lambda h, a: at(h, *FIRST).update({"class": "Embedding"}), "Embedding needs"),
    (lambda h, a: at(h, *FIRST).update({"class": "Lambda"}), "Lambda needs"),
    (lambda h, a: at(h, *FIRST).update({"class": "GraphModule"}), "GraphModule needs"),
    (lambda h, a: at(h, *FIRST).update({"surprise": 1}), "has the keys"),
    (lambda h, a: at(h, *FIRST, "settings").update(out_features=10**9), "has shape"),
    (lambda h, a: at(h, *FIRST, "settings").update(out_features="3"), "whole number"),
    (lambda h, a: at(h, *FIRST, "settings").pop("out_features"), "Linear needs"),
    (lambda h, a: at(h, *FIRST, "parameters").update(weight="9.weight"), "no array"),
    (lambda h, a: at(h, *FIRST, "parameters").update(weight=None), "no array"),
    (lambda h, a: at(h, *FIRST, "parameters").update(weight=["0.weight"]), "no array"),
    (lambda h, a: at(h, *FIRST, "parameters").update(more="0.bias"), "has no .'more'"),
    (lambda h, a: at(h, *FIRST).update(parts={"x": at(h, "module", "parts", "1")}), "no parts"),
    (lambda h, a: at(h, "module", "parts").update({"5": at(h, *FIRST)}), "has the parts"),
    (lambda h, a: at(h, "module", "parts").update({"2": {"same_as": "7"}}), "KeyError"),
    (lambda h, a: at(h, "module", "parts").update({"2": {"same_as": ""}}), "KeyError"),
    (lambda h, a: at(h, "module", "parts").update({"2": []}), "no object"),
    (lambda h, a: at(h, "module").update(parts=[1]), "no tables"),
    (lambda h, a: h.pop("module"), "no module"),
    (lambda h, a: h.update(frozen=3), "no module"),
    (lambda h, a: h.update(frozen=[[]]), "unhashable"),
    (lambda h, a: a.update({"0.weight": a["0.weight"].astype(int)}), "no floating-point"),
    (lambda h, a: a.update(spare=np.zeros(2)), "nothing needs the array 'spare'"),
]


@pytest.mark.parametrize(("change", "message"), LIES, ids=[m for _, m in LIES])
def test_lies_are_refused(change, message, path):
    save(nn.Sequential(nn.Linear(4, 3), nn.Tanh()), path)
    header, arrays = load_tensors(path)
    change(header, arrays)
    save_tensors(path, header, arrays)
    with pytest.raises(ModelFileError, match=message):
        load(path)


@pytest.mark.parametrize("name", ["forward", "__class__", "_parameters", "training", "__dict__"])
def test_attributes_of_a_class_cannot_be_replaced(name, path):
    save(Residual(4), path)
    header, arrays = load_tensors(path)
    header["module"]["settings"][name] = "x"
    save_tensors(path, header, arrays)
    with pytest.raises(ModelFileError, match="no attribute to set"):
        load(path, classes=[Residual])


def test_deep_nesting_is_refused(path):
    network = nn.Tanh()
    for _ in range(200):
        network = nn.Sequential(network)
    with pytest.raises(ModelFileError, match="more than 64 deep"):
        save(network, path)
