"""``fit`` lints first: the mistakes that the model and the loss show before any step."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import random
from ..engine import tree
from ..engine.interpret import Cache
from ..engine.primitives.closures import types_of
from ..explain.mistakes import LintWarning, Report, Subject, report_on
from ..nn import Module
from .batches import Arrays
from .models import ModuleModel
from .step import Model, Objective

ROWS = 32  # so many examples are enough to see shapes and ranges

_seen = Cache(256, by_structure=False)


def warn_of_mistakes(model: Model, loss: Any, data: Any) -> None:
    """A LintWarning for each mistake; once for models, losses and data of one structure."""
    if not isinstance(data, Arrays):
        return
    batch = data.take(np.arange(min(ROWS, data.size))).all[:2]
    kinds, structure = types_of(batch)
    key = (*_structure_of(model), _identity(loss), *kinds, structure)
    found: list[Report] = []
    _seen.get(key, lambda: found.extend(_reports(model, loss, batch)) or True)
    for report in found:
        for mistake in report:
            warnings.warn(str(mistake), LintWarning, stacklevel=3)


def _structure_of(model: Model) -> tuple[Any, ...]:
    if isinstance(model, ModuleModel):
        parts = list(model.module.modules())
        return repr(model.module), tuple([type(part) for part in parts])
    kinds, structure = types_of(model.params())
    return *kinds, structure, _identity(model.apply)


def _identity(function: Any) -> Any:
    """What two functions of one text have in common."""
    if isinstance(function, Module):
        return type(function), repr(function)
    return getattr(function, "__code__", None) or id(function)


def _reports(model: Model, loss: Any, batch: tuple[Any, Any]) -> list[Report]:
    try:
        return [_report(model, loss, batch)]
    except Exception:  # what does not run on these few rows is for training to tell
        return []


def _report(model: Model, loss: Any, batch: tuple[Any, Any]) -> Report:
    objective = Objective(loss)
    fixed = model.fixed()
    inputs = [tree.map(np.asarray, part) for part in batch]
    if isinstance(model, ModuleModel):
        module = model.module

        def of_module(x: Any, y: Any) -> Any:
            module.train()
            return objective(module, x, y, None)

        return report_on(Subject(of_module, tuple(inputs), loss))

    def of_params(params: Any, x: Any, y: Any) -> Any:
        key = random.key(0)
        return model.run(params, fixed, key, lambda f: objective(f, x, y, None), training=True)[0]

    return report_on(Subject(of_params, (model.params(), *inputs), loss))
