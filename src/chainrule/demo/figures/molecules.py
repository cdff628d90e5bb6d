"""Pictures of experiment 5."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from ... import draw
from ...draw.palette import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, VERMILION
from ...train import standardize
from ..molecules import SETTINGS, make_network, split, train_network
from .style import CLASS_COLOURS, COUNTS, Panel, axes, chart, drawing

EXCERPT = (make_network, split, train_network)
COLOURS = dict(zip(SETTINGS, (ORANGE, BLUE, GREEN), strict=True))


def overview(axis: Axes, found: dict[str, Any]) -> None:
    """The confusion matrix of the test part."""
    table = found["confusion"]
    names = found["table"].classes
    shares = table / table.sum(axis=1, keepdims=True)
    axis.imshow(shares, cmap=COUNTS, vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(table):
        share = shares[row, column]
        axis.text(
            column,
            row,
            f"{count}\n{share:.0%}",
            ha="center",
            va="center",
            fontsize=13,
            color="white" if share > 0.6 else INK,
        )
    axis.set(xticks=[0, 1], yticks=[0, 1], xticklabels=names, xlabel="answer", ylabel="truth")
    axis.set_yticklabels(names, rotation=90, va="center")
    axis.grid(False)


def figures(found: dict[str, Any]) -> list[Panel]:
    """All pictures of the experiment."""
    return [_data(found), _curves(found), _accuracy(found), _judged(found), _network(found)]


def _data(found: dict[str, Any]) -> Panel:
    figure, panels = axes(4, 2.9)
    table = found["table"]
    training = found["training"]
    x, y = table.x[training], table.y[training]
    x = standardize(x)(x)
    apart = np.abs(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))
    for axis, column in zip(panels, np.argsort(-apart), strict=False):
        low, high = np.quantile(x[:, column], (0.005, 0.995))
        bins = np.linspace(low, high, 25)
        for label in (0, 1):
            axis.hist(
                x[y == label, column],
                bins,
                color=CLASS_COLOURS[label],
                alpha=0.6,
                label=table.classes[label],
            )
        axis.set(title=table.features[column], xlabel="standard deviations from the mean")
        axis.xaxis.label.set_fontsize(9)
    panels[0].set_ylabel("rows")
    panels[-1].legend()
    text = (
        f"{table.name}: {len(table.y):,} rows, {len(table.features)} descriptors; the four whose "
        f"class means differ most, in the training part. Source: {table.source}."
    )
    return chart(figure, text)


def _curves(found: dict[str, Any]) -> Panel:
    figure, panels = axes(3, 3.3, sharey=True)
    for axis, (name, (_, history, _)) in zip(panels, found["compared"].items(), strict=True):
        epochs = np.arange(1, history.epochs + 1)
        axis.plot(epochs, history.epoch_losses, color=MUTED, linestyle="--", label="training")
        axis.plot(epochs, history.validation_losses, color=COLOURS[name], label="validation")
        best = history.validation_losses.min()
        axis.axhline(best, color=COLOURS[name], linewidth=0.8, linestyle=":")
        setting = ", ".join(f"{k} {v:g}" for k, v in SETTINGS[name].items() if v)
        axis.set(title=setting or name, xlabel="epoch")
        axis.legend()
    panels[0].set_ylabel("loss")
    text = (
        "Where the training loss falls on and the validation loss rises, the network learns its "
        "rows by heart. L2 (its penalty is part of the training loss) and dropout keep it from it."
    )
    return chart(figure, text)


def _accuracy(found: dict[str, Any]) -> Panel:
    figure, (left, right) = axes(2, 3.1, width_ratios=[1.2, 1])
    for place, (name, scores) in enumerate(found["folds"].items()):
        left.plot(scores, np.full(len(scores), place), "o", color=COLOURS[name], alpha=0.75)
        left.plot(np.mean(scores), place, "|", color=INK, markersize=22, markeredgewidth=2)
    names = [f"{name} (chosen)" if name == found["chosen"] else name for name in found["folds"]]
    left.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4))
    left.set(xlabel="accuracy on the held-out fold", title="5-fold cross-validation")
    tests = np.sort(found["tests"])
    right.plot(tests, np.arange(1, len(tests) + 1), "o", color=PURPLE)
    median = np.median(tests)
    right.axvline(median, color=INK, linewidth=1.4, label=f"median {median:.3f}")
    right.axvline(
        found["needed"],
        color=VERMILION,
        linestyle="--",
        linewidth=1.4,
        label=f"required {found['needed']:g}",
    )
    right.set(xlabel="test accuracy", ylabel="seeds, sorted", title="The test part, by seed")
    right.legend(loc="upper left", frameon=True, facecolor="white", framealpha=0.9)
    return chart(figure, "Left: dots are folds, bars their mean. Right: a dot for each seed.")


def _judged(found: dict[str, Any]) -> Panel:
    figure, (left, right) = axes(2, 4.0)
    overview(left, found)
    left.set_aspect("equal")
    left.set_title(f"Confusion matrix, accuracy {found['accuracy']:.1%}")
    (alarms, hits), area = found["roc"], found["area"]
    right.fill_between(alarms, hits, step="post", color=BLUE, alpha=0.12)
    right.step(alarms, hits, where="post", color=BLUE, label=f"network, area {area:.3f}")
    right.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1.2, label="guessing")
    right.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    right.set(xlim=(-0.01, 1.01), ylim=(0, 1.02), aspect="equal")
    right.legend(loc="lower right")
    text = "The test part, which had no share in training. Colour: the share of the row's class."
    return chart(figure, text)


def _network(found: dict[str, Any]) -> Panel:
    table = found["table"]
    layers = draw.layers_of(found["net"])
    names = [name if len(name) <= 14 else name[:13] + "…" for name in table.features]
    return drawing(
        draw.matrices(layers),
        draw.neurons(layers, names, [f"logit of {table.classes[1]}"]),
        caption="The trained network: blue weights are negative, orange ones positive. Of more "
        "than 24 neurons in a layer, the first and the last are drawn.",
    )
