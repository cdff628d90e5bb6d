"""Matrix products of every size and memory order, against NumPy in float64."""

import ctypes
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.engine.compile import tiling
from chainrule.engine.compile.instructions import Instructions, kind_of
from chainrule.engine.compile.llvm import compile_text
from chainrule.engine.compile.matmul import Matrix, multiply, plan
from chainrule.engine.compile.transpose import transpose

ATTRIBUTES = '"min-legal-vector-width"="512" "prefer-vector-width"="512" nounwind'
MARGIN = 8  # elements around each result that must stay as they are


def function(emit):
    """The emitted code as a Python function of four addresses and two numbers."""
    parameters = ", ".join([*(f"ptr %p{i}" for i in range(4)), "i64 %start", "i64 %stop"])
    body = f"define void @f({parameters}) {ATTRIBUTES} {{\nentry:\n{emit.text()}\n  ret void\n}}\n"
    code = compile_text(body + "\n".join(sorted(emit.used)), ["f"])
    kinds = [ctypes.c_void_p] * 4 + [ctypes.c_int64] * 2
    call = ctypes.CFUNCTYPE(None, *kinds)(code.address("f"))

    def run(*arguments):
        call(*[x if isinstance(x, int) else x.ctypes.data for x in arguments])

    run.code = code  # keeps it mapped
    return run


def strides(array):
    return tuple(s // array.itemsize for s in array.strides)


def product(a, b, lanes, split=None):
    """A @ B by compiled code, in parts if asked; each element must be written once."""
    (m, k), n = a.shape, b.shape[1]
    kind = kind_of(a.dtype)
    emit = Instructions()
    pointers = [emit.argument("ptr", f"%p{i}") for i in range(4)]
    how = plan(m, n, k, strides(a), strides(b), kind, lanes)
    limits = (emit.argument("i64", "%start"), emit.argument("i64", "%stop"))
    written = Counter()

    def finish(row, column, value):
        written[value.lanes] += 1
        place = emit.address(pointers[2], row * n + column, kind)
        old = emit.load(place, kind, value.lanes, level=emit.depth)
        emit.store(place, value | old if kind == "bool" else value + old)

    def scratch(elements, kind):
        assert elements == how.scratch
        return pointers[3]

    multiply(
        emit, m, n, k,
        Matrix(pointers[0], *strides(a), kind), Matrix(pointers[1], *strides(b), kind),
        lanes, finish, scratch, **({split: limits} if split else {}),
    )  # fmt: skip
    run = function(emit)
    c = np.zeros(m * n + MARGIN, a.dtype)
    buffer = np.ones(how.scratch + MARGIN, a.dtype)
    size = {"rows": m, "columns": n, None: 1}[split]
    starts = range(0, size, how.grain * 2) if split else [0]
    for start in reversed(starts):
        run(a, b, c, buffer, start, min(size, start + how.grain * 2))
    assert not c[m * n :].any()
    assert (buffer[how.scratch :] == 1).all()
    assert all(1 <= count <= lanes for count in written)
    return c[: m * n].reshape(m, n)


def filled(rows, columns, dtype, order, seed):
    """A matrix of random numbers: rows or columns contiguous, neither, or one row repeated."""
    rng = np.random.default_rng(seed)
    base = rng.standard_normal((2 * rows + 1, 2 * columns + 1)) * 3
    base = base > 1 if dtype == np.bool_ else base.astype(dtype)
    if order == "broadcast":
        return np.broadcast_to(base[0, :columns], (rows, columns))
    part = base[:rows, :columns] if order in "CF" else base[1::2, 1::2]
    return np.asarray(part, order=order) if order in "CF" else part


def check(m, n, k, orders="CC", dtype=np.float32, lanes=16):
    a = filled(m, k, dtype, orders[0], 1)
    b = filled(k, n, dtype, orders[1], 2)
    found = product(a, b, lanes)
    if a.dtype.kind == "f":
        exact = a.astype(np.float64) @ b.astype(np.float64)
        size = np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64)
        epsilon = np.finfo(dtype).eps
        assert (np.abs(found - exact) <= (2 + np.sqrt(k)) * epsilon * size).all()
    else:
        np.testing.assert_array_equal(found, a @ b)
    how = plan(m, n, k, strides(a), strides(b), kind_of(a.dtype), lanes)
    if how.split:
        parts = product(a, b, lanes, how.split)
        np.testing.assert_array_equal(parts, found, "threads change no bit")


