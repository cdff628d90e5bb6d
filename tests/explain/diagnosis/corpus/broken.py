"""Networks, data and trainings broken in known ways: name, what must be found, how it is made."""

import numpy as np

import chainrule as cr
from chainrule import nn, optim

from .build import filled, fitted, fresh, loop, mlp, pair, scaled, squared
from .sets import blobs, circles, moons, people, plane, rare, signals, wave

CE, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()

# -- units -------------------------------------------------------------------------------------


def dead_first_layer():
    net = nn.Sequential(filled(nn.Linear(2, 16), -10), nn.ReLU(), nn.Linear(16, 1))
    return fresh(net, BCE, moons())


def dead_second_layer():
    second = filled(nn.Linear(16, 16), -8)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), second, nn.ReLU(), nn.Linear(16, 3))
    return fresh(net, CE, blobs())


def dead_after_large_steps():
    net = mlp(6, 24, 1)
    data = plane()
    optimizer = optim.SGD(net.parameters(), lr=3.0)
    loop(net, nn.L1Loss(), data, optimizer, 40)
    return {"model": net, "loss": nn.L1Loss(), "data": data}


def dead_in_a_function():
    params, apply = pair(4, 20, 3, act=lambda z: np.maximum(z, 0))
    params[0]["b"] -= 12.0
    return {"model": (params, apply), "loss": CE, "data": blobs()}


def saturated_by_large_weights():
    return fresh(mlp(6, 32, 1, act=nn.Tanh, init=scaled(5.0)), MSE, plane())


def saturated_second_layer():
    net = nn.Sequential(
        nn.Linear(4, 32),
        nn.Tanh(),
        nn.Linear(32, 32, init=scaled(6.0)),
        nn.Sigmoid(),
        nn.Linear(32, 3),
    )
    return fresh(net, CE, blobs())


def saturated_by_raw_columns():
    return fresh(mlp(4, 16, 1, act=nn.Sigmoid), BCE, people())


def saturated_function():
    rng = np.random.default_rng(3)
    model = pair(2, 24, 24, 1, draw=lambda shape: 8 * rng.normal(size=shape))
    return {"model": model, "loss": squared, "data": moons()}


def all_weights_zero():
    return fresh(mlp(2, 16, 1, init=nn.init.zeros), BCE, moons())


def all_weights_alike():
    net = mlp(4, 16, 3, act=nn.Tanh, init=lambda key, shape, dtype: np.full(shape, 0.5, dtype))
    for layer in (net[0], net[2]):
        filled(layer, 0.0)
    return fresh(net, CE, blobs())


def alike_function():
    return {
        "model": pair(6, 10, 1, draw=np.ones),
        "loss": squared,
        "data": plane(),
    }


def alike_second_layer():
    second = filled(nn.Linear(16, 16, init=nn.init.ones), 0.0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), second, nn.ReLU(), nn.Linear(16, 3))
    return fresh(net, CE, blobs())


def tanh_for_large_targets():
    x, y = plane()
    return fresh(mlp(6, 16, 1, act=nn.Tanh, end=nn.Tanh()), MSE, (x, 3 * y))


def relu_for_negative_targets():
    return fresh(mlp(1, 32, 1, end=nn.ReLU()), MSE, wave())


UNITS = [
    ("first layer dead by its biases", {"dead-relu"}, dead_first_layer),
    ("second layer dead by its biases", {"dead-relu"}, dead_second_layer),
    ("dead after large steps", {"dead-relu"}, dead_after_large_steps),
    ("dead in a function of parameters", {"dead-relu"}, dead_in_a_function),
    ("tanh with large weights", {"saturated"}, saturated_by_large_weights),
    ("sigmoid in the second layer", {"saturated"}, saturated_second_layer),
    ("sigmoid on raw columns", {"saturated", "unscaled-inputs"}, saturated_by_raw_columns),
    ("tanh in a function of parameters", {"saturated"}, saturated_function),
    ("all weights zero", {"symmetric-weights"}, all_weights_zero),
    ("all weights 0.5", {"symmetric-weights"}, all_weights_alike),
    ("ones in a function of parameters", {"symmetric-weights"}, alike_function),
    ("ones in the second layer", {"symmetric-weights"}, alike_second_layer),
    ("tanh at the end of a regression", {"output-range"}, tanh_for_large_targets),
    ("ReLU at the end of a regression", {"output-range"}, relu_for_negative_targets),
]

