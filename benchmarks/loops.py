"""The first loop a learner writes, `grads = dloss(theta, x, y)` many times over, against the peers.

Every library runs the same program in float64 from the same initial parameters, nothing compiled by
hand: Chainrule and HIPS autograd on NumPy code, JAX without jit, PyTorch eager. Rounds of all
libraries alternate, the median round counts, and the final losses must agree.
"""

from __future__ import annotations

import importlib
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import chainrule as cr

from .bench import environment
from .report import Table

IMPORTS = ("numpy", "chainrule")
Step = Callable[[Any], Any]  # parameters -> (new parameters, loss as a float or None)


@dataclass
class Program:
    """A training loop: its data, its first parameters, and the loss over a library's NumPy."""

    name: str
    arrays: tuple[np.ndarray, ...]
    parameters: dict[str, np.ndarray]
    loss: Callable[..., Any]
    rate: float


def line() -> Program:
    """Experiment 1: 50 points, two scalars, mean squared error."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, 50)
    y = 2.5 * x + 1 + rng.normal(0, 0.5, 50)

    def loss(np_: Any, theta: Any, x: Any, y: Any) -> Any:
        return np_.mean((theta["w"] * x + theta["b"] - y) ** 2)

    return Program("line, 50 points", (x, y), {"w": np.float64(-1), "b": np.float64(4)}, loss, 0.01)


def signs() -> Program:
    """Experiment 3: 200 points, 2-16-1 with ReLU, binary cross entropy of logits."""
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    theta = {
        "W1": rng.normal(0, 1, (2, 16)),
        "b1": np.zeros(16),
        "W2": rng.normal(0, 0.5, (16, 1)),
        "b2": np.zeros(1),
    }

    def loss(np_: Any, theta: Any, x: Any, y: Any) -> Any:
        hidden = np_.maximum(x @ theta["W1"] + theta["b1"], 0.0 * x[0, 0])
        logit = (hidden @ theta["W2"] + theta["b2"])[:, 0]
        return np_.mean(np_.logaddexp(0.0 * logit, logit) - y * logit)

    return Program("signs, 2-16-1", (x, y), theta, loss, 0.1)


# -- one loop for each library -----------------------------------------------------------------


def _descend(program: Program, gradient: Callable[[Any], Any]) -> Step:
    def step(theta: Any) -> Any:
        grads = gradient(theta)
        return {key: theta[key] - program.rate * grads[key] for key in theta}

    return step


def chainrule_loop(program: Program) -> tuple[Any, Step, Callable[[Any], float]]:
    dloss = cr.grad(lambda theta, x, y: program.loss(np, theta, x, y))
    step = _descend(program, lambda theta: dloss(theta, *program.arrays))
    return program.parameters, step, lambda t: float(program.loss(np, t, *program.arrays))


def autograd_loop(program: Program) -> tuple[Any, Step, Callable[[Any], float]]:
    anp = importlib.import_module("autograd.numpy")
    dloss = importlib.import_module("autograd").grad(
        lambda theta, x, y: program.loss(anp, theta, x, y)
    )
    step = _descend(program, lambda theta: dloss(theta, *program.arrays))
    return program.parameters, step, lambda t: float(program.loss(np, t, *program.arrays))


def jax_loop(program: Program) -> tuple[Any, Step, Callable[[Any], float]]:
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    arrays = [jnp.asarray(a) for a in program.arrays]
    dloss = jax.grad(lambda theta, x, y: program.loss(jnp, theta, x, y))
    start = {key: jnp.asarray(value) for key, value in program.parameters.items()}
    step = _descend(program, lambda theta: dloss(theta, *arrays))
    return start, step, lambda t: float(program.loss(jnp, t, *arrays))


def torch_loop(program: Program) -> tuple[Any, Step, Callable[[Any], float]]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)  # its best on work this small
    arrays = [torch.tensor(a) for a in program.arrays]

    def step(theta: Any) -> Any:
        value = program.loss(torch, theta, *arrays)
        value.backward()
        with torch.no_grad():
            for parameter in theta.values():
                parameter -= program.rate * parameter.grad
                parameter.grad = None
        return theta

    start = {k: torch.tensor(v, requires_grad=True) for k, v in program.parameters.items()}
    return start, step, lambda t: float(program.loss(torch, t, *arrays).detach())


LOOPS = {
    "chainrule": chainrule_loop,
    "autograd": autograd_loop,
    "jax": jax_loop,
    "torch": torch_loop,
}


# -- measuring ---------------------------------------------------------------------------------


def measure(program: Program, steps: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Median microseconds a step, and the final loss, of each library that is installed."""
    loops = {n: make(program) for n, make in LOOPS.items() if importlib.util.find_spec(n)}
    state = {name: start for name, (start, _, _) in loops.items()}
    times: dict[str, list[float]] = {name: [] for name in loops}
    for turn in range(rounds + 1):  # the first round warms up
        for name, (_, step, _) in loops.items():
            theta = state[name]
            begin = time.perf_counter()
            for _ in range(steps):
                theta = step(theta)
            if turn:
                times[name].append((time.perf_counter() - begin) / steps * 1e6)
            state[name] = theta
    losses = {name: loss(state[name]) for name, (_, _, loss) in loops.items()}
    return {name: (statistics.median(times[name]), losses[name]) for name in loops}


def import_times(rounds: int) -> dict[str, float]:
    """Median seconds of the imports in fresh processes."""
    times: dict[str, list[float]] = {module: [] for module in IMPORTS}
    for turn in range(rounds + 1):
        for module, found in times.items():
            code = (
                "import time; t = time.perf_counter(); "
                f"import {module}; print(time.perf_counter() - t)"
            )
            command = [sys.executable, "-c", code]
            # As NumPy's, our byte code is kept from the first round on.
            env = environment(None)
            result = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
            if turn:
                found.append(float(result.stdout))
    return {module: statistics.median(found) for module, found in times.items()}


def run(options: Any) -> list[Table]:
    rounds = options.rounds or 7
    table = Table("An un-jitted loop, float64, µs a step", ["program", *LOOPS])
    for program in (line(), signs()):
        options.progress(f"loops: {program.name}")
        results = measure(program, 300, rounds)
        _, ours = results["chainrule"]
        for name, (_, loss) in results.items():
            if abs(loss - ours) > 1e-6 * abs(ours):
                sys.exit(f"{name} ended at another loss: the loops do not do the same work")
        table.add(program.name, *(results.get(name, [None])[0] for name in LOOPS))
    imports = Table("import in a fresh process, ms", ["", *IMPORTS])
    seconds = import_times(rounds)
    imports.add("median", *(1e3 * seconds[module] for module in IMPORTS))
    return [table, imports]
