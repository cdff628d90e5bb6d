"""Shape errors: the line, the operands by the user's names, and edits that really work."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn
from chainrule.engine.errors import ShapeError

A, B, ROW = np.ones((2, 3)), np.ones((4, 5)), np.ones(2)
C = np.ones((3, 4))
COLUMN = np.ones((2, 1))
STACK = np.ones((5, 4, 2))
IMAGES = np.ones((6, 3, 4))
LINEAR = nn.Linear(4, 2)
WIDE = nn.Linear(12, 2)
LOSS = nn.MSELoss()
NORM = nn.BatchNorm1d(3)
LABELS = np.array([[0], [2]])


def share(x):
    total = np.sum(x, axis=1)
    return x / total


def centred(x):
    middle = np.mean(x, axis=1)
    return x - middle


def named(x):
    left, right = x, B
    return left @ right


def layer(x):
    batch = x.T @ x
    return LINEAR(batch)


def criterion(x):
    pred, y = x[:, :1], x[:, 0]
    return LOSS(pred, y)


def stacked(x):
    parts = [x, x.T]
    return np.stack(parts)


# name: function, operation, names of the operands, and (some of) the edits that are offered
TABLE = {
    "add": (lambda x: x + B, "add", ["x", "B"], []),
    "column": (lambda x: x * ROW, "multiply", ["x", "ROW"], ["ROW.reshape(-1, 1)"]),
    "column first": (lambda x: ROW - x, "subtract", ["ROW", "x"], ["ROW.reshape(-1, 1)"]),
    "order": (lambda x: C @ x, "matmul", ["C", "x"], ["x before C"]),
    "transposed": (lambda x: x / A.T, "divide", ["x", "A.T"], ["x.T", "A"]),
    "np.add": (lambda x: np.add(x, B.T), "add", ["x", "B.T"], []),
    "maximum": (lambda x: np.maximum(x, ROW), "maximum", ["x", "ROW"], ["ROW.reshape(-1, 1)"]),
    "comparison": (lambda x: x > A.T, "greater", ["x", "A.T"], ["A"]),
    "keepdims, sum": (share, "divide", ["x", "total"], ["keepdims=True in total"]),
    "keepdims, mean": (centred, "subtract", ["x", "middle"], ["keepdims=True in middle"]),
    "keepdims, in place": (
        lambda x: x - np.max(x, axis=1),
        "subtract",
        ["x", "np.max(x, axis=1)"],
        ["keepdims=True in np.max(x, axis=1)"],
    ),
    "where": (
        lambda x: np.where(x > 0, x, ROW),
        "where",
        ["x", "ROW"],
        ["ROW.reshape(-1, 1)"],
    ),
    "@": (lambda x: x @ A, "matmul", ["x", "A"], ["x.T", "A.T"]),
    "@, no help": (named, "matmul", ["left", "right"], []),
    "matmul": (lambda x: np.matmul(A, x), "matmul", ["A", "x"], ["A.T", "x.T"]),
    "dot": (lambda x: np.dot(x, ROW), "matmul", ["x", "ROW"], ["x.T"]),
    "vector": (lambda x: x[0] @ A, "matmul", ["x[0]", "A"], ["A.T"]),
    "stacks": (lambda x: STACK @ np.stack([x] * 3), "matmul", ["STACK", "np.stack([x] * 3)"], []),
    "einsum": (lambda x: np.einsum("ij,jk->ik", x, A), "einsum", ["x", "A"], ["x.T", "A.T"]),
    "concatenate": (
        lambda x: np.concatenate([x, ROW], axis=1),
        "concatenate",
        ["x", "ROW"],
        ["ROW.reshape(-1, 1)"],
    ),
    "missing batch axis": (
        lambda x: np.concatenate([x, x[0]]),
        "concatenate",
        ["x", "x[0]"],
        ["x[0][None]"],
    ),
    "stack": (stacked, "stack", ["x", "b"], ["x.T", "b.T"]),
    "linear": (lambda x: LINEAR(np.ones((4, 1)) * x[0, 0]), "linear", ["x"], ["x.T"]),
    "linear, no help": (layer, "linear", ["batch"], []),
    "linear, images": (
        lambda x: WIDE(IMAGES * x[0, 0]),
        "linear",
        ["x"],
        ["x.reshape(len(x), -1)"],
    ),
    "labels": (
        lambda x: nn.functional.cross_entropy(x, LABELS),
        "cross_entropy",
        ["x", "LABELS"],
        ["LABELS[:, 0]"],
    ),
    "batch norm": (lambda x: NORM(x[0]), "batch_norm", ["x"], ["x[None]"]),
    "layer norm": (lambda x: nn.functional.layer_norm(x, 2), "layer_norm", ["x"], ["x.T"]),
    "criterion": (criterion, "mse_loss", ["pred", "y"], ["y.reshape(-1, 1)", "pred[:, 0]"]),
    "loss": (
        lambda x: nn.functional.l1_loss(COLUMN, x[:, 0]),
        "l1_loss",
        ["COLUMN", "x[:, 0]"],
        ["COLUMN[:, 0]"],
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_names_operands_and_offers_what_works(name):
    function, operation, names, edits = TABLE[name]
    with pytest.raises(ShapeError) as caught:
        cr.trace(function, A)
    error = caught.value
    assert (error.operation, error.names) == (operation, names)
    assert set(edits) <= set(error.fixes)
    assert edits or not error.fixes
    assert "test_shapes.py:" in str(error)
    for written, shape in zip(error.names, error.shapes, strict=True):
        assert f"{written} {shape}" in str(error)


@pytest.mark.parametrize("name", ["@", "column", "transposed", "vector", "einsum", "concatenate"])
def test_what_is_offered_works(name):
    """Each edit, put into the expression, gives no error."""
    text = {
        "@": "np.matmul({}, {})",
        "column": "{} * {}",
        "transposed": "{} / {}",
        "vector": "{} @ {}",
        "einsum": "np.einsum('ij,jk->ik', {}, {})",
        "concatenate": "np.concatenate([{}, {}], axis=1)",
    }[name]
    with pytest.raises(ShapeError) as caught:
        cr.trace(TABLE[name][0], A)
    error = caught.value
    space = {"np": np, "A": A, "ROW": ROW}
    assert error.fixes
    for edit in error.fixes:
        if edit == " before ".join(error.names[::-1]):
            expression = text.format(*error.names[::-1])
            cr.trace(lambda x, e=expression: eval(e, {**space, "x": x}), A)
            continue
        place = 0 if edit.startswith(error.names[0].removesuffix(".T")) and "x" in edit else 1
        written = list(error.names)
        written[place] = edit
        expression = text.format(*written)
        cr.trace(lambda x, e=expression: eval(e, {**space, "x": x}), A)


def test_reshape_leaves_one_length_open():
    with pytest.raises(ShapeError, match=r"6 elements.*\n  would fit  \(-1, 2\)"):
        cr.trace(lambda x: x.reshape(4, 2), A)


def test_without_source_the_error_still_stands():
    space = {"np": np}
    exec("def f(x):\n    return x @ np.ones((7, 7))", space)
    with pytest.raises(ShapeError, match=r"operands  x \(2, 3\), b \(7, 7\)"):
        cr.trace(space["f"], A)


def test_displayed_it_is_a_picture_too():
    with pytest.raises(ShapeError) as caught:
        cr.trace(named, A)
    html = caught.value._repr_html_()
    assert "<svg" in html and "left" in html and "do not meet" in html
    with pytest.raises(ShapeError) as caught:
        cr.trace(lambda x: x.reshape(4, 2), A)
    assert "<svg" not in caught.value._repr_html_()
