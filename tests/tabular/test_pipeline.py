import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import polars as pl
import pytest

from chainrule.data.errors import DataError
from chainrule.tabular import RunFolderError, Settings, TableModel, resume_table, train_table
from chainrule.train import Callback

from .conftest import TARGETS

RECIPE = {"hidden": [8], "epochs": 12}


def settings(tmp_path, **more):
    values = {"target": "toxic", "recipe": RECIPE, "output": str(tmp_path / "run")}
    values |= {"validation_fraction": 0.1, **more}
    if not {"data", "frame"} & set(values):
        values["data"] = str(tmp_path / "molecules.csv")
    return Settings(**values)


@pytest.fixture
def file(molecules, tmp_path):
    molecules.write_csv(tmp_path / "molecules.csv")
    return tmp_path / "molecules.csv"


def same(one, other):
    """Whether two outcomes have the same parameters, predictions and metrics, bit for bit."""
    left, right = one.model.learned.tensors(), other.model.learned.tensors()
    assert left.keys() == right.keys()
    is_same = all(np.array_equal(left[name], right[name]) for name in left)
    is_same &= np.array_equal(one.outputs, other.outputs)
    return is_same and one.metrics_json() == other.metrics_json()


@pytest.mark.parametrize("task", TARGETS)
def test_every_task_from_table_to_metrics(molecules, task):
    found = train_table(Settings(target=TARGETS[task], recipe=RECIPE), frame=molecules)
    rows = vars(found.parts)
    assert sorted(np.concatenate(list(rows.values()))) == list(range(120))
    assert found.evaluation.rows == len(found.truth) == len(found.outputs) == len(rows["test"])
    assert found.predictions.height == found.evaluation.rows
    assert {name for name, *_ in found.importance} == set(found.model.preparation.names)
    names = {metric.name for metric in found.evaluation.metrics}
    for baseline in found.baselines.values():
        assert {metric.name for metric in baseline.metrics} == names
    json.loads(found.metrics_json())
    assert not len(rows["validation"]) and len(found.folds) == 5
    assert (found.model.learned.temperature == 1) == (found.schema.task == "regression")


def test_a_temperature_of_folds_calibrates(molecules):
    """Of rows that are hard to tell apart, a network without it is too sure."""
    draw = np.random.default_rng(0)
    frame = pl.DataFrame(draw.normal(size=(300, 6)), schema=list("abcdef"))
    y = np.where(frame["a"] + 1.5 * draw.normal(size=300) > 0, "up", "down")
    recipe = {"hidden": [32], "epochs": 100, "weight_decay": 0.0, "dropout": 0.0}
    plan = Settings(target="y", recipe=recipe)
    bare, mended = (
        train_table(plan.changed(folds=folds), frame=frame.with_columns(y=y)) for folds in (0, 4)
    )
    assert bare.model.learned.temperature == 1 < mended.model.learned.temperature
    assert mended.evaluation["log_loss"].value < bare.evaluation["log_loss"].value
    assert mended.evaluation["auc"].value == bare.evaluation["auc"].value


def test_the_test_part_teaches_nothing(molecules):
    """The preparation is of the training rows alone; what other rows hold changes no bit."""
    plan = Settings(target="dose", recipe=RECIPE, seed=3, folds=0)
    first = train_table(plan, frame=molecules)
    test = np.isin(np.arange(120), first.parts.test)
    changed = molecules.with_columns(
        weight=pl.when(pl.Series(test)).then(pl.col("weight") * 1000).otherwise("weight"),
    )
    second = train_table(plan, frame=changed)
    assert (second.parts.test == first.parts.test).all()
    assert first.model.preparation.to_dict() == second.model.preparation.to_dict()
    for name, value in first.model.learned.tensors().items():
        assert np.array_equal(value, second.model.learned.tensors()[name])


def test_the_seed_decides_everything(file, tmp_path):
    runs = [train_table(settings(tmp_path, seed=seed, output=None, folds=2)) for seed in (1, 1, 2)]
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])
    assert runs[0].folds == runs[1].folds and len(runs[0].folds) == 2


def test_a_test_file_is_the_test_part(molecules, tmp_path):
    molecules[:90].write_csv(tmp_path / "a.csv")
    molecules[90:].write_parquet(tmp_path / "b.parquet")
    places = {"data": str(tmp_path / "a.csv"), "test": str(tmp_path / "b.parquet")}
    found = train_table(settings(tmp_path, output=None, **places))
    assert found.evaluation.rows == 30
    assert found.parts.development.tolist() == list(range(90))
    assert [each["file"] for each in found.record["data"]] == list(places.values())


