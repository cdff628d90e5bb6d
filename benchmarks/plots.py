"""Pictures of the numbers: one style, labels at the lines themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .bench import Result

COLOURS = {
    "chainrule": "#c0392b",
    "fit": "#e08e83",
    "C": "#222222",
    "JAX scan": "#2471a3",
    "JAX step": "#85c1e9",
    "PyTorch": "#d68910",
    "NumPy": "#1e8449",
    "sklearn": "#7d3c98",
    "BLAS": "#888888",
}
STYLE = {
    "font.size": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "figure.dpi": 120,
}


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(STYLE)
    return plt


def ratios(results: list[Result], works: list[str], columns: list[str], path: Path) -> None:
    """For each work a line, on it every column at its multiple of our time."""
    plt = _pyplot()
    figure, axes = plt.subplots(figsize=(10, 1.2 + 0.6 * len(works)), layout="constrained")
    median = {(r.work, r.column): r.median for r in results}
    for column in columns:
        points = [
            (median[work, column] / median[work, "chainrule"], row)
            for row, work in enumerate(works)
            if (work, column) in median
        ]
        if points:
            axes.scatter(*zip(*points, strict=True), s=90, color=COLOURS.get(column), label=column)
    axes.set_xscale("log")
    axes.set_yticks(range(len(works)), works)
    axes.set_ylim(len(works) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    axes.axvline(1, color=COLOURS["chainrule"], linewidth=1, zorder=0)
    axes.set_xlabel("time of a whole training, as a multiple of chainrule's")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}×")
    figure.legend(loc="outside upper center", ncols=9, frameon=False, fontsize=10, handletextpad=0)
    figure.savefig(path)
    plt.close(figure)


def lines(points: list[tuple[str, int, float]], x_label: str, title: str, path: Path) -> None:
    """Seconds: a line for each name, on two logarithmic axes, its name at its end."""
    plt = _pyplot()
    from matplotlib.ticker import EngFormatter, LogLocator

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    ends = {}
    for name in dict.fromkeys(name for name, _, _ in points):
        own = [(x, seconds) for who, x, seconds in points if who == name]
        column, _, threads = name.partition(",")
        colour, style = COLOURS.get(column), "--" if threads == " 1 thread" else "-"
        axes.plot(*zip(*own, strict=True), style, marker="o", color=colour, linewidth=2)
        ends[name] = (*own[-1], colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    short = EngFormatter(sep="")
    ticks = sorted({x for _, x, _ in points})
    axes.set_xticks(ticks, [short(tick) if tick >= 10_000 else f"{tick:,}" for tick in ticks])
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 100 * low else (1,)))
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(EngFormatter("s"))
    axes.set_xlabel(x_label)
    axes.set_title(title, loc="left", fontsize=13)
    figure.canvas.draw()  # the limits are settled before labels are placed by them
    _label_ends(axes, ends)
    figure.savefig(path)
    plt.close(figure)


def _label_ends(axes: Any, ends: dict[str, tuple[float, float, Any]]) -> None:
    """Names right of the last points, moved apart where they would lie on each other."""
    height = 0.06  # of a name, in parts of the axis
    low = -1.0
    to_axes = axes.transAxes.inverted()
    for name, (x, y, colour) in sorted(ends.items(), key=lambda item: item[1][1]):
        _, place = to_axes.transform(axes.transData.transform((x, y)))
        low = max(place, low + height)
        axes.annotate(
            name,
            (1.01, low),
            xycoords="axes fraction",
            color=colour,
            va="center",
            annotation_clip=False,
        )
