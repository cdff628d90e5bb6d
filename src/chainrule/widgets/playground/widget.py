"""Playground: the page on which a network is built, trained and looked into."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import numpy as np

from ...data import Table, read_csv
from ...data.biodeg import DataError
from .. import accept
from ..widget import UserError, Widget
from . import links, options, pictures, points
from .code import program
from .experiment import Experiment
from .settings import CHECKS, LIVE, MOST_CLASSES, NAMES, Settings
from .words import words

VIEWS = ("network", "matrices", "code")
PACES = (1, 10, 100, 0)  # steps a frame; 0: as many as can be
MOST_DRAWN = 500
LEAST_ROWS, MOST_ROWS = 10, 2000
SOON, CALM = 0.15, 1.0  # seconds before a diagnosis, and between two, at least
BUDGET = 0.012  # of a frame; where it is smaller, others need the cores: diagnose less often


class Playground(Widget):
    """A network on points of the plane, trained by the engine while one looks.

    Parameters
    ----------
    model
        A Module of your own instead of the page's: any that takes rows (N, features).
    data
        ``(x, y)``: rows of two features or more, and labels from 0, or values.

    >>> page = Playground()
    >>> page.asked({"do": "step"}, [])
    >>> page.state["step"], page.state["losses"]["train"] < 1
    (1, True)
    """

    module = "playground"
    accepts = CHECKS | {
        "view": accept.choice(*VIEWS),
        "pace": accept.whole(0, 1000),
        "notice": accept.choice(""),  # read
    }

    def __init__(self, model: Any = None, data: Any = None) -> None:
        self.settings = Settings()
        self.model = model
        self.given: points.Problem | None = None
        self.table: Table | None = None
        self.own: list[list[float]] = []
        self.file = ""
        self.experiment: Experiment | None = None
        self._many = 1
        self._diagnosis_at = self._diagnosed = 0.0
        self._calm = CALM
        super().__init__(
            **dataclasses.asdict(self.settings), view="network", pace=10, running=False, notice=""
        )
        if model is not None:
            found = pictures.problem_of(model, data, self.settings)
            self.given, self.settings, self._outputs = found
            self._usual = self.settings.loss
            self._first = model.state_dict()
        self.set(
            options=pictures.choices(self.given is not None) | {"paces": PACES},
            **dataclasses.asdict(self.settings),
        )
        self._begin()

    # -- what the page changes

    def changed(self, changes: dict[str, Any]) -> None:
        """Settings: a new beginning, or only another way to go on."""
        wanted = self.settings.with_changes(changes)
        if wanted != self.settings:
            self._apply(wanted)
        elif changes.keys() - NAMES:
            self._show()

    def _apply(self, wanted: Settings) -> None:
        wanted = self._with_what_follows(wanted)
        names = wanted.changed_from(self.settings)
        before = self.settings
        self.settings = self._with_fitting_loss(wanted, "loss" in names)
        is_live = names <= LIVE and self.experiment is not None
        try:
            if is_live and (self.experiment.step or self.experiment.events):
                self.experiment.change(self.settings)
                if names & {"across", "up"}:
                    self.set(**pictures.of_problem(self.experiment))
                self._show()
            else:
                self._begin()
        except (UserError, ValueError):
            self.settings = before
            self.set(**dataclasses.asdict(before))
            raise

    def _with_fitting_loss(self, wanted: Settings, is_chosen: bool) -> Settings:
        """A loss that does not fit the data is refused where it was chosen, and else replaced."""
        task = self._task(wanted)
        usual = options.USUAL[task]
        why = options.why_not(wanted.loss, task)
        if self.given is not None:
            usual = self._usual
            if self.given.outputs(wanted.loss) != self._outputs:
                why = why or "loss_for_outputs"
        if not why:
            self.set(notice="")
            return wanted
        text = words(why, loss=wanted.loss, usual=usual)
        if is_chosen:
            self.set(loss=self.settings.loss)
            raise UserError(text)
        self.set(loss=usual, notice=words("loss_changed", why=text, usual=usual))
        return dataclasses.replace(wanted, loss=usual)

    def _with_what_follows(self, wanted: Settings) -> Settings:
        """Other points have their usual noise and first axes; two axes are never the same."""
        now, more = self.settings, {}
        if wanted.data != now.data:
            more = {"across": 0, "up": 1}
            if wanted.data in options.DATA and wanted.noise == now.noise:
                more["noise"] = options.DATA[wanted.data].noise
        elif wanted.across == wanted.up:  # they change places
            more = {"up": now.across} if wanted.across != now.across else {"across": now.up}
        elif self.experiment is not None:
            last = len(self.experiment.problem.features) - 1
            more = {"across": min(wanted.across, last), "up": min(wanted.up, last)}
        self.set(**more)
        return dataclasses.replace(wanted, **more)

    def _task(self, wanted: Settings) -> str:
        if self.given is not None:
            return self.given.task
        if wanted.data == options.OWN:
            labels = {point[2] for point in self.own}
            return options.SEVERAL if max(labels, default=0) > 1 else options.BINARY
        if wanted.data == options.CSV:
            if self.table is None:
                self.set(data=self.settings.data)
                raise UserError(words("csv_missing"))
            return points.task_of(self.table.classes)
        row = options.DATA[wanted.data]
        if row.task == options.REGRESSION:
            return options.REGRESSION
        return options.SEVERAL if row.classes and wanted.classes > 2 else options.BINARY

    def _begin(self) -> None:
        """A new experiment of the settings."""
        if self.given is not None:
            self.model.load_state_dict(self._first)
            self.experiment = Experiment(self.settings, self.given, self.model)
        else:
            try:
                problem = points.make_problem(self.settings, self.own, self.table)
                self.experiment = Experiment(self.settings, problem)
            except points.TooFew:
                self.experiment = None
                self._pause()
                self.set(notice=words("draw_more"), **pictures.only_points(self.own))
                return
        self.set(**pictures.of_problem(self.experiment))
        self._show()

    def begin_with(self, settings: Settings) -> None:
        """All settings anew, as from a link."""
        self._pause()
        self.settings = self._with_fitting_loss(settings, False)
        self.set(**dataclasses.asdict(self.settings))
        self._begin()

    def show_experiment(self) -> None:
        """Its settings and pictures, after it went on by itself."""
        self.settings = self._needed().settings
        self.set(**dataclasses.asdict(self.settings))
        self._show()

    # -- what the page asks for

    def do_play(self) -> None:
        """Train until paused."""
        self._needed()
        self.set(running=True)
        self.running = True

    def do_pause(self) -> None:
        """Stop training; one can go on."""
        self._pause()
        self._show()

    def _pause(self) -> None:
        self.set(running=False)

    def do_step(self) -> None:
        """One step, of one batch."""
        self._pause()
        self._play(1)
        self._show()

    def do_back(self) -> None:
        """One step back, with the settings of that moment."""
        self._pause()
        experiment = self._needed()
        if experiment.back():
            self.settings = experiment.settings
            self.set(notice="", **dataclasses.asdict(self.settings))
        self._show()

    def do_reset(self) -> None:
        """To the beginning, with the settings of now."""
        self._pause()
        self.set(notice="")
        self._begin()

    def do_edit(self, layer: int, place: list[int], value: float) -> None:
        """Set a weight [to, from] or a bias [to] of a layer by hand."""
        experiment = self._needed()
        name = pictures.parameter_name(experiment, layer, place)
        experiment.edit(name, tuple(place), accept.number(-1e3, 1e3)(value))
        self._show()

    def do_draw(self, drawn: list[Any]) -> None:
        """Add points [x, y, class] to those drawn by hand."""
        rows = accept.points(MOST_DRAWN, 3)(drawn)
        if len(self.own) + len(rows) > MOST_DRAWN:
            raise UserError(words("drawn_many", most=MOST_DRAWN))
        label = accept.whole(0, MOST_CLASSES - 1)
        checked = [[round(a, 4), round(b, 4), label(kind)] for a, b, kind in rows]
        self.own = [*self.own, *checked]
        self._use("own")

    def do_erase(self, x: float, y: float, radius: float) -> None:
        """Remove the drawn points around a place."""
        self.own = [p for p in self.own if np.hypot(p[0] - x, p[1] - y) > radius]
        self._use("own")

    def do_clear(self) -> None:
        """Remove all drawn points."""
        self.own = []
        self._use("own")

    def do_upload(self, name: str, text: str) -> None:
        """Take a CSV table as the points: numeric columns, the last one is the target."""
        try:
            table = read_csv(text if "\n" in text else text + "\n", rows=MOST_ROWS)
        except DataError as error:
            raise UserError(words("csv_wrong", name=str(name)[:60], what=error)) from error
        if len(table.features) < 2:
            raise UserError(words("csv_narrow", name=str(name)[:60]))
        if len(table.y) < LEAST_ROWS:
            raise UserError(words("csv_short", name=str(name)[:60], least=LEAST_ROWS))
        self.table, self.file = table, str(name)[:200]
        self._use("csv")

    def do_refuse(self, name: str, size: str) -> None:
        """Say that a file is too large to be sent."""
        raise UserError(words("csv_large", name=str(name)[:60], size=str(size)[:20]))

    def _use(self, data: str) -> None:
        """Begin anew with points of one's own."""
        wanted = dataclasses.replace(self.settings, data=data, across=0, up=1)
        self.settings = self._with_fitting_loss(wanted, False)
        self.set(**dataclasses.asdict(self.settings))
        self._begin()

    def do_again(self) -> None:
        """Other points and first weights: the next seed."""
        wanted = dataclasses.replace(self.settings, seed=self.settings.seed + 1)
        self.set(seed=wanted.seed)
        self._apply(wanted)

    def do_example(self, x: float, y: float) -> None:
        """Follow the point nearest to this place through the matrices."""
        experiment = self._needed()
        across, up = self.settings.across, self.settings.up
        away = experiment.problem.raw[:, [across, up]] - [x, y]
        self.set(example=int((away**2).sum(axis=1).argmin()))
        self._show()

    def _needed(self) -> Experiment:
        if self.experiment is None:
            raise UserError(words("draw_more"))
        return self.experiment

    # -- frames

    def _play(self, count: int) -> None:
        experiment = self._needed()
        if experiment.play(count) < count:
            self._pause()
            self.set(notice=words("diverged", step=experiment.step + 1))

    def tick(self, budget: float) -> None:
        """Steps for half of the time, then pictures; now and then, the diagnosis."""
        self._calm = CALM * max(1.0, BUDGET / budget)
        if self.state["running"]:
            self._advance(budget)
        if self._diagnosis_at and time.monotonic() >= self._diagnosis_at:
            self._diagnose()
        self.running = self.state["running"] or bool(self._diagnosis_at)

    def _advance(self, budget: float) -> None:
        began = time.perf_counter()
        pace = self.state["pace"]
        count = min(self._many, pace) if pace else self._many
        self._play(count)
        spent = time.perf_counter() - began
        fitting = int(count * budget / 2 / max(spent, 1e-6))
        self._many = max(1, min(fitting, 16 * count, 5000))
        self._show()

    def _show(self) -> None:
        """What is seen of the experiment now."""
        if self.experiment is None:
            return
        if self.given is not None:
            self.experiment.store()
        view = self.state["view"]
        frame = pictures.frame(self.experiment, view, self.state.get("example", 0))
        if view == "code":
            frame["code"] = program(self.experiment, self.own, self.file)
        self.set(**frame)
        if not self._diagnosis_at:  # soon, but not before everything else is seen
            self._diagnosis_at = max(time.monotonic() + SOON, self._diagnosed + self._calm)
            self.running = True

    def _diagnose(self) -> None:
        self._diagnosis_at = 0.0
        if self.experiment is not None:
            self.set(diagnosis=pictures.diagnosis(self.experiment))
        self._diagnosed = time.monotonic()

    # -- links

    def link_state(self) -> dict[str, Any]:
        """The settings that are not the usual ones, and all steps and changes since."""
        return links.link(self)

    def restore(self, link: dict[str, Any]) -> None:
        """Make the steps and changes of a link again."""
        links.follow(self, link)
