"""A page without a browser: the same frames over the same websocket."""

from __future__ import annotations

import secrets
import socket
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from chainrule.widgets import wire


class Refused(Exception):
    """The lab has no place for this page."""


class Client:
    """One tab of a learner."""

    def __init__(self, address: str, key: str = "", **options: Any) -> None:
        self.key = key or secrets.token_hex(16)
        self.heard: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        self.number = 0
        self.socket = open_socket(address, **options)
        self.send({"kind": "hello", "key": self.key})
        self.welcome = self.next()
        if self.welcome["kind"] != "welcome":
            self.close()
            raise Refused(self.welcome["kind"])

    def send(self, header: dict[str, Any]) -> None:
        self.socket.send(wire.pack(header))

    def open(self, page: str, link: Any = None) -> dict[str, Any]:
        self.send({"kind": "open", "page": page, "link": link})
        return self.until("open")

    def set(self, **changes: Any) -> None:
        self.number += 1
        self.send({"kind": "set", "changes": changes, "number": self.number})

    def ask(self, **message: Any) -> None:
        self.send({"kind": "ask", "message": message})

    def next(self, seconds: float = 10.0) -> dict[str, Any]:
        """The next message; states are acknowledged, and kept in `state`."""
        frame = self.socket.recv(timeout=seconds)
        assert isinstance(frame, bytes)
        header, _ = wire.unpack(frame)
        if header["kind"] in ("open", "state"):
            self.send({"kind": "seen"})
            self.state |= header["state"]
        return header

    def until(self, kind: str, **values: Any) -> dict[str, Any]:
        """The next message of this kind, whose state has these values."""
        for _ in range(500):
            header = self.next()
            state = header.get("state", {})
            if header["kind"] == kind and all(state.get(n) == v for n, v in values.items()):
                return header
        raise AssertionError(f"no {kind} with {values} came")

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()


def open_socket(
    address: str, *, origin: str | None = "", cookie: str | None = "", host: str = ""
) -> ClientConnection:
    """A websocket of the lab; "" stands for what a browser would send."""
    parts = urlsplit(address)
    token = dict(pair.split("=") for pair in parts.query.split("&"))["token"]
    right = f"chainrule-{parts.port}={token}"
    headers = {} if cookie is None else {"Cookie": cookie or right}
    opening = connect(
        f"ws://{host or parts.netloc}/session",
        sock=socket.create_connection((parts.hostname, parts.port)),
        origin=f"http://{parts.netloc}" if origin == "" else origin,
        additional_headers=headers,
        compression=None,
        max_size=None,
        open_timeout=20,
    )
    return opening.__enter__()  # whoever opens it closes it


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *details: Any) -> None:
        return None


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and content; redirects are not followed."""
    request = urllib.request.Request(url, method=method, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)
    try:
        answer = opener.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        names = {name.lower(): value for name, value in answer.headers.items()}
        return answer.status, names, answer.read()
