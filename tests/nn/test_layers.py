"""Layers against what they say they compute."""

import numpy as np
import pytest
from sklearn import linear_model

import chainrule as cr
from chainrule import nn, random
from chainrule.engine.errors import DtypeError, ShapeError

RNG = np.random.default_rng(5)
X = RNG.normal(size=(6, 4))


def test_linear():
    layer = nn.Linear(4, 3, key=random.key(1))
    weight, bias = layer.weight.data, layer.bias.data
    assert weight.shape == (3, 4) and bias.shape == (3,)
    np.testing.assert_allclose(layer(X).numpy(), X @ weight.T + bias, rtol=1e-12)
    np.testing.assert_allclose(layer(X[0]).numpy(), (X @ weight.T + bias)[0], rtol=1e-12)
    stack = X.reshape(2, 3, 4)
    np.testing.assert_allclose(layer(stack).numpy(), stack @ weight.T + bias, rtol=1e-12)
    assert nn.Linear(4, 3, bias=False).bias is None
    with cr.no_grad():
        assert type(layer(X)) is np.ndarray


def test_dtypes_follow_numpy():
    x = X.astype(np.float32)
    for layer in (nn.Linear(4, 3), nn.LayerNorm(4), nn.BatchNorm1d(4), nn.PReLU(), nn.Dropout(0.5)):
        assert layer(x).dtype == np.float32
        assert layer(X).dtype == np.float64
    assert nn.Linear(4, 3, dtype=np.float64)(x).dtype == np.float64


def test_initial_weights_are_decided_by_the_key():
    same = nn.Linear(4, 3, key=random.key(1)).weight.data
    np.testing.assert_array_equal(same, nn.Linear(4, 3, key=random.key(1)).weight.data)
    assert (same != nn.Linear(4, 3, key=random.key(2)).weight.data).all()
    random.seed(4)
    first, second = nn.Linear(4, 3).weight.data, nn.Linear(4, 3).weight.data
    random.seed(4)
    np.testing.assert_array_equal(first, nn.Linear(4, 3).weight.data)
    assert (first != second).all()
    zero = nn.Linear(4, 3, init=nn.init.zeros)
    assert not zero.weight.data.any() and zero.bias.data.any()


@pytest.mark.parametrize(
    ("features", "shape", "advice"),
    [
        (1, (5,), r"x\.reshape\(-1, 1\)"),
        (4, (4, 6), r"x\.T"),
        (12, (5, 3, 4), r"nn\.Flatten\(\)"),
        (4, (6, 3), r"inputs of shape \(\.\.\., 4\), got \(6, 3\)"),
        (4, (), r"got \(\)"),
    ],
)
def test_wrong_inputs_of_linear_are_explained(features, shape, advice):
    layer = nn.Linear(features, 2)
    for call in (layer, cr.jit(layer)):
        with pytest.raises(ShapeError, match=advice):
            call(np.ones(shape))


def test_embedding():
    layer = nn.Embedding(5, 3)
    picked = np.array([[4, 0], [4, 2]])
    np.testing.assert_array_equal(layer(picked).numpy(), layer.weight.data[picked])
    gradient = cr.grad(lambda net: net(picked).sum())(layer).weight.data
    np.testing.assert_array_equal(gradient[:, 0], [1, 0, 1, 0, 2])
    with pytest.raises(IndexError, match="from 0 to 5, but must lie in 0 to 4"):
        layer(np.array([0, 5]))
    with pytest.raises(DtypeError, match="whole numbers"):
        layer(np.array([0.0]))
    np.testing.assert_array_equal(nn.functional.one_hot(picked, 5), np.eye(5)[picked])


def test_flatten_and_identity():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(nn.Flatten()(x), x.reshape(2, 12))
    np.testing.assert_array_equal(nn.Flatten(0, 1)(x), x.reshape(6, 4))
    assert nn.Identity()(x) is x
    with pytest.raises(ShapeError, match="no axis 3"):
        nn.Flatten(3)(x)
    with pytest.raises(ShapeError, match="comes after"):
        nn.Flatten(2, 1)(x)


