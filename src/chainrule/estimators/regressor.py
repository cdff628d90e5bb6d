"""NeuralRegressor: a network of one or more values, with scikit-learn's contract."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import column_or_1d

from .base import NeuralEstimator


class NeuralRegressor(RegressorMixin, NeuralEstimator):
    """A neural network for one value of a row, or several; they are standardised inside.

    Arguments and attributes as in ``NeuralClassifier``, without those of classes.

    >>> from sklearn.datasets import load_diabetes
    >>> x, y = load_diabetes(return_X_y=True)
    >>> model = NeuralRegressor(hidden=(16,), epochs=30, random_state=0).fit(x, y)
    >>> model.score(x, y) > 0.4
    True
    """

    _task = "regression"
    _task_is_numeric = True
    _count = None

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
        self.scaling = scaling
        self.dtype = dtype
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch over these rows, from the parameters there are.

        The first call's rows decide the scaling of inputs and values.
        """
        return self._fit_part(X, y, sample_weight, not hasattr(self, "learned_"))

    def _targets(self, y: Any, is_new: bool) -> Any:
        """Values, (n,) or (n, outputs)."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return y

    def predict(self, X: Any) -> Any:
        """The values, (n,) or (n, outputs), in their units."""
        x = self._rows(X)
        return self.learned_.predict(x)

    def _explained(self, x: Any) -> Any:
        """The one output there is."""
        if self.n_outputs_ > 1:
            raise ValueError(f"there are {self.n_outputs_} outputs: say which, output=0, 1, ...")
        return None

    def _scored(self, y: Any, found: Any) -> float:
        return float(r2_score(y, found))
