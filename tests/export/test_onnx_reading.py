"""ONNX files from strangers: refused with a reason, in little memory, never another folder's."""

import os
import tracemalloc

import numpy as np
import onnx
import onnx.parser
import pytest

from chainrule.export import from_onnx
from chainrule.export.errors import ModelFileError

HEAD = '<ir_version: 10, opset_import: ["": 21]> f (float[3] x) => (float[3] y) '


def add_model(**tensor):
    """y = x + w, with such a tensor as w."""
    model = onnx.parser.parse_model(HEAD + "{ y = Add(x, w) }")
    given = {"name": "w", "data_type": onnx.TensorProto.FLOAT, "dims": [3], **tensor}
    model.graph.initializer.add(**given)
    return model


def external_model(location, offset=None, length=None):
    """The same, with w in another file."""
    tensor = add_model(data_location=onnx.TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        if value is not None:
            tensor.graph.initializer[0].external_data.add(key=key, value=str(value))
    return tensor


def write(folder, model):
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return folder / "model.onnx"


# -- files beside the model --------------------------------------------------------------------


def test_a_file_beside_the_model_is_read(tmp_path):
    (tmp_path / "weights").mkdir()
    content = np.arange(5, dtype=np.float32).tobytes()
    (tmp_path / "weights" / "w.bin").write_bytes(content)
    model = from_onnx(write(tmp_path, external_model("weights/w.bin", offset=8, length=12)))
    assert model.w.data.tolist() == [2, 3, 4]
    assert model(np.zeros(3)).numpy().tolist() == [2, 3, 4]


@pytest.mark.parametrize("location", ["../w.bin", "{outside}", "link.bin", "sub/../../w.bin", ""])
def test_no_file_elsewhere_is_read(tmp_path, location):
    inside, outside = tmp_path / "inside", tmp_path / "w.bin"
    (inside / "sub").mkdir(parents=True)
    outside.write_bytes(bytes(12))
    os.symlink(outside, inside / "link.bin")
    model = external_model(location.format(outside=outside))
    with pytest.raises(ModelFileError, match="lies in the file") as caught:
        from_onnx(write(inside, model))
    assert ("refused" in str(caught.value)) == bool(location)


def test_a_file_beside_the_model_that_does_not_fit(tmp_path):
    (tmp_path / "w.bin").write_bytes(bytes(12))
    settings = [("gone.bin",), ("w.bin", 4), ("w.bin", 0, 8), ("w.bin", -4), ("w.bin", "x"), (".",)]
    for wrong in settings:
        with pytest.raises(ModelFileError, match="lies in the file"):
            from_onnx(write(tmp_path, external_model(*wrong)))
    with pytest.raises(ModelFileError, match="give from_onnx the path"):
        from_onnx(external_model("w.bin"))


# -- broken files ------------------------------------------------------------------------------


def test_what_is_no_model(tmp_path):
    cases = {"is a folder": tmp_path, "does not exist": tmp_path / "none.onnx"}
    cases |= {"it has no graph": b"", "not an ONNX file": b"PK\x03\x04 a zip file"}
    for reason, source in cases.items():
        with pytest.raises(ModelFileError, match=reason):
            from_onnx(source)


@pytest.mark.parametrize(
    ("reason", "tensor"),
    [
        ("is broken", {"raw_data": bytes(11)}),
        ("is broken", {"float_data": [1.0]}),
        ("has the shape", {"dims": [-3]}),
        ("are allowed", {"dims": [2**40, 2**20]}),
        ("unknown element type 77", {"data_type": 77}),
        ("is broken", {"dims": [2**29]}),
    ],
)
def test_a_broken_tensor(reason, tensor):
    with pytest.raises(ModelFileError, match=reason):
        from_onnx(add_model(**tensor))


def sparse_model(dims, place):
    model = onnx.parser.parse_model(HEAD + "{ y = Add(x, w) }")
    sparse = model.graph.sparse_initializer.add(dims=dims)
    sparse.values.CopyFrom(onnx.numpy_helper.from_array(np.float32([5]), "w"))
    sparse.indices.CopyFrom(onnx.numpy_helper.from_array(np.int64([place]), "places"))
    return model


def test_sparse_tensors():
    assert from_onnx(sparse_model([3], 1))(np.zeros(3)).numpy().tolist() == [0, 5, 0]
    for dims, place, reason in [([3], 7, "is broken"), ([2**40], 1, "are allowed")]:
        with pytest.raises(ModelFileError, match=reason):
            from_onnx(sparse_model(dims, place))


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("reads 'z', made nowhere", "{ y = Add(x, z) }"),
        ("reads 'b', made nowhere", "{ y = Add(x, b) b = Abs(x) }"),
        ("returns 'y', which no node makes", "{ z = Abs(x) }"),
    ],
)
def test_a_broken_graph(reason, body):
    with pytest.raises(ModelFileError, match=reason):
        from_onnx(onnx.parser.parse_model(HEAD + body))


@pytest.mark.parametrize(
    "body",
    [
        "{ s = Constant <value_ints = [1000000, 1000000]> () y = ConstantOfShape(s) }",
        "{ s = Constant <value_ints = [1000000, 1000000, 3]> () y = Expand(x, s) }",
        "{ s = Constant <value_ints = [1000000000000]> () y = Tile(x, s) }",
        "{ s = Constant <value_ints = [0, 1000000000000]> () y = Pad(x, s) }",
        "{ s = Constant <value_floats = [1000000000000.0]> () y = Resize(x, , s) }",
        "{ a = Constant <value_int = 0> () b = Constant <value_int = 1000000000000> () "
        "c = Constant <value_int = 1> () y = Range(a, b, c) }",
    ],
)
def test_arrays_beyond_all_bounds_are_not_made(body):
    model = from_onnx(onnx.parser.parse_model(HEAD + body))
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match="too large"):
            model(np.ones(3))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_damaged_files_load_or_fail_with_a_reason():
    """Bytes changed, put in, taken out: of a plain file, and of one with a function to expand."""
    plain = add_model(raw_data=bytes(12)).SerializeToString()
    text = HEAD + "{ a = HannWindow(n) b = Add(a, x) y = ReduceSum <keepdims = 0> (b) }"
    calling = onnx.parser.parse_model(text)
    calling.graph.initializer.append(onnx.numpy_helper.from_array(np.int64(3), "n"))
    loaded = 0
    for seed in range(600):
        content = bytearray((plain, calling.SerializeToString())[seed % 2])
        rng = np.random.default_rng(seed)
        place, new = rng.integers(len(content)), bytes(rng.integers(0, 256, 3, np.uint8))
        content[place : place + rng.integers(4)] = new[: rng.integers(4)]
        try:
            from_onnx(bytes(content))
            loaded += 1
        except ModelFileError as error:
            assert len(str(error)) > 10
    assert 0 < loaded < 600
