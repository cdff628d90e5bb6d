"""Whole networks and functions in onnxruntime: names, any batch size, what cannot be exported."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest

import chainrule as cr
from chainrule import lax, nn
from chainrule.engine.graph import node_names
from chainrule.export import FixedBatchWarning, NotExportable, to_numpy_file, to_onnx

X = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32)


class Words(nn.Module):
    def __init__(self):
        self.table, self.out = nn.Embedding(30, 4), nn.Linear(4, 2)

    def forward(self, words):
        return nn.functional.softmax(self.out(self.table(words)), -1)


class Attention(nn.Module):
    """One head over a sequence: products of stacks of matrices."""

    def __init__(self):
        self.q, self.k, self.v = [nn.Linear(3, 4) for _ in range(3)]

    def forward(self, x):
        scores = self.q(x) @ np.swapaxes(self.k(x), 1, 2) / 2.0
        return nn.functional.softmax(scores, -1) @ self.v(x)


def layers(*middle):
    return nn.Sequential(nn.Linear(6, 5), *middle, nn.Linear(5, 2))


def whitened(x):
    centred = x - x.mean(axis=0)
    return centred / np.sqrt((centred**2).sum(axis=0) / (len(x) - 1))


def smoothed(x):
    return lax.scan(lambda total, row: (0.9 * total + row, total.sum()), x[0] * 0, x)


def by_sign(x):
    return lax.cond(x.sum() > 0, lambda x: x * 2, lambda x: np.tanh(x), x)


def halved(x):
    return lax.while_loop(lambda v: np.abs(v).max() > 1, lambda v: v / 2, 8 * x)


def ranked(x):
    order = np.argsort(x, axis=0)
    return order, np.sort(x, axis=0), np.cumsum(x, axis=0), np.arange(len(x))[:, None] * x


def jitter(x, key):
    return x + cr.random.normal(key, x.shape)


NETWORKS = {
    "tanh": lambda: layers(nn.Tanh()),
    "gelu": lambda: layers(nn.GELU(), nn.LayerNorm(5)),
    "batch norm": lambda: layers(nn.BatchNorm1d(5), nn.ReLU(), nn.Dropout(0.5)),
    "prelu": lambda: layers(nn.PReLU(), nn.Softplus()),
    "elu": lambda: layers(nn.ELU(), nn.SiLU(), nn.LeakyReLU(0.1)),
    "softmax": lambda: layers(nn.LogSoftmax(), nn.Sigmoid(), nn.SELU()),
    "words": Words,
    "attention": Attention,
}
INPUTS = {"words": np.arange(8) % 30, "attention": X.reshape(8, 2, 3)}
FUNCTIONS = [whitened, smoothed, by_sign, halved, ranked]


def run(model, *arrays):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    return session.run(None, dict(zip(names, arrays, strict=True)))


def check(function, x, model, tolerance=1e-5):
    for rows in (1, 2, 8, 90):
        given = np.resize(x, (rows, *x.shape[1:]))
        with cr.no_grad():
            wanted = cr.tree.leaves(function(given))
        for one, other in zip(run(model, given), wanted, strict=True):
            assert one.dtype == np.asarray(other).dtype
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_the_same_for_any_number_of_rows(name):
    net, x = NETWORKS[name](), INPUTS.get(name, X)
    assert net.training
    model = to_onnx(net, x)
    assert net.training
    check(net.eval(), x, model)
    held = {tensor.name for tensor in model.graph.initializer}
    assert {parameter for parameter, _ in net.named_parameters()} <= held


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_function_of_the_whole_batch_too(function):
    rows = 3 if function is whitened else 1  # one row has no variance
    model = to_onnx(function, X)
    for n in (rows, 8, 90):
        given = np.random.default_rng(n).normal(size=(n, 6)).astype(np.float32)
        for one, other in zip(run(model, given), cr.tree.leaves(function(given)), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_random_numbers_are_the_same_from_a_key():
    model = to_onnx(jitter, X, cr.random.key(3), batch=(0,))
    for seed, rows in ((1, 8), (2, 5)):
        given, key = X[:rows], cr.random.key(seed)
        np.testing.assert_allclose(run(model, given, key)[0], jitter(given, key), rtol=1e-6)


def test_derivatives_stacks_and_compiled_functions_export():
    net = layers(nn.Tanh()).eval()

    def slope(x):
        return cr.vmap(cr.grad(lambda row: net(row[None])[0, 0]))(x)

    check(slope, X, to_onnx(slope, X))
    check(cr.jit(net), X, to_onnx(cr.jit(net), X))


def test_ids_are_those_of_the_graph_and_lines_those_of_the_program():
    net = layers(nn.Tanh()).eval()
    graph = cr.trace(net, X)
    model = to_onnx(net, X)
    ids = {name: node.primitive.name for node, name in node_names(graph).items() if node.primitive}
    kinds = {"einsum": "Gemm", "add": "Add", "tanh": "Tanh"}
    for node in model.graph.node:
        assert kinds[ids[node.name]] == node.op_type
        assert node.output[0] == node.name
        assert node.doc_string.startswith("test_onnx_models.py:")
    assert len(model.graph.node) == 5
    assert [value.name for value in model.graph.input] == ["x0"]
    assert model.graph.output[0].name == node_names(graph)[graph.outputs[0]]
    assert (model.opset_import[0].version, model.ir_version) == (20, 10)


def test_ids_hold_inside_and_after_loops_too():
    names = {name: node for node, name in node_names(cr.trace(smoothed, X)).items()}
    model = to_onnx(smoothed, X)
    (loop,) = [node for node in model.graph.node if node.op_type == "Scan"]
    assert names[loop.name].primitive.name == "scan"
    inside = names[loop.name].params["body"]
    ids = {f"{loop.name}/step/{name}" for name in node_names(inside).values()}
    assert {node.name for node in loop.attribute[0].g.node if "result" not in node.name} <= ids
    picks = [node.name for node in model.graph.node if loop.output[0] in node.input]
    assert names[picks[0]].primitive.name == "pick"


def test_names_of_inputs_and_outputs(tmp_path):
    net = layers(nn.Tanh())
    path = tmp_path / "net.onnx"
    model = to_onnx(net, X, path=path, input_names=["features"], output_names=["score"])
    assert onnx.load(path) == model
    session = onnxruntime.InferenceSession(path)
    assert session.get_inputs()[0].shape == ["N", 6]
    (found,) = session.run(["score"], {"features": X})
    np.testing.assert_allclose(found, net.eval()(X).numpy(), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="input_names must be 1 different names"):
        to_onnx(net, X, input_names=["a", "b"])
    with pytest.raises(ValueError, match="names of inputs and of outputs"):
        to_onnx(net, X, input_names=["a"], output_names=["a"])
    odd = to_onnx(net, X, input_names=["v1"], output_names=["v3"])
    np.testing.assert_array_equal(run(odd, X)[0], found)


def test_an_input_or_a_constant_or_one_node_twice_may_be_returned():
    model = to_onnx(lambda x, y: (x, x + y, x + y, np.ones(2), 3.0), X, X)
    names = [value.name for value in model.graph.output]
    assert len(set(names)) == 5
    found = run(model, X, X)
    assert [x.shape for x in found] == [(8, 6), (8, 6), (8, 6), (2,), ()]
    np.testing.assert_array_equal(found[2], 2 * X)


def test_a_batch_size_that_is_fixed_is_said():
    def by_pairs(x):
        return x.reshape(4, 2, 6).sum(axis=1)

    with pytest.warns(FixedBatchWarning, match="this one size, because .* reshape"):
        model = to_onnx(by_pairs, X)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 8
    assert "reshape" in model.graph.doc_string
    np.testing.assert_allclose(run(model, X)[0], by_pairs(X), rtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_onnx(by_pairs, X, batch=False)
    with pytest.warns(FixedBatchWarning):
        assert "reshape((4, 2, 6))" in to_numpy_file(by_pairs, X)


def test_only_the_arguments_that_are_named_have_the_batch_axis():
    def scaled(x, weights):
        return x * weights[:6].sum() + len(weights)

    model = to_onnx(scaled, X, np.ones(8), batch=(0,))
    assert model.graph.input[1].type.tensor_type.shape.dim[0].dim_value == 8
    found = run(model, X[:3], np.full(8, 2.0))
    np.testing.assert_allclose(found[0], scaled(X[:3], np.full(8, 2.0)))


def test_what_cannot_be_exported_is_named_with_its_line():
    def beyond(x):
        return np.nextafter(x, 1.0)

    with pytest.raises(NotExportable, match=r"v\d is nextafter, .*test_onnx_models.py:\d+: return"):
        to_onnx(beyond, X)
    double = cr.engine.primitives.families.elementwise("double", numpy=lambda x: 2 * x, arity=1)
    with pytest.raises(NotExportable, match=r"v1 is double, .* no row .*formulas="):
        to_onnx(double, X)
    model = to_onnx(lambda x: double(x) + 1, X, formulas={"double": lambda x: x + x})
    np.testing.assert_array_equal(run(model, X)[0], 2 * X + 1)


def test_a_matrix_by_a_vector_is_not_transposed():
    """onnxruntime fuses a transposition into such a product, and computes something else."""
    first, second = np.arange(6.0).reshape(2, 3) * 1.5, np.array([2.0, -3.0])
    for spec in ("ij,i->j", "i,ij->j"):
        operands = (first, second) if spec[1] == "j" else (second, first)
        model = to_onnx(lambda a, b, s=spec: cr.numpy.einsum(s, 2 * a, 2 * b), *operands)
        assert "Transpose" not in {node.op_type for node in model.graph.node}
        np.testing.assert_allclose(run(model, *operands)[0], 4 * second @ first)
