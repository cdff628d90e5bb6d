"""A graph that fails, made smaller: fewer outputs, and inputs in the place of what came before."""

import os
import sys
import traceback

import numpy as np

from chainrule.engine.graph import Graph
from chainrule.engine.interpret import values_of

from .compare import check

FINE, WRONG, MISTYPED, RAISED = range(4)  # how a check ends; a crash is the signal, below 0


def outcome(graph, values, show=False):
    """How a check ends, in a process of its own, so that a crash is only an answer."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    ending = RAISED
    try:
        problems = check(graph, [values]).problems
        ending = _kind_of(problems)
        if show:
            print(*problems, sep="\n", flush=True)
    except Exception:
        if show:
            traceback.print_exc()
    finally:
        os._exit(ending)


def _kind_of(problems):
    if not problems:
        return FINE
    return MISTYPED if any("instead of" in text for text in problems) else WRONG


class Smaller:
    """Shrinks a graph as long as its check ends in the same way."""

    def __init__(self, graph, values):
        self.graph, self.values = graph, values
        self.ending = outcome(graph, values)

    def try_this(self, graph, values):
        """Whether it fails alike; then it is the graph from now on."""
        if outcome(graph, values) != self.ending:
            return False
        self.graph, self.values = graph, values
        return True

    def run(self):
        """The smaller graph, and the values that go with it."""
        self._fewer_outputs()
        self._end_earlier()
        self._begin_later()
        self._drop_inputs()
        return self.graph, self.values

    def _fewer_outputs(self):
        for node in self.graph.outputs:
            if self.try_this(Graph(self.graph.inputs, [node]), self.values):
                return

    def _end_earlier(self):
        for node in self.graph.nodes:
            if _is_cuttable(node) and self.try_this(Graph(self.graph.inputs, [node]), self.values):
                return

    def _begin_later(self):
        """Nodes become inputs that hold the evaluated value, last ones first."""
        ends = set(self.graph.outputs)
        for node in reversed(self.graph.nodes):
            known = values_of(self.graph, *self.values)
            if _is_cuttable(node) and node not in ends and node in known:
                given = [*self.values, np.asarray(known[node])]
                self.try_this(Graph((*self.graph.inputs, node), self.graph.outputs), given)

    def _drop_inputs(self):
        read = {operand for node in self.graph.nodes for operand in node.inputs}
        read |= set(self.graph.outputs)
        kept = [i for i, node in enumerate(self.graph.inputs) if node in read]
        inputs = [self.graph.inputs[i] for i in kept]
        self.try_this(Graph(inputs, self.graph.outputs), [self.values[i] for i in kept])


def _is_cuttable(node):
    return bool(node.inputs) and not isinstance(node.type, tuple)
