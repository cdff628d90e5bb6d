"""Code as tutorials write it for JAX runs after its imports are changed; nothing else is."""

import chainrule.numpy as np
from chainrule import grad, jit, lax, random, stax, tree, value_and_grad, vmap
from chainrule.optim import functional as optimizers
from chainrule.scipy import stats
from chainrule.scipy.special import logsumexp


def test_line_fit():
    key = random.PRNGKey(44)
    x = np.linspace(-5, 5, 100)
    y = 2.0 * x + 20.0 + random.normal(key, shape=x.shape)

    def model(theta, x):
        w, b = theta
        return w * x + b

    def mseloss(theta, model, x, y):
        return np.mean((model(theta, x) - y) ** 2)

    dmseloss = grad(mseloss)
    theta = [1.0, 1.0]
    for _ in range(1000):
        w, b = theta
        dw, db = dmseloss(theta, model, x, y)
        theta = [w - dw * 0.01, b - db * 0.01]
    assert abs(theta[0] - 2.0) < 0.1
    assert abs(theta[1] - 20.0) < 0.3


def test_logistic_regression_in_a_scan():
    key = random.PRNGKey(0)
    k1, k2 = random.split(key)
    x = random.normal(k1, shape=(200, 3))
    w_true = np.array([1.0, -2.0, 0.5])
    y = random.bernoulli(k2, p=1 / (1 + np.exp(-np.dot(x, w_true)))).astype(float)

    def model(params, x):
        return 1 / (1 + np.exp(-(np.dot(x, params["w"]) + params["b"])))

    def loss(params, model, x, y):
        p = model(params, x)
        return -np.mean(y * np.log(p + 1e-8) + (1 - y) * np.log(1 - p + 1e-8))

    init, update, get_params = optimizers.adam(step_size=5e-2)

    @jit
    def step(state, i):
        params = get_params(state)
        value, gradient = value_and_grad(loss)(params, model, x, y)
        return update(i, gradient, state), value

    state = init({"w": np.zeros(3), "b": 0.0})
    state, losses = lax.scan(step, state, np.arange(300))
    assert losses.shape == (300,)
    assert losses[-1] < 0.75 * losses[0]
    assert np.sum(np.sign(get_params(state)["w"]) == np.sign(w_true)) == 3


def test_network_of_serial_layers_on_minibatches():
    init_fun, apply_fun = stax.serial(stax.Dense(16), stax.Relu, stax.Dense(1), stax.Sigmoid)
    key, k1, k2 = random.split(random.PRNGKey(1), 3)
    x = random.uniform(k1, shape=(256, 2), minval=-1.0, maxval=1.0)
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    output_shape, params = init_fun(k2, (-1, 2))
    assert output_shape == (-1, 1)

    def loss(params, x, y):
        p = apply_fun(params, x)[:, 0]
        return -np.mean(y * np.log(p + 1e-6) + (1 - y) * np.log(1 - p + 1e-6))

    opt_init, opt_update, get_params = optimizers.adam(0.02)

    def step(carry, i):
        key, state = carry
        key, sub = random.split(key)
        batch = random.choice(sub, x.shape[0], shape=(64,), replace=False)
        value, gradient = value_and_grad(loss)(get_params(state), x[batch], y[batch])
        return (key, opt_update(i, gradient, state)), value

    (_, state), losses = lax.scan(step, (key, opt_init(params)), np.arange(400))
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:20])
    accuracy = np.mean((apply_fun(get_params(state), x)[:, 0] > 0.5) == (y > 0.5))
    assert accuracy > 0.9


def test_many_trainings_at_once_by_vmap():
    """Learning rates and starting points side by side, the whole run inside vmap."""
    x = np.linspace(-1, 1, 50)
    y = 3 * x - 1

    def loss(theta):
        return np.mean((theta["w"] * x + theta["b"] - y) ** 2)

    def train(key, rate):
        theta = {"w": random.normal(key), "b": 0.0}

        def step(theta, _):
            theta = tree.map(lambda p, g: p - rate * g, theta, grad(loss)(theta))
            return theta, loss(theta)

        return lax.scan(step, theta, None, length=200)[1]

    keys = random.split(random.PRNGKey(3), 5)
    losses = vmap(vmap(train, in_axes=(None, 0)), in_axes=(0, None))(
        keys, np.array([0.01, 0.1, 0.5])
    )
    assert losses.shape == (5, 3, 200)
    assert np.all(losses[:, 2, -1] < losses[:, 0, -1])


