"""Texts of the page that Python says."""

from ..words import words as words_of


def words(key: str, /, **values: object) -> str:
    """A text of ``playground.json`` with its numbers in.

    >>> words("some_shown", shown=3, count=8)
    '3 of 8 shown'
    """
    return words_of(f"playground.{key}", **values)
