"""scikit-learn estimators: NeuralClassifier and NeuralRegressor.

They are imported with scikit-learn when first named: ``pip install 'chainrule[estimators]'``.
"""

import importlib

_HOMES = {
    "Explanation": "base",
    "NeuralClassifier": "classifier",
    "NeuralRegressor": "regressor",
    "load": "files",
}


def __getattr__(name: str) -> object:
    """Import a name's module, and scikit-learn with it, when it is first wanted."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ..extras import require

    require("sklearn.callback", "estimators")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = ["Explanation", "NeuralClassifier", "NeuralRegressor", "load"]
