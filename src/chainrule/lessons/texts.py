"""What the kit says, from its catalogue; and numbers as it shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..locale import catalogue


def t(key: str, **values: Any) -> str:
    """A text of the catalogue, with its gaps filled.

    >>> t("sign")
    'The sign is the other way round.'
    """
    return catalogue("en")[f"lessons.{key}"].format(**values)


def show(value: Any) -> str:
    """A value as a learner reads it: few digits, no dtype.

    >>> show(0.1 + 0.2), show(np.array([1.0, -2.5])), show({"w": 1.0})
    ('0.3', '[1, −2.5]', '{w: 1}')
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(show, value)) + ")"
    try:
        numbers = np.asarray(value)
    except ValueError:
        return _short(repr(value))
    if numbers.dtype.kind not in "iufb":
        return _short(repr(value))
    if numbers.size > 30:
        return t("an_array", shape=numbers.shape)
    text = np.array2string(numbers, separator=", ", formatter={"all": _number})
    return " ".join(text.split()).replace("[ ", "[")


def _number(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value)
    return f"{value + 0:.5g}".replace("-", "−")  # no −0


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
