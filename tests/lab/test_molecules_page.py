"""The page Molecules in a browser, with tables of one's own."""

import random

import pytest

from tests.lab.help import goto, numbers, share


@pytest.fixture
def table(tmp_path):
    chance = random.Random(0)
    rows = []
    for _ in range(150):
        x, z = chance.gauss(0, 1), chance.gauss(0, 1)
        rows.append(f"{x:.4f},{z:.4f},{'good' if x + 0.3 * chance.gauss(0, 1) > 0 else 'bad'}")
    path = tmp_path / "own.csv"
    path.write_text("strength,noise,taste\n" + "\n".join(rows))
    return path


def read(page, path):
    page.set_input_files('input[type="file"]', path)
    page.get_by_text("own.csv: 150 rows").wait_for()


def epoch(page):
    return numbers(page.locator(".cr-reading", has_text="epoch").locator("dd").inner_text())[0]


def matrix(page):
    return numbers(" ".join(page.locator(".cr-confusion td[style]").all_inner_texts()))


def test_training_a_threshold_and_importance(page, table):
    goto(page, "molecules")
    page.locator(".cr-split div").first.wait_for()
    read(page, table)
    page.click(".cr-play")
    page.wait_for_function(
        "() => Number([...document.querySelectorAll('.cr-reading')].find("
        "(e) => e.textContent.includes('epoch')).querySelector('dd').textContent) > 15"
    )
    page.click(".cr-play")
    first = page.locator(".cr-bars span").first
    first.wait_for()
    assert first.inner_text() == "strength"
    before = matrix(page)
    assert sum(before) == 30 and before[0] + before[3] >= 25
    slider = page.get_by_label("class 1 above")
    slider.focus()
    slider.press("End")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cr-confusion td:last-child[style]')].every("
        "(cell) => cell.textContent === '0')"
    )
    after = matrix(page)
    assert after[1] == after[3] == 0 and sum(after) == 30


def test_a_wrong_table_says_what_is_wrong_and_the_data_stay(page, table, tmp_path):
    goto(page, "molecules")
    page.locator(".cr-split div").first.wait_for()
    read(page, table)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(table.read_text() + "\n1.5,much,good\n")
    page.set_input_files('input[type="file"]', wrong)
    page.get_by_text("row 152, column 'noise': 'much'").wait_for()
    assert page.get_by_text("own.csv: 150 rows").is_visible()


def test_a_reload_keeps_what_was_and_a_link_trains_again(page):
    goto(page, "molecules")
    page.locator(".cr-split div").first.wait_for()
    step = page.get_by_role("button", name="One epoch")
    for _ in range(3):
        step.click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cr-reading')].some("
        "(e) => e.textContent.includes('epoch') && e.querySelector('dd').textContent === '3')"
    )
    seen = matrix(page)
    link = share(page)
    page.reload()
    page.locator(".cr-confusion td[style]").first.wait_for()
    assert (epoch(page), matrix(page)) == (3, seen)
    page.evaluate("sessionStorage.clear()")
    page.goto("about:blank")
    page.goto(link)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cr-reading')].some("
        "(e) => e.textContent.includes('epoch') && e.querySelector('dd').textContent === '3')"
    )
    assert matrix(page) == seen
