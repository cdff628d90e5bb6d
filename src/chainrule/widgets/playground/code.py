"""What is on the screen as a Python program that gives the same numbers when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from . import network, options, points
from .experiment import Event, Experiment
from .settings import Settings

Rows = Sequence[Sequence[float]]


def program(experiment: Experiment, own: Rows = (), file: str = "") -> str:
    """The program, with the number of steps made so far.

    ``own`` are the points drawn by hand, ``file`` is the name of the table.
    """
    parts = [
        ["import numpy as np", "", "from chainrule import data, nn, optim, random, train"],
        _data(experiment, own, file),
        _network(experiment),
        _training(experiment),
        _ending(experiment),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _data(experiment: Experiment, own: Rows, file: str) -> list[str]:
    settings, lines = experiment.first, ["# The points"]
    if experiment.is_given:
        lines += ["x, y = ...  # your data: rows of features, and labels from 0 or values"]
    elif settings.data == options.OWN:
        rows = [f"    [{a:g}, {b:g}, {label:g}]," for a, b, label in own]
        lines += ["drawn = np.array([", *rows, "])", "x, y = drawn[:, :2], drawn[:, 2]"]
    elif settings.data == options.CSV:
        lines += [f"table = data.read_csv({file!r})", "x, y = table.x, table.y"]
        if experiment.problem.task == options.REGRESSION:
            lines += ["y = train.standardize(y)(y)"]
    else:
        named = points.arguments(settings)
        given = ", ".join(f"{name}={value!r}" for name, value in named.items())
        function = options.DATA[settings.data].function
        lines += [f"x, y = data.{function}(random.key({settings.seed}), {given})"]
    stratify = ", stratify=y" if experiment.problem.classes else ""
    lines += [
        "x, x_test, y, y_test = train.train_test_split(",
        f"    x, y, test_size={settings.share!r}{stratify}, seed={settings.seed}",
        ")",
    ]
    if experiment.problem.scaler is not None:
        lines += ["scaler = train.standardize(x)", "x, x_test = scaler(x), scaler(x_test)"]
    return [*lines, *_targets(settings)]


def _targets(settings: Settings) -> list[str]:
    loss = options.LOSSES[settings.loss]
    if loss.columns:
        return ["y, y_test = y.astype(int), y_test.astype(int)"]
    if loss.signs:
        return ["y, y_test = 2 * y[:, None] - 1, 2 * y_test[:, None] - 1"]
    return ["y, y_test = y[:, None], y_test[:, None]"]


def _network(experiment: Experiment) -> list[str]:
    settings = experiment.first
    lines = ["# The network"]
    if experiment.is_given:
        lines += ["net = ...  # your network"]
    else:
        inside = [f"    {call.text('nn')}," for call in experiment.calls]
        lines += [f"random.seed({settings.seed})", "net = nn.Sequential(", *inside, ").double()"]
    return [
        *lines,
        f"criterion = {network.criterion(settings).text('nn')}",
        f"optimizer = {_optimizer(settings)}",
    ]


def _optimizer(settings: Settings) -> str:
    return network.optimizer(settings).text("optim", "net.parameters()")


def _training(experiment: Experiment) -> list[str]:
    settings, events = experiment.first, experiment.events
    size = experiment.size_of_batch(settings)
    lines = ["# The training", f"batch_size = {size}"]
    terms = _penalties(settings, events)
    if terms:
        lines += [
            "linear = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]",
            "weights = [layer.weight for layer in linear]",
        ]
        lines += [f"{name} = {getattr(settings, name)!r}" for name in terms]
    found = _events(experiment)
    after = found.pop(experiment.step, [])  # the loop does not come to this step
    lines += [
        f"key = random.key({settings.seed})",
        "epoch, order = 0, []",
        "net.train()",
        f"for step in range({experiment.step}):",
        *[line for step, changes in found.items() for line in _when(step, changes)],
        "    if len(order) < batch_size:  # rows that fill no batch wait for another epoch",
        "        order = random.permutation(random.fold_in(key, epoch), len(x))",
        "        epoch += 1",
        "    rows, order = order[:batch_size], order[batch_size:]",
    ]
    total = "criterion(net(x[rows]), y[rows])"
    total += "".join(f" + nn.{name}_penalty(weights, {name})" for name in terms)
    names = {event.value for event in events if event.name == "optimizer"} | {settings.optimizer}
    if "LBFGS" in names:
        return [*lines, *_with_closure(total), *after]
    return [
        *lines,
        "    optimizer.zero_grad()",
        f"    loss = {total}",
        "    loss.backward()",
        "    optimizer.step()",
        *after,
    ]


def _penalties(settings: Settings, events: Sequence[Event]) -> list[str]:
    """Which of both are used at any time."""
    later = {event.name for event in events}
    return [name for name in ("l1", "l2") if getattr(settings, name) or name in later]


def _with_closure(total: str) -> list[str]:
    return [
        "",
        "    def closure():",
        "        optimizer.zero_grad()",
        f"        loss = {total}",
        "        loss.backward()",
        "        return loss",
        "",
        "    optimizer.step(closure)",
    ]


def _events(experiment: Experiment) -> dict[int, list[str]]:
    """What was changed by hand, by the step in front of which it happened."""
    found: dict[int, list[str]] = {}
    settings = experiment.first
    for step, group in groupby(experiment.events, key=lambda event: event.step):
        events = list(group)
        settings = settings.with_changes({event.name: event.value for event in events})
        lines = [_change(event, settings, experiment) for event in events]
        found[step] = list(dict.fromkeys(lines))
    return found


def _when(step: int, changes: Sequence[str]) -> list[str]:
    return [f"    if step == {step}:", *[f"        {change}" for change in changes]]


def _change(event: Event, settings: Settings, experiment: Experiment) -> str:
    if event.place:
        place = ", ".join(map(str, event.place))
        path = "".join(
            f"[{part}]" if part.isdigit() else f".{part}" for part in event.name.split(".")
        )
        return f"net{path}.data[{place}] = {event.value!r}"
    if event.name == "lr":
        return f'optimizer.param_groups[0]["lr"] = {event.value!r}'
    if event.name in ("optimizer", "momentum"):
        return f"optimizer = {_optimizer(settings)}"
    if event.name == "batch":
        return f"batch_size, order = {experiment.size_of_batch(settings)}, []"
    return f"{event.name} = {event.value!r}"


def _ending(experiment: Experiment) -> list[str]:
    return [
        "# The end",
        "net.eval()",
        'print("train loss", float(criterion(net(x), y)))',
        'print("test loss", float(criterion(net(x_test), y_test)))',
    ]
