"""Texts of the page that Python says."""

from __future__ import annotations

from typing import Any

from ...locale import catalogue


def words(key: str, /, **values: Any) -> str:
    """A text of ``playground.json`` with its numbers in.

    >>> words("some_shown", shown=3, count=8)
    '3 of 8 shown'
    """
    return catalogue("en")[f"playground.{key}"].format(**values)