# -- gradients ---------------------------------------------------------------------------------


def ten_sigmoids():
    return fresh(mlp(4, *[16] * 10, 3, act=nn.Sigmoid), CE, blobs())


def deep_tanh_small():
    return fresh(mlp(6, *[32] * 12, 1, act=nn.Tanh, init=scaled(0.05)), MSE, plane())


def deep_relu_small():
    return fresh(mlp(4, *[32] * 6, 3, init=scaled(0.01)), CE, blobs())


def vanishing_function():
    rng = np.random.default_rng(0)
    model = pair(2, *[20] * 8, 1, draw=lambda shape: 0.02 * rng.normal(size=shape))
    return {"model": model, "loss": BCE, "data": moons()}


def deep_relu_large():
    return fresh(mlp(4, *[64] * 14, 3, init=scaled(0.5)), CE, blobs(), lr=1e-3)


def exploding_function():
    rng = np.random.default_rng(0)

    def leaky(z):
        return np.where(z > 0, z, 0.1 * z)

    model = pair(6, *[40] * 12, 1, act=leaky, draw=lambda shape: 0.6 * rng.normal(size=shape))
    return {"model": model, "loss": squared, "data": plane()}


class Rounded(nn.Module):
    """A network that rounds its hidden values."""

    def __init__(self):
        self.first, self.last = nn.Linear(6, 16), nn.Linear(16, 1)

    def forward(self, x):
        return self.last(np.round(self.first(x)))


def rounded():
    return fresh(Rounded(), MSE, plane())


def steps_inside():
    return fresh(mlp(2, 16, 1, act=nn.Step), BCE, moons())


def detached():
    def forward(params, x):
        hidden = cr.stop_gradient(np.tanh(x @ params["w1"]))
        return hidden @ params["w2"]

    rng = np.random.default_rng(0)
    params = {"w1": rng.normal(size=(6, 16)), "w2": rng.normal(size=(16, 1)) / 4}
    return {"model": (params, forward), "loss": squared, "data": plane()}


GRADIENTS = [
    ("ten layers of sigmoids", {"vanishing-gradients"}, ten_sigmoids),
    ("deep tanh with small weights", {"vanishing-gradients"}, deep_tanh_small),
    ("deep ReLU with small weights", {"vanishing-gradients"}, deep_relu_small),
    ("deep function with small weights", {"vanishing-gradients"}, vanishing_function),
    ("deep ReLU with large weights", {"exploding-gradients"}, deep_relu_large),
    ("deep function with large weights", {"exploding-gradients"}, exploding_function),
    ("rounded hidden values", {"no-gradient"}, rounded),
    ("step as activation", {"no-gradient"}, steps_inside),
    ("hidden values taken out of the graph", {"no-gradient"}, detached),
]

# -- the loss ----------------------------------------------------------------------------------


def sure_from_the_start():
    x, y = blobs(classes=10, n=400, features=12)
    net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 10, init=scaled(20.0)))
    return {"model": net, "loss": CE, "data": (x, y)}


def far_from_the_targets():
    x, y = plane()
    return {"model": mlp(6, 16, 1), "loss": MSE, "data": (x, 500 + 10 * y)}


def large_output_bias():
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), filled(nn.Linear(16, 1), -15))
    return {"model": net, "loss": BCE, "data": moons()}


def wide_and_unscaled_weights():
    net = mlp(4, 128, 128, 3, init=scaled(1.0))
    return {"model": net, "loss": CE, "data": blobs()}


def softmax_twice():
    return fresh(mlp(4, 16, 3, end=nn.Softmax(dim=-1)), CE, blobs())


def sigmoid_twice():
    return fresh(mlp(2, 16, 1, end=nn.Sigmoid()), BCE, moons())


def softmax_twice_in_a_function():
    params, apply = pair(4, 16, 3)

    def probabilities(params, x):
        return nn.softmax(apply(params, x))

    def loss(prediction, target):
        return nn.functional.cross_entropy(prediction, target)

    return {"model": (params, probabilities), "loss": loss, "data": blobs()}


def logits_for_nll():
    return fresh(mlp(4, 16, 3), nn.NLLLoss(), blobs())


