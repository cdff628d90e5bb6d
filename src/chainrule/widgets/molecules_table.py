"""A learner's own table: CSV to a data set of two classes, or words on what is wrong with it."""

from __future__ import annotations

import csv
from collections import Counter

from ..data import DataError, Dataset, read_csv
from .widget import UserError
from .words import words

MOST_BYTES, MOST_ROWS, MOST_COLUMNS = 4_000_000, 20_000, 200
FEWEST_OF_A_CLASS = 10


def read_table(name: str, text: str) -> Dataset:
    r"""The table in a CSV text (see ``chainrule.data.read_csv``); the last column has two classes.

    >>> rows = "".join(f"{i},{i % 7},{'no' if i < 15 else 'yes'}\n" for i in range(30))
    >>> read_table("mine.csv", "size,charge,soluble\n" + rows)
    Dataset('mine.csv': 30 rows, 2 features, no 15, yes 15)
    """
    if len(text) > MOST_BYTES:
        raise UserError(words("molecules.large", most=MOST_BYTES // 1_000_000))
    try:
        table = read_csv(text + "\n", rows=MOST_ROWS)
    except (DataError, csv.Error) as error:
        raise UserError(words("molecules.wrong", name=name[:60], what=error)) from None
    if len(table.features) > MOST_COLUMNS:
        raise UserError(words("molecules.wide", most=MOST_COLUMNS))
    if len(table.classes) != 2:
        found = ", ".join(table.classes[:4]) or words("molecules.numbers")
        raise UserError(words("molecules.two_classes", column=table.target, found=found))
    rarer, count = Counter(table.y.tolist()).most_common()[-1]
    if count < FEWEST_OF_A_CLASS:
        name = table.classes[int(rarer)]
        raise UserError(words("molecules.few", count=count, name=name, least=FEWEST_OF_A_CLASS))
    low, high = table.classes
    return Dataset(name[:80], table.x, table.y, table.features, (low, high))
