"""From a graph to machine code: prepare, fuse, plan, write, and LLVM.

The rooms in order: ``prepare`` puts a graph into the form that kernels are made from, ``fuse``
decides what is stored and which loops run together, ``plan`` where everything lies in memory,
``kernels``, ``products`` and ``main`` write the text, ``llvm`` makes machine code of it and
``program`` runs it. Nothing here is imported before something is compiled.
"""

from __future__ import annotations

from ..graph import Graph
from ..interpret import Program


def compile_graph(graph: Graph) -> Program:
    """A graph as machine code: called like what ``interpret.assemble`` gives."""
    from .program import Compiled

    return Compiled(graph)
