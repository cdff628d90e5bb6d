"""A small table, a model of it, and the command line to call."""

import csv
import json
from typing import NamedTuple

import numpy as np
import pytest
from typer.testing import CliRunner

from chainrule.cli import app


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)


def call(*arguments, columns=80):
    found = CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": str(columns)})
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    return Answer(found.exit_code, found.stdout, found.stderr)


def write_rows(path, rows, separator=","):
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


def fish(count=120, seed=0):
    """Rows of (id, length, sea, fat, kind): kind follows from length and sea."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        sea = str(rng.choice(["north", "south", "baltic"]))
        length = round(float(rng.normal(30, 8)), 2)
        fat = "" if rng.random() < 0.1 else f"{rng.random():.3f}"
        is_cod = length + 6 * (sea == "north") + rng.normal(0, 1) > 32
        rows.append([f"f{number}", length, sea, fat, "cod" if is_cod else "eel"])
    return rows


HEADER = ["id", "length", "sea", "fat", "kind"]
QUICK = ("--epochs", 30, "--hidden", 8, "--batch-size", 16, "--lr", 0.03, "--dropout", 0)


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """A folder with fish.csv, new.csv (without kind), plain.csv (no header, ;)."""
    folder = tmp_path_factory.mktemp("tables")
    write_rows(folder / "fish.csv", [HEADER, *fish()])
    write_rows(folder / "new.csv", [HEADER[:-1], *(row[:-1] for row in fish(20, seed=1))])
    write_rows(folder / "held.csv", [HEADER, *fish(40, seed=2)])
    write_rows(folder / "plain.csv", [row[1:] for row in fish()], ";")
    return folder


@pytest.fixture(scope="session")
def trained(tables):
    """The answer of a training run, with --json; its folder is tables / "run"."""
    return call("train", tables / "fish.csv", "-t", "kind", *QUICK, "-o", tables / "run", "--json")