def test_a_run_folder_has_all_that_was_found(file, tmp_path):
    def report(outcome, path):
        path.write_text(f"{outcome.evaluation.rows} rows")

    found = train_table(settings(tmp_path), report=report, command="chainrule train it")
    folder = tmp_path / "run"
    assert {each.name for each in folder.iterdir()} == {
        *("settings.toml", "model.chainrule", "report.html", "history.csv", "metrics.json"),
        "checkpoints",
    }
    assert (folder / "report.html").read_text() == "24 rows"
    assert json.loads((folder / "metrics.json").read_text()) == found.metrics()
    history = pl.read_csv(folder / "history.csv")
    assert history.columns == ["epoch", "loss", "validation_loss"]
    assert history["loss"].to_list() == found.history.epoch_losses.tolist()
    again = Settings.load(folder / "settings.toml", output=None)
    assert again == settings(tmp_path, output=None)
    record = TableModel.load(folder / "model.chainrule").record
    assert record["command"] == "chainrule train it"
    assert record["data"][0]["bytes"] == file.stat().st_size


def test_folders_that_cannot_be_used(file, tmp_path):
    train_table(settings(tmp_path))
    with pytest.raises(RunFolderError, match="holds a finished run"):
        train_table(settings(tmp_path))
    (tmp_path / "run" / "metrics.json").unlink()
    with pytest.raises(RunFolderError, match="holds an unfinished run: resume it"):
        train_table(settings(tmp_path))
    with pytest.raises(RunFolderError, match="settings differ"):
        train_table(settings(tmp_path, seed=9), resume=True)
    file.write_text(file.read_text().replace("acid", "base"))
    with pytest.raises(RunFolderError, match="not what the run began with"):
        resume_table(tmp_path / "run")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(RunFolderError, match="is not empty, and is no run folder"):
        train_table(settings(tmp_path, output=str(tmp_path / "other")))
    with pytest.raises(RunFolderError, match="is a file"):
        train_table(settings(tmp_path, output=str(file)))


def test_bad_data_leaves_no_folder(file, tmp_path):
    with pytest.raises(DataError, match="there is no column 'txoic'"):
        train_table(settings(tmp_path, target="txoic"))
    assert not (tmp_path / "run").exists()


class Lightning(Callback):
    """The machine is switched off after so many steps."""

    def __init__(self, steps):
        self.steps = steps

    def on_step(self, run):
        self.steps -= 1
        if self.steps < 0:
            raise KeyboardInterrupt


def test_a_stopped_run_is_resumed_to_the_same_bits(file, tmp_path):
    whole = train_table(settings(tmp_path, output=str(tmp_path / "whole")))
    for steps in (0, 7, 40):
        plan = settings(tmp_path, output=str(tmp_path / f"run {steps}"))
        with pytest.raises(KeyboardInterrupt):
            train_table(plan, callbacks=[Lightning(steps)])
        model = tmp_path / f"run {steps}" / "model.chainrule"
        assert not model.exists()
        assert same(whole, resume_table(model.parent))
        found = TableModel.load(model).outputs_of(file)
        assert np.array_equal(found, whole.model.outputs_of(file))
    assert same(whole, resume_table(model.parent))  # a finished one too


RUN = """
import sys
from chainrule.tabular import Settings, train_table
train_table(Settings.load(sys.argv[1], output=sys.argv[2]), tell=lambda s: print(s, flush=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_a_killed_run_is_resumed_to_the_same_bits(file, tmp_path):
    plan = settings(
        tmp_path, recipe={"hidden": [8], "epochs": 400, "patience": None}, folds=2, output=None
    )
    plan.save(tmp_path / "plan.toml")
    whole = train_table(plan)
    folder = tmp_path / "run"
    words = [sys.executable, "-c", RUN, str(tmp_path / "plan.toml"), str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as running:
        assert "training\n" in running.stdout
        time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
        assert running.wait() == -signal.SIGKILL
    assert (folder / "settings.toml").exists() and not (folder / "metrics.json").exists()
    assert same(whole, resume_table(folder))


def test_files_are_learned_from_piece_by_piece(file, tmp_path):
    plan = settings(tmp_path, streaming=True, output=str(tmp_path / "whole"))
    whole = train_table(plan)
    assert whole.record["sampled"] and whole.record["rows"] == {
        "train": 86,
        "validation": 10,
        "test": 24,
    }
    names = {row["row"] for row in whole.predictions.to_dicts()}
    assert names == set(whole.parts.test.tolist())
    truth = pl.read_csv(file)["toxic"][whole.parts.test]
    assert whole.predictions["truth"].to_list() == truth.to_list()
    with pytest.raises(KeyboardInterrupt):
        train_table(plan.changed(output=str(tmp_path / "run")), callbacks=[Lightning(30)])
    assert same(whole, resume_table(tmp_path / "run"))
