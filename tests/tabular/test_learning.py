"""Recipes, networks with embeddings, training by task, weights, validation, files."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.tabular import Learned, Recipe, TableNetwork, learn
from chainrule.tabular.calibration import calibrated_loss, temperature
from chainrule.tabular.network import count_parameters
from chainrule.train import Checkpoints, Chunks

QUICK = {"hidden": (16,), "epochs": 30, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def rows():
    """Three numbers, of which two say something, and a class of three."""
    x = np.random.default_rng(0).normal(size=(240, 3)).astype(np.float32)
    return x, np.digitize(x[:, 0] - x[:, 1], [-0.7, 0.7])


# -- recipes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"hidden": (0,)}, r"hidden must be a list of whole numbers above 0, not \(0,\)"),
        ({"hidden": "64"}, "hidden must be"),
        ({"activation": "tahn"}, "'tahn'; did you mean 'tanh'"),
        ({"dropout": 1}, "dropout must be a number from 0 to below 1, not 1"),
        ({"optimizer": "adamW"}, "did you mean 'adamw'"),
        ({"loss": "focall"}, "did you mean 'focal'"),
        ({"learning_rate": 0.0}, "learning_rate must be a number above 0"),
        ({"epochs": True}, "epochs must be a whole number above 0"),
        ({"class_weight": {-1: 2.0}}, "class_weight must be"),
        ({"l2": float("nan")}, "l2 must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_wrong_fields_are_explained(wrong, said):
    with pytest.raises(ValueError, match=said):
        Recipe(**wrong)


def test_recipe_survives_json():
    recipe = Recipe(hidden=[np.int64(8), 4], class_weight={0: 2.0}, learning_rate=np.float32(0.5))
    again = Recipe.from_dict(json.loads(json.dumps(recipe.to_dict())))
    assert again == recipe and again.hidden == (8, 4)


def test_own_loss_is_noted_and_asked_for(rows):
    x, _ = rows
    found = learn(Recipe(**QUICK, loss=cr.nn.functional.l1_loss), x, x[:, 0], task="regression")
    again = Recipe.from_dict(found.to_dict()["recipe"])
    with pytest.raises(ValueError, match="give it again as loss="):
        learn(again, x, x[:, 0], task="regression")


# -- tasks -------------------------------------------------------------------------------------


def test_each_task_is_learned_and_kept(rows):
    x, y = rows
    both = np.stack([y > 0, y > 1], axis=1)
    cases = {
        "binary": (y > 0).astype(int),
        "multiclass": y,
        "multilabel": both.astype(np.float32),
        "regression": 1e6 + 1e3 * (x[:, 0] - x[:, 1]),
    }
    for task, target in cases.items():
        found = learn(Recipe(**QUICK), x, target, task=task)
        guess = found.predict(x)
        assert guess.shape == target.shape
        if task == "regression":
            assert np.corrcoef(guess, target)[0, 1] > 0.95
            assert abs(guess.mean() - target.mean()) < 200
        else:
            assert (guess == target).mean() > 0.85
        kept = json.loads(json.dumps(found.to_dict()))
        again = Learned.from_parts(kept, found.tensors())
        assert np.array_equal(again.predict(x), guess)


def test_final_function_traces_to_what_is_predicted(rows):
    x, y = rows
    found = learn(Recipe(**QUICK, validation_fraction=0.2), x, y, task="multiclass")
    assert found.temperature != 1
    graph = cr.trace(found.function, x[:5])
    assert np.allclose(graph(x[:5]), found.predict_proba(x[:5]), atol=1e-6)


def test_rows_alone_are_predicted_as_among_others(rows):
    x, y = rows
    found = learn(Recipe(**QUICK), x, y, task="multiclass")
    exact = x.astype(np.float64)
    together = found.predict_proba(exact)
    alone = np.concatenate([found.predict_proba(exact[i : i + 1]) for i in range(len(x))])
    assert np.allclose(together, alone, rtol=1e-12)


# -- embeddings --------------------------------------------------------------------------------


def test_embedding_learns_what_its_codes_mean():
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 12, 600)
    meaning = draw.normal(size=12)
    x = np.stack([draw.normal(size=600), codes], axis=1).astype(np.float32)
    y = meaning[codes] + 0.1 * x[:, 0]
    found = learn(Recipe(**QUICK), x, y, task="regression", embedded=[(1, 12)])
    assert np.corrcoef(found.predict(x), y)[0, 1] > 0.98
    assert found.tensors()["tables.0.weight"].shape == (12, 6)


def test_count_is_that_of_the_network():
    settings = {"width": 5, "outputs": 2, "hidden": [7, 3], "embedded": [[1, 9], [4, 30]]}
    network = TableNetwork(**settings)
    assert count_parameters(**settings) == sum(p.size for p in network.parameters())


# -- weights, validation, calibration ----------------------------------------------------------


def test_weight_zero_is_as_if_absent(rows):
    x, y = rows
    weights = (np.arange(len(x)) % 3 > 0).astype(float)
    kept = weights > 0
    recipe = Recipe(**QUICK)
    some = learn(recipe, x, y, task="multiclass", weights=weights)
    part = learn(recipe, x[kept], y[kept], task="multiclass")
    assert np.array_equal(some.predict_proba(x), part.predict_proba(x))


def test_balanced_weights_count_each_class_the_same(rows):
    x, y = rows
    rare = np.flatnonzero(y == 0)[:8]
    chosen = np.concatenate([rare, np.flatnonzero(y > 0)])
    target = (y[chosen] == 0).astype(int)
    hits = {}
    for wanted in (None, "balanced"):
        found = learn(Recipe(**QUICK, class_weight=wanted), x[chosen], target, task="binary")
        hits[wanted] = found.predict_proba(x[y == 0])[:, 1].mean()
    assert hits["balanced"] > hits[None]


def test_best_epoch_is_taken(rows):
    x, y = rows
    wrong = np.random.default_rng(1).permutation(y)  # nothing to learn: soon overfitted
    recipe = Recipe(hidden=(64,), schedule="constant", epochs=100, patience=5)
    history = learn(recipe, x, wrong, task="multiclass", validation=(x[:80], y[:80])).history
    assert history.epochs < 100
    assert history.best_epoch == int(np.argmin(history.metrics["calibrated loss"]))


def test_calibrated_loss_knows_no_sureness():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(500, 1))
    labels = (draw.random((500, 1)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    losses = [calibrated_loss(factor * logits, labels) for factor in (0.5, 1, 5)]
    assert np.ptp(losses) < 1e-6
    assert calibrated_loss(logits + draw.normal(size=(500, 1)), labels) > losses[0] + 0.01


def test_temperature_is_the_best_one():
    draw = np.random.default_rng(0)
    logits = draw.normal(size=(4000, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (p.cumsum(axis=1) < draw.random((4000, 1))).sum(axis=1)
    assert temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)
    assert temperature(logits / 2, labels) == pytest.approx(0.5, rel=0.1)


# -- going on ----------------------------------------------------------------------------------


def test_the_same_seed_the_same_bits_and_another_others(rows):
    x, y = rows
    made = [
        learn(Recipe(**QUICK, dropout=0.3, seed=seed), x, y, task="multiclass").raw(x)
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(made[0], made[1]) and not np.array_equal(made[0], made[2])


def test_stopped_run_goes_on_to_the_same_bits(rows, tmp_path):
    x, y = rows
    recipe = Recipe(**QUICK, batch_norm=True, validation_fraction=0.2)

    class Off(Exception):
        """The machine is switched off."""

    def switch_off(run):
        if run.epoch == 9:
            raise Off

    kept = Checkpoints(tmp_path, every_epochs=1)
    with pytest.raises(Off):
        learn(recipe, x, y, task="multiclass", checkpoints=kept, callbacks=[switch_off])
    resumed = learn(recipe, x, y, task="multiclass", checkpoints=kept, resume=True)
    whole = learn(recipe, x, y, task="multiclass")
    assert np.array_equal(resumed.raw(x), whole.raw(x))
    assert resumed.temperature == whole.temperature


def test_own_class_count_is_kept(rows):
    x, y = rows
    found = learn(Recipe(**QUICK), x, np.minimum(y, 1), task="multiclass", classes=5)
    assert found.predict_proba(x).shape == (len(x), 5)


# -- larger than memory ------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_rows_that_come_in_pieces(rows, task):
    x, y = rows
    y = y if task == "multiclass" else 1e6 + 1e3 * (x[:, 0] - x[:, 1])
    weighing = "balanced" if task == "multiclass" else None
    recipe = Recipe(**QUICK | {"epochs": 60}, class_weight=weighing)

    def pieces(epoch):
        for start in range(40, 240, 50):
            yield x[start : start + 50], y[start : start + 50]

    chunks = Chunks(pieces, rows=100, examples=200)
    found = learn(recipe, chunks, None, task=task, validation=(x[:40], y[:40]))
    assert len(found.history.validation_losses) == found.history.epochs
    guess = found.predict(x)
    if task == "regression":
        assert np.corrcoef(guess, y)[0, 1] > 0.95 and abs(guess.mean() - y.mean()) < 200
    else:
        assert (guess == y).mean() > 0.85
    with pytest.raises(TypeError, match="need validation="):
        learn(recipe, chunks, None, task=task)


def test_calibration_needs_rows_to_validate_on(rows):
    x, y = rows
    recipe = Recipe(**QUICK, calibrate=True, validation_fraction=0.0)
    with pytest.raises(ValueError, match="calibrate=True needs rows to validate on"):
        learn(recipe, x, y, task="multiclass")
