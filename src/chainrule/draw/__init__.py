"""Pictures of graphs and networks, as SVG: the layout is our own, nothing else is needed.

The module itself can be called: ``chainrule.draw(loss, theta, x, y)``.
"""

import sys
from types import ModuleType

from .both import forward_and_backward
from .dot import dot
from .graphs import graph
from .latex import latex
from .layers import LayerMatrix, layers_of
from .matrices import matrices
from .mismatch import mismatch
from .neurons import neurons
from .placing import placed
from .show import display, draw
from .svg import Picture
from .values import Flow, flow

__all__ = [
    "Flow",
    "LayerMatrix",
    "Picture",
    "display",
    "dot",
    "draw",
    "flow",
    "forward_and_backward",
    "graph",
    "latex",
    "layers_of",
    "matrices",
    "mismatch",
    "neurons",
    "placed",
]


class _Callable(ModuleType):
    """So that ``chainrule.draw`` is both the function that one guesses and the room of the rest."""

    __call__ = staticmethod(draw)


sys.modules[__name__].__class__ = _Callable
