"""TableModel: a trained network with all that leads from a raw table to its predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import export
from ..data.errors import DataError
from ..data.tables import Origin, Preparation, Schema, read
from ..data.tables.encoders import ENCODERS
from ..extras import require
from . import explaining
from .evaluation import Evaluation, evaluate
from .learned import Learned

if TYPE_CHECKING:
    import polars

KIND = "table model"
SUFFIX = ".chainrule"
READING = ("header", "separator", "decimal", "encoding", "missing")  # what files are read with


@dataclass(frozen=True)
class Explanation:
    """Why one output of one row is what it is: ``start + Σ amounts ≈ value``.

    ``parts`` has (column, its value in the row, the amount it adds), the largest first; ``start``
    is what the network says of the mean training row.
    """

    row: int
    output: str
    value: float
    start: float
    parts: tuple[tuple[str, Any, float], ...]

    def __str__(self) -> str:
        lines = [f"row {self.row}: {self.output} = {self.value:.4g}, mean row {self.start:.4g}"]
        lines += [f"  {amount:+.4f}  {name} = {value}" for name, value, amount in self.parts]
        return "\n".join(lines)


@dataclass
class TableModel:
    """From rows of the raw table to predictions; in one file, without code and without pickle.

    Attributes
    ----------
    preparation, learned, schema
        What turns rows into numbers, the network, and what the columns are.
    background
        The mean training row as the first layer sees it.
    record
        How the model came about: settings, data, seed, versions, metrics; JSON.

    >>> import polars
    >>> from chainrule.tabular import Recipe, learn
    >>> from chainrule.data.tables import infer
    >>> frame = polars.DataFrame({"x": np.linspace(-1, 1, 40), "y": ["no"] * 20 + ["yes"] * 20})
    >>> model = TableModel.fit(Recipe(hidden=(4,), epochs=30), frame, infer(frame, "y"))
    >>> model.predict(polars.DataFrame({"x": [-0.9, 0.9]})).columns
    ['prediction', 'probability_no', 'probability_yes']
    """

    preparation: Preparation
    learned: Learned
    schema: Schema
    background: np.ndarray
    record: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        recipe: Any,
        frame: polars.DataFrame,
        schema: Schema,
        *,
        check: polars.DataFrame | None = None,
        pieces: Callable[[Preparation], Any] | None = None,
        **options: Any,
    ) -> TableModel:
        """Prepare these rows and learn from them; ``options`` are those of ``learn``.

        ``check`` are rows to validate on, prepared as the others taught. With ``pieces``, the rows
        teach the preparation alone, and the network learns from ``pieces(preparation)``.
        """
        from .learning import learn

        preparation = Preparation.fit(frame, schema)
        x, y = preparation.transform(frame), preparation.targets(frame)
        if check is not None and len(check):
            options["validation"] = preparation.transform(check), preparation.targets(check)
        learned = learn(
            recipe,
            *((x, y) if pieces is None else (pieces(preparation), None)),
            task=schema.task,
            classes=len(schema.classes) or None,
            embedded=preparation.embedded,
            **options,
        )
        return cls(preparation, learned, schema, explaining.background_of(learned, x))

    # -- predictions

    @property
    def task(self) -> str:
        """binary, multiclass, multilabel or regression."""
        return self.schema.task

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the classes, of the labels, or of the values predicted."""
        return self.schema.classes or self.schema.targets

    def frame(self, source: Any) -> polars.DataFrame:
        """A table as a frame: a frame as it is, a file read as the training data was."""
        if isinstance(source, require("polars", "tables").DataFrame):
            return source
        return read(source, **self._options())

    def _options(self) -> dict[str, Any]:
        """What files are read with."""
        options = self.record.get("reading", {})
        found = {key: options[key] for key in READING if options.get(key) is not None}
        return {**found, "types": {**self.preparation.types, **options.get("types", {})}}

    def _where(self, source: Any) -> Origin | None:
        """For errors: the file and the line of a row."""
        is_frame = isinstance(source, require("polars", "tables").DataFrame)
        return None if is_frame else Origin(source, **self._options())

    def outputs_of(self, source: Any) -> np.ndarray:
        """Probabilities (rows, classes or labels), or values."""
        x = self.preparation.transform(self.frame(source), self._where(source))
        return explaining.predictions_of(self.learned, x)

    def predict(self, source: Any) -> polars.DataFrame:
        """Predictions for the rows of a frame or file: classes and their probabilities, or values.

        Columns: ``prediction`` and ``probability_<class>``; for several labels or values
        ``prediction_<name>``, and ``probability_<name>`` of each label. Raises ``DataError`` where
        a column is missing or a value is not of its kind.
        """
        pl = require("polars", "tables")
        return pl.DataFrame(columns_of(self.schema, self.outputs_of(source)))

    def truth(self, source: Any) -> np.ndarray:
        """The targets in a frame or file, as numbers."""
        return self.preparation.targets(self.frame(source), self._where(source))

    def evaluate(self, source: Any, *, seed: int = 0, resamples: int = 1000) -> Evaluation:
        """Metrics with intervals, for rows whose target is known."""
        outputs, truth = self.outputs_of(source), self.truth(source)
        return evaluate(self.task, truth, outputs, self.outputs, seed=seed, resamples=resamples)

    # -- explanations

    @property
    def _widths(self) -> list[int]:
        """How many columns of x each raw column has."""
        columns = self.preparation.columns
        return [len(ENCODERS[column["kind"]].names(column)) for column in columns]

    def explain(
        self, source: Any, rows: Sequence[int] | None = None, output: str | None = None
    ) -> list[Explanation]:
        """Each row's prediction as a sum over the raw columns, by integrated gradients.

        ``rows`` are places in the frame (None: all); ``output`` the class, label or value to
        explain (None: the predicted class, the likeliest label, the first value).
        """
        frame = self.frame(source)
        rows = range(len(frame)) if rows is None else [_place(row, len(frame)) for row in rows]
        chosen = frame[list(rows)]
        x = self.preparation.transform(chosen)
        values = explaining.predictions_of(self.learned, x).reshape(len(x), -1)
        which = self._which(values, output)
        widths, names = self._widths, self.preparation.names
        background = self.background
        amounts, start = explaining.contributions(self.learned, x, background, which, widths)
        found = []
        for at, row in enumerate(rows):
            order = np.argsort(-np.abs(amounts[at]), kind="stable")
            told = [(names[i], chosen[names[i]][at], float(amounts[at, i])) for i in order]
            value = float(values[at, which[at]])
            output_name = self.outputs[which[at]]
            found.append(Explanation(row, output_name, value, float(start[at]), tuple(told)))
        return found

    def _which(self, values: np.ndarray, output: str | None) -> np.ndarray:
        if output is None:
            is_value = self.task == "regression"
            return np.zeros(len(values), np.int64) if is_value else values.argmax(axis=1)
        if output not in self.outputs:
            raise DataError(
                f"there is no output {output!r}", fix=f"use one of {', '.join(self.outputs)}"
            )
        return np.full(len(values), self.outputs.index(output))

    def importance(self, source: Any, *, seed: int = 0) -> list[tuple[str, float, float]]:
        """How much the headline score falls when a raw column is shuffled, the largest first.

        (column, mean fall, standard deviation over shuffles). The score is the area under the ROC
        curve (binary, multilabel), the accuracy (multiclass) or R² (regression).
        """
        frame = self.frame(source)
        x, truth = self.preparation.transform(frame), self.truth(frame)
        mean, deviation = explaining.importance(self.learned, x, truth, self._widths, seed)
        names = self.preparation.names
        order = np.argsort(-mean, kind="stable")
        return [(names[i], float(mean[i]), float(deviation[i])) for i in order]

    # -- files

    def save(self, path: str | Path) -> None:
        """Write the model as one file, whole or not at all."""
        header = {
            "kind": KIND,
            "preparation": self.preparation.to_dict(),
            "learned": self.learned.to_dict(),
            "schema": self.schema.to_dict(),
            "record": self.record,
        }
        tensors = {f"network.{name}": value for name, value in self.learned.tensors().items()}
        export.save_tensors(path, header, tensors | {"background": self.background})

    @classmethod
    def load(cls, path: str | Path) -> TableModel:
        """The model in a file; the same predictions, bit for bit.

        The file need not be trusted: reading it runs nothing. Raises ``ModelFileError``.
        """
        header, tensors = export.load_tensors(path)
        if header.get("kind") != KIND:
            raise export.ModelFileError(
                f"{path} holds no model of a table: chainrule.export.load reads networks"
            )
        try:
            return cls._from_parts(header, tensors)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise export.ModelFileError(f"{path} is damaged: {error!r}") from None

    @classmethod
    def _from_parts(cls, header: dict[str, Any], tensors: dict[str, np.ndarray]) -> TableModel:
        prefix = "network."
        own = {name[len(prefix) :]: v for name, v in tensors.items() if name.startswith(prefix)}
        network = header["learned"]["network"]
        preparation = Preparation.from_dict(header["preparation"])
        learned = Learned.from_parts(header["learned"], own)
        schema = Schema.from_dict(header["schema"])
        if preparation.width != network["width"]:
            raise ValueError(f"{preparation.width} prepared columns for {network['width']} inputs")
        return cls(preparation, learned, schema, tensors["background"], dict(header["record"]))

    def to_onnx(self, path: str | Path) -> Any:
        """Write an ONNX file that takes the raw columns; the preparation is inside."""
        return export.table_to_onnx(self.preparation.to_dict(), self.learned.function, path=path)

    def to_python(self, path: str | Path) -> Any:
        """Write one Python file that needs NumPy alone; the preparation is inside."""
        return export.table_to_numpy_file(
            self.preparation.to_dict(), self.learned.function, path=path
        )


def columns_of(schema: Schema, outputs: np.ndarray) -> dict[str, np.ndarray]:
    """Predictions as columns of a table."""
    pl = require("polars", "tables")
    if schema.task == "regression":
        values = outputs.reshape(len(outputs), -1)
        if len(schema.targets) == 1:
            return {"prediction": values[:, 0]}
        return {f"prediction_{name}": values[:, i] for i, name in enumerate(schema.targets)}
    names = schema.classes or schema.targets
    chances = {f"probability_{name}": outputs[:, i] for i, name in enumerate(names)}
    if schema.task == "multilabel":
        said = outputs > 0.5
        chosen = {f"prediction_{name}": said[:, i].astype(int) for i, name in enumerate(names)}
        return chosen | chances
    classes = pl.Series("prediction", list(names), dtype=pl.String)
    return {"prediction": classes[outputs.argmax(axis=1)]} | chances


def _place(row: int, rows: int) -> int:
    if not 0 <= row < rows:
        raise DataError(f"there is no row {row}: the table has {rows}", fix="count rows from 0")
    return int(row)