def softmax_over_the_batch():
    x, y = blobs()
    net = mlp(4, 16, 3, end=nn.LogSoftmax(dim=0))
    return fresh(net, nn.NLLLoss(), (x, y))


def no_sigmoid_for_bce():
    return fresh(mlp(2, 16, 1), nn.BCELoss(), moons())


def column_against_row():
    x, y = plane()
    return fresh(mlp(6, 16, 1), squared, (x, y[:, 0]))


def log_of_zero():
    def poisson(prediction, count):
        return np.mean(prediction - count * np.log(prediction))

    x, y = plane()
    return fresh(mlp(6, 16, 1, end=nn.ReLU()), poisson, (x, np.abs(np.round(y))))


LOSSES = [
    ("last layer of large weights", {"loss-at-start"}, sure_from_the_start),
    ("targets far from 0", {"loss-at-start"}, far_from_the_targets),
    ("large output bias", {"loss-at-start"}, large_output_bias),
    ("wide layers with weights of spread 1", {"loss-at-start"}, wide_and_unscaled_weights),
    ("softmax before cross entropy", {"double-softmax"}, softmax_twice),
    ("sigmoid before a loss of logits", {"double-softmax"}, sigmoid_twice),
    ("softmax twice in a function", {"double-softmax"}, softmax_twice_in_a_function),
    ("logits for a loss of log-probabilities", {"missing-softmax"}, logits_for_nll),
    ("softmax over the batch", {"missing-softmax"}, softmax_over_the_batch),
    ("no sigmoid before BCELoss", {"missing-softmax"}, no_sigmoid_for_bce),
    ("(N, 1) against (N,)", {"target-shape"}, column_against_row),
    ("logarithm of a ReLU", {"non-finite-loss"}, log_of_zero),
]

# -- the learning rate -------------------------------------------------------------------------


def sgd_far_too_high():
    return fresh(mlp(6, 16, 1), MSE, plane(), lr=10.0, kind=optim.SGD)


def adam_too_high():
    return fresh(mlp(4, 32, 32, 3), CE, blobs(), lr=3.0)


def momentum_too_high():
    def kind(params, lr):
        return optim.SGD(params, lr=lr, momentum=0.95)

    return fresh(mlp(1, 32, 1, act=nn.Tanh), MSE, wave(), lr=1.0, kind=kind)


def trained_too_fast():
    net = nn.Linear(6, 1)
    found = fitted(net, MSE, plane(), lr=1.2, epochs=3, kind=optim.SGD)
    del found["optimizer"]
    return found


def sgd_too_low():
    return fresh(mlp(6, 16, 1), MSE, plane(), lr=1e-6, kind=optim.SGD)


def adam_too_low():
    return fresh(mlp(2, 16, 1), BCE, moons(), lr=1e-7)


def adamw_too_low():
    x, y = blobs(classes=5, n=400, features=10)
    return fresh(mlp(10, 32, 5, act=nn.GELU), CE, (x, y), lr=1e-8, kind=optim.AdamW)


def optimizer_of_another():
    data = moons()
    optimizer = optim.Adam(mlp(2, 16, 1).parameters(), lr=0.01)
    return {"model": mlp(2, 16, 1), "loss": BCE, "data": data, "optimizer": optimizer}


RATES = [
    ("SGD far too high", {"learning-rate-too-high"}, sgd_far_too_high),
    ("Adam too high", {"learning-rate-too-high"}, adam_too_high),
    ("momentum too high", {"learning-rate-too-high"}, momentum_too_high),
    ("trained too fast", {"learning-rate-too-high"}, trained_too_fast),
    ("SGD too low", {"learning-rate-too-low"}, sgd_too_low),
    ("Adam too low", {"learning-rate-too-low"}, adam_too_low),
    ("AdamW too low", {"learning-rate-too-low"}, adamw_too_low),
    ("optimizer of another model", {"foreign-parameters"}, optimizer_of_another),
]

# -- data --------------------------------------------------------------------------------------


def raw_pixels():
    x, y = blobs(n=300, classes=4, features=16)
    pixels = np.clip(128 + 50 * x, 0, 255).round()
    return fresh(mlp(16, 32, 4), CE, (pixels, y), lr=1e-3)


def raw_columns():
    return fresh(mlp(4, 16, 1), BCE, people(), lr=1e-3)


