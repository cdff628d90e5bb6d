"""Primitives that ONNX has no operator for, as functions of those that it has.

Each formula is a function of tensors: traced, it puts its nodes in the primitive's place, named
after it (``v5.1``, ``v5.2``, ...). ``DOUBLE`` has formulas for what onnxruntime computes in float32
but not in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...engine.primitives import logic as lg
from ...engine.primitives.random import PARITY, ROTATIONS
from ...engine.primitives.scan import scan
from ...engine.primitives.special import CENTRAL, CODY, NEAR, TAIL
from ...engine.primitives.views import broadcast_to, concatenate, expand_dims, moveaxis, reshape
from ...engine.tensor import Tensor
from .gamma import digamma, lgamma, polygamma, polynomial

Formula = Callable[..., Any]


# -- exponentials and roots --------------------------------------------------------------------


def expm1(x: Any) -> Any:
    """(u - 1) x / ln u for u = e^x, in which the roundings of u cancel (Kahan)."""
    u = np.exp(x)
    near = np.where((u == 1) | (u == 0) | np.isinf(u), 2.0, u)
    exact = (near - 1) * x / np.log(near)
    return np.where(u == 1, x, np.where((u == 0) | np.isinf(u), u - 1, exact))


def log1p(x: Any) -> Any:
    """x ln u / (u - 1) for u = 1 + x, in which the rounding of u cancels (Kahan)."""
    u = 1 + x
    plain = (u == 1) | np.isinf(u)
    exact = np.log(u) * (x / np.where(plain, 1.0, u - 1))
    return np.where(u == 1, x, np.where(np.isinf(u), np.log(u), exact))


def cbrt(x: Any) -> Any:
    """A power, and a step of Newton's method."""
    size = np.abs(x)
    y = size ** (1 / 3)
    y = y - (y * y * y - size) / np.where(y == 0, 1.0, 3 * y * y)
    return lg.copysign(np.where(np.isinf(size), size, y), x)


def logaddexp(a: Any, b: Any) -> Any:
    """max(a, b) + ln(1 + e^-|a - b|)."""
    apart = np.where(a == b, 0.0, np.abs(a - b))
    return np.maximum(a, b) + np.log1p(np.exp(-apart))


def hypot(a: Any, b: Any) -> Any:
    """The larger times √(1 + the ratio's square), which does not overflow."""
    a, b = np.abs(a), np.abs(b)
    large, small = np.maximum(a, b), np.minimum(a, b)
    ratio = small / np.where(large == 0, 1.0, large)
    return np.where(np.isinf(large), large, large * np.sqrt(1 + ratio * ratio))


def softplus(x: Any) -> Any:
    """ln(1 + e^x)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# -- angles ------------------------------------------------------------------------------------


def arctan2(y: Any, x: Any) -> Any:
    """The angle of the point (x, y), by quadrants."""
    origin = (x == 0) & (y == 0)
    angle = np.arctan(np.where(origin, y, y / np.where(origin, 1.0, x)))
    return angle + np.where(np.signbit(x), np.copysign(math.pi, y), 0.0)


def _arctan(x: Any) -> Any:
    """The ratio of polynomials of the Cephes library (Moshier), after folding into [0, 0.66]."""
    size = np.abs(x)
    far, middle = size > math.tan(3 * math.pi / 8), size > 0.66
    safe = np.where(size == 0, 1.0, size)
    t = np.where(far, -1 / safe, np.where(middle, (size - 1) / (size + 1), size))
    offset = np.where(far, math.pi / 2, np.where(middle, math.pi / 4, 0.0))
    # The parts of π/2 and π/4 that float64 cannot hold.
    rest = np.where(far, 6.123233995736765886130e-17, np.where(middle, 3.061616997868383e-17, 0.0))
    s = t * t
    ratio = s * polynomial(_ARCTAN_TOP, s) / polynomial(_ARCTAN_BOTTOM, s)
    return np.copysign(offset + (t * ratio + t + rest), x)


_ARCTAN_TOP = (
    -8.750608600031904122785e-1,
    -1.615753718733365076637e1,
    -7.500855792314704667340e1,
    -1.228866684490136173410e2,
    -6.485021904942025371773e1,
)
_ARCTAN_BOTTOM = (
    1.0,
    2.485846490142306297962e1,
    1.650270098316988542046e2,
    4.328810604912902668951e2,
    4.853903996359136964868e2,
    1.945506571482613964425e2,
)


def _sinh(x: Any) -> Any:
    grown = np.expm1(np.abs(x))
    return np.copysign((grown + grown / (grown + 1)) / 2, x)


def _arcsinh(x: Any) -> Any:
    size = np.abs(x)
    root = np.sqrt(size * size + 1)
    return np.copysign(np.log1p(size + size * size / (1 + root)), x)


# -- the error function ------------------------------------------------------------------------


def _ratio(part: str, x: Any) -> Any:
    top, bottom = CODY[part]
    return polynomial(top, x) / polynomial(bottom, x)


def erf(x: Any) -> Any:
    """Cody's approximations (1969), as in ``engine.primitives.special``."""
    size = np.minimum(np.abs(x), 6.0)
    far = 1 - np.exp(-size * size) * _ratio("MIDDLE", size)
    near = np.clip(x, -1, 1)
    return np.where(size <= NEAR, near * _ratio("NEAR", near * near), np.copysign(far, x))


