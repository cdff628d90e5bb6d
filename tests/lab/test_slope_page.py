import pytest

from tests.lab.help import drawn, goto, numbers, share


@pytest.fixture
def slope(page):
    goto(page, "slope")
    return page


def reading(page, name):
    texts = page.locator(".cr-reading").all_inner_texts()
    return numbers(next(text for text in texts if text.startswith(name)).split("\n")[1])[0]


def test_the_function_of_the_start_its_slope_and_a_step(slope):
    assert reading(slope, "slope") == 8.0
    assert slope.locator(".cr-slope-derivative").inner_text() == "2·w + 3"
    slope.get_by_role("button", name="Step").click()
    slope.get_by_text("= 1.06").wait_for()  # the step after it: 1.7 − 0.1 · 6.4
    assert reading(slope, "slope") == 6.4


def test_a_typed_formula_gets_its_derivative_at_once(slope):
    slope.get_by_label("f(w) =").fill("sin(w)")
    slope.get_by_text("cos(w)", exact=True).wait_for()
    assert reading(slope, "slope") == pytest.approx(-0.801)


@pytest.mark.parametrize("text", ["__import__('os')", "w.real", "(lambda: w)()", "w +", "eval(w)"])
def test_what_is_no_formula_is_told_and_the_last_one_stays(slope, text):
    slope.get_by_label("f(w) =").fill(text)
    slope.locator(".cr-problem:not(:empty)").wait_for()
    assert slope.locator(".cr-slope-derivative").inner_text() == "2·w + 3"
    slope.get_by_label("f(w) =").fill("w")
    slope.locator(".cr-problem:empty").wait_for(state="attached")


def test_the_point_is_dragged_and_moves_with_the_keyboard(slope):
    canvas = slope.locator("canvas").first
    box = canvas.bounding_box()
    slope.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    slope.mouse.down()
    slope.mouse.move(box["x"] + 52 + (box["width"] - 68) / 2, box["y"] + 100, steps=4)
    slope.mouse.up()
    slope.wait_for_function("() => document.querySelector('output').textContent === '0.00'")
    canvas.press("ArrowRight")
    slope.wait_for_function("() => document.querySelector('output').textContent === '0.0500'")
    slope.wait_for_timeout(200)
    assert reading(slope, "slope") == 3.1


def test_play_goes_down_to_the_valley(slope):
    slope.get_by_label("learning rate").fill("-0.5")
    slope.get_by_role("button", name="Play").click()
    slope.wait_for_timeout(3000)
    assert reading(slope, "f(w)") == pytest.approx(-7.25, abs=0.1)


def test_too_large_a_rate_diverges(slope):
    slope.get_by_label("learning rate").fill("0.3")
    slope.get_by_role("button", name="Play").click()
    slope.get_by_text("It diverged").wait_for()


def test_a_link_holds_the_formula(slope):
    slope.get_by_label("f(w) =").fill("abs(w - 1)")
    slope.get_by_text("sign(w − 1)").wait_for()
    share(slope)
    slope.evaluate("sessionStorage.clear()")
    slope.reload()
    drawn(slope, "slope")
    assert slope.get_by_label("f(w) =").input_value() == "abs(w - 1)"
    assert reading(slope, "slope") == 1.0
