"""Windows that slide over the axes of an image: what convolution and pooling see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .... import numpy as cnp
from .common import bounded

Ends = list[tuple[int, int]]


def windows(x: Any, kernel: Sequence[int], strides: Any = None, dilations: Any = None) -> Any:
    """(N, C, *lengths) to (N, C, *places, *kernel): a window at each place.

    Along one axis after the other: the k-th slice holds the k-th element of every window.

    >>> windows(np.arange(4).reshape(1, 1, 4), (2,))[0, 0]
    array([[0, 1],
           [1, 2],
           [2, 3]])
    """
    width = len(kernel)
    for i, size in enumerate(kernel):
        step, gap = (v[i] if v else 1 for v in (strides, dilations))
        count = 1 + (x.shape[2 + i] - (size - 1) * gap - 1) // step
        before = (slice(None),) * (2 + i)
        cuts = [slice(k * gap, k * gap + (count - 1) * step + 1, step) for k in range(size)]
        x = cnp.stack([x[(*before, cut)] for cut in cuts], -1)
    assert x.ndim == 2 + 2 * width
    return x


def ends_of(
    lengths: Sequence[int],
    kernel: Sequence[int],
    auto_pad: str = "NOTSET",
    pads: Any = None,
    strides: Any = None,
    dilations: Any = None,
    ceil_mode: int = 0,
) -> Ends:
    """How much to pad before and after each axis.

    ``ceil_mode`` adds what a last, incomplete window needs, if it starts inside.
    """
    width = len(lengths)
    given = list(pads or [0] * 2 * width)
    ends = []
    for i, length in enumerate(lengths):
        step, gap = (v[i] if v else 1 for v in (strides, dilations))
        reach = (kernel[i] - 1) * gap + 1
        if auto_pad.startswith("SAME"):
            more = max(0, (-(-length // step) - 1) * step + reach - length)
            parts = (more // 2, more - more // 2)
            ends.append(parts if auto_pad == "SAME_UPPER" else parts[::-1])
            continue
        low, high = (0, 0) if auto_pad == "VALID" else (given[i], given[width + i])
        rest = (length + low + high - reach) % step
        last = length + low + high - reach - rest + step  # where the incomplete window starts
        if ceil_mode and rest and last < length + low:
            high += step - rest
        ends.append((low, high))
    return ends


def padded(x: Any, ends: Ends, value: Any) -> Any:
    """(N, C, *lengths) padded by a value at both ends of the image's axes."""
    widths = [(0, 0), (0, 0), *ends]
    kept = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape, strict=True)]
    added = [(max(a, 0), max(b, 0)) for a, b in widths]
    bounded([n + a + b for (a, b), n in zip(added, x.shape, strict=True)])
    x = x if all(a >= 0 <= b for a, b in widths) else x[tuple(kept)]
    fill = np.asarray(value, x.dtype)
    return cnp.pad(x, added, constant_values=fill) if np.any(added) else x
