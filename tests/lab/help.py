"""What tests do with pages of the lab."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def strangers(url: str) -> list[str]:
    """The address, where it is not on this machine."""
    parts = urlsplit(url)
    here = parts.scheme in ("data", "blob") or parts.hostname in ("127.0.0.1", "localhost")
    return [] if here else [f"a request to {url}"]


def token_cookie(address: str) -> dict[str, str]:
    """What the address with the token leaves in the browser."""
    parts = urlsplit(address)
    name = f"chainrule-{parts.port}"
    return {"name": name, "value": dict(parse_qsl(parts.query))["token"], "url": address}


def goto(page: Any, name: str, fragment: str = "") -> None:
    """Open a page of the lab, and wait until it has drawn."""
    base = page.lab.partition("?")[0]
    page.goto(f"{base}?page={name}{fragment}")
    drawn(page, name)


def drawn(page: Any, name: str) -> None:
    """Wait until this page of the lab is there."""
    page.wait_for_selector(f'main[data-page="{name}"][aria-busy="false"]')


def share(page: Any) -> str:
    """Press the button; the link."""
    before = page.url
    page.click("#share")
    page.wait_for_function("before => location.href !== before", arg=before)
    return page.url


def numbers(text: str) -> list[float]:
    """The numbers in a text of the page, with its true minus."""
    return [float(found) for found in re.findall(r"-?\d+\.?\d*", text.replace("−", "-"))]
