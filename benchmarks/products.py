"""Matrix products: ours against NumPy's BLAS, billions of operations a second, one thread each.

The same arrays in both; ``T`` stands for an operand that is stored transposed. Small products come
many in a row, each with another first operand and its place in a new result, so that a call from
Python (0.3 µs and up for NumPy, 5 for ours) does not hide them: in a compiled ``scan``, in a loop
around ``np.matmul`` with ``out=``.
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
WORK = 5e7  # multiplications in a row
SECONDS = 0.03  # of one measurement at least


def run(options: Any) -> list[Table]:
    columns = ["m, n, k", "chainrule", "BLAS", "ratio"]
    table = Table("Matrix products, GF/s on one thread", columns)
    for m, n, k, turned, dtype in SIZES:
        title = f"{m}, {n}, {k}{f', {turned} T' if turned else ''}"
        title += "" if dtype == "float32" else f", {dtype}"
        options.progress(f"products: {title}")
        count = max(1, round(WORK / (m * n * k)))
        a, b = _operands(count, m, n, k, turned, dtype)
        seconds = _interleaved([_ours(a, b), _blas(a, b)], options.rounds or 15)
        ours, blas = (2e-9 * count * m * n * k / each for each in seconds)
        table.add(title, ours, blas, ours / blas)
    return [table]


def _operands(
    count: int, m: int, n: int, k: int, turned: str, dtype: str
) -> tuple[np.ndarray, np.ndarray]:
    """Shapes (count, m, k) and (k, n)."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape).astype(dtype) for shape in ((count, m, k), (k, n)))
    a = np.ascontiguousarray(a.swapaxes(1, 2)).swapaxes(1, 2) if turned == "first" else a
    b = np.ascontiguousarray(b.T).T if turned == "second" else b
    return a, b


def _ours(a: np.ndarray, b: np.ndarray) -> Callable[[], Any]:
    """Compiled products that read the arrays as they are stored: T is part of the graph."""
    import chainrule
    from chainrule import lax

    first, second = a.flags.c_contiguous, b.flags.c_contiguous
    given = (a if first else a.swapaxes(1, 2)), (b if second else b.T)

    def products(xs: Any, y: Any) -> Any:
        def step(nothing: Any, x: Any) -> Any:
            return nothing, (x if first else x.T) @ (y if second else y.T)

        return lax.scan(step, 0.0, xs)[1]

    call = chainrule.jit(products)

    def once() -> Any:
        with chainrule.config(threads=1):
            return call(*given)

    return once


def _blas(a: np.ndarray, b: np.ndarray) -> Callable[[], Any]:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")

    def once() -> None:
        out = np.empty((*a.shape[:2], b.shape[1]), a.dtype)
        for x, result in zip(a, out, strict=True):
            np.matmul(x, b, out=result)

    return once


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
