"""Pictures of networks."""

import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import numpy as np
import pytest

from chainrule import draw, nn
from chainrule.draw.palette import BLUE, VERMILION

SVG = "{http://www.w3.org/2000/svg}"


def elements(picture, name):
    return list(ElementTree.fromstring(str(picture)).iter(SVG + name))


def layers(*sizes):
    rng = np.random.default_rng(0)
    pairs = pairwise(sizes)
    return [draw.LayerMatrix(rng.normal(size=p), rng.normal(size=p[1]), "tanh") for p in pairs]


def test_layers_of_a_module_are_its_linear_layers():
    net = nn.Sequential(
        nn.Linear(3, 4), nn.Dropout(0.5), nn.ReLU(), nn.Sequential(nn.Linear(4, 2, bias=False))
    )
    first, second = draw.layers_of(net)
    np.testing.assert_array_equal(first.weight, net[0].weight.data.T)
    np.testing.assert_array_equal(first.bias, net[0].bias.data)
    assert (first.activation, second.activation) == ("ReLU", "")
    assert second.weight.shape == (4, 2) and second.bias is None


def test_every_weight_is_a_cell():
    picture = draw.matrices(layers(3, 4, 2))
    cells = [e for e in elements(picture, "rect") if e.get("fill") != "none"]
    assert len(cells) == 3 * 4 + 4 + 4 * 2 + 2
    found = [e.text for e in elements(picture, "text")]
    assert "3 × 4" in found and "4 × 2" in found and found.count("tanh") == 2


def test_every_weight_is_a_line_in_the_colour_of_its_sign():
    weight = np.array([[1.0, -2.0], [0.5, 4.0]])
    lines = elements(draw.neurons([draw.LayerMatrix(weight)]), "line")
    assert [e.get("stroke") for e in lines] == [VERMILION, BLUE, VERMILION, VERMILION]
    widths = [float(e.get("stroke-width")) for e in lines]
    assert np.argmax(widths) == 3 and np.argmin(widths) == 2


@pytest.mark.parametrize("size", [1, 24, 25, 200])
def test_large_layers_are_shortened(size):
    picture = draw.neurons(layers(size, 2), [f"f{i}" for i in range(size)], ["no", "yes"])
    circles = elements(picture, "circle")
    found = [e.text for e in elements(picture, "text")]
    assert len(circles) == (size if size <= 24 else 22) + 2
    assert ("⋮" in found) == (size > 24)
    assert "f0" in found and f"f{size - 1}" in found and "yes" in found


def test_weights_that_are_all_zero_are_drawn():
    zero = [draw.LayerMatrix(np.zeros((2, 2)), np.zeros(2))]
    assert elements(draw.matrices(zero), "rect") and elements(draw.neurons(zero), "line")
