"""JSON that comes back as it went, and that is read with suspicion.

Texts, whole numbers, floats, truth values, None, lists (tuples become lists) and dicts with texts
as keys. A float that JSON has no word for is written as ``{"$float": "nan"}``.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

DEEPEST = 64  # lists and dicts inside each other
LONGEST_INTEGER = 40  # digits: 64 bits need 20
MOST_VALUES = 2**21  # each takes some 60 bytes of memory, and may be three in the file
_ODD_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_TAG = "$float"
_PLAIN = (str, bool, type(None))
Place = tuple[Any, str | int] | None
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def to_text(value: Any) -> str:
    """The JSON text of a value; ``TypeError`` names the place of what is no JSON.

    >>> to_text({"rate": np.float32(0.5), "loss": [1.0, float("nan")]})
    '{"rate":0.5,"loss":[1.0,{"$float":"nan"}]}'
    >>> to_text({"a": [1, {2}]})
    Traceback (most recent call last):
    ...
    TypeError: a[1] is a set, which JSON cannot hold
    """
    plain = _plain(value, None, DEEPEST)
    return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_text(text: str | bytes) -> Any:
    """The value of a JSON text; ``ValueError`` says what is wrong with it.

    Refused are: a key that comes twice, NaN and Infinity outside of their tag, whole numbers of
    more than 40 digits, more than 64 levels of nesting or 2 million values, bytes that are no
    UTF-8.

    >>> from_text('{"loss": {"$float": "-inf"}}')
    {'loss': -inf}
    >>> from_text('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'a' comes twice
    """
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else text
    check_count(raw)
    try:
        value = json.loads(
            text if isinstance(text, str) else text.decode(),
            object_pairs_hook=_dict_of,
            parse_constant=_refuse,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text: {error}") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _check_depth(value)
    if _SURROGATE.search(raw):
        _check_letters(value)
    return value


def check_count(raw: bytes) -> None:
    """``ValueError`` where a text may have more than 2 million values (commas in texts count)."""
    if sum(raw.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ValueError(f"it has more than {MOST_VALUES} values")


def _check_letters(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it has half of a letter (a lone surrogate)") from None


def _check_depth(value: Any) -> None:
    """``ValueError`` where lists and dicts stand more than 64 deep in each other."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


_TOO_DEEP = f"lists and objects are nested more than {DEEPEST} deep"


def _parts(value: Any) -> Iterator[Any]:
    found = value.values() if isinstance(value, dict) else value
    return iter(found) if isinstance(value, dict | list) else iter(())


def _dict_of(pairs: list[tuple[str, Any]]) -> Any:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice[:60]!r} comes twice")
    if _TAG in found:
        word = found[_TAG]
        if len(found) > 1 or not isinstance(word, str) or word not in _ODD_FLOATS:
            raise ValueError(f"{_TAG} must be nan, inf or -inf, and alone")
        return _ODD_FLOATS[word]
    return found


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"a whole number has {len(digits)} digits")
    return int(digits)


def _plain(value: Any, place: Place, depth: int) -> Any:
    """The value in JSON's own types; ``place`` is where it stands, the outermost key innermost."""
    if type(value) in _PLAIN or (type(value) is int and -(2**64) < value < 2**64):
        return value
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        if len(str(value)) > LONGEST_INTEGER:
            raise TypeError(f"{_text(place)} is a whole number of {len(str(value))} digits")
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {_TAG: str(float(value))}
    if depth == 0:
        raise TypeError(f"{_text(place)}: {_TOO_DEEP}")
    if isinstance(value, list | tuple):
        return [_plain(item, (place, i), depth - 1) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        raise TypeError(f"{_text(place)} is a {type(value).__name__}, which JSON cannot hold")
    for key in value:
        if not isinstance(key, str) or key == _TAG:
            raise TypeError(f"{_text(place)} has the key {key!r}; keys must be text, not {_TAG!r}")
    return {key: _plain(item, (place, key), depth - 1) for key, item in value.items()}


def _text(place: Place) -> str:
    """``loss.values[3]``."""
    keys = []
    while place is not None:
        place, key = place
        keys.append(f"[{key}]" if isinstance(key, int) else f".{key}")
    return "".join(reversed(keys)).removeprefix(".") or "it"
