"""The playground without a browser: settings, steps and steps back, own points, links, models."""

import time

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.locale import catalogue
from chainrule.widgets import Playground, UserError, wire
from chainrule.widgets.playground import options
from chainrule.widgets.playground.settings import CHECKS, LIVE
from chainrule.widgets.playground.widget import PACES, VIEWS

CSV = "length;width;kind\n" + "\n".join(f"{i % 5};{i % 7};{'ab'[i % 2]}" for i in range(40))


def asked(page, do, **more):
    page.asked({"do": do, **more}, [])


def played(page, steps=40):
    """So many steps more, in frames."""
    stop = page.state["step"] + steps
    asked(page, "play")
    while page.state["running"] and page.state["step"] < stop:
        page.tick(0.005)
    asked(page, "pause")
    return page


def weights_of(page):
    return [np.array(each["weight"]) for each in page.state["weights"]]


def test_training_brings_the_loss_down_and_shows_it():
    page = Playground()
    before = page.state["losses"]["train"]
    page.take({"pace": 100})
    played(page, 150)
    assert page.state["step"] > 50
    assert page.state["losses"]["train"] < before / 2
    assert page.state["curve"].shape[1] == 3
    assert len(page.state["norms"]) == 3
    assert wire.unpack(wire.pack({"state": page.state}))


@pytest.mark.parametrize("optimizer", options.OPTIMIZERS)
def test_back_undoes_exactly_one_step(optimizer):
    page = Playground()
    page.take({"optimizer": optimizer})
    page.take({"batch": 32, "dropout": 0.1})
    seen = []
    for _ in range(3):
        seen.append((page.state["step"], page.state["losses"]["train"], weights_of(page)))
        asked(page, "step")
    played(page, 5)
    while page.state["step"] > 3:
        asked(page, "back")
    for step, loss, weights in reversed(seen):
        asked(page, "back")
        assert page.state["step"] == step
        assert page.state["losses"]["train"] == pytest.approx(loss, rel=1e-9)
        for now, then in zip(weights_of(page), weights, strict=True):
            np.testing.assert_allclose(now, then, rtol=1e-6)
    asked(page, "back")
    assert page.state["step"] == 0


def test_back_goes_over_changes_and_brings_back_their_settings():
    page = played(Playground())
    at, loss = page.state["step"], page.state["losses"]["train"]
    page.take({"lr": 0.5, "batch": 25})
    asked(page, "edit", layer=0, place=[1, 0], value=2.0)
    asked(page, "step")
    assert weights_of(page)[0][1, 0] != 2.0
    asked(page, "back")
    assert weights_of(page)[0][1, 0] == 2.0
    assert (page.state["step"], page.state["lr"]) == (at, 0.5)
    asked(page, "back")
    asked(page, "step")
    assert (page.state["step"], page.state["lr"], page.state["batch"]) == (at, 0.03, 10)
    assert page.state["losses"]["train"] == pytest.approx(loss, rel=1e-9)


def test_a_long_training_can_be_walked_back_from_few_moments():
    page = Playground()
    page.take({"pace": 3})
    played(page, 900)
    assert len(page.experiment._past) <= 201
    middle = page.experiment
    middle.play(500)
    for _ in range(5):
        assert middle.back()
    again = Playground()
    again.experiment.play_to(middle.step)
    for name, array in middle.trainer.numbers[0].items():
        np.testing.assert_allclose(array, again.experiment.trainer.numbers[0][name], rtol=1e-9)


def test_every_choice_of_the_library_trains():
    page = Playground()
    everything = {
        "activation": options.ACTIVATIONS,
        "init": options.INITIALISERS,
        "optimizer": options.OPTIMIZERS,
        "data": options.DATA,
    }
    for name, values in everything.items():
        for value in values:
            page.take({name: value})
            asked(page, "step")
            assert page.state["step"] >= 1, value
            assert np.isfinite(page.state["losses"]["train"]), value


def test_every_loss_of_the_library_is_known():
    kinds = [each for each in vars(nn.criteria).values() if isinstance(each, type)]
    losses = {each.__name__ for each in kinds if issubclass(each, nn.criteria.Loss)} - {"Loss"}
    assert losses == set(options.LOSSES) == set(options.CRITERIA)


@pytest.mark.parametrize("loss", options.CRITERIA)
def test_every_loss_learns_what_it_is_for(loss):
    row = options.LOSSES[loss]
    for task, data in (("regression", "waves"), ("binary", "moons"), ("several", "clouds")):
        page = Playground()
        page.take({"data": data} | ({"classes": 3} if task == "several" else {}))
        if task not in row.tails:
            with pytest.raises(UserError, match=f"{loss} .*usual"):
                page.take({"loss": loss})
            assert page.state["loss"] == page.settings.loss == options.USUAL[task]
            continue
        page.take({"loss": loss})
        before = page.state["losses"]["train"]
        for _ in range(15):
            asked(page, "step")
        assert page.state["losses"]["train"] < before
        assert page.state["surface"]["level"].shape == (80, 80)
        assert ("winner" in page.state["surface"]) == (task == "several")


