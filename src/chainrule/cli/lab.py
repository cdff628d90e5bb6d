"""``chainrule lab``: open the pages in the browser, or serve them to a class."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

import typer

from . import terminal
from .errors import UsageError

EXAMPLES = """
[bold]Examples:[/]
  chainrule lab                             in your browser
  chainrule lab --page molecules            begin with this page
  chainrule lab --host 0.0.0.0 --port 8000  for a class in one network
"""


def lab(
    page: Annotated[str, typer.Option(help="The page to begin with.")] = "line",
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for a class in one network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 finds a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    name: Annotated[
        list[str] | None,
        typer.Option(help="A name by which others know this machine.", show_default=False),
    ] = None,
) -> dict[str, Any]:
    """Open the lab: live pages on which one sees networks learn.

    The address that is printed holds a token: who does not have it does not get in. Set
    CHAINRULE_LAB_TOKEN (8 letters or more) for one that a class can type.
    """
    from .. import lab as room
    from ..widgets import PAGES

    token = os.environ.get("CHAINRULE_LAB_TOKEN", "")
    if page not in PAGES:
        raise UsageError(f"no page {page!r}; there are {', '.join(PAGES)}")
    if token and not re.fullmatch(r"[\w-]{8,}", token, re.ASCII):
        raise UsageError("CHAINRULE_LAB_TOKEN needs 8 or more letters, digits, - or _")
    room.require_packages()
    try:
        opened = room.Lab(host, port, token=token, names=name or ())
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"cannot listen on {host}, port {port}: {reason}") from None
    query = "" if page == "line" else f"&page={page}"
    document = {"url": f"{opened.url}{query}"}
    terminal.say(f"The lab: {document['url']}")
    terminal.remark("Ctrl-C stops it.")
    terminal.write_early(document)
    if browser:
        opened.start().show(page)
        opened.wait()
    else:
        opened.run()
    return document
