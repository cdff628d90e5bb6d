"""From a table to a trusted model: read, look, split, learn, judge, keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import random
from ..data.tables import Preparation
from . import record as records
from .crossing import Development, Keep, calibrate, fit_rows, judge
from .evaluation import Evaluation, evaluate
from .folder import Folder
from .model import READING, Explanation, TableModel
from .outcome import Outcome
from .recipe import Recipe
from .rows import FEW
from .settings import Settings
from .source import Table, read_table
from .splitting import Parts, groups_of, split, strata_of
from .summary import summarise

if TYPE_CHECKING:
    import polars

LINEAR_ROWS = 20_000  # from which the linear model learns, at the most
VALIDATION = 0.1
FOLDS = 5
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
    part, which only judges the finished model; and the training part, from which all is learned,
    the preparation of the columns included. From 2,000 rows on, and where recipes are compared, a
    validation part is taken from it, on which training is stopped and probabilities are calibrated.
    Of fewer rows each is needed: the network is trained for a fixed number of steps, and the
    probabilities are calibrated by five-fold cross-validation. The model that is kept is the one
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
    keep = _keep(folder, resume)
    count = _folds(table, parts, settings)
    judged: list[Evaluation] = []
    temperature = 1.0
    if count:
        stages.begin("cross-validation")
        found = _cross_validate(table, parts, count, recipe, keys[1], keep)
        judged, temperature = found
    stages.begin("training")
    options = {"progress": progress, "callbacks": callbacks, **keep("network")}
    if table.stream is not None:
        held = parts.validation if table.test is not None else parts.held
        options["pieces"] = table.stream.pieces(held)
    model = fit_rows(recipe, table, parts.train, parts.validation, **options)
    if not len(parts.validation):
        model.learned.temperature = temperature
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
        is_large = len(table.y) >= FEW or settings.tune is not None
        validation = VALIDATION if is_large else 0.0
    parts = split(strata, groups, test, validation, key)
    return parts if table.test is None else replace(parts, test=np.arange(len(table.test)))


def _folds(table: Table, parts: Parts, settings: Settings) -> int:
    """How many folds: as asked; else some where there is no validation part."""
    if settings.folds is not None:
        return settings.folds
    if len(parts.validation):
        return 0
    different = len(np.unique(Development.of(table, parts).groups))
    return min(FOLDS, different) if different > 1 else 0


def _keep(folder: Folder, resume: bool) -> Keep:
    """What ``learn`` is told of the checkpoints of a part of the run."""

    def of(name: str) -> dict[str, Any]:
        place = folder.checkpoints(name)
        return {} if place is None else {"checkpoints": place, "resume": resume}

    return of


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
    model = fit_rows(linear, table, rows, parts.validation)
    outputs = model.outputs_of(test)
    found["linear model"] = evaluate(schema.task, truth, outputs, names, resamples=0)
    return found


def _cross_validate(
    table: Table, parts: Parts, count: int, recipe: Recipe, key: Any, keep: Keep
) -> tuple[list[Evaluation], float]:
    """The metrics of each fold; and the temperature, where there is no validation part for it."""
    own = Development.of(table, parts)
    found = own.fitted(recipe, count, len(parts.validation) / len(own.rows), key, keep)
    is_of_classes = table.schema.task != "regression" and recipe.calibrate is not False
    is_needed = is_of_classes and not len(parts.validation)
    temperature = calibrate(found, table) if is_needed else 1.0
    return judge(found, table), temperature


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
        pairs = list(Development.of(table, parts).pairs(count, key))
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
