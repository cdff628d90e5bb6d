"""From a table to a trusted model: read, look, split, learn, judge, keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import random
from ..data.tables import Preparation
from . import record as records
from .evaluation import Evaluation, evaluate
from .folder import Folder
from .model import READING, Explanation, TableModel
from .outcome import Outcome
from .recipe import Recipe
from .settings import Settings
from .source import Table, read_table
from .splitting import Parts, folds, groups_of, split, strata_of
from .summary import summarise

if TYPE_CHECKING:
    import polars

LINEAR_ROWS = 20_000  # from which the linear model learns, at the most
VALIDATION = 0.1
EXPLAINED = 2

Tell = Callable[[str], Any]


def train_table(
    settings: Settings,
    *,
    frame: Any = None,
    progress: bool | str = False,
    callbacks: Any = (),
    resume: bool = False,
    report: Callable[[Outcome, Path], Any] | None = None,
    tell: Tell | None = None,
    search_tell: Callable[[Any], None] = lambda look: None,
    command: str | None = None,
) -> Outcome:
    """Train a network on a table, and judge it by rows that it has not seen.

    The rows are split by class (or tenth of the values) with copies of a row kept together: a test
    part, which only judges the finished model; of the rest a validation part, on which training is
    stopped, probabilities are calibrated and recipes compared; and the training part, from which
    all else is learned, the preparation of the columns included. The model that is kept is the one
    that was judged: it is not trained again on all rows.

    Parameters
    ----------
    settings
        ``Settings``; with ``output``, a run folder is written: settings, checkpoints, model,
        history, metrics and report.
    frame
        A table in memory, in place of ``settings.data``.
    progress, callbacks
        As in ``chainrule.train.fit``, of the network that is kept.
    resume
        Go on with an unfinished run in ``settings.output``; the result is the same, bit for bit.
    report
        Writes ``report.html``: ``chainrule.report.write``.
    tell, search_tell
        Called with each stage's name; with each ``Look`` of the search for a recipe.
    command
        The command line that began the run, for the record.

    Raises ``DataError`` for a table that cannot be learned from, ``RunFolderError`` for a folder
    that cannot be used.

    >>> import polars
    >>> x = np.linspace(-1, 1, 80)
    >>> table = polars.DataFrame({"x": x, "kind": np.where(x > 0, "hot", "cold")})
    >>> settings = Settings(target="kind", recipe={"hidden": [8], "epochs": 40})
    >>> outcome = train_table(settings, frame=table)
    >>> len(outcome.parts.test), outcome.evaluation["auc"].value
    (16, 1.0)
    """
    stages = records.Stages(tell)
    stages.begin("reading the data")
    table = read_table(settings, frame)
    folder = Folder(settings.output)
    folder.open(settings, table.files, resume)
    stages.begin("splitting")
    keys = random.split(random.key(settings.seed), 2)
    recipe = Recipe.from_dict({"seed": settings.seed, **settings.recipe})
    parts = _split(table, settings, recipe, keys[0])
    if settings.tune is not None:
        stages.begin("looking for a recipe")
        tuned = _search(table, parts, settings, keys[1], folder, search_tell)
        recipe = replace(tuned.recipe, seed=recipe.seed)
    if settings.folds:
        stages.begin("cross-validation")
    judged = list(_cross_validate(table, parts, settings, recipe, keys[1], folder, resume))
    stages.begin("training")
    kept = {"checkpoints": folder.checkpoints("network"), "resume": resume}
    options = {"progress": progress, "callbacks": callbacks, **_checkpoints(kept)}
    if table.stream is not None:
        held = parts.validation if table.test is not None else parts.held
        options["pieces"] = table.stream.pieces(held)
    model = _fit(recipe, table, parts.train, parts.validation, **options)
    stages.begin("judging")
    test, y = table.test_part(parts)
    outputs = model.outputs_of(test)
    truth = y
    names = model.outputs
    evaluation = evaluate(model.task, truth, outputs, names, seed=settings.seed)
    baselines = _baselines(table, parts, recipe, settings.seed)
    stages.begin("explaining")
    importance = model.importance(test, seed=settings.seed)
    explanations = _explained(model, test, outputs)
    stages.end()
    model.record = {
        "settings": settings.to_dict(),
        "command": command or _command(settings),
        "data": table.files,
        "rows": table.counts(parts),
        "sampled": table.stream is not None,
        "reading": {key: getattr(settings, key) for key in (*READING, "types")},
        "began": stages.began,
        "seconds": round(sum(stages.seconds.values()), 3),
        "versions": records.versions(),
        "machine": records.machine(),
        "test": evaluation.to_dict()["metrics"],
    }
    if settings.tune is not None:
        model.record["search"] = tuned.to_dict()
    outcome = Outcome(
        model=model,
        settings=settings,
        evaluation=evaluation,
        baselines=baselines,
        folds=tuple(judged),
        truth=truth,
        outputs=outputs,
        parts=table.in_files(parts),
        columns=tuple(summarise(table.frame, table.schema)),
        findings=tuple(table.findings),
        importance=tuple(importance),
        explanations=tuple(explanations),
        seconds=stages.seconds,
        record=model.record,
    )
    folder.finish(outcome, report)
    return outcome


def resume_table(folder: str | Path, **options: Any) -> Outcome:
    """Go on with the run in a folder, which was killed or switched off; bit for bit the same.

    ``options`` are those of ``train_table``. A finished run is judged and written again.
    """
    from .folder import SETTINGS

    settings = Settings.load(Path(folder) / SETTINGS, output=str(folder))
    return train_table(settings, resume=True, **options)


def _command(settings: Settings) -> str:
    where = "settings.toml" if settings.output is None else f"{settings.output}/settings.toml"
    return (
        "python -c 'from chainrule.tabular import Settings, train_table; "
        f'train_table(Settings.load("{where}"))\''
    )


# -- rows ----------------------------------------------------------------------------------------


def _split(table: Table, settings: Settings, recipe: Recipe, key: Any) -> Parts:
    schema = table.schema
    groups = groups_of(table.frame, [column.name for column in schema.used])
    test = 0.0 if table.test is not None else settings.test_fraction
    strata = strata_of(schema.task, table.y)
    validation = settings.validation_fraction
    if validation is None:
        validation = recipe.validation_fraction
    if validation is None:
        validation = VALIDATION
    parts = split(strata, groups, test, validation, key)
    return parts if table.test is None else replace(parts, test=np.arange(len(table.test)))


def _fit(
    recipe: Recipe, table: Table, train: np.ndarray, check: np.ndarray, **options: Any
) -> TableModel:
    """The model of these rows; what the recipe would keep apart is kept apart here already."""
    recipe = replace(recipe, validation_fraction=0.0)
    frame = table.frame[check] if len(check) else None
    return TableModel.fit(recipe, table.frame[train], table.schema, check=frame, **options)


def _checkpoints(kept: dict[str, Any]) -> dict[str, Any]:
    return kept if kept["checkpoints"] is not None else {}


def _baselines(table: Table, parts: Parts, recipe: Recipe, seed: int) -> dict[str, Evaluation]:
    """What a model has to beat: what the training rows are on average, and a linear model."""
    test, truth = table.test_part(parts)
    schema, y = table.schema, table.y[parts.train]
    names = schema.classes or schema.targets
    if schema.task in ("binary", "multiclass"):
        usual = np.bincount(y, minlength=len(names)) / len(y)
        name = "class frequencies"
    else:
        usual = y.reshape(len(y), -1).mean(axis=0, dtype=np.float64)
        name = "label frequencies" if schema.task == "multilabel" else "mean"
    constant = np.tile(usual, (len(test), 1)).reshape(len(test), -1)
    found = {name: evaluate(schema.task, truth, constant, names, resamples=0)}
    linear = replace(Recipe(), hidden=(), dropout=0.0, seed=recipe.seed)
    linear = replace(linear, class_weight=recipe.class_weight)
    rows = parts.train
    if len(rows) > LINEAR_ROWS:
        order = np.asarray(random.permutation(random.key(seed), len(rows)))
        rows = np.sort(rows[order[:LINEAR_ROWS]])
    model = _fit(linear, table, rows, parts.validation)
    outputs = model.outputs_of(test)
    found["linear model"] = evaluate(schema.task, truth, outputs, names, resamples=0)
    return found


def _cross_validate(
    table: Table,
    parts: Parts,
    settings: Settings,
    recipe: Recipe,
    key: Any,
    folder: Folder,
    resume: bool,
) -> Iterator[Evaluation]:
    """The metrics of each fold of the rows outside the test part, by a model of the others."""
    if not settings.folds:
        return
    own = _development(table, parts)
    share = len(parts.validation) / len(own.rows)
    pairs = folds(own.strata, own.groups, settings.folds, key)
    for number, (learned_from, judged) in enumerate(pairs, 1):
        strata, groups = own.strata[learned_from], own.groups[learned_from]
        inner = split(strata, groups, 0.0, share, random.fold_in(key, number))
        kept = {"checkpoints": folder.checkpoints(f"fold-{number}"), "resume": resume}
        rows = own.rows[learned_from]
        train, check = rows[inner.train], rows[inner.validation]
        model = _fit(recipe, table, train, check, **_checkpoints(kept))
        held = own.rows[judged]
        outputs = model.outputs_of(table.frame[held])
        names = model.outputs
        yield evaluate(model.task, table.y[held], outputs, names, resamples=0)


@dataclass
class _Development:
    rows: np.ndarray
    strata: np.ndarray
    groups: np.ndarray


def _development(table: Table, parts: Parts) -> _Development:
    """All rows outside the test part, and how they are drawn."""
    rows = parts.development
    groups = groups_of(table.frame, [column.name for column in table.schema.used])
    return _Development(rows, strata_of(table.schema.task, table.y)[rows], groups[rows])


def _search(
    table: Table, parts: Parts, settings: Settings, key: Any, folder: Folder, tell: Any
) -> Any:
    """A better recipe, by the validation part, or by folds of the rows outside the test part."""
    from .tuning import Part, search

    assert settings.tune is not None
    tune = settings.tune
    pairs = [(parts.train, parts.validation)]
    count = tune.folds or (0 if len(parts.validation) else 3)
    if count:
        own = _development(table, parts)
        found = folds(own.strata, own.groups, count, key)
        pairs = [(own.rows[some], own.rows[judged]) for some, judged in found]
    made = []
    for rows, judged in pairs:
        preparation = Preparation.fit(table.frame[rows], table.schema)
        x, check = (preparation.transform(table.frame[each]) for each in (rows, judged))
        made.append(Part(x, table.y[rows], check, table.y[judged], preparation.embedded))
    journal = folder.checkpoints("search.journal")
    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
    return search(
        made,
        settings.recipe,
        task=table.schema.task,
        classes=len(table.schema.classes) or None,
        names=table.schema.classes or table.schema.targets,
        trials=tune.trials,
        minutes=tune.minutes,
        metric=tune.metric,
        seed=settings.seed,
        journal=journal,
        tell=tell,
    )


def _explained(model: TableModel, test: polars.DataFrame, outputs: np.ndarray) -> list[Explanation]:
    """The surest prediction and the least sure one; of values, the largest and the smallest."""
    flat = outputs.reshape(len(outputs), -1)
    score = flat[:, 0] if model.task == "regression" else flat.max(axis=1)
    chosen = dict.fromkeys([int(score.argmax()), int(score.argmin())])
    return model.explain(test, list(chosen)[:EXPLAINED])
