"""Sequences are Python lists, and an optional value that is absent is None.

One result that is a list comes in a tuple, for a list means several results.
"""

from __future__ import annotations

import numpy as np

from .... import numpy as cnp
from .common import by_name, integers


def ConcatFromSequence(sequence, *, axis, new_axis=0):
    """Its arrays joined along an axis, or along a new one."""
    return cnp.stack(sequence, axis) if new_axis else cnp.concatenate(sequence, axis)


def Optional(x=None, *, type=None):
    """x, or nothing."""
    return (x,)


def OptionalGetElement(x):
    """What is there."""
    if x is None:
        raise ValueError("OptionalGetElement: there is nothing")
    return (x,)


def OptionalHasElement(x=None):
    """Whether something is there."""
    return np.array(x is not None)


def SequenceAt(sequence, position):
    """One of its arrays."""
    return sequence[_place(position)]


def SequenceConstruct(*arrays):
    """These arrays."""
    return (list(arrays),)


def SequenceEmpty(*, dtype=1):
    """No arrays."""
    return ([],)


def SequenceErase(sequence, position=-1):
    """Without one, the last if none is named."""
    place = _place(position) % len(sequence)
    return ([*sequence[:place], *sequence[place + 1 :]],)


def SequenceInsert(sequence, x, position=None):
    """With one more, before a place or at the end."""
    place = len(sequence) if position is None else _place(position)
    return ([*sequence[:place], x, *sequence[place:]],)


def SequenceLength(sequence):
    """How many there are."""
    return np.array(len(sequence), np.int64)


def SplitToSequence(x, split=None, *, axis=0, keepdims=1):
    """Parts along an axis: of these lengths, of one length, or of length 1."""
    length = cnp.shape(x)[axis]
    if split is None:
        parts = cnp.split(x, length, axis)
        return (parts if keepdims else [cnp.squeeze(part, axis) for part in parts],)
    if cnp.ndim(split):
        cuts = np.cumsum(integers(split, "SplitToSequence"))[:-1]
    else:
        cuts = np.arange(length)[:: _place(split)][1:]
    return (cnp.array_split(x, cuts, axis),)


def _place(position):
    (place,) = integers(position, "a place in a sequence")
    return place


OPERATORS = by_name(
    ConcatFromSequence,
    Optional,
    OptionalGetElement,
    OptionalHasElement,
    SequenceAt,
    SequenceConstruct,
    SequenceEmpty,
    SequenceErase,
    SequenceInsert,
    SequenceLength,
    SplitToSequence,
)
