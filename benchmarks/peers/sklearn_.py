"""scikit-learn's MLP: the same sizes and about the same number of updates.

It starts from weights of its own and shuffles by itself, so its loss is not comparable to a digit.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ..workloads import Arrays, Work


def mlp(work: Work, arrays: Arrays) -> Any:
    if work.depth < 2 or work.name == "huge":
        return None
    epochs = work.epochs if work.batch else work.steps
    settings: dict[str, Any] = {
        "hidden_layer_sizes": work.sizes[1:-1],
        "activation": work.activation,
        "batch_size": work.batch or work.rows,
        "learning_rate_init": work.rate,
        "max_iter": epochs,
        "n_iter_no_change": epochs + 1,
        "tol": 0.0,
        "alpha": 0.0,
        "shuffle": work.batch is not None,
        "random_state": 0,
    }
    if work.optimizer == "gd":
        settings |= {"solver": "sgd", "momentum": 0.0}
    make = MLPRegressor if work.loss == "mse" else MLPClassifier

    def run() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return np.array(make(**settings).fit(arrays["x"], arrays["y"]).loss_curve_)

    return run
