"""What the user's function holds while it is traced: a node with NumPy's operators."""

from __future__ import annotations

import functools
import operator
from typing import Any, NoReturn

import numpy as np

from .errors import ConcreteValueError, DtypeError
from .graph import Node
from .protocols import call_function, call_ufunc, namespace
from .types import TensorType, type_of

_METHODS = frozenset(
    ["all", "any", "argmax", "argmin", "argsort", "astype", "clip", "conj", "cumprod", "cumsum",
     "diagonal", "dot", "max", "mean", "min", "nonzero", "prod", "ptp", "ravel", "repeat", "round",
     "sort", "squeeze", "std", "sum", "swapaxes", "take", "trace", "var"]
)  # fmt: skip


class Tensor(Node):
    """An array in a graph: it has a shape and a dtype, and a value where that is known.

    Operators, NumPy functions and ``chainrule.numpy`` work on it and give new tensors. It cannot be
    changed in place.
    """

    __slots__ = ()
    type: TensorType
    __array_priority__ = 1000
    __pandas_priority__ = 5000  # ``series * tensor`` is left to the tensor

    # -- what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self.type.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type, a NumPy dtype."""
        return self.type.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.type.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.type.size

    @property
    def device(self) -> str:
        """Always ``"cpu"``."""
        return "cpu"

    @property
    def T(self) -> Any:
        """The transpose: axes in reverse order."""
        return views.transpose(self)

    @property
    def mT(self) -> Any:
        """The last two axes swapped."""
        return views.swapaxes(self, -1, -2)

    @property
    def at(self) -> indexing.At:
        """``x.at[index].set(value)``: a changed copy (also add, multiply, min, max)."""
        return indexing.At(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a scalar tensor")
        return self.shape[0]

    def __repr__(self) -> str:
        value = trace.resolve(self)
        if isinstance(value, Tensor):
            return f"Tensor({self.type})"
        return f"Tensor({self.type}, {np.array2string(np.asarray(value), separator=', ')})"

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        return format(trace.concrete(self, "formatting").item(), spec)

    # -- PyTorch's verbs

    def backward(self) -> None:
        """Add the derivatives of this scalar to ``.grad`` of every Parameter it was made from."""
        tape.backward(self)

    def numpy(self) -> Any:
        """Its value as a NumPy array; derivatives do not flow through it."""
        return trace.concrete(self, "numpy()")

    def detach(self) -> Any:
        """Its value, without its history: derivatives do not flow through it."""
        return trace.resolve(self)

    def item(self) -> Any:
        """Its value as a Python number; it must have one element."""
        return trace.concrete(self, "item()").item()

    def tolist(self) -> Any:
        """Its value as nested Python lists."""
        return trace.concrete(self, "tolist()").tolist()

    # -- NumPy's methods

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; one length may be -1."""
        return views.reshape(self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; reversed when none is given."""
        return views.transpose(self, axes[0] if len(axes) == 1 else axes or None)

    def flatten(self) -> Any:
        """All elements along one axis."""
        return views.reshape(self, (-1,))

    def copy(self) -> Tensor:
        """Itself: a tensor does not change."""
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a Tensor is part of a graph: copy, pickle or plot its value, x.numpy()")

    def to_device(self, device: str, /, *, stream: Any = None) -> Tensor:
        """Itself, for device ``"cpu"``."""
        if device != "cpu" or stream is not None:
            raise ValueError(
                f"there is one device, 'cpu', and no stream; got {device!r}, {stream!r}"
            )
        return self

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS:
            return functools.partial(getattr(namespace(), name), self)
        raise AttributeError(
            f"a Tensor has no attribute {name!r}; its type is {self.type}. It has NumPy's: "
            "reshape, astype, sum(axis=, keepdims=), x[:, None]; functions take it: np.exp(x)"
        )

    def __getitem__(self, index: Any) -> Any:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError(
            "a Tensor cannot be changed in place, because nodes of the graph may still need its "
            "present value. Write `x = x.at[index].set(value)` instead of `x[index] = value`."
        )

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a scalar tensor")
        return iter([self[i] for i in range(self.shape[0])])

    # -- values that Python asks for

    def __bool__(self) -> bool:
        return bool(trace.concrete(self, "a condition (`if`, `while`, `and`, bool())"))

    def __float__(self) -> float:
        if trace.is_stored_by_numpy(self):
            self.__array__()
        return float(trace.concrete(self, "float()"))

    def __int__(self) -> int:
        return int(trace.concrete(self, "int()"))

    def __complex__(self) -> complex:
        return complex(trace.concrete(self, "complex()"))

    def __index__(self) -> int:
        return operator.index(trace.concrete(self, "use as an index or a count"))

    def __contains__(self, item: Any) -> bool:
        return item in trace.concrete(self, "`in`")

    # -- NumPy's protocols

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return namespace()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call_function(func, args, kwargs)

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: Any = None,
        dl_device: Any = None,
        copy: Any = None,
    ) -> Any:
        array = np.asarray(trace.concrete(self, "__dlpack__"))
        if max_version is None and copy is not False and not array.flags.writeable:
            array = array.copy()  # readers of the first format cannot be told not to write
        return array.__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> Any:
        return np.zeros(()).__dlpack_device__()

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConcreteValueError(
            f"NumPy asked for the value of {self.type}, made at {self.line or 'an input'}; "
            "handing it over would silently cut the derivative. Stay with tensors (np.stack([...]) "
            "instead of filling an array element by element), or take the value on purpose: "
            "x.item(), x.numpy(). To index an array by a tensor: chainrule.numpy.asarray(array)[i]."
        )

    # -- operators

    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Any:
        return elementwise.add(self, other)

    def __radd__(self, other: Any) -> Any:
        return elementwise.add(other, self)

    def __sub__(self, other: Any) -> Any:
        return elementwise.subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return elementwise.subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return elementwise.multiply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return elementwise.multiply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return elementwise.divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return elementwise.divide(other, self)

    def __floordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return elementwise.floor_divide(other, self)

    def __mod__(self, other: Any) -> Any:
        return elementwise.remainder(self, other)

    def __rmod__(self, other: Any) -> Any:
        return elementwise.remainder(other, self)

    def __pow__(self, other: Any) -> Any:
        return elementwise.power(self, other)

    def __rpow__(self, other: Any) -> Any:
        return elementwise.power(other, self)

    def __matmul__(self, other: Any) -> Any:
        return contraction.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return contraction.matmul(other, self)

    def __neg__(self) -> Any:
        return elementwise.negative(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return elementwise.abs(self)

    def __invert__(self) -> Any:
        return logic.invert(self)

    def __and__(self, other: Any) -> Any:
        return logic.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return logic.bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return logic.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return logic.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Any:
        return logic.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return logic.bitwise_xor(other, self)

    def __lshift__(self, other: Any) -> Any:
        return logic.left_shift(self, other)

    def __rlshift__(self, other: Any) -> Any:
        return logic.left_shift(other, self)

    def __rshift__(self, other: Any) -> Any:
        return logic.right_shift(self, other)

    def __rrshift__(self, other: Any) -> Any:
        return logic.right_shift(other, self)

    def __lt__(self, other: Any) -> Any:
        return logic.less(self, other)

    def __le__(self, other: Any) -> Any:
        return logic.less_equal(self, other)

    def __gt__(self, other: Any) -> Any:
        return logic.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return logic.greater_equal(self, other)

    def __eq__(self, other: Any) -> Any:
        return logic.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return logic.not_equal(self, other)


class Parameter(Tensor):
    """A leaf with a value of its own that training changes, and a ``grad`` that ``backward`` fills.

    ``data`` is replaced, never changed in place: what was computed from the old value stays true.

    >>> import chainrule as cr
    >>> w = cr.tensor([1.0, 2.0])
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4.])
    """

    __slots__ = ("_data", "_snapshot", "grad", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        array = np.array(data)
        if requires_grad and array.dtype.kind != "f":
            raise DtypeError(
                f"a tensor of dtype {array.dtype} has no gradient: give floating-point data "
                "(2.0 instead of 2), or requires_grad=False"
            )
        super().__init__(None, (), {}, type_of(array))
        self.grad: Any = None
        self.requires_grad = requires_grad
        self.data = array

    @property
    def data(self) -> Any:
        """The value, a NumPy array."""
        return self._data

    @data.setter
    def data(self, value: Any) -> None:
        self._data: Any = np.asarray(value)
        self.type = type_of(self._data)
        self._snapshot: Tensor | None = None

    def snapshot(self) -> Tensor:
        """A constant node with the present value, which remembers this parameter as its source."""
        if self._snapshot is None:
            self._snapshot = trace.constant(self._data)
            self._snapshot.source = self
        return self._snapshot

    def __repr__(self) -> str:
        return f"Parameter({self.type}, {np.array2string(self._data, separator=', ')})"

    def __reduce__(self) -> Any:
        return Parameter, (self._data, self.requires_grad)


# ``x += y`` gives the name a new tensor.
IN_PLACE = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"]
IN_PLACE += ["and", "or", "xor", "lshift", "rshift"]
for _name in IN_PLACE:
    setattr(Tensor, f"__i{_name}__", getattr(Tensor, f"__{_name}__"))


# The operators above are functions over tensors, so their modules come after the class.
from . import tape, trace  # noqa: E402
from .primitives import contraction, elementwise, indexing, logic, views  # noqa: E402
