"""The molecules of experiment 5, and what stands in where they cannot be had."""

from __future__ import annotations

import dataclasses

import numpy as np

from .biodeg import DataError, load_biodeg
from .dataset import Dataset


def load_breast_cancer() -> Dataset:
    """Wisconsin breast cancer: 569 tumours, 30 descriptors; class 1 is "benign".

    It is part of scikit-learn, so it needs no network. Source: Street, Wolberg, Mangasarian 1993,
    UCI id 17.

    >>> load_breast_cancer()
    Dataset('breast cancer': 569 rows, 30 features, malignant 212, benign 357)
    """
    from sklearn.datasets import load_breast_cancer as load

    table = load()
    return Dataset(
        name="breast cancer",
        x=np.asarray(table.data, dtype=np.float64),
        y=np.asarray(table.target, dtype=np.float64),
        features=tuple(str(name) for name in table.feature_names),
        classes=("malignant", "benign"),
        source="Wisconsin diagnostic breast cancer, UCI 17 (W. Street, W. Wolberg, "
        "O. Mangasarian 1993), as in scikit-learn",
    )


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
