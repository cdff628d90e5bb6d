import numpy as np
import polars as pl
import pytest

from chainrule.data.errors import DataError
from chainrule.data.tables import infer
from chainrule.export import ModelFileError, load_tensors, save_tensors
from chainrule.tabular import Recipe, TableModel

from .conftest import TARGETS

RECIPE = Recipe(hidden=(8,), epochs=10)


@pytest.fixture(scope="module", params=TARGETS)
def model(request, molecules):
    target = TARGETS[request.param]
    used = molecules.drop(
        [name for name in ("toxic", "kind", "dose", "fall") if name not in target]
    )
    schema = infer(used, target, types={"town": "category"})
    return TableModel.fit(RECIPE, used[:90], schema, check=used[90:])


def test_a_file_gives_the_same_bits(model, molecules, tmp_path):
    model.record["note"] = "α"
    model.save(tmp_path / "m.chainrule")
    again = TableModel.load(tmp_path / "m.chainrule")
    assert again.predict(molecules).equals(model.predict(molecules))
    assert np.array_equal(again.outputs_of(molecules), model.outputs_of(molecules))
    assert again.schema == model.schema and again.record == model.record
    again.save(tmp_path / "n.chainrule")
    first, second = ((tmp_path / name).read_bytes() for name in ("m.chainrule", "n.chainrule"))
    assert first == second


def test_predictions_have_a_column_for_each_answer(model, molecules):
    found = model.predict(molecules.head(7))
    chances = found.select(pl.selectors.starts_with("probability_"))
    assert found.height == 7
    if model.task == "regression":
        assert found.width == len(model.schema.targets) and not chances.width
    elif model.task == "multilabel":
        assert found.columns[:2] == ["prediction_soluble", "prediction_chiral"]
        assert ((found["probability_chiral"] > 0.5).cast(int) == found["prediction_chiral"]).all()
    else:
        assert chances.columns == [f"probability_{name}" for name in model.schema.classes]
        sums = chances.sum_horizontal().to_numpy()
        assert np.allclose(sums, 1, atol=1e-6)
        best = chances.to_numpy().argmax(axis=1)
        assert found["prediction"].to_list() == [model.schema.classes[i] for i in best]


def test_explanations_add_up_to_the_prediction(model, molecules):
    outputs = model.outputs_of(molecules).reshape(120, -1)
    for each in model.explain(molecules, rows=[3, 50]):
        assert {name for name, *_ in each.parts} == set(model.preparation.names)
        at = model.outputs.index(each.output)
        assert each.value == pytest.approx(float(outputs[each.row, at]), rel=1e-5)
        amounts = [amount for *_, amount in each.parts]
        assert each.start + sum(amounts) == pytest.approx(
            each.value, abs=2e-3 * max(1, abs(each.value))
        )
        assert np.abs(amounts).tolist() == sorted(np.abs(amounts), reverse=True)
    with pytest.raises(DataError, match="there is no output 'x'"):
        model.explain(molecules, rows=[0], output="x")
    with pytest.raises(DataError, match="there is no row 120"):
        model.explain(molecules, rows=[120])


def test_a_file_is_read_as_the_training_data_was(molecules, tmp_path):
    schema = infer(molecules, "toxic", ignore=["dose", "fall", "kind"])
    model = TableModel.fit(RECIPE, molecules, schema)
    model.record["reading"] = {"header": True, "separator": ";", "decimal": ","}
    german = tmp_path / "german.csv"
    molecules.drop("toxic").write_csv(german, separator=";", decimal_comma=True)
    assert model.predict(german).equals(model.predict(molecules))
    with pytest.raises(DataError, match="'rings' is missing"):
        model.predict(molecules.rename({"rings": "Rings"}))
    with pytest.raises(DataError, match="toxic"):
        model.evaluate(molecules.drop("toxic"))
    strange = tmp_path / "strange.csv"
    lines = molecules.write_csv(separator=";", decimal_comma=True).splitlines()
    lines[7] = lines[7].replace("toxic", "unsure").replace("safe", "unsure")
    strange.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"strange\.csv, row 8, column 'toxic', value 'unsure'"):
        model.evaluate(strange)


def test_importance_is_where_the_signal_is():
    draw = np.random.default_rng(0)
    frame = pl.DataFrame(draw.normal(size=(300, 3)), schema=["a", "b", "c"])
    frame = frame.with_columns(
        y=pl.when(pl.col("b") > 0).then(pl.lit("up")).otherwise(pl.lit("down"))
    )
    model = TableModel.fit(RECIPE, frame, infer(frame, "y"))
    found = model.importance(frame, seed=1)
    assert found[0][0] == "b" and found[0][1] > 0.3
    assert all(abs(fall) < 0.05 for _, fall, _ in found[1:])
    assert found == model.importance(frame, seed=1)


CHANGES = {
    "no network": lambda header: header["learned"].pop("network"),
    "another width": lambda header: header["learned"]["network"].update(width=7),
    "huge layers": lambda header: header["learned"]["network"].update(hidden=[10**7, 10**7]),
    "no columns": lambda header: header["preparation"].update(columns=3),
    "a column without a name": lambda header: header["preparation"]["columns"][0].pop("name"),
    "an unknown kind": lambda header: header["preparation"]["columns"][0].update(kind="x"),
    "no schema": lambda header: header.pop("schema"),
    "no record": lambda header: header.update(record=None),
    "another activation": lambda header: header["learned"]["network"].update(activation="os"),
    "not of a table": lambda header: header.update(kind="module"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_files_that_were_tampered_with_fail_cleanly(molecules, tmp_path, change):
    model = TableModel.fit(RECIPE, molecules, infer(molecules, "toxic"))
    model.save(tmp_path / "m.chainrule")
    header, tensors = load_tensors(tmp_path / "m.chainrule")
    change(header)
    save_tensors(tmp_path / "m.chainrule", header, tensors)
    with pytest.raises(ModelFileError, match=r"m\.chainrule"):
        TableModel.load(tmp_path / "m.chainrule")


def test_exported_models_agree(model, molecules, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    model.to_onnx(tmp_path / "m.onnx")
    session = runtime.InferenceSession(tmp_path / "m.onnx")
    kinds = {column["name"]: column["kind"] for column in model.preparation.columns}
    given = {}
    for each in session.get_inputs():
        series = molecules[each.name]
        is_word = kinds[each.name] in ("category", "boolean")
        values = series.cast(str).fill_null("") if is_word else series.cast(float).fill_null(np.nan)
        given[each.name] = values.to_numpy().astype(object if is_word else float).reshape(-1, 1)
    found = session.run(None, given)[0]
    outputs = model.outputs_of(molecules)
    assert np.allclose(found.reshape(outputs.shape), outputs, atol=1e-5)
    model.to_python(tmp_path / "m.py")
    assert "import numpy" in (tmp_path / "m.py").read_text()