def _tail(x: Any) -> Any:
    """e^x² (1 - erf x) for x ≥ 0."""
    inner = np.minimum(x, 1.0)
    near = np.exp(inner * inner) * (1 - inner * _ratio("NEAR", inner * inner))
    outer = np.maximum(x, 4.0)
    s = 1 / (outer * outer)
    far = (1 / math.sqrt(math.pi) - s * _ratio("FAR", s)) / outer
    beyond = np.where(x <= 4, _ratio("MIDDLE", np.minimum(x, 4.0)), far)
    return np.where(x <= NEAR, near, beyond)


def erfcx(x: Any) -> Any:
    """e^x² (1 - erf x), in float64."""
    wide = lg.astype(x, np.float64)
    positive = _tail(np.abs(wide))
    found = np.where(wide < 0, 2 * np.exp(wide * wide) - positive, positive)
    return lg.astype(found, x.dtype)


def erfinv(y: Any) -> Any:
    """Giles (2010), and Halley's steps in float64."""
    wide = lg.astype(y, np.float64)
    target = np.where(np.abs(wide) < 1, wide, 0.0)
    w = -np.log((1 - target) * (1 + target))
    central = polynomial(CENTRAL, np.minimum(w, 5.0) - 2.5)
    tail = polynomial(TAIL, np.sqrt(np.maximum(w, 5.0)) - 3)
    found = target * np.where(w < 5, central, tail)
    rest = 1 - np.abs(target)
    rough = np.sqrt(-np.log(rest * np.sqrt(math.pi * np.maximum(w, 16.0))))
    x = np.where(w < 16, found, np.copysign(rough, target))
    for _ in range(2 if y.dtype == np.float64 else 0):
        x = _halley(x, target)
    outside = np.where(np.abs(wide) == 1, np.copysign(np.inf, wide), np.nan)
    return lg.astype(np.where(np.abs(wide) < 1, x, outside), y.dtype)


def _halley(x: Any, y: Any) -> Any:
    decay = np.exp(-x * x)
    tail = (1 - np.abs(y)) - decay * _tail(np.abs(x))
    error = np.where(np.abs(y) < 0.5, erf(x) - y, np.copysign(1.0, y) * tail)
    newton = error / (2 / math.sqrt(math.pi) * decay)
    return x - newton / (1 + x * newton)


# -- running products --------------------------------------------------------------------------


def cumprod(x: Any, axis: int) -> Any:
    """A scan: ONNX has a running sum, but no running product before opset 26."""
    lines = moveaxis(x, axis, 0)
    start = np.ones((), x.dtype) * lg.ones_like(lines[0]) if lines.shape[0] else None
    if start is None:
        return x
    _, products = scan(lambda total, here: (total * here, total * here), start, lines)
    return moveaxis(products, 0, axis)


# -- random bits -------------------------------------------------------------------------------


def threefry(k0: Any, k1: Any, x0: Any, x1: Any) -> tuple[Any, Any]:
    """``random.threefry2x32``: five groups of four rounds, as a scan over the groups."""
    keys = (k0, k1, k0 ^ k1 ^ np.uint32(PARITY))
    turns = np.array([ROTATIONS[group % 2] for group in range(5)], np.uint32)
    first = _stacked([keys[(group + 1) % 3] for group in range(5)])
    second = _stacked([keys[(group + 2) % 3] + np.uint32(group + 1) for group in range(5)])

    def group(words: Any, here: Any) -> Any:
        x0, x1 = words
        rotations, key0, key1 = here
        for number in range(4):
            turn = rotations[number]
            x0 = x0 + x1
            x1 = (x1 << turn | x1 >> (np.uint32(32) - turn)) ^ x0
        return (x0 + key0, x1 + key1), None

    shape = np.broadcast_shapes(k0.shape, x0.shape)
    start = tuple([broadcast_to(word, shape) for word in (x0 + k0, x1 + k1)])
    return scan(group, start, (turns, first, second))[0]  # type: ignore[no-any-return]