def test_mixture_of_gaussians_by_maximum_likelihood():
    """A weak-limit Dirichlet process: stick breaking in a scan, log-likelihood by vmap."""

    def stick_breaking_weights(beta_draws):
        def weighting(occupied, draw):
            return occupied + (1 - occupied) * draw, (1 - occupied) * draw

        final, weights = lax.scan(weighting, np.array(0.0), beta_draws)
        return weights, final

    draws = random.beta(random.PRNGKey(42), a=1.0, b=2.0, shape=(10,))
    weights, final = stick_breaking_weights(draws)
    assert np.allclose(np.sum(weights), final)

    key1, key2 = random.split(random.PRNGKey(5))
    data = np.concatenate(
        [random.normal(key1, (300,)) * 0.5 - 3.0, random.normal(key2, (700,)) * 1.0 + 2.0]
    )

    def component(log_w, mu, log_sigma, datum):
        return log_w + stats.norm.logpdf(datum, loc=mu, scale=np.exp(log_sigma))

    def mixture_loglike(theta, datum):
        log_w = theta["log_w"] - logsumexp(theta["log_w"])
        parts = vmap(component, in_axes=(0, 0, 0, None))(
            log_w, theta["mu"], theta["log_sigma"], datum
        )
        return logsumexp(parts)

    def loss(theta, data):
        prior = np.sum(stats.norm.logpdf(theta["mu"], 0.0, 10.0))
        return -np.sum(vmap(mixture_loglike, in_axes=(None, 0))(theta, data)) - prior

    init, update, get_params = optimizers.adam(0.05)
    state = init({"log_w": np.zeros(2), "mu": np.array([-1.0, 1.0]), "log_sigma": np.zeros(2)})

    def step(state, i):
        return update(i, grad(loss)(get_params(state), data), state), None

    state, _ = lax.scan(jit(step), state, np.arange(150))
    theta = get_params(state)
    assert np.allclose(theta["mu"], np.array([-3.0, 2.0]), atol=0.2)
    shares = np.exp(theta["log_w"] - logsumexp(theta["log_w"]))
    assert np.allclose(shares, np.array([0.3, 0.7]), atol=0.05)
    assert stats.dirichlet.logpdf(shares, np.ones(2)).shape == ()


def test_random_walks_and_gamblers():
    def walk(key):
        def one(position, key):
            position = position + random.choice(key, np.array([-1, 1]))
            return position, position

        return lax.scan(one, 0, random.split(key, 50))[1]

    walks = vmap(walk)(random.split(random.PRNGKey(8), 200))
    assert walks.shape == (200, 50)
    assert np.all(np.abs(np.diff(walks, axis=1)) == 1)
    assert 20 < np.var(walks[:, -1]) < 100

    def ruin(start):
        return lax.while_loop(lambda s: s[0] < 1000, lambda s: (s[0] * 3, s[1] + 1), (start, 0))[1]

    assert list(vmap(ruin)(np.array([1, 10, 500]))) == [7, 5, 1]


def test_newton_and_updates_by_index():
    f = lambda w: w**2 + 3 * w - 5  # noqa: E731  # as tutorials write it
    df, d2f = grad(f), grad(grad(f))
    w = 10.0
    for _ in range(5):
        w = w - df(w) / d2f(w)
    assert abs(w + 1.5) < 1e-9

    @jit
    def bubble(x):
        def swap(i, x):
            low, high = np.minimum(x[i], x[i + 1]), np.maximum(x[i], x[i + 1])
            return x.at[i].set(low).at[i + 1].set(high)

        return lax.fori_loop(0, x.shape[0] - 1, swap, x)

    assert list(bubble(np.array([3.0, 1.0, 2.0]))) == [1.0, 2.0, 3.0]
    assert list(np.zeros(3).at[1].set(5.0)) == [0.0, 5.0, 0.0]