def test_a_loss_that_fits_is_chosen_with_the_data():
    page = Playground()
    page.take({"data": "waves"})
    assert page.state["loss"] == "MSELoss"
    assert "BCEWithLogitsLoss" in page.state["notice"]
    page.take({"data": "spiral"})
    assert page.state["loss"] == "BCEWithLogitsLoss"
    page.take({"classes": 4})
    assert page.state["loss"] == "CrossEntropyLoss"
    assert page.state["columns"][-1]["count"] == 4


def test_too_high_a_rate_stops_in_front_of_the_bad_step():
    page = Playground()
    page.take({"data": "waves"})
    page.take({"optimizer": "SGD"})
    page.take({"activation": "ReLU", "hidden": [8, 8]})
    page.take({"lr": 100.0, "pace": 100})
    asked(page, "play")
    for _ in range(40):
        page.tick(0.005)
    assert not page.state["running"]
    assert "rate" in page.state["notice"]
    step = page.state["step"]
    asked(page, "back")
    assert page.state["step"] == step - 1
    assert wire.pack(page.state)


def test_layers_and_neurons():
    page = Playground()
    page.take({"hidden": [3, 5, 2]})
    shapes = [each["weight"].shape for each in page.state["weights"]]
    assert shapes == [(3, 2), (5, 3), (2, 5), (1, 2)]
    assert [column["pictures"].shape[0] for column in page.state["columns"]] == [3, 5, 2, 1]
    page.take({"hidden": []})
    assert [each["weight"].shape for each in page.state["weights"]] == [(1, 2)]
    with pytest.raises(UserError, match="6 hidden layers"):
        page.take({"hidden": [2] * 7})


def test_a_neurons_picture_is_its_answer():
    page = Playground()
    first = page.state["weights"][0]
    inputs = page.state["inputs"]
    picture = page.state["columns"][0]["pictures"][1] / 127 * page.state["columns"][0]["scales"][1]
    x = inputs["pictures"] / 127 * inputs["scales"][:, None, None]
    z = np.tensordot(first["weight"][1], x, 1) + first["bias"][1]
    assert abs(picture - np.tanh(z)).max() < 0.03


def test_drawn_points():
    page = Playground()
    asked(page, "clear")
    assert "two points" in page.state["notice"]
    assert page.experiment is None
    with pytest.raises(UserError, match="two points"):
        asked(page, "play")
    asked(page, "draw", drawn=[[x / 10, k, k] for x in range(6) for k in (0, 1)])
    asked(page, "step")
    assert page.state["task"] == "binary"
    asked(page, "draw", drawn=[[0, -1, 2], [0.1, -1, 2], [0.2, -1, 2]])
    assert (page.state["task"], page.state["loss"]) == ("several", "CrossEntropyLoss")
    asked(page, "erase", x=0.1, y=-1, radius=0.3)
    assert (page.state["task"], len(page.own)) == ("binary", 12)
    asked(page, "draw", drawn=[[0, -1, 4], [0.1, -1, 4]])
    assert (page.state["task"], page.state["classes_named"][-1]) == ("several", "4")
    asked(page, "step")
    with pytest.raises(UserError, match="500"):
        asked(page, "draw", drawn=[[0, 0, 0]] * 500)
    with pytest.raises(UserError, match="number"):
        asked(page, "draw", drawn=[[0, "x", 0]])


def test_a_table_of_ones_own():
    page = Playground()
    asked(page, "upload", name="fish.csv", text=CSV)
    assert page.state["features"] == ["length", "width"]
    assert page.state["classes_named"] == ["a", "b"]
    asked(page, "step")
    numbers = "a,b,c,y\n" + "\n".join(f"{i},{i * i},{-i},{i / 3}" for i in range(30))
    asked(page, "upload", name="n.csv", text=numbers)
    assert (page.state["task"], page.state["loss"]) == ("regression", "MSELoss")
    page.take({"up": 2})
    assert page.state["points"]["x"][:, 1].max() <= 0
    asked(page, "step")
    page.take({"across": 2})
    assert (page.state["across"], page.state["up"]) == (2, 0)
    page.take({"across": 9})
    assert page.state["points"]["x"].shape[1] == 2
    page.take({"data": "moons"})
    assert (page.state["across"], page.state["up"]) == (0, 1)
    asked(page, "step")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CSV.replace("3;4", "3;four", 1), r"row \d+, column 'width': 'four'"),
        (CSV.replace("3;4", "3", 1), r"row \d+ has"),
        (CSV.replace("3;4", "3;", 1), r"row \d+, column 'width': this cell is empty"),
        ("", "names"),
        ("1,2\n3,4\n5,6", "row 1 holds numbers"),
        ("a,y\n1,0\n2,1\n", "two or more"),
        ("a,b,y\n1,1,0\n2,2,1\n", "fewer than 10 rows"),
    ],
)
def test_a_wrong_table_is_told_with_row_and_column(text, says):
    page = Playground()
    before = page.state["losses"]["train"]
    with pytest.raises(UserError, match=says):
        asked(page, "upload", name="wrong.csv", text=text)
    assert page.state["losses"]["train"] == before
    assert page.state["data"] == "circles"


