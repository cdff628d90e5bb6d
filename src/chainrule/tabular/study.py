"""The journal of a search: an Optuna study in a file that survives a killed process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "chainrule"


class TuningError(ValueError):
    """A search that cannot go on; the message says what to do."""


@contextmanager
def quiet(optuna: Any) -> Iterator[None]:
    """Optuna tells of warnings only; it would tell of each study and trial."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def open_study(optuna: Any, path: str | Path | None, signature: str) -> Any:
    """The study in a journal file (None: in memory), new or as it was left.

    ``TuningError`` if the file is no journal, or of another search.
    """
    try:
        study = optuna.create_study(
            storage=None if path is None else _journal(optuna, Path(path)),
            study_name=NAME,
            direction="minimize",
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=20),
        )
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError) as error:
        raise TuningError(f"{path} is no journal of a search, or damaged: {error}") from None
    known = study.user_attrs.get("of")
    if known is None:
        study.set_user_attr("of", signature)
    elif known != signature:
        raise TuningError(
            f"{path} is of a search with other data or settings: choose another folder for this "
            "one, or remove that file"
        )
    return study


def _journal(optuna: Any, path: Path) -> Any:
    """The storage. A last line that a killed process left unfinished is cut off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(0)
        content = file.read()
        if content and not content.startswith(b"{"):
            raise ValueError("it begins with something else")
        file.truncate(content.rfind(b"\n") + 1)
    kinds = optuna.storages.journal
    lock = kinds.JournalFileOpenLock(str(path), grace_period=5)  # a killed process may hold it
    return kinds.JournalStorage(kinds.JournalFileBackend(str(path), lock))


def put_first(optuna: Any, study: Any, start: Mapping[str, Any]) -> None:
    """Queue the start as trial 0. A trial that a process died in counts as never begun."""
    states = optuna.trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(trial.number, state=states.FAIL)
    if not ended(study) and not study.get_trials(deepcopy=False, states=(states.WAITING,)):
        study.enqueue_trial(dict(start))


def ended(study: Any) -> list[Any]:
    """The trials that came to an end: complete or pruned."""
    return [t for t in study.get_trials(deepcopy=False) if t.state.name in ("COMPLETE", "PRUNED")]
