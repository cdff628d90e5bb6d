"""Pictures of graphs: every value, every gradient, and nothing that breaks an SVG reader."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from chainrule import draw, grad, lax, trace
from chainrule.draw.formula import summary


def texts(picture):
    root = ElementTree.fromstring(str(picture))
    return ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]


def loss(theta, x, y):
    hidden = np.tanh(x @ theta["W"] + theta["b"])
    return np.mean((np.sum(hidden, axis=1) - y) ** 2) + np.sum(theta["b"] ** 2)


@pytest.fixture
def example():
    rng = np.random.default_rng(0)
    theta = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}
    return theta, rng.normal(size=(5, 3)), rng.normal(size=5)


def test_the_flow_agrees_with_grad(example):
    theta, x, y = example
    graph = trace(loss, theta, x, y)
    seen = draw.flow(graph, theta["W"], theta["b"], x, y)
    gradient = grad(loss)(theta, x, y)
    for node, name in zip(graph.inputs, ("W", "b"), strict=False):
        np.testing.assert_allclose(seen.gradient[node], gradient[name], rtol=1e-12)
    assert float(seen.value[graph.outputs[0]]) == pytest.approx(loss(theta, x, y), rel=1e-12)


@pytest.mark.parametrize("middle", range(3))
def test_the_flow_through_an_inner_value_is_its_derivative(middle):
    def parts(x):
        a = x * 3.0
        b = np.sin(a)
        return (a, b, b * b)[middle]

    graph = trace(lambda x: (np.sin(x * 3.0)) ** 2, 0.4)
    seen = draw.flow(graph, 0.4)
    inner = next(n for n in graph.nodes if np.isclose(float(seen.value[n]), parts(0.4)))
    sine = np.sin(1.2)
    expected = (2 * sine * np.cos(1.2), 2 * sine, 1.0)[middle]
    assert float(seen.gradient[inner]) == pytest.approx(expected, rel=1e-12)


def test_flow_wants_a_number_at_the_end():
    with pytest.raises(ValueError, match=r"ends in a number, not in f64\[2\]"):
        draw.flow(trace(lambda x: x * 2, np.ones(2)), np.ones(2))


def test_a_picture_shows_names_operations_constants_values_and_gradients():
    graph = trace(lambda w, x: np.sum(w * x) / 8, 2.0, np.array([1.0, 5.0]))
    found = texts(draw.graph(graph, [2.0, np.array([1.0, 5.0])], ["weight", "x"]))
    for wanted in (
        "weight",
        "x",
        "v3 = weight · x",
        "v5 = v4/8",
        "value 2",
        "value 1 … 5",
        "f64[2]",
    ):
        assert wanted in found
    assert "grad 0.75" in found  # d/dw of (w·1 + w·5) / 8
    assert "broadcast" not in " ".join(found)


def test_without_values_types_are_shown_alone(example):
    found = " ".join(texts(draw.graph(trace(loss, *example))))
    assert "f64[3, 4]" in found or "f64[3,4]" in found
    assert "value" not in found and "grad" not in found


def test_names_are_escaped():
    picture = draw.graph(trace(lambda x: x + 1, 1.0), [1.0], ['<b>&"_$#{}'], title="a < b")
    assert '<b>&"_$#{}' in texts(picture)


def test_a_graph_that_ends_in_an_array_has_values_and_no_gradients():
    found = " ".join(texts(draw.graph(trace(lambda x: x * 2, np.ones(2)), [np.ones(2)])))
    assert "value 2" in found and "grad" not in found


def test_a_loop_is_one_box_through_which_gradients_flow():
    def total(x):
        last, steps = lax.scan(lambda s, _: (s * x, s), 1.0, None, length=3)
        return last + np.sum(steps)

    graph = trace(total, 2.0)
    assert any("scan" in text for text in texts(draw.graph(graph, [2.0])))
    gradient = draw.flow(graph, 2.0).gradient[graph.inputs[0]]
    assert float(gradient) == pytest.approx(3 * 2.0**2 + 1 + 2 * 2.0)  # d/dx of x³ + 1 + x + x²


def test_what_nobody_can_read_is_refused():
    def long(x):
        for _ in range(301):
            x = np.sin(x)
        return x

    graph = trace(long, 1.0)
    with pytest.raises(ValueError, match="too large to read"):
        draw.graph(graph, fold=None)
    assert "np.sin(x)" in texts(draw.graph(graph))  # a loop of one line is one box


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-1.5, "−1.5"), (1e-9, "1.0e−09"), (123456789.0, "1.2e+08"), (True, "True"),
     (np.array([]), "empty"), (np.array([2, 2]), "2"), (np.array([np.nan, 1.0]), "1, 1 NaN"),
     (np.array([np.nan] * 2), "nan")],
)  # fmt: skip
def test_summary(value, text):
    assert summary(value) == text


def test_a_long_loop_is_a_box_for_each_line():
    def rotated(x, y):
        for _ in range(200):
            x, y = x - 0.1 * y, y + 0.1 * x
        return x * y

    found = texts(draw.graph(trace(rotated, 1.0, 0.0)))
    assert "x, y = x - 0.1 * y, y + 0.1 * x" in found and len(found) < 20


def test_large_numbers_are_one_word():
    found = texts(draw.graph(trace(lambda x: x * 1e10 + 1e-7, 1.0)))
    assert any("x0 · 1.0e+10" in text for text in found), found
    assert any("1.0e−07" in text for text in found)


def test_a_picture_can_be_saved_and_shown(tmp_path):
    picture = draw.graph(trace(lambda x: x + 1, 1.0))
    picture.save(tmp_path / "g.svg")
    assert (tmp_path / "g.svg").read_text(encoding="utf-8") == str(picture) == picture._repr_svg_()
