"""The lab: live pages in the browser, for one learner or a class. ``chainrule lab`` opens it."""

from __future__ import annotations

from typing import Any

__all__ = ["Lab", "MissingPackages", "open", "require_packages"]


class MissingPackages(ImportError):
    """Packages that the lab needs are not installed."""


def require_packages() -> None:
    """Raise ``MissingPackages``, with the advice, unless all that the lab needs is there."""
    from importlib.util import find_spec

    wanted = ("starlette", "uvicorn", "websockets")
    missing = [name for name in wanted if find_spec(name) is None]
    if missing:
        raise MissingPackages(f"the lab needs {', '.join(missing)}: pip install 'chainrule[lab]'")


def open(model: Any, data: Any, *, browser: bool = True, port: int = 0) -> Any:
    """Open any model of your own in the playground, on data ``(x, y)`` of your own.

    The lab runs in a thread of this process, on this machine only; the result has its address
    (``url``) and stops it (``close()``).
    """
    require_packages()
    from ..widgets import Playground
    from .running import Lab

    picture = Playground(model=model, data=data)
    lab = Lab(port=port, own={"playground": picture}).start()
    if browser:
        lab.show("playground")
    return lab


def __getattr__(name: str) -> object:
    """``Lab``, imported when it is first named."""
    if name == "Lab":
        from .running import Lab

        return Lab
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
