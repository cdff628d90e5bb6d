"""Imported networks: the same numbers as another runtime, any batch, gradients, training."""

import numpy as np
import onnx
import onnx.parser
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.engine.errors import ConcreteValueError, DtypeError, ShapeError
from chainrule.export import from_onnx, to_onnx
from chainrule.export.errors import ModelFileError
from chainrule.train import fit

from . import table_case

RNG = np.random.default_rng(0)
MLP = """
<ir_version: 10, opset_import: ["": 21]>
mlp (float[N, 3] x) => (float[N, 1] y) {
    h = Gemm <transB = 1> (x, fc1_weight, fc1_bias)
    t = Tanh(h)
    y = Gemm(t, fc2_weight, fc2_bias)
}
"""
CONV = """
<ir_version: 10, opset_import: ["": 21]>
conv (float[N, 1, 8, 8] x) => (float[N, 2] y) {
    c = Conv <pads = [1, 1, 1, 1]> (x, conv_weight, conv_bias)
    b = BatchNormalization(c, bn_weight, bn_bias, bn_mean, bn_var)
    r = Relu(b)
    p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (r)
    s = Shape(p)
    zero = Constant <value_ints = [0]> ()
    batch = Gather(s, zero)
    rest = Constant <value_ints = [-1]> ()
    shape = Concat <axis = 0> (batch, rest)
    f = Reshape(p, shape)
    y = MatMul(f, out_weight)
}
"""


def array(*shape, scale=0.5):
    return (scale * RNG.normal(size=shape)).astype(np.float32)


def model_of(text, **arrays):
    model = onnx.parser.parse_model(text)
    for name, value in arrays.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))
    onnx.checker.check_model(model)
    return model


@pytest.fixture
def mlp():
    first = {"fc1_weight": array(5, 3), "fc1_bias": array(5)}
    return model_of(MLP, **first, fc2_weight=array(5, 1), fc2_bias=array(1))


@pytest.fixture
def conv():
    weights = {"conv_weight": array(4, 1, 3, 3), "conv_bias": array(4), "bn_mean": array(4)}
    weights |= {"bn_weight": array(4) + 1, "bn_bias": array(4), "bn_var": array(4) ** 2 + 1}
    return model_of(CONV, **weights, out_weight=array(64, 2))


def run_elsewhere(model, *inputs):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(model.SerializeToString())
    names = [entry.name for entry in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


# -- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [1, 6])
def test_the_same_numbers_as_onnxruntime(mlp, conv, rows):
    for model, x in [(mlp, array(rows, 3)), (conv, array(rows, 1, 8, 8))]:
        mine = from_onnx(model)(x).numpy()
        np.testing.assert_allclose(mine, run_elsewhere(model, x), rtol=1e-6, atol=1e-6)


def test_any_batch_under_jit_and_vmap(conv):
    model = from_onnx(conv)
    compiled = cr.jit(lambda m, x: m(x))
    for rows in (2, 5):
        x = array(rows, 1, 8, 8)
        np.testing.assert_allclose(compiled(model, x), model(x).numpy(), atol=1e-5)
    x = array(3, 2, 1, 8, 8)
    np.testing.assert_allclose(cr.vmap(model)(x)[1].numpy(), model(x[1]).numpy(), atol=1e-6)


def test_a_fixed_shape_as_one_graph(conv):
    model, x = from_onnx(conv), array(2, 1, 8, 8)
    whole = model.graph_module(x)
    assert not [n for n in whole.graph.nodes if n.primitive.name == "concatenate" and not n.inputs]
    np.testing.assert_array_equal(whole(x).numpy(), model(x).numpy())
    assert set(whole.state_dict()) == {name for name, _ in model.named_parameters()}


@pytest.mark.parametrize("batch", [4, 9])
def test_what_we_export_comes_back(batch):
    parts = [nn.Linear(4, 6), nn.BatchNorm1d(6), nn.GELU(), nn.LayerNorm(6), nn.Linear(6, 3)]
    net = nn.Sequential(*parts, nn.Softmax()).eval()
    back = from_onnx(to_onnx(net, array(4, 4)))
    x = array(batch, 4)
    np.testing.assert_allclose(back(x).numpy(), net(x).numpy(), atol=1e-6)
    assert back.state_dict().keys() == dict(net.named_parameters()).keys()


def test_a_whole_table_model_comes_back(tmp_path):
    """Words, dates and gaps included: the preparation is in the file."""
    model = table_case.model("binary")
    model.to_onnx(tmp_path / "table.onnx")
    back = from_onnx(tmp_path / "table.onnx")
    rows = table_case.frame(50, seed=3, strange=True)
    columns = table_case.columns_as_fed(rows, model.preparation.types)
    probabilities, label = back(*[columns[entry.name] for entry in back.inputs])
    np.testing.assert_allclose(probabilities.numpy(), model.outputs_of(rows), atol=1e-6)
    assert label.numpy().tolist() == model.predict(rows)["prediction"].to_list()
    assert all(name.startswith("network.") for name, _ in back.named_parameters())


def test_the_names_of_the_exporters_modules_are_kept(mlp):
    mlp.graph.node[1].name = "/encoder/0/Tanh"
    graph = cr.trace(from_onnx(mlp), array(2, 3))
    scopes = {node.primitive.name: node.place[2] for node in graph.nodes if node.place}
    assert scopes["tanh"] == ("OnnxModule", "encoder", "0")
    assert scopes["einsum"] == ("OnnxModule",)


# -- parameters --------------------------------------------------------------------------------


def test_arrays_are_parameters_statistics_buffers_scalars_constants(conv):
    conv.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(2), "two"))
    model = from_onnx(conv)
    names = ["conv_weight", "conv_bias", "bn_weight", "bn_bias", "out_weight"]
    assert sorted(name for name, _ in model.named_parameters()) == sorted(names)
    assert sorted(name for name, _ in model.named_buffers()) == ["bn_mean", "bn_var"]


