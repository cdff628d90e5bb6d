"""Logs of a run: what they hold, and that they go on without gaps or doubles."""

import csv
import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import Callback, CSVLog, JSONLog, MLflow, TensorBoard, fit, metrics
from chainrule.train.logging.event_file import our_files, read_events

X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


class Interrupt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


def train(*callbacks, epochs=6, **settings):
    first, second = cr.random.split(cr.random.key(1), 2)
    net = nn.Sequential(nn.Linear(2, 8, key=first), nn.Tanh(), nn.Linear(8, 1, key=second))
    optimizer = optim.Adam(net.parameters(), lr=0.02)
    callbacks = [*callbacks, optim.lr_scheduler.ExponentialLR(optimizer, 0.9)]
    settings = {"validation": (X[:9], Y[:9]), "metrics": {"mean, squared": metrics.mse}, **settings}
    return fit(net, nn.MSELoss(), optimizer, (X, Y), epochs=epochs, callbacks=callbacks, **settings)


def interrupted(folder, make):
    """Train with a log, are interrupted after epoch 4, and go on from epoch 3."""
    rule = cr.train.Checkpoints(folder, every_epochs=3)
    with pytest.raises(KeyboardInterrupt):
        train(make(), Interrupt(9), checkpoints=rule)
    rule.files[-1].unlink()  # that of the interruption: a killed process leaves none
    return train(make(), checkpoints=rule, resume=True)


def read(path):
    """The rows of a CSV or JSON log, as numbers."""
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    return [json.loads(line) for line in path.read_text().splitlines()]


def columns(rows):
    return {name: [row[name] for row in rows] for name in rows[0] if name != "seconds"}


@pytest.mark.parametrize(("kind", "name"), [(CSVLog, "log.csv"), (JSONLog, "log.jsonl")])
def test_tables_hold_the_history_to_the_bit_also_after_a_resume(kind, name, tmp_path):
    path = tmp_path / "logs" / name
    history = train(kind(path))
    expected = {
        "epoch": [1, 2, 3, 4, 5, 6],
        "step": [2, 4, 6, 8, 10, 12],
        "loss": history.epoch_losses.tolist(),
        "validation_loss": history.validation_losses.tolist(),
        "mean, squared": history.metrics["mean, squared"].tolist(),
        "learning_rate": history.learning_rates[1::2].tolist(),
    }
    assert columns(read(path)) == expected
    seconds = [row["seconds"] for row in read(path)]
    assert sorted(seconds) == seconds and seconds[-1] <= history.seconds + 0.001

    other = tmp_path / name
    interrupted(tmp_path, lambda: kind(other))
    assert columns(read(other)) == expected


def test_a_table_is_there_after_each_epoch_and_mends_what_a_full_disk_left_out(tmp_path):
    path = tmp_path / "log.csv"
    counts = []

    def look(run):
        counts.append(len(path.read_text().splitlines()) if path.is_file() else None)
        if run.epoch == 1:
            path.unlink()
            path.mkdir()  # nothing can be written there
        elif run.epoch == 3:
            path.rmdir()

    with pytest.warns(UserWarning, match="cannot be written") as found:
        train(CSVLog(path), look)
    assert len(found) == 1
    assert counts == [2, 3, None, None, 6, 7]
    assert [row["epoch"] for row in read(path)] == [1, 2, 3, 4, 5, 6]


def test_a_metric_may_be_called_loss(tmp_path):
    log = CSVLog(tmp_path / "log.csv")
    train(log, metrics={"loss": lambda y, p: 7.0}, epochs=1)
    (row,) = read(log.path)
    assert row["metric loss"] == 7.0 and row["loss"] != 7.0


def test_values_that_json_has_no_word_for(tmp_path):
    log = JSONLog(tmp_path / "log.jsonl")
    train(log, metrics={"odd": lambda y, p: float("nan")}, epochs=1)
    assert read(log.path)[0]["odd"] is None


# -- TensorBoard -------------------------------------------------------------------------------


def scalars(folder):
    """Tag -> [(step, value), ...] of all event files, and how many histograms there are by tag."""
    found, shapes = {}, {}
    for path in our_files(folder):
        for event in read_events(path):
            for value in event.summary.value:
                if value.HasField("histo"):
                    shapes.setdefault(value.tag, []).append((event.step, value.histo.num))
                else:
                    found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found, shapes


