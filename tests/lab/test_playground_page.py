"""The playground in a browser: build, train, walk back, own points, own table, share, reload."""

import re

import pytest

import chainrule as cr
from chainrule import nn
from tests.lab.conftest import watched_page
from tests.lab.help import drawn, goto, numbers, share

FISH = "length,width,weight,kind\n" + "\n".join(
    f"{i % 7},{i % 5 + i / 10},{i % 4},{'abc'[i % 3]}" for i in range(60)
)


def reading(page, name):
    return numbers(page.inner_text(f'.pg-readings dl:has(dt:text-is("{name}")) dd'))[0]


def steps(page):
    return int(reading(page, "Step"))


def wait_for_steps(page, least):
    page.wait_for_function(
        "least => Number(document.querySelector('.pg-readings dd').textContent) >= least", arg=least
    )


def wait_for_step(page, number):
    page.wait_for_function(
        "n => document.querySelector('.pg-readings dd').textContent === String(n)", arg=number
    )


def wait_for_neurons(page, count):
    page.wait_for_function("n => document.querySelectorAll('.pg-neuron').length === n", arg=count)


def pressed(page, name):
    page.click(f'.pg-bar-top button:has-text("{name}")')


def test_play_step_back_reset(page):
    goto(page, "playground")
    first = reading(page, "Training loss")
    pressed(page, "Step")
    wait_for_step(page, 1)
    one = reading(page, "Training loss")
    pressed(page, "Play")
    wait_for_steps(page, 60)
    pressed(page, "Pause")
    page.wait_for_selector('.pg-bar-top button:has-text("Play")')
    at = steps(page)
    assert reading(page, "Training loss") < one
    pressed(page, "Back")
    wait_for_step(page, at - 1)
    page.keyboard.press("s")
    wait_for_step(page, at)
    pressed(page, "Reset")
    wait_for_step(page, 0)
    assert reading(page, "Training loss") == first
    assert page.is_disabled('.pg-bar-top button:has-text("Back")')


def test_a_network_is_built_by_clicking(page):
    goto(page, "playground")
    neurons = page.locator(".pg-neuron")
    assert neurons.count() == 2 + 4 + 2 + 1
    page.click('[aria-label="One neuron more in layer 1"]')
    wait_for_neurons(page, 10)
    page.click('[aria-label="One hidden layer more"]')
    wait_for_neurons(page, 12)
    assert page.locator(".pg-line").count() == 2 * 5 + 5 * 2 + 2 * 2 + 2
    page.click('[aria-label="One hidden layer less"]')
    wait_for_neurons(page, 10)
    for name in ("spiral", "waves", "xor"):
        page.click(f'[data-set="{name}"]')
        page.wait_for_selector(f'[data-set="{name}"][aria-pressed="true"]')
    pressed(page, "Step")
    wait_for_step(page, 1)


def test_a_weight_is_changed_by_hand(page):
    goto(page, "playground")
    before = reading(page, "Training loss")
    page.focus('.pg-neuron[data-column="2"][data-unit="1"]')
    page.keyboard.press("Enter")
    box = page.locator(".pg-panel input").nth(2)
    box.fill("3.5")
    box.press("Enter")
    page.wait_for_function(
        "before => !document.querySelectorAll('.pg-readings dd')[2].textContent.startsWith(before)",
        arg=str(before),
    )
    page.keyboard.press("Escape")
    assert page.locator(".pg-panel").is_hidden()
    page.click("[role=tab][data-name=code]")
    page.wait_for_selector(".pg-source >> text=net[2].weight.data[1, 2] = 3.5")


def test_losses_that_do_not_fit_are_explained(page):
    goto(page, "playground")
    page.select_option('.pg-settings select:has(option[value="MSELoss"])', "MSELoss")
    page.wait_for_selector("text=these points have classes")
    loss = "[...document.querySelectorAll('.pg-settings select')].map(each => each.value)[2]"
    page.wait_for_function(f"() => {loss} === 'BCEWithLogitsLoss'")


def test_share_and_reload(page):
    goto(page, "playground")
    page.click('[data-set="moons"]')
    page.wait_for_selector('[data-set="moons"][aria-pressed="true"]')
    page.click('[aria-label="One neuron more in layer 2"]')
    wait_for_neurons(page, 10)
    for number in (1, 2, 3):
        pressed(page, "Step")
        wait_for_step(page, number)
    loss = reading(page, "Training loss")
    page.reload()
    drawn(page, "playground")
    assert (steps(page), reading(page, "Training loss")) == (3, loss)
    link = share(page)
    other = page.context.new_page()
    other.goto(link)
    drawn(other, "playground")
    wait_for_step(other, 3)
    assert reading(other, "Training loss") == loss
    assert other.locator(".pg-neuron").count() == 10


