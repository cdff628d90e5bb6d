"""What the size check counts."""

import pytest

from scripts import check_size

SOURCE = '''\
"""Docstring
of two lines."""

# a comment
x = f"{1 + 1} and {2}"  # another


def double(x):
    """Twice."""
    return 2 * x
'''


def test_lines_and_tokens():
    size = check_size.measure(SOURCE)
    assert size.lines == 4  # the comment, the assignment, def and return
    assert size.code_lines == 3
    assert size.tokens == 3 + 6 + 4  # the f-string is one token


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("x = 1\n" * 401, "401 lines"),
        ("#" * 101, "101 columns"),
    ],
)
def test_too_long(source, problem):
    (found,) = check_size.violations("a.py", source)
    assert problem in found


def test_within_limits():
    assert check_size.violations("a.py", "x = 1\n" * 400) == []
