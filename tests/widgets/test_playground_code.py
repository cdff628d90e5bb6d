"""The code of the playground, when it is run, gives the numbers that are on the screen."""

import contextlib
import io

import pytest

from chainrule.widgets import Playground

CASES = [
    {},
    {"data": "spiral", "classes": 3, "hidden": [5], "loss": "FocalLoss", "optimizer": "RMSprop"},
    {"data": "waves", "activation": "ReLU", "init": "kaiming_uniform", "optimizer": "AdamW"},
    {"data": "moons", "loss": "NLLLoss", "activation": "PReLU", "optimizer": "Lion", "lr": 0.01},
    {"data": "xor", "loss": "HingeLoss", "hidden": [], "optimizer": "Adagrad", "seed": 7},
    {"data": "clouds", "loss": "BCELoss", "l1": 0.001, "optimizer": "SGD", "momentum": 0.9},
    {"dropout": 0.2, "activation": "GELU", "batch": 1000, "l2": 0.01, "share": 0.5, "count": 60},
    {"optimizer": "LBFGS", "lr": 0.5, "batch": 1000, "init": "orthogonal"},
]


def screen(page):
    return [page.state["losses"]["train"], page.state["losses"]["test"]]


def run(code):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    return [float(line.split()[-1]) for line in out.getvalue().splitlines()]


def code_of(page):
    page.take({"view": "code"})
    return page.state["code"]


def asked(page, do, **more):
    page.asked({"do": do, **more}, [])


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(map(str, case.values())))
def test_code_gives_the_same_losses(case):
    page = Playground()
    for name, value in case.items():
        page.take({name: value})
    asked(page, "step")
    page.experiment.play_to(30)
    asked(page, "step")
    assert page.state["step"] == 31
    assert run(code_of(page)) == pytest.approx(screen(page), rel=1e-6, abs=1e-12)


def test_code_tells_what_was_changed_on_the_way():
    page = Playground()
    for change in (
        {"lr": 0.1},
        {"batch": 16, "l2": 0.01},
        {"optimizer": "SGD"},
        {"momentum": 0.8},
    ):
        page.experiment.play_to(page.experiment.step + 13)
        page.take(change)
    asked(page, "edit", layer=0, place=[1, 0], value=1.5)
    page.experiment.play_to(page.experiment.step + 5)
    asked(page, "step")
    asked(page, "back")
    asked(page, "edit", layer=1, place=[0], value=-1.0)
    code = code_of(page)
    assert "if step == 13:" in code
    assert "net[0].weight.data[1, 0] = 1.5" in code
    assert run(code) == pytest.approx(screen(page), rel=1e-9)


def test_code_of_drawn_points():
    page = Playground()
    drawn = [[x / 7, k + x / 50, k] for x in range(9) for k in (0, 1, 2)]
    asked(page, "draw", drawn=drawn)
    page.experiment.play_to(20)
    asked(page, "step")
    assert run(code_of(page)) == pytest.approx(screen(page), rel=1e-9)


def test_code_of_a_table_reads_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = "a,b,c,y\n" + "\n".join(f"{i},{i * i % 11},{-i},{i * i / 3}" for i in range(30))
    (tmp_path / "own.csv").write_text(text)
    page = Playground()
    asked(page, "upload", name="own.csv", text=text)
    page.experiment.play_to(20)
    asked(page, "step")
    code = code_of(page)
    assert "own.csv" in code
    assert run(code) == pytest.approx(screen(page), rel=1e-9)