SHAPES = [
    (1, 1, 1), (1, 1, 3), (1, 5, 1), (7, 1, 1), (1, 1, 1100), (3, 2, 600), (16, 16, 2),
    (200, 16, 2), (200, 1, 16), (1, 200, 16), (2, 16, 200), (13, 20, 41), (25, 33, 17),
    (41, 20, 1055), (32, 128, 64), (5, 100, 9), (2, 70, 30), (1, 300, 19), (24, 50, 1030),
    (9, 1, 300), (1, 3, 500), (6, 9, 70), (8, 21, 40), (7, 5, 33),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("orders", ["CC", "CF", "FC"])
def test_shapes(shape, orders):
    check(*shape, orders)


@pytest.mark.parametrize("shape", [(0, 3, 2), (3, 0, 2), (3, 20, 0), (0, 0, 0)], ids=str)
def test_empty(shape):
    check(*shape)


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize(("lanes", "orders"), [(4, "FF"), (8, "CC"), (16, "SS")])
def test_kinds_lanes_and_strides(dtype, lanes, orders):
    check(19, 37, 21, orders, dtype, lanes)
    check(3, 9, 70, orders, dtype, lanes)


@pytest.mark.parametrize("orders", ["CC", "FF", "SS"])
@pytest.mark.parametrize(
    "shape", [(130, 70, 30), (128, 128, 13), (200, 33, 20), (130, 40, 1100)], ids=str
)
@pytest.mark.parametrize("dtype", [np.float32, np.bool_])
def test_blocks(shape, orders, dtype, monkeypatch):
    monkeypatch.setattr(tiling, "FAR", 0)
    monkeypatch.setattr(tiling, "CACHE", 2048)
    how = plan(*shape, (1, 1), (1, 1), "f32", 16)
    assert how.algorithm == "blocks" and how.block < shape[0]
    check(*shape, orders, dtype)


def test_blocks_and_tiles_give_the_same_bits(monkeypatch):
    a, b = filled(150, 700, np.float32, "C", 1), filled(700, 50, np.float32, "C", 2)
    found = product(a, b, 16)
    monkeypatch.setattr(tiling, "FAR", 0)
    np.testing.assert_array_equal(product(a, b, 16), found)


def test_blocks_are_for_large_matrices():
    assert plan(1024, 1024, 1024, (1024, 1), (1024, 1), "f32", 16).algorithm == "blocks"
    assert plan(512, 512, 512, (512, 1), (512, 1), "f32", 16).algorithm == "tiles"


@pytest.mark.parametrize("shape", [(5, 20, 9), (3, 8, 40), (9, 40, 30)], ids=str)
@pytest.mark.parametrize("orders", ["CC", "CF"])
def test_inside_a_loop(shape, orders):
    (m, n, k), batch = shape, 3
    a = [filled(m, k, np.float32, orders[0], seed) for seed in range(batch)]
    b = [filled(k, n, np.float32, orders[1], seed) for seed in range(batch)]
    emit = Instructions()
    pointers = [emit.argument("ptr", f"%p{i}") for i in range(4)]
    scratch = plan(*shape, strides(a[0]), strides(b[0]), "f32", 16).scratch
    with emit.loop(0, batch) as i:
        here = [emit.address(pointers[0], i * (m * k), "f32")]
        here += [emit.address(pointers[1], i * (k * n), "f32")]
        result = emit.address(pointers[2], i * (m * n), "f32")
        matrices = [Matrix(p, *strides(x[0]), "f32") for p, x in zip(here, (a, b), strict=True)]

        def finish(row, column, value):
            emit.store(emit.address(result, row * n + column, "f32"), value)

        multiply(emit, *shape, *matrices, 16, finish, lambda elements, kind: pointers[3])
    found = np.empty((batch, m, n), np.float32)
    together = [np.concatenate([part.ravel("K") for part in x]) for x in (a, b)]
    function(emit)(*together, found, np.empty(scratch + 1, np.float32), 0, 0)
    for i in range(batch):
        np.testing.assert_array_equal(found[i], product(a[i], b[i], 16))


def test_repeated_rows():
    check(20, 40, 30, ["broadcast", "broadcast"])


@settings(deadline=None, max_examples=25)
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 90), st.integers(1, 60)),
    st.sampled_from(["CC", "CF", "FC", "FF", "SC", "CS"]),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([4, 8, 16]),
)
def test_any_shape(shape, orders, dtype, lanes):
    check(*shape, orders, dtype, lanes)


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (41, 20), (16, 16), (33, 9)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
def test_transpose(shape, dtype):
    rows, columns = shape
    source = np.arange(rows * columns).astype(dtype).reshape(shape)
    target = np.zeros((columns, rows + 3), dtype)
    emit = Instructions()
    pointers = [emit.argument("ptr", f"%p{i}") for i in range(4)]
    kind = kind_of(source.dtype)
    before = Matrix(pointers[0], columns, 1, kind)
    transpose(emit, rows, columns, before, Matrix(pointers[1], rows + 3, 1, kind), 16)
    function(emit)(source, target, target, target, 0, 0)
    np.testing.assert_array_equal(target[:, :rows], source.T)
    assert not target[:, rows:].any()
