"""What the classifier and the regressor share: arguments, training, explanations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin, with_callbacks
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from .. import export
from ..engine.primitives import logic as lg
from ..explain.attribution import Attribution, integrated_gradients
from ..explain.importance import permutation_importance
from ..tabular.learned import Learned
from ..tabular.learning import Learning
from ..tabular.recipe import Recipe
from .reports import Reports
from .scaling import Scaling, fit_scaling

KEPT = 512  # rows of the training data that are kept for the importances


@dataclass(frozen=True)
class Explanation:
    """Why a prediction is what it is: each feature's contribution, by integrated gradients.

    ``contributions`` (n, features) add up to ``output − start``; ``output`` is the explained
    number, a probability for classes, ``start`` the same for the row of medians (of means, with
    ``scaling="standard"``).
    """

    features: tuple[str, ...]
    contributions: Any
    output: Any
    start: Any

    def __repr__(self) -> str:
        """The first row's largest contributions, and what they add up to."""
        shown = self.top(count=8)
        rest = self.contributions[0].sum() - sum(value for _, value in shown)
        others = len(self.features) - len(shown)
        lines = [f"{self.start[0]:10.4g}  start", *(f"{v:+10.4g}  {name}" for name, v in shown)]
        lines += [f"{rest:+10.4g}  {others} others"] if others else []
        return "\n".join([*lines, f"{self.output[0]:10.4g}  in all"])

    def top(self, row: int = 0, count: int = 10) -> list[tuple[str, float]]:
        """The features that did most to a row's prediction, with their contributions."""
        values = self.contributions[row]
        order = np.argsort(-np.abs(values), kind="stable")[:count]
        return [(self.features[i], float(values[i])) for i in order]


