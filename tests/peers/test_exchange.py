"""Arrays to and from PyTorch and JAX by DLPack: without a copy where memory allows it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

import jax.numpy as jnp

PARAMETER = nn.Parameter(np.arange(6, dtype=np.float32).reshape(2, 3))
VALUES = {
    "parameter": lambda: PARAMETER,
    "result": lambda: PARAMETER * 2.0,
    "transposed": lambda: (PARAMETER * 2.0).T,
    "repeated, read-only": lambda: cr.numpy.broadcast_to(PARAMETER, (4, 2, 3)),
    "number": lambda: (PARAMETER * 2.0).sum(),
    "truth": lambda: PARAMETER > 2.0,
    "array": lambda: cr.numpy.asarray([1, 2]),
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("reader", [torch.from_dlpack, jnp.from_dlpack, np.from_dlpack])
def test_values_go_out(name, reader):
    value = VALUES[name]()
    found = np.asarray(reader(value))
    wanted = value.numpy() if isinstance(value, cr.Tensor) else np.asarray(value)
    np.testing.assert_array_equal(found, wanted)


def test_pytorch_shares_a_parameters_memory():
    found = torch.from_dlpack(PARAMETER)
    assert found.data_ptr() == PARAMETER.data.ctypes.data


def test_jax_shares_aligned_memory():
    raw = np.zeros(64 + 256, np.uint8)
    start = -raw.ctypes.data % 64
    aligned = raw[start : start + 256].view(np.float32)
    assert jnp.from_dlpack(aligned).unsafe_buffer_pointer() == aligned.ctypes.data


@pytest.mark.parametrize("theirs", [torch.arange(6.0).reshape(2, 3), jnp.arange(6.0).reshape(2, 3)])
def test_values_come_in(theirs):
    pointer = getattr(theirs, "data_ptr", None) or theirs.unsafe_buffer_pointer
    array = np.from_dlpack(theirs)
    assert array.ctypes.data == pointer()
    slope = cr.grad(lambda x: np.sum(x * x))(array)
    np.testing.assert_array_equal(slope, 2 * array)
    layer = nn.Linear(3, 1)
    np.testing.assert_array_equal(layer(theirs).numpy(), layer(array).numpy())


def test_pytorchs_tensor_becomes_a_parameters_value():
    theirs = torch.ones(2, 3)
    parameter = nn.Parameter(np.zeros((2, 3), np.float32))
    parameter.data = theirs
    assert type(parameter.data) is np.ndarray
    assert parameter.data.ctypes.data == theirs.data_ptr()


def test_what_is_traced_has_no_value_to_give():
    with pytest.raises(cr.engine.errors.ConcreteValueError, match="__dlpack__"):
        cr.jit(lambda x: torch.from_dlpack(x))(np.ones(3))


def test_no_copy_where_none_is_allowed():
    value = cr.numpy.broadcast_to(PARAMETER, (4, 2, 3))
    with pytest.raises(BufferError, match="readonly"):
        value.__dlpack__(copy=False)
