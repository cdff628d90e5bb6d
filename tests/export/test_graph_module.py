import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.engine.errors import ShapeError
from chainrule.export.graph_module import GraphModule, as_graph_module
from chainrule.train import fit

X = np.random.default_rng(0).normal(size=(16, 3)).astype(np.float32)


def network():
    return nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))


def test_it_computes_what_the_module_computed():
    net = network()
    module = as_graph_module(net, X)
    assert dict(module.named_parameters()).keys() == dict(net.named_parameters()).keys()
    np.testing.assert_array_equal(module(X).numpy(), net(X).numpy())


def test_its_gradient_is_that_of_the_module():
    net = network()
    module = as_graph_module(net, X)
    mine = cr.grad(lambda m: (m(X) ** 2).mean())(module).state_dict()
    theirs = cr.grad(lambda m: (m(X) ** 2).mean())(net).state_dict()
    for name, value in theirs.items():
        np.testing.assert_allclose(mine[name], value, rtol=1e-6)


def test_jit_and_vmap():
    module = as_graph_module(network(), X)
    plain = module(X).numpy()
    np.testing.assert_allclose(cr.jit(lambda m, x: m(x))(module, X), plain, rtol=1e-5)
    both = cr.vmap(module)(np.stack([X, 2 * X]))
    np.testing.assert_allclose(both[0].numpy(), plain, rtol=1e-5)


def test_fit_trains_it():
    module = as_graph_module(network(), X[:8])
    y = X.sum(1, keepdims=True)
    history = fit(
        module, nn.MSELoss(), optim.Adam(module.parameters(), 0.05), (X, y), epochs=40, batch_size=8
    )
    assert history.losses[-1] < 0.2 * history.losses[0]


def test_what_is_no_float_is_a_buffer():
    graph = cr.trace(lambda x, w, i: x[i] * w, np.ones(3), np.ones(2), np.array([0, 1]))
    module = GraphModule(graph, {"weight": np.ones(2), "places": np.array([2, 0])})
    assert [name for name, _ in module.named_buffers()] == ["places"]
    assert module(np.array([1.0, 2.0, 3.0])).numpy().tolist() == [3.0, 1.0]


def test_saved_and_loaded_state():
    module, other = as_graph_module(network(), X), as_graph_module(network(), X)
    other.load_state_dict(module.state_dict())
    np.testing.assert_array_equal(module(X).numpy(), other(X).numpy())


@pytest.mark.parametrize("wrong", [X[:3], X[:, :2]])
def test_another_shape_is_an_error(wrong):
    with pytest.raises(ShapeError, match="traced for"):
        as_graph_module(network(), X)(wrong)


def test_too_many_parameters_are_an_error():
    graph = cr.trace(np.tanh, 1.0)
    with pytest.raises(ValueError, match="2 parameters for a graph of 1"):
        GraphModule(graph, {"a": 1.0, "b": 1.0})
    with pytest.raises(ShapeError, match="'a' has shape"):
        GraphModule(cr.trace(np.add, 1.0, 1.0), {"a": np.ones(3)})


def test_a_name_that_the_module_needs_itself_is_an_error():
    graph = cr.trace(np.tanh, 1.0)
    with pytest.raises(ValueError, match="'training' already"):
        GraphModule(graph, {"training": 1.0})
