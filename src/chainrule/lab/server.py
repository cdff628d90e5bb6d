"""The lab's web application: one page, static files of the package, one websocket."""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import mimetypes
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .. import locale, widgets
from ..widgets import PAGES, wire
from .learners import Learners, quietly, say

STATIC = {
    "static": Path(widgets.__file__).parent / "static",
    "lab": Path(__file__).parent / "static",
}
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
KEY = re.compile(r"[0-9a-f]{32}")


def application(learners: Learners) -> Starlette:
    """The application; ``guard.Guard`` goes around it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(learners.watch())
        yield
        watching.cancel()
        await learners.end()

    async def session(connection: WebSocket) -> None:
        await serve(connection, learners)

    routes = [
        Route("/", index),
        *(Route(f"/{name}/{{path:path}}", _files(name)) for name in STATIC),
        WebSocketRoute("/session", session),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def index(request: Request) -> Response:
    """The shell of all pages, in the language that is asked for."""
    wanted = request.query_params.get("language", "en")
    known = locale.languages()
    language = wanted if wanted in known else "en"
    texts = locale.catalogue(language)
    here = request.query_params.get("page")
    here = here if here in PAGES else next(iter(PAGES))
    links = [
        f'<a href="/?page={page}" data-page="{page}"{_current(page == here)}>'
        f"<span>{number}</span> {html.escape(texts[f'lab.{page}'])}</a>"
        for number, page in enumerate(PAGES, start=1)
    ]
    options = [
        f"<option value={code}{' selected' * (code == language)}>{html.escape(name)}</option>"
        for code, name in known.items()
    ]
    page = Template((STATIC["lab"] / "index.html").read_text(encoding="utf-8")).substitute(
        {
            name.partition(".")[2]: html.escape(text)
            for name, text in texts.items()
            if name.startswith("lab.")
        },
        code=language,
        links="\n".join(links),
        options="".join(options),
        texts=json.dumps(texts, ensure_ascii=False).replace("<", "\\u003c"),
    )
    return _answer(request, page.encode(), "text/html")


def _current(is_here: bool) -> str:
    return ' aria-current="page"' if is_here else ""


def _files(name: str) -> Any:
    """Serve the files of one folder: those in a table, so no path leads elsewhere."""
    root = STATIC[name]
    known = {path.relative_to(root).as_posix(): path for path in root.rglob("*.*")}
    known = {
        path: file for path, file in known.items() if file.is_file() and file.suffix != ".html"
    }

    async def serve_file(request: Request) -> Response:
        path = known.get(request.path_params["path"])
        if path is None:
            return Response("There is no such file.\n", 404, media_type="text/plain")
        kind = KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        return _answer(request, path.read_bytes(), kind or "application/octet-stream")

    return serve_file


def _answer(request: Request, content: bytes, kind: str) -> Response:
    """The content, or that it is still the one that the browser has."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


async def serve(connection: WebSocket, learners: Learners) -> None:
    """One page: hand its messages to its learner's session, until it leaves."""
    await connection.accept()
    try:
        hello, _ = wire.unpack(await asyncio.wait_for(connection.receive_bytes(), 10))
        key = hello.get("key")
        if hello.get("kind") != "hello" or not isinstance(key, str) or not KEY.fullmatch(key):
            raise ValueError("a page begins with hello and its key")
    except (ValueError, KeyError, TimeoutError, WebSocketDisconnect):
        await quietly(connection.close(1008))
        return
    learner = learners.of(key)
    if learner is None:
        await say(connection, {"kind": "full"})
        await quietly(connection.close(1013))
        return
    allowed = Allowance(learners.limits.rate)
    try:
        await learner.attach(connection)
        while True:
            message = await connection.receive_bytes()
            if not allowed.one_more():
                await say(connection, {"kind": "busy"})
                await quietly(connection.close(1008))
                return
            wire.unpack(message)  # what is no frame never reaches a session
            await learner.to_session(b"M", message)
    except (ValueError, KeyError):  # no frame, or text instead of bytes
        await quietly(connection.close(1003))
    except WebSocketDisconnect:
        return
    finally:
        await learner.detach(connection)


class Allowance:
    """So many messages a second, and twice as many at once (a leaky bucket)."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.left = 2 * rate
        self.before = time.monotonic()

    def one_more(self) -> bool:
        """Is there room for one more message now?"""
        now = time.monotonic()
        self.left = min(2 * self.rate, self.left + (now - self.before) * self.rate) - 1
        self.before = now
        return self.left >= 0
