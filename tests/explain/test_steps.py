"""The steps of backprop: values, local derivatives, products and sums of known functions."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from tests.explain.functions import FUNCTIONS

# Where a finite difference sees something else: infinities, a sample that is redrawn, a derivative
# that was written by hand.
DIFFER = {"zero_times_infinity", "sampled_gamma", "by_hand"}


def leaves(tree):
    return [np.asarray(leaf) for leaf in cr.tree.leaves(tree)]


def test_each_number_of_a_small_function():
    steps = cr.backprop(lambda x: np.tanh(x) * x)(0.5)
    y = np.tanh(0.5)
    assert [(step.id, step.op) for step in steps] == [("v2", "multiply"), ("v1", "tanh")]
    assert "np.tanh(x) * x" in steps[0].line
    assert (steps[0].value, steps[0].cotangent) == (0.5 * y, 1.0)
    first, second = steps[0].sends
    assert (first.to, first.local.formula, first.local.number) == ("v1", "x0", 0.5)
    assert (first.amount, first.total) == (0.5, 0.5)
    assert (second.to, second.amount, second.total) == ("x0", y, y)
    (last,) = steps[1].sends
    assert last.local.formula == "1 - v1 * v1"
    assert last.local.latex == r"1 - v_{1} \cdot v_{1}"
    np.testing.assert_allclose(last.local.number, 1 - y * y)
    np.testing.assert_allclose(last.total, y + 0.5 * (1 - y * y))
    assert steps.gradient == last.total


FORMULAS = [
    (lambda x: np.exp(x), "v1", "v_{1}"),
    (lambda x: np.log(x), "1 / x0", r"\frac{1}{x_{0}}"),
    (lambda x: np.sqrt(x), "0.5 / v1", r"\frac{0.5}{v_{1}}"),
    (lambda x: x**3, "3 * x0 ** 2", r"3 \cdot x_{0}^2"),
    (lambda x: np.where(x > 2, x, 0.0), "np.where(v2, 1.0, 0.0)", None),
    (lambda x: x.T, "d_v1.T", r"\partial v_{1}^{\top}"),
    (lambda x: x @ W, "d_v1 @ array1.T", None),
    (lambda x: x[0], "d_v2[None, :]", None),
    (lambda x: x / 7.0, "1 / 7", r"\frac{1}{7}"),
]
W = np.random.default_rng(1).normal(size=(3, 4))


@pytest.mark.parametrize(("function", "formula", "latex"), FORMULAS)
def test_formulas(function, formula, latex):
    steps = cr.backprop(lambda x: np.sum(function(x)))(np.arange(1.0, 7.0).reshape(2, 3))
    assert steps[1].sends[0].local.formula == formula
    if latex is not None:
        assert steps[1].sends[0].local.latex == latex


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_step_holds_together(name):
    """Amounts are cotangent times local derivative; totals are their sums; the data is JSON."""
    function, args = FUNCTIONS[name]
    steps = cr.backprop(function)(*args)
    sums = {}
    for step in steps:
        if not isinstance(step.cotangent, tuple) and step.id in sums:
            np.testing.assert_array_equal(step.cotangent, sums[step.id])
        for sent in step.sends:
            if sent.local.number is not None:
                with np.errstate(all="ignore"):
                    product = np.multiply(step.cotangent, sent.local.number)
                is_sound = ~np.isnan(product)
                np.testing.assert_allclose(
                    np.broadcast_to(sent.amount, product.shape)[is_sound],
                    product[is_sound],
                    rtol=1e-6,
                )
            if isinstance(sent.amount, tuple):
                continue
            before = sums.get(sent.to, 0)
            np.testing.assert_allclose(sent.total, before + sent.amount, rtol=1e-6, atol=1e-12)
            sums[sent.to] = sent.total
    rows = steps.to_dicts()
    json.dumps(rows, allow_nan=False)
    assert [row["id"] for row in rows] == [step.id for step in steps]
    assert all(len(line) <= 80 for line in str(steps).splitlines())
    assert steps._repr_html_().count("<tr>") > len(steps)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_finite_differences(name):
    function, args = FUNCTIONS[name]
    assert cr.backprop(function)(*args).check().ok == (name not in DIFFER)


def test_finite_differences_of_a_loop_in_single_precision():
    def rnn(w):
        return np.sum(cr.lax.scan(lambda h, x: (np.tanh(h @ w + x), None), H, XS)[0] ** 2)

    w = np.random.default_rng(0).normal(size=(3, 3)).astype(np.float32)
    assert cr.backprop(rnn)(w).check().ok


H, XS = np.ones(3, np.float32), np.ones((5, 3), np.float32)
LOOPS = [
    "recurrent_network", "scan_backwards", "counted_loop", "branches", "checkpointed",
    "products_of_all",
]  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_unrolled(name):
    """Loops written out have the same gradient, and nothing of them is left."""
    function, args = FUNCTIONS[name]
    steps = cr.backprop(function, unroll=10)(*args)
    assert not {"scan", "cond", "checkpoint"} & {step.op for step in steps}
    whole = cr.backprop(function)(*args)
    for a, b in zip(leaves(steps.gradient), leaves(whole.gradient), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    for a, b in zip(steps.code().run()[1:], leaves(whole.gradient), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert "scan" in {step.op for step in cr.backprop(loop, unroll=2)(1.1)}


def loop(x):
    return cr.lax.fori_loop(0, 3, lambda i, total: total * x, 1.0)


def test_a_wrong_derivative_is_found():
    wrong = cr.custom_vjp(lambda x: np.sin(x))
    wrong.defvjp(lambda x: (np.sin(x), x), lambda x, ct: (ct * np.sin(x),))
    check = cr.backprop(lambda x: wrong(x) * 2.0)(0.3).check()
    assert not check.ok
    assert [row.id for row in check if not row.ok] == ["x0"]
    assert "differs" in str(check)


def test_parameters_of_a_captured_network_are_inputs():
    cr.random.seed(0)
    net = nn.Linear(2, 1, dtype=np.float64)
    x = np.ones((3, 2))
    steps = cr.backprop(lambda: np.mean(net(x) ** 2))()
    np.mean(net(x) ** 2).backward()
    for found, parameter in zip(steps.gradient, net.parameters(), strict=True):
        np.testing.assert_allclose(found, parameter.grad)


def test_labels():
    net = nn.Sequential(nn.Linear(2, 1))
    free = cr.tensor(2.0)

    def loss(net, p, rate):
        return np.sum(net(np.ones((1, 2))) * p["a"][0] * free * rate)

    labels = cr.backprop(loss)(net, {"a": [np.float64(1.0)]}, 0.5).call.labels
    assert list(labels.values()) == ["net.0.weight", "net.0.bias", "p['a'][0]", "free"]


def test_gradient_by_several_arguments():
    def f(a, b):
        return np.sum(a * b["w"])

    a, b = np.ones(2), {"w": np.array([1.0, 2.0])}
    found = cr.backprop(f, argnums=(0, 1))(a, b).gradient
    wanted = cr.grad(f, (0, 1))(a, b)
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_array_equal(found[1]["w"], wanted[1]["w"])


def test_keywords_are_passed_on_and_positions_counted():
    weight = nn.Parameter(np.array(2.0))
    steps = cr.backprop(lambda x, *, k: x * k * weight)(3.0, k=5.0)
    assert float(steps.gradient) == 10.0 and "x1 = weight" in str(steps)
    with pytest.raises(TypeError, match="argnums=2 of a call with 2"):
        cr.backprop(lambda x, y: x * y, argnums=2)(1.0, 2.0)


def test_what_has_no_derivative():
    with pytest.raises(cr.engine.errors.DifferentiationError, match="real scalar"):
        cr.backprop(lambda x: x * 2)(np.ones(3))
    with pytest.raises(cr.engine.errors.DifferentiationError, match="must return a number"):
        cr.backprop(lambda x: "text")(1.0)
    with pytest.raises(cr.engine.errors.DifferentiationError, match="flow through integers"):
        cr.backprop(lambda x: np.sum(x))(np.arange(3))
    for x in (np.arange(3), np.array([1j])):
        with pytest.raises(cr.engine.errors.DifferentiationError, match="holds no real numbers"):
            cr.backprop(lambda x: np.sum(abs(x) * 2.0))(x)
    assert float(cr.backprop(lambda x: 3.0 + 0 * np.floor(x))(1.0).gradient) == 0.0
    assert len(cr.backprop(lambda x: x)(2.0)) == 0
    assert cr.backprop(lambda x: x)(2.0).gradient == 1.0


def test_sums_that_do_not_fit_stand_on_a_line_of_their_own():
    def windows(x):
        return sum(np.sum(x[i : i + 3] ** 2) for i in range(3))

    lines = str(cr.backprop(windows)(np.arange(8.0))).splitlines()
    assert any(line.strip() == "Σ f64[8] 0 … 12" for line in lines)
    assert not any(line.endswith("…") for line in lines[4:-2] if "Σ" in line)
    text = str(cr.backprop(lambda x: np.sum(x * 2e-7))(np.ones(3)))
    assert "2e-07 = 2e-07" not in text


def test_kinks_are_not_taken_for_mistakes():
    layers = [part for _ in range(6) for part in (nn.Linear(16, 16), nn.LayerNorm(16), nn.ReLU())]
    net = nn.Sequential(*layers, nn.Linear(16, 1))
    x = np.random.default_rng(0).normal(size=(200, 16)).astype("f")
    steps = cr.backprop(lambda x: np.mean(net(x) ** 2))(x)
    assert steps.check().ok and not steps.check(eps=1e-4).ok
    assert steps.check()[1].op == "input"  # the first weight
    assert steps.picture(0).width < 1200  # parameters fold into their layers


def test_what_is_not_finite_cannot_be_checked():
    found = cr.backprop(lambda x: np.sum(np.log(x)))(np.array([1.0, -1.0])).check()
    assert not found.ok and "not finite" in str(found) and "differs" not in str(found)


def test_pictures():
    steps = cr.backprop(lambda w, x: np.tanh(w * x) ** 2)(0.5, 2.0)
    first, last = steps.picture(0), steps.picture(-1)
    assert first.title == "step 0: square"
    assert last.title == "step 2: multiply"
    assert str(last).count("grad") == str(first).count("grad") + 2
    with pytest.raises(IndexError):
        steps.picture(3)
