"""Each primitive of the engine, written to ONNX, computes the same in onnxruntime."""

import numpy as np
import onnxruntime
import pytest

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


def test_every_primitive_has_a_row_a_formula_or_a_reason():
    written = {*rows.ROWS, *FORMULAS, *CALLS, *NOT_EXPORTABLE}
    assert set(ROWS) - LEAVES <= written
    assert written <= {*ROWS, "materialise", "term"}
