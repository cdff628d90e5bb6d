"""Module: what is found of it, saved, shown, and refused."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.engine.errors import DtypeError, ShapeError


class Net(nn.Module):
    """As people write it for PyTorch."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.dropout = nn.Dropout(0.1)
        self.out = nn.Linear(3, 1, bias=False)
        self.scale = nn.Parameter(np.ones(1, np.float32))
        self.sizes = [2, 3, 1]

    def forward(self, x):
        return self.scale * self.out(self.dropout(nn.functional.tanh(self.hidden(x))))


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_parameters_are_found_by_name():
    net = Net()
    assert names(net) == ["scale", "hidden.weight", "hidden.bias", "out.weight"]
    assert [name for name, _ in net.named_buffers()] == ["dropout.key"]
    assert [type(m).__name__ for m in net.modules()] == ["Net", "Linear", "Dropout", "Linear"]
    assert [name for name, _ in net.named_children()] == ["hidden", "dropout", "out"]
    assert all(p.dtype == np.float32 for p in net.parameters())
    assert net.sizes == [2, 3, 1]


CONTAINERS = {
    "list": lambda: [nn.Linear(1, 2), nn.Linear(2, 1)],
    "tuple": lambda: (nn.Linear(1, 2), nn.Linear(2, 1)),
    "dict": lambda: {"a": nn.Linear(1, 2), "b": nn.Linear(2, 1)},
    "nested": lambda: [[nn.Linear(1, 2)], {"b": nn.Linear(2, 1)}],
    "parameters": lambda: [nn.Parameter(np.ones(2)), nn.Parameter(np.ones((3, 2)))],
    "with functions": lambda: [nn.Linear(1, 2), np.tanh, nn.Linear(2, 1)],
}


@pytest.mark.parametrize("kind", CONTAINERS)
@pytest.mark.parametrize("late", [False, True])
def test_a_plain_list_or_dict_loses_no_parameters(kind, late):
    parts = CONTAINERS[kind]()
    if late and isinstance(parts, tuple):
        pytest.skip("a tuple cannot be filled later")

    class Holder(nn.Module):
        def __init__(self):
            if late:
                self.parts = type(parts)()
                for key in parts if isinstance(parts, dict) else range(len(parts)):
                    if isinstance(parts, dict):
                        self.parts[key] = parts[key]
                    else:
                        self.parts.append(parts[key])
            else:
                self.parts = parts

    holder = Holder()
    count = 2 if kind == "parameters" else 4
    assert len(list(holder.parameters())) == len(cr.tree.leaves(Holder())) == count
    assert len(holder.state_dict()) == count
    assert all(name.startswith("parts.") for name in names(holder))
    assert len(holder.parts) == len(parts)
    assert isinstance(holder.parts, nn.ModuleDict if kind == "dict" else nn.ModuleList)


def test_a_list_of_layers_works_in_forward_and_in_grad():
    class Stack(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(2, 2) for _ in range(3)]

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    gradient = cr.grad(lambda net: net(np.ones((4, 2))).sum())(Stack())
    assert names(gradient) == [f"layers.{i}.{p}" for i in range(3) for p in ("weight", "bias")]
    assert all(np.abs(p.data).max() > 0 for p in gradient.parameters())


def test_containers():
    net = nn.Sequential(nn.Linear(2, 3), np.tanh, nn.Linear(3, 1))
    assert len(net) == 3 and net[-1].out_features == 1 and isinstance(net[:2], nn.Sequential)
    assert [type(layer).__name__ for layer in net] == ["Linear", "Lambda", "Linear"]
    x = np.ones((4, 2), np.float32)
    np.testing.assert_allclose(net[2](net[:2](x)).numpy(), net(x).numpy())
    net[1] = nn.ReLU()
    net.append(nn.Sigmoid())
    assert "ReLU" in repr(net) and len(net) == 4
    assert isinstance(nn.Sequential([nn.ReLU(), nn.Tanh()])[1], nn.Tanh)
    heads = nn.ModuleDict({"a": nn.Linear(2, 1)})
    heads["b"] = nn.Linear(2, 2)
    assert list(heads.keys()) == ["a", "b"] and "b" in heads and heads["b"] in heads.values()
    assert dict(heads.items())["b"].out_features == len(heads) == 2
    with pytest.raises(IndexError, match="no layer 7: Sequential has 4"):
        net[7]
    with pytest.raises(KeyError):
        heads["c"]
    with pytest.raises(KeyError, match="'items' cannot be a name"):
        heads["items"] = nn.ReLU()
    with pytest.raises(TypeError, match=r"ReLU\(\.\.\.\) instead of ReLU"):
        nn.Sequential(nn.Linear(1, 1), nn.ReLU)
    with pytest.raises(TypeError, match="not int"):
        nn.Sequential(3)


