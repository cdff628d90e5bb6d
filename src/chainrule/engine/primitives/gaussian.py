"""Functions of the normal distribution: the error function, its inverse, its scaled complement."""

from __future__ import annotations

import math

from . import special
from .elementwise import exp
from .families import elementwise

erf = elementwise(
    "erf",
    numpy=special.erf,
    derivative=lambda y, x: 2 / math.sqrt(math.pi) * exp(-x * x),
    dtypes="float",
    latex=r"\mathrm{{erf}}\,{}",
    llvm=lambda emit, x: emit.erf(x),
)
erfinv = elementwise(
    "erfinv",
    finite=False,
    numpy=special.erfinv,
    derivative=lambda y, x: math.sqrt(math.pi) / 2 * exp(y * y),
    dtypes="float",
    latex=r"\mathrm{{erf}}^{{-1}} {}",
    domain=(-0.9, 0.9),
    llvm=lambda emit, x: emit.erfinv(x),
)
erfcx = elementwise(
    "erfcx",
    finite=False,
    numpy=special.erfcx,
    derivative=lambda y, x: 2 * x * y - 2 / math.sqrt(math.pi),
    dtypes="float",
    latex=r"\mathrm{{erfcx}}\,{}",
    llvm=lambda emit, x: emit.erfcx(x),
)
