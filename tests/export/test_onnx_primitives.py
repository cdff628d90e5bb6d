"""Each primitive of the engine, written to ONNX, computes the same in onnxruntime."""

import numpy as np
import onnxruntime
import pytest

import chainrule as cr
from chainrule.export import to_onnx
from chainrule.export.onnx import NotExportable, rows
from chainrule.export.onnx.expand import CALLS
from chainrule.export.onnx.formulas import FORMULAS
from chainrule.export.onnx.rows import NOT_EXPORTABLE
from tests.conformance.cases import CASES
from tests.conformance.rows import LEAVES, ROWS

SHAPES = {"scalar", "2x3"}  # of the elementwise rows: enough for writing them
CHOSEN = [
    case
    for case in CASES
    if not case.row.derivatives or case.label in SHAPES or str(case) == "add-2x0x3"
]
SINGLE = [
    case
    for case in CHOSEN
    if case.row.family in ("elementwise", "reduction", "contraction")
    and case.name not in NOT_EXPORTABLE
    and case.label != "scalar"
    and any(np.asarray(x).dtype == np.float64 and np.size(x) for x in case.inputs)
]


def run(model, arrays):
    """The outputs in onnxruntime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in model.graph.input]
    return session.run(None, dict(zip(names, map(np.asarray, arrays), strict=True)))


def leaves(result):
    return list(result) if isinstance(result, tuple) else [result]


def agree(case, inputs, tolerance):
    model = to_onnx(case, *inputs, batch=False)
    assert {tensor.name for tensor in model.graph.input} == {f"x{i}" for i in range(len(inputs))}
    for found, wanted in zip(run(model, inputs), leaves(case(*inputs)), strict=True):
        wanted = np.asarray(wanted)
        assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", CHOSEN, ids=str)
def test_it_computes_the_same(case):
    if case.name in NOT_EXPORTABLE:
        with pytest.raises(NotExportable, match=rf"v\d is {case.name}, .*rows.py"):
            to_onnx(case, *case.inputs)
        return
    agree(case, case.inputs, 1e-12)


@pytest.mark.parametrize("case", SINGLE, ids=str)
def test_it_computes_the_same_in_single_precision(case):
    inputs = [np.asarray(x) for x in case.inputs]
    agree(case, [x.astype(np.float32) if x.dtype == np.float64 else x for x in inputs], 1e-5)


WHOLE = {
    "add": 2, "negative": 1, "floor_divide": 2, "remainder": 2, "right_shift": 2, "bitwise_xor": 2,
    "maximum": 2, "less": 2, "relu": 1, "step": 1, "sign": 1, "power": 2,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.uint32, np.int64])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_of_other_widths(name, dtype):
    first, second = np.array([[5, 6, 7], [0, 3, 2]], dtype), np.array([[2, 1, 3], [3, 2, 2]], dtype)
    first = -first if dtype in (np.int8, np.int64) else first
    inputs = [first, second][: WHOLE[name]]
    model = to_onnx(lambda *xs: ROWS[name](*xs), *inputs, batch=False)
    found, wanted = run(model, inputs)[0], ROWS[name](*inputs)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint16, np.bool_])
def test_other_operations_in_narrow_dtypes(dtype):
    def several(x):
        places = np.array([0, 1, 0])
        changed = x.at[places].add(x) if x.dtype != bool else x
        return np.sort(x), np.max(x, axis=0), np.where(x > 0, x, x[::-1]), changed, np.argmax(x)

    x = np.array([1, 0, 3], dtype)
    model = to_onnx(several, x, batch=False)
    for found, wanted in zip(run(model, [x]), cr.jit(several)(x), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_every_primitive_has_a_row_a_formula_or_a_reason():
    written = {*rows.ROWS, *FORMULAS, *CALLS, *NOT_EXPORTABLE}
    assert set(ROWS) - LEAVES <= written
    assert written <= {*ROWS, "materialise", "term"}
