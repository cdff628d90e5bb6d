import pytest

from tests.lab.help import drawn, goto, numbers, share


@pytest.fixture
def line(page):
    goto(page, "line")
    return page


def reading(page, name):
    texts = page.locator(".cr-reading").all_inner_texts()
    return numbers(next(text for text in texts if text.startswith(name)).split("\n")[1])


def loss(page):
    return reading(page, "loss")[0]


def settled(page, before):
    """The loss, once it is another one."""
    for _ in range(100):
        page.wait_for_timeout(30)
        if loss(page) != before:
            return loss(page)
    raise AssertionError(f"the loss stays {before}")


def place(canvas, x, y, limits_x=(-4, 4), limits_y=(-6, 8), margins=(10, 16, 40, 52)):
    """Where a point of a plot is on the screen."""
    box = canvas.bounding_box()
    top, right, bottom, left = margins
    across = (x - limits_x[0]) / (limits_x[1] - limits_x[0])
    up = (y - limits_y[0]) / (limits_y[1] - limits_y[0])
    return (
        box["x"] + left + across * (box["width"] - left - right),
        box["y"] + box["height"] - bottom - up * (box["height"] - top - bottom),
    )


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def test_dragging_a_point_changes_the_loss_and_what_is_best(line):
    canvas = line.locator(".cr-line-data canvas")
    before, best = loss(line), reading(line, "least")[0]
    drag(line, place(canvas, 3.09, 4.66), place(canvas, 3.5, -5))
    settled(line, before)
    assert reading(line, "least")[0] > best


def test_a_double_click_adds_a_point_and_another_removes_it(line):
    canvas = line.locator(".cr-line-data canvas")
    before = loss(line)
    line.mouse.dblclick(*place(canvas, 3, -5))
    added = settled(line, before)
    line.mouse.dblclick(*place(canvas, 3, -5))
    assert settled(line, added) == before


def test_points_move_with_the_keyboard_alone(line):
    before = loss(line)
    canvas = line.locator(".cr-line-data canvas")
    canvas.focus()
    canvas.press("PageDown")
    canvas.press("Shift+ArrowDown")
    moved = settled(line, before)
    canvas.press("Delete")
    assert settled(line, moved) != before


def test_sliders_and_the_dot_in_the_bowl_are_the_same_line(line):
    before = loss(line)
    line.get_by_label("slope w").fill("1.3")
    sloped = settled(line, before)
    floor = line.locator("canvas").nth(1)
    start = place(floor, 1.3, 4, (-4, 4), (-6, 6))
    drag(line, start, place(floor, 1.3, 0.1, (-4, 4), (-6, 6)))
    assert settled(line, sloped) < 1
    assert numbers(line.locator("output").nth(1).inner_text())[0] == pytest.approx(0.1, abs=0.1)


def test_descent_finds_the_closed_form_step_by_step_and_in_play(line):
    before = loss(line)
    line.get_by_role("button", name="Step").click()
    assert settled(line, before) < before
    assert reading(line, "steps") == [1]
    line.get_by_role("button", name="Play").click()
    line.wait_for_function("() => document.querySelector('.cr-play').ariaPressed === 'true'")
    line.wait_for_timeout(2500)
    assert loss(line) == pytest.approx(reading(line, "least")[0], rel=0.02)
    line.get_by_role("button", name="Reset").click()
    line.wait_for_timeout(200)
    assert loss(line) == before


def test_a_rate_that_is_too_large_diverges_and_says_so(line):
    line.get_by_label("learning rate").fill("0")  # the logarithm of 1
    line.get_by_role("button", name="Play").click()
    line.get_by_text("It diverged").wait_for()
    assert line.locator(".cr-play").get_attribute("aria-pressed") == "false"


def test_a_link_opens_the_same_line_elsewhere_and_a_reload_stays(line):
    before = loss(line)
    line.get_by_label("slope w").fill("0.5")
    first = settled(line, before)
    link = share(line)
    assert "#" in link
    line.get_by_role("button", name="Step").click()
    stepped = settled(line, first)
    line.reload()
    drawn(line, "line")
    assert loss(line) == stepped  # the session, not the link
    line.evaluate("sessionStorage.clear()")
    line.reload()
    drawn(line, "line")
    assert loss(line) == first  # another session, as the link says


def test_the_bowl_turns(line):
    bowl = line.locator("canvas").nth(2)
    before = bowl.screenshot()
    box = bowl.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    drag(line, middle, (middle[0] + 60, middle[1] + 20))
    line.wait_for_timeout(100)
    assert bowl.screenshot() != before


def test_pages_change_without_a_reload_and_back(line):
    line.evaluate("window.same = true")
    line.get_by_role("link", name="Slope").click()
    drawn(line, "slope")
    line.go_back()
    drawn(line, "line")
    assert line.evaluate("window.same")


def test_the_theme_is_kept(line):
    line.get_by_label("Light or dark").select_option("dark")
    dark = line.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    line.reload()
    drawn(line, "line")
    assert line.evaluate("document.documentElement.dataset.theme") == "dark"
    line.get_by_label("Light or dark").select_option("light")
    assert line.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") != dark
