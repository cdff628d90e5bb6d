"""NumPy's functions, by NumPy's names, for arrays and tensors alike.

Also the main namespace of the Python array API standard, without complex numbers.
"""
# ruff: noqa: F401, F403 - names are imported here to be offered; each module lists its own.

from numpy import (
    array2string,
    array_repr,
    array_str,
    bincount,
    diag_indices,
    errstate,
    geomspace,
    histogram,
    index_exp,
    indices,
    isscalar,
    ix_,
    mgrid,
    ndarray,
    ndenumerate,
    ndindex,
    ogrid,
    printoptions,
    r_,
    ravel_multi_index,
    s_,
    set_printoptions,
    tril_indices,
    triu_indices,
    unravel_index,
)
from numpy import dtype as dtype

from . import linalg
from .creation import *
from .dtypes import *
from .dtypes import __array_namespace_info__
from .elementwise import *
from .joining import *
from .manipulation import *
from .products import *
from .searching import *
from .statistics import *

__array_api_version__ = "2024.12"
