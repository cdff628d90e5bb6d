"""A log in MLflow, for those who have it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from ..callbacks import Callback
from ..run import Run
from .tables import epoch_rows


class MLflow(Callback):
    """A callback of ``fit`` that logs each epoch's numbers with MLflow.

    MLflow is large and no part of any extra: ``pip install mlflow``. If a run of MLflow is active,
    that one is logged to and left open; else one is begun, and ended with the training. With
    checkpoints, a resumed training goes on in the run where it was.

    Parameters
    ----------
    experiment, run_name
        Where to log and under which name; None: as MLflow chooses.
    parameters
        What to log as the run's parameters.
    """

    def __init__(
        self,
        experiment: str | None = None,
        run_name: str | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._experiment, self._run_name = experiment, run_name
        self._parameters = dict(parameters or {})
        self._run_id: str | None = None
        self._is_ours = True
        self._epochs = 0  # that are logged

    def state_dict(self) -> dict[str, Any]:
        """Which run of MLflow this is."""
        return {"run_id": self._run_id}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on in that run."""
        self._run_id = saved["run_id"]

    def on_begin(self, run: Run) -> None:
        """Begin or reopen a run of MLflow."""
        mlflow = _import()
        active = mlflow.active_run()
        self._is_ours = active is None
        known = self._run_id if run.epoch_losses else None
        if active is None:
            if self._experiment is not None:
                mlflow.set_experiment(self._experiment)
            active = mlflow.start_run(run_id=known, run_name=self._run_name)
        self._epochs = 0
        self._run_id = active.info.run_id
        if known == self._run_id:
            logged = mlflow.MlflowClient().get_metric_history(known, "loss")
            self._epochs = max([metric.step for metric in logged], default=0)
        elif self._parameters:
            mlflow.log_params(self._parameters)
        self.on_epoch(run)

    def on_epoch(self, run: Run) -> None:
        """Log what is new."""
        for row in epoch_rows(run, self._epochs):
            epoch, _ = row.pop("epoch"), row.pop("step")
            _import().log_metrics(row, step=epoch)
            self._epochs = epoch

    def on_end(self, run: Run) -> None:
        """End the run of MLflow, if it was begun here."""
        if self._is_ours:
            _import().end_run("FINISHED" if sys.exc_info()[0] is None else "FAILED")


def _import() -> Any:
    try:
        return importlib.import_module("mlflow")
    except ModuleNotFoundError:
        raise ImportError("the callback MLflow needs mlflow: pip install mlflow") from None
