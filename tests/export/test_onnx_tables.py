"""A model of a table in onnxruntime: the same predictions from the raw columns."""

import numpy as np
import onnxruntime
import pytest

from . import table_case

TASKS = ["binary", "multiclass", "multilabel", "regression", "outputs"]


@pytest.mark.parametrize("task", TASKS)
def test_it_predicts_the_same_from_raw_columns(task, tmp_path):
    model = table_case.model(task)
    path = tmp_path / "model.onnx"
    model.to_onnx(path)
    session = onnxruntime.InferenceSession(path)
    rows = table_case.frame(200, seed=7, strange=True)
    assert {value.name for value in session.get_inputs()} == set(model.preparation.names)
    feeds = table_case.columns_as_fed(rows, model.preparation.types)
    names = [value.name for value in session.get_outputs()]
    found = dict(zip(names, session.run(None, feeds), strict=True))
    wanted = model.outputs_of(rows)
    if task in ("regression", "outputs"):
        np.testing.assert_allclose(found["values"], wanted, rtol=1e-5, atol=1e-5)
        return
    np.testing.assert_allclose(found["probabilities"], wanted, rtol=0, atol=1e-5)
    if task == "multilabel":
        assert np.array_equal(found["label"], wanted > 0.5)
    else:
        assert found["label"].tolist() == model.predict(rows)["prediction"].to_list()
        assert len(set(found["label"].tolist())) > 1
