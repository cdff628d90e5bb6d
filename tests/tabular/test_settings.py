import json

import pytest

from chainrule.tabular import Recipe, Settings, SettingsError

WRONG = {
    "test_fraction above 1": ({"test_fraction": 1.5}, "test_fraction = 1.5: a number above 0"),
    "test_fraction a text": ({"test_fraction": "0.2"}, "test_fraction = '0.2'"),
    "unknown key": ({"tets_fraction": 0.3}, "did you mean 'test_fraction'?"),
    "unknown key, nothing near": ({"xyzzy": 1}, "no key 'xyzzy' (1); there are data, target"),
    "key of tune": ({"tune": {"trails": 3}}, "'tune.trails' (3); did you mean 'trials'?"),
    "value of tune": ({"tune": {"trials": 0}}, "tune.trials = 0"),
    "folds": ({"folds": 1}, "folds = 1: 0 (no cross-validation)"),
    "seed": ({"seed": -1}, "seed = -1: a whole number from 0"),
    "header": ({"header": "yes"}, "header = 'yes': true or false"),
    "data": ({"data": 3}, "data = 3: a path"),
    "target": ({"target": 1.5}, "target = 1.5: the column to predict"),
    "task": ({"task": "ranking"}, "task = 'ranking': 'classification', 'binary'"),
    "types": ({"types": {"age": "nuber"}}, "types: 'nuber' for column 'age' is none of number"),
    "recipe's key": ({"recipe": {"hiden": [8]}}, "a recipe has no 'hiden'; did you mean 'hidden'?"),
    "recipe's value": ({"recipe": {"dropout": 2}}, "dropout must be a number from 0 to below 1"),
    "decimal": ({"decimal": ";"}, "decimal = ';': '.' or ','"),
}


@pytest.mark.parametrize(("changes", "message"), WRONG.values(), ids=WRONG)
def test_errors_name_the_key_the_value_and_what_is_allowed(changes, message):
    with pytest.raises(SettingsError) as caught:
        Settings(**{"data": "a.csv", "target": "y", **changes})
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_wrong_key_is_told_at_once():
    with pytest.raises(SettingsError) as caught:
        Settings(data="a.csv", folds=1, seed=-1)
    assert len(str(caught.value).splitlines()) == 3  # the target is missing too


@pytest.mark.parametrize("ending", ["toml", "json"])
def test_files_give_the_same_settings_back(tmp_path, ending):
    settings = Settings(
        data=[str(tmp_path / "a.csv"), str(tmp_path / "b.csv")],
        target=["α", -1],
        separator="\t",
        types={'a "b"\n': "number", "day": "%d.%m.%Y"},
        missing=["-", ""],
        recipe={"patience": None, "hidden": [8]},
        tune={"trials": 3},
        output=str(tmp_path / "run"),
    )
    settings.save(tmp_path / "run" / f"settings.{ending}")
    assert Settings.load(tmp_path / "run" / f"settings.{ending}") == settings


def test_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "s.toml").write_text("data = '../a.csv'\ntarget = 'y'\n")
    assert Settings.load(tmp_path / "deep" / "s.toml").data == str(tmp_path / "a.csv")
    monkeypatch.chdir(tmp_path)
    assert Settings.load("deep/s.toml").data == "a.csv"


def test_changes_go_before_the_file(tmp_path):
    (tmp_path / "s.toml").write_text("data = 'a.csv'\ntarget = 'y'\nseed = 1\n")
    assert Settings.load(tmp_path / "s.toml", seed=2).seed == 2


@pytest.mark.parametrize("text", ["target = ", "[1]", '"a"'])
def test_files_that_are_none_are_named(tmp_path, text):
    path = tmp_path / ("s.toml" if "=" in text else "s.json")
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"s\.(toml|json): "):
        Settings.load(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        Settings.load(tmp_path / "absent.toml")


def test_schema_has_every_key_and_a_recipe_is_taken():
    schema = json.loads(Settings.schema_json())
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert Settings(target=0, recipe=Recipe(dropout=0.5)).recipe["dropout"] == 0.5
