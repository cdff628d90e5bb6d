"""What a model of a table does around its network, with NumPy alone: the text of exported files.

``numpy_file.py`` copies the functions below into the file that it writes, between the table's
``COLUMNS`` and ``TARGETS`` and the function ``network``, which stand here as examples.
"""

import csv
import io
import math
import sys
from datetime import UTC, datetime

import numpy as np

COLUMNS: list = [
    {"name": "x", "kind": "number", "fill": 0, "indicator": 0, "center": 0, "scale": 1, "limit": 4}
]
TARGETS: dict = {"task": "regression", "names": ["y"], "classes": []}
MISSING = ("", "NA", "NaN")


def network(x):
    """The traced function of the model."""
    return x[:, 0]


# -- copied from here on -----------------------------------------------------------------------

DATES = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")
DATES += tuple(f"{form} {time}" for form in DATES for time in ("%H:%M:%S", "%H:%M"))


def predict(rows):
    """Predictions for rows of the table.

    ``rows`` is a list of dicts, {name of a column: value}, as ``csv.DictReader`` gives them; what
    is missing is None, NaN, "" or a word like "NA". The result is a list of dicts too, with a
    "prediction" and the "probability_..." of each class.
    """
    found = network(prepare(rows))
    task, names = TARGETS["task"], TARGETS["classes"] or TARGETS["names"]
    if task == "regression":
        several = [f"prediction_{name}" for name in names]
        heads = several if len(names) > 1 else ["prediction"]
        return records(heads, found.reshape(len(rows), -1))
    chances = records([f"probability_{name}" for name in names], found)
    if task == "multilabel":
        chosen = records([f"prediction_{name}" for name in names], (found > 0.5).astype(int))
    else:
        chosen = [{"prediction": names[place]} for place in found.argmax(axis=1)]
    return [{**chosen[i], **chances[i]} for i in range(len(rows))]


def records(heads, table):
    """The rows of a table as dicts."""
    return [dict(zip(heads, line, strict=True)) for line in table.tolist()]


def prepare(rows):
    """The numbers that the network takes: float32, a row for each row of the table."""
    parts = []
    for column in COLUMNS:
        values = values_of(rows, column)
        parts += WAYS[column["kind"]](column, values)
    return np.stack(parts, axis=1).astype(np.float32)


def values_of(rows, column):
    """The cells of a column; None where they are missing."""
    name, known = column["name"], column.get("categories", ())
    values = []
    for number, row in enumerate(rows, 1):
        if name not in row:
            raise ValueError(f"row {number} has no column {name!r}; it has {', '.join(row)}")
        value = row[name]
        word = value.strip() if isinstance(value, str) else value
        gap = word is None or (word in MISSING and word not in known) or word != word
        values.append(None if gap else word)
    return values


def as_number(column, values):
    """A number filled, centred, scaled and softly limited; perhaps whether it is missing."""
    cells = []
    for number, value in enumerate(values, 1):
        try:
            cells.append(math.nan if value is None else float(value))
        except ValueError:
            text = f"row {number}, column {column['name']!r}: {value!r} is no number"
            raise ValueError(text) from None
    filled, missing = fill(column, cells)
    return [scaled(column, filled), *missing]


def fill(column, cells):
    """Numbers without gaps, and a list with the column of where they were, if there is one."""
    cells = np.array(cells, np.float64)
    missing = np.isnan(cells)
    return np.where(missing, column["fill"], cells), [missing] if column["indicator"] else []


def scaled(column, values):
    """z = (v - center) / scale, then z / sqrt(1 + (z / limit)²)."""
    z = (values - column["center"]) / column["scale"]
    limit = column["limit"]
    return z if limit is None else z / np.sqrt(1 + (z / limit) ** 2)


