"""Exported Python files: the same numbers in a process that can import NumPy alone."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import lax, nn
from chainrule.export import standalone, to_numpy_file

from . import table_case

# Runs a file as a program; whatever it imports must be NumPy or Python's own.
ALONE = """
import runpy, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {"numpy", *sys.stdlib_module_names}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_alone(*arguments):
    command = [sys.executable, "-c", ALONE, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


class Words(nn.Module):
    def __init__(self):
        self.table, self.out = nn.Embedding(30, 4), nn.Linear(4, 2)

    def forward(self, x):
        return nn.functional.log_softmax(self.out(self.table(x)), -1)


def against_the_mean(x):
    return np.concatenate([x - x.mean(axis=0), np.arange(len(x))[:, None] * x[:, :1]], axis=1)


def smoothed(x):
    return lax.scan(lambda total, row: (0.9 * total + row, total), x[0] * 0, x)[1]


X = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
CASES = {
    "mlp": (lambda: nn.Sequential(nn.Linear(3, 12), nn.GELU(), nn.Linear(12, 2), nn.Softmax()), X),
    "norms": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.LayerNorm(4), nn.SiLU()),
        X,
    ),
    "words": (Words, np.arange(8) % 30),
    "whole batch": (lambda: against_the_mean, X),
    "scan": (lambda: smoothed, X),
}


@pytest.mark.parametrize("case", CASES)
def test_a_function_is_the_same_for_any_number_of_rows(case):
    make, x = CASES[case]
    function = make()
    text = to_numpy_file(function, x)
    module = {"__name__": "exported"}
    exec(text, module)
    for rows in (1, 5, 8, 70):
        given = np.resize(x, (rows, *x.shape[1:]))
        with cr.no_grad():
            wanted = function.eval()(given) if isinstance(function, nn.Module) else function(given)
        found = module["network"](given)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert all(len(line) <= 100 for line in text.splitlines())


def test_the_lines_have_the_ids_of_the_graph(tmp_path):
    net = CASES["mlp"][0]().eval()
    to_numpy_file(net, X, path=tmp_path / "net.py", name="forward")
    text = (tmp_path / "net.py").read_text()
    assert 'v1 = x0 @ W["0.weight"].T' in text
    assert "v1: f32[8,12] = einsum(" in str(cr.trace(net, X))
    assert "chainrule" not in text.split('"""')[2]


@pytest.mark.parametrize("task", ["binary", "multilabel", "regression"])
def test_a_table_is_predicted_with_numpy_alone(task, tmp_path):
    model = table_case.model(task)
    model.to_python(tmp_path / "model.py")
    rows = table_case.frame(50, seed=5, strange=True)
    rows.write_csv(tmp_path / "rows.csv", separator=";")
    done = run_alone(tmp_path / "model.py", tmp_path / "rows.csv")
    assert done.returncode == 0, done.stderr
    found = list(csv.DictReader(done.stdout.splitlines()))
    wanted = model.predict(rows)
    assert list(found[0]) == wanted.columns
    for name in wanted.columns:
        column = [row[name] for row in found]
        if wanted[name].dtype.is_numeric():
            np.testing.assert_allclose(np.array(column, float), wanted[name], rtol=1e-6, atol=1e-6)
        else:
            assert column == wanted[name].to_list()


def test_a_table_takes_plain_dicts_and_says_which_cell_is_wrong(tmp_path):
    model = table_case.model("multiclass")
    text = model.to_python(tmp_path / "model.py")
    module = {"__name__": "exported"}
    exec(text, module)
    rows = table_case.frame(20, seed=5, strange=True)
    found = module["predict"](rows.to_dicts())
    assert [row["prediction"] for row in found] == model.predict(rows)["prediction"].to_list()
    wrong = [*rows.to_dicts()[:2], {**rows.to_dicts()[2], "size": "large"}]
    with pytest.raises(ValueError, match="row 3, column 'size': 'large' is no number"):
        module["predict"](wrong)
    (tmp_path / "rows.csv").write_text("size,count\n1,2\n")
    done = run_alone(tmp_path / "model.py", tmp_path / "rows.csv")
    assert done.returncode == 1
    assert "row 1 has no column 'flag'" in done.stderr


def test_what_it_writes_for_a_table_is_its_preparation(tmp_path):
    model = table_case.model("binary")
    module = {"__name__": "exported"}
    exec(model.to_python(tmp_path / "model.py"), module)
    kept = {"columns": module["COLUMNS"], "targets": module["TARGETS"]}
    assert json.loads(json.dumps(kept)) == model.preparation.to_dict()


def test_names_of_parameters_cannot_break_out_of_their_quotes():
    parts = {'a"]\nraise SystemExit(1)\n#': nn.Linear(3, 2), "b\\": nn.Linear(2, 1)}

    class Odd(nn.Module):
        def __init__(self):
            self.parts = nn.ModuleDict(parts)

        def forward(self, x):
            for part in self.parts.values():
                x = part(x)
            return x

    net = Odd().eval()
    module = {"__name__": "exported"}
    exec(to_numpy_file(net, X), module)
    np.testing.assert_allclose(module["network"](X), net(X).numpy(), rtol=1e-6)


def test_a_file_without_names_is_read_where_the_model_has_none():
    table = standalone.rows_of("1;2;b\n3;4;a\n")
    assert table == [{"1": "3", "2": "4", "b": "a"}]
    given = [{"name": f"column_{i}"} for i in (1, 3)]
    before, standalone.COLUMNS = standalone.COLUMNS, given
    try:
        rows = standalone.rows_of('1;2;"b\nc"\n3;4;a\n')
        assert [row["column_3"] for row in rows] == ["b\nc", "a"]
        assert standalone.rows_of("column_1,column_3\n5,6\n") == [
            {"column_1": "5", "column_3": "6"}
        ]
    finally:
        standalone.COLUMNS = before
