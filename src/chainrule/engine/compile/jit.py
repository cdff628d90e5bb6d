"""jit: trace a function once for each signature, and run its simplified graph from then on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import trace, tree
from ..errors import StructureError
from ..graph import Graph
from ..interpret import Cache
from ..primitives.views import broadcast_in_dim
from ..rewrite import rewrite, tracked
from ..simplify import tidy
from ..tensor import Parameter, Tensor
from .automatic import Automatic

if TYPE_CHECKING:
    from .lowered import Lowered


class _Compiled:
    """A function for one signature: its graph, its program, and how its result is built."""

    def __init__(
        self, fn: Callable[..., Any], leaves: list[Any], structure: tree.Structure
    ) -> None:
        start = trace.begin()
        inputs = []
        for i, leaf in enumerate(leaves):
            if trace.is_value(leaf):
                leaves[i] = trace.placeholder(trace.abstract(leaf))
                inputs.append(leaves[i])
        args, kwargs = tree.unflatten(structure, leaves)
        modules = tree.modules((args, kwargs))
        before = [dict(module.own_buffers()) for module in modules]
        with trace.scope(()):  # of its own: the graph is used again from other Modules
            result = fn(*args, **kwargs)
        self.results, self.structure = tree.flatten(result, buffers=True)
        self.changed = [
            (number, name)
            for number, module in enumerate(modules)
            for name, value in module.own_buffers().items()
            if value is not before[number].get(name)
        ]
        self.places = [i for i, r in enumerate(self.results) if isinstance(r, Tensor | np.ndarray)]
        outputs = [self.results[i] for i in self.places]
        outputs += [modules[number].own_buffers()[name] for number, name in self.changed]
        self.traced = trace.Traced(inputs, outputs, start)
        with tracked() as origins:
            self.graph = tidy(_bake_numbers(self.traced))
        self.origins = {n: origins.get(n, n) for n in self.graph.nodes}  # in the traced graph
        self.program = Automatic(self.graph, at_once=True)

    def __call__(self, values: list[Any], arguments: Any) -> Any:
        values = [*values, *self.traced.values(parameters=trace.state.recording)]
        if any(isinstance(value, Tensor) for value in values):
            found = self.graph(*values)
        else:
            found = self.program(values)
        results = list(self.results)
        for place, value in zip(self.places, found, strict=False):
            results[place] = value
        if self.changed:
            modules = tree.modules(arguments)
            news = found[len(self.places) :]
            for (number, name), value in zip(self.changed, news, strict=True):
                modules[number].own_buffers()[name] = value
        return tree.unflatten(self.structure, results)

    @property
    def takes_and_gives_arrays(self) -> bool:
        """Whether the results are an array or a tuple of arrays, of the arguments alone."""
        plain = len(self.places) == len(self.results) and not self.changed
        return plain and not self.traced.captured and self._quick_shape() != ""

    def _quick_shape(self) -> str:
        count = len(self.results)
        if self.structure == tree.flatten(0)[1]:
            return "one"
        return "tuple" if self.structure == tree.flatten((0,) * count)[1] else ""

    @property
    def quick(self) -> Callable[[Sequence[Any]], Any]:
        """The same without looking for trees, where ``takes_and_gives_arrays``."""
        program = self.program
        if self._quick_shape() == "one":
            return lambda values: program(values)[0]
        return lambda values: tuple(program(values))


def _kinds_of_arrays(args: tuple[Any, ...]) -> Any:
    """Shape and dtype of each argument; None unless all are plain arrays."""
    kinds: list[Any] = []
    for value in args:
        if type(value) is not np.ndarray:
            return None
        kinds += [value.dtype, value.shape]
    return tuple(kinds)


def _bake_numbers(traced: trace.Traced) -> Graph:
    """The graph with written numbers as constants; larger captures stay inputs, read each time."""
    inputs = list(traced.inputs)
    first = len(inputs) - len(traced.captured)
    baked = []
    for place, node in enumerate(traced.captured, first):
        if node.source is None and node.primitive is not None and _is_one_number(node.known):
            number = trace.constant(node.known[(0,) * node.known.ndim])
            inputs[place] = broadcast_in_dim(number, node.shape, ()) if node.shape else number
            baked.append(place)
    graph = rewrite(traced.graph, lambda node: None, inputs)
    traced.captured = [n for i, n in enumerate(traced.captured, first) if i not in baked]
    return Graph([n for i, n in enumerate(inputs) if i not in baked], graph.outputs)


def _is_one_number(value: Any) -> bool:
    """Whether an array is a number, or repeats one without storing it again."""
    return value is not None and (value.ndim == 0 or (value.size > 1 and not any(value.strides)))


class Jitted:
    """What ``jit`` returns: call it like the function."""

    def __init__(
        self, fn: Callable[..., Any], static_argnums: Sequence[int], static_argnames: Sequence[str]
    ) -> None:
        functools.update_wrapper(self, fn)
        self._fn = fn
        self._static_numbers = set(static_argnums)
        self._static_names = set(static_argnames) | _names_at(fn, static_argnums)
        self._has_static = bool(self._static_numbers or self._static_names)
        self._cache = Cache(64, by_structure=False)
        self._quick: dict[Any, Callable[..., Any]] = {}  # for calls with nothing but arrays

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function's result for these arguments."""
        kinds = None if kwargs or self._has_static else _kinds_of_arrays(args)
        if kinds is not None:
            quick = self._quick.get(kinds)
            if quick is not None:
                return quick(args)
        compiled, values, dynamic = self._find(args, kwargs)
        result = compiled(values, dynamic)
        if kinds is not None and compiled.takes_and_gives_arrays and len(self._quick) < 64:
            self._quick[kinds] = compiled.quick
        return result

    def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """The graph that these arguments run."""
        return self._find(args, kwargs)[0].graph

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """What the function becomes for these arguments, as text: graph, kernels, LLVM, assembly.

        >>> import numpy as np
        >>> lowered = jit(np.exp).lower(np.ones(1000))
        >>> lowered.cost().flops, lowered.cost().bytes
        (10000, 16000)
        """
        from .lowered import Lowered

        name = getattr(self._fn, "__name__", "function")
        compiled, values, _ = self._find(args, kwargs)
        traced = compiled.traced
        first = Graph(traced.inputs[: len(values)], traced.graph.outputs)  # as trace makes it
        return Lowered(name, compiled.graph, first, compiled.origins)

    def _find(self, args: Any, kwargs: Any) -> tuple[_Compiled, list[Any], Any]:
        """What was compiled for a call's signature, the values to run it on, and its arguments."""
        dynamic, static = self._separate(args, kwargs)
        leaves, structure = tree.flatten(dynamic, buffers=True)
        if not trace.state.recording:
            leaves = [leaf.data if isinstance(leaf, Parameter) else leaf for leaf in leaves]
        leaves = [trace.node_of(x) if isinstance(x, Parameter) else x for x in leaves]
        kinds = tuple([trace.abstract(leaf) if trace.is_value(leaf) else leaf for leaf in leaves])
        key = (structure, kinds, static, *[type(value) for _, value in static])  # 1 is not 1.0
        try:
            hash(key)
        except TypeError as error:
            raise StructureError(self._explain_unhashable(static, leaves)) from error
        fixed = functools.partial(self._with_static, dict(static))
        compiled = self._cache.get(key, lambda: _Compiled(fixed, list(leaves), structure))
        return compiled, [leaf for leaf in leaves if trace.is_value(leaf)], dynamic

    def _separate(self, args: Any, kwargs: Any) -> tuple[Any, Any]:
        """Arguments that may change without a new trace, and those that may not."""
        numbers = {n % len(args) if n < 0 else n for n in self._static_numbers} if args else set()
        static = [(n, args[n]) for n in sorted(numbers) if n < len(args)]
        static += [(k, kwargs[k]) for k in sorted(self._static_names & kwargs.keys())]
        rest = tuple([a for n, a in enumerate(args) if n not in numbers])
        named = {k: v for k, v in kwargs.items() if k not in self._static_names}
        return (rest, named), tuple(static)

    def _with_static(self, static: dict[Any, Any], *args: Any, **kwargs: Any) -> Any:
        full = list(args)
        for place in sorted(k for k in static if isinstance(k, int)):
            full.insert(place, static[place])
        named = {k: v for k, v in static.items() if isinstance(k, str)}
        return self._fn(*full, **kwargs, **named)

    def _explain_unhashable(self, static: Any, leaves: list[Any]) -> str:
        for place, value in static:
            try:
                hash(value)
            except TypeError:
                return (
                    f"jit: static argument {place!r} is a {type(value).__name__}, which cannot be "
                    "hashed: use a tuple instead of a list, or pass it as an ordinary argument"
                )
        bad = [type(x).__name__ for x in leaves if not trace.is_value(x)]
        return f"jit: arguments must be arrays, numbers, trees of them, or hashable; got {bad}"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self, instance)


def _names_at(fn: Callable[..., Any], numbers: Iterable[int]) -> set[str]:
    """Names of the positional arguments with these numbers, for callers that spell them out."""
    try:
        names = list(inspect.signature(fn).parameters)
    except (TypeError, ValueError):
        return set()
    return {names[n] for n in numbers if -len(names) <= n < len(names)}


def jit(
    fn: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
) -> Any:
    """The function, traced once for each signature and run as a simplified graph.

    The signature is the structure of the arguments, the types of their arrays, and everything that
    is no array. Python code inside runs at the first call only; values of arrays are not known to
    it. Parameters that the function captures are read at each call.

    Parameters
    ----------
    static_argnums, static_argnames
        Arguments that are Python values to the function (a count, a flag): hashable; each value
        has a trace of its own.

    >>> import numpy as np
    >>> @jit
    ... def scaled(x, factor):
    ...     return x * factor
    >>> scaled(np.arange(3.0), 2.0)
    array([0., 2., 4.])
    """
    if fn is None:
        return functools.partial(
            jit, static_argnums=static_argnums, static_argnames=static_argnames
        )
    numbers = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    return Jitted(fn, numbers, names)
