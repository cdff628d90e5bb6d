"""What many wrong results have in common: the likeliest mistake, in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np

from .cases import Case
from .texts import show, t

Pair = tuple[Any, Any, Case]  # what came out, what must come out, with which inputs


def values_match(got: Any, expected: Any, tolerance: float = 1e-6) -> bool:
    """Equal in structure and shape, and in value to a relative tolerance.

    >>> values_match((1.0, [2.0]), (1.0, [2.0])), values_match(1.0, [1.0])
    (True, False)
    """
    if isinstance(expected, dict):
        if not isinstance(got, dict) or set(got) != set(expected):
            return False
        return all(values_match(got[key], expected[key], tolerance) for key in expected)
    if isinstance(expected, tuple):
        if not isinstance(got, tuple | list) or len(got) != len(expected):
            return False
        return all(map(values_match, got, expected, [tolerance] * len(expected)))
    if got is None or np.shape(got) != np.shape(expected):
        return False
    got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
    return np.allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def explain(pairs: list[Pair]) -> str:
    """One sentence on what all pairs have in common, or nothing.

    >>> explain([(2.0, 1.0, {}), (6.0, 3.0, {})])
    'Everything is 2 times too large.'
    """
    if any(got is None for got, _, _ in pairs):
        return t("returns_nothing")
    if isinstance(pairs[0][1], tuple | dict):
        return _explain_parts(pairs)
    shapes = [(np.shape(got), np.shape(expected)) for got, expected, _ in pairs]
    unlike = next((each for each in shapes if each[0] != each[1]), None)
    if unlike is not None:
        if all(one == other[::-1] for one, other in shapes):
            return t("transposed", got=unlike[0], expected=unlike[1])
        return t("shapes", got=unlike[0], expected=unlike[1])
    got = [np.asarray(each, dtype=float) for each, _, _ in pairs]
    expected = [np.asarray(each, dtype=float) for _, each, _ in pairs]
    if not all(np.isfinite(each).all() for each in got):
        return t("nan")
    return _explain_numbers(got, expected, [case for _, _, case in pairs])


def _explain_parts(pairs: list[Pair]) -> str:
    """Of several results, the first that is wrong."""
    expected = pairs[0][1]
    names = list(expected) if isinstance(expected, dict) else range(len(expected))
    for got, right, _ in pairs:
        if type(got) not in (type(right), list) or len(got) != len(right):
            return t("parts", got=_kind(got), expected=_kind(right))
    for name in names:
        parts = [(got[name], right[name], case) for got, right, case in pairs]
        if not all(values_match(got, right) for got, right, _ in parts):
            place = repr(name) if isinstance(name, str) else str(name + 1)
            return t("part", place=place, why=explain(parts)).strip()
    return ""


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return t("a_dict", keys=", ".join(map(repr, value)))
    if isinstance(value, tuple | list):
        return t("a_tuple", n=len(value))
    return show(value)


def _explain_numbers(got: list[Any], expected: list[Any], cases: list[Case]) -> str:
    if _all_match(got, [np.zeros_like(each) for each in expected]):
        return t("always_zero")
    if _all_match(got, [-each for each in expected]):
        return t("sign")
    if factor := _factor(got, expected):
        return factor
    for sizes in _lengths(cases):
        if _all_match(got, [e * n for e, n in zip(expected, sizes, strict=True)]):
            return t("sum_for_mean")
        if _all_match(got, [e / n for e, n in zip(expected, sizes, strict=True)]):
            return t("mean_for_sum")
    shifts = {round(float(np.mean(g - e)), 6) for g, e in zip(got, expected, strict=True)}
    if len(shifts) == 1 and len(got) > 1:
        return t("shift", shift=show(abs(shifts.pop())))
    return ""


def _lengths(cases: list[Case]) -> list[list[int]]:
    """Where they vary: the number of entries of each input in the cases, and lengths of axes."""
    axes = [(name, axis) for name, value in cases[0].items() for axis in range(np.ndim(value))]
    lengths = [[np.shape(case[name])[axis] for case in cases] for name, axis in axes]
    lengths += [[np.size(case[name]) for case in cases] for name in cases[0]]
    return [each for each in lengths if len(set(each)) > 1]


def _factor(got: list[Any], expected: list[Any]) -> str:
    usable = [(g, e) for g, e in zip(got, expected, strict=True) if np.abs(e).max() > 1e-3]
    if not usable:
        return ""
    first, right = usable[0]
    place = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    factor = float(first[place] / right[place])
    if factor == 0 or not _all_match(got, [factor * each for each in expected]):
        return ""
    if abs(factor) < 1:
        return t("too_small", factor=show(1 / factor))
    return t("too_large", factor=show(factor))


def _all_match(got: list[Any], expected: list[Any]) -> bool:
    return all(map(values_match, got, expected, [1e-4] * len(got)))
