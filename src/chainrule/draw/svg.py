"""SVG, element by element."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from .palette import DARK, FONT, INK, PAPER

CLASS = "chainrule-picture"


class Picture:
    """A picture as SVG: ``str(picture)`` is its text, notebooks show it, ``save(path)`` writes it.

    >>> Picture(10, 5, [circle(3, 3, 2)], "a dot")
    Picture(10 x 5: a dot)
    """

    def __init__(self, width: float, height: float, elements: Iterable[str], title: str) -> None:
        self.width = width
        self.height = height
        self.title = title
        self._elements = list(elements)

    def __str__(self) -> str:
        wide, high = f"{self.width:.6g}", f"{self.height:.6g}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
            f'role="img" class="{CLASS}" style="max-width:100%;height:auto" '
            f'font-family="{escape(FONT)}" fill="{INK}">'
        )
        ground = element("path", d=f"M0 0h{wide}v{high}H0z", fill=PAPER)
        inside = "\n".join([ground, *self._elements])
        parts = [head, f"<title>{escape(self.title)}</title>", _style(inside), inside, "</svg>"]
        return "\n".join(parts)

    def __repr__(self) -> str:
        return f"Picture({self.width:.6g} x {self.height:.6g}: {self.title})"

    def _repr_svg_(self) -> str:
        return str(self)

    _repr_html_ = _repr_svg_  # first choice: in the page itself, tooltips work

    def below(self, other: Picture, caption: str) -> Picture:
        """This picture, with another one under it."""
        top = self.height + 34
        parts = [
            *self._elements,
            text(12, self.height + 22, caption, 13, font_weight=600),
            group(other._elements, transform=f"translate(0 {top:.6g})"),
        ]
        width = max(self.width, other.width, 24 + text_width(caption, 14))
        return Picture(width, top + other.height, parts, self.title)

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file."""
        Path(path).write_text(str(self), encoding="utf-8")


def _style(inside: str) -> str:
    """Rules that give the picture its colours for dark pages: those that it uses.

    They are found by the light colour, as the attribute says it; heat maps keep theirs.
    """
    rules = "\n".join(
        f'[{name}="{light}"]:not(.heat *) {{ {name}: {dark} }}'
        for light, dark in DARK.items()
        for name in ("fill", "stroke")
        if f'{name}="{light}"' in inside
    )
    rules = f"{{ fill: {DARK[INK]};\n{rules} }}"
    return (
        f"<style>@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) svg.{CLASS}, "
        f"svg.{CLASS}:root {rules} }}\n[data-theme=dark] svg.{CLASS} {rules}</style>"
    )


def element(name: str, content: str = "", **attributes: object) -> str:
    """An element; ``stroke_width=2`` becomes ``stroke-width="2"``.

    >>> element("circle", r=2.0, stroke_width=1)
    '<circle r="2" stroke-width="1"/>'
    """
    pairs = [f'{key.replace("_", "-")}="{_text(value)}"' for key, value in attributes.items()]
    head = " ".join([name, *pairs])
    return f"<{head}>{content}</{name}>" if content else f"<{head}/>"


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else escape(str(value))


def text(x: float, y: float, content: str, size: float = 12, **attributes: object) -> str:
    """A line of text; (x, y) is the start of its baseline, or its middle with text_anchor."""
    return element("text", escape(content), x=x, y=y, font_size=size, **attributes)


_NARROW, _WIDE = frozenset("iljtfr.,:;'|()[]!  "), frozenset("mwMW@×·⊤ΣΠ")


def text_width(content: str, size: float) -> float:
    """About how wide a text is; on the safe side, since each reader has other fonts.

    >>> text_width("ill", 10) < text_width("sum", 10) < text_width("WWW", 10)
    True
    """
    shares = [0.36 if c in _NARROW else 0.92 if c in _WIDE else 0.64 for c in content]
    return size * sum(shares)


def lowered(index: int) -> str:
    """An index as small letters: ``W₁``."""
    return str(index).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def circle(x: float, y: float, radius: float, **attributes: object) -> str:
    """A circle."""
    return element("circle", cx=x, cy=y, r=radius, **attributes)


def rectangle(x: float, y: float, width: float, height: float, **attributes: object) -> str:
    """A rectangle; (x, y) is its upper left corner."""
    return element("rect", x=x, y=y, width=width, height=height, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


def group(elements: Iterable[str], tip: str = "", **attributes: object) -> str:
    """Elements that share attributes; ``tip`` is shown where the pointer rests on them."""
    inside = [f"<title>{escape(tip)}</title>"] if tip else []
    return element("g", "".join([*inside, *elements]), **attributes)
