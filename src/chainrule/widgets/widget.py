"""What every live picture is: a state in Python that pages show, and that pages change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

STATIC = Path(__file__).parent / "static"


class UserError(ValueError):
    """What went wrong, in words for the learner; the page shows it and everything goes on.

    >>> raise UserError("The formula ends too early.")
    Traceback (most recent call last):
    ...
    chainrule.widgets.widget.UserError: The formula ends too early.
    """


class Host(Protocol):
    """What shows a widget: a page of the lab, or a notebook."""

    def state_changed(self, names: set[str]) -> None:
        """These names of the state have new values."""

    def told(self, message: dict[str, Any]) -> None:
        """A message for the page."""


class Widget:
    """A live picture: ``state`` is what pages show; ``static/<module>.js`` draws it.

    Values of the state are JSON values, with NumPy arrays anywhere inside of dicts and lists.

    Attributes
    ----------
    module
        Name of the ES module that draws it.
    accepts
        What a page may change: name -> function that gives the value checked, or raises
        ``UserError`` (see ``accept.py``). Without such a table: every name of the state.
    shared
        Names of the state that a link to the page holds.
    running
        While True, the host calls ``tick`` again and again.

    >>> class Square(Widget):
    ...     module = "square"
    ...
    ...     def changed(self, changes):
    ...         self.set(area=self.state["side"] ** 2)
    >>> square = Square(side=1.0, area=1.0)
    >>> square.take({"side": 3.0})
    >>> square.state["area"]
    9.0
    """

    module: ClassVar[str] = ""
    accepts: ClassVar[dict[str, Callable[[Any], Any]]] = {}
    shared: ClassVar[tuple[str, ...]] = ()
    running: bool = False
    _hosts: tuple[Host, ...] = ()
    _view: Any = None

    def __init__(self, **state: Any) -> None:
        self.state: dict[str, Any] = state

    # ------------------------------------------------------------------ what a picture overrides

    def changed(self, changes: dict[str, Any]) -> None:
        """A page changed these names; they are in ``state`` already."""

    def asked(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """A page asks for something: ``{"do": "step", "times": 3}`` calls ``do_step(times=3)``."""
        wanted = dict(message)
        name = wanted.pop("do", None)
        method = getattr(self, f"do_{name}", None)
        if method is None:
            raise UserError(f"{type(self).__name__} has nothing called {name!r} to do.")
        method(**wanted)

    def tick(self, budget: float) -> None:
        """One frame of work, of about ``budget`` seconds at most, then ``self.set(...)``."""
        self.running = False

    def link_state(self) -> dict[str, Any]:
        """What a link to the page holds: JSON values."""
        return {name: self.state[name] for name in self.shared}

    def restore(self, link: dict[str, Any]) -> None:
        """Go back to what a link holds. It comes from outside: check it."""
        known = {name: value for name, value in link.items() if name in self.shared}
        self.take(known)
        self.set(**{name: self.state[name] for name in known})

    # ------------------------------------------------------------------------ what it calls

    def set(self, **changes: Any) -> None:
        """Change the state; every page that shows it is told."""
        self.state.update(changes)
        for host in self._hosts:
            host.state_changed(set(changes))

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message to every page that shows it."""
        for host in self._hosts:
            host.told(message)

    # ------------------------------------------------------------------------ what hosts call

    def attach(self, host: Host) -> None:
        """From now on tell this host."""
        self._hosts = (*self._hosts, host)

    def files(self) -> dict[str, str]:
        """What draws it: the name of its ES module, and its style sheet where it has one."""
        own = {"style": f"{self.module}.css"}
        return {"module": self.module} | (own if (STATIC / own["style"]).exists() else {})

    def take(self, changes: dict[str, Any]) -> None:
        """Changes that come from a page: check, keep, and call ``changed``."""
        known = {name: value for name, value in changes.items() if name in self.state}
        if self.accepts:
            pairs = [(name, known[name]) for name in known if name in self.accepts]
            known = {name: self.accepts[name](value) for name, value in pairs}
        self.state.update(known)
        if known:
            self.changed(known)

    # ---------------------------------------------------------------------------- notebooks

    @property
    def widget(self) -> Any:
        """Itself as an ``anywidget``, for notebooks (needs ``pip install 'chainrule[lab]'``)."""
        if self._view is None:
            from .notebook import view

            self._view = view(self)
        return self._view

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return self.widget._repr_mimebundle_(**options)

    def _display_(self) -> Any:
        """Marimo shows what this gives."""
        return self.widget

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.state)})"