def _stacked(keys: list[Any]) -> Any:
    return concatenate([expand_dims(key, 0) for key in keys], 0)


def random_bits(key: Any, shape: tuple[int, ...], width: int) -> Any:
    """Of element i the words of counter i, as ``engine.primitives.random`` has it."""
    lead = key.shape[:-1]
    count = math.prod(shape)
    low = np.arange(count).astype(np.uint32)
    high = (np.arange(count) >> 32).astype(np.uint32)
    words = threefry(key[..., :1], key[..., 1:], high, low)
    if width == 64:
        wide = [lg.astype(word, np.uint64) for word in words]
        found = wide[0] << np.uint64(32) | wide[1]
    else:
        found = lg.astype(words[0] ^ words[1], f"uint{width}")
    return reshape(found, (*lead, *shape))


def derive_keys(key: Any, number: Any) -> Any:
    """Both words of each counter are a new key."""
    extra = number.ndim - (key.ndim - 1)
    key = reshape(key, (*key.shape[:-1], *(1,) * extra, 2))
    found = threefry(key[..., 0], key[..., 1], lg.zeros_like(number), number)
    return concatenate([expand_dims(word, -1) for word in found], -1)


def bits_as_number(x: Any, dtype: Any) -> Any:
    """The number that these bits are: (-1)^sign · 2^(exponent - bias) · (1 + mantissa)."""
    info = np.finfo(dtype)
    digits, bias = info.nmant, 2 ** (info.nexp - 1) - 1
    kind = x.dtype.type
    mantissa = lg.astype(x & kind(2**digits - 1), np.float64) / 2.0**digits
    exponent = lg.astype(x >> kind(digits) & kind(2**info.nexp - 1), np.float64)
    sign = 1 - 2 * lg.astype(x >> kind(info.bits - 1), np.float64)
    is_small = exponent == 0
    power = np.exp2(np.maximum(exponent, 1.0) - bias)
    size = power * (mantissa + np.where(is_small, 0.0, 1.0))
    last = exponent == 2**info.nexp - 1
    beyond = np.where(mantissa == 0, np.inf, np.nan)
    return lg.astype(sign * np.where(last, beyond, size), dtype)


def _bitcast(x: Any, dtype: Any) -> Any:
    if x.dtype.kind == "u" and np.dtype(dtype).kind == "f":
        return bits_as_number(x, dtype)
    return None


FORMULAS: dict[str, Formula] = {
    "expm1": expm1,
    "log1p": log1p,
    "cbrt": cbrt,
    "logaddexp": logaddexp,
    "hypot": hypot,
    "arctan2": arctan2,
    "erfcx": erfcx,
    "erfinv": erfinv,
    "lgamma": lgamma,
    "digamma": digamma,
    "polygamma": polygamma,
    "cumprod": cumprod,
    "random_bits": random_bits,
    "derive_keys": derive_keys,
    "bitcast": _bitcast,
}
DOUBLE: dict[str, Formula] = {
    "softplus": softplus,
    "erf": erf,
    "tan": lambda x: np.sin(x) / np.cos(x),
    "arctan": _arctan,
    "arcsin": lambda x: np.arctan2(x, np.sqrt((1 - x) * (1 + x))),
    "arccos": lambda x: np.arctan2(np.sqrt((1 - x) * (1 + x)), x),
    "sinh": _sinh,
    "cosh": lambda x: (np.exp(x) + np.exp(-x)) / 2,
    "arcsinh": _arcsinh,
    "arccosh": lambda x: np.log(x + np.sqrt(x - 1) * np.sqrt(x + 1)),
    "arctanh": lambda x: np.log1p(2 * x / (1 - x)) / 2,
}


def formula_of(node: Tensor, own: Mapping[str, Formula]) -> Formula | None:
    """The formula of a node, if it is written as one; ``own`` are the user's."""
    name = node.primitive.name if node.primitive is not None else ""
    if name in DOUBLE and node.dtype == np.float64:
        return DOUBLE[name]
    return own.get(name) or FORMULAS.get(name)
