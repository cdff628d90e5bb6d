"""Weights to and from PyTorch's state_dict, layer by layer."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import chainrule as cr
from chainrule import nn
from chainrule.export import load_torch_state_dict, save_safetensors, to_torch_state_dict

T = torch.nn
X = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
INDICES = np.array([[0, 6], [3, 3]])

# name -> (ours, PyTorch's, input)
PAIRS = {
    "linear": (lambda: nn.Linear(4, 3), lambda: T.Linear(4, 3), X),
    "linear without bias": (
        lambda: nn.Linear(4, 3, bias=False),
        lambda: T.Linear(4, 3, bias=False),
        X,
    ),
    "batch norm": (lambda: nn.BatchNorm1d(4), lambda: T.BatchNorm1d(4), X),
    "batch norm, plain average": (
        lambda: nn.BatchNorm1d(4, momentum=None, affine=False),
        lambda: T.BatchNorm1d(4, momentum=None, affine=False),
        X,
    ),
    "batch norm, no statistics": (
        lambda: nn.BatchNorm1d(4, track_running_stats=False),
        lambda: T.BatchNorm1d(4, track_running_stats=False),
        X,
    ),
    "layer norm": (lambda: nn.LayerNorm(4), lambda: T.LayerNorm(4), X),
    "layer norm of two axes": (
        lambda: nn.LayerNorm((6, 4), bias=False),
        lambda: T.LayerNorm((6, 4), bias=False),
        X,
    ),
    "embedding": (lambda: nn.Embedding(7, 3), lambda: T.Embedding(7, 3), INDICES),
    "prelu": (lambda: nn.PReLU(4), lambda: T.PReLU(4), X),
    "network": (
        lambda: nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.GELU(), nn.Dropout(0.3), nn.Linear(8, 2)
        ),
        lambda: T.Sequential(
            T.Linear(4, 8), T.BatchNorm1d(8), T.GELU(), T.Dropout(0.3), T.Linear(8, 2)
        ),
        X,
    ),
    "nested": (
        lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), nn.Linear(4, 1)),
        lambda: T.Sequential(T.Sequential(T.Linear(4, 4), T.ReLU()), T.Linear(4, 1)),
        X,
    ),
}


def stirred(theirs):
    """Weights and statistics unlike those at the start."""
    with torch.no_grad():
        for value in theirs.state_dict().values():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.1)
    return theirs.eval()


def results(ours, theirs, x):
    with torch.no_grad():
        wanted = theirs(torch.from_numpy(x)).numpy()
    with cr.no_grad():
        return np.asarray(ours.eval()(x)), wanted


@pytest.mark.parametrize("name", PAIRS)
def test_layers_both_ways(name):
    make_ours, make_theirs, x = PAIRS[name]
    ours, theirs = make_ours(), stirred(make_theirs())
    assert load_torch_state_dict(ours, theirs.state_dict()) == ([], [])
    np.testing.assert_allclose(*results(ours, theirs, x), rtol=1e-5, atol=1e-6)

    other = make_theirs()
    state = to_torch_state_dict(ours)
    other.load_state_dict({k: torch.from_numpy(v) for k, v in state.items()})  # strict
    for key, value in theirs.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key
        assert other.state_dict()[key].dtype == value.dtype


def test_every_layer_with_arrays_is_compared():
    with_arrays = {type(make()) for make, _, _ in PAIRS.values()}
    kinds = [nn.Linear, nn.BatchNorm1d, nn.LayerNorm, nn.Embedding, nn.PReLU]
    assert set(kinds) <= with_arrays


def tied_pair():
    ours = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    ours[2].weight = ours[0].weight
    theirs = T.Sequential(T.Linear(4, 4), T.Tanh(), T.Linear(4, 4))
    theirs[2].weight = theirs[0].weight
    return ours, theirs


def test_tied_parameters_have_a_name_for_each_place():
    ours, theirs = tied_pair()
    assert to_torch_state_dict(ours).keys() == theirs.state_dict().keys()
    load_torch_state_dict(ours, theirs.state_dict())
    assert ours[2].weight is ours[0].weight
    np.testing.assert_allclose(*results(ours, theirs, X), rtol=1e-5, atol=1e-6)
    untied = T.Sequential(T.Linear(4, 4), T.Tanh(), T.Linear(4, 4))
    with pytest.raises(ValueError, match=r"0.weight and 2.weight are one parameter here"):
        load_torch_state_dict(ours, untied.state_dict())


def test_wrappers_and_halves():
    ours, theirs = nn.Sequential(nn.Linear(4, 2)), T.Sequential(T.Linear(4, 2))
    state = {f"_orig_mod.module.{k}": v for k, v in theirs.bfloat16().state_dict().items()}
    load_torch_state_dict(ours, state)
    assert ours[0].weight.dtype == np.float32
    np.testing.assert_array_equal(ours[0].weight.data, theirs[0].weight.detach().float().numpy())


def test_files_of_each_other(tmp_path):
    library = pytest.importorskip("safetensors.torch")
    ours, theirs = nn.Linear(4, 2), T.Linear(4, 2)
    path = tmp_path / "model.safetensors"
    library.save_file(theirs.state_dict(), path, metadata={"format": "pt"})
    load_torch_state_dict(ours, path)
    np.testing.assert_allclose(*results(ours, theirs, X), rtol=1e-5, atol=1e-6)
    save_safetensors(path, to_torch_state_dict(ours), {"format": "pt"})
    assert torch.equal(library.load_file(path)["weight"], theirs.weight)


def test_other_names_and_parts():
    ours = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1))
    theirs = {"body.weight": np.ones((3, 4)), "body.bias": np.zeros(3)}
    rename = {"body.weight": "0.weight", "body.bias": "0.bias"}
    before = ours[2].weight.data
    found = load_torch_state_dict(ours, {**theirs, "x": np.ones(1)}, rename=rename, strict=False)
    assert found.missing == ["2.weight", "2.bias"] and found.unexpected == ["x"]
    assert (ours[0].weight.data == 1).all() and ours[2].weight.data is before


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        ({"weight": np.ones((3, 4))}, KeyError, r"missing \['bias'\], unexpected nothing"),
        ({"w": np.ones((3, 4)), "b": np.ones(3)}, KeyError, "the shapes agree in this order"),
        (
            {"weight": np.ones((4, 3)), "bias": np.ones(3)},
            ValueError,
            r"\(3, 4\) here, and \(4, 3\)",
        ),
    ],
)
def test_what_does_not_fit_changes_nothing(state, error, message):
    ours = nn.Linear(4, 3)
    before = ours.state_dict()
    with pytest.raises(error, match=message):
        load_torch_state_dict(ours, state)
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
