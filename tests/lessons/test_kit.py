"""What the kit finds, and how it says it."""

import re
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.lessons import Lesson, chart, limit
from chainrule.lessons.cases import draw, smallest
from chainrule.lessons.exercise import Exercise, is_open, judge
from chainrule.lessons.kit import (
    Wrong,
    agrees,
    array,
    decreases,
    derivative,
    equals,
    holds,
    labels,
    number,
    shape,
)
from chainrule.lessons.texts import show

POINTS = {"w": number(), "x": array("n", 2), "y": array("n"), "label": labels("n", classes=3)}


@given(st.integers(0, 10_000))
def test_inputs_have_the_shapes_and_ranges_asked_for(seed):
    case = draw(POINTS, seed)
    n = len(case["y"])
    assert case["x"].shape == (n, 2) and case["label"].shape == (n,)
    assert np.all(abs(case["x"]) <= 3) and isinstance(case["w"], float)
    assert set(case["label"].tolist()) <= {0, 1, 2}
    assert draw(POINTS, seed)["w"] == case["w"]


@given(st.integers(0, 10_000))
def test_kinks_are_neither_drawn_nor_reached_by_shrinking(seed):
    kinds = {"x": array("n", avoid=(0.0,))}
    case = draw(kinds, seed)
    assert np.all(case["x"] != 0)
    least = smallest(kinds, case, lambda case: True)
    assert least["x"].tolist() == [1.0]


@given(st.integers(0, 10_000))
def test_the_smallest_case_still_fails(seed):
    def fails(case):
        return np.sum(case["x"]) * case["w"] > 1

    case = draw(POINTS, seed)
    if fails(case):
        least = smallest(POINTS, case, fails)
        assert fails(least)
        assert len(least["x"]) == 1
        assert np.all(least["x"] == np.round(least["x"]))


def mean_square(p, y):
    return np.mean((p - y) ** 2)


WRONG = {
    "sign": (lambda p, y: -mean_square(p, y), "The sign is the other way round"),
    "half": (lambda p, y: 0.5 * mean_square(p, y), "2 times too small"),
    "three": (lambda p, y: 3 * mean_square(p, y), "3 times too large"),
    "sum": (lambda p, y: np.sum((p - y) ** 2), "a sum where a mean is meant"),
    "shift": (lambda p, y: mean_square(p, y) + 2, "off by the same number, 2"),
    "zero": (lambda p, y: 0.0, "It is always 0"),
    "shape": (lambda p, y: (p - y) ** 2, "The shape is ("),
    "nan": (lambda p, y: mean_square(p, y) * np.nan, "not a number"),
    "none": (lambda p, y: None, "Is a `return` missing?"),
    "changed": (lambda p, y: np.mean(np.square(np.subtract(p, y, out=p))), "It changes `p`"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_all_differences_have_in_common_is_named(name):
    answer, says = WRONG[name]
    with pytest.raises(Wrong) as caught:
        agrees(answer, mean_square, p=array("n"), y=array("n"))
    assert says in str(caught.value)
    assert caught.value.case


def test_several_results_are_told_apart():
    kinds = {"x": array("n", 3)}
    with pytest.raises(Wrong, match=r"Part 2 is wrong\. The sign"):
        agrees(lambda x: (x, -x), lambda x: (x, x), **kinds)
    with pytest.raises(Wrong, match=r"Part 'b' is wrong\. The array is transposed"):
        agrees(lambda x: {"a": 1.0, "b": x.T}, lambda x: {"a": 1.0, "b": x}, **kinds)
    with pytest.raises(Wrong, match=r"It gives a dict with 'a', but it must give a dict"):
        agrees(lambda x: {"a": 1.0}, lambda x: {"a": 1.0, "b": x}, **kinds)


def test_a_derivative_is_measured_along_the_input_that_is_named():
    kinds = {"w": number(), "x": array("n")}
    derivative(lambda w, x: w * x**2, lambda w, x: np.sum(x**2), by="w", **kinds)
    derivative(lambda w, x: w * x**2, lambda w, x: 2 * w * x, by="x", **kinds)
    with pytest.raises(Wrong, match="2 times too small"):
        derivative(lambda w, x: w * x**2, lambda w, x: w * x, by="x", **kinds)


def test_single_values():
    equals((1.0, {"a": np.ones(2)}), (1.0, {"a": np.ones(2)}), "It")
    with pytest.raises(Wrong, match=r"The third is 3, but it must be 4\."):
        equals(3.0, 4.0, "The third")
    with pytest.raises(Wrong, match=r"has shape \(2, 3\), but it must be \(3, 2\)"):
        shape(np.ones((2, 3)), (3, 2), "W")
    with pytest.raises(Wrong, match="from step 1 to 2 it goes from 1 to 5"):
        decreases([2.0, 1.0, 5.0], "The loss")
    with pytest.raises(Wrong, match="not a number any more at step 1"):
        decreases([2.0, np.inf], "The loss")


def test_a_claim_is_refuted_by_its_smallest_case():
    with pytest.raises(Wrong) as caught:
        holds(lambda x: "big" if np.sum(x) > 3 else None, x=array("n"))
    assert len(caught.value.case["x"]) == 2  # no entry is more than 3
    assert np.sum(caught.value.case["x"]) == 4


def check(answer):
    yield "It doubles."
    agrees(answer, lambda x: 2 * x, x=array("n"))
    yield "It is quick."


DOUBLE = Exercise("double", check, hints=("Twice.", "2 * x"), mistakes=(), solution="a < b")


def test_a_verdict_says_what_holds_and_what_does_not():
    good = judge(DOUBLE, lambda x: 2 * x)
    assert good.passed
    assert str(good).splitlines() == ["✔ double", "  ✔ It doubles.", "  ✔ It is quick."]
    bad = judge(DOUBLE, lambda x: 3 * x)
    assert not bad.passed and bad.done == [] and bad.failed == "It doubles."


def test_an_error_of_the_answer_is_shown_with_its_line():
    def double(x):
        twice = x.double()
        return twice

    verdict = judge(DOUBLE, double)
    assert "AttributeError" in verdict.message
    assert "`twice = x.double()`" in verdict.message


def test_what_is_not_written_is_told_from_what_is_wrong():
    def dots(x):
        """Twice x."""
        ...

    def some(x):
        y = ...
        return y

    class Net:
        def forward(self, x): ...

    def indexed(x):
        return x[..., 0]

    assert all(map(is_open, (..., dots, some, Net)))
    assert not any(map(is_open, (indexed, 3.0, Exercise, np.tanh)))
    verdict = judge(DOUBLE, dots)
    assert verdict.is_open and not verdict.passed and str(verdict).startswith("○ double")


def test_the_card_folds_hints_into_each_other_and_escapes():
    html = judge(DOUBLE, lambda x: x * 3)._repr_html_()
    first, second, solution = (html.index(each) for each in ("Twice.", "2 * x<", "a &lt; b"))
    assert first < second < solution
    assert html.count("<details>") == html.count("</details>") == 4
    assert "<svg" in html and 'class="cr-card failed"' in html


def test_numbers_are_shown_as_a_learner_reads_them():
    assert show(np.array([[1.0, -0.0], [2.5, 1e-9]])) == "[[1, 0], [2.5, 1e−09]]"
    assert show((1, None)) == "(1, None)"
    assert show(np.zeros((100, 2))) == "an array of shape (100, 2)"
    assert show([1, "a", object]).startswith("[1, 'a'")


def test_a_chart_draws_every_mark_and_leaves_out_what_is_not_finite():
    picture = str(
        chart.chart(
            chart.dots([0, 1, np.nan], [1, 2, 3], label="data"),
            chart.curve([0, 1], [0, 1], dashed=True),
            chart.segments([0, 1], [0, 0], [1, 2]),
            chart.classes(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])),
            chart.field(np.eye(3), (0, 1), (0, 1)),
            x="x < y",
        )
    )
    assert picture.count("<circle") == 4
    assert picture.count("<image") == 1 and "data:image/png;base64," in picture
    assert "x &lt; y" in picture and ">data<" in picture
    assert 'aria-label="x &lt; y"' in picture


