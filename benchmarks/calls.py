"""What one call costs: f(x, y) = 2 x + y of four float32 numbers, in microseconds.

Arguments are NumPy arrays for NumPy, ctypes and Chainrule, and the library's own arrays for JAX and
PyTorch, which spares these a conversion.
"""

from __future__ import annotations

import ctypes
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from .peers.c import compiled
from .report import Table

NUMBERS = 2_000


def run(options: Any) -> list[Table]:
    options.progress("calls")
    table = Table("One call with four numbers, µs", ["function", "median", "least"])
    calls = {}
    for name, make in CALLS.items():
        try:
            calls[name] = make()
        except (ImportError, OSError):
            table.add(name, None, None)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(options.rounds or 15):
        for name, call in calls.items():
            times[name].append(timeit.timeit(call, number=NUMBERS) / NUMBERS * 1e6)
    for name, found in times.items():
        table.add(name, float(np.median(found)), min(found))
    return [table]


# -- one maker for each way: it gives a call that has run once ---------------------------------


def _arguments() -> tuple[np.ndarray, np.ndarray]:
    return np.arange(4, dtype=np.float32), np.ones(4, np.float32)


def _double(x: Any, y: Any) -> Any:
    return 2 * x + y


def chainrule_jit() -> Callable[[], Any]:
    import chainrule

    return _ready(chainrule.jit(_double), *_arguments())


def numpy_eager() -> Callable[[], Any]:
    return _ready(_double, *_arguments())


def c_by_ctypes() -> Callable[[], Any]:
    """The addresses are known: nothing but the call itself."""
    function = ctypes.CDLL(str(compiled("call.c"))).call
    x, y = _arguments()
    out = np.empty_like(x)
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, y, out)]
    call = _ready(function, *pointers)
    call.keep = (x, y, out)
    return call


def jax_jit() -> Callable[[], Any]:
    import jax

    function = jax.jit(_double)
    x, y = map(jax.numpy.asarray, _arguments())
    return _ready(lambda: function(x, y).block_until_ready())


def torch_eager() -> Callable[[], Any]:
    import torch

    x, y = map(torch.tensor, _arguments())
    return _ready(_double, x, y)


def torch_recorded() -> Callable[[], Any]:
    import torch

    x, y = map(torch.tensor, _arguments())
    return _ready(_double, x.requires_grad_(), y)


def _ready(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    def call() -> Any:
        return function(*arguments)

    for _ in range(10):
        call()
    return call


CALLS = {
    "chainrule jit": chainrule_jit,
    "C by ctypes": c_by_ctypes,
    "NumPy": numpy_eager,
    "JAX jit": jax_jit,
    "PyTorch eager": torch_eager,
    "PyTorch, recorded": torch_recorded,
}
