import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from chainrule.lab import Lab
from chainrule.lab.guard import Guard
from chainrule.lab.learners import Limits
from chainrule.widgets import wire
from tests.lab import trouble
from tests.lab.client import Client, fetch, open_socket


@pytest.fixture(scope="module")
def lab():
    limits = Limits(message=1 << 16, rate=50)
    with Lab(make=trouble.make, limits=limits).start() as lab:
        yield lab


@pytest.fixture(scope="module")
def base(lab):
    return lab.url.partition("?")[0]


@pytest.fixture(scope="module")
def cookie(lab):
    return f"chainrule-{lab.port}={lab.token}"


def test_the_token_becomes_a_cookie_that_scripts_and_strangers_do_not_get(lab, base, cookie):
    status, headers, _ = fetch(f"{lab.url}&page=slope")
    assert (status, headers["location"]) == (303, "/?page=slope")
    assert headers["set-cookie"] == f"{cookie}; HttpOnly; SameSite=Strict; Path=/"
    status, headers, content = fetch(base, Cookie=cookie)
    assert status == 200
    assert b"Chainrule lab" in content
    assert lab.token.encode() not in content


@pytest.mark.parametrize("path", ["", "?token=wrong", "?page=line", "static/kit/dom.js", "session"])
@pytest.mark.parametrize("kept", [None, "chainrule=x", 'chainrule-1="', "token=\x80"])
def test_nothing_is_served_without_the_token(base, path, kept):
    headers = {} if kept is None else {"Cookie": kept}
    status, _, content = fetch(base + path, **headers)
    assert status == 403
    assert b"token" in content


def test_pages_may_not_load_anything_from_elsewhere_nor_be_framed(base, cookie):
    for path in ("", "static/kit/dom.js", "no/such/thing"):
        _, headers, _ = fetch(base + path, Cookie=cookie)
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "10.0.0.5",
        "[::2]",
        "",
        "a b",
        "[",
    ],
)
def test_a_host_name_that_was_bent_to_us_is_refused(lab, base, cookie, host):
    status, _, content = fetch(base, Cookie=cookie, Host=host or " ")
    assert status in (400, 421)
    assert b"Chainrule lab" not in content


def test_hosts_of_a_class():
    guard = Guard(None, "token", ["teacher.local"], loopback=False)
    assert guard.allows_host("192.168.0.7:8000")
    assert guard.allows_host("Teacher.local:8000")
    assert not guard.allows_host("evil.example:8000")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": None},
        {"origin": "http://127.0.0.1:1"},
        {"cookie": None},
        {"cookie": "chainrule=wrong"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ],
    ids=str,
)
def test_no_session_for_foreign_pages(lab, wrong):
    with pytest.raises(InvalidStatus) as caught:
        open_socket(lab.url, **wrong)
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "static/../widget.py",
        "static/%2e%2e/widget.py",
        "static/..%2fwidget.py",
        "static//etc/passwd",
        "static/%2fetc/passwd",
        "static/kit/../../widget.py",
        "static/..\\widget.py",
        "static/kit",
        "static/kit/",
        "lab/index.html",
        "lab/../server.py",
        "static/kit/dom.js%00.css",
        "openapi.json",
    ],
)
def test_no_path_leads_out_of_the_static_files(base, cookie, path):
    assert fetch(base + path, Cookie=cookie)[0] == 404


def test_pages_are_only_read(base, cookie):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert fetch(base, method, Cookie=cookie)[0] == 405


def test_a_file_that_the_browser_has_is_not_sent_again(base, cookie):
    address = f"{base}static/kit/dom.js"
    status, headers, content = fetch(address, Cookie=cookie)
    assert (status, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    again = fetch(address, Cookie=cookie, **{"If-None-Match": headers["etag"]})
    assert (again[0], again[2], len(content) > 100) == (304, b"", True)


def test_a_message_that_is_too_long_ends_the_connection(lab):
    with Client(lab.url) as client:
        client.open("trouble")
        with pytest.raises(ConnectionClosed) as caught:
            client.socket.send(bytes(1 << 17))
            client.until("never")
        assert caught.value.rcvd.code == 1009


def test_too_many_messages_end_the_connection(lab):
    with Client(lab.url) as client:
        client.open("trouble")
        with pytest.raises(ConnectionClosed) as caught:
            for _ in range(300):
                client.set(value=1)
            client.until("never")
        assert caught.value.rcvd.code == 1008


@pytest.mark.parametrize(
    "message",
    [b"", b"\xff\xff\xff\xff", "a text", b"\x02\x00\x00\x00[]", b"\x40\x00\x00\x00" + b"[" * 64],
)
def test_what_is_no_frame_ends_the_connection_and_nothing_else(lab, message):
    with Client(lab.url) as client:
        client.open("trouble")
        with pytest.raises(ConnectionClosed) as caught:
            client.socket.send(message)
            client.until("never")
        assert caught.value.rcvd.code in (1003, 1008)
    with Client(lab.url, client.key) as again:
        assert again.open("trouble")["state"]["process"] == client.state["process"]


@pytest.mark.parametrize(
    "hello", [{}, {"kind": "hello"}, {"kind": "hello", "key": "../x"}, {"key": 1}]
)
def test_a_page_begins_with_hello(lab, hello):
    socket = open_socket(lab.url)
    socket.send(wire.pack(hello))
    with pytest.raises(ConnectionClosed) as caught:
        socket.recv(timeout=5)
    assert caught.value.rcvd.code == 1008


@pytest.mark.parametrize("link", [{"value": {"a": [1]}}, {"__class__": 1}, {"state": 1}, [], "x"])
def test_links_hold_only_what_they_may(lab, link):
    with Client(lab.url) as client:
        state = client.open("trouble", link)["state"]
    assert set(state) <= {"value", "twice", "frames", "process", "running", "budget"}
