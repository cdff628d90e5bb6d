"""Mistakes that show in the source, not in the graph: the order of calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...hints.source import called_name
from .report import Mistake
from .subject import Subject

_SPLITS = {"train_test_split", "kfold", "KFold"}
_TEST = ("test", "valid", "holdout")


def missing_zero_grad(subject: Subject) -> Iterator[Mistake]:
    """``backward`` and ``step`` without ``zero_grad``: each step adds to the gradients before."""
    code = subject.code
    if code is None or not {"backward", "step"} <= code.names:
        return
    if "zero_grad" in code.all_names or _sets_grad(code.tree) or _hands_on_optimizer(code.calls):
        return
    step = next(call for call in code.calls if called_name(call) == "step")
    yield Mistake(
        "missing-zero-grad",
        code.line_of(step),
        "backward() adds to the gradients that are there, and nothing here takes them away: each "
        "step moves by the sum of all gradients so far.",
        "Call optimizer.zero_grad() before loss.backward(), or after optimizer.step().",
    )


def _sets_grad(tree: ast.AST) -> bool:
    targets = [t for n in ast.walk(tree) if isinstance(n, ast.Assign) for t in n.targets]
    return any(isinstance(t, ast.Attribute) and t.attr == "grad" for t in targets)


def _hands_on_optimizer(calls: list[ast.Call]) -> bool:
    """Whether what steps is given to another function, which may clear the gradients."""
    steppers = {
        _name(call.func.value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "step"
    }
    given = {_name(part) for call in calls for part in call.args}
    return bool(steppers & given - {""})


def scaler_sees_test_rows(subject: Subject) -> Iterator[Mistake]:
    """A scaler fitted on all rows, or on the test rows, before the split."""
    code = subject.code
    if code is None:
        return
    calls = [call for call in code.calls if called_name(call) in _SPLITS]
    splits = [(call.lineno, {n for part in call.args for n in _names(part)}) for call in calls]
    splits += [(part.lineno, _names(part.value)) for part in _cut_in_two(code.tree)]
    scalers = _scaler_names(code.tree)
    for call, rows in _fits(code.tree, scalers):
        derived = _derived(code.tree, rows | scalers)
        leaks = any(line > call.lineno and names & derived for line, names in splits)
        is_test = any(word in name.lower() for name in rows for word in _TEST)
        if leaks or is_test:
            yield Mistake(
                "scaler-sees-test-rows",
                code.line_of(call),
                f"Mean and scale are taken of {', '.join(sorted(rows))}, with the rows that are "
                "to test the model: its score will be too good.",
                "Split first; then scaler = standardize(x_train), and scaler(x_train), "
                "scaler(x_test).",
            )
            return


def _cut_in_two(tree: ast.AST) -> list[ast.Subscript]:
    """Where ``x[n:]`` is taken, of arrays of which ``x[:n]`` is taken as well."""
    parts = [n for n in ast.walk(tree) if isinstance(n, ast.Subscript)]
    cuts = [(n, n.slice) for n in parts if isinstance(n.slice, ast.Slice) and not n.slice.step]
    heads = {(_text(n.value), _text(cut.upper)) for n, cut in cuts if cut.upper and not cut.lower}
    tails = [(n, cut.lower) for n, cut in cuts if cut.lower and not cut.upper]
    return [n for n, start in tails if (_text(n.value), _text(start)) in heads]


def _text(node: ast.expr | None) -> str:
    return "" if node is None else ast.unparse(node)


def _fits(tree: ast.AST, scalers: set[str]) -> Iterator[tuple[ast.expr, set[str]]]:
    """Where a scaler learns from rows, and the names of these rows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            means, spreads = _reduced(node.left, "mean"), _reduced(node.right, "std")
            if means & spreads:
                yield node, means & spreads
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = called_name(node)
        owner = _name(node.func.value) if isinstance(node.func, ast.Attribute) else ""
        made_here = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Call)
        is_scaler = owner in scalers or (made_here and _makes_scaler(node.func.value))
        if name == "standardize" or (name in ("fit", "fit_transform") and is_scaler):
            yield node, _names(node.args[0])


def _reduced(tree: ast.AST, name: str) -> set[str]:
    """The arrays whose ``mean`` or ``std`` along the rows is taken in an expression."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called_name(node) == name:
            is_method = isinstance(node.func, ast.Attribute)
            own = _name(node.func.value) if is_method else ""
            given = _name(node.args[0]) if node.args else ""
            found |= {own, given} - {"", "np"}
    return found


def _scaler_names(tree: ast.AST) -> set[str]:
    assigned = [n for n in ast.walk(tree) if isinstance(n, ast.Assign)]
    made = [n for n in assigned if isinstance(n.value, ast.Call) and _makes_scaler(n.value)]
    return {name for n in made for target in n.targets for name in _names(target)}


def _makes_scaler(call: ast.Call) -> bool:
    name = called_name(call)
    return name == "standardize" or name.endswith(("Scaler", "Normalizer", "Imputer", "PCA"))


def _derived(tree: ast.AST, names: set[str]) -> set[str]:
    """These names, and those that were assigned from them."""
    found = set(names)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _names(node.value) & found:
            for target in node.targets:
                found |= _names(target)
    return found


def _names(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"np", "cr"}


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""
