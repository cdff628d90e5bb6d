"""Modules of somebody's own as graphs for any batch size, in files and out of them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.engine.errors import ShapeError
from chainrule.export import ModelFileError, load, load_tensors, save, save_tensors
from chainrule.export.any_batch import BatchModule, as_batch_module
from chainrule.export.graph_module import GraphModule

RNG = np.random.default_rng(0)


def rows(n, width=4):
    return RNG.standard_normal((n, width)).astype(np.float32)


def value(x):
    return x.numpy() if isinstance(x, cr.Tensor) else np.asarray(x)


class Own(nn.Module):
    """A function with one layer."""

    def __init__(self, function):
        self.layer, self.function = nn.Linear(4, 4), function

    def forward(self, *inputs):
        return self.function(self.layer, *inputs)


FUNCTIONS = {
    "reshaped": lambda f, x: f(x).reshape(-1, 2, 2).transpose(2, 0, 1).sum(-1),
    "mean": lambda f, x: f(x) - f(x).mean(0),
    "unbiased": lambda f, x: np.var(f(x), axis=0, ddof=1),
    "position": lambda f, x: f(x) + np.arange(x.shape[0], dtype=np.float32)[:, None],
    "shifted": lambda f, x: np.concatenate([x[1:], f(x)], 0),
    "ones": lambda f, x: np.concatenate([f(x), np.ones((x.shape[0], 1), np.float32)], 1),
    "own index": lambda f, x: f(x)[np.arange(x.shape[0]), np.argmax(x, 1)],
    "products": lambda f, x: np.einsum("ij,kj->ik", f(x), x),
    "loop": lambda f, x: cr.lax.scan(lambda c, row: (c + row, c.sum()), np.zeros(4, "f4"), f(x)),
    "branch": lambda f, x: cr.lax.cond(x.sum() > 0, lambda v: f(v), lambda v: v, x),
    "two inputs": lambda f, x, y: f(x) * y,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("compiled", [False, True])
def test_any_batch_size(name, compiled, tmp_path):
    network = Own(FUNCTIONS[name])
    count = 2 if name == "two inputs" else 1
    save(network, tmp_path / "a", example=tuple(rows(5) for _ in range(count)))
    again = load(tmp_path / "a")
    assert type(again) is BatchModule
    for n in (5, 2, 67, 12):
        inputs = [rows(n) for _ in range(count)]
        call = cr.jit(lambda *xs: again(*xs)) if compiled else again
        found, wanted = cr.tree.leaves(call(*inputs)), cr.tree.leaves(network(*inputs))
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(value(a), value(b), rtol=1e-5, atol=1e-5)


def test_a_loop_over_rows_keeps_its_size(tmp_path):
    network = Own(lambda f, x: sum(f(x)[i] * i for i in range(x.shape[0])))
    x = rows(3)
    save(network, tmp_path / "a", example=x)
    again = load(tmp_path / "a")
    assert type(again) is GraphModule
    np.testing.assert_array_equal(again(x).numpy(), network(x).numpy())


def test_a_number_has_no_batch():
    with pytest.raises(ValueError, match="no batch"):
        as_batch_module(nn.Tanh(), 1.0)


def test_it_trains_in_batches():
    x = rows(40)
    network = as_batch_module(nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)), x[:3])
    optimizer = cr.optim.Adam(network.parameters(), lr=0.05)
    history = cr.train.fit(
        network, nn.MSELoss(), optimizer, (x, x[:, :1]), epochs=30, batch_size=16, progress=False
    )
    assert history.epoch_losses[-1] < history.epoch_losses[0] / 3


def test_what_does_not_fit_is_told():
    network = as_batch_module(Own(lambda f, x, y: f(x)[3:] + y[3:]), rows(5), rows(5))
    assert network(rows(4), rows(4)).shape == (1, 4)
    with pytest.raises(ShapeError, match="batches of one size"):
        network(rows(5), rows(6))
    with pytest.raises(ShapeError, match="input 0 has shape"):
        network(rows(5, 3), rows(5))
    with pytest.raises(TypeError, match="takes 2 inputs, got 1"):
        network(rows(5))
    with pytest.raises(ShapeError, match="cannot take a batch of 2 rows"):
        network(rows(2), rows(2))


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.update(batched=[False]),
        lambda s: s.update(batched=["yes"]),
        lambda s: s.update(batched=[True, True]),
        lambda s: s.update(names=["layer.weight"]),
        lambda s: s["graph"]["graphs"][0].update(inputs=["f32[n,4]", "f32[n,4]", "f32[4]"]),
        lambda s: s["graph"]["graphs"][0].update(inputs=["f32[999999999999 * n,4]"] * 3),
        lambda s: s["graph"]["graphs"][0].update(inputs=["f32[n - 99,4]"] * 3),
        lambda s: s["graph"]["graphs"][0].update(inputs=[7]),
        lambda s: s["graph"]["graphs"][0]["nodes"].append({"counting": 0, "type": "i64[7 * n]"}),
        lambda s: s["graph"]["graphs"][0]["nodes"].insert(
            0, {"counting": 0, "type": "i64[999999999 * n]"}
        ),
        lambda s: s["graph"]["graphs"][0]["nodes"].insert(0, {"filled": [1, 0], "type": "f32[n]"}),
        lambda s: s["graph"]["graphs"][0]["nodes"].insert(0, {"filled": "x", "type": "f32[n]"}),
        lambda s: s["graph"]["graphs"][0]["nodes"].insert(0, {"counting": 7, "type": "f32[n]"}),
        lambda s: s["graph"].update(graphs={}),
    ],
)
def test_lies_are_refused(change, tmp_path):
    path = tmp_path / "a"
    save(Own(lambda f, x: f(x) / x.shape[0]), path, example=rows(3))
    header, arrays = load_tensors(path)
    before = header["module"]["settings"]["graph"]["graphs"][0]["outputs"]
    change(header["module"]["settings"])
    save_tensors(path, header, arrays)
    try:
        again = load(path)
    except ModelFileError:
        return
    graph = header["module"]["settings"]["graph"]["graphs"][0]
    assert graph["outputs"] == before and again(rows(2)).shape == (2, 4)  # a node to no purpose