def test_a_name_has_one_meaning():
    net = Net()
    net.hidden = None
    assert names(net) == ["scale", "out.weight"]
    net.scale = nn.Linear(1, 1)
    assert names(net) == ["out.weight", "scale.weight", "scale.bias"]
    net.scale = nn.Parameter(np.zeros(1))
    assert names(net) == ["scale", "out.weight"]
    del net.out
    assert names(net) == ["scale"]
    for missing in ("out", "anything"):
        with pytest.raises(AttributeError, match=f"Net has no attribute '{missing}'"):
            getattr(net, missing)
        with pytest.raises(AttributeError):
            delattr(net, missing)
    with pytest.raises(NotImplementedError, match=r"Module has no forward\(self, x\) yet"):
        nn.Module()(1.0)


def test_an_array_replaces_a_parameter_and_a_tensor_does_not():
    layer = nn.Linear(2, 1)
    layer.weight = np.zeros((1, 2))
    assert isinstance(layer.weight, nn.Parameter) and names(layer) == ["weight", "bias"]
    with pytest.raises(TypeError, match=r"bias\.data = "):
        layer.bias = layer.bias - 0.1


def test_saving_and_loading():
    net, other = Net(), Net()
    state = net.state_dict()
    assert sorted(state) == [
        "dropout.key", "hidden.bias", "hidden.weight", "out.weight", "scale",
    ]  # fmt: skip
    state["scale"] += 1  # a copy: the network does not change
    assert net.scale.data == 1
    other.load_state_dict(state)
    assert other.scale.data == 2
    np.testing.assert_array_equal(other.hidden.weight.data, net.hidden.weight.data)
    np.testing.assert_array_equal(other.dropout.key, net.dropout.key)
    state["scale"] += 1
    assert other.scale.data == 2


def test_a_wrong_state_changes_nothing():
    net = Net()
    before = net.state_dict()
    wrong = {**before, "scale": np.zeros(1), "out.weight": np.zeros((1, 4))}
    with pytest.raises(ShapeError, match=r"out.weight has shape \(1, 3\), the saved one \(1, 4\)"):
        net.load_state_dict(wrong)
    with pytest.raises(KeyError, match=r"missing \['scale'\], unknown \['scala'\]"):
        net.load_state_dict({"scala": 1, **{k: v for k, v in before.items() if k != "scale"}})
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("again", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_are_equal_and_apart(again):
    net = Net()
    twin = again(net)
    assert repr(twin) == repr(net)
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, twin.state_dict()[name])
    twin.scale.data = twin.scale.data + 1
    assert net.scale.data == 1
    assert cr.tree.structure(twin) == cr.tree.structure(net)


def test_repr_counts_parameters():
    assert repr(Net()).splitlines() == [
        "Net(",
        "  (hidden): Linear(in_features=2, out_features=3, bias=True)  # 9 parameters",
        "  (dropout): Dropout(p=0.1)",
        "  (out): Linear(in_features=3, out_features=1, bias=False)  # 3 parameters",
        ")  # 13 parameters",
    ]
    assert repr(nn.Linear(100, 20)).endswith("# 2,020 parameters")
    assert repr(nn.PReLU()).endswith("# 1 parameter")


def test_modes_dtypes_and_freezing():
    net = Net()
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    assert all(p.dtype == np.float64 for p in net.double().parameters())
    assert net.dropout.key.dtype == np.uint32
    assert all(p.dtype == np.float32 for p in net.float().parameters())
    with pytest.raises(DtypeError, match="int64"):
        net.to(np.int64)
    assert net.to("cpu").hidden.weight.dtype == np.float32
    net.hidden.requires_grad_(False)
    net(np.ones((1, 2))).sum().backward()
    assert net.hidden.weight.grad is None and net.out.weight.grad is not None
    net.zero_grad()
    assert net.out.weight.grad is None
    seen = []
    net.apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "Dropout", "Linear", "Net"]


def test_what_is_shared_counts_once():
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    net.append(net[0])
    assert names(net) == ["0.weight", "0.bias"] and "# 12 parameters" in repr(net).splitlines()[-1]
    x = np.ones((2, 3), np.float32)
    net(x).sum().backward()
    weight, bias = (np.array(p.data, float) for p in net.parameters())

    def by_hand(w):
        hidden = np.maximum(x @ w.T + bias, 0)
        return (hidden @ w.T + bias).sum()

    from .numeric import finite_difference

    np.testing.assert_allclose(net[0].weight.grad, finite_difference(by_hand, weight), rtol=1e-4)


def test_settings_belong_to_the_structure():
    assert cr.tree.structure(nn.Linear(2, 3)) == cr.tree.structure(nn.Linear(2, 3))
    net = Net()
    assert cr.tree.structure(net) != cr.tree.structure(Net().eval())
    net.table = np.arange(3000)
    other = Net()
    other.table = np.arange(3000)
    assert cr.tree.structure(net) == cr.tree.structure(other)
    other.table = other.table.copy()
    other.table[1500] = 0
    assert cr.tree.structure(net) != cr.tree.structure(other)
