"""The command: what it prints, writes and returns."""

import importlib.util
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from chainrule.cli import app
from chainrule.demo import line
from chainrule.demo.checks import Outcome, quietly

run = CliRunner().invoke


@pytest.fixture
def quick(monkeypatch):
    """Experiment 1 with fewer steps: its checks still hold."""
    full = line.run
    monkeypatch.setattr(line, "run", lambda track=quietly: full(track, steps=900))


def test_version():
    result = run(app, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("chainrule 0.")


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"]])
def test_help_has_examples(arguments):
    result = run(app, arguments)
    assert result.exit_code == 0
    assert "chainrule demo" in result.output and "xample" in result.output


def test_a_run_prints_plain_lines_and_says_where_the_report_is(quick, tmp_path):
    result = run(app, ["demo", "line", "--output", str(tmp_path)])
    assert result.exit_code == 0, result.output
    report = tmp_path / "index.html"
    assert report.is_file()
    assert str(report) in result.output
    assert "All 6 checks passed" in result.output
    assert "\x1b[" not in result.output
    table = result.output.split("Report:")[0]
    assert max(map(len, table.splitlines())) <= 80


def test_an_html_file_may_be_named(quick, tmp_path):
    result = run(app, ["demo", "line", "-o", str(tmp_path / "a" / "b.html")])
    assert result.exit_code == 0
    assert (tmp_path / "a" / "b.html").is_file()


def test_a_failed_check_gives_exit_code_1_and_the_report(monkeypatch, tmp_path):
    full = line.run
    monkeypatch.setattr(line, "run", lambda track=quietly: full(track, steps=3))
    result = run(app, ["demo", "line", "-o", str(tmp_path)])
    assert result.exit_code == 1
    assert "FAIL" in result.output and "checks failed" in result.output
    assert (tmp_path / "index.html").is_file()


def test_a_report_that_cannot_be_written_is_explained(quick, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run(app, ["demo", "line", "-o", str(tmp_path / "file" / "report")])
    assert result.exit_code == 2
    assert "cannot write" in result.output and "file" in result.output


def test_interrupted_there_is_no_report(monkeypatch, tmp_path):
    def interrupted(track=quietly):
        raise KeyboardInterrupt

    monkeypatch.setattr(line, "run", interrupted)
    result = run(app, ["demo", "line", "-o", str(tmp_path / "r")])
    assert result.exit_code == 130
    assert "no report was written" in result.output
    assert not (tmp_path / "r").exists()


def test_a_note_with_brackets_is_printed_as_it_is(monkeypatch, tmp_path):
    full = line.run

    def noted(track=quietly):
        outcome = full(track, steps=900)
        return Outcome(outcome.found, outcome.checks, "stands in, as [Errno -2] no [/network]")

    monkeypatch.setattr(line, "run", noted)
    result = run(app, ["demo", "line", "-o", str(tmp_path)])
    assert "[Errno -2] no [/network]" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["demo", "lines"], "no experiment lines; there are line, logistic"),
        (["demo", "line", "--picture", "x.png"], "--picture shows all five"),
        (["demo", "--picture", "x.bmp"], "--picture ends in .png, .svg or .pdf, not .bmp"),
    ],
)
def test_mistakes_are_explained(arguments, message):
    result = run(app, arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_missing_packages_are_named_with_the_remedy(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "sklearn" else find(name, *a)
    )
    result = run(app, ["demo", "line"])
    assert result.exit_code == 2
    assert "scikit-learn" in result.output and "pip install 'chainrule[demo]'" in result.output


def test_the_command_starts_without_the_heavy_packages():
    code = (
        "import sys, chainrule.cli\n"
        "heavy = {'matplotlib', 'sklearn', 'scipy', 'pandas', 'chainrule.demo', 'chainrule.nn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_python_m_chainrule_is_the_command():
    command = [sys.executable, "-m", "chainrule", "--version"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.startswith("chainrule 0.")
