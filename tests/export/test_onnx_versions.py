"""Operators as they were in older versions: what is an input now was an attribute then."""

import numpy as np
import onnx.parser
import pytest

from chainrule.export import from_onnx

runtime = pytest.importorskip("onnxruntime")
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
PLANE = np.random.default_rng(1).normal(size=(2, 3, 4, 6)).astype(np.float32)

# Version of the operators, the input, the nodes that make y from x.
CASES = [
    (7, X, "y = Clip <min = -0.5, max = 0.25> (x)"),
    (11, X, "low = Constant <value = float {-0.5}> () y = Clip (x, low)"),
    (7, X, "y = Softmax <axis = 1> (x)"),
    (13, X, "y = Softmax <axis = 1> (x)"),
    (7, X, "y = LogSoftmax (x)"),
    (11, X, "y = Hardmax <axis = 0> (x)"),
    (7, X, "y = Slice <axes = [0, 2], starts = [0, 1], ends = [1, 9]> (x)"),
    (7, X, "y = Pad <pads = [0, 1, 0, 0, 0, 2], value = 3.0> (x)"),
    (7, X, "a = Unsqueeze <axes = [0, 3]> (x) y = Squeeze <axes = [3]> (a)"),
    (7, X, "y = ReduceSum <axes = [1], keepdims = 0> (x)"),
    (11, X, "y = ReduceLogSumExp <axes = [-1]> (x)"),
    (7, X, "a, b = Split <axis = 2, split = [1, 3]> (x) y = Identity (b)"),
    (7, X, "a, b = Split <axis = 2> (x) y = Sub (a, b)"),
    (7, X, "y, i = TopK <k = 2, axis = 2> (x)"),
    (7, X, "y = Dropout <ratio = 0.5> (x)"),
    (10, X, "y, m = Dropout <ratio = 0.5> (x)"),
    (7, PLANE, 'y = Upsample <mode = "nearest", scales = [1.0, 1.0, 2.0, 3.0]> (x)'),
    (9, PLANE, "s = Constant <value = float[4] {1, 1, 2, 3}> () y = Upsample (x, s)"),
    (10, PLANE, "s = Constant <value = float[4] {1, 1, 0.5, 2}> () y = Resize (x, s)"),
    (7, PLANE, "y = MaxPool <kernel_shape = [2, 3], strides = [2, 1]> (x)"),
    (7, PLANE, "y = AveragePool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x)"),
    (7, PLANE, "s = Constant <value = int64[2] {6, 24}> () y = Reshape (x, s)"),
    (9, X, "s = Constant <value = int64[1] {5}> () y = ConstantOfShape (s)"),
]


@pytest.mark.parametrize(("version", "x", "body"), CASES, ids=[body for _, _, body in CASES])
def test_the_same_as_onnxruntime(version, x, body):
    axes = ", ".join(map(str, x.shape))
    head = f'<ir_version: 6, opset_import: ["": {version}]> f (float[{axes}] x) => (float y) '
    model = onnx.parser.parse_model(head + "{" + body + "}")
    model.graph.output[0].type.tensor_type.ClearField("shape")
    wanted = runtime.InferenceSession(model.SerializeToString()).run(None, {"x": x})[0]
    found = np.asarray(from_onnx(model)(x))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
