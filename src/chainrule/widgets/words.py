"""Texts of pages that Python says."""

from __future__ import annotations

from typing import Any

from ..locale import catalogue


def words(key: str, /, **values: Any) -> str:
    """A text of the catalogue with its numbers in.

    >>> words("molecules.best", epoch=3)
    'least at 3'
    """
    return catalogue("en")[key].format(**values)
