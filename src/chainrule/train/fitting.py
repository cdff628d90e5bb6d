"""fit: train a model on data, and tell what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .. import random
from ..engine import tree
from ..optim import LBFGS, Optimizer
from .batches import Arrays, Stream
from .callbacks import Hooks
from .checkpoints import Checkpoints
from .checkpoints.keeper import Keeper
from .checkpoints.settings import describe_data, describe_model, describe_schedule, name_of
from .epochs import Looks
from .lint import warn_of_mistakes
from .models import ModuleModel, as_model
from .orders import Orders
from .progress import make_progress
from .run import History, Run
from .session import Session
from .sources import as_data
from .step import Model, Objective
from .stopping import EarlyStopping, Stopping
from .training import Search, Training
from .updates import OptimizerUpdates, TripleUpdates, Updates, is_triple


def fit(
    model: Any,
    loss: Callable[..., Any],
    optimizer: Any,
    data: Any,
    *,
    epochs: int = 1,
    batch_size: int | None = 32,
    validation: Any = None,
    validation_split: float | None = None,
    metrics: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    callbacks: Any = (),
    early_stopping: EarlyStopping | int | None = None,
    key: Any = None,
    seed: int = 0,
    shuffle: bool = True,
    progress: bool | str = True,
    l2: float = 0.0,
    weights: Any = None,
    schedule: Callable[[int], Any] | None = None,
    clip: float | None = None,
    lint: bool = True,
    checkpoints: Checkpoints | str | Path | None = None,
    resume: bool = False,
) -> History:
    """Train a model with mini-batches; the same seed gives the same numbers.

    One step, from loss and gradient to the new parameters, is traced once and then only run: many
    steps in a row, with Python back about thirty times a second and wherever it is wanted (after
    each step by a callback with ``on_step``, after each epoch by other callbacks, validation,
    metrics and early stopping). How many in a row never shows in the numbers.

    Parameters
    ----------
    model
        A Module, which is trained in place and left in evaluation mode; or a pair ``(params,
        apply)`` with ``apply(params, x)``, whose result is ``history.params``.
    loss
        ``criterion(prediction, target)``, or ``loss(model, x, y)`` that calls the model itself.
    optimizer
        From ``chainrule.optim`` (``optim.Adam(net.parameters())``), or a triple from
        ``chainrule.optim.functional``. An object's learning rate is read at each step, its other
        settings when the training begins; what it remembers goes on in a second ``fit``.
        ``optim.LBFGS`` is for ``batch_size=None``: one of its steps, which are many, an epoch.
    data
        ``(x, y)``, arrays (or trees of them) with one example a row; or an iterable of batches.
        Floating-point data is converted to the parameters' dtype.
    epochs, batch_size
        How often the data is gone through, and in what portions; None: all at once.
    validation, validation_split
        ``(x, y)`` to validate on after each epoch, or what fraction of the data to keep for it.
    metrics
        By name, functions ``f(target, prediction)`` as in ``chainrule.train.metrics`` and in
        scikit-learn, of the validation part (of the training data where there is none).
    callbacks
        Functions called with the ``Run`` after each epoch, ``Callback`` objects (``CSVLog``,
        ``TensorBoard``, ...), or schedulers of ``optim.lr_scheduler``.
    early_stopping
        An ``EarlyStopping``, or its patience.
    key, seed
        Where the shuffling, the split and a pair's random numbers come from; ``key`` wins.
    shuffle
        Whether the batches are drawn anew in each epoch.
    progress
        True: a bar on a terminal and silence elsewhere; ``"lines"``: plain lines; False: silence.
    l2
        Adds ``l2 · Σ w²`` over all parameters of two axes or more (weights, not biases) to the
        loss.
    weights
        One for each example, given to the criterion as ``weight=``.
    schedule
        ``step -> learning rate``, instead of the optimizer's own; asked somewhat ahead of the
        steps.
    clip
        The largest norm of the gradient (over all parameters) that is let through unscaled.
    lint
        Look for mistakes first (``chainrule.lint``); each is a ``LintWarning``. The look is taken
        once for models, losses and data of one structure, and reads arrays, not iterables.
    checkpoints, resume
        A folder, or ``Checkpoints(folder, every_seconds=..., every_epochs=..., keep=...)``: all
        that the run needs is saved there now and then. With ``resume`` it goes on from the newest
        (from the beginning where there is none yet), to the same bits as if never interrupted.
        Refused where data or settings differ; only ``epochs`` may.

    When something goes wrong (an exception in a callback, a loss or a gradient that is not finite)
    the Module has the parameters after the last good step; after Ctrl-C, those of a step that was
    finished a moment before. Of a NaN or Inf the error names the operation that made it, the line
    and the operands.

    >>> import chainrule as cr, numpy as np
    >>> x = np.linspace(-1, 1, 50).reshape(-1, 1)
    >>> net = cr.nn.Linear(1, 1)
    >>> optimizer = cr.optim.SGD(net.parameters(), lr=0.5)
    >>> history = fit(net, cr.nn.MSELoss(), optimizer, (x, 2.5 * x + 1), epochs=50)
    >>> len(history.losses), bool(history.losses[-1] < 1e-6)
    (100, True)
    >>> round(net.weight.item(), 3), round(net.bias.item(), 3)
    (2.5, 1.0)
    """
    _check_numbers(epochs, batch_size, l2, clip)
    rule = EarlyStopping(early_stopping) if isinstance(early_stopping, int) else early_stopping
    is_folder = not isinstance(checkpoints, Checkpoints | None)
    kept = Checkpoints(checkpoints) if is_folder else checkpoints
    if resume and kept is None:
        raise ValueError("fit: resume=True needs checkpoints=, the folder of the run to go on with")
    key = random.key(seed) if key is None else key
    split_key, shuffle_key, step_key = random.split(key, 3)

    seen = as_model(model, _held_by(optimizer))
    updates = _updates_of(optimizer, seen)
    objective = Objective(loss)
    dtype = _common_dtype(seen)
    train = as_data(data, weights, dtype)
    if lint:
        warn_of_mistakes(seen, loss, train)
    train, check = _parts(train, validation, validation_split, split_key, dtype)
    looks = Looks(seen, objective, metrics or {}, train, check)
    training: Training
    if isinstance(optimizer, LBFGS):
        assert isinstance(seen, ModuleModel)  # as_model takes no other with an optimizer object
        if clip is not None or schedule is not None:
            raise TypeError("fit: L-BFGS searches its steps itself: no clip= and no schedule=")
        training = Search(seen, optimizer, objective, l2, updates)
    else:
        training = Training(seen, updates, objective, l2, clip, schedule, step_key)
    steps = train.steps(batch_size)
    session = Session(
        run=Run(epochs, steps, training.load),
        data=train,
        batch_size=batch_size,
        orders=Orders(shuffle_key if shuffle else None, epochs),
        training=training,
        looks=looks,
        stopping=Stopping(training, rule),
        hooks=Hooks(callbacks),
    )
    if kept is not None:
        settings = {
            **describe_model(seen),
            **updates.describe(),
            "loss": name_of(loss),
            "random key": np.asarray(key).tolist(),
            "batch size": batch_size,
            "shuffle": shuffle,
            "l2": l2,
            "clip": clip,
            "schedule": describe_schedule(schedule, epochs * (steps or 1)),
            "early stopping": repr(rule),
            "metrics": sorted(metrics or {}),
            "callbacks with a state": session.hooks.names,
            "data": describe_data(train),
            "validation": describe_data(check),
        }
        session.keep(Keeper(kept, settings, session.stopping.rule.sign), resume)
    session.bar = make_progress(progress, epochs)
    return session.go()


# -- arguments ---------------------------------------------------------------------------------


def _check_numbers(epochs: int, batch_size: int | None, l2: float, clip: float | None) -> None:
    if epochs < 1:
        raise ValueError(f"fit: epochs must be 1 or more, got {epochs}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(
            f"fit: batch_size must be 1 or more, got {batch_size}; None takes all examples at once"
        )
    if l2 < 0 or (clip is not None and clip <= 0):
        raise ValueError(f"fit: l2 must be 0 or more and clip above 0, got l2={l2}, clip={clip}")


def _parts(
    train: Arrays | Stream, validation: Any, fraction: float | None, key: Any, dtype: Any
) -> tuple[Arrays | Stream, Arrays | None]:
    """What to train on, and what to validate on."""
    if validation is not None:
        if not isinstance(validation, tuple | list) or len(validation) != 2:
            raise TypeError("fit: validation is a pair (x, y)")
        return train, Arrays(validation[0], validation[1], dtype=dtype)
    if fraction is None:
        return train, None
    if not isinstance(train, Arrays):
        raise TypeError("fit: an iterable of batches cannot be split: give validation=(x, y)")
    return train.split(fraction, key)


def _held_by(optimizer: Any) -> list[Any] | None:
    if isinstance(optimizer, Optimizer):
        return list(optimizer.parameters())
    if is_triple(optimizer):
        return None
    raise TypeError(
        f"fit: the optimizer is one of chainrule.optim, or a triple (init, update, get_params), "
        f"not {type(optimizer).__name__}"
    )


def _updates_of(optimizer: Any, model: Model) -> Updates:
    if isinstance(optimizer, Optimizer):
        assert isinstance(model, ModuleModel)
        return OptimizerUpdates(optimizer, model)
    return TripleUpdates(optimizer, model)


def _common_dtype(model: Model) -> Any:
    found = {leaf.dtype for leaf in tree.leaves(model.params())}
    return found.pop() if len(found) == 1 else None
