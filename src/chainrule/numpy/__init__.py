"""NumPy's functions, by NumPy's names, for arrays and tensors alike."""

from ..engine.primitives.contraction import dot, einsum, matmul, outer, tensordot
from ..engine.primitives.elementwise import *  # noqa: F403
from ..engine.primitives.logic import *  # noqa: F403
from ..engine.primitives.reductions import (
    all, any, argmax, argmin, cumprod, cumsum, max, mean, min, prod, sum,
)
from ..engine.primitives.views import concatenate, stack, array, reshape, transpose, broadcast_to
from ..engine.primitives.indexing import take, take_along_axis, sort, argsort, repeat
