"""NeuralClassifier: a network of classes or labels, with scikit-learn's contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call,
    check_classification_targets,
    type_of_target,
)
from sklearn.utils.validation import column_or_1d

from .base import NeuralEstimator


class NeuralClassifier(ClassifierMixin, NeuralEstimator):
    """A neural network for two or more classes, or for several labels of a row at once.

    The arguments are those of ``chainrule.tabular.Recipe``, and

    Parameters
    ----------
    scaling
        Of the inputs, fitted on the training data: ``"robust"`` (by median and quartiles, outliers
        pressed together), ``"standard"`` or ``"none"``.
    class_weight
        None, ``"balanced"``, or a dict from class to weight.
    warm_start
        Whether another ``fit`` goes on from the parameters there are.
    random_state
        A number makes the result the same, bit for bit.
    verbose
        About ten lines on the way.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_, n_iter_, n_outputs_
        As in scikit-learn.
    loss_curve_, validation_loss_curve_
        The mean loss of each epoch; that of the validation part, or None.
    learned_
        The trained network and its history.

    >>> from sklearn.datasets import load_wine
    >>> x, y = load_wine(return_X_y=True)
    >>> model = NeuralClassifier(hidden=(16,), epochs=30, random_state=0).fit(x, y)
    >>> model.score(x, y) > 0.95
    True
    >>> model.explain(x[:1]).contributions.shape
    (1, 13)
    """

    _task_is_numeric = False

    def __init__(
        self,
        hidden: Any = (128, 128),
        *,
        activation: str = "relu",
        dropout: float = 0.1,
        batch_norm: bool = False,
        l1: float = 0.0,
        l2: float = 0.0,
        loss: Any = None,
        optimizer: str = "adamw",
        learning_rate: float = 3e-3,
        weight_decay: float | None = None,
        schedule: str = "cosine",
        clip: float | None = None,
        batch_size: int | None = None,
        epochs: int | None = None,
        patience: int | None = 20,
        validation_fraction: float | None = None,
        class_weight: Any = None,
        calibrate: bool | None = None,
        scaling: str = "robust",
        dtype: str = "float32",
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.l1 = l1
        self.l2 = l2
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.clip = clip
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation_fraction = validation_fraction
        self.class_weight = class_weight
        self.calibrate = calibrate
        self.scaling = scaling
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @property
    def _task(self) -> str:
        if self._is_multilabel:
            return "multilabel"
        return "binary" if len(self.classes_) == 2 else "multiclass"

    @property
    def _count(self) -> int:
        return len(self.classes_)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """One epoch over these rows, from the parameters there are.

        The first call needs ``classes``, all that will ever come, and its rows decide the scaling.
        """
        is_first = _check_partial_fit_first_call(self, classes)
        if is_first:
            self._is_multilabel = type_of_target(y).startswith("multilabel")
        return self._fit_part(X, y, sample_weight, is_first)

    def _targets(self, y: Any, is_new: bool) -> Any:
        """Class numbers, or 0 and 1 for each label."""
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                "Multioutput target data of several classes each is not supported with "
                "NeuralClassifier; use sklearn.multioutput.MultiOutputClassifier"
            )
        is_multilabel = kind == "multilabel-indicator"
        y = y if is_multilabel else column_or_1d(y, warn=True)
        if is_new:
            self._is_multilabel = is_multilabel
            self.classes_ = np.arange(y.shape[1]) if is_multilabel else np.unique(y)
            if len(self.classes_) < 2 and not is_multilabel:
                raise ValueError(
                    "NeuralClassifier needs samples of at least 2 classes in the data, but the "
                    f"data contains only 1 class: {self.classes_[0]!r}"
                )
        if is_multilabel:
            y = y.toarray() if hasattr(y, "toarray") else np.asarray(y)
            return y.astype(np.float32)
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. "
                f"'y' has {unknown}."
            )
        return np.searchsorted(self.classes_, y)

    def _fields(self) -> dict[str, Any]:
        found = super()._fields()
        if isinstance(self.class_weight, Mapping):
            known = self.classes_.tolist()
            unknown = [name for name in self.class_weight if name not in known]
            if unknown:
                raise ValueError(f"class_weight: {unknown} are no classes of y, which has {known}")
            weights = self.class_weight.items()
            found["class_weight"] = {known.index(name): weight for name, weight in weights}
        return found

    def predict(self, X: Any) -> Any:
        """The most probable class of each row, or 0 and 1 for each label."""
        x = self._rows(X)
        found = self.learned_.predict(x)
        return found if self._is_multilabel else self.classes_[found]

    def predict_proba(self, X: Any) -> Any:
        """Probabilities (n, classes), in the order of ``classes_``; of each label for labels."""
        x = self._rows(X)
        return self.learned_.predict_proba(x)

    def predict_log_proba(self, X: Any) -> Any:
        """Their logarithms."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def _explained(self, x: Any) -> Any:
        """The class (or label) that is most probable."""
        return self.learned_.predict_proba(x).argmax(axis=1)

    def _scored(self, y: Any, found: Any) -> float:
        return float(accuracy_score(y, found))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