class NeuralEstimator(CallbackSupportMixin, BaseEstimator):
    """Base of both: each argument of a ``Recipe``, ``scaling``, and what scikit-learn asks for."""

    scaling_: Scaling
    learned_: Learned

    # -- training

    @with_callbacks
    def fit(self, X: Any, y: Any, sample_weight: Any = None, validation: Any = None) -> Self:
        """Train on X (n, features), dense or sparse, and y.

        Parameters
        ----------
        sample_weight
            One for each row; rows of weight 0 count as absent.
        validation
            A pair ``(X, y)`` of your own for early stopping, in place of ``validation_fraction``.
        """
        goes_on = self.warm_start and hasattr(self, "learned_")
        X, y, weight = self._read(X, y, sample_weight, is_new=not goes_on)
        if validation is not None:
            validation = self._read_validation(validation)
        return self._fit(X, y, weight, self._recipe(), goes_on, validation)

    def _fit(
        self, X: Any, y: Any, weight: Any, recipe: Recipe, goes_on: bool, validation: Any = None
    ) -> Self:
        if not goes_on:
            self.scaling_ = fit_scaling(X, self.scaling, weight)
        x = self.scaling_(X)
        if validation is not None:
            validation = (self.scaling_(validation[0]), validation[1])
        learning = Learning(
            recipe,
            x,
            y,
            task=self._task,
            classes=self._count,
            validation=validation,
            weights=weight,
            start=self.learned_ if goes_on else None,
        )
        context = self._init_callback_context(max_subtasks=learning.epochs)
        reports = Reports(self, context, learning, X, y, weight)
        try:
            found = learning.train(reports.callbacks, "lines" if self.verbose else False)
        finally:
            reports.close()
        self._set(found)
        draw = np.random.default_rng(recipe.seed)
        rows = np.sort(draw.permutation(len(x))[:KEPT])
        self._sample = x[rows].astype(np.float32), y[rows]
        self.__dict__.pop("_importances", None)
        context.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _set(self, learned: Learned) -> None:
        """The attributes that tell of the training."""
        history = learned.history
        self.learned_ = learned
        self.n_iter_ = history.epochs
        self.n_outputs_ = learned.settings["outputs"]
        self.loss_curve_ = history.epoch_losses.tolist()
        self.loss_ = self.loss_curve_[-1] if self.loss_curve_ else None
        self.validation_loss_curve_ = history.validation_losses.tolist() or None

    @with_callbacks
    def _fit_part(self, X: Any, y: Any, sample_weight: Any, is_first: bool) -> Self:
        """One epoch over these rows, with the network and the optimizer's memories of before."""
        X, y = self._validated(X, y, reset=is_first)
        y = self._targets(y, is_first and not hasattr(self, "classes_"))
        weight = self._weights(sample_weight, X)
        fields = self._fields()
        fields |= {"epochs": 1, "validation_fraction": 0.0, "schedule": "constant"}
        if fields["weight_decay"] is None:
            fields["weight_decay"] = 0.01  # how many rows there will be is not known
        recipe = Recipe(**{**fields, "calibrate": False})
        curve = [] if is_first else self.loss_curve_
        self._fit(X, y, weight, recipe, goes_on=not is_first)
        self.loss_curve_ = curve + self.loss_curve_
        return self

    def _fields(self) -> dict[str, Any]:
        """The recipe's fields among the arguments."""
        names = Recipe.__dataclass_fields__.keys() & self.get_params(deep=False).keys()
        found = {name: getattr(self, name) for name in names}
        state = self.random_state
        is_number = isinstance(state, int | np.integer) and state >= 0
        found["seed"] = int(state) if is_number else _drawn(state)
        return found

    def _recipe(self) -> Recipe:
        return Recipe(**self._fields())

    # -- rows

    def _read(self, X: Any, y: Any, sample_weight: Any, is_new: bool) -> tuple[Any, Any, Any]:
        """Checked X (dense), y as ``learn`` has it, and weights or None."""
        X, y = self._validated(X, y, reset=is_new)
        return X, self._targets(y, is_new), self._weights(sample_weight, X)

    def _weights(self, sample_weight: Any, X: Any) -> Any:
        if sample_weight is None:
            return None
        weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if not weight.any():
            raise ValueError("sample_weight is 0 for every sample")
        return weight

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=self._task_is_numeric,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return _dense(X), y

    def _read_validation(self, validation: Any) -> tuple[Any, Any]:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise ValueError("validation must be a pair (X, y)")
        X, y = self._validated(*validation, reset=False)
        return X, self._targets(y, False)

    def _rows(self, X: Any) -> Any:
        """Checked and scaled rows to predict."""
        check_is_fitted(self)
        X = validate_data(
            self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False
        )
        return self.scaling_(_dense(X))

    # -- looking into it

    @property
    def feature_importances_(self) -> Any:
        """How much the score falls when a feature is shuffled, in 512 rows of the training data.

        Computed when it is first asked for; ``importances`` does it for rows of your own.
        """
        check_is_fitted(self)
        if "_importances" not in self.__dict__:
            if self._sample is None:
                raise AttributeError(
                    "a file keeps no training rows to compute feature_importances_ from: call "
                    "importances(X, y)"
                )
            self._importances = self._importance(*self._sample, 3).mean
        return self._importances

    def importances(self, X: Any, y: Any, repeats: int = 5) -> Any:
        """``Importance`` of each feature for these rows: mean and spread of the score's fall."""
        x = self._rows(X)
        _, y = self._validated(X, y, reset=False)
        return self._importance(x, self._targets(y, False), repeats)

    def _importance(self, x: Any, y: Any, repeats: int) -> Any:
        return permutation_importance(
            self.learned_.predict, self._scored, x, y, repeats=repeats, seed=0
        )

    def explain(self, X: Any, output: Any = None) -> Explanation:
        """Each feature's contribution to the predictions for these rows, by integrated gradients.

        They add up to the difference between the prediction and that for the row of medians: of a
        value, or of the probability of the predicted class. ``output`` asks for another one by its
        number: of the class in ``classes_``, of the label, or of the output.
        """
        x = self._rows(X)
        picks = self._explained(x) if output is None else output
        found: Attribution = integrated_gradients(self.learned_.function, x, output=picks)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{i}" for i in range(self.n_features_in_)]
        return Explanation(tuple(map(str, names)), found.values, found.outputs, found.start)

    def function(self, x: Any) -> Any:
        """Probabilities or values for an array of rows, unchecked; can be traced and exported."""
        return self.learned_.function(lg.astype(self.scaling_(x), self.learned_.recipe.dtype))

    def to_onnx(self, path: Any = None) -> Any:
        """The model with its scaling for other runtimes: float32[N, features], named ``x``, in;
        probabilities or values, named ``y``, out. Returns the ``onnx.ModelProto``.
        """
        check_is_fitted(self)
        example = np.zeros((2, self.n_features_in_), np.float32)
        names = {"input_names": ["x"], "output_names": ["y"]}
        return export.to_onnx(self.function, example, path=path, **names)

    def save(self, path: Any) -> None:
        """Write one file of tensors and plain settings, which ``load`` reads; no pickle."""
        from .files import save

        save(self, path)

    @classmethod
    def load(cls, path: Any) -> Self:
        """The estimator that ``save`` wrote; nothing in the file is run."""
        from .files import load

        found = load(path)
        if not isinstance(found, cls):
            raise TypeError(f"{path} holds a {type(found).__name__}, not a {cls.__name__}")
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _dense(X: Any) -> Any:
    return X.toarray() if sparse.issparse(X) else X


def _drawn(state: Any) -> int:
    """A seed drawn from scikit-learn's random state."""
    return int(check_random_state(state).randint(2**31 - 1))
