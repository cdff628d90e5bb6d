"""``chainrule.draw(...)``: graphs, functions and networks, and what notebooks show."""

import re
from itertools import pairwise

import numpy as np
import pytest

import chainrule as cr
from chainrule import draw, lax, nn, trace
from chainrule.draw.both import derivative
from chainrule.draw.matrices import short
from chainrule.engine.interpret import values_of
from tests.draw.pictures import check, elements, texts

RNG = np.random.default_rng(0)


def loss(theta, x, y):
    hidden = np.tanh(x @ theta["W"] + theta["b"])
    return np.mean((hidden @ theta["v"] - y) ** 2)


@pytest.fixture
def arguments():
    theta = {"W": RNG.normal(size=(3, 4)), "b": RNG.normal(size=4), "v": RNG.normal(size=4)}
    return theta, RNG.normal(size=(5, 3)), RNG.normal(size=5)


@pytest.fixture
def net():
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def test_a_function_is_drawn_with_the_names_of_its_arguments(arguments):
    found = texts(check(cr.draw(loss, *arguments)))
    assert {"W", "b", "v", "x", "y", "v5 = x W"} <= set(found)
    assert not any("value" in text or "grad" in text for text in found)


def test_values_gradients_times_and_lines_are_there_on_demand(arguments):
    found = texts(check(cr.draw(loss, *arguments, values=True, time=True, lines=True)))
    gradient = cr.grad(loss)(*arguments)["b"]
    assert f"grad {draw.graphs.summary(gradient)}" in found
    assert any(text.endswith(" µs") for text in found)
    assert any(text.startswith("test_show.py:") for text in found)
    found = texts(cr.draw(loss, *arguments, values=True, gradients=False))
    assert any("value" in text for text in found) and not any("grad" in text for text in found)


def test_a_graph_is_drawn_with_the_values_that_it_is_given():
    graph = trace(lambda w, x: w * x, 2.0, 3.0)
    assert "value 6" not in texts(cr.draw(graph)) and "value 6" in texts(cr.draw(graph, 2.0, 3.0))
    assert "value 6" not in texts(cr.draw(graph, 2.0, 3.0, values=False))


def test_each_folded_layer_is_there_forward_and_backward(net):
    def total(x, y):
        return nn.functional.cross_entropy(net(x), y)

    arguments = np.ones((5, 3), "f"), np.array([0, 1, 1, 0, 1])
    options = {"fold": 0, "opened": ["Sequential"]}
    found = texts(check(cr.draw(total, *arguments, backward=True, **options)))
    assert found.count("0: Linear") == found.count("2: Linear") == 2


def test_dropout_and_batch_norm_are_drawn_as_they_train_and_stay_as_they_are():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    before = {name: np.array(value) for name, value in network.state_dict().items()}
    x = RNG.normal(size=(5, 3)).astype("f")
    for subject in (network, lambda x: np.sum(network(x))):
        assert "sqrt" in str(check(cr.draw(subject, x, fold=None)))
    after = network.state_dict()
    assert all(np.array_equal(after[name], value) for name, value in before.items())


def test_python_numbers_and_branches_are_drawn():
    def f(x):
        return x * 2.0 if x > 0 else x

    assert "value 6" in texts(check(cr.draw(f, 3, values=True)))


@pytest.mark.parametrize(
    ("subject", "options", "error", "wanted"),
    [
        (3.0, {}, TypeError, "draw takes a function and its arguments, .* got float"),
        (np.sin, {"kind": "matrix"}, ValueError, "kind is 'graph', 'matrices' or 'neurons'"),
        (np.sin, {"kind": "neurons"}, TypeError, "no linear layers"),
    ],
)
def test_what_cannot_be_drawn_is_said(subject, options, error, wanted):
    with pytest.raises(error, match=wanted):
        cr.draw(subject, 1.0, **options)


def test_parameters_have_the_names_that_their_network_gives_them(net):
    x = np.ones((5, 3), "f")
    assert {"0.weight", "2.bias", "x"} <= set(texts(cr.draw(net, x)))
    assert {"0.weight", "2.bias", "data"} <= set(texts(cr.draw(lambda data: net(data), x)))
    assert {"0.weight", "2.bias", "x"} <= set(texts(cr.draw(lambda net, x: net(x), net, x)))


def test_types_may_stand_for_arrays_but_have_no_values():
    kind = cr.TensorType.of((3,), "float32")
    assert "f32[3]" in texts(cr.draw(lambda x: x * 2, kind))
    with pytest.raises(TypeError, match="an array for each of the 1 inputs of the graph, got 0"):
        cr.draw(lambda x: x * 2, kind, values=True)


def test_a_tensor_is_drawn_with_its_history(net):
    loss = (net(np.ones((2, 3), "f")) ** 2).mean()
    found = texts(check(cr.draw(loss, values=True, backward=True)))
    assert f"value {draw.graphs.summary(loss.item())}" in found
    assert "v0 = c0 c1⊤" in found and any(text.startswith("∂c1 = ") for text in found)


