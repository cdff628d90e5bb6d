"""Checkpoints as files: which are kept, damaged ones, full disks, and runs that do not fit."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.train import (
    Callback,
    CheckpointError,
    Checkpoints,
    CheckpointWarning,
    fit,
    load_checkpoint,
)

resource = pytest.importorskip("resource")  # the limits of a process: not on Windows
X = np.random.default_rng(0).normal(size=(60, 2))
Y = (X[:, :1] * X[:, 1:] > 0).astype(float)


def network(width=8):
    first, second = cr.random.split(cr.random.key(1), 2)
    return nn.Sequential(nn.Linear(2, width, key=first), nn.Tanh(), nn.Linear(width, 1, key=second))


def train(folder=None, *, width=8, lr=0.02, epochs=6, data=(X, Y), **settings):
    net = network(width)
    optimizer = optim.Adam(net.parameters(), lr=lr)
    settings = {"loss": nn.MSELoss(), "batch_size": 16, "checkpoints": folder, **settings}
    history = fit(net, settings.pop("loss"), optimizer, data, epochs=epochs, **settings)
    return np.concatenate([p.data.ravel() for p in net.parameters()]), history


def steps(folder):
    return [int(path.name[5:15]) for path in Checkpoints(folder).files]


# -- which are written and kept ----------------------------------------------------------------


def test_the_last_ones_and_the_best_are_kept(tmp_path):
    rule = Checkpoints(tmp_path, every_epochs=1, keep=2)
    values = iter([5.0, 4.0, 1.0, 3.0, 2.0, 6.0])
    metrics = {"made up": lambda y, p: next(values)}
    stop = cr.train.EarlyStopping(99, monitor="made up", restore_best=False)
    train(rule, metrics=metrics, early_stopping=stop)
    assert steps(tmp_path) == [12, 20, 24]
    assert rule.best == tmp_path / "step-0000000012.safetensors"
    assert load_checkpoint(rule.best)["best_checkpoint"]["value"] == 1.0


def test_the_best_may_be_the_highest_and_is_known_after_a_resume(tmp_path):
    rule = Checkpoints(tmp_path, every_epochs=1, keep=1)
    values = iter([5.0, 7.0, 1.0, 3.0, 2.0, 6.0])
    metrics = {"made up": lambda y, p: next(values)}
    stop = cr.train.EarlyStopping(99, monitor="made up", mode="max", restore_best=False)
    for epochs in (3, 6):
        train(rule, metrics=metrics, early_stopping=stop, epochs=epochs, resume=True)
    assert steps(tmp_path) == [8, 24]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"every_epochs": 2, "every_seconds": None, "keep": 9}, [8, 16, 24]),
        ({"every_epochs": 4, "keep": 9}, [16, 24]),
        ({"every_seconds": None}, [24]),
        ({}, [24]),
    ],
)
def test_the_rhythm(rule, expected, tmp_path):
    train(Checkpoints(tmp_path / "made", **rule))
    assert steps(tmp_path / "made") == expected


def test_time_passes_within_epochs_too(tmp_path, monkeypatch):
    from chainrule.train.checkpoints import keeper

    clock = itertools.count(0, 1.0)  # each look at it takes a second
    monkeypatch.setattr(keeper.time, "monotonic", lambda: next(clock))

    class Look(Callback):
        def on_step(self, run):
            seen.append(steps(tmp_path))

    seen = []
    train(Checkpoints(tmp_path, every_seconds=3, keep=99), callbacks=Look())
    assert any(step % 4 for step in seen[-1])  # not only at the ends of epochs


def test_arguments_that_cannot_be_meant(tmp_path):
    (tmp_path / "file").write_text("")
    for wrong in (
        {"keep": 0},
        {"every_epochs": 0},
        {"every_seconds": -1},
        {"folder": tmp_path / "file"},
    ):
        with pytest.raises(ValueError, match="Checkpoints"):
            Checkpoints(**{"folder": tmp_path, **wrong})
    with pytest.raises(TypeError, match="path"):
        Checkpoints(3)
    with pytest.raises(TypeError, match="path"):
        train(True)
    with pytest.raises(ValueError, match="checkpoints="):
        train(None, resume=True)


def test_an_earlier_run_is_not_overwritten(tmp_path):
    train(tmp_path)
    with pytest.raises(CheckpointError, match="resume=True"):
        train(tmp_path)
    Checkpoints(tmp_path).clear()
    train(tmp_path)


def test_a_state_that_no_file_can_hold_is_refused_before_the_training(tmp_path):
    class Odd(Callback):
        def state_dict(self):
            return {"function": print}

        def load_state_dict(self, saved):
            pass

        def on_step(self, run):
            raise AssertionError("too late")

    with pytest.raises(TypeError, match=r"Odd.*function"):
        train(tmp_path, callbacks=Odd())


# -- damage ------------------------------------------------------------------------------------


def damages(path):
    """What can happen to a file: cut anywhere, a bit changed anywhere, zeros, nothing left."""
    raw = path.read_bytes()
    draw = np.random.default_rng(len(raw))
    for place in [0, 7, 8, 9, *draw.integers(10, len(raw), 25), len(raw) - 1]:
        yield raw[:place]
    for place in draw.integers(0, len(raw), 60):
        yield raw[:place] + bytes([raw[place] ^ 1 << draw.integers(8)]) + raw[place + 1 :]
    for start in draw.integers(0, len(raw), 10):
        stop = min(start + 4096, len(raw))
        torn = raw[:start] + bytes(stop - start) + raw[stop:]
        if torn != raw:
            yield torn
    yield raw + b"\0"


def test_a_damaged_file_is_never_taken_for_a_checkpoint(tmp_path):
    train(tmp_path)
    (path,) = Checkpoints(tmp_path).files
    count = 0
    for damaged in damages(path):
        path.write_bytes(damaged)
        with pytest.raises(CheckpointError):
            load_checkpoint(path)
        count += 1
    assert count > 90


def test_a_damaged_newest_checkpoint_costs_no_more_than_itself(tmp_path):
    expected, history = train(None)
    origin = tmp_path / "origin"
    with contextlib.suppress(KeyboardInterrupt):
        train(Checkpoints(origin, every_epochs=1), callbacks=Interrupt(13))
    newest = Checkpoints(origin).files[-1]
    for number, damaged in enumerate(itertools.islice(damages(newest), 0, None, 12)):
        folder = tmp_path / str(number)
        shutil.copytree(origin, folder)
        (folder / newest.name).write_bytes(damaged)
        with pytest.warns(CheckpointWarning, match=f"{newest.name}.*An earlier one is tried"):
            found, resumed = train(Checkpoints(folder, every_epochs=1), resume=True)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(resumed.losses, history.losses)
        assert steps(folder) == [16, 20, 24]


def test_where_all_are_damaged_the_run_begins_anew_and_says_so(tmp_path):
    expected, _ = train(Checkpoints(tmp_path, every_epochs=2))
    for path in Checkpoints(tmp_path).files:
        path.write_bytes(b"lost")
    with pytest.warns(CheckpointWarning) as found:
        again, _ = train(tmp_path, resume=True)
    assert len(found) == 3 and "all begins anew" in str(found[-1].message)
    np.testing.assert_array_equal(again, expected)


class Interrupt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, run):
        if run.step == self.step:
            raise KeyboardInterrupt


# -- full disks --------------------------------------------------------------------------------


class FileLimit(Callback):
    """From an epoch on, files cannot grow beyond some bytes, as where the disk is full."""

    def __init__(self, epochs, size):
        self.epochs, self.size = epochs, size

    def on_epoch(self, run):
        is_full = run.epoch + 1 in self.epochs
        limit = self.size if is_full else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def on_end(self, run):
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)


@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_full_disk_costs_the_newest_checkpoint_and_says_so(size, tmp_path):
    expected, _ = train(None)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.warns(CheckpointWarning, match=r"could not be (written|saved)") as found:
            numbers, _ = train(
                Checkpoints(tmp_path, every_epochs=1, keep=2),
                callbacks=[FileLimit(range(3, 99), size)],
            )
    finally:
        signal.signal(signal.SIGXFSZ, before)
    assert len(found) == 2  # when it begins, and at the end
    assert all("step-0000000008" in str(warning.message) for warning in found)
    np.testing.assert_array_equal(numbers, expected)
    assert steps(tmp_path) == [4, 8]
    assert not list(tmp_path.glob(".*"))
    resumed, _ = train(Checkpoints(tmp_path, every_epochs=1), resume=True)
    np.testing.assert_array_equal(resumed, expected)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount")
def test_a_small_disk_that_fills_up(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        expected, _ = train(None, width=500)
        rule = Checkpoints(disk / "run", every_epochs=1)
        (disk / "ballast").write_bytes(bytes(150_000))  # two fit beside it: the oldest makes room
        numbers, _ = train(rule, width=500)
        np.testing.assert_array_equal(numbers, expected)
        assert steps(rule.folder)[-1] == 24
        rule.clear()
        (disk / "ballast").write_bytes(bytes(200_000))  # only one fits
        with pytest.warns(CheckpointWarning, match="No space left"):
            numbers, _ = train(rule, width=500)
        np.testing.assert_array_equal(numbers, expected)
        assert steps(rule.folder) == [4]
        (disk / "ballast").unlink()
        numbers, _ = train(rule, width=500, resume=True)
        np.testing.assert_array_equal(numbers, expected)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# -- runs that do not fit ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"width": 9}, r"parameters, 0.bias: float32\[8\] in the checkpoint, float32\[9\] now"),
        ({"lr": 0.03}, "settings, group 0, lr: 0.02 in the checkpoint, 0.03 now"),
        ({"seed": 1}, r"random key: \[0, 0\] in the checkpoint, \[0, 1\] now"),
        ({"batch_size": 15}, "batch size: 16 in the checkpoint, 15 now"),
        ({"shuffle": False}, "shuffle"),
        ({"l2": 0.1}, "l2: 0.0 in the checkpoint, 0.1 now"),
        ({"clip": 1.0}, "clip: None in the checkpoint, 1.0 now"),
        ({"loss": nn.L1Loss()}, "loss: MSELoss"),
        ({"early_stopping": 3}, "early stopping: None"),
        ({"schedule": lambda step: 0.1}, "schedule"),
        ({"metrics": {"zero": lambda y, p: 0.0}}, "metrics"),
        ({"validation_split": 0.2}, "validation"),
        ({"validation": (X, Y)}, "validation"),
        ({"weights": np.ones(60)}, "data, weights"),
        ({"data": (X + 1e-6, Y)}, r"data, x: float32\[60, 2\] \w+ in the checkpoint"),
        ({"data": (X[:59], Y[:59])}, r"data, x: .*float32\[59, 2\]"),
        ({"data": [(X, Y)]}, "stream of batches"),
    ],
)
def test_a_run_with_other_settings_is_refused_and_says_which(change, says, tmp_path):
    train(tmp_path, epochs=1)
    (path,) = Checkpoints(tmp_path).files
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match=says):
        train(tmp_path, epochs=2, resume=True, **change)
    assert path.read_bytes() == before


def test_more_epochs_go_on(tmp_path):
    expected, _ = train(None, epochs=5)
    train(tmp_path, epochs=2)
    found, history = train(tmp_path, epochs=5, resume=True)
    np.testing.assert_array_equal(found, expected)
    assert history.epochs == 5
    assert train(tmp_path, epochs=1, resume=True)[1].epochs == 5  # nothing is left to do


def test_another_optimizer_is_refused(tmp_path):
    train(tmp_path, epochs=1)
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.02)
    with pytest.raises(CheckpointError, match="optimizer: Adam in the checkpoint, SGD now"):
        fit(
            net,
            nn.MSELoss(),
            optimizer,
            (X, Y),
            batch_size=16,
            checkpoints=tmp_path,
            resume=True,
        )


def test_another_version_is_warned_of(tmp_path, monkeypatch):
    train(tmp_path, epochs=1)
    monkeypatch.setattr(np, "__version__", "1.0")
    with pytest.warns(CheckpointWarning, match=r"last bits.*NumPy: .* in the checkpoint, 1.0 now"):
        train(tmp_path, epochs=2, resume=True)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_cannot_be_written_is_refused_at_once(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises((CheckpointError, OSError)):
        train(tmp_path)


def test_something_else_is_no_checkpoint(tmp_path):
    from chainrule.export import save_tensors

    path = Checkpoints(tmp_path).path_after(3)
    save_tensors(path, {"kind": "model"}, {})
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load_checkpoint(path)
    save_tensors(path, {"kind": "checkpoint", "format": 99}, {})
    with pytest.raises(CheckpointError, match="format 99"):
        load_checkpoint(path)
