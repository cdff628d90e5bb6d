"""The colours of every picture: Okabe and Ito's, which the colour-blind can tell apart."""

from __future__ import annotations

BLUE = "#0072b2"
VERMILION = "#d55e00"
GREEN = "#009e73"
ORANGE = "#e69f00"
SKY = "#56b4e9"
PURPLE = "#cc79a7"
INK = "#1f2933"
MUTED = "#616e7c"
LINE = "#cbd2d9"
PAPER = "#ffffff"
WASH = "#f5f7fa"

# Boxes of a graph, by kind.
BLUISH, GREENISH, SANDY = "#e8f1fa", "#e6f4f0", "#fbf5e6"

FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"

# The same on a dark page. Heat maps keep their colours: their zero is white everywhere.
DARK = {
    BLUE: "#5ab4f0",
    VERMILION: "#ff8a3d",
    INK: "#e4e7eb",
    MUTED: "#9aa5b1",
    LINE: "#52606d",
    PAPER: "#1f2430",
    WASH: "#2a303d",
    BLUISH: "#22344a",
    GREENISH: "#1d3b34",
    SANDY: "#3b3423",
}


def signed(value: float, largest: float) -> str:
    """A colour for a signed number: blue below zero, white at it, vermilion above.

    >>> signed(0.0, 2.0), signed(2.0, 2.0), signed(-2.0, 2.0)
    ('#ffffff', '#d55e00', '#0072b2')
    """
    share = min(1.0, abs(value) / largest) if largest > 0 else 0.0
    end = VERMILION if value > 0 else BLUE
    parts = [int(end[i : i + 2], 16) for i in (1, 3, 5)]
    mixed = [round(255 + (part - 255) * share) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in mixed)
