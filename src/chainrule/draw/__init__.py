"""Pictures of graphs and networks, as SVG: the layout is our own, nothing else is needed.

The module itself can be called: ``chainrule.draw(loss, theta, x, y)``.
"""

import sys
from types import ModuleType

from .both import forward_and_backward
from .graphs import graph
from .network import LayerMatrix, layers_of, matrices, neurons
from .placing import placed
from .show import display, draw
from .svg import Picture
from .values import Flow, flow

__all__ = [
    "Flow",
    "LayerMatrix",
    "Picture",
    "display",
    "draw",
    "flow",
    "forward_and_backward",
    "graph",
    "layers_of",
    "matrices",
    "neurons",
    "placed",
]


class _Callable(ModuleType):
    """So that ``chainrule.draw`` is both the function that one guesses and the room of the rest."""

    __call__ = staticmethod(draw)


sys.modules[__name__].__class__ = _Callable
