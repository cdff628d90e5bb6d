"""Threads, memory, structures found again, and what importing costs."""

import gc
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine import transforms
from chainrule.engine.interpret import Cache


def loss(p, x):
    return np.mean((np.tanh(x @ p["w"]) - 1.0) ** 2)


def test_many_threads_at_once():
    x = np.random.default_rng(0).normal(size=(6, 3))
    starts = [{"w": np.full((3, 2), 0.1 * i)} for i in range(8)]
    gradient, jitted = cr.grad(loss), cr.jit(cr.grad(loss))
    wanted = [gradient(p, x)["w"] for p in starts]
    wrong = []

    def work(number):
        try:
            for _ in range(25):
                for run in (gradient, jitted, cr.jit(cr.grad(loss))):
                    np.testing.assert_allclose(
                        run(starts[number], x)["w"], wanted[number], rtol=1e-12
                    )
                with cr.no_grad():
                    assert not isinstance(cr.tensor(1.0) * 2.0, cr.Tensor)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(starts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, wrong[0]


def test_10000_gradients_do_not_grow_memory():
    gradient = cr.grad(lambda w, x: np.sum((w * x - 1.0) ** 2))
    w, x = np.ones(4), np.arange(4.0)
    for _ in range(100):
        gradient(w, x)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for i in range(10_000):
        w = w - 1e-5 * gradient(w, x)
        if i % 2000 == 0:
            gc.collect()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 100_000


def test_backward_in_a_loop_keeps_no_history():
    w = cr.tensor(np.ones(1000))
    tracemalloc.start()
    sizes = []
    for i in range(300):
        np.sum(w * w * 0.5).backward()
        w.data, w.grad = w.data - 0.1 * w.grad, None
        if i in (99, 299):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert sizes[1] - sizes[0] < 50_000


def test_a_structure_is_derived_once(monkeypatch):
    made = []

    class Counting(Cache):
        def get(self, key, make):
            return super().get(key, lambda: (made.append(key), make())[1])

    monkeypatch.setattr(transforms, "_gradients", Counting(16))
    gradient = cr.grad(lambda p, x: loss(p, x))
    for i in range(5):
        gradient({"w": np.full((3, 2), float(i))}, np.ones((6, 3)))
    cr.grad(loss)({"w": np.ones((3, 2))}, np.ones((6, 3)))
    assert len(made) == 1, "the same structure, of whatever function and values"
    gradient({"w": np.ones((3, 2))}, np.ones((7, 3)))
    assert len(made) == 2, "another shape is another structure"


@pytest.mark.parametrize("constant", [2.0, 3.0])
def test_constants_written_in_the_program_are_told_apart(constant):
    assert cr.grad(lambda x: x * constant)(1.0) == constant


def test_import_brings_numpy_and_the_standard_library_only():
    code = "import sys, numpy; b = set(sys.modules); import chainrule; print(*set(sys.modules) - b)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert tops - set(sys.stdlib_module_names) == {"chainrule"}
