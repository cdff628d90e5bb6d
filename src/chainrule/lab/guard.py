"""Who may come in: the right Host, the right Origin, and the token or its cookie."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
NO_TOKEN = "Open the address that `chainrule lab` has printed: it holds the token.\n"
# A link on another site brings no SameSite=Strict cookie; a step that our own page makes does.
AGAIN = '<!doctype html><meta charset="utf-8"><title>…</title><script src="/again.js"></script>'
STEP = "location.replace(`/${location.search || '?'}&${location.hash}`);"


class Guard:
    """An ASGI application around another, which only those who may come in reach.

    Parameters
    ----------
    app
        The application inside.
    token
        Who has it in the address once gets a cookie: HttpOnly, SameSite=Strict.
    names
        Host names that are allowed beside IP addresses. A name of a stranger's that leads here
        (DNS rebinding) is none of them.
    loopback
        Only addresses of this machine itself are allowed.
    """

    def __init__(self, app: Any, token: str, names: Iterable[str] = (), loopback: bool = True):
        self.app = app
        self.token = token
        self.names = {"localhost", *(name.lower() for name in names)}
        self.loopback = loopback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get(b"host", "")
        if scope["type"] == "websocket":
            origin = headers.get(b"origin", "")
            if (
                self.allows_host(host)
                and same_origin(origin, host)
                and self._has_cookie(headers, host)
            ):
                await self.app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            return
        await self._http(scope, receive, send, headers, host)

    def allows_host(self, host: str) -> bool:
        """Is this the Host of a request to us?

        >>> guard = Guard(None, "token")
        >>> guard.allows_host("127.0.0.1:8000"), guard.allows_host("evil.example:8000")
        (True, False)
        """
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self.names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self.loopback

    async def _http(
        self, scope: Scope, receive: Receive, send: Send, headers: dict[bytes, str], host: str
    ) -> None:
        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_encoded(HEADERS)]}
            await send(message)

        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = dict(query).get("token", "")
        if not self.allows_host(host):
            await refuse(send_with_headers, 421, "This host name is not one of the lab's.\n")
        elif scope["method"] not in ("GET", "HEAD"):
            await refuse(send_with_headers, 405, "The lab's pages are only read.\n")
        elif given and secrets.compare_digest(given.encode(), self.token.encode()):
            rest = urlencode([pair for pair in query if pair[0] != "token"])
            cookie = f"{cookie_name(host)}={self.token}; HttpOnly; SameSite=Strict; Path=/"
            place = scope["path"].replace("//", "/") + (f"?{rest}" if rest else "")
            moved = {"location": place, "set-cookie": cookie}
            await refuse(send_with_headers, 303, "", moved)
        elif scope["path"] == "/again.js":
            await refuse(send_with_headers, 200, STEP, {"content-type": "text/javascript"})
        elif self._has_cookie(headers, host):
            await self.app(scope, receive, send_with_headers)
        elif scope["path"] == "/" and headers.get(b"sec-fetch-site") == "cross-site":
            await refuse(send_with_headers, 200, AGAIN, {"content-type": "text/html"})
        else:
            await refuse(send_with_headers, 403, NO_TOKEN)

    def _has_cookie(self, headers: dict[bytes, str], host: str) -> bool:
        try:
            cookies = SimpleCookie(headers.get(b"cookie", ""))
        except CookieError:
            return False
        found = cookies.get(cookie_name(host))
        return found is not None and secrets.compare_digest(
            found.value.encode(), self.token.encode()
        )


def cookie_name(host: str) -> str:
    """Cookies know no ports: two labs on one machine need two names.

    >>> cookie_name("127.0.0.1:8000")
    'chainrule-8000'
    """
    return f"chainrule-{urlsplit(f'//{host}').port or 80}"


def same_origin(origin: str, host: str) -> bool:
    """Was a page of ours the one that asks?

    >>> same_origin("http://127.0.0.1:8000", "127.0.0.1:8000"), same_origin("null", "127.0.0.1")
    (True, False)
    """
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


async def refuse(send: Send, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    """A short answer instead of the page."""
    fields = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
    pairs = _encoded(fields | (headers or {}))
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode()})


def _encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
