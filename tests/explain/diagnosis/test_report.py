"""The report and its findings, as people and the lab see them."""

import json
import time
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.explain.diagnosis import CHECKS, Finding

from .corpus.broken import BROKEN
from .corpus.broken_data import raw_columns
from .corpus.build import filled, mlp
from .corpus.sets import moons, plane

BCE = nn.BCEWithLogitsLoss()


def two_faults():
    net = nn.Sequential(filled(nn.Linear(2, 16), -10), nn.ReLU(), nn.Linear(16, 1))
    x, y = moons()
    return cr.diagnose(net, BCE, (x, y), validation=(x[:50], y[:50]), quick=True)


def test_text_is_80_columns_wide_and_says_everything():
    found = two_faults()
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    flat = " ".join(text.split())
    for finding in found:
        for part in (finding.title, finding.id, finding.measured, finding.why, finding.change):
            assert part in flat


def test_findings_by_place_and_id():
    found = two_faults()
    assert found.ids == ["shared-rows", "dead-relu"]
    assert found["dead-relu"] is found[1]
    assert [finding.id for finding in found] == found.ids
    assert len(found) == 2
    with pytest.raises(KeyError, match="no finding 'saturated'"):
        found["saturated"]


def test_errors_come_first():
    x, y = plane()
    x[0] = np.nan
    found = cr.diagnose(mlp(6, 8, 1), nn.MSELoss(), (x, y), validation=(x[9:], y[9:]), quick=True)
    assert found.ids[0] == "non-finite-data"
    assert "shared-rows" in found.ids


def test_dicts_are_json():
    (first, _) = json.loads(json.dumps(two_faults().to_dicts(), allow_nan=False))
    wanted = {"id", "title", "severity", "measured", "number", "bound", "why", "change", "where"}
    assert first.keys() == wanted | {"picture"}


def test_html_holds_the_pictures():
    html = two_faults()._repr_html_()
    assert html.count("<svg") == 2
    assert "ReLUs that never fire" in html


@pytest.mark.parametrize("make", [pytest.param(row[2], id=row[0]) for row in BROKEN[::3]])
def test_every_picture_is_sound(make):
    arguments = make()
    model, loss, data = (arguments.pop(name) for name in ("model", "loss", "data"))
    for finding in cr.diagnose(model, loss, data, **arguments):
        text = str(finding.picture())
        ElementTree.fromstring(text)
        assert "nan" not in text.lower().replace(">nan<", "")
        assert "inf" not in text.lower()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_explains_itself_in_two_sentences(check):
    assert check.why.count(". ") + check.why.count(": ") <= 2
    assert check.why.count(". ") == 1
    assert check.title[0].isupper()
    assert not check.title.endswith(".")
    assert check.change.endswith(".")


def test_quick_is_quick():
    net, data = mlp(2, 8, 8, 1, act=nn.Tanh), moons(n=200)
    times = []
    for _ in range(5):
        start = time.process_time()
        cr.diagnose(net, BCE, data, quick=True)
        times.append(time.process_time() - start)
    assert min(times) < 0.1  # seconds; about 0.01 on a machine at rest


def test_a_finding_names_its_place():
    found = two_faults()["dead-relu"]
    assert found.where == "ReLU after 0 (Linear)"
    assert found.number == 1
    assert found.bound == 0.75  # 8 of 16, and 4 more


def test_the_users_line_is_told_where_it_tells_something():
    def forward(params, x):
        hidden = np.maximum(x @ params["w1"] - 30, 0)
        return np.tanh(hidden @ params["w2"]) @ params["w3"]

    rng = np.random.default_rng(0)
    shapes = {"w1": (2, 8), "w2": (8, 8), "w3": (8, 1)}
    params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    found = cr.diagnose((params, forward), BCE, moons(), quick=True)
    assert "hidden = np.maximum(x @ params" in found["dead-relu"].where


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (3, moons(), "the model is a Module, or a pair"),
        (mlp(2, 1), moons()[0], "data is a pair"),
        (mlp(2, 1), (moons()[0], moons()[1][:5]), "one example a row"),
        (mlp(2, 1), (moons()[0], np.where(moons()[1] > 0, "a", "b")), "labels in words"),
        (mlp(3, 1), moons(), "\n  at .*test_report.py"),
    ],
)
def test_wrong_arguments(model, data, message):
    with pytest.raises((TypeError, ValueError), match=message):
        cr.diagnose(model, BCE, data)


def test_lists_are_taken_as_fit_takes_them():
    x, y = moons()
    found = cr.diagnose(mlp(2, 1), BCE, (x.tolist(), y.tolist()), quick=True)
    assert found.ids == cr.diagnose(mlp(2, 1), BCE, (x, y), quick=True).ids


def test_columns_are_named_by_number():
    arguments = raw_columns()
    found = cr.diagnose(arguments["model"], BCE, arguments["data"], quick=True)
    assert found["unscaled-inputs"].where == "column 1"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_no_line_is_wider_than_80_columns(check):
    texts = (check.id, check.title, check.severity, "measured " * 20, 1.0, 0.0)
    finding = Finding(*texts, check.why, check.change, "where " * 20)
    assert max(map(len, str(finding).splitlines())) <= 80


def test_the_line_that_cuts_the_gradient():
    def forward(params, x):
        return np.round(x @ params["w1"]) @ params["w2"]

    params = {"w1": np.ones((2, 4)) * np.arange(1, 5), "w2": np.ones((4, 1))}
    found = cr.diagnose((params, forward), nn.MSELoss(), moons(), quick=True)
    assert found["no-gradient"].where.startswith("w1; behind them rint at test_report.py:")


def test_a_model_with_several_answers():
    class Two(nn.Module):
        def __init__(self):
            self.mean, self.spread = nn.Linear(6, 1), nn.Linear(6, 1)

        def forward(self, x):
            return {"mean": self.mean(x), "spread": nn.softplus(self.spread(x)) + 0.1}

    def likelihood(model, x, y):
        found = model(x)
        return np.mean(np.log(found["spread"]) + ((y - found["mean"]) / found["spread"]) ** 2 / 2)

    assert cr.diagnose(Two(), likelihood, plane()).ids == []


def test_losses_as_a_list():
    losses = [1.0, 1.1, 1.4, 2.0, 3.0, 5.0, 9.0, 17.0]
    found = cr.diagnose(mlp(6, 8, 1), nn.MSELoss(), plane(), history=losses)
    assert "learning-rate-too-high" in found.ids


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_ruined_network(value):
    net = mlp(6, 8, 8, 1)
    net[2].weight.data = np.full((8, 8), value, np.float32)
    found = cr.diagnose(net, nn.MSELoss(), plane())
    assert {"non-finite-loss", "symmetric-weights", "loss-at-start"} & set(found.ids)
    assert len(str(found))
    assert all(str(finding.picture()) for finding in found)


def test_a_quick_look_sees_a_loss_that_ran_away():
    losses = [1.0, 1.1, 1.4, 2.0, 3.0, 5.0, 9.0, 17.0]
    net = mlp(6, 8, 1)
    optimizer = cr.optim.SGD(net.parameters(), lr=1e-9)
    settings = {"optimizer": optimizer, "quick": True}
    assert cr.diagnose(net, nn.MSELoss(), plane(), **settings).ids == []
    found = cr.diagnose(net, nn.MSELoss(), plane(), history=losses, **settings)
    assert found.ids == ["learning-rate-too-high"]
