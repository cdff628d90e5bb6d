"""doctor, cache, help, completion, and how the command starts."""

import errno
import json
import subprocess
import sys

import pytest

from chainrule import config
from chainrule.cli import doctor, errors, machine, terminal

from .conftest import call

VERBS = (
    "train", "tune", "resume", "predict", "evaluate", "explain", "export", "inspect", "demo", "lab",
    "lessons", "doctor",
)  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_examples_in_80_columns(verb):
    answer = call(verb, "--help")
    assert answer.code == 0
    assert f"chainrule {verb}" in answer.out.split("Examples:")[1]
    assert "--json" in answer.out and "…" not in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_the_help_names_all_verbs_and_exit_codes():
    answer = call("--help")
    assert all(f"│ {verb}" in answer.out for verb in (*VERBS, "cache"))
    assert "130" in answer.out and "--install-completion" in answer.out


def test_verbs_and_options_are_completed():
    def completed(line, word):
        script = {"_CHAINRULE_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": word}
        code = "from chainrule.cli import app; app(prog_name='chainrule')"
        command = [sys.executable, "-c", code]
        found = subprocess.run(command, env=script, capture_output=True, text=True, check=True)
        return found.stdout.split()

    assert completed("chainrule tr", "1") == ["train"]
    assert "--target" in completed("chainrule train --t", "2")


def test_doctor_tells_of_this_machine(monkeypatch):
    monkeypatch.setattr(machine, "speeds", lambda: [machine.Speed("product", 12.3, "GFLOP/s")])
    answer = call("doctor")
    is_fine = config.why_not is None  # that nothing is compiled is a finding
    assert answer.code == int(not is_fine), answer.out
    assert "llvmlite" in answer.out and "12.3" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    found = call("doctor", "--fast", "--json").document
    assert found["ok"] == is_fine and found["speed"] == []
    assert found["extras"]["chainrule"]["numpy"] and found["machine"]["cores"] >= 1


def test_doctor_measures():
    found = {each.what: each.value for each in machine.speeds()}
    assert len(found) >= 4 and all(value > 0 for value in found.values())


def test_doctor_advises_what_to_install(monkeypatch):
    library = machine.Library
    monkeypatch.setattr(
        machine,
        "libraries",
        lambda: {
            "": [library("numpy", ">=2", "2.4.6")],
            "tune": [library("optuna", ">=4.5", None), library("polars", ">=1.20", "1.3")],
        },
    )
    answer = call("doctor", "--fast", columns=200)
    assert "optuna is not installed, polars 1.3 is not >=1.20" in answer.out
    assert "pip install 'chainrule[tune]'" in answer.out


def test_doctor_fails_where_nothing_is_compiled(monkeypatch):
    facts = {"compiles": False, "why_not": "no LLVM", "threads": 1, "processor_for_llvm": None}
    monkeypatch.setattr(doctor, "_compiling", lambda: facts)
    answer = call("doctor", "--fast")
    assert answer.code == 1 and "no LLVM" in answer.out


def test_errors_of_the_system_in_one_line():
    full = errors.describe(OSError(errno.ENOSPC, "No space left on device", "a.csv"))
    assert full.code == 1 and full.message.startswith("the disk is full: a.csv")
    denied = errors.describe(PermissionError(errno.EACCES, "Permission denied", "/root/x"))
    assert denied.code == 2 and denied.message == "not permitted: /root/x: Permission denied"
    gone = errors.describe(FileNotFoundError(errno.ENOENT, "No such file or directory", "x.csv"))
    assert gone == ("FileNotFoundError", "no such file: x.csv", 3)
    assert errors.describe(KeyboardInterrupt()).code == 130
    assert errors.describe(MemoryError()).code == 1


def test_documents_hold_what_json_can():
    import numpy as np

    value = {"a": np.float32("nan"), 1: np.arange(2), "b": (np.int64(3), None, {True})}
    assert json.dumps(terminal.plain(value), allow_nan=False)
    assert terminal.plain(value) == {"a": None, "1": [0, 1], "b": [3, None, [True]]}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_no_color_is_honoured(tables, trained):
    code = (
        "import os, pty, sys\n"
        "pid, fd = pty.fork()\n"
        "if pid == 0:\n"
        "    os.execv(sys.executable, [sys.executable, '-m', 'chainrule', *sys.argv[1:]])\n"
        "out = b''\n"
        "while True:\n"
        "    try:\n        piece = os.read(fd, 65536)\n"
        "    except OSError:\n        break\n"
        "    if not piece:\n        break\n"
        "    out += piece\n"
        "os.waitpid(pid, 0)\n"
        "sys.stdout.buffer.write(out)\n"
    )
    command = [sys.executable, "-c", code, "inspect", str(tables / "run")]
    shown = {}
    for name in ("1", ""):
        environment = {"TERM": "xterm-256color", "COLUMNS": "80", "NO_COLOR": name, "HOME": "/tmp"}
        found = subprocess.run(command, env=environment, capture_output=True, check=True)
        shown[name] = found.stdout.decode()
    assert "\x1b[3" not in shown["1"]
    assert "\x1b[" in shown[""]  # bold, at least


def test_the_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from chainrule.cli import app\n"
        "try:\n    app(['--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'polars', 'pydantic', 'sklearn', 'scipy', 'optuna', 'onnx', 'pandas',\n"
        "         'pyarrow', 'matplotlib', 'llvmlite', 'safetensors', 'chainrule.nn'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
