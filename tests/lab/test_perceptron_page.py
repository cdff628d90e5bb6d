"""The page Perceptron in a browser."""

from tests.lab.help import goto, share


def in_square(page, x, y):
    """Where a point of the square −2 … 2 lies on the screen."""
    box = page.locator(".cr-square canvas").bounding_box()
    width, height = box["width"] - 54, box["height"] - 36
    return box["x"] + 42 + width * (x + 2) / 4, box["y"] + 10 + height * (2 - y) / 4


def wait_for_points(page, count):
    page.wait_for_function(
        "n => document.querySelector('.cr-square canvas').ariaLabel.startsWith(`${n} points`)",
        arg=count,
    )


def test_the_rule_learns_and_xor_does_not(page):
    goto(page, "perceptron")
    points = page.get_by_label("points", exact=True)
    points.select_option("and")
    one_pass = page.get_by_role("button", name="One pass")
    for _ in range(3):
        one_pass.click()
    page.get_by_text("No mistake in pass 3").wait_for()
    points.select_option("xor")
    page.get_by_text("No mistake").wait_for(state="hidden")
    for _ in range(3):
        one_pass.click()
    page.get_by_text("No line separates these points").wait_for()
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("button", name="Step", exact=True).click()
    page.get_by_text("x = (−1.00, −1.00)").wait_for()


def test_points_are_added_moved_and_taken_away(page):
    goto(page, "perceptron")
    page.get_by_label("points", exact=True).select_option("or")
    wait_for_points(page, 4)
    page.mouse.click(*in_square(page, 0.5, -1.5))
    wait_for_points(page, 5)
    page.locator("select", has=page.locator('option[value="own"]:checked')).wait_for()
    page.mouse.move(*in_square(page, 0.5, -1.5))
    page.mouse.down()
    page.mouse.move(*in_square(page, -1.5, 1.5), steps=3)
    page.mouse.up()
    page.mouse.dblclick(*in_square(page, -1.5, 1.5))
    wait_for_points(page, 4)
    canvas = page.locator(".cr-square canvas")
    canvas.press("Enter")
    canvas.press("ArrowUp")
    wait_for_points(page, 5)


def test_a_hidden_layer_mends_xor_and_the_link_brings_it_back(page):
    goto(page, "perceptron")
    page.get_by_label("points", exact=True).select_option("xor")
    page.get_by_role("tab", name="A hidden layer").click()
    units = page.get_by_label("hidden units").first
    units.focus()
    for _ in range(2):
        units.press("ArrowRight")
    page.click(".cr-play")
    page.get_by_text("4 of 4").wait_for()
    page.click(".cr-play")
    link = share(page)
    page.evaluate("sessionStorage.clear()")  # as somebody else who was given the link
    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("tab", name="A hidden layer", selected=True).wait_for()
    assert page.get_by_label("points", exact=True).input_value() == "xor"


def test_a_curve_drawn_by_hand_is_learned(page):
    goto(page, "perceptron")
    page.get_by_role("tab", name="Any curve").click()
    page.get_by_label("curve", exact=True).select_option("drawn")
    page.click(".cr-play")
    page.get_by_text("Draw a curve into the picture first").wait_for()
    box = page.locator("canvas:visible").bounding_box()
    page.mouse.move(box["x"] + 120, box["y"] + 100)
    page.mouse.down()
    for i in range(1, 6):
        page.mouse.move(box["x"] + 120 + 100 * i, box["y"] + 100 + 60 * (i % 2), steps=3)
    page.mouse.up()
    page.click(".cr-play")
    page.wait_for_function("() => Number(document.querySelector('.cr-steps dd').textContent) > 100")