def test_loops_and_branches_show_what_they_hold():
    def total(x):
        last, _ = lax.scan(lambda s, _: (np.sin(s) * x, s), 1.0, None, length=3)
        return lax.cond(last > 0, lambda v: v + 1, lambda v: v - 1, last)

    found = texts(check(cr.draw(total, 2.0)))
    assert "in v1 (scan): body" in found and "v2 = sin x1" in found
    assert [t for t in found if "(cond)" in t and "branches[1]" in t]
    assert "in v1 (scan): body" not in texts(cr.draw(total, 2.0, inside=False))


ODD = {
    "a number": (lambda x: 2.0, (1.0,)),
    "no input": (lambda: np.ones(3) * 2, ()),
    "its inputs": (lambda x: (x, x), (1.0,)),
    "integers": (lambda x: x + 1, (np.arange(3),)),
    "no elements": (lambda x: x * 2, (np.zeros((0, 3)),)),
    "half precision": (lambda x: x.astype("f2") + 1, (np.ones(3),)),
    "no numbers": (lambda x: np.log(x) / 0, (np.array([-1.0, 0, np.inf]),)),
    "random": (lambda x: cr.random.normal(cr.random.key(0), (3,)) * x, (1.0,)),
    "no derivative": (lambda x: lax.while_loop(lambda v: v < 9, lambda v: v * 2, x), (1.0,)),
    "checkpoint": (cr.checkpoint(lambda x: np.sin(x) * x), (1.0,)),
    "jit": (cr.jit(lambda x: np.sin(x) * x), (1.0,)),
    "second derivative": (cr.hessian(lambda x: (np.sin(x) * x).sum()), (np.ones(3),)),
    "moves": (lambda x: np.sort(x)[::-1].cumsum()[np.array([0, 2])].argmax(), (np.ones(3),)),
    "any number of arguments": (lambda *xs: xs[0] + xs[1], (1.0, 2.0)),
    "nested": (lambda p: p["a"][0] * p["b"]["c"], ({"a": [1.0, 2.0], "b": {"c": 3.0}},)),
    "of NumPy": (np.tanh, (1.0,)),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_functions_are_drawn_too(name):
    function, arguments = ODD[name]
    check(cr.draw(function, *arguments, values=True, time=True, lines=True))
    check(cr.draw(function, *arguments, fold=0))
    if name != "no derivative":
        check(cr.draw(function, *arguments, backward=True, values=True))
    graph = trace(function, *arguments)
    assert draw.latex(graph) and draw.dot(graph).startswith("digraph {")


# -- forward and backward ----------------------------------------------------------------------


def test_the_backward_half_computes_the_gradient(arguments):
    graph = trace(loss, *arguments)
    values = cr.tree.leaves(arguments)
    back, called = derivative(graph, dict(zip(graph.inputs, "WbvxY", strict=True)))
    forward = values_of(graph, *values)
    seen = values_of(back, np.array(1.0), *[forward[node] for node in back.inputs[1:]])
    found = {name: seen[node] for node, name in called.items() if node in seen}
    for name, gradient in zip("Wbv", cr.tree.leaves(cr.grad(loss)(*arguments)), strict=True):
        np.testing.assert_allclose(found[f"d_{name}"], gradient, rtol=1e-12)


def test_both_halves_stand_side_by_side_with_what_is_read(arguments):
    picture = check(cr.draw(loss, *arguments, values=True, backward=True))
    found = texts(picture)
    assert any(text.startswith("∂W = x⊤") or text.startswith("∂W = x") for text in found)
    assert "v5 = x W" in found
    dashed = [e for e in elements(picture, "path") if e.get("stroke-dasharray")]
    read = {"x", "W", "v", "v8", "v10"}
    tips = [e.text for e in elements(picture, "title")]
    assert len(dashed) == sum("reads" in (tip or "") for tip in tips) >= len(read)


def test_what_is_read_has_the_name_that_it_has_on_the_left():
    def function(w, x):
        last, _ = lax.scan(lambda s, _: (s * w, None), x, None, length=2)
        return np.sum(np.sin(w * last) / 7)

    picture = cr.draw(function, 2.0, np.ones(3), backward=True, inside=False)
    formulas = [text.split(" = ") for text in texts(picture) if " = " in text]
    drawn = {name for name, *_ in formulas}
    used = {name for *_, body in formulas for name in re.findall(r"v\d+", body)}
    assert len(used) > 3 and used <= drawn


def test_gradients_of_a_network_are_those_of_its_parameters(net):
    def total(x):
        return net(x).sum()

    found = texts(check(cr.draw(total, np.ones((5, 3), "f"), backward=True)))
    for name in ("0.weight", "0.bias", "2.weight", "2.bias", "x"):
        assert any(text.startswith(f"∂{name} = ") for text in found), name


def test_one_value_may_be_several_gradients():
    found = texts(cr.draw(lambda x, y: np.sin(x + y), 1.0, 2.0, backward=True))
    assert any(text.startswith("∂x = ∂y = ") for text in found)


# -- networks ----------------------------------------------------------------------------------


def test_an_example_flows_through_matrices_and_neurons(net):
    x = RNG.normal(size=(2, 3)).astype("f")
    wanted = net(x).numpy()
    picture = check(cr.draw(net, x, kind="matrices"))
    shown = texts(picture)
    assert {"x", "W₁", "b₁", "h₁", "W₂", "b₂", "output", "2 × 3", "3 × 4", "2 × 2"} <= set(shown)
    for value in wanted.ravel():
        assert short(value) in shown
    single = texts(check(cr.draw(net, x[0], kind="neurons")))
    assert short(wanted[0, 1]) in single


def test_layers_compute_what_their_network_does(net):
    x = RNG.normal(size=(2, 3)).astype("f")
    values = x
    for layer in draw.layers_of(net):
        values = layer(values)
    np.testing.assert_allclose(values, net(x).numpy(), rtol=1e-6)


def test_settings_of_an_activation_count():
    net = nn.Sequential(nn.Linear(1, 1), nn.LeakyReLU(0.5))
    (layer,) = draw.layers_of(net)
    x = np.array([[-10.0 / float(net[0].weight.data[0, 0])]], "f")
    np.testing.assert_allclose(layer(x), net(x).numpy(), rtol=1e-5)


def test_drawing_changes_nothing():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    before = net.state_dict()
    cr.draw(net, RNG.normal(size=(4, 2)).astype("f"), kind="matrices")
    assert net[1].training
    for name, value in net.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_errors_of_networks_say_what_is_needed(net):
    with pytest.raises(ValueError, match=r"rows of 3 numbers, not shape \(2,\)"):
        cr.draw(net, np.ones(2), kind="matrices")
    with pytest.raises(TypeError, match=r"LayerNorm has no linear layers.*draw\(network, x\)"):
        cr.draw(nn.LayerNorm(3))
    with pytest.raises(ValueError, match="no activation called swoosh"):
        draw.matrices([draw.LayerMatrix(np.eye(2), activation="swoosh")], x=[1.0, 2.0])


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (41, 20, 10, 1), (300, 60, 3)])
def test_networks_of_all_sizes_fit_their_pictures(sizes):
    pairs = list(pairwise(sizes))
    net = nn.Sequential(*[layer for p in pairs for layer in (nn.Linear(*p), nn.Softplus())])
    x = RNG.normal(size=(3, sizes[0])).astype("f")
    for kind in ("matrices", "neurons"):
        check(cr.draw(net, kind=kind))
        check(cr.draw(net, x[0], kind=kind))
    assert len(str(cr.draw(net, x, kind="matrices"))) < 500_000


