import re
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from chainrule import report
from chainrule.report.charts import Mark, chart, log_ticks, number, ticks
from chainrule.tabular import Settings, train_table

RECIPE = {"hidden": [6], "epochs": 8}
EVIL = "<script>alert(1)</script>"
TASKS = {
    "binary": f"{EVIL}&class",
    "multiclass": "kind",
    "regression": "dose",
    "several": ["dose", "fall"],
    "multilabel": ["acid", "base"],
}


@pytest.fixture(scope="module")
def table():
    draw = np.random.default_rng(2)
    rows = 90
    x = draw.normal(size=rows)
    return pl.DataFrame(
        {
            f"\"{EVIL}'": x,
            "<img src=x onerror=alert(2)>": draw.choice([f"</td>{EVIL}", "b&b", '"q"'], rows),
            "same": np.ones(rows),
            "day": pl.Series(np.arange(rows)).cast(pl.Date),
            f"{EVIL}&class": np.where(x > 0, f"yes {EVIL}", "no </svg>"),
            "kind": draw.choice([f"k{i}" for i in range(14)], rows, p=[0.3] + [0.7 / 13] * 13),
            "dose": x + 0.1 * draw.normal(size=rows),
            "fall": -x,
            "acid": (x > 0.5).astype(int),
            "base": (x < 0.2).astype(int),
        }
    )


@pytest.fixture(scope="module", params=TASKS)
def page(request, table):
    targets = TASKS[request.param]
    settings = Settings(target=targets, recipe=RECIPE, folds=2 * (request.param == "binary"))
    outcome = train_table(settings, frame=table, command=f"chainrule train '{EVIL}'")
    return outcome, report.page(outcome)


class Reader(HTMLParser):
    """Checks that elements are closed in order, and collects what could load or run something."""

    VOID = frozenset({"meta", "br", "img", "input", "hr", "link"})

    def __init__(self):
        super().__init__()
        self.open, self.names, self.attributes, self.ids = [], set(), set(), []

    def handle_starttag(self, name, attributes):
        self.names.add(name)
        self.attributes.update(key for key, _ in attributes)
        self.ids += [value for key, value in attributes if key == "id"]
        if name not in self.VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.handle_starttag(name, attributes)
        self.open.pop()

    def handle_endtag(self, name):
        assert self.open.pop() == name


def read(text):
    reader = Reader()
    reader.feed(text)
    assert not reader.open
    return reader


def test_nothing_of_the_data_becomes_markup(page):
    found = read(page[1])
    assert not found.names & {"script", "img", "iframe", "object", "link", "form"}
    assert not any(key.startswith("on") or key in ("src", "srcset") for key in found.attributes)
    assert EVIL not in page[1]


def test_it_needs_nothing_else(page):
    addresses = re.findall(r"""(?:https?:)?//[^"'\s<)]+""", page[1])
    assert set(addresses) <= {"http://www.w3.org/2000/svg"}
    assert "@import" not in page[1] and "url(" not in page[1]
    assert "default-src 'none'" in page[1]


def test_every_part_is_there_and_linked(page):
    outcome, text = page
    ids = read(text).ids
    assert ids == re.findall(r'href="#(\w+)"', text)
    assert ids == ["data", "findings", "test", "reasons", "training", "network", "reproduce"]
    for metric in outcome.evaluation.metrics:
        assert metric.title in text
    assert outcome.record["data"][0]["sha256"] in text
    assert outcome.record["versions"]["numpy"] in text
    assert "chainrule train &#x27;&lt;script&gt;" in text
    assert ("Cross-validation: 2 folds" in text) == bool(outcome.folds)
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.S).lower().split()


def test_the_verdict_has_the_numbers(page):
    outcome, text = page
    verdict = re.search(r'<p class="verdict">(.*?)</p>', text)[1]
    rows = f"{outcome.evaluation.rows} rows that had no part in training"
    assert rows in verdict
    task = outcome.schema.task
    if task != "regression":
        assert f"{100 * outcome.evaluation['accuracy'].value:.1f} %" in verdict
        assert f"{100 * outcome.baselines['linear model']['accuracy'].value:.1f} %" in verdict
    elif len(outcome.schema.targets) == 1:
        assert number(outcome.evaluation["mae"].value, 3) in verdict


def test_the_same_outcome_is_the_same_page(page, tmp_path):
    outcome, text = page
    report.write(outcome, tmp_path / "a" / "report.html")
    assert (tmp_path / "a" / "report.html").read_text(encoding="utf-8") == text
    assert len(text) < 600_000


@pytest.mark.parametrize(
    "values", [[1, 1, 1], [0, 0], [1e-9, 2e-9], [-1e12, 1e12], [np.nan, 2], []]
)
def test_charts_of_odd_values(values):
    for log in (False, True):
        text = chart("t", [Mark("line", np.arange(len(values)), values)], log=log)
        read(text)
        assert "nan" not in text.lower()


def test_ticks_are_round_and_inside():
    for low, high in [(0, 1), (-3.2, 7.9), (1e-7, 3e-7), (99.5, 100.5), (-1e9, 2e9)]:
        found = ticks(low, high)
        assert 3 <= len(found) <= 9 and low <= found[0] and found[-1] <= high * (1 + 1e-9)
    assert log_ticks(1e-3, 1e3) == [10.0**power for power in range(-3, 4)]
