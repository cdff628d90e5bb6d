import json

import pytest

from chainrule import locale
from chainrule.widgets import PAGES

FILES = sorted(locale.HOME.rglob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_file_of_texts_is_flat_and_no_text_is_empty(path):
    texts = json.loads(path.read_text(encoding="utf-8"))
    assert all(isinstance(text, str) and text.strip() for text in texts.values())


def test_every_page_has_a_name_and_a_title():
    texts = locale.catalogue("en")
    for page in PAGES:
        assert texts[f"lab.{page}"] and texts[f"{page}.title"]


@pytest.mark.parametrize("language", ["xx", "..", "../en", "", "e n"])
def test_a_language_that_is_not_there_is_told(language):
    with pytest.raises(ValueError, match="there are no texts"):
        locale.catalogue(language)


def test_what_is_not_translated_is_english(tmp_path, monkeypatch):
    for code, play in (("en", "Play"), ("xy", "Spiel")):
        (tmp_path / code).mkdir()
        texts = {"play": play, "language": code} | ({"stop": "Stop"} if code == "en" else {})
        (tmp_path / code / "kit.json").write_text(json.dumps(texts))
    monkeypatch.setattr(locale, "HOME", tmp_path)
    locale.catalogue.cache_clear()
    try:
        assert locale.languages() == {"en": "en", "xy": "xy"}
        found = locale.catalogue("xy")
        assert (found["kit.play"], found["kit.stop"]) == ("Spiel", "Stop")
    finally:
        monkeypatch.undo()
        locale.catalogue.cache_clear()