def test_what_is_trained_can_be_chosen(mlp):
    model = from_onnx(mlp, trainable=["fc2_bias"])
    assert [name for name, _ in model.named_parameters()] == ["fc2_bias"]
    model = from_onnx(mlp, trainable=lambda name: name.startswith("fc1"))
    assert [name for name, _ in model.named_parameters()] == ["fc1_weight", "fc1_bias"]
    with pytest.raises(ValueError, match="no initializers fc9"):
        from_onnx(mlp, trainable=["fc9"])


@pytest.mark.parametrize("name", ["training", "held", "program", "inputs", "_parameters"])
def test_a_name_that_a_module_has_itself(name):
    text = '<ir_version: 10, opset_import: ["": 21]> f (float[2] x) => (float[2] y) '
    body = f"{{ y = Mul(x, {name}) }}"
    model = from_onnx(model_of(text + body, **{name: np.ones(2, np.float32)}))
    assert list(model.state_dict()) == [f"{name}_"]
    assert model(np.ones(2)).numpy().tolist() == [1, 1]


# -- gradients and training --------------------------------------------------------------------


def in_double_precision(model):
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for tensor in model.graph.initializer:
        wide = onnx.numpy_helper.to_array(tensor).astype(np.float64)
        tensor.CopyFrom(onnx.numpy_helper.from_array(wide, tensor.name))
    return model


def test_gradients_are_those_of_differences(mlp, conv):
    for proto, shape in [(mlp, (4, 3)), (conv, (2, 1, 8, 8))]:
        model, x = from_onnx(in_double_precision(proto)), RNG.normal(size=shape)
        start = model.state_dict()
        gradient = cr.grad(lambda m, x=x: (m(x) ** 2).sum())(model)
        slopes = {name: p.data for name, p in gradient.named_parameters()}
        direction = {name: RNG.normal(size=slope.shape) for name, slope in slopes.items()}

        def at(step, model=model, x=x, start=start, direction=direction):
            moved = {name: value + step * direction.get(name, 0) for name, value in start.items()}
            model.load_state_dict(moved)
            return float((model(x) ** 2).sum())

        slope = sum((slopes[name] * d).sum() for name, d in direction.items())
        np.testing.assert_allclose(slope, (at(1e-6) - at(-1e-6)) / 2e-6, rtol=1e-6)


def test_fit_trains_an_imported_network(mlp):
    model, x = from_onnx(mlp), array(64, 3, scale=1)
    y = np.sin(x.sum(1, keepdims=True))
    history = fit(
        model, nn.MSELoss(), optim.Adam(model.parameters(), 0.05), (x, y), epochs=60, batch_size=24
    )
    assert history.epoch_losses[-1] < 0.2 * history.epoch_losses[0]


def test_fit_trains_an_imported_convolution(conv):
    model, x = from_onnx(conv), array(32, 1, 8, 8, scale=1)
    y = (x[:, 0, :4].mean((1, 2)) > x[:, 0, 4:].mean((1, 2))).astype(int)
    before = model.state_dict()
    optimizer = optim.Adam(model.parameters(), 0.02)
    history = fit(model, nn.CrossEntropyLoss(), optimizer, (x, y), epochs=15, batch_size=16)
    after = model.state_dict()
    assert history.epoch_losses[-1] < 0.5 * history.epoch_losses[0]
    assert (after["bn_mean"] == before["bn_mean"]).all()
    assert (after["conv_weight"] != before["conv_weight"]).any()


