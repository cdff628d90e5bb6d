"""``chainrule lessons``: copies, progress, and how marimo is started."""

import importlib
import json

import pytest
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.lessons import Lesson, entries, exercises
from chainrule.lessons.progress import Progress

COMMAND = importlib.import_module("chainrule.cli.lessons")
LAST = entries()[-1].name


def run(*arguments):
    return CliRunner().invoke(app, ["lessons", *map(str, arguments)], env={"COLUMNS": "80"})


def test_lessons_are_copied_without_their_solutions(tmp_path):
    result = run(tmp_path / "mine", "--only-copy")
    assert result.exit_code == 0, result.output
    copied = {path.name for path in (tmp_path / "mine").iterdir()}
    notebooks = {f"{entry.name}.py" for entry in entries()}
    assert copied == notebooks | {"progress.json", "pyproject.toml"}


def test_what_a_learner_wrote_is_never_overwritten(tmp_path):
    run(tmp_path, "--only-copy")
    notebook = tmp_path / "01_line.py"
    notebook.write_text("# mine\n", encoding="utf-8")
    Progress(tmp_path).add("01_line", "mse")
    (tmp_path / f"{LAST}.py").unlink()
    result = run(tmp_path, "--only-copy")
    assert f": 1 of {len(entries())} lessons" in " ".join(result.output.split())
    assert notebook.read_text(encoding="utf-8") == "# mine\n"
    assert Progress(tmp_path).solved("01_line") == ["mse"]
    assert (tmp_path / f"{LAST}.py").exists()


def test_the_list_shows_what_is_solved(tmp_path):
    run(tmp_path, "--only-copy")
    lesson = Lesson("01_line", tmp_path)
    lesson.check("line", lambda w, b, x: w * x + b)
    lesson.check("mse", lambda prediction, target: 0.0)
    assert json.loads((tmp_path / "progress.json").read_text()) == {"01_line": ["line"]}
    rows = [row for row in run(tmp_path, "--list").output.splitlines() if "solved" in row]
    assert len(rows) == len(entries())
    assert rows[0].endswith(f"1 of {len(exercises('01_line'))} solved")


def test_no_progress_is_kept_where_no_learner_began(tmp_path):
    Lesson("01_line", tmp_path).check("line", lambda w, b, x: w * x + b)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["", "[1, 2]", '{"01_line": 3}', "{"])
def test_a_damaged_file_of_progress_begins_again(tmp_path, damage):
    (tmp_path / "progress.json").write_text(damage)
    progress = Progress(tmp_path)
    progress.add("01_line", "line")
    assert progress.solved("01_line") == ["line"]


def test_marimo_listens_on_this_machine_only_and_wants_a_token(tmp_path):
    command = COMMAND.command(tmp_path, browser=False, port=2800)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert "--token" in command and "--headless" in command
    assert command[-2:] == ["--port", "2800"]


def test_without_marimo_the_advice_is_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(COMMAND, "find_spec", lambda name: None)
    result = run(tmp_path / "new")
    assert result.exit_code == 2
    assert "pip install 'chainrule[lessons]'" in result.output
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    result = run(tmp_path / "file", "--only-copy")
    assert result.exit_code == 2
    assert "cannot write" in result.output
