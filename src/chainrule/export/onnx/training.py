"""Export of a training step: forward, backward and update as one ONNX graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ...engine import tree
from ...engine.transforms import value_and_grad
from ...extras import require
from ...nn import Module, l2_penalty
from ...optim import LBFGS, Optimizer, clip_by_global_norm, rules
from ..batch_size import warn_if_fixed
from ..traced import traced
from .expand import expand
from .model import finished, write_model


def training_step_to_onnx(
    model: Module,
    loss: Callable[[Any, Any], Any],
    optimizer: Optimizer,
    x: Any,
    y: Any,
    *,
    path: str | Path | None = None,
    batch: bool = True,
    l2: float = 0.0,
    clip: float | None = None,
) -> Any:
    """One step of training as an ``onnx.ModelProto``, so that another runtime can train the model.

    Inputs: ``x``, ``y`` and the state: each parameter under its dotted name (``0.weight``), what
    the optimizer remembers of it (``0.weight/mean``), buffers (``1.running_mean``; the random key
    of a Dropout), ``step``, the number of updates so far, and ``lr``. All of the state has its
    present values as defaults, so a first run takes x and y alone.
    Outputs: ``loss``, the gradients ``grad/0.weight``, and the new state, ``new/0.weight``: feed it
    to the next run.

    The step is that of ``fit``: ``loss(model(x), y)`` in training mode, with the penalty ``l2`` on
    the weights, its gradients, cut to the norm ``clip``, and the optimizer's rule. ``x`` and ``y``
    are examples, of which only shapes and dtypes matter. ``path`` is where to write the model; with
    ``batch`` x and y may have any number of rows.

    >>> import chainrule as cr, numpy as np, onnxruntime
    >>> from chainrule.export import training_step_to_onnx
    >>> x = np.linspace(-1, 1, 32, dtype=np.float32).reshape(-1, 1)
    >>> net = cr.nn.Linear(1, 1)
    >>> optimizer = cr.optim.Adam(net.parameters(), lr=0.1)
    >>> step = training_step_to_onnx(net, cr.nn.MSELoss(), optimizer, x, x)
    >>> session = onnxruntime.InferenceSession(step.SerializeToString())
    >>> names, state = [output.name for output in session.get_outputs()], {}
    >>> for _ in range(200):
    ...     found = dict(zip(names, session.run(None, {"x": x, "y": 3 * x, **state})))
    ...     state = {n.removeprefix("new/"): v for n, v in found.items() if n.startswith("new/")}
    >>> round(float(state["weight"][0, 0]), 2), int(state["step"])
    (3.0, 200)
    """
    require("onnx", "onnx")
    if not isinstance(model, Module):
        raise TypeError(f"training_step_to_onnx: the model is a Module, not {type(model).__name__}")
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, LBFGS):
        raise TypeError(
            "training_step_to_onnx: the optimizer is one of chainrule.optim with a rule for one "
            f"step (SGD, Adam, AdamW, ...), not {type(optimizer).__name__}"
        )
    step = _Step(model, loss, optimizer, l2, clip)
    found = traced(step, [step.start, x, y], (1, 2) if batch else False, expand, model)
    warn_if_fixed(found.fixed)
    given = [*_names(step.start), *_called("x", x), *_called("y", y)]
    defaults = dict(zip(given, tree.leaves(step.start), strict=False))
    results = step.results(_as_paths(step.start))
    made = write_model(found, "training_step", given, tree.leaves(results), defaults)
    return finished(made, path)


class _Step:
    """A step as a function of its whole state; ``start`` is the present one."""

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Any],
        optimizer: Optimizer,
        l2: float,
        clip: float | None,
    ) -> None:
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.l2, self.clip = l2, clip
        held = list(optimizer.parameters())
        numbers = {id(p): number for number, p in enumerate(held)}
        groups = [g for g, group in enumerate(optimizer.param_groups) for _ in group["params"]]
        named = dict(model.named_parameters())
        free = {name: p for name, p in named.items() if id(p) in numbers and p.requires_grad}
        if not free:
            raise ValueError(
                "training_step_to_onnx: the optimizer holds no Parameter of the model that is free:"
                " make it from this model, as in optim.Adam(net.parameters())"
            )
        self.places = _places(model, {id(p): name for name, p in free.items()})
        self.group = {name: groups[numbers[id(p)]] for name, p in free.items()}
        saved = {name: dict(optimizer.state.get(numbers[id(p)], {})) for name, p in free.items()}
        turns = {name: int(memory.pop("step", 0)) for name, memory in saved.items()}
        count = max(turns.values())
        self.behind = {name: count - turn for name, turn in turns.items()}
        self.start = {
            "params": {name: p.data for name, p in free.items()},
            "memories": {
                name: saved[name] or rules.remember(optimizer.rule, p, **self.settings(name))
                for name, p in free.items()
            },
            "buffers": {name: np.asarray(table[slot]) for table, slot, name in _buffers(model)},
            "step": np.asarray(count, np.int64),
            "lr": [np.asarray(group["lr"], np.float64) for group in optimizer.param_groups],
        }

    def settings(self, name: str) -> dict[str, Any]:
        """What the rule is told about a parameter, the learning rate apart."""
        group = self.optimizer.param_groups[self.group[name]]
        return {key: group[key] for key in self.optimizer.defaults if key != "lr"}

    def __call__(self, state: dict[str, Any], x: Any, y: Any) -> dict[str, Any]:
        """Loss, gradients and the next state."""

        def total(params: Any) -> Any:
            with self._holding(params, state["buffers"]):
                value = self.loss(self.model(x), y)
                if self.l2:
                    weights = [p for p in params.values() if p.ndim >= 2]
                    value = value + l2_penalty(weights, self.l2)
                return value, {name: table[slot] for table, slot, name in _buffers(self.model)}

        (value, buffers), grads = value_and_grad(total, has_aux=True)(state["params"])
        if self.clip is not None:
            grads = clip_by_global_norm(grads, self.clip)
        params, memories = {}, {}
        for name, p in state["params"].items():
            params[name], memories[name] = self.optimizer.rule(
                p,
                grads[name],
                state["memories"][name],
                state["step"] - self.behind[name],
                lr=state["lr"][self.group[name]],
                **self.settings(name),
            )
        new = {"params": params, "memories": memories, "buffers": buffers}
        return {"loss": value, "grads": grads, "new": {**new, "step": state["step"] + 1}}

    def results(self, paths: dict[str, Any]) -> dict[str, Any]:
        """The result's tree with a name at each leaf."""
        new = {
            key: tree.map(lambda path: f"new/{path}", paths[key]) for key in paths if key != "lr"
        }
        grads = {name: f"grad/{name}" for name in paths["params"]}
        return {"loss": "loss", "grads": grads, "new": new}

    @contextmanager
    def _holding(self, params: Any, buffers: Any) -> Iterator[None]:
        """Tensors in the places of parameters and buffers, and the model in training mode."""
        own = _buffers(self.model)
        slots = [*self.places, *own]
        before = [table[slot] for table, slot, _ in slots]
        modes = [(module, module.training) for module in self.model.modules()]
        for table, slot, name in self.places:
            table[slot] = params[name]
        for table, slot, name in own:
            table[slot] = buffers[name]
        self.model.train()
        try:
            yield
        finally:
            for (table, slot, _), value in zip(slots, before, strict=True):
                table[slot] = value
            for module, mode in modes:
                module.__dict__["training"] = mode


