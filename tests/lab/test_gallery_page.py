"""The page Gallery in a browser."""

from tests.lab.help import goto, numbers, share


def reading(page, name):
    return page.locator(".cr-reading", has_text=name).locator("dd:visible")


def test_an_activation_its_slope_and_its_setting(page):
    goto(page, "gallery")
    assert numbers(reading(page, "f′(x)").inner_text()) == [0.25]
    page.click('[data-name="LeakyReLU"]')
    slope = page.get_by_label("negative slope")
    slope.focus()
    slope.press("End")
    canvas = page.locator("canvas:visible").first
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 120, steps=4)
    page.mouse.up()
    page.wait_for_function(
        "() => document.querySelector('canvas').ariaLabel.includes('LeakyReLU at x = −')"
    )
    x, f, slope = numbers(canvas.get_attribute("aria-label").split("LeakyReLU")[1])
    assert x < -1 and slope == 1 and abs(f - x) < 0.01
    canvas.press("ArrowRight")
    page.wait_for_function(
        "x => !document.querySelector('canvas').ariaLabel.includes(x)", arg=f"{x}"
    )


def test_the_outlier_pulls_the_square_and_not_the_absolute_error(page):
    goto(page, "gallery")
    page.get_by_role("tab", name="Losses").click()
    words = page.locator(".cr-fitted")
    words.filter(has_text="HuberLoss: y").wait_for()
    before = words.inner_text()
    canvas = page.locator("canvas:visible").nth(2)
    box = canvas.bounding_box()
    # The outlier lies at (2, −2.2) of the square −2.4 … 2.4 by −3 … 3.
    left, width = box["x"] + 42, box["width"] - 54
    top, height = box["y"] + 10, box["height"] - 36
    page.mouse.move(left + width * 4.4 / 4.8, top + height * 5.2 / 6)
    page.mouse.down()
    page.mouse.move(left + width * 4.4 / 4.8, top + height * 1.2 / 6, steps=5)
    page.mouse.up()
    for _ in range(100):  # the last of several answers on the way
        after = numbers(words.inner_text())
        if after[0] > numbers(before)[0] + 0.2:  # the slope of the line of least squares
            break
        page.wait_for_timeout(30)
    assert after[0] > numbers(before)[0] + 0.2
    page.get_by_role("tab", name="FocalLoss").click()
    words.wait_for(state="hidden")
    page.get_by_label("γ").wait_for()


def test_initialisers_and_a_link(page):
    goto(page, "gallery")
    page.get_by_role("tab", name="Initialisers").click()
    health = page.locator(".cr-note:visible")
    health.filter(has_text="can learn").wait_for()
    page.get_by_label("weights drawn by").select_option("lecun_normal")
    health.filter(has_text="vanishes").wait_for()
    page.get_by_label("weights drawn by").select_option("zeros")
    health.filter(has_text="alike").wait_for()
    link = share(page)
    page.evaluate("sessionStorage.clear()")  # as somebody else who was given the link
    page.goto("about:blank")
    page.goto(link)
    health.wait_for()
    assert page.get_by_label("weights drawn by").input_value() == "zeros"
