"""Networks as arguments of every transformation, and PyTorch's way to train them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import lax, nn, random
from chainrule.engine.errors import ConcreteValueError

from .numeric import finite_difference

RNG = np.random.default_rng(11)
X = RNG.uniform(-1, 1, size=(40, 2)).astype(np.float32)
Y = (X[:, :1] * X[:, 1:] > 0).astype(np.float32)
criterion = nn.BCEWithLogitsLoss()


def network(*, noisy=True, key=0, dtype=np.float32):
    first, second, third = random.split(random.key(key), 3)
    layers = [nn.Linear(2, 8, key=first, dtype=dtype), nn.Tanh()]
    if noisy:
        layers += [nn.BatchNorm1d(8), nn.Dropout(0.2, key=third)]
    return nn.Sequential(*layers, nn.Linear(8, 1, key=second, dtype=dtype))


def loss(net, x=X, y=Y):
    return criterion(net(x), y)


def descend(net, gradient, lr=0.5):
    return cr.tree.map(lambda p, g: p - lr * g, net, gradient)


def step(net, x=X, y=Y):
    value, gradient = cr.value_and_grad(loss)(net, x, y)
    return descend(net, gradient), value


def same_state(net, other, **tolerance):
    mine, theirs = net.state_dict(), other.state_dict()
    assert list(mine) == list(theirs)
    for name, value in mine.items():
        assert value.dtype == theirs[name].dtype, name
        np.testing.assert_allclose(value, theirs[name], err_msg=name, **tolerance)


CLOSE = {"rtol": 1e-4, "atol": 1e-6}


def test_gradient_has_the_network_s_structure_and_the_right_numbers():
    net = network(noisy=False, dtype=np.float64)
    x, y = X.astype(float), Y.astype(float)
    gradient = cr.grad(loss)(net, x, y)
    assert type(gradient) is nn.Sequential
    assert cr.tree.structure(gradient) == cr.tree.structure(net)
    state = net.state_dict()

    def at(name, value):
        net.load_state_dict({**state, name: value})
        with cr.no_grad():
            return float(loss(net, x, y))

    for name, parameter in gradient.named_parameters():
        wanted = finite_difference(lambda value, name=name: at(name, value), state[name])
        np.testing.assert_allclose(parameter.data, wanted, rtol=1e-6, atol=1e-9)


def test_pytorch_style_training_learns_xor():
    net = nn.Sequential(
        nn.Linear(2, 16, key=random.key(0)), nn.ReLU(), nn.Linear(16, 1, key=random.key(1))
    )
    losses = []
    for _ in range(400):
        prediction = net(X)
        value = criterion(prediction, Y)
        net.zero_grad()
        value.backward()
        for p in net.parameters():
            p.data = p.data - 1.0 * p.grad
        losses.append(value.item())
    assert losses[0] > 0.6 and losses[-1] < 0.2
    with cr.no_grad():
        assert ((net(X) > 0) == (Y > 0)).mean() > 0.95
    assert all(p.data.dtype == p.grad.dtype == np.float32 for p in net.parameters())


def test_both_styles_give_the_same_gradient_and_buffers():
    net, twin = network(), network()
    gradient = cr.grad(loss)(net)
    loss(twin).backward()
    for mine, other in zip(gradient.parameters(), twin.parameters(), strict=True):
        np.testing.assert_allclose(mine.data, other.grad, **CLOSE)
    same_state(net, twin, **CLOSE)
    assert net[2].num_batches_tracked == 1 and (net[3].key != network()[3].key).any()


def test_jit_gives_the_same_steps_and_moves_buffers_on():
    net, twin = network(), network()
    quick = cr.jit(step)
    for _ in range(3):
        net, value = quick(net)
        twin, wanted = step(twin)
        np.testing.assert_allclose(value, wanted, rtol=1e-4)
    same_state(net, twin, **CLOSE)
    assert net[2].num_batches_tracked == 3


def test_jit_knows_the_mode():
    net = network()
    call = cr.jit(lambda net: net(X))
    noisy = call(net)
    before = net.state_dict()
    quiet = call(net.eval())
    assert not np.allclose(noisy, quiet)
    with cr.no_grad():
        np.testing.assert_allclose(quiet, net(X), **CLOSE)
    same_state(net, network_with(before).eval())


def network_with(state):
    net = network()
    net.load_state_dict(state)
    return net


def test_jit_reads_captured_parameters_at_each_call():
    net = network(noisy=False)
    call = cr.jit(lambda x: net(x))
    before = call(X)
    net[0].weight.data = net[0].weight.data * 0
    assert not np.allclose(call(X), before)


def test_a_whole_training_is_one_scan():
    net, twin = network(), network()
    trained, values = lax.scan(lambda net, _: step(net), net, None, length=5)
    singles = []
    for _ in range(5):
        twin, value = step(twin)
        singles.append(value)
    np.testing.assert_allclose(values, singles, rtol=1e-4)
    same_state(trained, twin, **CLOSE)
    again = network()
    compiled, _ = cr.jit(lambda net: lax.scan(lambda net, _: step(net), net, None, length=5))(again)
    same_state(compiled, trained, **CLOSE)


def test_derivative_through_a_scan_of_training():
    net = network(noisy=False, dtype=np.float64)
    x, y = X.astype(float), Y.astype(float)

    def after_training(lr):
        def one(net, _):
            return descend(net, cr.grad(loss)(net, x, y), lr), None

        return loss(lax.scan(one, net, None, length=3)[0], x, y)

    wanted = finite_difference(after_training, 0.3)
    np.testing.assert_allclose(cr.grad(after_training)(0.3), wanted, rtol=1e-6)


def test_vmap_over_examples_gives_a_gradient_for_each():
    net = network(noisy=False)
    one = cr.grad(lambda net, x, y: criterion(net(x), y))
    each = cr.vmap(one, in_axes=(None, 0, 0))(net, X, Y)
    assert each[0].weight.shape == (40, 8, 2)
    whole = cr.grad(loss)(net)
    for mine, mean in zip(each.parameters(), whole.parameters(), strict=True):
        np.testing.assert_allclose(mine.data.mean(axis=0), mean.data, **CLOSE)


def test_vmap_over_networks():
    def make(key):
        return nn.Sequential(nn.Linear(2, 4, key=key), nn.Tanh(), nn.Linear(4, 1, key=key))

    keys = random.split(random.key(3), 5)
    ensemble = cr.vmap(make)(keys)
    assert ensemble[0].weight.shape == (5, 4, 2)
    predictions = cr.vmap(lambda net, x: net(x), in_axes=(0, None))(ensemble, X)
    gradients = cr.vmap(cr.grad(loss))(ensemble, *[np.stack([a] * 5) for a in (X, Y)])
    for i, key in enumerate(keys):
        with cr.no_grad():
            np.testing.assert_allclose(predictions[i], make(key)(X), **CLOSE)
        alone = cr.grad(loss)(make(key))
        np.testing.assert_allclose(gradients[0].weight.data[i], alone[0].weight.data, **CLOSE)


def test_hessian_of_a_tiny_network():
    net = nn.Sequential(nn.Linear(2, 2, dtype=np.float64), nn.Tanh(), nn.Linear(2, 1))
    leaves, structure = cr.tree.flatten(net.double())
    sizes = [leaf.size for leaf in leaves]
    x, y = X.astype(float), Y.astype(float)

    def flat(theta):
        parts = np.split(theta, np.cumsum(sizes)[:-1])
        shaped = [part.reshape(leaf.shape) for part, leaf in zip(parts, leaves, strict=True)]
        return loss(cr.tree.unflatten(structure, shaped), x, y)

    theta = np.concatenate([leaf.ravel() for leaf in leaves])
    slope = cr.grad(flat)
    wanted = [finite_difference(lambda t, i=i: slope(t)[i], theta) for i in range(len(theta))]
    found = cr.hessian(flat)(theta)
    np.testing.assert_allclose(found, wanted, atol=1e-7)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    direction = RNG.normal(size=theta.shape)
    (product,) = cr.hvp(flat, (theta,), (direction,))
    np.testing.assert_allclose(product, found @ direction, atol=1e-10)


def test_checkpoint_changes_nothing():
    net = network(noisy=False)
    plain = cr.grad(loss)(net)
    saved = cr.grad(cr.checkpoint(loss))(net)
    same_state(plain, saved, **CLOSE)


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(2)], ids=["dropout", "norm"])
@pytest.mark.parametrize("transform", [cr.jit, cr.vmap], ids=["jit", "vmap"])
def test_state_that_would_be_lost_is_an_error(layer, transform):
    call = transform(lambda x: layer(x))
    stack = np.stack([X, X])
    before = layer.state_dict()
    with pytest.raises(ConcreteValueError, match=r"as an argument.*\.eval\(\)"):
        call(stack if transform is cr.vmap else X)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    layer.eval()
    assert call(stack).shape == stack.shape if transform is cr.vmap else call(X).shape == X.shape
    layer.train()


def test_dropout_with_a_key_of_its_own_under_vmap():
    layer = nn.Dropout(0.5)
    keys = random.split(random.key(1), 40)
    thinned = cr.vmap(lambda x, key: layer(x, key=key))(X, keys)
    alone = np.stack([layer(x, key=key) for x, key in zip(X, keys, strict=True)])
    np.testing.assert_array_equal(thinned, alone)
