"""From a table to a trusted model: settings, training, evaluation, and the model that remains."""

import importlib

# Each public name and the module that has it, imported when the name is first used.
_HOMES = {
    "Evaluation": "evaluation",
    "Explanation": "model",
    "Learned": "learned",
    "Metric": "evaluation",
    "Outcome": "outcome",
    "Part": "tuning",
    "Recipe": "recipe",
    "RunFolderError": "folder",
    "Settings": "settings",
    "SettingsError": "settings",
    "TableModel": "model",
    "TableNetwork": "network",
    "evaluate": "evaluation",
    "learn": "learning",
    "resume_table": "pipeline",
    "search": "tuning",
    "train_table": "pipeline",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