Place = tuple[dict[str, Any], str, str]  # a table of a Module, the slot in it, the dotted name


def _places(model: Module, names: dict[int, str]) -> list[Place]:
    tables = [module._parameters for module in model.modules()]
    slots = [(table, slot, p) for table in tables for slot, p in table.items()]
    return [(table, slot, names[id(p)]) for table, slot, p in slots if id(p) in names]


def _buffers(model: Module) -> list[Place]:
    return [
        (module.own_buffers(), slot, f"{path}.{slot}" if path else slot)
        for path, module in model.named_modules()
        for slot in module.own_buffers()
    ]


def _as_paths(state: dict[str, Any]) -> dict[str, Any]:
    """The state's tree with a name at each leaf."""
    memories = state["memories"]
    rates = ["lr"] if len(state["lr"]) == 1 else [f"lr.{g}" for g in range(len(state["lr"]))]
    return {
        "params": {name: name for name in state["params"]},
        "memories": {n: {key: f"{n}/{key}" for key in memory} for n, memory in memories.items()},
        "buffers": {name: name for name in state["buffers"]},
        "step": "step",
        "lr": rates,
    }


def _names(state: dict[str, Any]) -> list[str]:
    return tree.leaves(_as_paths(state))


def _called(name: str, value: Any) -> list[str]:
    """A name for each array of an argument."""
    count = len(tree.leaves(value))
    return [name] if count == 1 else [f"{name}.{i}" for i in range(count)]
