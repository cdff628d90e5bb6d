"""The molecules of experiment 5, and what stands in where they cannot be had."""

from __future__ import annotations

import dataclasses
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .biodeg import load_biodeg
from .dataset import Dataset
from .errors import DataError

_FORMS = ("mean {}", "{} error", "worst {}")
_MEASURED = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)


def load_breast_cancer() -> Dataset:
    """Wisconsin breast cancer: 569 tumours, 30 descriptors; class 1 is "benign".

    It is part of scikit-learn, so it needs no network. Source: Street, Wolberg, Mangasarian 1993,
    UCI id 17.

    >>> load_breast_cancer()
    Dataset('breast cancer': 569 rows, 30 features, malignant 212, benign 357)
    """
    rows = [line.split(",") for line in _packaged_text().split()[1:]]
    table = np.array(rows, dtype=np.float64)
    return Dataset(
        name="breast cancer",
        x=table[:, :-1],
        y=table[:, -1],
        features=tuple(form.format(name) for form in _FORMS for name in _MEASURED),
        classes=("malignant", "benign"),
        source="Wisconsin diagnostic breast cancer, UCI 17 (W. Street, W. Wolberg, "
        "O. Mangasarian 1993), as in scikit-learn",
    )


def _packaged_text() -> str:
    """The file in scikit-learn's folder: to import it only for this would take seconds."""
    found = find_spec("sklearn")
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            "the breast cancer data are part of scikit-learn: pip install 'chainrule[demo]'"
        )
    path = Path(found.origin).parent / "datasets" / "data" / "breast_cancer.csv"
    return path.read_text(encoding="ascii")


def load_molecules(download: bool = True) -> Dataset:
    """The biodegradation data; where they cannot be had, breast cancer, with a note that says so.

    >>> data = load_molecules(download=False)
    >>> data.name in ("QSAR biodegradation", "breast cancer")
    True
    """
    try:
        return load_biodeg(download)
    except DataError as error:
        note = f"Breast cancer stands in for the molecules, as {error}"
        return dataclasses.replace(load_breast_cancer(), note=note)
