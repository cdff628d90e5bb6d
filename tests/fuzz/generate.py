"""A seed gives a graph and values for its inputs: a random program, and what was made of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.engine.errors import DifferentiationError
from chainrule.engine.graph import Graph
from chainrule.engine.primitives import elementwise as ew
from chainrule.engine.primitives import logic as lg

from . import elementwise, flow, moves
from .builder import Builder
from .inputs import FLOATS, KEY, laid_out, pick, random_array, random_type, some_lengths


@dataclass(frozen=True, eq=False)
class Operation:
    """A function of a builder, and how often it is chosen; ``rough``: has no derivative."""

    function: Callable[..., Any]
    share: float
    nests: bool = False
    rough: bool = False


OPERATIONS = [
    Operation(elementwise.any_row, 30),
    Operation(elementwise.chain, 8),
    Operation(elementwise.convert, 3),
    Operation(elementwise.float_again, 3),
    Operation(elementwise.bitcast, 0.7),
    Operation(elementwise.select, 3),
    Operation(elementwise.constant_power, 2),
    Operation(elementwise.polygamma, 0.5),
    Operation(elementwise.gamma_sample, 0.5),
    *[Operation(f, 3) for f in (moves.reshape, moves.transpose, moves.broadcast, moves.cut)],
    *[Operation(f, 2) for f in (moves.pad, moves.flip, moves.concatenate, moves.truth)],
    Operation(moves.reduction, 8),
    *[Operation(f, 2) for f in (moves.place, moves.running, moves.normalised)],
    Operation(moves.einsum, 7),
    Operation(moves.matmul, 6),
    *[Operation(f, 2) for f in (moves.gather, moves.scatter, moves.ordered, moves.along_axis)],
    Operation(flow.scanned, 2.5, nests=True),
    Operation(flow.repeated, 1.5, nests=True, rough=True),
    Operation(flow.descended, 0.6, nests=True),
    Operation(flow.branched, 2, nests=True),
    Operation(flow.checkpointed, 1, nests=True),
    Operation(flow.mapped, 1, nests=True),
    Operation(flow.custom, 1.5),
    Operation(flow.stopped, 0.7),
    Operation(flow.random_numbers, 2.5),
    Operation(flow.permuted, 0.7, rough=True),
]

SIZE = 4  # of a stack that vmap makes
FORMS = {"plain": 42, "grad": 26, "vmap": 9, "jvp": 8, "vmap of grad": 6, "grad of grad": 3}


class Program:
    """The random function of a seed: called with the same types, it does the same."""

    def __init__(self, seed, lengths, smooth):
        self._seed, self._lengths, self._smooth = seed, lengths, smooth

    def __call__(self, *inputs):
        """The program's outputs: ends, values from the middle, sometimes one of them twice."""
        rng = np.random.default_rng([self._seed, 1])
        b = Builder(rng, inputs, self._lengths, self._smooth)
        b.run(rng.integers(2, 14), OPERATIONS)
        count = rng.integers(1, 5)
        return [b.pool[-1 - min(i, len(b.pool) - 1)] for i in rng.integers(0, 6, count)]

    def loss(self, *inputs):
        """The outputs as one number."""
        rng = np.random.default_rng([self._seed, 2])
        b = Builder(rng, inputs, self._lengths)
        outputs = [lg.astype(x, np.float64) for x in self(*inputs) if x.type.is_float]
        return flow.real_sum(b, [ew.tanh(x) for x in outputs]) + flow.real_sum(b, inputs)


@dataclass(frozen=True)
class Generated:
    """A graph, some lists of values for its inputs, and which form of the program it is."""

    seed: int
    form: str
    graph: Graph
    values: list[list[Any]]


def generate(seed):
    """The graph of a seed."""
    rng = np.random.default_rng([seed, 0])
    form = pick(rng, FORMS)
    lengths = some_lengths(rng)
    kinds = _input_types(rng, lengths, form != "plain")
    try:
        graph = _graph(seed, form, lengths, kinds)
    except DifferentiationError:  # a derivative that the library says it does not have
        form = "plain"
        graph = _graph(seed, form, lengths, kinds)
    tame = form != "plain" and rng.random() < 0.7
    values = []
    for _ in range(2):
        arrays = [random_array(rng, node.type, tame) for node in graph.inputs]
        values.append([laid_out(rng, x) for x in arrays])
    return Generated(seed, form, graph, values)


def _input_types(rng, lengths, needs_float):
    kinds = [random_type(rng, lengths) for _ in range(rng.integers(1, 5))]
    if needs_float and not kinds[0].is_float:
        kinds[0] = random_type(rng, lengths, FLOATS[:2])
    if rng.random() < 0.25:
        kinds.append(KEY)
    return kinds


def _graph(seed, form, lengths, kinds):
    program = Program(seed, lengths, form != "plain")
    real = [i for i, kind in enumerate(kinds) if kind.is_float]
    slope = cr.value_and_grad(program.loss, real)
    if form == "plain":
        return cr.trace(program, *kinds)
    if form == "grad":
        return cr.trace(slope, *kinds)
    if form == "jvp":
        return cr.trace(lambda *xs: _forward(program, real, xs), *kinds)
    if form == "grad of grad":
        twice = cr.grad(lambda *xs: _slopes_as_one(program, slope, real, xs), real)
        return cr.trace(twice, *kinds)
    function = program if form == "vmap" else slope
    rng = np.random.default_rng([seed, 3])
    axes = tuple([0 if i == 0 or rng.random() < 0.5 else None for i in range(len(kinds))])
    stacked = [
        kind if axis is None else type(kind).of((SIZE, *kind.shape), kind.dtype)
        for kind, axis in zip(kinds, axes, strict=True)
    ]
    return cr.trace(cr.vmap(function, axes), *stacked)


def _forward(program, real, inputs):
    """A jvp in the real inputs, along the inputs themselves."""

    def of_real(*xs):
        full = list(inputs)
        for place, x in zip(real, xs, strict=True):
            full[place] = x
        return [x for x in program(*full) if x.type.is_float]

    primals = [inputs[i] for i in real]
    return cr.jvp(of_real, primals, [0.5 * x for x in primals])


def _slopes_as_one(program, slope, real, inputs):
    _, gradients = slope(*inputs)
    total = 0.0
    for i, gradient in zip(real, gradients, strict=True):
        total = total + lg.astype(ew.tanh(gradient) * inputs[i], np.float64).sum()
    return total
