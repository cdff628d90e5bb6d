"""Matrix products: ours against NumPy's BLAS, billions of operations a second, one thread each.

The same arrays in both; ``T`` stands for an operand that is stored transposed. Both write into
memory of their own: NumPy by ``out=``.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from typing import Any

import numpy as np

from .report import Table

SIZES = (  # m, n, k, what is stored transposed, dtype
    (32, 128, 64, "", "float32"),
    (32, 64, 128, "second", "float32"),
    (1055, 20, 41, "", "float32"),
    (128, 256, 784, "", "float32"),
    (784, 256, 128, "first", "float32"),
    (512, 512, 512, "", "float32"),
    (1024, 1024, 1024, "", "float32"),
    (3000, 3000, 3000, "", "float32"),
    (1024, 1024, 1024, "", "float64"),
)
SECONDS = 0.03  # of one measurement at least


def run(options: Any) -> list[Table]:
    columns = ["m, n, k", "chainrule", "BLAS", "ratio"]
    table = Table("Matrix products, GF/s on one thread", columns)
    for m, n, k, turned, dtype in SIZES:
        title = f"{m}, {n}, {k}{f', {turned} T' if turned else ''}"
        title += "" if dtype == "float32" else f", {dtype}"
        options.progress(f"products: {title}")
        a, b = _operands(m, n, k, turned, dtype)
        seconds = _interleaved([_ours(a, b), _blas(a, b)], options.rounds or 15)
        ours, blas = (2e-9 * m * n * k / each for each in seconds)
        table.add(title, ours, blas, ours / blas)
    return [table]


def _operands(m: int, n: int, k: int, turned: str, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape).astype(dtype) for shape in ((m, k), (k, n)))
    a = np.ascontiguousarray(a.T).T if turned == "first" else a
    b = np.ascontiguousarray(b.T).T if turned == "second" else b
    return a, b


def _ours(a: np.ndarray, b: np.ndarray) -> Callable[[], Any]:
    """A compiled product that reads the arrays as they are stored: T is part of the graph."""
    import chainrule

    first, second = a.flags.c_contiguous, b.flags.c_contiguous
    given = (a if first else a.T), (b if second else b.T)

    def product(x: Any, y: Any) -> Any:
        return (x if first else x.T) @ (y if second else y.T)

    call = chainrule.jit(product)
    with chainrule.config(threads=1):
        call(*given)

    def once() -> Any:
        with chainrule.config(threads=1):
            return call(*given)

    return once


def _blas(a: np.ndarray, b: np.ndarray) -> Callable[[], Any]:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
    out = np.empty((len(a), b.shape[1]), a.dtype)
    return lambda: np.matmul(a, b, out=out)


def _interleaved(calls: list[Callable[[], Any]], rounds: int) -> list[float]:
    """Median seconds of a call, all taking turns."""
    numbers = []
    for call in calls:
        call()
        numbers.append(1 + int(SECONDS / max(timeit.timeit(call, number=1), 1e-7)))
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for times, call, number in zip(found, calls, numbers, strict=True):
            times.append(timeit.timeit(call, number=number) / number)
    return [float(np.median(times)) for times in found]
