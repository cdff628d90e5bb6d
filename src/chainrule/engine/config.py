"""config: whether code is compiled, how exactly, on how many threads.

>>> from chainrule import config
>>> with config(compile=False, threads=1):
...     config.compile, config.threads
(False, 1)

Each setting starts as its environment variable says: ``CHAINRULE_COMPILE``, ``CHAINRULE_MODE``,
``CHAINRULE_THREADS``, ``CHAINRULE_CPU``, ``CHAINRULE_CACHE``. An assignment, such as
``config.threads = 2``, is for all threads; a ``with`` block is for the thread that runs it.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar, cast

T = TypeVar("T")

# What the `with` blocks around the running code set; a new thread starts with nothing.
_overrides: ContextVar[Mapping[str, Any]] = ContextVar("config", default=MappingProxyType({}))


class Setting(Generic[T]):
    """One attribute of ``config``: what it may be, and how it is read from the environment."""

    def __init__(self, default: T, allowed: str, accepts: Callable[[Any], bool]) -> None:
        self.default, self.allowed, self._accepts = default, allowed, accepts
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, config: Config, owner: type) -> T:
        overrides = _overrides.get()
        values: Mapping[str, Any] = overrides if self.name in overrides else config._values
        return cast(T, values[self.name])

    def __set__(self, config: Config, value: T) -> None:
        self.check(value, f"config.{self.name}")
        overrides = _overrides.get()
        if self.name in overrides:
            _overrides.set({**overrides, self.name: value})
        else:
            config._values = {**config._values, self.name: value}  # readers compare by identity

    def check(self, value: Any, source: str) -> None:
        """Raise a ``ValueError`` unless the setting may have this value."""
        if not self._accepts(value):
            raise ValueError(f"{source} must be {self.allowed}, not {value!r}")

    def first(self, environ: Mapping[str, str]) -> T:
        """Its value when Python starts."""
        variable = f"CHAINRULE_{self.name.upper()}"
        text = environ.get(variable, "").strip().lower()
        if not text:
            return self.default
        value = _from_text(text, self.default)
        self.check(value, variable)
        return cast(T, value)


def _from_text(text: str, default: Any) -> Any:
    """``1 true yes on``, ``0 false no off``, a number where one is meant, or the word itself."""
    if isinstance(default, int) and not isinstance(default, bool):
        return int(text) if text.isdecimal() else text
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    return text


def _available_cores() -> int:
    """Cores that the system lets this process use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


class Config:
    """The settings; there is one, ``chainrule.config``.

    Attributes
    ----------
    compile
        ``"auto"``: ``jit`` compiles at once, anything else when its graph keeps coming back.
        ``True``: everything at once. ``False``: NumPy evaluates, node by node.
    mode
        ``"exact"``: no bit of a result depends on what is fused around it. ``"fast"``: sums may be
        reordered where that is quicker.
    threads
        How many threads compiled code uses at most; the cores of this process at first.
    cpu
        ``"host"``: code for this very processor. ``"baseline"``: for any of its family, on x86-64
        without AVX.
    cache
        Whether machine code is kept on disk for the next start (``chainrule cache info``).
    """

    __slots__ = ("_merged", "_unavailable", "_values")

    compile: Setting[bool | Literal["auto"]] = Setting(
        "auto", 'True, False or "auto"', lambda value: _is_switch(value) or value == "auto"
    )
    mode: Setting[Literal["exact", "fast"]] = Setting(
        "exact", '"exact" or "fast"', lambda value: value in ("exact", "fast")
    )
    threads: Setting[int] = Setting(_available_cores(), "a whole number from 1 up", _is_count)
    cpu: Setting[Literal["host", "baseline"]] = Setting(
        "host", '"host" or "baseline"', lambda value: value in ("host", "baseline")
    )
    cache: Setting[bool] = Setting(True, "True or False", _is_switch)

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._values = {name: setting.first(environ) for name, setting in _SETTINGS.items()}
        self._merged: tuple[Any, Any, Mapping[str, Any]] = (None, None, {})
        self._unavailable: str | None = None

    def __call__(self, **settings: Any) -> Any:
        """A ``with`` block, or decorator, in which these settings hold for this thread."""
        for name, value in settings.items():
            if name not in _SETTINGS:
                known = ", ".join(_SETTINGS)
                raise TypeError(f"config has no setting {name!r}; there are {known}")
            _SETTINGS[name].check(value, f"config({name}=...)")
        return overriding(settings)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in _SETTINGS)
        return f"config({shown})"

    @property
    def why_not(self) -> str | None:
        """Why nothing is compiled; None where it can be."""
        if self.compile is False:
            return "config.compile is False"
        if self._unavailable is None:
            self._unavailable = _find_obstacle()
        return self._unavailable or None

    @property
    def now(self) -> Mapping[str, Any]:
        """All settings as they hold here; ``profile``, too, where one is being made.

        The same object as long as nothing changes.
        """
        overrides, values = _overrides.get(), self._values
        if not overrides:
            return values
        seen = self._merged
        if seen[0] is not overrides or seen[1] is not values:
            seen = self._merged = (overrides, values, {**values, **overrides})
        return seen[2]

    @property
    def for_code(self) -> tuple[Any, ...]:
        """What machine code depends on, besides the graph."""
        now = self.now
        return now["mode"], now["threads"], now["cpu"], "profile" in now

    def give_up(self, reason: str) -> None:
        """Compile nothing from now on: this machine turned out not to allow it."""
        self._unavailable = reason


_SETTINGS = {name: each for name, each in vars(Config).items() if isinstance(each, Setting)}


@contextmanager
def overriding(settings: Mapping[str, Any]) -> Iterator[None]:
    """Inside, these settings hold for this thread."""
    token = _overrides.set({**_overrides.get(), **settings})
    try:
        yield
    finally:
        _overrides.reset(token)


def _find_obstacle() -> str:
    """What keeps this Python from compiling; empty if nothing does."""
    if sys.maxsize < 2**32 or sys.byteorder != "little":
        return f"compiled code needs a little-endian 64-bit machine, not {platform.machine()}"
    if platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"):
        return f"compiled code is made for x86-64 and ARM64, not {platform.machine()}"
    from importlib.util import find_spec

    try:
        found = find_spec("llvmlite")
    except (ImportError, ValueError):
        found = None
    return "" if found else "llvmlite is not installed (pip install llvmlite)"


config = Config()
