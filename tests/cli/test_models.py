"""predict, evaluate, explain, export, inspect."""

import io
import json

import numpy as np
import polars
import pytest

from .conftest import call


@pytest.fixture
def run(trained, tables):
    assert trained.code == 0, trained.err
    return tables / "run"


def test_predictions_are_csv_on_stdout(run, tables):
    answer = call("predict", run, tables / "new.csv", "--keep", "id", "--keep", 1)
    assert answer.code == 0, answer.err
    found = polars.read_csv(io.StringIO(answer.out))
    expected = ["id", "length", "prediction", "probability_cod", "probability_eel"]
    assert found.columns == expected and len(found) == 20


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "json"])
def test_predictions_in_a_file(run, tables, tmp_path, ending):
    path = tmp_path / f"p.{ending}"
    command = ("predict", run / "model.chainrule", tables / "new.csv", "-o", path)
    answer = call(*command)
    assert answer.code == 0 and answer.out == "" and "20 predictions" in answer.err
    read = {
        "csv": polars.read_csv,
        "tsv": lambda path: polars.read_csv(path, separator="\t"),
        "parquet": polars.read_parquet,
        "json": polars.read_json,
    }[ending]
    shown = polars.read_csv(io.StringIO(call(*command[:3]).out))
    assert read(path)["prediction"].to_list() == shown["prediction"].to_list()
    assert call(*command).code == 2 and call(*command, "--force").code == 0


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_large_tables_are_predicted_in_pieces(run, tables, tmp_path, monkeypatch, ending):
    from chainrule.data import tables as reading

    whole, batches = tmp_path / f"w.{ending}", reading.batches
    command = ("predict", run, tables / "fish.csv", "--keep", "id", "-o")
    assert call(*command, whole).code == 0
    monkeypatch.setattr(reading, "batches", lambda *a, **k: batches(*a, **k, rows=50))
    pieces = tmp_path / f"p.{ending}"
    assert call(*command, pieces).code == 0
    read = {"csv": polars.read_csv, "parquet": polars.read_parquet, "json": polars.read_json}
    assert len(read[ending](pieces)) == 120
    assert read[ending](pieces)[:, :2].equals(read[ending](whole)[:, :2])
    shares = [read[ending](path)[:, 2:].to_numpy() for path in (pieces, whole)]
    np.testing.assert_allclose(*shares, atol=1e-5)


def test_a_bad_row_far_down_leaves_no_file(run, tables, tmp_path, monkeypatch):
    rows = (tables / "new.csv").read_text().splitlines()
    (tmp_path / "bad.csv").write_text("\n".join([*rows, "f99,long,north,0.5"]))
    answer = call("predict", run, tmp_path / "bad.csv", "-o", tmp_path / "p.csv")
    assert answer.code == 3 and "'long'" in answer.err and "row 22" in answer.err
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_predictions_for_machines(run, tables):
    found = call("predict", run, tables / "new.csv", "--json").document
    assert found["rows"] == len(found["predictions"]) == 20


def test_a_table_without_a_column_is_refused(run, tables, tmp_path):
    (tmp_path / "bad.csv").write_text("id,sea,fat\n1,north,0.5\n")
    answer = call("predict", run, tmp_path / "bad.csv", "-o", tmp_path / "p.csv")
    assert answer.code == 3 and "length" in answer.err
    assert not (tmp_path / "p.csv").exists()


def test_a_model_is_judged_by_other_rows(run, tables):
    answer = call("evaluate", run, tables / "held.csv")
    assert answer.code == 0 and "ROC AUC" in answer.out and "learned from" not in answer.err
    found = call("evaluate", run, tables / "held.csv", "--json", "--resamples", 0).document
    assert found["metrics"]["auc"]["value"] > 0.8 and not found["learned_from"]
    assert "learned from rows of this file" in call("evaluate", run, tables / "fish.csv").err


