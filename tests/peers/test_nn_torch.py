"""Layers, activations and losses against PyTorch: values and gradients, float64 and float32."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr
from chainrule import nn

from ..nn.activation_table import ACTIVATIONS
from ..nn.loss_table import CASES

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])
TOLERANCE = {np.float64: {"rtol": 1e-10, "atol": 1e-12}, np.float32: {"rtol": 1e-4, "atol": 1e-6}}
RNG = np.random.default_rng(3)
X = RNG.normal(size=(5, 4)) * 2
SERIES = RNG.normal(size=(5, 4, 3))
COTANGENT = RNG.normal(size=100)


def projected(y, lib=np):
    """A scalar in which every element of y counts differently."""
    size = int(np.prod(tuple(y.shape)))
    weights = COTANGENT[:size].reshape(tuple(y.shape))
    if lib is torch:
        return (y * torch.tensor(weights, dtype=y.dtype)).sum()
    return (y * weights.astype(y.dtype)).sum()


def close(found, wanted, dtype):
    wanted = wanted.detach().numpy() if isinstance(wanted, torch.Tensor) else wanted
    np.testing.assert_allclose(found, wanted, **TOLERANCE[dtype])


NAMES = [name for name in ACTIVATIONS if ACTIVATIONS[name][2]]


@DTYPES
@pytest.mark.parametrize("name", NAMES)
def test_activations(name, dtype):
    ours, _, spelling, _ = ACTIVATIONS[name]
    x = np.append(X, [[0.0, 30.0, -30.0, 1e-3]], axis=0).astype(dtype)
    theirs = torch.tensor(x, requires_grad=True)
    y = getattr(torch.nn.functional, spelling)(theirs)
    slope = cr.grad(lambda x: projected(ours(x)))(x)
    projected(y, torch).backward()
    assert slope.dtype == dtype
    close(ours(x), y, dtype)
    close(slope, theirs.grad, dtype)


@DTYPES
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", [case for case in CASES if case.torch], ids=str)
def test_losses(case, reduction, dtype):
    prediction = case.prediction.astype(dtype)
    whole = case.target.dtype.kind == "i"
    target = case.target if whole else case.target.astype(dtype)
    theirs = torch.tensor(prediction, requires_grad=True)
    loss = getattr(torch.nn.functional, case.torch)
    value = loss(theirs, torch.tensor(target), reduction=reduction, **case.settings)
    projected(value, torch).backward()

    def ours(prediction):
        return projected(case(prediction, target, reduction=reduction))

    close(case(prediction, target, reduction=reduction), value, dtype)
    close(cr.grad(ours)(prediction), theirs.grad, dtype)


@DTYPES
def test_losses_that_torch_has_no_function_for(dtype):
    z = torch.tensor(X.astype(dtype), requires_grad=True)
    y = torch.tensor((RNG.normal(size=X.shape) > 0).astype(dtype))
    p = torch.where(y == 1, torch.sigmoid(z), torch.sigmoid(-z))
    focal = -(torch.where(y == 1, 0.25, 0.75) * (1 - p) ** 2 * torch.log(p)).mean()
    focal.backward()
    ours = nn.FocalLoss(alpha=0.25)
    value, slope = cr.value_and_grad(ours)(X.astype(dtype), y.numpy())
    close(value, focal, dtype)
    close(slope, z.grad, dtype)
    z.grad = None
    hinge = torch.clamp(1 - (2 * y - 1) * z, min=0).mean()
    hinge.backward()
    value, slope = cr.value_and_grad(nn.HingeLoss())(X.astype(dtype), 2 * y.numpy() - 1)
    close(value, hinge, dtype)
    close(slope, z.grad, dtype)


# -- layers ------------------------------------------------------------------------------------

LAYERS = [
    (lambda lib: lib.Linear(4, 3), X),
    (lambda lib: lib.Linear(4, 3, bias=False), X),
    (lambda lib: lib.Linear(3, 2), SERIES),
    (lambda lib: lib.PReLU(), X),
    (lambda lib: lib.PReLU(4), SERIES),
    (lambda lib: lib.LayerNorm(4), X),
    (lambda lib: lib.LayerNorm((4, 3), eps=1e-3), SERIES),
    (lambda lib: lib.LayerNorm(4, elementwise_affine=False), X),
    (lambda lib: lib.BatchNorm1d(4), X),
    (lambda lib: lib.BatchNorm1d(4, eps=1e-2, momentum=0.3), SERIES),
    (lambda lib: lib.BatchNorm1d(4, momentum=None), X),
    (lambda lib: lib.BatchNorm1d(4, affine=False), X),
    (lambda lib: lib.BatchNorm1d(4, track_running_stats=False), X),
    (lambda lib: lib.Flatten(), SERIES),
    (lambda lib: lib.Softmax(dim=1), SERIES),
    (lambda lib: lib.ELU(0.5), X),
    (lambda lib: lib.LeakyReLU(0.2), X),
    (lambda lib: lib.Embedding(7, 3), np.array([[1, 6], [0, 1]])),
    (lambda lib: lib.Sequential(lib.Linear(4, 8), lib.Tanh(), lib.Linear(8, 1)), X),
    (lambda lib: lib.Sequential(lib.Linear(4, 8), lib.BatchNorm1d(8), lib.ReLU()), X),
    (lambda lib: lib.Sequential(lib.Linear(4, 8), lib.LayerNorm(8), lib.GELU("tanh")), X),
    (lambda lib: lib.Sequential(lib.Flatten(), lib.Linear(12, 5), lib.SiLU()), SERIES),
]


@DTYPES
@pytest.mark.parametrize("number", range(len(LAYERS)))
def test_layers(number, dtype):
    make, x = LAYERS[number]
    torch.manual_seed(number)
    theirs = make(torch.nn).to(torch.float64 if dtype is np.float64 else torch.float32)
    for parameter in theirs.parameters():  # so that no scale is 1 and no shift 0
        torch.nn.init.normal_(parameter)
    ours = make(nn).to(dtype)
    state = {name: value.numpy() for name, value in theirs.state_dict().items()}
    ours.load_state_dict(state)
    x = x if x.dtype.kind == "i" else x.astype(dtype)

    for _ in range(2):  # twice, so that running averages move on
        for parameter in theirs.parameters():
            parameter.grad = None
        given = torch.tensor(x, requires_grad=x.dtype.kind == "f")
        y = theirs(given)
        scalar = projected(y, torch)
        if scalar.requires_grad:
            scalar.backward()
        found, slopes = cr.value_and_grad(lambda net: projected(net(x)))(ours)
    close(found, scalar, dtype)
    for name, parameter in theirs.named_parameters():
        close(dict(slopes.named_parameters())[name].data, parameter.grad, dtype)
    if given.requires_grad:
        slope = cr.grad(lambda x: projected(ours(x)))(x)
        close(slope, given.grad, dtype)
        theirs(given)
    for name, value in theirs.state_dict().items():
        close(ours.state_dict()[name], value, dtype)
    given = torch.tensor(x)
    with cr.no_grad():
        close(ours.eval()(x), theirs.eval()(given), dtype)


def test_backward_fills_the_same_gradients():
    theirs = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1))
    ours = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    ours.load_state_dict(theirs.state_dict())
    x, y = X.astype(np.float32), (X[:, :1] > 0).astype(np.float32)
    for _ in range(2):  # gradients add up
        torch.nn.BCEWithLogitsLoss()(theirs(torch.tensor(x)), torch.tensor(y)).backward()
        nn.BCEWithLogitsLoss()(ours(x), y).backward()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        close(mine.grad, other.grad, np.float32)


def test_initial_weights_of_a_linear_layer_spread_alike():
    ours, theirs = nn.Linear(50, 400), torch.nn.Linear(50, 400)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        other = other.detach().numpy()
        assert mine.dtype == other.dtype
        assert mine.data.std() == pytest.approx(other.std(), rel=0.05 if other.ndim == 2 else 0.2)
        assert np.abs(mine.data).max() == pytest.approx(np.abs(other).max(), rel=0.02)
