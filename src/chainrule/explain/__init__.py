"""Why: backprop step by step, a step walked both ways, diagnoses, lint, where a change came from.

| question | function |
|---|---|
| how did this derivative come about? | ``backprop`` |
| what happened in this training step? | ``tape`` |
| why does it not learn? | ``diagnose``, and ``Diagnosis`` while ``fit`` trains |
| what is wrong with this code? | ``lint`` |
| why did this weight move? | ``why`` |
| how would one write this in NumPy? | ``numpy_code`` |
| what did each input do to this prediction? | ``integrated_gradients`` |
| which inputs matter to the score? | ``permutation_importance`` |
"""

from importlib import import_module

_HOME = {
    "backprop": "steps",
    "tape": "walk",
    "diagnose": "diagnosis",
    "Diagnosis": "diagnosis",
    "integrated_gradients": "attribution",
    "lint": "mistakes",
    "numpy_code": "code",
    "permutation_importance": "importance",
    "why": "blame",
}


def __getattr__(name: str) -> object:
    """Import a question's file when it is first asked."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Diagnosis",
    "backprop",
    "diagnose",
    "integrated_gradients",
    "lint",
    "numpy_code",
    "permutation_importance",
    "tape",
    "why",
]
