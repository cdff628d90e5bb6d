"""config: values, environment, blocks, threads, and installations that cannot compile."""

import os
import subprocess
import sys
import threading
import timeit

import pytest

import chainrule
from chainrule.engine.config import Config


@pytest.fixture
def config():
    return Config({})


def run(program, **environ):
    """What a fresh Python prints."""
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout.strip()


def test_defaults(config):
    assert (config.compile, config.mode, config.cpu, config.cache) == (
        "auto",
        "exact",
        "host",
        True,
    )
    assert config.threads >= 1
    assert repr(config).startswith("config(compile='auto', mode='exact', threads=")


def test_environment():
    config = Config({
        "CHAINRULE_COMPILE": "0",
        "CHAINRULE_MODE": "Fast",
        "CHAINRULE_THREADS": "3",
        "CHAINRULE_CPU": "baseline",
        "CHAINRULE_CACHE": "off",
    })  # fmt: skip
    found = (config.compile, config.mode, config.threads, config.cpu, config.cache)
    assert found == (False, "fast", 3, "baseline", False)
    assert Config({"CHAINRULE_COMPILE": "1"}).compile is True
    assert Config({"CHAINRULE_COMPILE": "auto"}).compile == "auto"
    assert Config({"CHAINRULE_COMPILE": ""}).compile == "auto"


@pytest.mark.parametrize(
    ("name", "text"), [("THREADS", "two"), ("THREADS", "0"), ("MODE", "quick"), ("CACHE", "3")]
)
def test_environment_that_means_nothing(name, text):
    with pytest.raises(ValueError, match=f"CHAINRULE_{name} must be"):
        Config({f"CHAINRULE_{name}": text})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("compile", "yes"),
        ("compile", 1),
        ("mode", None),
        ("threads", 0),
        ("threads", True),
        ("threads", 1.0),
        ("cpu", "znver4"),
        ("cache", "no"),
    ],
)
def test_values_that_no_setting_has(config, name, value):
    before = repr(config)
    with pytest.raises(ValueError, match=rf"config\.{name} must be .*, not {value!r}"):
        setattr(config, name, value)
    with pytest.raises(ValueError, match=rf"config\({name}=\.\.\.\) must be"):
        config(**{name: value})
    assert repr(config) == before


def test_unknown_settings(config):
    with pytest.raises(AttributeError):
        config.thread = 2
    with pytest.raises(TypeError, match="no setting 'thread'; there are compile, mode, threads"):
        config(thread=2)


def test_blocks_nest_and_end_as_they_began(config):
    config.threads = 4
    with config(threads=2, mode="fast"):
        with config(threads=1):
            assert (config.threads, config.mode) == (1, "fast")
            config.threads = 3  # the block's
            config.cache = False  # everybody's
            assert config.threads == 3
        assert (config.threads, config.mode) == (2, "fast")
    assert (config.threads, config.mode, config.cache) == (4, "exact", False)


def test_a_block_ends_after_an_error(config):
    with pytest.raises(KeyError), config(compile=False):
        raise KeyError
    assert config.compile == "auto"


def test_a_block_is_for_its_thread_an_assignment_for_all(config):
    seen = []

    def look():
        seen.append((config.compile, config.threads))

    config.threads = 7
    with config(compile=False):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [("auto", 7)]


def test_as_decorator(config):
    @config(compile=False)
    def look():
        return config.compile

    assert (look(), look(), config.compile) == (False, False, "auto")


def test_why_not(config):
    config.compile = False
    assert config.why_not == "config.compile is False"
    config.compile = True
    assert config.why_not is None or "llvmlite" in config.why_not
    config.give_up("no memory is executable")
    assert config.why_not == "no memory is executable"


def test_reading_is_cheap(config):
    number = 10_000
    best = min(timeit.repeat(lambda: config.compile, number=number, repeat=9)) / number
    assert best < 2e-6  # 0.13 µs where nothing else runs


def test_public():
    assert isinstance(chainrule.config, Config)


def test_importing_chainrule_imports_no_llvm():
    program = "import sys, chainrule; chainrule.config.why_not; print('llvmlite' in sys.modules)"
    assert run(program) == "False"


def test_without_llvmlite():
    program = """
import sys
sys.modules["llvmlite"] = None
import numpy as np
import chainrule
from chainrule.engine.compile import llvm
from chainrule.engine.errors import CompilationUnavailable
print(chainrule.config.why_not)
print(chainrule.grad(lambda x: x * x)(3.0))
try:
    llvm.compile_text("define void @f() { ret void }", ["f"])
except CompilationUnavailable as error:
    print(error)
"""
    lines = run(program).splitlines()
    assert lines[0].startswith("llvmlite is not installed")
    assert lines[1] == "6.0"
    assert lines[2].startswith("llvmlite cannot be imported")
