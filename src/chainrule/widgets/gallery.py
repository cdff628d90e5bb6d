"""The gallery: activations, losses and initialisers, each with what to notice about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from . import gallery_activations as activations
from . import gallery_initialisers as initialisers
from . import gallery_losses as losses
from .accept import choice, number, points, whole
from .widget import UserError, Widget

TABS = ("activations", "losses", "initialisers")
_LOSSES = [name for names in losses.GROUPS.values() for name in names]
_RANGES = {**activations.SETTINGS, **losses.SETTINGS, **initialisers.SETTINGS}


def settings(value: Any) -> dict[str, Any]:
    """A check of settings: names that there are, each brought into its range.

    >>> settings({"alpha": 99})
    {'alpha': 3.0}
    """
    if not isinstance(value, dict) or not set(value) <= set(_RANGES):
        raise UserError(f"These settings are not known: {value!r}.")
    return {name: _checked(name, part) for name, part in value.items()}


def _checked(name: str, value: Any) -> Any:
    row = _RANGES[name]
    check: Callable[[Any], Any] = choice(*row) if isinstance(row[0], str) else number(*row[:2])
    return check(value)


class Gallery(Widget):
    """Three rooms. Whatever they show is computed by the engine when it is asked for.

    >>> gallery = Gallery()
    >>> gallery.take({"activation": "Tanh", "probe": 0.0})
    >>> gallery.state["tangent"]
    [0.0, 0.0, 1.0]
    """

    module = "gallery"
    shared = (
        "tab",
        "activation",
        "activation_settings",
        "probe",
        "loss",
        "loss_settings",
        "over",
        "outlier",
        "initialiser",
        "initialiser_settings",
        "between",
        "width",
        "seed",
    )
    accepts: ClassVar[dict[str, Callable[[Any], Any]]] = {
        "tab": choice(*TABS),
        "activation": choice(*activations.names()),
        "activation_settings": settings,
        "probe": number(-activations.SPAN, activations.SPAN),
        "loss": choice(*_LOSSES),
        "loss_settings": settings,
        "over": choice("z", "p"),
        "outlier": points(1, limit=4.0),
        "initialiser": choice(*initialisers.names()),
        "initialiser_settings": settings,
        "between": choice(*initialisers.ACTIVATIONS),
        "width": whole(8, 128),
        "seed": whole(0, 999),
    }

    def __init__(self) -> None:
        x, y = losses.points()
        super().__init__(
            tab="activations",
            ranges=_RANGES,
            thumbnails=activations.thumbnails(),
            activation="Sigmoid",
            activation_settings={},
            probe=0.0,
            curve={},
            tangent=[],
            groups=losses.GROUPS,
            loss="HuberLoss",
            loss_settings=losses.settings_of("HuberLoss"),
            over="p",
            loss_curves=[],
            outlier=[[float(x[-1]), float(y[-1])]],
            points=np.column_stack([x, y])[:-1],
            lines={},
            initialisers=initialisers.names(),
            betweens=list(initialisers.ACTIVATIONS),
            initialiser="kaiming_normal",
            initialiser_settings={},
            between="ReLU",
            width=64,
            seed=0,
            layers={},
        )
        self._show_activation()

    def changed(self, changes: dict[str, Any]) -> None:
        """A choice, a slider, or the outlier moved: compute what depends on it."""
        state = self.state
        for name, module in (("activation", activations), ("loss", losses)):
            if name in changes and f"{name}_settings" not in changes:
                self.set(**{f"{name}_settings": module.settings_of(state[name])})
        if "initialiser" in changes and "initialiser_settings" not in changes:
            found = initialisers.settings_of_init(state["initialiser"])
            self.set(initialiser_settings=found)
        show = {
            "activations": self._show_activation,
            "losses": self._show_loss,
            "initialisers": self._show_layers,
        }
        show[state["tab"]]()

    def _settings(self, name: str, known: dict[str, Any]) -> dict[str, Any]:
        """The settings that belong to what is shown; a link may hold those of something else."""
        given = self.state[f"{name}_settings"]
        return {key: given.get(key, start) for key, start in known.items()}

    def _show_activation(self) -> None:
        name, x = self.state["activation"], self.state["probe"]
        given = self._settings("activation", activations.settings_of(name))
        y, d = activations.slope(activations.function(name, given), np.array([x]))
        found = activations.curve(name, given)
        self.set(curve=found, tangent=[x, float(y[0]), float(d[0])], activation_settings=given)

    def _show_loss(self) -> None:
        name, over = self.state["loss"], self.state["over"]
        given = self._settings("loss", losses.settings_of(name))
        curves = [losses.curve(name, given, over)]
        for other in losses.GROUPS[losses.group_of(name)]:
            if other != name:
                curves.append(losses.curve(other, losses.settings_of(other), over))
        self.set(loss_curves=curves, loss_settings=given)
        if losses.group_of(name) == "error":
            if self.state["lines"]:
                self._fit_lines()
            else:  # the first time compiles: show the curves before
                self.running = True

    def tick(self, budget: float) -> None:
        """The lines, for the first time."""
        self._fit_lines()
        self.running = False

    def _fit_lines(self) -> None:
        given = self.state["loss_settings"]
        x, y = np.vstack([self.state["points"], self.state["outlier"]]).T
        delta = given.get("delta", given.get("beta", 1.0))
        self.set(lines={name: losses.fit_line(name, x, y, delta) for name in losses.FITTED})

    def _show_layers(self) -> None:
        state = self.state
        name = state["initialiser"]
        given = self._settings("initialiser", initialisers.settings_of_init(name))
        found = initialisers.through(name, given, state["between"], state["width"], state["seed"])
        self.set(layers=found, initialiser_settings=given)
