"""A shape error as a picture: which lengths did not meet."""

from __future__ import annotations

from html import escape

from ..draw import Picture, mismatch
from ..engine.errors import ShapeError


def picture(error: ShapeError) -> Picture | None:
    """The operands of a shape error side by side; None where there are not two.

    >>> import chainrule as cr, numpy as np
    >>> def product(x, w):
    ...     return x @ w
    >>> try:
    ...     cr.trace(product, np.ones((8, 3)), np.ones((4, 2)))
    ... except ShapeError as error:
    ...     print(picture(error))
    <svg ... (8, 3) and (4, 2) do not meet...
    """
    if len(error.shapes) < 2:
        return None
    first = error.shapes[0]
    other = next((i for i, shape in enumerate(error.shapes) if shape != first), 1)
    return mismatch(first, error.shapes[other], error.names[0], error.names[other], error.operation)


def display(error: ShapeError) -> str:
    """What a notebook shows of it: the message and the picture."""
    shown = picture(error)
    text = f'<pre style="white-space: pre-wrap">{escape(str(error))}</pre>'
    return text if shown is None else f"{text}{shown}"