def test_a_prediction_is_explained(run, tables):
    answer = call("explain", run, tables / "new.csv", "--row", 2, "--row", 0)
    assert answer.code == 0 and answer.out.index("Row 2") < answer.out.index("Row 0")
    assert "length" in answer.out and max(map(len, answer.out.splitlines())) <= 80
    found = call("explain", run, tables / "new.csv", "--of", "eel", "--json").document
    (each,) = found["explanations"]
    total = each["start"] + sum(part["amount"] for part in each["parts"])
    assert each["output"] == "eel" and total == pytest.approx(each["value"], abs=0.02)
    assert call("explain", run, tables / "new.csv", "--row", 99).code == 3
    assert call("explain", run, tables / "new.csv", "--of", "pike").code == 3


def test_columns_that_matter(run, tables):
    found = call("explain", run, tables / "held.csv", "--importance", "--json").document
    assert found["importance"][0]["column"] == "length"
    assert "length" in call("explain", run, tables / "held.csv", "--importance").out


def fed(series, wanted):
    """A column as the runtime wants it."""
    if wanted.type == "tensor(string)":
        values = np.array(series.fill_null("").to_list(), object)
    else:
        is_double = wanted.type == "tensor(double)"
        values = series.to_numpy().astype(np.float64 if is_double else np.float32)
    return values.reshape((-1, 1) if len(wanted.shape) == 2 else (-1,))


def test_onnx_says_the_same(run, tables, tmp_path):
    session = pytest.importorskip("onnxruntime")
    path = tmp_path / "m.onnx"
    assert call("export", run, "--to", "onnx", "-o", path).code == 0
    frame = polars.read_csv(tables / "new.csv")
    runtime = session.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feeds = {each.name: fed(frame[each.name], each) for each in runtime.get_inputs()}
    outputs = runtime.run(None, feeds)
    ours = polars.read_csv(io.StringIO(call("predict", run, tables / "new.csv").out))
    wanted = ours.select("probability_cod", "probability_eel").to_numpy()
    found = next(each for each in outputs if np.shape(each) == wanted.shape)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize(("form", "ending"), [("python", ".py"), ("torch", ".safetensors")])
def test_other_exports(run, tmp_path, form, ending):
    path = tmp_path / f"m{ending}"
    assert call("export", run, "--to", form, "-o", path).code == 0
    assert path.stat().st_size > 500
    refused = call("export", run, "--to", form, "-o", path)
    assert refused.code == 2 and "--force" in refused.err


def test_an_unknown_format_is_refused(run):
    answer = call("export", run, "--to", "pickle")
    assert answer.code == 2 and "onnx, python, torch" in answer.err


def test_a_table_is_inspected(tables):
    answer = call("inspect", tables / "fish.csv")
    assert answer.code == 0, answer.err
    assert "length" in answer.out and max(map(len, answer.out.splitlines())) <= 80
    found = call("inspect", tables / "fish.csv", "-t", "kind", "--json").document
    kinds = {each["name"]: each["kind"] for each in found["columns"]}
    assert (found["task"], kinds["sea"], kinds["id"]) == ("binary", "category", "ignore")


def test_a_model_is_inspected(run):
    answer = call("inspect", run)
    assert answer.code == 0 and "cod, eel" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80
    assert call("inspect", run / "model.chainrule", "--json").document["kind"] == "table model"


def test_damaged_and_other_files_are_no_models(run, tables, tmp_path):
    content = (run / "model.chainrule").read_bytes()
    (tmp_path / "torn.chainrule").write_bytes(content[: len(content) // 2])
    for path in (tmp_path / "torn.chainrule", tables / "fish.csv"):
        answer = call("predict", path, tables / "new.csv")
        assert answer.code == 3 and "Traceback" not in answer.err
    assert call("inspect", tmp_path / "torn.chainrule").code == 3
    assert call("predict", tmp_path, tables / "new.csv").code == 2
    assert call("predict", tmp_path / "none", tables / "new.csv").code == 3


def test_names_with_brackets_are_shown_as_they_are(tmp_path):
    (tmp_path / "t.csv").write_text("mass [kg],[red]\n" + "1.5,a\n2.5,b\n" * 5)
    answer = call("inspect", tmp_path / "t.csv")
    assert "mass [kg]" in answer.out and "[red]" in answer.out
    assert json.loads(call("inspect", tmp_path / "t.csv", "--json").out)["rows"] == 10