def test_event_files_can_be_read_back(tmp_path):
    history = train(TensorBoard(tmp_path / "a", steps=True, histograms=3))
    found, shapes = scalars(tmp_path / "a")
    assert sorted(found) == [
        "learning_rate",
        "loss",
        "mean__squared",
        "step/learning_rate",
        "step/loss",
        "validation_loss",
    ]
    assert [step for step, _ in found["loss"]] == [1, 2, 3, 4, 5, 6]
    assert [value for _, value in found["loss"]] == history.epoch_losses.astype("f4").tolist()
    assert [step for step, _ in found["step/loss"]] == list(range(1, 13))
    assert [value for _, value in found["step/loss"]] == history.losses.astype("f4").tolist()
    assert shapes["parameters/0.weight"] == [(3, 16.0), (6, 16.0)]

    interrupted(tmp_path, lambda: TensorBoard(tmp_path / "b", steps=True, histograms=3))
    assert scalars(tmp_path / "b") == (found, shapes)
    assert len(our_files(tmp_path / "b")) == 1


def test_a_torn_or_a_missing_event_file_is_made_up_for(tmp_path):
    folder = tmp_path / "events"
    train(TensorBoard(folder, steps=True), checkpoints=tmp_path)
    whole, _ = scalars(folder)
    (path,) = our_files(folder)
    raw = path.read_bytes()
    for cut in range(300, 1100, 160):
        path.write_bytes(raw[:-cut])
        assert scalars(folder)[0] != whole
        train(TensorBoard(folder, steps=True), checkpoints=tmp_path, resume=True)
        assert scalars(folder)[0] == whole
        (path,) = our_files(folder)
    path.unlink()
    train(TensorBoard(folder, steps=True), checkpoints=tmp_path, resume=True)
    assert scalars(folder)[0] == whole


def test_what_a_full_disk_kept_out_of_the_events_comes_later(tmp_path):
    def look(run):
        (path,) = our_files(tmp_path)
        if run.epoch == 1:
            path.rename(tmp_path / "aside")
            path.mkdir()  # nothing can be written there
        elif run.epoch == 3:
            path.rmdir()
            (tmp_path / "aside").rename(path)

    with pytest.warns(UserWarning, match="cannot be written") as found:
        history = train(TensorBoard(tmp_path, steps=True), look)
    assert len(found) == 1
    losses = scalars(tmp_path)[0]
    assert losses["loss"] == list(enumerate(history.epoch_losses.astype("f4").tolist(), 1))
    assert losses["step/loss"] == list(enumerate(history.losses.astype("f4").tolist(), 1))


def test_other_files_in_the_folder_stay(tmp_path):
    other = tmp_path / "events.out.tfevents.1.somebody"
    other.write_bytes(b"theirs")
    train(TensorBoard(tmp_path), epochs=1)
    train(TensorBoard(tmp_path), epochs=2)
    assert other.read_bytes() == b"theirs" and len(scalars(tmp_path)[0]["loss"]) == 2


# -- MLflow: a stand-in with the calls that we make; the real one is too large to test with ------


class FakeMLflow(ModuleType):
    def __init__(self):
        super().__init__("mlflow")
        self.runs, self.now, self.ended = {}, None, []

    def active_run(self):
        return self.now

    def start_run(self, run_id=None, run_name=None):
        run_id = run_id or f"run {len(self.runs)}"
        self.runs.setdefault(run_id, {"metrics": [], "params": {}})
        self.now = SimpleNamespace(info=SimpleNamespace(run_id=run_id))
        return self.now

    def end_run(self, status="FINISHED"):
        self.now = None
        self.ended.append(status)

    def log_metrics(self, values, step=None):
        rows = [SimpleNamespace(key=k, value=v, step=step) for k, v in values.items()]
        self.runs[self.now.info.run_id]["metrics"] += rows

    def log_params(self, values):
        self.runs[self.now.info.run_id]["params"].update(values)

    def MlflowClient(self):
        def history(run_id, key):
            return [row for row in self.runs[run_id]["metrics"] if row.key == key]

        return SimpleNamespace(get_metric_history=history)


def test_mlflow_gets_each_epoch_once_also_after_a_resume(tmp_path, monkeypatch):
    fake = FakeMLflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    history = interrupted(tmp_path, lambda: MLflow(parameters={"width": 8}))
    (run,) = fake.runs.values()
    found = [(row.step, row.value) for row in run["metrics"] if row.key == "loss"]
    assert found == list(enumerate(history.epoch_losses.tolist(), 1))
    assert run["params"] == {"width": 8}
    assert fake.ended == ["FAILED", "FINISHED"]


def test_an_active_run_of_mlflow_is_left_open(monkeypatch):
    fake = FakeMLflow()
    monkeypatch.setitem(sys.modules, "mlflow", fake)
    fake.start_run("mine")
    train(MLflow(), epochs=2)
    assert fake.now.info.run_id == "mine" and not fake.ended
    assert {row.step for row in fake.runs["mine"]["metrics"]} == {1, 2}


def test_without_mlflow_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(ImportError, match="pip install mlflow"):
        train(MLflow(), epochs=1)
