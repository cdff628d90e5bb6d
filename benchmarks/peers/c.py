"""Hand-written C, one thread, compiled by gcc for this machine and called through ctypes."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from ..workloads import Arrays, Work, parameters_of

FLAGS = ("-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")
SOURCES = Path(__file__).parents[1] / "c"
LIBRARIES = Path("build/bench/c")


def run(work: Work, arrays: Arrays) -> Any:
    source = _source(work)
    if source is None or not shutil.which("gcc"):
        return None
    train = ctypes.CDLL(str(compiled(source, *_definitions(work)))).train
    start = parameters_of(arrays)
    names = sorted(start, key=lambda name: (name[1:], name)) if work.sizes else ["w", "b"]
    flat = np.concatenate([start[name].ravel() for name in names])
    theta, losses = np.empty_like(flat), np.empty(work.steps, np.float32)
    x, y = (np.ascontiguousarray(arrays[name]) for name in "xy")
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, y, theta)]
    rest = (work.steps, ctypes.c_float(work.rate), ctypes.c_void_p(losses.ctypes.data))

    def run() -> Any:
        theta[:] = flat
        train(*pointers, *rest)
        return losses

    return run


def _source(work: Work) -> str | None:
    if work.name in ("line", "logistic"):
        return f"{work.name}.c"
    if work.depth != 2 or work.sizes[-1] != 1 or work.batch is not None:
        return None
    inputs, hidden, _ = work.sizes
    fits = hidden in (12, 16, 20) or (hidden <= 10 and inputs <= 4)
    return "mlp.c" if fits and inputs < 100 else None


def _definitions(work: Work) -> list[str]:
    found = [f"ROWS={work.rows}", f"LOSS={work.loss}"]
    if work.depth == 2:
        found += [f"INPUTS={work.sizes[0]}", f"HIDDEN={work.sizes[1]}"]
    return [*found, "RELU"] if work.activation == "relu" else found


def compiled(source: str, *definitions: str) -> Path:
    """The library of a source file, compiled where that has not been done yet."""
    command = ["gcc", *FLAGS, *(f"-D{name}" for name in definitions), str(SOURCES / source)]
    text = "".join(path.read_text() for path in sorted(SOURCES.iterdir()))
    key = hashlib.sha256(repr((command, text)).encode()).hexdigest()[:16]
    path = LIBRARIES / f"{source.removesuffix('.c')}-{key}.so"
    if not path.exists():
        LIBRARIES.mkdir(parents=True, exist_ok=True)
        subprocess.run([*command, "-o", str(path), "-lm"], check=True)
    return path
