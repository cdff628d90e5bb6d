"""Arithmetic of each element alone: sums, products, quotients, remainders.

Derivatives as in ``elementwise.py``, whose rows these are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .families import elementwise
from .logic import floor, sign, trunc

add = elementwise(
    "add",
    numpy=np.add,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: 1),
    latex=r"{} + {}",
    llvm=lambda emit, a, b: emit.add(a, b),
)
subtract = elementwise(
    "subtract",
    numpy=np.subtract,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -1),
    latex=r"{} - {}",
    llvm=lambda emit, a, b: emit.subtract(a, b),
)
multiply = elementwise(
    "multiply",
    numpy=np.multiply,
    derivatives=(lambda y, a, b: b, lambda y, a, b: a),
    latex=r"{} \cdot {}",
    llvm=lambda emit, a, b: emit.multiply(a, b),
)
divide = elementwise(
    "divide",
    finite=False,
    numpy=np.divide,
    derivatives=(lambda y, a, b: 1 / b, lambda y, a, b: -y / b),
    dtypes="divide",
    latex=r"\frac{{{}}}{{{}}}",
    domain=(0.5, 2.0),
    llvm=lambda emit, a, b: a / b,
)
floor_divide = elementwise(
    "floor_divide",
    finite=False,
    dtypes="number",
    numpy=np.floor_divide,
    arity=2,
    domain=(0.5, 2.0),
    llvm=lambda emit, a, b: emit.floor_divide(a, b),
)
remainder = elementwise(
    "remainder",
    finite=False,
    dtypes="number",
    numpy=np.remainder,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -floor(a / b)),
    latex=r"{} \bmod {}",
    domain=(1.1, 1.9),
    llvm=lambda emit, a, b: emit.remainder(a, b),
)
fmod = elementwise(
    "fmod",
    finite=False,
    dtypes="number",
    numpy=np.fmod,
    derivatives=(lambda y, a, b: 1, lambda y, a, b: -trunc(a / b)),
    domain=(1.1, 1.9),
    llvm=lambda emit, a, b: emit.fmod(a, b),
)
negative = elementwise(
    "negative",
    numpy=np.negative,
    derivative=lambda y, x: -1,
    latex=r"-{}",
    llvm=lambda emit, x: emit.negative(x),
)
abs = elementwise(
    "abs",
    numpy=np.abs,
    derivative=lambda y, x: sign(x),
    latex=r"|{}|",
    llvm=lambda emit, x: emit.abs(x),
)
square = elementwise(
    "square",
    dtypes="number",
    numpy=np.square,
    derivative=lambda y, x: 2 * x,
    latex=r"{}^2",
    llvm=lambda emit, x: x * x,
)
reciprocal = elementwise(
    "reciprocal",
    finite=False,
    dtypes="number",
    numpy=np.reciprocal,
    derivative=lambda y, x: -y * y,
    latex=r"1/{}",
    domain=(0.5, 2.0),
    llvm=lambda emit, x: emit.reciprocal(x),
)


def _chain_product(cotangent: Any, factor: Any) -> Any:
    product = np.multiply(cotangent, factor)
    if np.isnan(product).any():
        nothing = np.equal(cotangent, 0) | np.equal(factor, 0)
        product = np.where(nothing, np.zeros_like(product), product)[()]
    return product


# The product of the chain rule, where 0 times anything is 0. A cotangent of 0 means "the loss does
# not depend on this", whatever the local derivative: where(x > 0, log(x), 0) has derivative 0 at
# x = 0. Both sides alike, because forward mode meets the same factors in the other order.
chain_product = elementwise(
    "chain_product",
    numpy=_chain_product,
    derivatives=(lambda y, c, d: d, lambda y, c, d: c),
    latex=r"{} \cdot {}",
    llvm=lambda emit, a, b: emit.chain_product(a, b),
)
