"""A learner's own table: CSV to a data set of two classes, or words on what is wrong with it."""

from __future__ import annotations

import csv
from collections import Counter

from ..data import DataError, Dataset, read_csv
from .widget import UserError

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 4_000_000, 20_000, 200
FEWEST_OF_A_CLASS = 10


def read_table(name: str, text: str) -> Dataset:
    r"""The table in a CSV text (see ``chainrule.data.read_csv``); the last column has two classes.

    >>> rows = "".join(f"{i},{i % 7},{'no' if i < 15 else 'yes'}\n" for i in range(30))
    >>> read_table("mine.csv", "size,charge,soluble\n" + rows)
    Dataset('mine.csv': 30 rows, 2 features, no 15, yes 15)
    """
    if len(text) > MOST_BYTES:
        raise UserError(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        table = read_csv(text + "\n", rows=MOST_ROWS)
    except (DataError, csv.Error) as error:
        raise UserError(f"{name[:60]}: {error}.") from None
    if len(table.features) > MOST_COLUMNS:
        raise UserError(f"At most {MOST_COLUMNS} columns are read; there are more.")
    if len(table.classes) != 2:
        found = ", ".join(table.classes[:4]) or "many numbers"
        raise UserError(f"The last column, {table.target}, must have two values; it has {found}.")
    rarer, count = Counter(table.y.tolist()).most_common()[-1]
    if count < FEWEST_OF_A_CLASS:
        raise UserError(
            f"Only {count} rows are of class {table.classes[int(rarer)]}; at least "
            f"{FEWEST_OF_A_CLASS} are needed, as each of the three parts gets some."
        )
    low, high = table.classes
    return Dataset(name[:80], table.x, table.y, table.features, (low, high))
