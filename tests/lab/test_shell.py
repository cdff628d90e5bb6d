"""The shell around the pages: sessions that end, links from elsewhere, the command."""

import socket

import pytest
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.lab import Lab
from tests.lab.client import fetch
from tests.lab.help import drawn, goto, token_cookie


@pytest.fixture(scope="module")
def lab():
    with Lab().start() as lab:
        yield lab.url


def test_a_page_whose_session_has_ended_goes_on_as_it_was(browser):
    with Lab().start() as lab:
        context = browser.new_context()
        context.add_cookies([token_cookie(lab.url)])
        page = context.new_page()
        page.lab = lab.url
        goto(page, "slope")
        page.get_by_label("f(w) =").fill("cos(w)")
        page.get_by_text("−sin(w)").wait_for()
        (learner,) = lab.learners.known.values()
        for _ in range(100):
            if learner.links.get("slope", {}).get("text") == "cos(w)":
                break
            page.wait_for_timeout(50)
        learner.worker.kill()
        page.get_by_text("was started again as it last was").wait_for()
        page.get_by_text("−sin(w)").wait_for()
        assert page.get_by_label("f(w) =").input_value() == "cos(w)"
        page.get_by_label("f(w) =").fill("exp(w)")  # and it lives
        page.get_by_text("exp(w)", exact=True).wait_for()
        context.close()


def test_a_second_tab_of_the_same_session_takes_over_calmly(page):
    goto(page, "line")
    key = page.evaluate("sessionStorage.getItem('key')")
    other = page.context.new_page()
    other.lab = page.lab
    other.add_init_script(f"sessionStorage.setItem('key', '{key}')")
    goto(other, "line")
    page.get_by_text("goes on in another tab").wait_for()
    page.get_by_role("button", name="New session").click()
    drawn(page, "line")
    assert page.evaluate("sessionStorage.getItem('key')") != key
    other.close()


def test_a_link_on_another_site_leads_in_who_has_been_here(browser, lab):
    context = browser.new_context()
    context.add_cookies([token_cookie(lab) | {"sameSite": "Strict"}])
    page = context.new_page()
    target = f"{lab.partition('?')[0]}?page=slope#e30"
    page.set_content(f'<a href="{target}">a link in a mail</a>')
    page.get_by_role("link").click()
    drawn(page, "slope")
    assert page.url == target.replace("#", "&#")
    context.close()


def test_a_stranger_is_not_led_in_by_a_link_on_another_site(lab):
    status, _, content = fetch(lab.partition("?")[0], **{"Sec-Fetch-Site": "cross-site"})
    assert status == 200
    assert b"Chainrule" not in content
    status, _, _ = fetch(lab.partition("?")[0], **{"Sec-Fetch-Site": "same-origin"})
    assert status == 403


@pytest.mark.parametrize("width", [1280, 820, 390])
def test_no_page_is_wider_than_the_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("line", "slope"):
        goto(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("arguments", "token", "message"),
    [
        (["--page", "nothing"], "", "no page 'nothing'; there are line, slope"),
        (["--host", "203.0.113.1"], "", "cannot listen on 203.0.113.1"),
        ([], "short", "CHAINRULE_LAB_TOKEN needs 8 or more"),
        ([], "a b c d e f; x=1", "letters, digits, - or _"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, token, message):
    result = CliRunner().invoke(
        app, ["lab", "--no-browser", *arguments], env={"CHAINRULE_LAB_TOKEN": token}
    )
    assert result.exit_code == 2
    assert message in result.output


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = CliRunner().invoke(app, ["lab", "--no-browser", "--port", port])
    assert result.exit_code == 2
    assert f"port {port}" in result.output