def tiny_inputs():
    x, y = blobs()
    return fresh(mlp(4, 16, 3), CE, (1e-4 * x, y))


def one_column_in_millionths():
    x, y = plane()
    return fresh(mlp(6, 16, 1), MSE, (x * [1, 1, 1, 1, 1, 1e-6], y))


def holes_in_the_data():
    x, y = plane()
    x[17, 3] = x[90, 0] = np.nan
    return fresh(mlp(6, 16, 1), MSE, (x, y))


def infinite_target():
    x, y = plane()
    return fresh(mlp(6, 16, 1), MSE, (x, np.where(np.arange(300) == 5, np.inf, y.T).T))


def split_with_overlap():
    x, y = moons(n=400)
    return fresh(mlp(2, 16, 1), BCE, (x[:300], y[:300]), validation=(x[260:], y[260:]))


def oversampled_before_the_split():
    x, y = rare(0.1, n=500)
    positives = np.flatnonzero(y[:, 0] == 1)
    rows = np.concatenate([np.arange(500), np.repeat(positives, 8)])
    rows = np.random.default_rng(0).permutation(rows)
    cut = int(0.7 * len(rows))
    train, valid = rows[:cut], rows[cut:]
    return fresh(mlp(3, 16, 1), BCE, (x[train], y[train]), validation=(x[valid], y[valid]))


def label_among_the_columns():
    x, y = blobs(classes=2)
    return fresh(mlp(5, 16, 2), CE, (np.column_stack([x, 2.0 * y - 1]), y))


def target_in_another_unit():
    x, y = plane()
    return fresh(mlp(7, 16, 1), MSE, (np.column_stack([x, 0.3048 * y]), y))


def rare_class():
    return fresh(mlp(3, 16, 1), BCE, rare(0.02))


def rare_of_three():
    x, y = blobs(n=600)
    kept = np.flatnonzero((y != 2) | (np.arange(600) % 60 == 2))
    return fresh(mlp(4, 16, 3), CE, (x[kept], y[kept]))


def labels_from_one():
    x, y = blobs()
    return fresh(mlp(4, 16, 3), CE, (x, y + 1))


def labels_from_one_with_room():
    x, y = blobs()
    return fresh(mlp(4, 16, 4), CE, (x, y + 1))


def signs_for_cross_entropy():
    x, y = moons()
    return fresh(mlp(2, 16, 1), BCE, (x, 2 * y - 1))


DATA = [
    ("raw pixels", {"unscaled-inputs"}, raw_pixels),
    ("raw columns", {"unscaled-inputs"}, raw_columns),
    ("tiny inputs", {"unscaled-inputs"}, tiny_inputs),
    ("one column in millionths", {"unscaled-inputs"}, one_column_in_millionths),
    ("NaN among the inputs", {"non-finite-data"}, holes_in_the_data),
    ("infinite target", {"non-finite-data"}, infinite_target),
    ("overlapping split", {"shared-rows"}, split_with_overlap),
    ("oversampled before the split", {"shared-rows"}, oversampled_before_the_split),
    ("label among the columns", {"leaking-column"}, label_among_the_columns),
    ("target in another unit", {"leaking-column"}, target_in_another_unit),
    ("two in a hundred", {"imbalance"}, rare_class),
    ("one rare class of three", {"imbalance"}, rare_of_three),
    ("labels from 1", {"target-coding"}, labels_from_one),
    ("labels from 1, one output too many", {"target-coding"}, labels_from_one_with_room),
    ("-1 and 1 for cross entropy", {"target-coding"}, signs_for_cross_entropy),
]

# -- use ---------------------------------------------------------------------------------------


def step_without_zero_grad():
    net, data = mlp(2, 16, 1), moons()
    optimizer = optim.SGD(net.parameters(), lr=0.05)

    def step(x, y):
        loss = BCE(net(x), y)
        loss.backward()
        optimizer.step()

    return {"model": net, "loss": BCE, "data": data, "optimizer": optimizer, "step": step}


def loop_without_zero_grad():
    net, data = mlp(6, 16, 1, act=nn.Tanh), plane()
    optimizer = optim.Adam(net.parameters(), lr=0.003)
    loop(net, MSE, data, optimizer, 60, zero=False)
    return {"model": net, "loss": MSE, "data": data, "optimizer": optimizer}


