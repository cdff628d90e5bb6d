import time

import numpy as np
import pytest

from chainrule import grad, trace
from chainrule.widgets import UserError
from chainrule.widgets.formula import formula


@pytest.mark.parametrize(
    ("text", "at_two"),
    [
        ("w² + 3w − 5", 5.0),
        ("w^2+3*w-5", 5.0),
        ("2(w+1)(w-1)", 6.0),
        ("-w**2", -4.0),
        ("(-w)**2", 4.0),
        ("8 / w / 2", 2.0),
        ("2 - (3 - w)", 1.0),
        ("2^w^2", 16.0),
        ("w**-1 + 1", 1.5),
        ("3e", 3 * np.e),
        ("1e2 w", 200.0),
        (".5w", 1.0),
        ("sin(pi*w) + exp(0)", 1.0),
        ("ln(e) + sqrt(w + 2)", 3.0),
        ("relu(-w) + abs(-w)", 2.0),
    ],
)
def test_formulas_mean_what_is_written(text, at_two):
    f = formula(text)
    assert f(2.0) == pytest.approx(at_two)
    assert formula(f.source)(2.0) == f(2.0)


def test_several_letters():
    f = formula("x*w + b", ("x", "w", "b"))
    assert f(2.0, 3.0, 4.0) == 10.0


def test_they_are_traced_and_the_graph_shows_the_formula():
    graph = trace(formula("sin(w) * w"), 1.0)
    assert all("sin(w) * w" in node.line for node in graph.nodes)
    assert grad(formula("w**3"))(2.0) == 12.0


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "exec('1')",
        "eval(w)",
        "open('x')",
        "w.__class__",
        "w.__class__.__bases__[0].__subclasses__()",
        "().__class__",
        "[w for w in (1,)]",
        "{w: w}",
        "(lambda: w)()",
        "lambda w: w",
        "w if w else 1",
        "w and w",
        "w < 1",
        "not w",
        "~w",
        "w @ w",
        "w % 2",
        "w // 2",
        "w[0]",
        "'w' * 9",
        "f'{w}'",
        "b'w'",
        "...",
        "1j",
        "True",
        "None",
        "w := 1",
        "(w := 1)",
        "w; w",
        "w = 1",
        "import os",
        "print(w)",
        "sin(w, w)",
        "sin(*w)",
        "sin(x=w)",
        "sin",
        "sin()",
        "__builtins__",
        "formula(w)",
        "yield w",
        "await w",
        "w\nw",
        "w\x00",
        "",
        "   ",
        "w +",
        "(w",
        "w)",
        "3 3",
        "é",
        "ｗ.real",
    ],
)
def test_what_is_no_formula_is_told_and_never_run(text):
    with pytest.raises(UserError) as caught:
        formula(text)
    assert len(str(caught.value)) > 15


@pytest.mark.parametrize(
    "text",
    [
        "9" * 201,
        "(" * 100 + "w" + ")" * 100,
        "-" * 150 + "w",
        "w**9999",
        "1e400",
        "10**10**10",
        "9**9**9**9",
        "+".join("w" * 100),
        "sin(" * 40 + "w" + ")" * 40,
        "1/0",
    ],
)
def test_nothing_runs_away(text):
    start = time.perf_counter()
    with pytest.raises(UserError):
        formula(text)(2.0)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sin w", "needs brackets|not a formula"),
        ("sin", "needs brackets: sin\\(w\\)"),
        ("v", '"v" is not known here. Letters: w, pi, e'),
        ("foo(w)", 'function "foo" is not known'),
        ("w(2)", "write w \\* \\(...\\)"),
        ("(w", "bracket is missing"),
        ("w.real", '"w.real" cannot be part of a formula'),
    ],
)
def test_the_message_says_what_and_where(text, words):
    with pytest.raises(UserError, match=words):
        formula(text)
