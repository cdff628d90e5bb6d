"""Pictures of graphs and networks, as SVG: the layout is our own, nothing else is needed."""

from .graphs import graph
from .network import LayerMatrix, layers_of, matrices, neurons
from .placing import placed
from .svg import Picture
from .values import Flow, flow

__all__ = [
    "Flow",
    "LayerMatrix",
    "Picture",
    "flow",
    "graph",
    "layers_of",
    "matrices",
    "neurons",
    "placed",
]
