"""What printed NumPy source consists of: a module with its helpers, and a function to call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .helpers import NEEDS, SHORT, definitions, wrapped
from .numpy_text import array_text


class Code(str):
    """NumPy source of one function; ``arguments`` are the arrays to call it with.

    >>> from chainrule.explain.code import numpy_code
    >>> code = numpy_code(lambda x: 2 * x + 1, 3.0)
    >>> float(code.run())
    7.0
    """

    name: str
    arguments: dict[str, Any]

    def __new__(cls, text: str, name: str, arguments: dict[str, Any]) -> Code:
        """The source, and what belongs to it."""
        code = super().__new__(cls, text)
        code.name, code.arguments = name, arguments
        return code

    def function(self) -> Callable[..., Any]:
        """The function that the source defines; nothing but the source is used."""
        namespace: dict[str, Any] = {}
        exec(self, namespace)
        return namespace[self.name]  # type: ignore[no-any-return]

    def run(self, **changed: Any) -> Any:
        """What the source computes for its arguments, some of them perhaps changed."""
        return self.function()(**{**self.arguments, **changed})

    def script(self) -> str:
        """The source with the arrays of the call and the call itself: a program of its own."""
        lines = [f"{key} = {array_text(value)}" for key, value in self.arguments.items()]
        lines += ["", f"print({self.name}({', '.join(self.arguments)}))"]
        return "\n".join([self, "", *[piece for line in lines for piece in wrapped(line)], ""])

    def __repr__(self) -> str:
        return str(self)


class Source:
    """A Python module that is being written: what it defines, and the arrays it is given."""

    def __init__(self) -> None:
        self.helpers: dict[str, str] = {}
        self.arrays: dict[str, Any] = {}

    def array(self, value: Any) -> str:
        """The name of an argument that brings this array."""
        for name, known in self.arrays.items():
            if known is value:
                return name
        name = f"array{len(self.arrays) + 1}"
        self.arrays[name] = value
        return name

    def helper(self, row: Any) -> str:
        """The name of a function that does what a primitive's NumPy rule does."""
        if row.name in SHORT:
            return self.short(row.name)
        try:
            definitions(row.numpy, self.helpers)
        except ValueError as error:
            raise NotImplementedError(
                f"the primitive {row.name!r} cannot be written as NumPy source: {error}. Make its "
                "NumPy rule a plain function of the module, which uses NumPy alone."
            ) from None
        return row.numpy.__name__  # type: ignore[no-any-return]

    def short(self, name: str) -> str:
        """One of the helpers written by hand."""
        for other in NEEDS.get(name, ()):
            self.short(other)
        self.helpers[name] = SHORT[name].strip("\n")
        return name

    def text(self, body: Iterable[str]) -> str:
        """The whole source."""
        parts = ["import numpy as np", *self.helpers.values(), "\n".join(body)]
        if any("math." in part for part in parts):
            parts[0] = f"import math\n\n{parts[0]}"
        return "\n\n\n".join(parts) + "\n"
