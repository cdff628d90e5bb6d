"""Dataset: a table of numbers with names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """A table with a class for each row.

    Attributes
    ----------
    name
        What it is called.
    x
        Features, shape (rows, features), float64.
    y
        Classes as 0 and 1, shape (rows,), float64.
    features, classes
        Names of the columns, and of class 0 and class 1.
    source
        Where it comes from, and whom to cite.
    note
        What a reader of results must know, as that another data set stands in; else empty.

    >>> import numpy as np
    >>> Dataset("tiny", np.zeros((3, 2)), np.array([0.0, 1.0, 1.0]), ("a", "b"), ("no", "yes"))
    Dataset('tiny': 3 rows, 2 features, no 1, yes 2)
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    features: tuple[str, ...]
    classes: tuple[str, str]
    source: str = ""
    note: str = ""

    def __repr__(self) -> str:
        rows, columns = self.x.shape
        ones = int(self.y.sum())
        return (
            f"Dataset({self.name!r}: {rows:,} rows, {columns} features, "
            f"{self.classes[0]} {rows - ones:,}, {self.classes[1]} {ones:,})"
        )