# -- control flow ------------------------------------------------------------------------------

BRANCHES = """
<ir_version: 10, opset_import: ["": 21]>
f (float[3] x) => (float[3] y) {
    zero = Constant <value_float = 0.0> ()
    total = ReduceSum <keepdims = 0> (x)
    positive = Greater(total, zero)
    y = If (positive) <
        then_branch = big () => (float[3] a) { a = Exp(x) },
        else_branch = small () => (float[3] b) { b = Neg(x) }
    >
}
"""


def test_a_branch_is_chosen_by_a_value_or_traced_whole():
    model = from_onnx(model_of(BRANCHES))
    x = np.array([1.0, 2.0, 3.0], np.float32)
    for run in (model, cr.jit(model)):
        np.testing.assert_allclose(np.asarray(run(x)), np.exp(x), rtol=1e-6)
        np.testing.assert_allclose(np.asarray(run(-x)), x)


def test_functions_of_the_file_are_expanded():
    text = """
    <ir_version: 10, opset_import: ["": 21, "own": 1]>
    f (float[N] x) => (float[N] y) { a = own.times <by = 3.0> (x) y = Add(a, w) }
    <domain: "own", opset_import: ["": 21]>
    times <by> (a) => (b) { c = Constant <value_float: float = @by> () b = Mul(a, c) }
    """
    for size in (3, 3000):  # large arrays are not carried through the expansion
        model = from_onnx(model_of(text, w=np.arange(size, dtype=np.float32)))
        np.testing.assert_array_equal(model(np.ones(size)).numpy(), 3 + np.arange(size))
        assert [str(entry) for entry in model.inputs] == ["x: f32[N]"]


# -- errors ------------------------------------------------------------------------------------


def test_all_missing_operators_are_named_at_once():
    text = """
    <ir_version: 10, opset_import: ["": 21, "com.other": 3]>
    f (float[3] x) => (float[3] y) { a = Det(x) b = com.other.Magic(a) y = Det(b) }
    """
    with pytest.raises(ModelFileError) as caught:
        from_onnx(onnx.parser.parse_model(text))
    assert "ai.onnx.Det, opset 21: nodes 0 (Det), 2 (Det)" in str(caught.value)
    assert "com.other.Magic, opset 3: nodes 1 (Magic)" in str(caught.value)


def test_an_attribute_that_is_not_known_is_named():
    text = '<ir_version: 10, opset_import: ["": 21]> f (float[3] x) => (float[3] y) '
    body = "{ a = Relu <slope = 2.0> (x) y = Add <axis = 0> (a, x) }"
    with pytest.raises(ModelFileError, match="attributes that are not known here") as caught:
        from_onnx(onnx.parser.parse_model(text + body))
    assert str(caught.value).splitlines()[1:] == [
        "  slope of node 0 (Relu)",
        "  axis of node 1 (Add)",
    ]


def test_an_error_at_a_node_names_it(mlp):
    mlp.graph.node[2].name = "head"
    mlp.graph.initializer[2].CopyFrom(onnx.numpy_helper.from_array(array(4, 1), "fc2_weight"))
    with pytest.raises(ShapeError) as caught:
        from_onnx(mlp)(array(2, 3))
    assert caught.value.__notes__ == ["in the ONNX node head (Gemm)"]


def test_inputs_that_do_not_fit(mlp):
    model = from_onnx(mlp)
    with pytest.raises(ShapeError, match=r"the model wants x: f32\[N,3\], got .* shape \(2, 4\)"):
        model(array(2, 4))
    with pytest.raises(TypeError, match=r"takes x: f32\[N,3\]: 1 inputs, not 2"):
        model(array(2, 3), array(2, 3))
    with pytest.raises(DtypeError, match="got complex128"):
        model(np.ones((2, 3), complex))
    assert model(np.ones((2, 3))).dtype == np.float32


def test_a_shape_that_depends_on_a_traced_value():
    text = '<ir_version: 10, opset_import: ["": 21]> f (float[N] x) => (int64[1, M] y) '
    model = from_onnx(onnx.parser.parse_model(text + "{ y = NonZero(x) }"))
    assert model(np.array([0.0, 2.0])).tolist() == [[1]]
    with pytest.raises(ConcreteValueError, match="NonZero needs the value"):
        cr.jit(model)(np.array([0.0, 2.0]))
