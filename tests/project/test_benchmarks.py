"""The peers of the benchmarks do the same work, and the tables show what was measured."""

import dataclasses
import importlib.util
import shutil

import numpy as np
import pytest

from benchmarks import peers, workloads
from benchmarks.bench import Result, check_losses
from benchmarks.report import Table, figure, write_page

LIBRARIES = {"JAX scan": "jax", "JAX step": "jax", "PyTorch": "torch", "sklearn": "sklearn"}


def small(name):
    """A work with few rows and steps, and data that need no other library."""
    work = workloads.WORKS[name]
    sizes = tuple(min(size, 20) for size in work.sizes)
    name = "small" if name in ("molecules", "digits") else name
    batch = work.batch and 8
    return dataclasses.replace(work, name=name, rows=40, sizes=sizes, steps=4, batch=batch)


@pytest.mark.parametrize("name", workloads.WORKS)
@pytest.mark.parametrize("column", ["chainrule", "fit", "C"])
def test_losses_are_those_of_numpy(name, column, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the C library is built
    if column == "C" and not shutil.which("gcc"):
        pytest.skip("no gcc")
    work = small(name)
    arrays = workloads.make_arrays(work)
    run = peers.maker(column)(work, arrays)
    if run is None or (column == "fit" and work.batch):
        pytest.skip("this column does other work")
    by_hand = peers.maker("NumPy")(work, arrays)
    np.testing.assert_allclose(run(), by_hand(), rtol=1e-4)
    np.testing.assert_allclose(run(), by_hand(), rtol=1e-4)  # each run starts anew


@pytest.mark.peers
@pytest.mark.parametrize("name", workloads.WORKS)
@pytest.mark.parametrize("column", ["JAX scan", "JAX step", "PyTorch"])
def test_losses_of_peers(name, column):
    if not importlib.util.find_spec(LIBRARIES[column]):
        pytest.skip("not installed")
    work = small(name)
    arrays = workloads.make_arrays(work)
    losses = peers.maker(column)(work, arrays)()
    np.testing.assert_allclose(losses, peers.maker("NumPy")(work, arrays)(), rtol=1e-4)


def test_other_work_is_found_out():
    work = workloads.WORKS["line"]
    results = [Result("line", "NumPy", loss=1.0, steps=3000)]
    check_losses(work, [*results, Result("line", "C", loss=1.0005, steps=3000)])
    with pytest.raises(SystemExit, match="final losses differ"):
        check_losses(work, [*results, Result("line", "C", loss=1.1, steps=3000)])
    with pytest.raises(SystemExit, match="2999 losses of 3000"):
        check_losses(work, [Result("line", "C", loss=1.0, steps=2999)])


@pytest.mark.parametrize(
    ("number", "text"), [(0.05142, "0.0514"), (12.34, "12.3"), (21345.6, "21,346"), (None, "–")]
)
def test_figures(number, text):
    assert figure(number) == text


def test_table_leaves_empty_columns_out(tmp_path):
    table = Table("t", ["work", "a", "b"])
    table.add("line", 1.0, None)
    assert table.markdown() == "**t**\n\n| work | a |\n| --- | --: |\n| line | 1 |\n"
    page = tmp_path / "page.md"
    page.write_text("x <!-- results: begin -->\nold\n<!-- results: end --> y\n")
    write_page(page, "new\n")
    assert page.read_text() == "x <!-- results: begin -->\nnew\n<!-- results: end --> y\n"
