"""``chainrule lab``: open the pages in the browser, or serve them to a class."""

from __future__ import annotations

import os
import re
from typing import Annotated

import typer


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
) -> None:
    """Open the lab: live pages on which one sees networks learn.

    The address that is printed holds a token: who does not have it does not get in. Set
    CHAINRULE_LAB_TOKEN (8 letters or more) for one that a class can type.
    """
    from .. import lab as room
    from ..widgets import PAGES

    token = os.environ.get("CHAINRULE_LAB_TOKEN", "")
    if page not in PAGES:
        _fail(f"no page {page!r}; there are {', '.join(PAGES)}")
    if token and not re.fullmatch(r"[\w-]{8,}", token, re.ASCII):
        _fail("CHAINRULE_LAB_TOKEN needs 8 or more letters, digits, - or _")
    try:
        room.require_packages()
        opened = room.Lab(host, port, token=token, names=name or ())
    except room.MissingPackages as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot listen on {host}, port {port}: {error.strerror or error}")
    query = "" if page == "line" else f"&page={page}"
    typer.echo(f"The lab: {opened.url}{query}")
    typer.echo("Ctrl-C stops it.")
    if browser:
        opened.start().show(page)
        opened.wait()
    else:
        opened.run()


def _fail(message: str) -> None:
    typer.echo(f"chainrule lab: {message}", err=True)
    raise typer.Exit(2)
