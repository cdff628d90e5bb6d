"""The preparation inside exported files makes the same x as Preparation.transform."""

import numpy as np
import onnxruntime
import polars as pl
import pytest

from chainrule.data.tables import Preparation, infer
from chainrule.export import table_to_numpy_file, table_to_onnx

from . import table_case


def doubled(x):
    return 2.0 * x


def tables():
    """Training rows, and rows to prepare."""
    full, strange = table_case.frame(300), table_case.frame(60, seed=3, strange=True)
    yield "all kinds", full, strange, {}
    yield "embedded", full, strange, {"one_hot": 1}
    yield "one-hot", full, strange, {"one_hot": 99}
    plain = full.drop_nulls()
    yield "nothing missing in training", plain, strange, {}
    for name in full.columns:
        yield f"{name} alone", full.select(name), strange.select(name), {}
    same = full.with_columns(pl.lit(1.0).alias("size"), pl.lit("yes").alias("flag"))
    yield "constants", same, strange, {}
    names = {"size": "probabilities", "count": "x", "color": "n.shape", "when": "values"}
    words = pl.col("city").replace_strict(
        {f"city {i}": f'[{i}, "(\\' for i in range(40)}, default="{,"
    )
    yield "categories too", full.with_columns(words), strange.with_columns(words), {}
    broken = {
        "size": 'a"""\nraise SystemExit',
        "count": "b\\",
        "city": "c'd\u2028\r",
        "flag": "{e}",
    }
    yield "names that break out of quotes", full.rename(broken), strange.rename(broken), {}
    yield "odd names", full.rename(names), strange.rename(names), {}


CASES = {label: (train, rows, options) for label, train, rows, options in tables()}


def prepared(train, options):
    types = {n: k for n, k in table_case.TYPES.items() if n in train.columns}
    types |= {"n.shape": "category", "values": "date"} if "n.shape" in train.columns else {}
    types |= {"c'd\u2028\r": "category", "{e}": "boolean"} if "{e}" in train.columns else {}
    train = train.with_columns(y=pl.Series(np.arange(len(train)) % 7 * 1.5))
    return Preparation.fit(train, infer(train, "y", types=types, task="regression"), **options)


@pytest.mark.parametrize("label", CASES)
def test_x_is_the_same(label, tmp_path):
    train, rows, options = CASES[label]
    preparation = prepared(train, options)
    wanted = 2 * preparation.transform(rows)
    content = preparation.to_dict()

    model = table_to_onnx(content, doubled)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feeds = table_case.columns_as_fed(rows, {c["name"]: c["kind"] for c in content["columns"]})
    (found,) = session.run(None, feeds)
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)

    module = {"__name__": "exported"}
    exec(table_to_numpy_file(content, doubled), module)
    np.testing.assert_allclose(2 * module["prepare"](rows.to_dicts()), wanted, rtol=1e-6, atol=1e-6)
    words = rows.with_columns(pl.all().cast(pl.String)).to_dicts()
    np.testing.assert_allclose(2 * module["prepare"](words), wanted, rtol=1e-6, atol=1e-6)


def test_numbers_that_are_not_limited():
    preparation = prepared(table_case.frame(100), {}).to_dict()
    for column in preparation["columns"]:
        if "limit" in column:
            column["limit"] = None
    rows = table_case.frame(30, seed=9)
    wanted = 2 * Preparation.from_dict(preparation).transform(rows)
    session = onnxruntime.InferenceSession(table_to_onnx(preparation, doubled).SerializeToString())
    kinds = {c["name"]: c["kind"] for c in preparation["columns"]}
    (found,) = session.run(None, table_case.columns_as_fed(rows, kinds))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
