"""Molecules: real data from the split to the answer, and how far one may trust it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..data import DataError, Dataset, load_biodeg, load_molecules
from ..data.biodeg import FILE
from . import accept
from .molecules_network import MOST_UNITS, PARTS, Network, judge, reliability, roc
from .molecules_table import MOST_BYTES, read_table
from .widget import UserError, Widget
from .words import words

EPOCHS = 400  # by then every curve has said what it has to say
IMPORTANT = 12  # descriptors shown


class Molecules(Widget):
    """Does a substance degrade readily? Training, threshold, ROC, calibration, importance.

    The data are read at the first tick, so that the page is there at once.
    """

    module = "molecules"
    shared = ("seed", "units", "l2", "dropout", "threshold", "part")
    accepts: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "seed": accept.whole(0, 999),
        "units": accept.whole(1, MOST_UNITS),
        "l2": accept.number(0.0, 0.1),
        "dropout": accept.number(0.0, 0.8),
        "threshold": accept.number(0.0, 1.0),
        "part": accept.choice(*PARTS),
    }

    def __init__(self, table: Dataset | None = None) -> None:
        super().__init__(
            playing=False,
            stage="reading",
            data={},
            parts=[],
            seed=0,
            units=20,
            l2=0.0,
            dropout=0.0,
            threshold=0.5,
            part="validation",
            epoch=0,
            most=EPOCHS,
            curves={},
            best=0,
            judged={},
            roc={},
            histogram=None,
            reliability={},
            importance=[],
        )
        self._table = table
        self._network: Network | None = None
        self._until = 0
        self.running = True

    # ------------------------------------------------------------------ what the page changes

    def changed(self, changes: dict[str, Any]) -> None:
        """Another network begins again; another threshold or part only looks elsewhere."""
        if self._network is None:
            return
        if set(changes) - {"threshold", "part"}:
            self._begin()
        elif "part" in changes:
            self._show()
            self._show_importance()
        else:
            self._judge(*self._network.answers(self.state["part"]))

    def do_play(self) -> None:
        """Train until told otherwise."""
        self._until = EPOCHS
        self.running = True
        self.set(playing=True)

    def do_pause(self) -> None:
        """Stop here, and measure what matters."""
        self._stop()

    def do_step(self) -> None:
        """One epoch."""
        self._ready().train_epoch()
        self._show()
        self._show_importance()

    def do_reset(self) -> None:
        """Begin again with the same split and the same weights."""
        self._begin()

    def do_split(self) -> None:
        """Draw another split, and other weights."""
        self.set(seed=(self.state["seed"] + 1) % 1000)
        self._begin()

    def do_read(self, name: str, text: str) -> None:
        """The learner's own table, as CSV text."""
        if not isinstance(name, str) or not isinstance(text, str):
            raise UserError("A file of text is needed here.")
        self._use(read_table(name, text))

    def do_too_large(self) -> None:
        """The page did not send a file, because it is too large."""
        raise UserError(words("molecules.large", most=MOST_BYTES // 1_000_000))

    def do_molecules(self) -> None:
        """Back to the molecules; where they are not on this machine, ask the archive for them."""
        try:
            self._use(load_biodeg())
        except DataError as error:
            raise UserError(words("molecules.not_fetched", why=_why(error), file=FILE)) from None

    def link_state(self) -> dict[str, Any]:
        """Settings, and how far the training went: the same numbers come back."""
        return {**super().link_state(), "epoch": self.state["epoch"]}

    def restore(self, link: dict[str, Any]) -> None:
        """Settings of a link; the training is done again up to where it was."""
        super().restore(link)
        self._until = accept.whole(0, EPOCHS)(link.get("epoch", 0))
        self.running = True

    def tick(self, budget: float) -> None:
        """Read the data, or train for one epoch, which is a few thousandths of a second."""
        if self._network is None:
            self._use(self._table or load_molecules(download=False))
        elif self._network.epoch < self._until:
            self._network.train_epoch()
            self._show()
        if self._network is not None and self._network.epoch >= self._until:
            self._stop()

    # ------------------------------------------------------------------------------ inside

    def _ready(self) -> Network:
        if self._network is None:
            raise UserError(words("molecules.reading"))
        return self._network

    def _stop(self) -> None:
        self.running = self._network is None
        self._until = 0
        self.set(playing=False)
        if self._network is not None:
            self._show_importance()

    def _use(self, table: Dataset) -> None:
        self._table = table
        rows, columns = table.x.shape
        self.set(
            stage="ready",
            data={
                "name": table.name,
                "source": table.source,
                "stand_in": bool(table.note),
                "classes": list(table.classes),
                "rows": rows,
                "columns": columns,
                "ones": int(table.y.sum()),
            },
        )
        until = self._until
        self._begin()
        self._until = until

    def _begin(self) -> None:
        state = self.state
        assert self._table is not None
        self._network = Network(
            self._table, state["units"], state["dropout"], state["l2"], state["seed"]
        )
        self._until = EPOCHS if state["playing"] else 0
        y = self._table.y
        parts = [
            {"name": name, "rows": len(rows), "ones": int(y[rows].sum())}
            for name, rows in self._network.rows.items()
        ]
        self.set(parts=parts, importance=[])
        self._show()

    def _show(self) -> None:
        network = self._ready()
        truth, p = network.answers(self.state["part"])
        counts = [np.histogram(p[truth == kind], 20, (0, 1))[0] for kind in (0, 1)]
        losses = network.curves["loss"]["validation"]
        self.set(
            epoch=network.epoch,
            curves={
                kind: {part: np.array(values, np.float32) for part, values in rows.items()}
                for kind, rows in network.curves.items()
            },
            best=int(np.argmin(losses)),
            roc=roc(truth, p),
            histogram=np.array(counts, np.int32),
            reliability=reliability(truth, p),
        )
        self._judge(truth, p)

    def _judge(self, truth: np.ndarray, p: np.ndarray) -> None:
        self.set(judged=judge(truth, p, self.state["threshold"]))

    def _show_importance(self) -> None:
        rows = self._ready().importance(self.state["part"])
        self.set(importance=rows[:IMPORTANT])


def _why(error: DataError) -> str:
    """Of all that was tried, what the last attempt, which is the network, said."""
    tried = [line[4:] for line in str(error).splitlines() if line.startswith("  - ")]
    return tried[-1].removeprefix("network: ") if tried else str(error)