def dropout_at_evaluation():
    net = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 3))
    return fresh(net, CE, blobs(), predict=lambda x: net(x))


def batch_norm_at_evaluation():
    net = nn.Sequential(nn.Linear(4, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 3))
    data = blobs()
    loop(net, CE, data, optim.Adam(net.parameters(), lr=0.01), 40)
    return {"model": net, "loss": CE, "data": data, "predict": lambda x: net(x)}


def _with_batch_norm():
    return nn.Sequential(nn.Linear(4, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))


def batch_norm_of_two():
    return fresh(_with_batch_norm(), CE, blobs(), batch_size=2)


def batch_norm_of_four():
    return fresh(_with_batch_norm(), CE, blobs(), lr=1e-3, batch_size=4)


def one_left_over():
    return fresh(_with_batch_norm(), CE, blobs(n=65), batch_size=32)


USES = [
    ("step without zero_grad", {"zero-grad"}, step_without_zero_grad),
    ("loop without zero_grad", {"zero-grad"}, loop_without_zero_grad),
    ("dropout at evaluation", {"eval-mode"}, dropout_at_evaluation),
    ("batch norm at evaluation", {"eval-mode"}, batch_norm_at_evaluation),
    ("batch norm of two", {"small-batches"}, batch_norm_of_two),
    ("batch norm of four", {"small-batches"}, batch_norm_of_four),
    ("one example left over", {"small-batches"}, one_left_over),
]

# -- fit ---------------------------------------------------------------------------------------


def _noise(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 8))
    return x, (x[:, :1] + 1.5 * rng.normal(size=(n, 1)) > 0).astype(float)


def learned_by_heart():
    net = mlp(8, 64, 64, 1)
    return fitted(net, BCE, _noise(40, 0), epochs=150, validation=_noise(100, 1))


def learned_by_heart_regression():
    x, y = wave(n=24, noise=0.6)
    return fitted(
        mlp(1, 64, 64, 1, act=nn.Tanh),
        MSE,
        (x, y),
        epochs=600,
        batch_size=None,
        validation=wave(n=100, noise=0.6, seed=1),
    )


def learned_by_heart_without_curve():
    found = fitted(mlp(8, 64, 64, 1), BCE, _noise(40, 0), epochs=150)
    return found | {"validation": _noise(100, 1)}


def straight_line_for_circles():
    return fitted(nn.Linear(2, 1), BCE, circles(), lr=0.05, epochs=40)


def straight_line_for_a_wave():
    return fitted(nn.Linear(1, 1), MSE, wave(), lr=0.05, epochs=40)


def one_unit_for_circles():
    return fitted(mlp(2, 1, 1, act=nn.Tanh), BCE, circles(), lr=0.05, epochs=40)


def not_a_function_of_its_input():
    class Deaf(nn.Module):
        """A forgotten factor makes the answer as good as 0."""

        def __init__(self):
            self.w = nn.Parameter(np.ones(1, np.float32))

        def forward(self, x):
            return 1e-9 * self.w * x[:, :1]

    return {"model": Deaf(), "loss": MSE, "data": plane()}


def cold_logits():
    params, apply = pair(4, 16, 3)

    def cold(params, x):
        return apply(params, x) / 1000

    return {"model": (params, cold), "loss": CE, "data": blobs()}


def frequencies_with_one_weight():
    net = nn.Linear(24, 1)
    x, y = signals()
    return fitted(net, BCE, (x, y[:, None].astype(float)), lr=0.01, epochs=30)


FITS = [
    ("noise learned by heart", {"overfitting"}, learned_by_heart),
    ("noisy wave learned by heart", {"overfitting"}, learned_by_heart_regression),
    ("by heart, no curve kept", {"overfitting"}, learned_by_heart_without_curve),
    ("a line for circles", {"underfitting"}, straight_line_for_circles),
    ("a line for a wave", {"underfitting"}, straight_line_for_a_wave),
    ("one hidden unit for circles", {"underfitting"}, one_unit_for_circles),
    ("a line for frequencies", {"underfitting"}, frequencies_with_one_weight),
    ("output cut off from the input", {"constant-output"}, not_a_function_of_its_input),
    ("logits divided by a thousand", {"one-batch"}, cold_logits),
]

BROKEN = [*UNITS, *GRADIENTS, *LOSSES, *RATES, *DATA, *USES, *FITS]
