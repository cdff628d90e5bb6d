"""Pictures in notebooks: as anywidgets, with the lab's frames as their messages.

A notebook loads one text. It is put together from a picture's ES module and the modules of the kit
that it imports, without any tool: imports are named ones of files beside it, and names at the top
of files are unique (a test looks after both).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from .. import locale
from .session import Session
from .widget import STATIC, Widget

_IMPORT = re.compile(r"^import\s*\{[^}]*\}\s*from\s*\"(\./[^\"]+)\";?[ \t]*\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(async )?(function|class|const|let)\b)", re.MULTILINE)
_DEFAULT = re.compile(r"^export default \{ render \};?\s*$", re.MULTILINE)


class MissingPackages(ImportError):
    """Packages that notebooks need are not installed."""


@cache
def bundle(module: str, language: str = "en") -> str:
    """One ES module that draws this picture in a notebook, with the texts that it needs."""
    parts: dict[str, str] = {}
    for name in ("kit/text.js", "kit/notebook.js", f"{module}.js"):
        _collect(name, parts)
    pages = {name.split("/")[0].partition(".")[0].partition("_")[0] for name in parts}
    texts = locale.catalogue(language)
    wanted = {key: text for key, text in texts.items() if key.split(".")[0] in {"lab", *pages}}
    end = (
        f"setTexts({json.dumps(wanted, ensure_ascii=False)});\nexport default inNotebook(render);\n"
    )
    return "\n".join([*parts.values(), end])


def _collect(name: str, parts: dict[str, str]) -> None:
    """Add a file, after those that it imports."""
    if name in parts:
        return
    text = (STATIC / name).read_text(encoding="utf-8")
    folder = (STATIC / name).parent
    for found in _IMPORT.findall(text):
        _collect((folder / found).resolve().relative_to(STATIC.resolve()).as_posix(), parts)
    parts[name] = _DEFAULT.sub("", _EXPORT.sub("", _IMPORT.sub("", text)))


def style(module: str) -> str:
    """The style sheet of a picture in a notebook."""
    paths = [STATIC / "kit" / "style.css", STATIC / f"{module}.css"]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


def view(widget: Widget) -> Any:
    """The anywidget that shows this picture; each display of it is told what changes."""
    try:
        import anywidget
    except ImportError as error:
        raise MissingPackages(
            "live pictures in notebooks need anywidget: pip install 'chainrule[lab]'"
        ) from error
    kinds = {"_esm": bundle(widget.module), "_css": style(widget.module)}
    shown = type(type(widget).__name__, (anywidget.AnyWidget,), kinds)()
    host = Notebook(widget, shown)
    shown.on_msg(host.receive)
    return shown


class Notebook(Session):
    """A session whose page is an output of a notebook; a thread ticks while the picture runs."""

    def __init__(self, widget: Widget, shown: Any) -> None:
        super().__init__(self, lambda page: widget)
        self.shown = shown
        self.lock = threading.Lock()
        self.ticking: threading.Thread | None = None
        self.is_watched = True
        self.frames: list[bytes] = []
        self.is_busy = False  # what changes now is sent when this is done

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """A frame goes to the notebook; there is nobody who keeps links."""
        if kind == b"F":
            self.frames.append(content)

    def receive(self, shown: Any, content: Any, buffers: list[Any]) -> None:
        """A message of the page."""
        with self._busy():
            self.handle(b"M", bytes(buffers[0]))
            self.go_on()
        self._start()

    def state_changed(self, names: set[str]) -> None:
        """Changed from a page's message, from a tick, or from another cell."""
        super().state_changed(names)
        if not self.is_busy:
            with self._busy():
                self.go_on()
            self._start()

    @contextmanager
    def _busy(self) -> Iterator[None]:
        with self.lock:
            self.is_busy = True
            try:
                yield
            finally:
                self.is_busy = False
                frames, self.frames = self.frames, []
        for frame in frames:  # outside of the lock: a notebook may have locks of its own
            self.shown.send({"kind": "frame"}, buffers=[frame])

    def _start(self) -> None:
        if (self.is_running() or self.pending) and self.ticking is None:
            self.ticking = threading.Thread(target=self._run, daemon=True)
            self.ticking.start()

    def _run(self) -> None:
        while self.is_running() or self.pending:
            with self._busy():
                self.go_on()
            time.sleep(max(0.001, self.pause()))
        self.ticking = None