def test_a_legend_has_a_row_of_its_own_where_the_title_leaves_no_room():
    def rows(title, *labels):
        marks = [chart.dots([0], [0], label=label) for label in labels]
        found = re.findall(
            r'<text [^>]*y="(16|34|52)"[^>]*>([^<]+)<', str(chart.chart(marks, title=title))
        )
        return [(int(y), text) for y, text in found]

    assert rows("short", "a") == [(16, "short"), (16, "a")]
    assert rows("", "training", "validation") == [(16, "validation"), (16, "training")]
    assert rows("a title of some forty letters, more or less", "validation")[1] == (
        34,
        "validation",
    )
    long = rows("a title that is much too long for the picture, which is not wide at all", "b")
    assert [y for y, _ in long] == [16, 34, 52]
    assert " ".join(text for _, text in long[:2]).endswith("not wide at all")


@pytest.mark.parametrize("limits", [(0, 1), (-1e-3, 1e-3), (3, 1e6), (-7, -6.5)])
def test_ticks_are_few_and_inside(limits):
    found = chart.ticks(*limits)
    assert 3 <= len(found) <= 10
    assert min(found) >= limits[0] and max(found) <= limits[1]


def test_a_chart_of_nothing_and_one_of_unequal_lengths():
    assert "<svg" in str(chart.chart())
    with pytest.raises(ValueError, match="2 x but 1 y"):
        chart.dots([1, 2], [1])


def test_what_is_no_function_and_what_gives_nothing_is_said_so():
    solved = replace(DOUBLE, solution="def double(x):\n    return 2 * x")
    assert "must be a function or a class, but it is 42" in str(judge(solved, 42))

    def check(pairs):
        yield "Two."
        len(pairs(2))

    told = str(judge(Exercise("pairs", check, [], []), lambda n: None))
    assert "Is a `return` missing?" in told
    with pytest.raises(Wrong, match="gives nothing back"):
        shape(None, (2,), "the result")


def test_a_loop_without_an_end_is_stopped_and_tried_once(monkeypatch):
    monkeypatch.setattr(limit, "SECONDS", 0.2)
    tried = []

    def line(w, b, x):
        tried.append(w)
        while True:
            with suppress(Exception):
                w = w + 1

    lesson = Lesson("01_line")
    told = str(lesson.check("line", line))
    assert "did not come to an end in 0.2 seconds" in told and "in your line" in told
    lesson.progress(line, ..., ..., ..., ...)
    assert len(tried) == 1
