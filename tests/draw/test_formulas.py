"""Formulas say what is computed: they are read back and compared."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import draw, lax, trace
from chainrule.draw.formula import product, symbol
from chainrule.draw.maths import plain, runs

RNG = np.random.default_rng(0)


def every_product():
    """All products of two arrays of up to two axes."""
    terms = ["a", "b", "ab", "ba", "bc", "cb", "ac", "ca", "c"]
    for x, y in itertools.product(terms, terms):
        letters = "".join(dict.fromkeys(x + y))
        for n in range(3):
            for result in itertools.permutations(letters, n):
                yield f"{x},{y}->{''.join(result)}"


def test_a_product_of_matrices_means_the_same_as_its_einsum():
    sizes = {"a": 2, "b": 3, "c": 4}
    written = 0
    for spec in every_product():
        terms = spec.split("->")[0].split(",")
        x, y = (RNG.normal(size=[sizes[letter] for letter in term]) for term in terms)
        text = product(spec, ["x", "y"])
        if "_" not in text:  # else it is a sum over its letters, which is the einsum itself
            found = multiply(text, {"x": x, "y": y})
            np.testing.assert_allclose(found, np.einsum(spec, x, y), rtol=1e-12, err_msg=spec)
            written += 1
    assert written > 50


def multiply(text, arrays):
    """The product that ``x y^{\\top}`` says, of matrices and of columns of numbers."""
    sides = text.split()
    a, b = (arrays[side[0]] for side in sides)
    if a.ndim == b.ndim == 1 and r"\top" in sides[1]:
        return np.outer(a, b)
    return np.matmul(*[x.T if r"\top" in s else x for x, s in zip((a, b), sides, strict=True)])


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("ab,bc->ac", "x y"),
        ("ab,cb->ac", r"x y^{\top}"),
        ("ba,bc->ac", r"x^{\top} y"),
        ("bc,ab->ac", "y x"),
        ("a,a->", r"x^{\top} y"),
        ("a,b->ab", r"x y^{\top}"),
        ("zab,zbc->zac", "x y"),
        ("ab,ab->a", r"\sum_{b} x_{ab} y_{ab}"),
    ],
)
def test_products(spec, text):
    assert product(spec, ["x", "y"]) == text


# -- whole graphs ------------------------------------------------------------------------------

VALUES = {"a": np.float64(1.3), "b": np.float64(0.7), "c": np.float64(2.1)}
LEAVES = st.sampled_from(["a", "b", "c", "2.0", "-0.5"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from("+-*/"), inner, inner),
        st.tuples(st.sampled_from(["neg", "square", "exp", "tanh", "abs"]), inner),
    ),
    max_leaves=8,
)


def compute(tree, values):
    if isinstance(tree, str):
        return values[tree] if tree in values else np.float64(tree)
    name, *parts = tree
    operation = {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
        "neg": lambda x: -x,
        "square": lambda x: x**2,
        "exp": np.exp,
        "tanh": np.tanh,
        "abs": np.abs,
    }[name]
    found = operation(*[compute(part, values) for part in parts])
    is_number = not any(letter in str(tree) for letter in ("'a'", "'b'", "'c'"))
    return np.float64(f"{found:.3g}") if is_number else found  # which the formula shows whole


def evaluate(latex, values):
    """What a reader computes from the formula: powers first, then functions, products, sums."""
    tokens = re.findall(r"\\[a-z]+|\d+\.?\d*|\S", latex)[::-1]

    def following(*wanted):
        return bool(tokens) and tokens[-1] in wanted

    def enclosed(end):
        tokens.pop()
        value = total()
        assert tokens.pop() == end
        return value

    def total():
        value = -product_of(tokens.pop()) if following("-") else product_of()
        while following("+", "-"):
            sign = 1 if tokens.pop() == "+" else -1
            value += sign * product_of()
        return value

    def product_of(_=None):
        value = factor()
        while following(r"\cdot"):
            tokens.pop()
            value *= factor()
        return value

    def factor():
        if following(r"\tanh"):
            tokens.pop()
            return np.tanh(power())
        return power()

    def power():
        base = atom()
        if following("^"):
            tokens.pop()
            base **= enclosed("}") if following("{") else float(tokens.pop())
            assert not following("^"), "two exponents at one base"
        return base

    def atom():
        if following("(", "|"):
            sign = tokens[-1]
            value = enclosed(")" if sign == "(" else "|")
            return value if sign == "(" else abs(value)
        token = tokens.pop()
        if token == r"\frac":
            return enclosed("}") / enclosed("}")
        return values[token] if token in values else np.float64(token)

    value = total()
    assert not tokens
    return value


@given(TREES)
@settings(max_examples=200, deadline=None)
def test_parentheses_stand_where_they_must(tree):
    def function(a, b, c):
        return compute(tree, {"a": a, "b": b, "c": c}) + 0.0 * a

    values = VALUES | {"e": np.e}
    with np.errstate(all="ignore"):
        graph = trace(function, *VALUES.values())
        expected = compute(tree, VALUES)
        text = re.sub(r"v_\{(\d+)\}", one_letter, draw.latex(graph, list(VALUES)))
        for line in text.splitlines():
            if "aligned" not in line:
                name, _, body = line.rstrip("\\ ").rpartition("&=")
                values[name.strip()] = evaluate(body, values)
    if np.isfinite(expected) and abs(expected) < 1e8:
        np.testing.assert_allclose(values[name.strip()], expected, rtol=1e-9)


def one_letter(match):
    """A letter of its own for each value that has a line."""
    return chr(0x4E00 + int(match[1]))


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda a, b: a - (b - a), "a - (b - a)"),
        (lambda a, b: a - b - a, "a - b - a"),
        (lambda a, b: (a + b) * a, r"(a + b) \cdot a"),
        (lambda a, b: (a * b) ** 2, r"(a \cdot b)^2"),
        (lambda a, b: -(a + b), "-(a + b)"),
        (lambda a, b: np.tanh(a + b) ** 2, r"(\tanh (a + b))^2"),
        (lambda a, b: np.exp(a - b) / b, r"\frac{e^{a - b}}{b}"),
        (lambda a, b: 1e-9 * np.log1p(a), r"1 \cdot 10^{-9} \cdot \ln(1 + a)"),
    ],
)
def test_latex_of(function, text):
    assert draw.latex(trace(function, 1.0, 2.0), ["a", "b"]) == text


def test_what_is_used_twice_gets_a_line():
    def twice(x):
        y = np.sin(x)
        return y * np.exp(y)

    text = draw.latex(trace(twice, 1.0), ["x"])
    assert text.splitlines() == [
        r"\begin{aligned}",
        r"v_{1} &= \sin x \\",
        r"v_{3} &= v_{1} \cdot e^{v_{1}}",
        r"\end{aligned}",
    ]


def test_results_of_a_loop_are_told_apart():
    def total(x):
        last, steps = lax.scan(lambda s, _: (s * x, s), 1.0, None, length=3)
        return last + np.sum(steps)

    text = draw.latex(trace(total, 2.0))
    assert "v_{1} &= \\mathrm{scan}(" in text and "v_{1}[0]" in text and "v_{1}[1]" in text


# -- as pieces of text -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"v_{3} = \tanh v_{2}", "v3 = tanh v2"),
        (r"-x", "−x"),
        (r"x - -y", "x − −y"),
        (r"\frac{x + 1}{y}", "(x + 1)/y"),
        (r"\sqrt[3]{x}", "∛x"),
        (r"e^{v_{12}}", "e^v12"),
        (r"x^{-2}", "x⁻²"),
        (r"\max_{\mathrm{axis}\,1}\,v", "maxaxis 1 v"),
        (r"\mathrm{W\_out}", "W_out"),
        (r"\mathrm{Linear \#2}", "Linear #2"),
        (r"x \,?\, y : z", "x ? y : z"),
        (r"\partial W", "∂W"),
    ],
)
def test_plain(latex, text):
    assert plain(latex) == text


@given(st.text("abx123{}^_\\ #$%&.", max_size=12))
def test_names_of_any_kind_are_shown_as_they_are(name):
    if not name.strip() or name.startswith("d_") or re.fullmatch(r"[a-z]_?\d+|.", name):
        return
    shown = "".join(run.text for run in runs(symbol(name)))
    assert shown.replace(" ", "") == name.replace(" ", "")
