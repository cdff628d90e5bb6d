"""NumPy's functions, by NumPy's names, for arrays and tensors alike.

Also the main namespace of the Python array API standard, without complex numbers.
"""
# ruff: noqa: F401, F403 - names are imported here to be offered; each module lists its own.

from numpy import (
    array2string,
    array_equiv,
    array_repr,
    array_str,
    bincount,
    c_,
    diag_indices,
    double,
    errstate,
    euler_gamma,
    floating,
    fromfunction,
    generic,
    geomspace,
    histogram,
    index_exp,
    indices,
    inexact,
    int_,
    integer,
    iscomplexobj,
    isrealobj,
    isscalar,
    ix_,
    load,
    mgrid,
    ndarray,
    ndenumerate,
    ndindex,
    number,
    ogrid,
    printoptions,
    r_,
    ravel_multi_index,
    s_,
    save,
    savez,
    set_printoptions,
    signedinteger,
    single,
    tril_indices,
    tril_indices_from,
    triu_indices,
    triu_indices_from,
    uint,
    unravel_index,
    unsignedinteger,
)
from numpy import dtype as dtype

from . import linalg
from .creation import *
from .dtypes import *
from .dtypes import __array_namespace_info__
from .elementwise import *
from .joining import *
from .manipulation import *
from .nans import *
from .products import *
from .searching import *
from .statistics import *

__array_api_version__ = "2024.12"