def as_date(column, values):
    """Seconds since 1970 as a number is, and a sine and a cosine for each period."""
    filled, missing = fill(column, seconds(column["name"], values))
    turns = [2 * np.pi * (filled / period) for period in column["periods"]]
    waves = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    return [scaled(column, filled), *waves, *missing]


def seconds(name, values):
    """Dates as seconds since 1970 (UTC where they have no zone).

    They are datetimes, seconds, ISO texts ("2024-12-31 18:00"), or all of one other form.
    """
    texts = [value for value in values if isinstance(value, str)]
    for read in (datetime.fromisoformat, *[of_form(form) for form in DATES]):
        try:
            known = {text: read(text) for text in texts}
        except ValueError:
            continue
        return [moment(known.get(v, v) if isinstance(v, str) else v) for v in values]
    raise ValueError(f"column {name!r}: dates like {texts[0]!r}: write them as 2024-12-31")


def of_form(form):
    """A reader of texts of this form."""
    return lambda text: datetime.strptime(text, form)


def moment(value):
    """Seconds since 1970 of one value."""
    if value is None:
        return math.nan
    if not hasattr(value, "year"):
        return float(value)
    if not hasattr(value, "hour"):
        value = datetime(value.year, value.month, value.day)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()


def as_word(value):
    """A cell as a word: whole numbers without a point, truth as "false" and "true"."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    number = float(value)
    return str(int(number)) if number.is_integer() else str(value)


def codes(column, values):
    """The place of each word among the categories; their number if missing, one more if new."""
    known = {word: place for place, word in enumerate(column["categories"])}
    known[None] = len(known)
    words = [as_word(value) for value in values]
    if column["kind"] == "boolean":
        words = [w.lower() if w and w.lower() in ("false", "true") else w for w in words]
    found = np.array([known.get(word, len(known)) for word in words], np.int64)
    unseen = np.flatnonzero(found == len(known))
    if column.get("unseen") == "error" and len(unseen):
        value = values[unseen[0]]
        text = f"row {unseen[0] + 1}, column {column['name']!r}: {value!r} was not met in training"
        raise ValueError(text)
    return found


def as_boolean(column, values):
    """0 for the first category, 1 for the second, something between for any other value."""
    found, count = codes(column, values), len(column["categories"])
    value = np.where(found < count, found, column["missing"])
    return [value, found == count] if column["indicator"] else [value]


def as_category(column, values):
    """A column of ones and zeros for each category, or the code of which a network knows rows."""
    found, count = codes(column, values), len(column["categories"])
    if column["encoding"] == "embedding":
        return [found]
    return [found == place for place in range(count + (column["missing"] == "own"))]


WAYS = {
    "number": as_number,
    "date": as_date,
    "boolean": as_boolean,
    "category": as_category,
}


def rows_of(text, separator=None):
    """The rows of CSV text as dicts; of a model of columns without names, it needs none either."""
    head = text.split("\n", 1)[0]
    separator = separator or max(",;\t|", key=head.count)
    table = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    table = [line for line in table if line]
    numbered = [f"column_{number}" for number in range(1, 1 + len(table[0] if table else ()))]
    if not {column["name"] for column in COLUMNS} <= set(numbered) or "column_1" in table[0]:
        numbered = table.pop(0) if table else []
    return [dict(zip(numbered, line, strict=False)) for line in table]


def main():
    """Predict the rows of a CSV file (or of standard input, "-"), and print them as CSV."""
    if not 2 <= len(sys.argv) <= 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(f"usage: python {sys.argv[0]} data.csv [separator] > predictions.csv")
    if sys.argv[1] == "-":
        text = sys.stdin.read()
    else:
        with open(sys.argv[1], encoding="utf-8-sig", newline="") as file:
            text = file.read()
    rows = rows_of(text, *sys.argv[2:])
    if not rows:
        sys.exit("the file has no rows: it wants a line of names, then a line for each row")
    try:
        found = predict(rows)
    except ValueError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    writer = csv.DictWriter(sys.stdout, list(found[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
