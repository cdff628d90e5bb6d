"""How the network was trained: the recipe and the curves."""

from __future__ import annotations

import numpy as np

from ..tabular.outcome import Outcome
from .charts import BLUE, MUTED, VERMILION, Mark, chart, number
from .html import Section, details, paragraph, plural, table

OPTIMIZERS = {
    "adamw": "AdamW",
    "adam": "Adam",
    "sgd": "SGD with momentum",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "lion": "Lion",
}


def training(outcome: Outcome) -> Section:
    """Curves, how it ended, and all fields of the recipe."""
    history = outcome.history
    content = paragraph(_told(outcome))
    pictures = [_losses(outcome)]
    if len(history.learning_rates):
        pictures.append(_rates(outcome))
    content += f'<div class="grid">{"".join(pictures)}</div>'
    recipe = outcome.model.learned.recipe.to_dict()
    rows = [(name, _shown(value)) for name, value in recipe.items()]
    content += details("The recipe, field by field", table(["field", "value"], rows))
    search = outcome.record.get("search")
    if search:
        content += _search(search)
    return Section("training", "Training", content)


def _told(outcome: Outcome) -> str:
    history = outcome.history
    recipe = outcome.model.learned.recipe
    name = OPTIMIZERS.get(recipe.optimizer, recipe.optimizer)
    text = (
        f"{name} took {plural(len(history.losses), 'step')} in "
        f"{plural(history.epochs, 'epoch')} and {number(history.seconds, 2)} s"
    )
    if history.best_epoch is not None:
        kept = history.best_epoch + 1
        text += (
            f"; the parameters kept are those after epoch {kept}, the best on the validation part "
            f"({history.stopped})"
        )
    temperature = outcome.model.learned.temperature
    if temperature != 1:
        by = "On the same part" if len(outcome.parts.validation) else "By the folds"
        text += f". {by}, probabilities were calibrated: logits are divided by "
        text += number(temperature, 3)
    return text + "."


def _losses(outcome: Outcome) -> str:
    history = outcome.history
    epochs = np.arange(1, history.epochs + 1)
    marks = [Mark("line", epochs, history.epoch_losses, BLUE, "training", dashed=True)]
    values = [history.epoch_losses]
    if len(history.validation_losses):
        marks.append(Mark("line", epochs, history.validation_losses, VERMILION, "validation"))
        values.append(history.validation_losses)
    if history.best_epoch is not None and len(history.validation_losses):
        best = history.validation_losses[history.best_epoch]
        marks.append(Mark("dots", [history.best_epoch + 1], [best], VERMILION, "kept", size=4.5))
    is_positive = min(float(np.min(each)) for each in values) > 0
    note = "The loss of the training rows, with dropout and penalties, after each epoch."
    if len(history.validation_losses):
        note = (
            "Where the training loss falls on and the validation loss rises, the network learns "
            "its rows by heart; dropout acts in training only."
        )
    return chart("Loss", marks, x="epoch", y="loss", log=is_positive, note=note)


def _rates(outcome: Outcome) -> str:
    rates = outcome.history.learning_rates
    kept = np.unique(np.linspace(0, len(rates) - 1, 300).round().astype(int))
    marks = [Mark("line", kept + 1, rates[kept], MUTED)]
    return chart("Learning rate", marks, x="step", y="rate")


def _shown(value: object) -> str:
    if value is None:
        return "by itself"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _search(search: dict) -> str:
    trials = search["trials"]
    text = (
        f"The recipe is the best of {plural(len(trials), 'trial')}: {search['metric']} "
        f"{number(search['value'])}, from {number(search['start'])} of the recipe begun with."
    )
    rows = [
        (each["number"], each["state"], each["value"], _changes(each["changes"])) for each in trials
    ]
    found = table(["trial", "state", search["metric"], "recipe"], rows, numbers=(0, 2))
    return paragraph(text) + details("All trials", found)


def _changes(changes: dict) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in changes.items())


def _short(value: object) -> str:
    return number(value, 3) if isinstance(value, float) else str(value)
