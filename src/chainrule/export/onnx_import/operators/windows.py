"""Windows that slide over the axes of an image: what convolution and pooling see."""

from __future__ import annotations

from dataclasses import dataclass

from ....numpy import stack
from .shapes import pad


@dataclass(frozen=True)
class Grid:
    """Where the windows lie along each axis of an image.

    ``kernel`` has their sizes, ``steps`` the distances of neighbours, ``gaps`` those of a window's
    elements, and ``ends`` what is put before and after the image.
    """

    kernel: list[int]
    steps: list[int]
    gaps: list[int]
    ends: list[tuple[int, int]]

    def windows(self, x, fill=0):
        """(N, C, *lengths) to (N, C, *places, *kernel): a window at each place.

        One axis after the other: the k-th slice holds the k-th element of every window.

        >>> import numpy as np
        >>> pairs = grid((4,), (2,))
        >>> pairs.windows(np.arange(4).reshape(1, 1, 4))[0, 0]
        array([[0, 1],
               [1, 2],
               [2, 3]])
        """
        x = pad(x, [(0, 0), (0, 0), *self.ends], fill)
        for i, size in enumerate(self.kernel):
            step, gap = self.steps[i], self.gaps[i]
            last = x.shape[2 + i] - (size - 1) * gap
            before = (slice(None),) * (2 + i)
            cuts = [slice(k * gap, k * gap + last, step) for k in range(size)]
            x = stack([x[(*before, cut)] for cut in cuts], -1)
        return x

    def elements(self, x, fill=0):
        """The same with one axis, the last, for all elements of a window."""
        seen = self.windows(x, fill)
        places = seen.shape[: -len(self.kernel)]
        return seen.reshape((*places, -1))


def grid(
    lengths,
    kernel,
    *,
    auto_pad="NOTSET",
    ceil_mode=0,
    dilations=None,
    pads=None,
    strides=None,
):
    """The grid of an operator with these attributes, on an image of these lengths."""
    width = len(kernel)
    steps, gaps = strides or [1] * width, dilations or [1] * width
    given = pads or [0] * (2 * width)
    ends = []
    for i, length in enumerate(lengths):
        low, high = given[i], given[width + i]
        reach = (kernel[i] - 1) * gaps[i] + 1
        if auto_pad == "VALID":
            low, high = 0, 0
        elif auto_pad != "NOTSET":
            low, high = same_ends(length, reach, steps[i], auto_pad)
        if ceil_mode:
            high += _to_complete(length, low, high, reach, steps[i])
        ends.append((low, high))
    return Grid(list(kernel), steps, gaps, ends)


def same_ends(length, reach, step, auto_pad):
    """Padding for ⌈length / step⌉ windows."""
    starts = -(-length // step)
    return halves(max(0, (starts - 1) * step + reach - length), auto_pad)


def halves(total, auto_pad):
    """A number in two parts, the larger one last for SAME_UPPER, else first."""
    small, large = total // 2, total - total // 2
    return (small, large) if auto_pad == "SAME_UPPER" else (large, small)


def _to_complete(length, low, high, reach, step):
    """What a last, incomplete window needs, if it starts within the image."""
    rest = (length + low + high - reach) % step
    start = length + low + high - reach - rest + step
    return step - rest if rest and start < length + low else 0


def as_column(values, x):
    """Values for the channels of x, with axes to meet it: (C, 1, 1, ...)."""
    return values.reshape((-1,) + (1,) * (x.ndim - 2))


def image_axes(x):
    """All axes but batch and channel."""
    return tuple(range(2, x.ndim))