# -- notebooks ---------------------------------------------------------------------------------


def test_notebooks_show_pictures_where_they_read(net):
    graph = trace(lambda x: net(x), np.ones((2, 3), "f"))
    assert graph._repr_html_().startswith("<svg")
    assert trace(lambda x: x, 1.0)._repr_html_().startswith("<svg")
    without_bias = nn.Sequential(nn.Linear(2, 3, bias=False))
    for drawn in (net, without_bias):
        text = drawn._repr_html_()
        assert text.startswith("<pre>Sequential(") and text.endswith("</svg>")


def test_notebooks_show_text_where_a_picture_would_not_say_all():
    for network in (nn.Sequential(nn.Linear(2, 3), nn.LayerNorm(3)), nn.ReLU()):
        assert network._repr_html_() == f"<pre>{network!r}</pre>"

    def long(x):
        for function in functions:
            x = function(x)
        return x

    functions = [eval(f"lambda v: np.sin(v) * {i}", {"np": np}) for i in range(2, 130)]
    assert trace(long, 1.0)._repr_html_().startswith("<pre>inputs   x0: f64[]")


def test_a_graph_is_text_for_other_tools():
    text = draw.dot(trace(lambda x: np.sin(x) * 2, 1.0), ['a "name"'])
    assert '"x0" [label="a \\"name\\"\\nf64[]"]' in text and '"v1" -> "v2"' in text


# -- shapes that do not meet -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "operation", "wanted"),
    [
        ((8, 3), (4, 2), "matmul", ["3 columns", "4 rows", "3 ≠ 4: the columns of x must be"]),
        ((3,), (4, 2), "@", ["1 row", "3 columns", "4 rows"]),
        ((3,), (4,), "matmul", ["3 columns", "4 rows", "1 column"]),
        ((8, 3), (8,), "subtract", ["axis −1", "3 ≠ 8 on axis −1"]),
        ((2, 8, 3), (7, 1), "add", ["axis −3", "8 ≠ 7 on axis −2"]),
        ((2, 3, 4), (2, 5, 6), "matmul", ["axis −3"]),
        ((5, 2, 3), (4, 2), "matmul", ["axis −3"]),
        ((), (2,), "odd", ["odd does not take these shapes together"]),
    ],
)
def test_shapes_that_do_not_meet(left, right, operation, wanted):
    picture = check(draw.mismatch(left, right, "x", "a.long.name", operation))
    found = texts(picture)
    assert any(text.startswith("x ") and str(left) in text for text in found)
    for text in wanted:
        assert any(text in line for line in found), (text, found)
