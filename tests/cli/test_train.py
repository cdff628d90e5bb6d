"""train, tune, resume: folders, settings, interruptions."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import warnings

import pytest

from chainrule.cli import running
from chainrule.tabular import Recipe, Settings

from .conftest import QUICK, call, write_rows

FILES = {"settings.toml", "model.chainrule", "report.html", "history.csv", "metrics.json"}


def test_a_run_leaves_a_folder_and_one_document(trained, tables):
    assert trained.code == 0, trained.err
    found = trained.document
    assert set(os.listdir(tables / "run")) >= FILES
    assert found["task"] == "binary" and found["classes"] == ["cod", "eel"]
    assert found["metrics"]["test"]["metrics"]["auc"]["value"] > 0.8
    assert found["recipe"]["hidden"] == [8]
    assert "training" in trained.err  # progress, but not on stdout


def test_what_a_person_sees_fits_80_columns(tables, tmp_path):
    answer = call("train", tables / "fish.csv", "-t", "kind", *QUICK, "-o", tmp_path / "r")
    assert answer.code == 0, answer.err
    lines = answer.out.split("Report")[0].splitlines()
    assert max(map(len, lines)) <= 80
    assert "kind: cod or eel" in answer.out and "ROC AUC" in answer.out
    assert "\x1b[" not in answer.out + answer.err
    stages = [line for line in answer.err.splitlines() if line.endswith(" s") or " s  " in line]
    assert len(stages) >= 4  # plain lines, no bars


def test_runs_are_numbered_where_no_folder_is_named(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        assert call("train", tables / "fish.csv", "-t", "kind", *QUICK, "-q").code == 0
        assert (tmp_path / "runs" / f"fish-{number}" / "model.chainrule").exists()


def test_a_folder_is_replaced_only_when_asked(tables, tmp_path):
    folder = tmp_path / "r"
    command = ("train", tables / "fish.csv", "-t", "kind", *QUICK, "-o", folder)
    assert call(*command).code == 0
    before = (folder / "metrics.json").read_bytes()
    (folder / "mine.txt").write_text("notes")
    refused = call(*command, "--seed", 5)
    assert refused.code == 2 and "--force" in refused.err
    assert (folder / "metrics.json").read_bytes() == before
    more = call(*command, "--force", columns=300)
    assert more.code == 2 and "holds more than a run (mine.txt)" in more.err
    (folder / "mine.txt").unlink()
    assert call(*command, "--seed", 5, "--force").code == 0
    assert (folder / "metrics.json").read_bytes() != before


def test_a_run_that_cannot_begin_replaces_nothing(tables, tmp_path):
    folder = tmp_path / "r"
    command = ("train", tables / "fish.csv", *QUICK, "-o", folder)
    assert call(*command, "-t", "kind").code == 0
    before = (folder / "model.chainrule").read_bytes()
    assert call(*command, "-t", "weight", "--force").code == 3
    assert (folder / "model.chainrule").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_force_removes_no_other_folder(tables, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    answer = call("train", tables / "fish.csv", "-t", "kind", "-o", tmp_path, "--force")
    assert answer.code == 2 and "no folder of a run" in answer.err
    assert (tmp_path / "thesis.tex").exists()


def test_bad_data_leaves_no_folder(tables, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = call("train", tables / "fish.csv", "-t", "weight")
    assert answer.code == 3 and "there is no column 'weight'" in answer.err
    assert not list((tmp_path / "runs").iterdir())


def test_positions_that_begin_with_a_dash_and_no_header(tables, tmp_path):
    out = ("-o", tmp_path / "r", "--json")
    answer = call(
        "train", tables / "plain.csv", "--no-header", "--sep", ";", "--target", "-1", *QUICK, *out
    )
    assert answer.code == 0, answer.err
    assert answer.document["targets"] == ["column_4"]


def test_a_file_of_settings_and_the_command_line_which_wins(tables, tmp_path):
    config = tmp_path / "run.toml"
    config.write_text(
        f'data = "{(tables / "fish.csv").as_posix()}"\ntarget = "kind"\nseed = 3\n'
        "[recipe]\nhidden = [4]\nepochs = 3\n"
    )
    answer = call("train", "--config", config, "--epochs", 2, "-o", tmp_path / "r", "--json")
    assert answer.code == 0, answer.err
    written = tomllib.loads((tmp_path / "r" / "settings.toml").read_text())
    assert written["recipe"] == {"hidden": [4], "epochs": 2} and written["seed"] == 3


def test_the_printed_form_is_a_file_of_settings(tables, tmp_path):
    shown = call("train", "a b.csv", "-t", "y", "-t", "z", "--type", "zip=category", "--lr", 0.01,
                 "--print-config")  # fmt: skip
    assert tomllib.loads(shown.out) == {
        "data": "a b.csv",
        "target": ["y", "z"],
        "types": {"zip": "category"},
        "recipe": {"learning_rate": 0.01},
    }
    form = call("train", "--print-config").out
    assert tomllib.loads(form) == {} and "# learning_rate = 0.003" in form
    known = [line for line in form.splitlines() if not line.endswith("=")]
    defaults = tomllib.loads("\n".join(line.removeprefix("# ") for line in known))
    assert defaults["test_fraction"] == 0.2 and defaults["tune"] == {"trials": 30}


def test_every_setting_has_an_option():
    own = {"data", "recipe", "tune", "output", "folds"}  # arguments and options of the verbs
    inside = {"calibrate", "dtype", "seed", "validation_fraction"}  # in files of settings only
    keys = {row.key for row in running.ROWS}
    assert set(Settings.model_fields) - own == {key for key in keys if "." not in key}
    recipe = {
        f"recipe.{each.name}" for each in dataclasses.fields(Recipe) if each.name not in inside
    }
    assert recipe == {key for key in keys if "." in key}


def test_the_schema_is_printed():
    assert "test_fraction" in call("train", "--print-schema", "--json").document["properties"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "which data?"),
        (["fish.csv"], 2, "which column is to be predicted? --target NAME"),
        (["nothing.csv", "-t", "y"], 3, "there is no such file"),
        (["fish.csv", "-t", "kind", "--hidden", "8;8"], 2, "write sizes such as 64,32"),
        (["fish.csv", "-t", "kind", "--type", "sea"], 2, "write column=kind"),
        (["fish.csv", "-t", "kind", "--type", "sea=colour"], 2, "types"),
        (["fish.csv", "-t", "kind", "--dropout", "2"], 2, "dropout must be a number from 0"),
        (["fish.csv", "-t", "kind", "--activation", "rleu"], 2, "did you mean 'relu'?"),
        (["fish.csv", "-t", "kind", "--epochs", "many"], 2, "--epochs"),
        (["fish.csv", "-t", "kind", "--droput", "0"], 2, "No such option"),
        (["fish.csv", "-t", "kind", "-o", "fish.csv"], 2, "fish.csv"),
        (["--config", "nothing.toml"], 2, "nothing.toml"),
        (["fish.csv", "-t", "kind", "--ignore", "seas"], 3, "seas"),
    ],
)
def test_mistakes_are_explained(tables, tmp_path, monkeypatch, arguments, code, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fish.csv").write_bytes((tables / "fish.csv").read_bytes())
    answer = call("train", *arguments, columns=500)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err and "Traceback" not in answer.err
    machine = call("train", *arguments, "--json", columns=500)
    assert machine.document["error"]["exit_code"] == machine.code == code


def test_verbose_shows_the_traceback():
    assert "Traceback" in call("train", "nothing.csv", "-t", "y", "--verbose").err


def test_warnings_are_lines_without_code(tables, tmp_path, monkeypatch):
    carry_out = running._carry_out

    def warning(*arguments):
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.warn("the checkpoint could not be written", RuntimeWarning, stacklevel=1)
        return carry_out(*arguments)

    monkeypatch.setattr(running, "_carry_out", warning)
    answer = call("train", tables / "fish.csv", "-t", "kind", *QUICK, "-o", tmp_path / "r")
    assert answer.err.startswith("Warning the checkpoint could not be written\n")


def test_an_error_of_ours_says_so(tables, tmp_path, monkeypatch):
    def broken(*args, **options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(running, "_carry_out", broken)
    answer = call("train", tables / "fish.csv", "-t", "kind", "-o", tmp_path / "r")
    assert answer.code == 1 and "--verbose shows where" in answer.err.replace("\n", " ")
    assert not (tmp_path / "r").exists()


def test_several_values_folds_and_another_sign_of_missing(tmp_path):
    rows = [[i % 7, "gone" if i % 9 == 0 else i % 5, i % 7 + 0.5, 2.0 * (i % 5)] for i in range(60)]
    write_rows(tmp_path / "t.csv", [["a", "b", "up", "double"], *rows])
    targets = ("-t", "up", "-t", "double", "--missing", "gone", "--folds", 2)
    answer = call("train", tmp_path / "t.csv", *targets, *QUICK, "-o", tmp_path / "r")
    assert answer.code == 0, answer.err
    assert "2 folds" in answer.out and "±" in answer.out
    assert "of up" in answer.out and "of double" in answer.out
    assert max(map(len, answer.out.split("Report")[0].splitlines())) <= 80


def test_epochs_are_logged_when_asked(tables, tmp_path):
    command = ("train", tables / "fish.csv", "-t", "kind", *QUICK, "-o", tmp_path / "r")
    logs = ("--log", "csv", "--log", "jsonl", "--log", "tensorboard")
    assert call(*command, *logs).code == 0
    assert len((tmp_path / "r" / "log.csv").read_text().splitlines()) > 10
    json.loads((tmp_path / "r" / "log.jsonl").read_text().splitlines()[0])
    assert any((tmp_path / "r" / "tensorboard").iterdir())
    assert call(*command, "--force").code == 0
    assert not (tmp_path / "r" / "log.csv").exists()
    wrong = call(*command, "--force", "--log", "excel")
    assert wrong.code == 2 and "csv, jsonl, tensorboard, mlflow" in wrong.err
    assert (tmp_path / "r" / "metrics.json").exists()


def test_tune_looks_for_a_recipe_and_trains_with_it(tables, tmp_path):
    command = ("tune", tables / "fish.csv", "-t", "kind", "--trials", 3, *QUICK)
    answer = call(*command, "-o", tmp_path / "r")
    assert answer.code == 0, answer.err
    assert "3 trials" in answer.out and "the usual" in answer.out
    assert "trial 2 of 3: complete" in answer.err
    assert max(map(len, answer.out.split("Report")[0].splitlines())) <= 80
    metrics = json.loads((tmp_path / "r" / "metrics.json").read_text())
    assert metrics["task"] == "binary"
    wrong = call(*command, "--metric", "acu", "-o", tmp_path / "s", columns=300)
    assert wrong.code == 2 and "there is no metric 'acu'" in wrong.err


def test_resume_says_what_there_is_to_go_on_with(tables, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "is unfinished" in call("resume").err
    assert "there is no folder" in call("resume", "nowhere").err
    assert "no folder of a run" in call("resume", tmp_path).err
    assert "is finished" in call("resume", tables / "run", columns=300).err


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C reaches all processes there")
def test_ctrl_c_says_how_to_go_on_and_the_end_is_the_same(tables, tmp_path):
    options = ("-t", "kind", "--hidden", 8, "--batch-size", 8, "--epochs", 700)
    options = (*options, "--patience", 700)
    folder = tmp_path / "r"
    command = [sys.executable, "-m", "chainrule", "train", tables / "fish.csv", *options]
    process = subprocess.Popen(
        [*map(str, command), "-o", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    kept = folder / "checkpoints" / "network"
    end = time.monotonic() + 60
    while time.monotonic() < end and not (kept.exists() and any(kept.iterdir())):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert f"chainrule resume {folder}" in told.decode()
    assert "Traceback" not in told.decode()
    assert call("resume", folder, "--quiet").code == 0
    whole = tmp_path / "whole"
    assert call("train", tables / "fish.csv", *options, "-o", whole, "--quiet").code == 0
    assert (folder / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    ours, theirs = (json.loads((each / "metrics.json").read_text()) for each in (folder, whole))
    assert ours["test"] == theirs["test"]
