"""Operations that can meet a number at which they, or their derivatives, are not finite.

Only what the user wrote himself is judged (``np.log``, ``/``, ``**``, not the logarithm inside a
loss of ``chainrule.nn``), and only where interval arithmetic leaves such a number possible.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...engine.graph import Node
from ...hints.source import called_name, expression_at
from .patterns import is_normalised, name_of, text_of_operand
from .ranges import ANY, Range, source_of
from .report import Mistake
from .subject import Subject

_LOGS = {"log": "log", "log2": "log2", "log10": "log10"}


def log_of_zero(subject: Subject) -> Iterator[Mistake]:
    """A logarithm whose argument can be 0 or less: -inf, NaN, or an infinite derivative."""
    for name in _LOGS:
        for node in subject.named(name):
            (x,) = node.inputs
            found = subject.ranges[x]
            if found.low > 0 or not _is_own(node, {name}) or _is_guarded(subject, node):
                continue
            if _is_known_safe(subject, x) or (found.apart and found.low == 0 and _is_exact(x)):
                continue
            what = text_of_operand(node, 0)
            yield Mistake(
                "log-of-zero",
                node.line,
                f"{name} of {what}, which can {_reach(found)}: the result is then -inf or NaN.",
                _advice_for_log(source_of(x), name, _bare(text_of_operand(node, 0, "p"))),
            )


def _advice_for_log(x: Node, name: str, what: str) -> str:
    kind = name_of(x)
    if is_normalised(x):
        return "nn.log_softmax(z) computes log(softmax(z)) without underflow."
    if kind == "sigmoid":
        return "nn.log_sigmoid(z), or nn.BCEWithLogitsLoss on the logits, cannot underflow."
    if kind == "sum":
        return "chainrule.scipy.special.logsumexp(z) neither overflows nor underflows."
    return f"np.{name}({what} + 1e-8), np.maximum({what}, 1e-8), or a loss on logits."


def log1p_of_minus_one(subject: Subject) -> Iterator[Mistake]:
    """log1p whose argument can be -1 or less."""
    for node in subject.named("log1p"):
        found = subject.ranges[node.inputs[0]]
        if found.low > -1 or not _is_own(node, {"log1p"}) or _is_guarded(subject, node):
            continue
        if _is_known_safe(subject, node.inputs[0], 1):
            continue
        what = text_of_operand(node, 0)
        yield Mistake(
            "log-of-zero",
            node.line,
            f"log1p of {what}, which can be -1 or less: the result is then -inf or NaN.",
            f"np.log1p(np.maximum({_bare(what)}, -1 + 1e-6)), or a loss on logits.",
        )


def root_of_zero(subject: Subject) -> Iterator[Mistake]:
    """A root whose argument can be 0 (an infinite derivative) or negative (NaN)."""
    for node in [*subject.named("sqrt"), *_powers(subject, lambda p: 0 < p < 1)]:
        (x,) = node.inputs
        found = subject.ranges[x]
        if found.low > 0 or (found.low == 0 and (found.apart or x not in subject.smooth)):
            continue
        if not _is_own(node, {"sqrt", "power"}, ast.Pow) or _is_guarded(subject, node):
            continue
        what, here = text_of_operand(node, 0), _bare(text_of_operand(node, 0, "x"))
        then = "the derivative is then infinite" if found.low == 0 else "the result is then NaN"
        yield Mistake(
            "root-of-zero",
            node.line,
            f"The root of {what}, which can {_reach(found)}: {then}.",
            f"Keep it from 0: np.sqrt({here} + 1e-8)."
            if found.low == 0
            else f"np.sqrt(np.maximum({here}, 1e-8)), if it cannot be negative by meaning.",
        )


def division_by_zero(subject: Subject) -> Iterator[Mistake]:
    """A division whose denominator can be 0."""
    nodes = [(node, 1) for node in subject.named("divide")]
    nodes += [(node, 0) for node in subject.named("reciprocal")]
    nodes += [(node, 0) for node in _powers(subject, lambda p: p < 0)]
    for node, place in nodes:
        below = node.inputs[place]
        found = subject.ranges[below]
        if not found.meets_zero or _is_guarded(subject, node):
            continue
        if below not in subject.moving and not _holds_zero(subject, below):
            continue
        root = source_of(below)
        if name_of(root) == "sqrt" and _is_own(root, {"sqrt", "power"}, ast.Pow):
            continue  # the root says it
        if not _is_own(node, {"divide", "true_divide", "reciprocal", "power"}, ast.Div | ast.Pow):
            continue
        what = text_of_operand(node, place)
        here = _bare(text_of_operand(node, place, "x"))
        yield Mistake(
            "division-by-zero",
            node.line,
            f"Division by {what}, which can be 0: the result is then Inf or NaN.",
            f"Keep the denominator from 0: ({here} + 1e-8)."
            if found.low == 0
            else f"Keep it positive, as np.exp(s) or nn.softplus(s) + 1e-8 do; or select: "
            f"np.where({here} == 0, 1, {here}).",
        )


def power_of_negative(subject: Subject) -> Iterator[Mistake]:
    """A broken power, or one with a variable exponent, of what can be negative: NaN."""
    nodes = [(n, n.params["exponent"]) for n in _powers(subject, lambda p: not p.is_integer())]
    nodes += [(n, None) for n in subject.named("power") if n.inputs[1] in subject.moving]
    for node, exponent in nodes:
        found = subject.ranges[node.inputs[0]]
        if found.low >= 0 or (exponent is not None and 0 < exponent < 1):
            continue
        if not _is_own(node, {"power"}, ast.Pow) or _is_guarded(subject, node):
            continue
        what = text_of_operand(node, 0)
        yield Mistake(
            "power-of-negative",
            node.line,
            f"{what} can be negative, and has no real power with a broken exponent: NaN.",
            "A base that is not negative, np.maximum(x, 0) or np.abs(x), or a whole exponent.",
        )


def softmax_that_overflows(subject: Subject) -> Iterator[Mistake]:
    """e^z / Σ e^z or log Σ e^z by hand, without taking out the largest z: Inf from z = 89 on."""
    for node in subject.named("sum"):
        powers = source_of(node.inputs[0])
        if name_of(powers) != "exp":
            continue
        if subject.ranges[powers.inputs[0]].high < 80 or not _is_own(powers, {"exp"}):
            continue
        readers = [x for y in _through_views(subject, node) for x in subject.users.get(y, [])]
        names = {name_of(reader) for reader in readers}
        if names & {"log", "divide"}:
            what = text_of_operand(powers, 0)
            yield Mistake(
                "softmax-overflow",
                powers.line,
                f"A softmax by hand: exp of {what} is Inf from 89 on (float32), the quotient NaN.",
                "nn.softmax, nn.log_softmax and chainrule.scipy.special.logsumexp take out the "
                "largest one first.",
            )


def _through_views(subject: Subject, node: Node) -> list[Node]:
    found = [node]
    for here in found:
        found += [user for user in subject.users.get(here, []) if source_of(user) is node]
    return found


def _bare(text: str) -> str:
    """Without the parentheses around it, which an argument does not need."""
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text


# -- which nodes count -------------------------------------------------------------------------


def _powers(subject: Subject, wanted: object) -> list[Node]:
    nodes = subject.named("constant_power")
    return [n for n in nodes if wanted(float(n.params["exponent"]))]


def _is_own(node: Node, names: set[str], operator: object = None) -> bool:
    """Whether the user wrote this operation, rather than a function that contains it."""
    expression = expression_at(node.place)
    if expression is None:
        return True
    if isinstance(expression, ast.BinOp):
        return operator is not None and isinstance(expression.op, operator)
    return called_name(expression) in names


def _is_guarded(subject: Subject, node: Node) -> bool:
    """Whether a select, or a bound, decides about the result: 0 times Inf is 0 on the way back."""
    readers = subject.users.get(node, [])
    guards = ("select", "maximum", "minimum")
    return bool(readers) and all(name_of(r) in guards for r in readers)


def _is_known_safe(subject: Subject, x: Node, shift: float = 0) -> bool:
    """Whether it is computed from data alone, which was given and is fine."""
    return x not in subject.moving and not _holds_zero(subject, x, shift)


def _holds_zero(subject: Subject, x: Node, shift: float = 0) -> bool:
    """Whether the value that was given holds a 0, or less for a logarithm."""
    leaf = source_of(x)
    if leaf.known is None:
        return False
    found = subject.ranges.get(leaf, ANY)
    return found.low + shift <= 0 if shift or found.low < 0 else found.meets_zero


def _is_exact(x: Node) -> bool:
    """Whether a value above 0 is in practice far from it: not where e^x can underflow."""
    x = source_of(x)
    return name_of(x) in ("softplus", "abs", "square")


def _reach(found: Range) -> str:
    if found.low < 0:
        return "be 0 or negative"
    return "round to 0" if found.apart else "be 0"