def test_layer_norm():
    layer = nn.LayerNorm(4, eps=1e-3)
    wanted = (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(layer(X).numpy(), wanted, rtol=1e-12)
    with pytest.raises(ShapeError, match=r"layer_norm over \(4,\).*\(6, 3\)"):
        layer(np.ones((6, 3)))
    with pytest.raises(ShapeError):
        nn.LayerNorm((6, 4))(X[0])


def test_batch_norm_in_training_and_in_evaluation():
    layer = nn.BatchNorm1d(4, momentum=0.25, dtype=np.float64)
    y = layer(X).numpy()
    np.testing.assert_allclose(y, (X - X.mean(0)) / np.sqrt(X.var(0) + 1e-5), rtol=1e-12)
    np.testing.assert_allclose(layer.running_mean, 0.25 * X.mean(0), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var, 0.75 + 0.25 * X.var(0, ddof=1), rtol=1e-12)
    before = layer.state_dict()
    y = layer.eval()(X).numpy()
    scaled = (X - layer.running_mean) / np.sqrt(layer.running_var + 1e-5)
    np.testing.assert_allclose(y, scaled, rtol=1e-12)
    for name, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_batch_norm_refuses_what_it_cannot_normalise():
    layer = nn.BatchNorm1d(4)
    with pytest.raises(ShapeError, match=r"\(N, 4\) or \(N, 4, L\), got \(6, 3\)"):
        layer(np.ones((6, 3)))
    with pytest.raises(ShapeError, match=r"at least 2 values .* call \.eval\(\) first"):
        layer(X[:1])
    layer.eval()(X[:1])


# -- dropout -----------------------------------------------------------------------------------


def test_dropout_keeps_the_mean_and_the_share():
    x = np.ones((200, 100), np.float32)
    for p in (0.1, 0.5, 0.9):
        y = nn.Dropout(p, key=random.key(3))(x)
        assert set(np.unique(y)) == {np.float32(0), np.float32(1 / (1 - p))}
        # 20,000 draws: five standard deviations
        assert abs((y == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / x.size)
    np.testing.assert_array_equal(nn.Dropout(0.0)(x), x)
    assert not nn.Dropout(1.0)(x).any()
    with pytest.raises(ValueError, match=r"from 0 to 1; got 1\.5"):
        nn.Dropout(1.5)


def test_dropout_takes_a_new_key_for_each_call_and_one_given_for_this():
    layer = nn.Dropout(0.5, key=random.key(0))
    x = np.ones(64)
    first, second = layer(x), layer(x)
    assert (first != second).any()
    twin = nn.Dropout(0.5, key=random.key(0))
    np.testing.assert_array_equal(twin(x), first)
    before = layer.key
    given = layer(x, key=random.key(9))
    np.testing.assert_array_equal(given, layer(x, key=random.key(9)))
    np.testing.assert_array_equal(layer.key, before)


def test_dropout_gradient_goes_where_the_value_went():
    layer = nn.Dropout(0.5)
    x = np.ones(64)

    def loss(x):
        y = layer(x, key=random.key(2))
        return y.sum(), y

    slope, y = cr.grad(loss, has_aux=True)(x)
    np.testing.assert_array_equal(slope, y)


# -- perceptron --------------------------------------------------------------------------------


def clouds(gap, seed=0):
    """Points of the plane, labelled by a line, none of them nearer to it than ``gap``."""
    points = np.random.default_rng(seed).normal(size=(300, 2))
    side = points @ np.array([0.6, 0.8]) - 0.3
    far = np.abs(side) > gap
    return points[far], (side[far] > 0).astype(int)


def test_perceptron_makes_no_more_mistakes_than_novikoff_allows():
    x, y = clouds(0.1)
    net = nn.Perceptron(2)
    mistakes = net.fit(x, y, epochs=1000)
    assert mistakes[-1] == 0 and len(mistakes) < 1000
    np.testing.assert_array_equal(net(x).numpy()[:, 0], y)
    # With the bias as a weight of a constant input, the line is (0.6, 0.8, -0.3).
    longest = (x**2).sum(1).max() + 1
    margin = 0.1 / np.linalg.norm([0.6, 0.8, -0.3])
    assert sum(mistakes) <= longest / margin**2


def test_perceptron_against_scikit_learn():
    x, y = clouds(0.3)
    theirs = linear_model.Perceptron(shuffle=False, tol=None, max_iter=50).fit(x, y)
    ours = nn.Perceptron(2, dtype=np.float64)
    ours.fit(x, y, epochs=50)
    grid = np.random.default_rng(1).normal(size=(500, 2))
    agreement = ours(grid).numpy()[:, 0] == theirs.predict(grid)
    assert agreement.mean() > 0.9


def test_perceptron_fails_on_xor_and_has_no_gradient():
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    net = nn.Perceptron(2)
    assert min(net.fit(x, np.array([0, 1, 1, 0]), epochs=200)) > 0
    gradient = cr.grad(lambda net: net(x).sum())(net)
    assert not any(p.data.any() for p in gradient.parameters())


def test_perceptron_with_several_outputs_and_wrong_targets():
    x, y = clouds(0.2)
    net = nn.Perceptron(2, 2)
    assert net.fit(x, np.stack([y, 1 - y], axis=1))[-1] == 0
    with pytest.raises(ShapeError, match=r"need y of shape \(\d+, 2\), got"):
        net.learn(x, y)
    with pytest.raises(ValueError, match=r"\(y \+ 1\) // 2"):
        nn.Perceptron(2).learn(x, 2 * y - 1)
