"""The page Chain rule in a browser."""

from tests.lab.help import goto, share


def typed(page, text):
    box = page.get_by_label("your own formula")
    box.fill(text)
    box.press("Enter")


def test_a_formula_is_walked_forward_and_back(page):
    goto(page, "chain")
    typed(page, "tanh(w * x)")
    page.locator('.cr-node[data-id="v3"]').wait_for()
    step = page.get_by_role("button", name="Step", exact=True)
    words = page.locator(".cr-sentence")
    for sentence in ("Given: w = 1.5", "Given: x = 2", "Forward: v2 = w · x = 3"):
        step.click()
        words.filter(has_text=sentence).wait_for()
    step.click()
    step.click()
    words.filter(has_text="Back from v3: ∂/∂v2 += 1 · (1 − v3 · v3) = 0.009866").wait_for()
    page.get_by_role("button", name="Back", exact=True).click()
    words.filter(has_text="Forward: v3 = tanh v2 = 0.9951").wait_for()


def test_a_box_says_what_it_does_and_a_nudge_agrees(page):
    goto(page, "chain")
    typed(page, "w * w")
    node = page.locator('.cr-node[data-id="x0"]')
    node.wait_for()
    page.wait_for_function("() => !document.querySelector('.cr-node[data-id=\"v2\"]')")
    node.click()
    details = page.locator(".cr-details")
    details.filter(has_text="from the chain rule it differs by").wait_for()
    assert "Change of the output by change of the value: 3" in details.inner_text()
    slider = page.get_by_role("slider", name="w")
    slider.focus()
    slider.press("End")
    details.filter(has_text="change of the value: 10").wait_for()
    page.locator('.cr-node[data-id="v1"]').press("Enter")
    details.filter(has_text="What it sends back").wait_for()


def test_a_wrong_formula_says_so(page):
    goto(page, "chain")
    typed(page, "w * (x")
    page.locator(".cr-problem", has_text="bracket").wait_for()
    typed(page, "open('x')")
    page.locator(".cr-problem", has_text="not known").wait_for()
    assert page.locator(".cr-node").count() == 8


def test_a_network_its_code_and_a_link(page):
    goto(page, "chain")
    page.get_by_role("tab", name="Network").click()
    page.locator('.cr-node[data-id="v12"]').wait_for()
    page.get_by_label("activation").select_option("relu")
    page.get_by_label("Show me the code").press(" ")
    page.locator(".cr-source", has_text="np.maximum").wait_for()
    page.get_by_label("step", exact=True).press("End")
    page.locator(".cr-node.back").wait_for()
    link = share(page)
    page.evaluate("sessionStorage.clear()")  # as somebody else who was given the link
    page.goto("about:blank")
    page.goto(link)
    page.locator(".cr-node.back").wait_for()
    assert page.get_by_label("activation").input_value() == "relu"


def test_the_networks_graph_is_whole_on_a_desk_and_on_a_tablet(page):
    goto(page, "chain")
    page.get_by_role("tab", name="Network").click()
    page.get_by_role("button", name="W2", exact=True).wait_for()
    for width, height in ((1280, 800), (820, 1180)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            "() => { const box = document.querySelector('.cr-graph-box');"
            " return box.scrollWidth <= box.clientWidth && box.clientWidth > 300; }"
        )
