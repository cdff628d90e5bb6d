"""scikit-learn's callbacks, told of each epoch: a task of its own within the fit."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from ..tabular.learning import Learning
from ..train import Callback, Run, StopTraining


class Reports(Callback):
    """Tells the callbacks that were set by ``set_callbacks`` when an epoch begins and ends.

    Where there are none, ``callbacks`` is empty, and ``fit`` is not slowed down.
    """

    def __init__(
        self, estimator: Any, context: Any, learning: Learning, X: Any, y: Any, weight: Any
    ) -> None:
        self._estimator, self._context, self._learning = estimator, context, learning
        metadata = None if weight is None else {"sample_weight": weight}
        self._data = {"X": X, "y": y, "metadata": metadata}
        self._epoch: Any = None
        self.callbacks = [self] if getattr(estimator, "_skl_callbacks", None) else []
        context.call_on_fit_task_begin(estimator=estimator, **self._data)
        if self.callbacks:
            self._begin()

    def _begin(self) -> None:
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(estimator=self._estimator, **self._data)

    def on_epoch(self, run: Run) -> None:
        """An epoch has ended; perhaps the next one begins."""
        state = {"reconstruction_attributes": lambda: self._attributes(run)}
        epoch, self._epoch = self._epoch, None
        if epoch.call_on_fit_task_end(estimator=self._estimator, **self._data, **state):
            raise StopTraining("stopped by a callback of scikit-learn")
        if run.epoch + 1 < self._learning.epochs:
            self._begin()

    def _attributes(self, run: Run) -> dict[str, Any]:
        """What a copy of the estimator needs to predict as if the training ended here."""
        network = copy.deepcopy(run.model)
        learned = replace(self._learning.learned, network=network, optimizer=None)
        return {"learned_": learned, "n_iter_": run.epoch + 1}

    def close(self) -> None:
        """End the epoch that was begun and did not come to its end."""
        if self._epoch is not None:
            self._epoch.call_on_fit_task_end(estimator=self._estimator)
