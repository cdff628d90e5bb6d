"""The texts of the interface, apart from code: one folder a language, one file a page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

HOME = Path(__file__).parent


def languages() -> dict[str, str]:
    """Code and own name of each language that there is.

    >>> languages()["en"]
    'English'
    """
    folders = sorted(path.name for path in HOME.iterdir() if (path / "kit.json").exists())
    return {name: catalogue(name)["kit.language"] for name in folders}


@cache
def catalogue(language: str = "en") -> dict[str, str]:
    """All texts of a language: ``"line.title"`` is ``title`` of ``line.json``.

    A text that is missing is English; a language that is missing is a ``ValueError``.

    >>> catalogue("en")["kit.play"]
    'Play'
    """
    folder = HOME / language
    if not language.isalpha() or not folder.is_dir():
        raise ValueError(f"there are no texts in {language!r}")
    texts = dict(catalogue("en")) if language != "en" else {}
    for path in sorted(folder.glob("*.json")):
        page = json.loads(path.read_text(encoding="utf-8"))
        texts |= {f"{path.stem}.{name}": text for name, text in page.items()}
    return texts