def upload(page, name, text):
    file = {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files(".pg-data input[type=file]", file)


def test_a_table_and_a_wrong_one(page):
    goto(page, "playground")
    upload(page, "fish.csv", FISH)
    page.wait_for_selector("text=class c")
    wait_for_neurons(page, 3 + 4 + 2 + 3)
    assert page.locator(".pg-name").all_inner_texts() == ["length", "width", "weight"]
    pressed(page, "Step")
    wait_for_step(page, 1)
    page.click("[role=tab][data-name=code]")
    page.wait_for_selector(".pg-source >> text=data.read_csv('fish.csv')")
    upload(page, "wrong.csv", FISH.replace("3,", "three,", 1))
    message = page.wait_for_selector("text=wrong.csv could not be read").inner_text()
    assert re.search(r"row \d+, column 'length': 'three'", message)
    assert steps(page) == 1
    upload(page, "large.csv", "a,b,y\n" + "1,2,3\n" * 100_000)
    page.wait_for_selector("text=at most 0.4 MB")


def test_points_are_drawn_with_a_brush(page):
    goto(page, "playground")
    page.click('[data-set="own"]')
    page.wait_for_selector("text=Draw at least two points")
    box = page.locator(".pg-plane").bounding_box()
    for name, height in (("0", 70), ("1", 170)):
        page.click(f".pg-brush [data-name='{name}']")
        page.mouse.move(box["x"] + 80, box["y"] + height)
        page.mouse.down()
        page.mouse.move(box["x"] + 220, box["y"] + height + 10, steps=12)
        page.mouse.up()
    wait_for_neurons(page, 9)
    pressed(page, "Play")
    wait_for_steps(page, 30)
    pressed(page, "Pause")
    page.wait_for_selector('.pg-bar-top button:has-text("Play")')
    page.click('.pg-brush button:has-text("Clear")')
    page.wait_for_selector("text=Draw at least two points")
    for name in ("0", "1"):
        page.click(f".pg-brush [data-name='{name}']")
        page.focus(".pg-plane")
        for key in ("ArrowUp", "Enter", "ArrowLeft", "ArrowLeft", "Enter") * 2:
            page.keyboard.press(key)
    wait_for_neurons(page, 9)


def test_matrices_and_code(page):
    goto(page, "playground")
    page.click("[role=tab][data-name=matrices]")
    page.wait_for_selector(".pg-product")
    assert page.locator(".pg-product").count() == 3
    answer = page.inner_text(".pg-matrices > p.cr-number")
    box = page.locator(".pg-plane").bounding_box()
    page.mouse.click(box["x"] + 240, box["y"] + 40)
    page.wait_for_function(
        "a => document.querySelector('.pg-matrices > p.cr-number').textContent !== a", arg=answer
    )
    page.click("[role=tab][data-name=code]")
    page.wait_for_selector(".pg-source >> text=nn.Sequential(")
    page.click("[role=tab][data-name=matrices]")
    page.click("text=This point through the chain rule")
    drawn(page, "chain")
    page.wait_for_selector("text=W3")


@pytest.mark.parametrize("size", [(1280, 800), (820, 1180)])
def test_nothing_is_wider_than_the_page(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    goto(page, "playground")
    for view in ("matrices", "code", "network"):
        page.click(f"[role=tab][data-name={view}]")
        page.wait_for_timeout(50)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_model_of_ones_own_is_trained_in_place(browser):
    x, y = cr.data.moons(cr.random.key(0), n=80)
    net = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 1))
    first = net[0].weight.data.copy()
    lab = cr.lab.open(net, (x, y), browser=False)
    try:
        for page in watched_page(browser, lab.url):
            goto(page, "playground")
            page.wait_for_selector("text=10 of 12 shown")
            assert page.locator("[data-set]").count() == 0
            pressed(page, "Play")
            wait_for_steps(page, 20)
            pressed(page, "Pause")
            page.wait_for_selector('.pg-bar-top button:has-text("Play")')
    finally:
        lab.close()
    assert (net[0].weight.data != first).all()