def test_a_model_of_ones_own():
    class Shortcut(nn.Module):
        def __init__(self):
            self.first = nn.Linear(3, 16)
            self.second = nn.Linear(16, 16)
            self.last = nn.Linear(16, 3)

        def forward(self, x):
            h = np.tanh(self.first(x))
            return self.last(h + np.tanh(self.second(h)))

    x = np.asarray(cr.random.normal(cr.random.key(1), (90, 3)))
    y = np.argmax(x, axis=1)
    net = Shortcut()
    start = net.state_dict()
    page = Playground(model=net, data=(x, y))
    assert page.state["loss"] == "CrossEntropyLoss"
    assert [each["count"] for each in page.state["columns"]] == [16, 16, 3]
    assert page.state["columns"][0]["pictures"].shape[0] == 10
    played(page)
    assert page.state["losses"]["train"] < 1
    page.take({"across": 1, "up": 2})
    np.testing.assert_allclose(page.state["points"]["x"][:, 0], page.given.raw[:, 1], rtol=1e-6)
    assert "your network" in _code(page)
    shown = page.state["weights"][0]["weight"]
    np.testing.assert_array_equal(net.first.weight.data[:10], shown)
    asked(page, "reset")
    for name, array in net.state_dict().items():
        np.testing.assert_array_equal(array, start[name])


def test_the_losses_that_a_network_of_ones_own_can_have():
    x, y = cr.data.moons(cr.random.key(0), n=60)
    layers = (nn.Linear(2, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.2))
    page = Playground(model=nn.Sequential(*layers, nn.Linear(4, 2)), data=(x, y))
    with pytest.raises(UserError, match="number of outputs"):
        page.take({"loss": "BCEWithLogitsLoss"})
    assert page.state["loss"] == "CrossEntropyLoss"
    asked(page, "step")
    assert page.state["step"] == 1
    page = Playground(model=nn.Sequential(*layers, nn.Linear(4, 1), nn.Sigmoid()), data=(x, y))
    assert page.state["loss"] == "BCELoss"
    asked(page, "step")
    asked(page, "back")
    assert page.state["step"] == 0


def _code(page):
    page.take({"view": "code"})
    return page.state["code"]


def test_models_that_cannot_be_shown():
    x, y = np.zeros((8, 2)), np.arange(8) % 2
    with pytest.raises(TypeError, match="Module"):
        Playground(model=np.tanh, data=(x, y))
    with pytest.raises(ValueError, match=r"\(N, 2 or more\)"):
        Playground(model=nn.Linear(1, 1), data=(x[:, :1], y))
    with pytest.raises(TypeError, match="data="):
        Playground(model=nn.Linear(2, 1))


def test_matrices_follow_a_point():
    page = Playground()
    page.take({"view": "matrices"})
    asked(page, "example", x=0.5, y=0.5)
    flow = page.state["flow"]
    x = flow["steps"][0]["into"]
    first = page.state["weights"][0]
    np.testing.assert_allclose(flow["steps"][0]["from"], first["weight"] @ x + first["bias"], 1e-5)
    np.testing.assert_allclose(flow["steps"][1]["into"], np.tanh(flow["steps"][0]["from"]), 1e-5)


def test_the_diagnosis_finds_what_is_wrong():
    page = Playground()
    page.take({"init": "zeros"})
    settled(page)
    (found,) = page.state["diagnosis"]
    assert found["id"] == "symmetric-weights"
    assert "<svg" in found["picture"]
    assert "style" not in found["picture"]
    page.take({"init": "default"})
    settled(page)
    assert page.state["diagnosis"] == []


def settled(page):
    """Ticks until there is nothing to do."""
    while page.running:
        page.tick(0.005)
        time.sleep(0.01)


def test_there_are_texts_for_all_that_can_be_chosen():
    texts = catalogue("en")
    names = [f"set_{name}" for name in (*options.DATA, options.OWN, options.CSV)]
    names += [f"pace_{pace}" for pace in PACES] + [f"view_{view}" for view in VIEWS]
    names += list(CHECKS.keys() - {"data", "hidden", "seed"})
    names += [f"{name}_hint" for name in LIVE - {"across", "up"}]
    assert [name for name in names if f"playground.{name}" not in texts] == []
