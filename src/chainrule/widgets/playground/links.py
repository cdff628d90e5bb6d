"""A link to the playground: settings, and what was done since, to be done again by who opens it."""

from __future__ import annotations

import dataclasses
from operator import ge
from typing import TYPE_CHECKING, Any

from .. import accept
from ..widget import UserError
from . import options
from .experiment import Event, Experiment
from .settings import CHECKS, LIVE, MOST_CLASSES, NAMES, Settings
from .words import words

if TYPE_CHECKING:
    from .widget import Playground

MOST_STEPS = 100_000
MOST_EVENTS = 300
PATIENCE = 1.0  # seconds for the steps up to an event


def link(page: Playground) -> dict[str, Any]:
    """What is needed to come to the same numbers, as JSON."""
    found: dict[str, Any] = {"view": page.state["view"]}
    usual = Settings()
    first = page.experiment.first if page.experiment is not None else page.settings
    settings = first.with_changes({name: getattr(page.settings, name) for name in ("across", "up")})
    names = settings.changed_from(usual)
    if page.given is not None:
        names = names - {"data"} | {"loss"}
    for name in sorted(names):
        value = getattr(settings, name)
        found[name] = list(value) if isinstance(value, tuple) else value
    if page.settings.data == options.OWN:
        found["own"] = page.own
    experiment = page.experiment
    if experiment is None or experiment.step > MOST_STEPS or len(experiment.events) > MOST_EVENTS:
        return found
    found["steps"] = experiment.step
    if experiment.events:
        found["events"] = [list(event) for event in experiment.events]
    return found


def follow(page: Playground, link: dict[str, Any]) -> None:
    """Make it again; whatever is in the link is checked."""
    known = {name: value for name, value in link.items() if name in NAMES}
    if page.given is not None:
        known.pop("data", None)
    checked = {name: CHECKS[name](value) for name, value in known.items()}
    own = accept.points(500, 3)(link.get("own", []))
    label = accept.whole(0, MOST_CLASSES - 1)
    page.own = [[round(a, 4), round(b, 4), label(kind)] for a, b, kind in own] or page.own
    missing = checked.get("data") == options.CSV and page.table is None
    if missing:
        del checked["data"]
    start = page.settings if page.given is not None else Settings()
    wanted = start.with_changes(checked)
    if not _has_axes(page, wanted):
        wanted = wanted.with_changes({"across": 0, "up": 1})
    page.begin_with(wanted)
    page.take({"view": link.get("view", "network")})
    page.set(view=page.state["view"])
    if missing:
        page.set(notice=words("csv_not_in_link"))
        return
    _repeat(page, link.get("steps", 0), link.get("events", []))


def _has_axes(page: Playground, wanted: Settings) -> bool:
    count = 2
    if page.given is not None:
        count = len(page.given.features)
    elif wanted.data == options.CSV and page.table is not None:
        count = len(page.table.features)
    return wanted.across != wanted.up and max(wanted.across, wanted.up) < count


def _repeat(page: Playground, steps: Any, events: Any) -> None:
    experiment = page.experiment
    if experiment is None:
        return
    total = accept.whole(0, MOST_STEPS)(steps)
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise UserError(words("link_wrong"))
    for event in map(_event, events):
        if event.step < experiment.step or event.step > total:
            raise UserError(words("link_wrong"))
        if not experiment.play_to(event.step, PATIENCE):
            break
        if event.place:
            _check_place(experiment, event)
            experiment.edit(event.name, event.place, event.value)
        else:
            changed = dataclasses.replace(experiment.settings, **{event.name: event.value})
            experiment.change(changed)
    else:
        experiment.play_to(total, PATIENCE)
    page.show_experiment()
    if experiment.step < total:
        page.set(notice=words("link_long", step=experiment.step, total=total))


def _check_place(experiment: Experiment, event: Event) -> None:
    params, _ = experiment.trainer.numbers
    shape = params[event.name].shape if event.name in params else ()
    if len(event.place) != len(shape) or any(map(ge, event.place, shape)):
        raise UserError(words("link_wrong"))


def _event(parts: Any) -> Event:
    match parts:
        case [int(step), str(name), value, []] if name in LIVE:
            return Event(step, name, CHECKS[name](value))
        case [int(step), str(name), int() | float() as value, [_, *_] as place]:
            whole = accept.whole(0, 10_000)
            return Event(step, name, accept.number()(value), tuple(map(whole, place)))
    raise UserError(words("link_wrong"))
